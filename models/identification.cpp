#include "identification.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/engine/ops/shape.h>
#include <wald/kernels/cpu/lapack.h>

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
  const std::vector<double> triangle = kernels::qr_triangle(rows.data<double>(), x.size(0), k);
  for (int j = 0; j < k; ++j) {
    const double length = column_length(triangle, k, j);
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

void require_finite_maximum(const Tensor& x, const Tensor& event,
                            const std::vector<std::string>& names) {
  const Tensor rows = contiguous(x), events = contiguous(event);
  const std::int64_t n = x.size(0);
  const int k = static_cast<int>(x.size(1));
  const double* data = rows.data<double>();
  std::vector<double> with_event;
  for (std::int64_t i = 0; i < n; ++i)
    if (events.data<double>()[i] != 0)
      with_event.insert(with_event.end(), data + i * k, data + (i + 1) * k);
  const auto free_directions = dependent_columns(
      kernels::qr_triangle(with_event.data(), static_cast<std::int64_t>(with_event.size()) / k, k),
      k, rank_tolerance);
  for (const Dependence& d : free_directions) {
    // Along this direction x'b stays where it is in every row with an event.
    std::vector<double> direction = d.weights;
    for (double& w : direction) w = -w;
    direction[static_cast<std::size_t>(d.column)] = 1;
    bool rises = false, falls = false;
    for (std::int64_t i = 0; i < n; ++i) {
      double change = 0, size = 0;
      for (int j = 0; j < k; ++j) {
        change += direction[j] * data[i * k + j];
        size += std::abs(direction[j] * data[i * k + j]);
      }
      rises |= change > 1e-9 * size;
      falls |= change < -1e-9 * size;
    }
    if (rises && falls) continue;
    const std::string same = combination(d.weights, names);
    throw NotIdentifiedError(fmt::format(
        "there is no finite estimate of the coefficient of {}: it tends to {} infinity, since {}",
        names[static_cast<std::size_t>(d.column)], rises ? "minus" : "plus",
        same == "0" ? "it is 0 in every row with an event" : "no event tells it from " + same));
  }
}

}  // namespace wald
