#include "saved_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

#include <wald/engine/error.h>

#include "fit_json.h"

namespace wald::cli {
namespace {

constexpr int format_version = 1;

/// FNV-1a over the numbers of the rows: whether two fits saw the same ones.
std::string fingerprint(const std::vector<std::size_t>& rows) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (std::uint64_t row : rows)
    for (int byte = 0; byte < 8; ++byte) {
      hash = (hash ^ (row & 0xff)) * 0x100000001b3;
      row >>= 8;
    }
  return fmt::format("{:016x}", hash);
}

Json design_json(const FitDesign& data) {
  Json factors = Json::array();
  for (const FactorLevels& factor : data.design.terms.factors)
    factors.push_back({{"column", factor.column}, {"levels", factor.levels}});
  return {
      {"formula", data.design.terms.formula}, {"factors", factors}, {"intercept", data.intercept}};
}

/// JSON has no infinities and no NaN: both are null.
double number_or(const Json& value, double missing) {
  return value.is_null() ? missing : value.get<double>();
}

FitStatus status_of(const std::string& name) {
  for (FitStatus status : {FitStatus::converged, FitStatus::precision})
    if (name == name_of(status)) return status;
  return FitStatus::failed;
}

Fit fit_of(const Json& json) {
  Fit fit;
  json.at("names").get_to(fit.names);
  json.at("estimates").get_to(fit.estimate);
  const Json& vcov = json.at("vcov");
  for (const Json& row : vcov)
    for (const Json& value : row) fit.vcov.push_back(number_or(value, NAN));
  fit.loglik = number_or(json.at("loglik"), NAN);
  fit.n = json.at("n");
  fit.status = status_of(json.at("status"));
  fit.degrees_of_freedom =
      number_or(json.at("degrees_of_freedom"), std::numeric_limits<double>::infinity());
  json.at("unnamed_parameters").get_to(fit.unnamed_parameters);
  json.at("constraints").get_to(fit.constraints);
  json.at("free_directions").get_to(fit.free_directions);
  const std::size_t k = fit.names.size();
  if (k == 0 || fit.estimate.size() != k || (!vcov.is_null() && fit.vcov.size() != k * k) ||
      fit.free_directions.size() % k != 0)
    throw InputError("names, estimates and vcov are of different sizes");
  return fit;
}

SavedFit saved_fit_of(const Json& json) {
  SavedFit fit;
  if (json.at("wald_fit") != format_version)
    throw InputError(
        fmt::format("its version is {}, not {}", json.at("wald_fit").dump(), format_version));
  json.at("model").get_to(fit.model);
  json.at("formula").get_to(fit.formula);
  json.at("response").get_to(fit.response);
  json.at("weights").get_to(fit.weights);
  json.at("se").get_to(fit.se);
  json.at("rows").get_to(fit.rows);
  fit.fit = fit_of(json);
  const Json& design = json.at("design");
  design.at("formula").get_to(fit.terms.formula);
  for (const Json& factor : design.at("factors"))
    fit.terms.factors.push_back({factor.at("column"), factor.at("levels")});
  design.at("intercept").get_to(fit.intercept);
  json.at("equations").get_to(fit.equations);
  fit.settings = json.at("settings");
  fit.saved = json.at("saved");
  return fit;
}

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw InputError(fmt::format("{}: the file cannot be read", path));
  return text.str();
}

}  // namespace

void save_fit(const std::string& path, const FittedModel& model, const FitDesign& data,
              const FitArguments& o) {
  const Fit& fit = model.fit;
  Json out;
  out["wald_fit"] = format_version;
  out["model"] = model.name;
  out["formula"] = data.formula;
  out["response"] = data.response;
  out["settings"] = model.settings;
  out["data"] = o.data;
  out["weights"] = o.weights;
  out["rows"] = fingerprint(data.design.rows);
  out["n"] = fit.n;
  out["loglik"] = fit.loglik;
  out["status"] = name_of(fit.status);
  out["degrees_of_freedom"] = fit.degrees_of_freedom;
  out["unnamed_parameters"] = fit.unnamed_parameters;
  out["constraints"] = fit.constraints;
  out["free_directions"] = fit.free_directions;
  out["se"] = o.se;
  out["equations"] = model.equations;
  out["design"] = design_json(data);
  out["saved"] = model.saved;
  out["names"] = fit.names;
  out["estimates"] = fit.estimate;
  out["vcov"] = matrix_json(fit.vcov, fit.names.size());
  try {
    write_file(path, out.dump(2) + "\n");
  } catch (const Json::exception&) {
    throw InputError(fmt::format("{}: the fit cannot be saved: a name in it is not UTF-8", path));
  }
}

SavedFit read_saved_fit(const std::string& path) {
  const std::string text = text_of(path);
  try {
    SavedFit fit = saved_fit_of(Json::parse(text));
    fit.path = path;
    return fit;
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: not a fit saved by wald fit --save: {}", path, error.what()));
  } catch (const Json::parse_error& error) {
    throw InputError(fmt::format("{}: not a fit saved by wald fit --save: it is no JSON (byte {})",
                                 path, error.byte));
  } catch (const Json::exception& error) {
    const std::string why = error.what();  // "[json.exception.out_of_range.403] key 'x' not found"
    throw InputError(fmt::format("{}: not a fit saved by wald fit --save: {}", path,
                                 why.substr(why.find("] ") + 2)));
  }
}

}  // namespace wald::cli
