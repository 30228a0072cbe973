// wald predict: a saved fit and new data.
#include "predict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/models/distributions.h>
#include <wald/models/regression_table.h>

#include "progress.h"

namespace wald::cli {
namespace {

struct Predict {
  std::string fit, data, type, out;
  std::vector<double> at;
  double level = 0.95;
};

const PredictModel& model_of(const SavedFit& fit) {
  for (const PredictModel& model : predict_models())
    if (model.model == fit.model) return model;
  throw InputError(
      fmt::format("{}: there are no predictions from the model '{}'", fit.path, fit.model));
}

std::string type_of(const Predict& o, const PredictModel& model) {
  if (o.type.empty()) return model.types[0];
  if (o.type == "link" || std::ranges::count(model.types, o.type) > 0) return o.type;
  throw InputError(fmt::format("--type {}: {} has the types {}, link", o.type, model.model,
                               fmt::join(model.types, ", ")));
}

PredictedQuantities linear_predictors(const PredictRequest& request) {
  PredictedQuantities result;
  const std::vector<std::string>& equations = request.fit.equations;
  if (!equations.empty()) result.label_name = "equation";
  for (std::size_t i = 0; i < std::max<std::size_t>(equations.size(), 1); ++i)
    result.quantities.push_back(
        {equations.empty() ? "" : equations[i],
         [&request, i](const Tensor& b) { return request.linear_predictor(b, i); }});
  return result;
}

/// Columns that the fit has not, or that have other names, would be multiplied by the wrong
/// coefficients.
void check_columns(const SavedFit& fit, const Design& design) {
  const std::size_t equations = std::max<std::size_t>(fit.equations.size(), 1);
  bool is_same = design.k * equations <= fit.fit.names.size();
  for (std::size_t i = 0; is_same && i < design.k * equations; ++i) {
    const std::string& name = design.names[i % design.k];
    is_same = fit.fit.names[i] ==
              (fit.equations.empty() ? name : fit.equations[i / design.k] + ":" + name);
  }
  if (!is_same)
    throw InputError(fmt::format("{}: the coefficients are not those of its formula", fit.path));
}

using Numbers = std::vector<double>;

/// Estimates, standard errors and limits, one after the other.
struct Bands {
  Numbers estimate, std_error, lower, upper;
};

Bands bands_of(const PredictedQuantity& quantity, const Fit& fit, double level) {
  const auto k = static_cast<std::int64_t>(fit.names.size());
  const auto inverse = [&](const Tensor& u) { return quantity.inverse ? quantity.inverse(u) : u; };
  const auto at = value_and_jacobian(quantity.scale, from_vector(fit.estimate));
  const Jvp<Tensor> value = jvp(inverse, at.value, ones(at.value.shape()));
  if (fit.vcov.empty()) {
    const Numbers none(static_cast<std::size_t>(at.value.numel()), NAN);
    return {value.value.to_vector(), none, none, none};
  }
  const Tensor vcov = from_vector(fit.vcov, {k, k});
  Tensor variance = sum(matmul(at.jacobian, vcov) * at.jacobian, {1});
  if (quantity.variance.defined()) variance = variance + quantity.variance;
  const Tensor error = sqrt(variance);
  const double quantile = two_sided_quantile(level, fit.degrees_of_freedom);
  const Tensor a = inverse(at.value - quantile * error), b = inverse(at.value + quantile * error);
  return {value.value.to_vector(), (abs(value.jvp) * error).to_vector(), minimum(a, b).to_vector(),
          maximum(a, b).to_vector()};
}

std::string number_field(double value) { return std::isnan(value) ? "NA" : label_of(value); }

/// A line for each row of the data and quantity; rows count from 1.
std::string csv_of(const PredictRequest& request, const PredictedQuantities& predicted,
                   double level) {
  const std::string& name = predicted.label_name;
  std::string out = fmt::format("row,{}estimate,std_error,lower,upper\n",
                                name.empty() ? "" : csv_field(name) + ",");
  std::vector<Bands> bands;
  for (const PredictedQuantity& quantity : predicted.quantities)
    bands.push_back(bands_of(quantity, request.fit.fit, level));
  for (std::size_t i = 0; i < request.design.n; ++i)
    for (std::size_t j = 0; j < bands.size(); ++j) {
      out += fmt::format("{},", request.design.rows[i] + 1);
      if (!name.empty()) out += csv_field(predicted.quantities[j].label) + ",";
      const Bands& b = bands[j];
      out += fmt::format("{},{},{},{}\n", number_field(b.estimate[i]), number_field(b.std_error[i]),
                         number_field(b.lower[i]), number_field(b.upper[i]));
    }
  return out;
}

/// The predictions as CSV, and how many rows were left out.
std::pair<std::string, std::size_t> predictions(const Predict& o) {
  const Progress progress("predicting for " + o.data);
  const SavedFit fit = read_saved_fit(o.fit);
  if (fit.fit.status == FitStatus::failed)
    throw InputError(fmt::format("{}: the fit did not converge", o.fit));
  const PredictModel& model = model_of(fit);
  const std::string type = type_of(o, model);
  const Table table = read_csv(o.data);
  const Design design = make_design(table, fit.terms, {.intercept = fit.intercept});
  check_columns(fit, design);
  const PredictRequest request{fit, design, table, type, o.at};
  const PredictedQuantities predicted =
      type == "link" ? linear_predictors(request) : model.predict(request);
  return {csv_of(request, predicted, o.level), design.dropped};
}

int run_predict(const Predict& o) {
  const auto [text, dropped] = predictions(o);
  report_dropped(dropped);
  write_output(o.out, text);
  return done;
}

}  // namespace

std::string label_of(double value) { return fmt::format("{}", value); }

Tensor PredictRequest::linear_predictor(const Tensor& parameters, std::size_t equation) const {
  const auto k = static_cast<std::int64_t>(design.k),
             first = static_cast<std::int64_t>(equation) * k;
  const Tensor eta = mv(design.x, slice(parameters, 0, first, first + k));
  return design.offset.defined() ? eta + design.offset : eta;
}

const std::vector<double>& PredictRequest::times() const {
  if (at.empty())
    throw InputError(fmt::format("--type {} is of times: --at T1,T2,... gives them", type));
  for (double time : at)
    if (!(time > 0 && std::isfinite(time)))
      throw InputError(fmt::format("--at {}: a time must be positive", time));
  return at;
}

std::vector<double> PredictRequest::probabilities() const {
  for (double p : at)
    if (!(p > 0 && p < 1))
      throw InputError(fmt::format("--at {}: a probability must lie between 0 and 1", p));
  return at.empty() ? std::vector<double>{0.5} : at;
}

void add_predict(CLI::App& app, int& exit_code) {
  auto o = std::make_shared<Predict>();
  CLI::App* command = app.add_subcommand("predict", "Predict from a saved fit for new data");
  command->add_option("FIT", o->fit, "File of wald fit --save")->required()->type_name("FIT.json");
  command->add_option("--data", o->data, "CSV file with the columns of the covariates")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--type", o->type,
                   "What to predict: link (the linear predictor) or as the model has it: response, "
                   "survival, hazard, quantile ...")
      ->type_name("TYPE");
  command
      ->add_option("--at", o->at,
                   "Times of survival and hazard; probabilities of quantile (default 0.5)")
      ->delimiter(',')
      ->type_name("T1,T2,...");
  command->add_option("--level", o->level, "Level of the confidence intervals")
      ->check(CLI::Range(0.5, 0.9999));
  command->add_option("--out", o->out, "CSV file to write (default: standard output)")
      ->type_name("FILE");
  add_threads_option(*command);
  command->callback([o, &exit_code] { exit_code = run_predict(*o); });
}

}  // namespace wald::cli
