// Whether the data determine the coefficients, decided before a fit is tried, so that a message can
// name the columns. Knows design matrices, not likelihoods.
#pragma once

#include <string>
#include <vector>

#include <wald/engine/tensor.h>

namespace wald {

/// For likelihoods, whose Hessian has half the digits of the design.
inline constexpr double rank_tolerance = 1e-9;

/// Throws NotIdentifiedError naming each column of x (float64, [n, k]) that is a linear combination
/// of those before it, with the combination. A column counts as one if what is left of it is at
/// most `tolerance` of its length. The default is for likelihoods, whose Hessian has half the
/// digits of the design; a linear regression can take the rounding of its numbers.
void require_full_rank(const Tensor& x, const std::vector<std::string>& names,
                       double tolerance = rank_tolerance);

/// For binomial models: throws NotIdentifiedError naming the coefficients without a finite estimate
/// and the direction in which successes lie if the data are separated (separation.h), completely or
/// not. `side` is 1 where there are successes alone, -1 where there are failures alone, else 0 [n].
void require_overlap(const Tensor& x, const Tensor& side, const std::vector<std::string>& names);

/// For models of a hazard or a rate exp(x'b): throws NotIdentifiedError if the likelihood rises
/// without end along some direction, because the rows with an event leave it free and the others
/// want it as far out as it goes, as when a group has no events. `event` is 0 where there was none,
/// [n]; `what` names it in the message.
void require_finite_maximum(const Tensor& x, const Tensor& event,
                            const std::vector<std::string>& names, const char* what = "an event");

/// `a - 0.5 b`: the names with their weights, at most eight, without those of weight 0.
std::string combination(const std::vector<double>& weights, const std::vector<std::string>& names);

}  // namespace wald
