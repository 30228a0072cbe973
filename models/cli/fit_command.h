// What the commands `wald fit MODEL` share: their options, the way from a file to a design, and
// what is printed and saved of a fit. Knows no model.
//
// A model's command (fit_ols.cpp is the pattern) adds add_fit_options() and its own; its callback
// takes formula_of(), reads the table, read_design() and the response, fits, and returns report().
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <wald/engine/io/table.h>
#include <wald/models/design.h>
#include <wald/models/formula.h>
#include <wald/models/inference.h>
#include <wald/models/summary.h>

#include "commands.h"
#include "fit_plots.h"
#include "progress.h"

namespace wald::cli {

/// What the shared options said; empty texts where there was none.
struct FitArguments {
  std::string data;
  std::string formula;  // or the columns:
  std::string y, covariates;
  bool no_intercept = false;
  std::string weights, offset;  // columns
  std::string se = "information", bread = "observed";
  double level = 0.95;
  int max_iter = FitOptions().max_iter;
  std::string method, init;
  std::vector<std::string> fix;  // name=value
  bool progress = false;
  bool json = false;
  std::string save;
  PlotArguments plot;
};

/// Which of the shared options a model has besides --data, --formula, --covariates, --se, --level,
/// --json, --save and --threads.
struct FitFeatures {
  bool y = true;  ///< Else the model adds options for its response, by add_column_option().
  bool no_intercept = true;
  bool weights = true;
  bool offset = true;
  bool iterations = true;  ///< --max-iter, --method, --init, --fix and --progress.
  std::vector<std::string> plots = {"forest", "ratios", "profile", "objective"};
};

void add_fit_options(CLI::App& command, FitArguments& arguments, const FitFeatures& features = {});

/// Adds an option that names a column of the response: --formula excludes it. After
/// add_fit_options().
CLI::Option* add_column_option(CLI::App& command, const std::string& name, std::string& column,
                               const std::string& text);

/// How to maximize, for the model's fit. Reads the file of --init. Throws InputError.
FitOptions fit_options(const FitArguments& arguments);

/// What `fit` gives, with a line of progress where --progress shows none.
template <class Function>
auto fitted(const FitArguments& arguments, const Function& fit) {
  const Progress progress("fitting", !arguments.progress);
  return fit();
}

/// The formula given, or the one that --covariates, --no-intercept and the left side amount to;
/// with --offset among its terms. `response` gives the left side from a model's own options, or
/// throws CLI::RequiredError.
Formula formula_of(const FitArguments& arguments, const std::function<Expression()>& response);
/// The same with --y on the left.
Formula formula_of(const FitArguments& arguments);

/// The right side of a model, and the weights, as read from the data.
struct FitDesign {
  std::string formula;    ///< As R prints it.
  std::string response;   ///< Its left side.
  Design design;          ///< Its offset is that of --offset and of offset() together.
  Tensor weights;         ///< [n]; undefined: none.
  Tensor clusters;        ///< Of --se cluster:COLUMN [n]; undefined: none.
  bool intercept = true;  ///< As in DesignOptions.
};

/// Throws InputError also where nothing is to be estimated, but for models with an intercept of
/// their own (`options.intercept` false). The table is not needed after this and the response.
FitDesign read_design(const Table& table, const Formula& formula, const FitArguments& arguments,
                      DesignOptions options = {});

/// A column of numbers, of these rows.
Tensor column_tensor(const Table& table, const Expression& column, const Design& design);

/// What a model's command hands over after the fit.
struct FittedModel {
  std::string name;  ///< As in `wald fit NAME`.
  Fit fit;
  SummaryHead head;
  /// The weighted terms in the parameters of `fit`, for robust covariances.
  LogLikelihood loglik{};
  std::vector<double> expected_information{};  ///< [k, k]; empty: not known.
  /// For robust covariances, where the bread is not fit.vcov.
  std::vector<double> bread{};
  std::function<Tensor()> leverages{};   ///< For HC2 and HC3 [n]: see models/regression.h.
  std::vector<std::string> equations{};  ///< Of several: their names.
  /// For --plot; `likelihood` where a profile is not of `loglik`.
  FitPlots plots{};
  /// Choices within the model, {"dist", "weibull"}: printed and saved.
  Json settings = Json::object();
  /// What else is printed: {"events", 12}.
  Json results = Json::object();
  /// What else predictions need: a baseline hazard.
  Json saved = Json::object();
};

/// Applies --se, says how many rows were left out, saves the fit, prints the summary or the JSON
/// object, draws the plots, and gives the exit code.
int report(FittedModel model, const FitDesign& data, const FitArguments& arguments);

}  // namespace wald::cli
