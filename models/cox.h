// Cox's proportional hazards regression: h(t | x) = h0(t) exp(x'b), with h0 left open. Time is in
// any one unit.
#pragma once

#include <string>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/models/concordance.h>
#include <wald/models/inference.h>
#include <wald/models/risk_sets.h>

namespace wald {

/// What was observed of n subjects (or spells). float64 but for the strata.
struct CoxData {
  Tensor x;                        ///< Covariates [n, k], without an intercept.
  std::vector<std::string> names;  ///< Of its columns.
  Tensor time;                     ///< End of observation [n].
  Tensor event;                    ///< 1 if the event was seen at `time`, 0 if censored there [n].
  Tensor entry;    ///< Begin of observation [n], < time: at risk in (entry, time]; undefined: none.
  Tensor weights;  ///< Of each row, in its term and in the risk sets [n], >= 0; undefined: 1.
  Tensor offset;   ///< Added to x'b [n]; undefined: 0.
  Tensor strata;   ///< int64 [n]: each has a baseline hazard of its own; undefined: one.

  std::int64_t n() const { return x.size(0); }
};

/// What the risk set of a time with several events is for each of them: the whole (Breslow 1974,
/// Biometrics 30, 89-99), or less the l-th part of the m that have the event, l/m, for the l-th
/// (Efron 1977, JASA 72, 557-565), which is close to the exact average over their orders.
enum class Ties { efron, breslow };
const char* name_of(Ties ties);

/// The risk sets of the data. Throws as RiskSets does, and ShapeError, DTypeError for tensors that
/// do not fit together.
RiskSets risk_sets_of(const CoxData& data);

/// What is left of the risk set for each event: exp(scale) * left. [events]
struct CoxSlots {
  Tensor scale, left;
};
CoxSlots cox_slots(const Tensor& eta, const Tensor& weights, const RiskSets& sets, Ties ties);

/// The partial log-likelihood (Cox 1972, 1975), one term for each event in the order of `sets`:
///   eta_i - (1/m) sum over l of log(sum of w exp(eta) over the risk set - l/m sum over the m)
/// for Efron's method, l = 0 .. m-1; Breslow's has l = 0. Each counts with the weight of its row.
/// eta and weights are of the rows of the sets [rows]; weights undefined: 1.
Tensor cox_event_terms(const Tensor& eta, const Tensor& weights, const RiskSets& sets, Ties ties);

/// The partial log-likelihood by rows [n], such that the gradients of the terms are the score
/// residuals: w_i times the derivative by w_i, plus w_i d_i, which for Breslow's method is
///   w_i (d_i (eta_i + log h0(t_i) + 1) - exp(eta_i) H0(t_i))
/// with the baseline hazard that maximizes the full likelihood. Their outer products make the
/// robust covariance of Lin and Wei (1989), JASA 84, 1074-1078, and sums of them by cluster that of
/// clusters. The sum is the partial log-likelihood.
LogLikelihood cox_log_likelihood(const CoxData& data, Ties ties = Ties::efron);

/// A fitted model.
struct CoxFit : Fit {
  Ties ties = Ties::efron;
  double events = 0;              ///< Rows with an event and a weight above 0.
  double loglik_null = 0;         ///< At b = 0.
  bool contains_null = true;      ///< Whether b = 0 is a special case: none is held at an effect.
  double score_statistic = 0;     ///< Of b = 0, chi-squared with df() degrees of freedom.
  Concordance concordance;        ///< Of the linear predictor with the times.
  double wald_statistic() const;  ///< As score_statistic.
  double lr_statistic() const { return 2 * (loglik - loglik_null); }
  int df() const { return static_cast<int>(free_parameters()); }
};

/// Fits by maximum partial likelihood; n counts all rows.
/// Throws NotIdentifiedError if there are no events, naming covariates that are constant or linear
/// combinations of others among rows at risk together, and those whose coefficients are infinite
/// because the partial likelihood only rises along some direction.
CoxFit fit_cox(const CoxData& data, Ties ties = Ties::efron, const FitOptions& options = {});

}  // namespace wald
