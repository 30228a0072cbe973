#include "standard_errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/covariance.h>

namespace wald::cli {
namespace {

constexpr std::string_view cluster_prefix = "cluster:";

std::string check_se(const std::string& text) {
  constexpr std::string_view names[] = {"information", "expected", "opg", "HC0",
                                        "HC1",         "HC2",      "HC3"};
  if (std::ranges::count(names, text) > 0 || !cluster_column(text).empty()) return "";
  return fmt::format("'{}' is none of {}, cluster:COLUMN", text, fmt::join(names, ", "));
}

[[noreturn]] void refuse(const FittedModel& model, const std::string& option, const char* lacking) {
  throw InputError(fmt::format("{}: {} has no {}", option, model.name, lacking));
}

/// The inverse of the expected information, of what is free: D (D' E D)^-1 D'.
std::vector<double> inverse_expected(const FittedModel& model, const std::string& option) {
  if (model.expected_information.empty()) refuse(model, option, "expected information");
  const Fit& fit = model.fit;
  const auto k = static_cast<std::int64_t>(fit.names.size());
  const Tensor expected = from_vector(model.expected_information, {k, k});
  if (fit.constraints.empty()) return inverse(expected).to_vector();
  const auto p = static_cast<std::int64_t>(fit.free_parameters());
  const Tensor d = from_vector(fit.free_directions, {k, p});
  return matmul(matmul(d, inverse(matmul(matmul(t(d), expected), d))), t(d)).to_vector();
}

/// Of the sandwich A (sum s s') A.
std::vector<double> bread(const FittedModel& model, const FitArguments& o) {
  return o.bread == "expected" ? inverse_expected(model, "--bread expected") : model.bread;
}

/// Adds the number of groups to the summary and the results.
CovarianceOptions of_clusters(FittedModel& model, const FitDesign& data, const FitArguments& o) {
  const std::vector<double> numbers = data.clusters.to_vector();
  const std::size_t groups = std::set<double>(numbers.begin(), numbers.end()).size();
  model.head.about_data.push_back(
      {fmt::format("Clusters ({})", cluster_column(o.se)), fmt::format("{}", groups)});
  model.results["clusters"] = groups;
  return {.bread = bread(model, o), .groups = data.clusters};
}

}  // namespace

std::string cluster_column(const std::string& se) {
  return se.starts_with(cluster_prefix) ? se.substr(cluster_prefix.size()) : "";
}

void add_se_options(CLI::App& command, FitArguments& o) {
  command
      .add_option("--se", o.se,
                  "Standard errors: information (observed), expected, opg, HC0 to HC3, or "
                  "cluster:COLUMN (CR1)")
      ->check(check_se)
      ->type_name("KIND");
  command.add_option("--bread", o.bread, "Information in HC0 to HC3 and cluster")
      ->check(CLI::IsMember({"observed", "expected"}));
}

void set_standard_errors(FittedModel& model, const FitDesign& data, const FitArguments& o) {
  const std::string column = cluster_column(o.se);
  const bool is_sandwich = o.se.starts_with("HC") || !column.empty();
  if (!is_sandwich && o.bread != "observed")
    throw InputError(fmt::format("--bread {}: --se {} has no bread", o.bread, o.se));
  if (o.se == "information" || model.fit.free_parameters() == 0) return;
  const std::string option = "--se " + o.se;
  const Covariance kind = !column.empty()      ? Covariance::cr1
                          : o.se == "expected" ? Covariance::information
                                               : covariance_named(o.se);
  model.head.about_data.push_back(
      {"Standard errors", o.se == "expected" ? "expected inf." : name_of(kind)});
  if (o.se == "expected") {
    model.fit.vcov = inverse_expected(model, option);
    return;
  }
  if (!model.loglik) refuse(model, option, "scores of its rows");
  CovarianceOptions options;
  if (!column.empty())
    options = of_clusters(model, data, o);
  else if (is_sandwich)
    options.bread = bread(model, o);
  if (kind == Covariance::hc2 || kind == Covariance::hc3) {
    if (!model.leverages) refuse(model, option, "leverages");
    options.leverages = model.leverages();
  }
  model.fit.vcov = covariance(model.loglik, model.fit, kind, options);
}

}  // namespace wald::cli
