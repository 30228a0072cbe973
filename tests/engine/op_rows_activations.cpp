// Rows of the logistic family and of activations.
#include <cmath>
#include <numbers>

#include <wald/engine/ops/ops.h>

#include "pointwise_row.h"

namespace wald::testing {
namespace {

Real sigmoid_formula(Real x) { return 1 / (1 + std::exp(-x)); }
Real softplus_formula(Real x) {
  return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}
Real logit_formula(Real x) {
  return x < 0.25L ? std::log(x / (1 - x)) : std::log1p((2 * x - 1) / (1 - x));
}
Real log_sigmoid_formula(Real x) {
  return (x < 0 ? x : -0.0L) - std::log1p(std::exp(-std::fabs(x)));
}
Real log1mexp_formula(Real x) {
  return x < 0.6931L ? std::log(-std::expm1(-x)) : std::log1p(-std::exp(-x));
}
Real elu_formula(Real x, Real alpha) { return x > 0 ? x : alpha * std::expm1(x); }
Real logistic_density_formula(Real x) {
  const Real e = std::exp(-std::fabs(x));
  return e / ((1 + e) * (1 + e));
}
Real inverse_expm1_formula(Real x) {
  if (x < 0) return 1 / std::expm1(x);
  return std::exp(-x) / -std::expm1(-std::fabs(x));
}

Real normal_distribution(Real x) { return std::erfc(-x / std::numbers::sqrt2_v<Real>) / 2; }
Real normal_density(Real x) {
  return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi_v<Real>);
}
Real gelu_formula(Real x) {
  return x < -200 ? -0.0L : x * normal_distribution(x);  // also of -inf
}
Real gelu_slope_formula(Real x) {
  return normal_distribution(x) + (std::fabs(x) > 200 ? 0 : x * normal_density(x));
}
// The argument of the tail is divided by sqrt(2), which is rounded; the tail magnifies that.
Real gelu_magnitude(const std::vector<Real>& in) {
  return std::fabs(gelu_formula(in[0])) * (1 + std::fmin(in[0] * in[0], 1e4L));
}
Real gelu_slope_magnitude(const std::vector<Real>& in) {
  const Real x = in[0], size = std::fmin(std::fabs(x), 200);
  return (normal_distribution(x) + size * normal_density(size)) * (1 + size * size);
}

}  // namespace

std::vector<OpRow> activation_rows() {
  const Sampler wide = between(-2, 2), positive = between(0.7, 3), off = away_from_zero(0.3, 2);
  return {
      unary_row("sigmoid", sigmoid, wide, sigmoid_formula),
      within_ulps(unary_row("logit", logit, between(0.4, 0.6), logit_formula), 3),
      unary_row("softplus", softplus, wide, softplus_formula),
      composed_row("log1pexp", "softplus", log1pexp, wide, softplus_formula),
      unary_row("log_sigmoid", log_sigmoid, wide, log_sigmoid_formula),
      unary_row("log1mexp", log1mexp, positive, log1mexp_formula),
      on_integers(unary_row("relu", relu, off, [](Real x) { return x < 0 ? 0 : x; })),
      binary_row("elu", elu, off, wide, elu_formula),
      composed_row(
          "elu with a number", "elu", [](const Tensor& x) { return elu(x) + elu(x, 0.3); }, off,
          [](Real x) { return elu_formula(x, 1) + elu_formula(x, 0.3L); }),
      measured_by(unary_row("gelu", gelu, wide, gelu_formula), gelu_magnitude),
      measured_by(unary_row("gelu_slope", gelu_slope, wide, gelu_slope_formula),
                  gelu_slope_magnitude),
      unary_row("bernoulli_variance", bernoulli_variance, wide, [](Real p) { return p * (1 - p); }),
      within_ulps(unary_row("logistic_density", logistic_density, wide, logistic_density_formula),
                  3.5),
      unary_row("inverse_expm1", inverse_expm1, positive, inverse_expm1_formula),
  };
}

}  // namespace wald::testing
