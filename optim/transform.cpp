#include "transform.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>

namespace wald::optim {
namespace {

bool holds(const Tensor& condition) { return all(condition).item<bool>(); }

std::int64_t length_of(const Dims& shape, std::int64_t least, const char* what) {
  if (shape.size() != 1 || shape[0] < least)
    throw ShapeError(fmt::format("has shape {}; {} is a vector of {} elements or more",
                                 to_string(shape), what, least));
  return shape[0];
}

class Unconstrained final : public Transform {
 public:
  std::int64_t size(const Dims& shape) const override { return numel(shape); }
  std::string objection(const Tensor& y) const override {
    return holds(isfinite(y)) ? "" : "is not finite";
  }
  Tensor to_natural(const Tensor& u, const Dims& shape) const override { return reshape(u, shape); }
  Tensor to_unconstrained(const Tensor& y) const override { return flatten(y); }
  Tensor log_jacobian(const Tensor&, const Dims&) const override { return zeros({}); }
};

/// One finite end: y = end + sign exp(u).
class HalfLine final : public Transform {
 public:
  HalfLine(double end, double sign) : end_(end), sign_(sign) {}

  std::int64_t size(const Dims& shape) const override { return numel(shape); }
  std::string objection(const Tensor& y) const override {
    if (holds(isfinite(y) & (sign_ * (y - end_) > 0))) return "";
    if (end_ == 0 && sign_ > 0) return "is not positive and finite";
    return fmt::format("is not finite and {} {}", sign_ > 0 ? "above" : "below", end_);
  }
  Tensor to_natural(const Tensor& u, const Dims& shape) const override {
    const Tensor distance = reshape(exp(u), shape);
    return end_ == 0 && sign_ > 0 ? distance : end_ + sign_ * distance;
  }
  Tensor to_unconstrained(const Tensor& y) const override {
    return log(sign_ * (flatten(y) - end_));
  }
  Tensor log_jacobian(const Tensor& u, const Dims&) const override { return sum(u); }

 private:
  double end_, sign_;
};

class Interval final : public Transform {
 public:
  Interval(double low, double high) : low_(low), high_(high) {}

  std::int64_t size(const Dims& shape) const override { return numel(shape); }
  std::string objection(const Tensor& y) const override {
    return holds((y > low_) & (y < high_))
               ? ""
               : fmt::format("is not between {} and {}, both excluded", low_, high_);
  }
  /// From the nearer end, whose distance keeps its digits.
  Tensor to_natural(const Tensor& u, const Dims& shape) const override {
    const Tensor width = tensor(high_ - low_);
    return reshape(where(u < 0, low_ + width * sigmoid(u), high_ - width * sigmoid(-u)), shape);
  }
  Tensor to_unconstrained(const Tensor& y) const override {
    const Tensor flat = flatten(y);
    return log(flat - low_) - log(high_ - flat);
  }
  Tensor log_jacobian(const Tensor& u, const Dims&) const override {
    return sum(std::log(high_ - low_) + log_sigmoid(u) + log_sigmoid(-u));
  }

 private:
  double low_, high_;
};

class Simplex final : public Transform {
 public:
  std::int64_t size(const Dims& shape) const override {
    return length_of(shape, 2, "a simplex") - 1;
  }
  std::string objection(const Tensor& y) const override {
    if (!holds(y > 0)) return "has an element that is not positive";
    const double total = sum(y).item<double>();
    return std::abs(total - 1) <= 1e-8 ? "" : fmt::format("adds up to {}, not 1", total);
  }
  Tensor to_natural(const Tensor& u, const Dims&) const override {
    const Tensor shares = u - log_left(u);
    const Tensor end = zeros({1});
    // Logarithms of what is broken off, of the stick that there was; at last all of it.
    return exp(cat({log_sigmoid(shares), end}) + cat({end, cumsum(log_sigmoid(-shares), 0)}));
  }
  Tensor to_unconstrained(const Tensor& y) const override {
    const std::int64_t k = y.size(0);
    // Sums of small parts, where 1 less a sum of large ones would cancel.
    const Tensor rest = flip(cumsum(flip(y, {0}), 0), {0});
    const Tensor u = log(narrow(y, 0, 0, k - 1)) - log(narrow(rest, 0, 1, k - 1));
    return u + log_left(u);
  }
  Tensor log_jacobian(const Tensor& u, const Dims&) const override {
    const Tensor shares = u - log_left(u), left = log_sigmoid(-shares);
    return sum(log_sigmoid(shares) + cumsum(left, 0));
  }

