#include "identification.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/models/design_triangle.h>
#include <wald/models/separation.h>

namespace wald {
namespace {

/// A column that depends on those before it: column = sum over kept of weight * column.
struct Dependence {
  int column;
  std::vector<double> weights;  // of each earlier column, 0 for those without a noticeable part
};

double column_length(const std::vector<double>& triangle, int k, int j) {
  double length = 0;
  for (int i = 0; i <= j; ++i) length = std::hypot(length, triangle[i * k + j]);
  return length;
}

/// Goes through the columns of a triangle R from left to right, as R does, keeping those that add a
/// direction of their own.
std::vector<Dependence> dependent_columns(const std::vector<double>& triangle, int k,
                                          double tolerance) {
  // Of each kept column: a unit vector, and its weights in terms of the columns of R.
  struct Direction {
    std::vector<double> vector, weights;
  };
  std::vector<Direction> kept;
  std::vector<Dependence> found;
  // The diagonal is what each column adds to all before it: mostly that settles it.
  bool is_full = true;
  for (int j = 0; j < k; ++j)
    is_full &= std::abs(triangle[j * k + j]) > tolerance * column_length(triangle, k, j);
  if (is_full) return found;
  for (int j = 0; j < k; ++j) {
    std::vector<double> rest(k), weights(k, 0.0);
    const double length = column_length(triangle, k, j);
    for (int i = 0; i < k; ++i) rest[i] = triangle[i * k + j];
    weights[j] = 1;
    for (int pass = 0; pass < 2; ++pass)  // twice, for orthogonality to the last place
      for (const Direction& d : kept) {
        double along = 0;
        for (int i = 0; i < k; ++i) along += d.vector[i] * rest[i];
        for (int i = 0; i < k; ++i) {
          rest[i] -= along * d.vector[i];
          weights[i] -= along * d.weights[i];
        }
      }
    double left = 0;
    for (double v : rest) left = std::hypot(left, v);
    if (left <= tolerance * length) {
      weights[j] = 0;
      for (int i = 0; i < j; ++i)
        weights[i] =
            std::abs(weights[i]) * column_length(triangle, k, i) < 1e-7 * length ? 0 : -weights[i];
      found.push_back({j, weights});
      continue;
    }
    for (double& v : rest) v /= left;
    for (double& w : weights) w /= left;
    kept.push_back({rest, weights});
  }
  return found;
}

}  // namespace

std::string combination(const std::vector<double>& weights, const std::vector<std::string>& names) {
  constexpr int most = 8;
  int terms = 0;
  std::string text;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double w = weights[i];
    if (w == 0) continue;
    if (++terms > most) return text + " + ...";
    const bool is_one = std::abs(std::abs(w) - 1) < 1e-7;
    text += text.empty() ? (w < 0 ? "-" : "") : (w < 0 ? " - " : " + ");
    text += is_one ? names[i] : fmt::format("{:.6g} {}", std::abs(w), names[i]);
  }
  return text.empty() ? "0" : text;
}

void require_full_rank(const Tensor& x, const std::vector<std::string>& names, double tolerance) {
  const Tensor rows = contiguous(x);
  const int k = static_cast<int>(x.size(1));
  const std::vector<double> triangle = design_triangle(rows);
  for (int j = 0; j < k; ++j) {
    const double length = column_length(triangle, k, j);
    if (!std::isfinite(length) && any(~isfinite(select(rows, 1, j))).item<bool>())
      throw InputError(fmt::format("{} has a value that is not a finite number", names[j]));
    if (length != 0 && !(length > 1e-140 && length < 1e140))
      throw InputError(fmt::format(
          "the values of {} are of size {:.0e}, whose square is beyond double: change the unit",
          names[j], length));
  }
  const auto found = dependent_columns(triangle, k, tolerance);
  if (found.empty()) return;
  std::string text;
  for (const Dependence& d : found)
    text += fmt::format("{}{} = {}", text.empty() ? "" : "; ", names[d.column],
                        combination(d.weights, names));
  throw NotIdentifiedError(
      fmt::format("the data do not determine the coefficient{} of collinear covariates: {}",
                  found.size() > 1 ? "s" : "", text));
}

namespace {

/// `there is no finite estimate of the coefficients of a, b`.
std::string no_finite_estimate(const std::vector<double>& direction,
                               const std::vector<std::string>& names) {
  std::vector<std::string> moved;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (direction[i] != 0) moved.push_back(names[i]);
  return fmt::format("there is no finite estimate of the coefficient{} of {}",
                     moved.size() > 1 ? "s" : "", fmt::join(moved, ", "));
}

}  // namespace

void require_overlap(const Tensor& x, const Tensor& side, const std::vector<std::string>& names) {
  const auto found = separating_direction(x, side);
  if (!found) return;
  const std::vector<double> sides = (side * any(x != 0, {1})).to_vector();
  const auto [lowest, highest] = std::minmax_element(sides.begin(), sides.end());
  const std::string list = no_finite_estimate(found->coefficients, names);
  if (*lowest >= 0 || *highest <= 0)
    throw NotIdentifiedError(fmt::format("{}: there are no {}{}", list,
                                         *lowest >= 0 ? "failures" : "successes",
                                         found->is_complete ? "" : " in rows where they count"));
  const std::string score = combination(found->coefficients, names);
  throw NotIdentifiedError(
      found->is_complete
          ? fmt::format("{}: the data are completely separated, {} is above 0 in every row with "
                        "successes and below 0 in every row with failures",
                        list, score)
          : fmt::format("{}: the data are quasi-completely separated, no row with failures has {} "
                        "above 0 and no row with successes has it below 0",
                        list, score));
}

void require_finite_maximum(const Tensor& x, const Tensor& event,
                            const std::vector<std::string>& names, const char* what) {
  const auto found = separating_direction(x, where(event != 0, 0.0, -1.0));
  if (!found) return;
  const std::string list = no_finite_estimate(found->coefficients, names);
  const auto moved = std::count_if(found->coefficients.begin(), found->coefficients.end(),
                                   [](double d) { return d != 0; });
  if (moved == 1) {
    const double only =
        *std::max_element(found->coefficients.begin(), found->coefficients.end(),
                          [](double a, double b) { return std::abs(a) < std::abs(b); });
    throw NotIdentifiedError(
        fmt::format("{}: it tends to {} infinity, since it is 0 in every row with {}", list,
                    only < 0 ? "minus" : "plus", what));
  }
  throw NotIdentifiedError(
      fmt::format("{}: the likelihood rises for ever along {}, which is 0 in every row with {} and "
                  "not above 0 in the others",
                  list, combination(found->coefficients, names), what));
}

}  // namespace wald
