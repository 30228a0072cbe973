// The distributions of survival times: of each the log hazard, the cumulative hazard and its
// inverse, from which density, censored and truncated terms, quantiles and random times follow.
// Adding a distribution is a row in the table of the source file. Knows no data and no fit.
#pragma once

#include <string_view>

#include <wald/engine/tensor.h>

namespace wald {

enum class SurvivalDistribution { exponential, weibull, gompertz, lognormal, loglogistic };

/// Log-relative-hazard (ph) or log-time (aft) coefficients.
enum class SurvivalForm { ph, aft };

/// With eta = x'b + offset:
///   exponential  h(t) = exp(eta) (ph), or log T = eta + W (aft)
///   weibull      h(t) = p t^(p-1) exp(eta) (ph; log p last), or log T = eta + sigma W (aft)
///   gompertz     h(t) = exp(eta + c t) (ph; c last, may be negative: then some never have the
///                event)
///   lognormal, loglogistic   log T = eta + sigma W (aft), W normal or logistic
/// where W of exponential and Weibull is the log of a standard exponential, and log(sigma) is last.
struct SurvivalModel {
  SurvivalDistribution distribution = SurvivalDistribution::exponential;
  SurvivalForm form = SurvivalForm::ph;
};

/// Spells of being at risk [n], with what of them no parameter changes.
struct Spells {
  Spells() = default;
  /// From `begin` (>= 0; undefined: 0) to `end` (>= begin). Logarithms are taken if wanted.
  Spells(const Tensor& begin, const Tensor& end, bool with_logs);

  Tensor begin, end;
  Tensor length;     ///< end - begin
  Tensor log_end;    ///< Undefined unless wanted.
  Tensor log_ratio;  ///< log(end / begin), to the last place also of a short spell; 1 where begin
                     ///< is 0. Undefined with `begin`, or unless wanted.
  Tensor from_zero;  ///< Whether begin is 0; undefined with `begin`.
  /// Whether end = begin: such a spell is kept as one from 0 to 1, for its logarithms, and its
  /// cumulative hazard is 0. Undefined: none is.
  Tensor empty;
};

/// What the distribution of each subject depends on.
struct SurvivalPredictor {
  Tensor eta;    ///< Linear predictor [n].
  Tensor shape;  ///< The parameter that the summary calls log(shape), shape or log(scale): [1].
  SurvivalForm form = SurvivalForm::ph;
};

/// A distribution.
struct SurvivalLaw {
  SurvivalDistribution distribution;
  const char* name;           ///< As the command line has it.
  const char* title;          ///< For people.
  const char* ph_parameter;   ///< Name of the shape parameter in this form; empty: there is none;
  const char* aft_parameter;  ///< null: there is no such form.
  bool needs_logs;            ///< Of the times of its spells.
  /// At the ends of the spells [n].
  Tensor (*log_hazard)(const Spells& spells, const SurvivalPredictor& of);
  /// Over the spells [n], which are not empty, to the last places also where they are short or far
  /// in a tail. S(b) / S(a) is exp of minus it.
  Tensor (*hazard_between)(const Spells& spells, const SurvivalPredictor& of);
  /// The log of the time by which a hazard > 0 has cumulated from time 0 [n]; infinite if it never
  /// has.
  Tensor (*log_time_of)(const Tensor& cumulative_hazard, const SurvivalPredictor& of);

  /// The name of the shape parameter, empty if there is none. Throws InputError if the distribution
  /// has no such form.
  const char* parameter(SurvivalForm form) const;
  /// hazard_between, and 0 over empty spells.
  Tensor cumulative_hazard(const Spells& spells, const SurvivalPredictor& of) const;
};

const SurvivalLaw& law_of(SurvivalDistribution distribution);
/// By its name: `weibull`. Throws InputError for another one, with the names that there are.
const SurvivalLaw& law_named(std::string_view name);

}  // namespace wald