 private:
  /// log(K - 1), log(K - 2) ... log(1): in the middle each share is 1 of so many and one.
  static Tensor log_left(const Tensor& u) {
    return log(float_range(static_cast<double>(u.size(0)), 0.5, -1));
  }
};

class Ordered final : public Transform {
 public:
  std::int64_t size(const Dims& shape) const override {
    return length_of(shape, 1, "an ordered vector");
  }
  std::string objection(const Tensor& y) const override {
    if (!holds(isfinite(y))) return "is not finite";
    return y.size(0) < 2 || holds(diff(y) > 0) ? "" : "is not increasing";
  }
  Tensor to_natural(const Tensor& u, const Dims&) const override {
    return cumsum(cat({narrow(u, 0, 0, 1), exp(tail(u))}), 0);
  }
  Tensor to_unconstrained(const Tensor& y) const override {
    return cat({narrow(y, 0, 0, 1), log(tail(y) - narrow(y, 0, 0, y.size(0) - 1))});
  }
  Tensor log_jacobian(const Tensor& u, const Dims&) const override { return sum(tail(u)); }

 private:
  static Tensor tail(const Tensor& x) { return narrow(x, 0, 1, x.size(0) - 1); }
};

/// L[i, j] is tanh(u) times the root of what the elements left of it have not used of the row's
/// length, which is the product of their sech(u).
class CorrelationCholesky final : public Transform {
 public:
  std::int64_t size(const Dims& shape) const override {
    if (shape.size() != 2 || shape[0] != shape[1] || shape[0] < 2)
      throw ShapeError(fmt::format(
          "has shape {}; a correlation's Cholesky factor is square, with 2 rows or more",
          to_string(shape)));
    return shape[0] * (shape[0] - 1) / 2;
  }
  std::string objection(const Tensor& y) const override {
    if (!holds(triu(y, 1) == 0)) return "is not lower triangular";
    if (!holds(diagonal(y) > 0)) return "has a diagonal element that is not positive";
    return holds(abs(sum(square(y), {1}) - 1) <= 1e-8) ? "" : "has a row whose length is not 1";
  }
  Tensor to_natural(const Tensor& u, const Dims& shape) const override {
    const Tensor below = lower(u, shape[0]);
    return exp(log_left(below)) * (tanh(below) + eye(shape[0]));
  }
  Tensor to_unconstrained(const Tensor& y) const override {
    const std::int64_t k = y.size(0);
    std::vector<Tensor> rows;
    for (std::int64_t i = 1; i < k; ++i) {
      const Tensor row = narrow(select(y, 0, i), 0, 0, i + 1);
      const Tensor rest = sqrt(flip(cumsum(flip(square(row), {0}), 0), {0}));
      // tanh(u) = a / sqrt(a^2 + b^2) is sinh(u) = a / b, which needs no 1 - z^2.
      rows.push_back(asinh(narrow(row, 0, 0, i) / narrow(rest, 0, 1, i)));
    }
    return cat(rows);
  }
  Tensor log_jacobian(const Tensor& u, const Dims& shape) const override {
    const Tensor below = lower(u, shape[0]);
    return sum(tril(log_left(below) - 2 * log_cosh(below), -1));
  }

 private:
  /// The vector row by row below the diagonal of zeros [k, k].
  static Tensor lower(const Tensor& u, std::int64_t k) {
    std::vector<std::int64_t> places(static_cast<std::size_t>(k * k), u.size(0));
    for (std::int64_t i = 0, next = 0; i < k; ++i)
      for (std::int64_t j = 0; j < i; ++j) places[i * k + j] = next++;
    return take(cat({u, zeros({1})}), from_vector(places, {k, k}));
  }
  static Tensor log_cosh(const Tensor& u) { return logaddexp(u, -u) - std::log(2); }
  /// The logarithm of the root of what is left of each row's length at each place.
  static Tensor log_left(const Tensor& below) {
    const std::int64_t k = below.size(0);
    const Tensor used = tril(log_cosh(below), -1);
    return -cat({zeros({k, 1}), cumsum(narrow(used, 1, 0, k - 1), 1)}, 1);
  }
};

}  // namespace

TransformPtr unconstrained() { return std::make_shared<Unconstrained>(); }

TransformPtr positive() { return std::make_shared<HalfLine>(0, 1); }

TransformPtr interval(double low, double high) {
  if (!(low < high)) throw InputError(fmt::format("interval: {} is not below {}", low, high));
  if (std::isinf(low) && std::isinf(high)) return unconstrained();
  if (std::isinf(high)) return std::make_shared<HalfLine>(low, 1);
  if (std::isinf(low)) return std::make_shared<HalfLine>(high, -1);
  return std::make_shared<Interval>(low, high);
}

TransformPtr simplex() { return std::make_shared<Simplex>(); }

TransformPtr ordered() { return std::make_shared<Ordered>(); }

TransformPtr correlation_cholesky() { return std::make_shared<CorrelationCholesky>(); }

}  // namespace wald::optim
