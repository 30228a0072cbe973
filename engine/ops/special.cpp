// Special functions: beside each name, the partial derivative by each input. A derivative that its
// parts would make cancel is a formula of its own (kernels/special_formulas.h): a
// slope is a first derivative, a curvature a second.
#include "special.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/engine/error.h>
#include <wald/engine/op.h>
#include <wald/engine/ops/pointwise.h>
#include <wald/engine/tensor_impl.h>

namespace wald {
namespace {

const double root_pi = std::sqrt(M_PI);
const double two_over_root_pi = 2 / root_pi;
const double normal_density_at_0 = 1 / std::sqrt(2 * M_PI);

Partial zero(const Call&) { return 0; }

}  // namespace

Tensor erfcx_curvature(const Tensor& x) {
  static const Pointwise op("erfcx_curvature", {[](const Call& c) -> Partial {
                              const Tensor at = c.in(0);
                              const Tensor slope = 2 * at * erfcx(at) - two_over_root_pi;
                              return 2 * at * c.out() + 4 * slope;
                            }});
  return op(x);
}

Tensor erfcx_slope(const Tensor& x) {
  static const Pointwise op("erfcx_slope",
                            {[](const Call& c) -> Partial { return erfcx_curvature(c.in(0)); }});
  return op(x);
}

Tensor inverse_mills_slope(const Tensor& x) {
  static const Pointwise op("inverse_mills_slope", {[](const Call& c) -> Partial {
                              const Tensor h = inverse_mills(c.in(0));
                              return -(c.out() * (2 * h + c.in(0))) - h;
                            }});
  return op(x);
}

Tensor ndtri_slope(const Tensor& p) {
  static const Pointwise op(
      "ndtri_slope", {[](const Call& c) -> Partial { return ndtri(c.in(0)) * square(c.out()); }});
  return op(p);
}

Tensor gaussian(const Tensor& x) {
  static const Pointwise op("gaussian", {[](const Call& c) -> Partial {
                              // In two factors: of a subnormal result, a multiple would have few
                              // digits.
                              const Tensor half = exp(-0.5 * square(c.in(0)));
                              return (-2 * c.in(0) * half) * half;
                            }});
  return op(x);
}

Tensor erf(const Tensor& x) {
  static const Pointwise op(
      "erf", {[](const Call& c) -> Partial { return two_over_root_pi * gaussian(c.in(0)); }});
  return op(x);
}

Tensor erfc(const Tensor& x) {
  static const Pointwise op(
      "erfc", {[](const Call& c) -> Partial { return -two_over_root_pi * gaussian(c.in(0)); }});
  return op(x);
}

Tensor erfcx(const Tensor& x) {
  static const Pointwise op("erfcx",
                            {[](const Call& c) -> Partial { return erfcx_slope(c.in(0)); }});
  return op(x);
}

Tensor erfinv(const Tensor& x) {
  static const Pointwise op(
      "erfinv", {[](const Call& c) -> Partial { return root_pi / 2 * exp(square(c.out())); }});
  return op(x);
}

Tensor erfcinv(const Tensor& x) {
  static const Pointwise op(
      "erfcinv", {[](const Call& c) -> Partial { return -root_pi / 2 * exp(square(c.out())); }});
  return op(x);
}

Tensor ndtr(const Tensor& x) {
  static const Pointwise op("ndtr", {[](const Call& c) -> Partial {
                              return normal_density_at_0 * gaussian(M_SQRT1_2 * c.in(0));
                            }});
  return op(x);
}

Tensor log_ndtr(const Tensor& x) {
  static const Pointwise op("log_ndtr",
                            {[](const Call& c) -> Partial { return inverse_mills(c.in(0)); }});
  return op(x);
}

Tensor ndtri(const Tensor& p) {
  static const Pointwise op("ndtri",
                            {[](const Call& c) -> Partial { return ndtri_slope(c.in(0)); }});
  return op(p);
}

Tensor inverse_mills(const Tensor& x) {
  static const Pointwise op(
      "inverse_mills", {[](const Call& c) -> Partial { return inverse_mills_slope(c.in(0)); }});
  return op(x);
}

Tensor lgamma(const Tensor& x) {
  static const Pointwise op("lgamma", {[](const Call& c) -> Partial { return digamma(c.in(0)); }});
  return op(x);
}

Tensor digamma(const Tensor& x) {
  static const Pointwise op("digamma",
                            {[](const Call& c) -> Partial { return trigamma(c.in(0)); }});
  return op(x);
}

Tensor trigamma(const Tensor& x) {
  static const Pointwise op("trigamma",
                            {[](const Call& c) -> Partial { return polygamma(2, c.in(0)); }});
  return op(x);
}

Tensor polygamma(const Tensor& n, const Tensor& x) {
  static const Pointwise op("polygamma", {zero, [](const Call& c) -> Partial {
                                            return polygamma(c.in(0) + 1, c.in(1));
                                          }});
  return op(n, x);
}

Tensor polygamma(std::int64_t n, const Tensor& x) {
  if (n < 0 || n > 1000)
    throw IndexError(fmt::format("polygamma: the order must be from 0 to 1000, but is {}", n));
  if (n == 0) return digamma(x);
  if (n == 1) return trigamma(x);
  return polygamma(number_like(static_cast<double>(n), x), x);
}

Tensor multigammaln(const Tensor& x, std::int64_t p) {
  if (p < 1) throw IndexError(fmt::format("multigammaln: p must be at least 1, but is {}", p));
  Tensor total = lgamma(x);
  for (std::int64_t j = 1; j < p; ++j) total = total + lgamma(x - static_cast<double>(j) / 2);
  return total + static_cast<double>(p * (p - 1)) / 4 * std::log(M_PI);
}

Tensor lbeta(const Tensor& a, const Tensor& b) {
  static const Pointwise op(
      "lbeta", {[](const Call& c) -> Partial { return -digamma_difference(c.in(0), c.in(1)); },
                [](const Call& c) -> Partial { return -digamma_difference(c.in(1), c.in(0)); }});
  return op(a, b);
}

Tensor beta(const Tensor& a, const Tensor& b) {
  static const Pointwise op(
      "beta",
      {[](const Call& c) -> Partial { return -(c.out() * digamma_difference(c.in(0), c.in(1))); },
       [](const Call& c) -> Partial { return -(c.out() * digamma_difference(c.in(1), c.in(0))); }});
  return op(a, b);
}

Tensor lchoose(const Tensor& n, const Tensor& k) {
  static const Pointwise op("lchoose", {[](const Call& c) -> Partial {
                                          const Tensor chosen = c.in(1);
                                          return digamma_difference(c.in(0) - chosen + 1, chosen);
                                        },
                                        [](const Call& c) -> Partial {
                                          const Tensor chosen = c.in(1);
                                          return digamma(c.in(0) - chosen + 1) -
                                                 digamma(chosen + 1);
                                        }});
  return op(n, k);
}

Tensor digamma_difference(const Tensor& a, const Tensor& b) {
  static const Pointwise op(
      "digamma_difference",
      {[](const Call& c) -> Partial { return -trigamma_difference(c.in(0), c.in(1)); },
       [](const Call& c) -> Partial { return trigamma(c.in(0) + c.in(1)); }});
  return op(a, b);
}

Tensor trigamma_difference(const Tensor& a, const Tensor& b) {
  static const Pointwise op(
      "trigamma_difference",
      {[](const Call& c) -> Partial {
         return polygamma(2, c.in(0)) - polygamma(2, c.in(0) + c.in(1));
       },
       [](const Call& c) -> Partial { return -polygamma(2, c.in(0) + c.in(1)); }});
  return op(a, b);
}

// Of exp(-x) I0(x) = f and exp(-x) I1(x) = g for x > 0: f' = g - f, g' = f - g - g / x. What is
// even in x is written without its sign, what is odd with it.

Tensor i1e_curvature(const Tensor& x) {
  static const Pointwise op("i1e_curvature", {[](const Call& c) -> Partial {
                              const Tensor at = c.in(0), bend = i0e_curvature(at);
                              const Tensor i12 = sign(at) * c.out() + bend;  // (I1 - I2) / |x|
                              return 2 * bend - i12 + (bend - 3 * i12) / abs(at);
                            }});
  return op(x);
}

Tensor i1e_slope(const Tensor& x) {
  static const Pointwise op("i1e_slope",
                            {[](const Call& c) -> Partial { return i1e_curvature(c.in(0)); }});
  return op(x);
}

Tensor i0e_curvature(const Tensor& x) {
  static const Pointwise op("i0e_curvature", {[](const Call& c) -> Partial {
                              return i1e_curvature(c.in(0)) - sign(c.in(0)) * c.out();
                            }});
  return op(x);
}

Tensor i0e_slope(const Tensor& x) {
  static const Pointwise op("i0e_slope",
                            {[](const Call& c) -> Partial { return i0e_curvature(c.in(0)); }});
  return op(x);
}

Tensor i1_curvature(const Tensor& x) {
  static const Pointwise op("i1_curvature", {[](const Call& c) -> Partial {
                              // By Bessel's equation, y'' = (1 + 1 / x^2) y - y' / x.
                              const Tensor at = c.in(0), slope = i0(at) - i1(at) / at;
                              const Tensor inverse = 1 / square(at);
                              return (1 + 2 * inverse) * slope - 2 * inverse / at * i1(at) -
                                     c.out() / at;
                            }});
  return op(x);
}

Tensor i1_slope(const Tensor& x) {
  static const Pointwise op("i1_slope",
                            {[](const Call& c) -> Partial { return i1_curvature(c.in(0)); }});
  return op(x);
}

Tensor i0(const Tensor& x) {
  static const Pointwise op("i0", {[](const Call& c) -> Partial { return i1(c.in(0)); }});
  return op(x);
}

Tensor i1(const Tensor& x) {
  static const Pointwise op("i1", {[](const Call& c) -> Partial { return i1_slope(c.in(0)); }});
  return op(x);
}

Tensor i0e(const Tensor& x) {
  static const Pointwise op("i0e", {[](const Call& c) -> Partial { return i0e_slope(c.in(0)); }});
  return op(x);
}

Tensor i1e(const Tensor& x) {
  static const Pointwise op("i1e", {[](const Call& c) -> Partial { return i1e_slope(c.in(0)); }});
  return op(x);
}

}  // namespace wald
