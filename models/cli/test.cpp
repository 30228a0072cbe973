// wald test: hypotheses about a saved fit, and one saved fit against another.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include <wald/engine/error.h>
#include <wald/models/hypothesis.h>

#include "saved_fit.h"

namespace wald::cli {
namespace {

struct Test {
  std::string fit;
  std::vector<std::string> against;  // hypotheses, or another fit
  bool json = false;
};

SavedFit read_converged(const std::string& path) {
  SavedFit fit = read_saved_fit(path);
  if (fit.fit.status == FitStatus::failed)
    throw InputError(fmt::format("{}: the fit did not converge", path));
  return fit;
}

void print_test(const Test& o, Json out, const std::string& text, const TestResult& test) {
  const bool is_f = std::isfinite(test.denominator_df);
  const double statistic = is_f ? test.f() : test.statistic, p = is_f ? test.f_p() : test.p();
  out["distribution"] = is_f ? "F" : "chi2";
  out["statistic"] = statistic;
  out["df"] = test.df;
  if (is_f) out["denominator_df"] = test.denominator_df;
  out["p"] = p;
  if (o.json) return print_json(out);
  const std::string name = is_f ? fmt::format("F({}, {:g})", test.df, test.denominator_df)
                                : fmt::format("chi2({})", test.df);
  std::cout << text << fmt::format("\n  {} = {:.7g}, p = {:.4g}\n", name, statistic, p);
}

void run_wald_test(const Test& o) {
  const SavedFit saved = read_converged(o.fit);
  const std::string text = fmt::format("{}", fmt::join(o.against, ", "));
  const LinearHypothesis hypothesis = linear_hypothesis(text, saved.fit.names);
  if (saved.fit.vcov.empty())
    throw InputError(fmt::format("{}: the fit has no standard errors", o.fit));
  const TestResult test = wald_test(saved.fit, hypothesis.r, hypothesis.q);
  Json out = {{"test", "wald"}, {"fit", o.fit}, {"hypothesis", text}, {"se", saved.se}};
  print_test(o, std::move(out),
             fmt::format("Wald test of {} ({}; standard errors: {})\n\n  {}\n", saved.formula,
                         saved.model, saved.se, text),
             test);
}

[[noreturn]] void refuse_pair(const SavedFit& a, const SavedFit& b, const std::string& what,
                              const std::string& of_a, const std::string& of_b) {
  throw InputError(
      fmt::format("{} and {} cannot be compared: the {} is {} in one and {} in the other", a.path,
                  b.path, what, of_a, of_b));
}

/// Exponential times are Weibull or Gompertz times with a shape that is fixed.
bool is_special_case(const Json& restricted, const Json& full) {
  Json exponential = full;
  const Json dist = full.value("dist", Json());
  if (dist != "weibull" && dist != "gompertz") return false;
  exponential["dist"] = "exponential";
  return restricted == exponential;
}

/// That both are of the same model for the same data.
void require_comparable(const SavedFit& restricted, const SavedFit& full) {
  const auto require_same = [&](const char* what, const std::string& a, const std::string& b) {
    if (a != b) refuse_pair(restricted, full, what, a.empty() ? "none" : a, b.empty() ? "none" : b);
  };
  require_same("model", restricted.model, full.model);
  require_same("response", restricted.response, full.response);
  require_same("column of weights", restricted.weights, full.weights);
  require_same("number of rows", std::to_string(restricted.fit.n), std::to_string(full.fit.n));
  if (restricted.rows != full.rows)
    throw InputError(fmt::format(
        "{} and {} cannot be compared: they left out different rows with missing values",
        restricted.path, full.path));
  if (restricted.settings != full.settings && !is_special_case(restricted.settings, full.settings))
    refuse_pair(restricted, full, "setting", restricted.settings.dump(), full.settings.dump());
}

/// Names tell that models are nested; where they do not, they may be so nevertheless.
void note_nesting(const SavedFit& restricted, const SavedFit& full) {
  std::vector<std::string> strangers;
  for (const std::string& name : restricted.fit.names)
    if (std::ranges::count(full.fit.names, name) == 0) strangers.push_back(name);
  if (!strangers.empty())
    std::cerr << fmt::format(
        "wald: {} has {}, which {} has not: the test holds only if the one is a special case of "
        "the other\n",
        restricted.path, fmt::join(strangers, ", "), full.path);
}

void run_lr_test(const Test& o) {
  SavedFit restricted = read_converged(o.fit), full = read_converged(o.against[0]);
  const auto parameters = [](const Fit& fit) {
    return static_cast<int>(fit.free_parameters()) + fit.unnamed_parameters;
  };
  if (parameters(restricted.fit) > parameters(full.fit)) std::swap(restricted, full);
  require_comparable(restricted, full);
  const TestResult test = lr_test(restricted.fit, full.fit);
  note_nesting(restricted, full);
  Json out = {{"test", "likelihood-ratio"}, {"fits", Json::array()}};
  std::string text = fmt::format("Likelihood-ratio test ({})\n\n", full.model);
  for (const SavedFit* fit : {&restricted, &full}) {
    out["fits"].push_back({{"file", fit->path},
                           {"formula", fit->formula},
                           {"loglik", fit->fit.loglik},
                           {"parameters", parameters(fit->fit)}});
    text += fmt::format("  {}\n    log-likelihood {:.4f}, free parameters: {}\n", fit->formula,
                        fit->fit.loglik, parameters(fit->fit));
  }
  print_test(o, std::move(out), text, test);
}

bool is_file(const std::string& text) { return text.ends_with(".json"); }

int run_test(const Test& o) {
  if (!std::ranges::any_of(o.against, is_file)) {
    run_wald_test(o);
  } else if (o.against.size() == 1) {
    run_lr_test(o);
  } else {
    throw InputError("wald test takes one fit and hypotheses about it, or two fits");
  }
  return done;
}

}  // namespace

void add_test(CLI::App& app, int& exit_code) {
  auto o = std::make_shared<Test>();
  CLI::App* command = app.add_subcommand(
      "test", "Wald test of hypotheses about a saved fit, or likelihood-ratio test of two");
  command->add_option("FIT", o->fit, "File of wald fit --save")->required()->type_name("FIT.json");
  command
      ->add_option("HYPOTHESIS", o->against,
                   "As in: \"b1 = b2 = 0\", \"2 b1 - b2 = 1\"; or the file of another fit, .json")
      ->required()
      ->type_name("HYPOTHESIS|FIT2.json");
  command->add_flag("--json", o->json, "Print one JSON object");
  command->callback([o, &exit_code] { exit_code = run_test(*o); });
}

}  // namespace wald::cli
