// Parametric survival regression: exponential, Weibull, Gompertz, lognormal and log-logistic times,
// censored and truncated in any way. Time is in any one unit; hazards are per that unit.
#pragma once

#include <string>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/models/inference.h>
#include <wald/models/regression.h>
#include <wald/models/survival_distributions.h>
#include <wald/models/survival_observations.h>

namespace wald {

/// The n terms of the log-likelihood, as a regression without starting values. With H the
/// cumulative hazard, a row adds
///   d log h(t) - (H(t) - H(entry)),
/// d being 1 where the event was seen at t, and, where it was between t and u,
///   log(1 - exp(-(H(u) - H(t)))):
/// log density, log survival, log of a difference of survivals, each given survival to entry.
/// Throws as check(), and InputError if the distribution has no such form.
Regression survival_regression(const SurvivalData& data, const SurvivalModel& model = {});

/// A fitted survival model.
struct SurvivalFit : Fit {
  SurvivalDistribution distribution = SurvivalDistribution::exponential;
  SurvivalForm form = SurvivalForm::ph;
  std::size_t coefficients = 0;  ///< Of the linear predictor; names and estimates begin with them.
  double events = 0;             ///< Seen or known to be in an interval; weighted, if with weights.
  double time_at_risk = 0;       ///< To the last time known without the event; likewise.
  /// loglik + sum(d log t): the log-likelihood of log time, the form that Stata's streg prints.
  double loglik_logtime = 0;
  /// loglik of the model with the intercept alone; NaN if the design has no constant first column,
  /// or parameters are held so that this is no special case.
  double loglik_null = 0;
  std::size_t null_parameters = 0;  ///< Free ones of that model.

  /// The likelihood-ratio statistic against that model, chi-squared with lr_df degrees of freedom.
  double lr_statistic() const { return 2 * (loglik - loglik_null); }
  int lr_df() const { return static_cast<int>(free_parameters() - null_parameters); }
  const SurvivalLaw& law() const { return law_of(distribution); }
};

/// Fits by maximum likelihood, starting from the model without covariates.
/// Throws as survival_regression(); NotIdentifiedError if there are no events, the data do not
/// determine a coefficient, or the likelihood has no maximum.
SurvivalFit fit_survival(const SurvivalData& data, const SurvivalModel& model = {},
                         const FitOptions& options = {});

/// The same with the exponential distribution.
SurvivalFit fit_exponential(const SurvivalData& data, SurvivalForm form = SurvivalForm::ph,
                            const FitOptions& options = {});

}  // namespace wald
