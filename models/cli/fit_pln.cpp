// wald fit pln: the Poisson-lognormal model of a table of counts.
#include <fmt/format.h>

#include <cmath>

#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/count_table.h>
#include <wald/models/poisson_lognormal.h>

#include "fit_command.h"
#include "fit_json.h"
#include "predict.h"

namespace wald::cli {
namespace {

struct FitPln : FitArguments {  // `data` is the file of counts
  std::string offsets, covariates_file, covariance = "full", fitted, latent;
};

/// The design of each sample, from the covariates if there are any.
FitDesign design_of(const FitPln& o, const Table& counts) {
  const bool has_covariates = !o.covariates_file.empty();
  const Formula formula = parse_formula(!o.formula.empty() ? o.formula
                                        : has_covariates   ? "~ ."
                                                           : "~ 1");
  if (formula.response)
    throw InputError(fmt::format(
        "formula '{}': the counts are those of --counts; nothing may stand left of the tilde",
        formula.text));
  FitDesign read;
  read.formula = to_string(formula);
  read.response = "counts";
  if (has_covariates) {
    const Table table = read_csv(o.covariates_file);
    require_same_rows(table, counts);
    read.design = make_design(table, formula);
  } else {
    read.design = make_design(counts, formula);
  }
  if (read.design.k == 0)
    throw InputError(fmt::format("formula '{}': there is nothing to estimate", formula.text));
  return read;
}

/// The samples whose covariates are complete.
PoissonLognormalData data_of(const FitPln& o, const Table& counts, const Design& design) {
  std::vector<std::int64_t> rows(design.rows.begin(), design.rows.end());
  const Tensor kept = from_vector(rows);
  PoissonLognormalData data;
  data.counts = index_select(read_count_matrix(counts), 0, kept);
  data.species = counts.names();
  data.x = design.x;
  data.names = design.names;
  if (!o.offsets.empty())
    data.offset = index_select(read_log_offsets(read_csv(o.offsets), counts), 0, kept);
  if (design.offset.defined()) {
    const Tensor added = unsqueeze(design.offset, 1);
    data.offset = data.offset.defined() ? data.offset + added : added;
  }
  return data;
}

/// The coefficients, one species after the other, without standard errors: a bound's curvature is
/// not the likelihood's.
Fit coefficients_of(const PoissonLognormalFit& fit) {
  Fit out;
  for (const std::string& species : fit.species)
    for (const std::string& name : fit.names) out.names.push_back(species + ":" + name);
  out.estimate = t(fit.coefficients).to_vector();
  out.unnamed_parameters = static_cast<int>(fit.parameters() - fit.coefficients.numel());
  out.loglik = fit.bound;
  out.n = fit.n;
  out.status = fit.status;
  out.message = fit.message;
  out.certificate = {fit.largest_score, fit.newton_decrement, NAN, NAN, NAN};
  out.iterations = fit.iterations;
  out.evaluations = fit.evaluations;
  out.loglik_path = fit.bound_path;
  return out;
}

Json results_json(const PoissonLognormalFit& fit) {
  Json out;
  out["icl"] = fit.icl();
  out["entropy"] = fit.entropy();
  out["r_squared"] = fit.r_squared();
  out["loglik_poisson"] = fit.loglik_poisson;
  out["species"] = fit.species;
  out["without_variance"] = fit.without_variance;
  out["sigma"] = matrix_json(fit.sigma.to_vector(), fit.species.size());
  return out;
}

SummaryHead head_of(const PoissonLognormalFit& fit, const Fit& coefficients) {
  SummaryHead head = summary_head(
      coefficients, fmt::format("Poisson-lognormal model, {} covariance", name_of(fit.covariance)));
  for (SummaryEntry& entry : head.about_fit)
    if (entry.label == "Log-likelihood") entry.label = "Variational bound";
  const auto p = static_cast<std::int64_t>(fit.species.size());
  head.about_data.push_back({"Number of species", count_text(static_cast<double>(p))});
  head.about_data.push_back({"Poisson log-lik.", decimal_text(fit.loglik_poisson)});
  head.about_fit.push_back({"ICL", decimal_text(fit.icl())});
  head.about_fit.push_back({"R-squared", decimal_text(fit.r_squared())});
  if (!fit.without_variance.empty())
    head.notes.push_back(fmt::format("No more variance than Poisson counts: {}.",
                                     fmt::join(fit.without_variance, ", ")));
  return head;
}

void write_matrix(const std::string& path, const std::vector<std::string>& names,
                  const Tensor& matrix) {
  std::vector<std::vector<double>> columns;
  for (std::int64_t j = 0; j < matrix.size(1); ++j)
    columns.push_back(select(matrix, 1, j).to_vector());
  write_csv(path, names, columns);
}

int run_fit_pln(const FitPln& o) {
  const Table counts = read_csv(o.data);
  const FitDesign read = design_of(o, counts);
  const PoissonLognormalFit fit = fitted(o, [&] {
    return fit_poisson_lognormal(data_of(o, counts, read.design),
                                 {.covariance = latent_covariance_named(o.covariance),
                                  .max_iter = o.max_iter,
                                  .show_progress = o.progress});
  });
  if (!o.fitted.empty()) write_matrix(o.fitted, fit.species, fit.fitted());
  if (!o.latent.empty()) write_matrix(o.latent, fit.species, fit.latent_mean);
  FittedModel model{"pln", coefficients_of(fit), {}};
  model.head = head_of(fit, model.fit);
  model.equations = fit.species;
  model.settings = {{"covariance", name_of(fit.covariance)}};
  model.plots.objective = "Minus variational bound";
  model.results = results_json(fit);
  model.saved = {{"variance", diagonal(fit.sigma).to_vector()}};
  return report(std::move(model), read, o);
}

}  // namespace

/// Expected counts, exp(x'b + Sigma_jj / 2).
PredictedQuantities predict_pln(const PredictRequest& request) {
  const auto variance = request.fit.saved.at("variance").get<std::vector<double>>();
  PredictedQuantities result{"species", {}};
  for (std::size_t j = 0; j < request.fit.equations.size(); ++j)
    result.quantities.push_back({request.fit.equations[j],
                                 [&request, j, half = variance.at(j) / 2](const Tensor& b) {
                                   return request.linear_predictor(b, j) + half;
                                 },
                                 [](const Tensor& u) { return exp(u); }});
  return result;
}

void add_fit_pln(CLI::App& fit, int& exit_code) {
  auto o = std::make_shared<FitPln>();
  o->max_iter = PoissonLognormalOptions().max_iter;
  CLI::App* command =
      fit.add_subcommand("pln", "Poisson-lognormal model of counts, by variational inference");
  command->add_option("--counts", o->data, "CSV file: a row for each sample, a column per species")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--offsets", o->offsets,
                   "CSV file of offsets on the scale of counts; one column holds for all species")
      ->type_name("FILE");
  CLI::Option* covariates =
      command->add_option("--covariates", o->covariates_file, "CSV file of the samples' covariates")
          ->type_name("FILE");
  command
      ->add_option("--formula", o->formula, "Which of them, as in: ~ age * C(site); without: all")
      ->needs(covariates)
      ->type_name("FORMULA");
  command->add_option("--covariance", o->covariance, "Of the latent variables")
      ->check(CLI::IsMember({"full", "diagonal", "spherical"}));
  command->add_option("--fitted", o->fitted, "Write the fitted counts to this file")
      ->type_name("OUT.csv");
  command->add_option("--latent", o->latent, "Write the latent means to this file")
      ->type_name("OUT.csv");
  command->add_option("--max-iter", o->max_iter, "Iterations at most")->check(require_positive);
  command->add_flag("--json", o->json, "Print one JSON object");
  command->add_option("--save", o->save, "Write the fit to this file, for predict")
      ->type_name("FIT.json");
  command->add_flag("--progress", o->progress, "Show progress on a terminal");
  add_plot_options(*command, o->plot, {"objective"});
  add_threads_option(*command);
  command->callback([o, &exit_code] { exit_code = run_fit_pln(*o); });
}

}  // namespace wald::cli
