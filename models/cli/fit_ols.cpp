// wald fit ols: linear regression of a column of a CSV file.
#include <cmath>
#include <numbers>

#include <wald/engine/io/csv.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/glm.h>
#include <wald/models/ols_summary.h>
#include <wald/models/regression.h>

#include "fit_command.h"
#include "fit_json.h"
#include "predict.h"

namespace wald::cli {
namespace {

struct FitOls : FitArguments {};

/// The response, less the offset. The table ends with this function: its text need not lie in
/// memory during the fit.
std::pair<Tensor, FitDesign> read_data(const FitOls& o) {
  const Formula formula = formula_of(o);
  const Expression response = number_response(formula);
  const Progress progress("reading " + o.data);
  const Table table = read_csv(o.data);
  FitDesign read = read_design(table, formula, o);
  Tensor y = column_tensor(table, response, read.design);
  if (read.design.offset.defined()) y = y - read.design.offset;
  return {y, std::move(read)};
}

Json results_json(const OlsFit& fit) {
  Json out;
  out["rss"] = fit.rss;
  out["residual_std_dev"] = fit.residual_std_dev;
  out["r_squared"] = fit.r_squared;
  out["adjusted_r_squared"] = fit.adjusted_r_squared();
  if (fit.f_df > 0)
    out["f_test"] = {{"statistic", fit.f_statistic},
                     {"df1", fit.f_df},
                     {"df2", fit.degrees_of_freedom},
                     {"p", fit.f_p_value()}};
  return out;
}

/// Of the maximum likelihood estimates of b and, last, log(sigma), [k + 1, k + 1].
std::vector<double> joint_covariance(const OlsFit& fit) {
  const std::size_t k = fit.names.size();
  std::vector<double> joint((k + 1) * (k + 1), 0.0);
  for (std::size_t i = 0; i < k; ++i)
    for (std::size_t j = 0; j < k; ++j)
      joint[i * (k + 1) + j] = fit.vcov[i * k + j] * (fit.degrees_of_freedom / fit.total_weight);
  joint.back() = 1 / (2 * fit.total_weight);
  return joint;
}

/// The normal log-likelihood of b at the estimated variance, rss over the sum of weights. Its
/// information is not the inverse of the covariance reported, which has n - k there.
void set_robust(FittedModel& model, const OlsFit& fit, const FitDesign& read, const Tensor& y) {
  const double variance = fit.rss / fit.total_weight;
  model.bread = (from_vector(fit.vcov) * (fit.degrees_of_freedom / fit.total_weight)).to_vector();
  model.expected_information = fit.information;
  const Tensor weights = read.weights.defined() ? read.weights : ones({fit.n});
  const Design& design = read.design;
  model.loglik = [x = design.x, y, weights, variance](const Tensor& b) {
    const double constant = std::log(2 * std::numbers::pi * variance) / 2;
    return weights * (square(y - mv(x, b)) / (-2 * variance) - constant);
  };
  model.leverages = [&fit, &design, weights] {
    const Regression regression{design.x, design.names, {}, {}, {}, {}, fit.estimate, {}};
    return leverages(regression, fit, weights);
  };
}

/// Least squares maximize the normal likelihood, of which log(sigma) is one more parameter.
FittedLikelihood likelihood_of(const FitDesign& read, const Tensor& y) {
  const GlmData data{read.design.x, read.design.names, y, {}, {}, read.weights};
  const GlmFit fit = fit_glm(data, GlmFamily::gaussian, GlmLink::identity);
  return {log_likelihood(glm_regression(fit, data)), fit};
}

/// Residuals times the root of the weights.
FitResiduals residuals_of(const OlsFit& fit, const FitDesign& read) {
  FitResiduals out;
  out.x = mv(read.design.x, from_vector(fit.estimate)).to_vector();
  Tensor residuals = from_vector(fit.residuals);
  if (read.weights.defined()) {
    residuals = residuals * sqrt(read.weights);
    out.weights = read.weights.to_vector();
  }
  out.deviance = residuals.to_vector();
  out.x_label = "Fitted value";
  out.deviance_label = "Residual";
  return out;
}

int run_fit_ols(const FitOls& o) {
  const auto [y, read] = read_data(o);
  const OlsFit fit =
      fitted(o, [&] { return ols(read.design.x, y, read.design.names, read.weights); });
  FittedModel model{"ols", fit, summary_head(fit)};
  model.results = results_json(fit);
  model.results["vcov_ml"] = matrix_json(joint_covariance(fit), fit.names.size() + 1);
  set_robust(model, fit, read, y);
  model.plots.likelihood = [&] { return likelihood_of(read, y); };
  model.plots.residuals = [&] { return residuals_of(fit, read); };
  return report(std::move(model), read, o);
}

}  // namespace

PredictedQuantities predict_ols(const PredictRequest& request) {
  return {"", {{"", [&request](const Tensor& b) { return request.linear_predictor(b); }}}};
}

void add_fit_ols(CLI::App& fit, int& exit_code) {
  auto o = std::make_shared<FitOls>();
  CLI::App* command = fit.add_subcommand("ols", "Linear regression by ordinary least squares");
  add_fit_options(*command, *o,
                  {.iterations = false, .plots = {"forest", "profile", "deviance", "qq"}});
  command->callback([o, &exit_code] { exit_code = run_fit_ols(*o); });
}

}  // namespace wald::cli
