// Rows of special functions.
#include <cmath>

#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>

#include "pointwise_row.h"
#include "special_reference.h"

namespace wald::testing {
namespace {

using reference::BesselKind;

OpRow unary(std::string name, Unary* f, Sampler x, Real (*formula)(Real), double ulps,
            double input_ulps = 0) {
  OpRow row = within_ulps(unary_row(std::move(name), f, std::move(x), formula), ulps);
  row.input_ulps = input_ulps;
  return row;
}

OpRow binary(std::string name, Binary* f, Sampler x, Sampler y, Real (*formula)(Real, Real),
             double ulps, double input_ulps = 0) {
  OpRow row =
      within_ulps(binary_row(std::move(name), f, std::move(x), std::move(y), formula), ulps);
  row.input_ulps = input_ulps;
  return row;
}

Real even_bessel(BesselKind kind, Real x) { return reference::scaled_bessel(kind, std::fabs(x)); }
Real odd_bessel(BesselKind kind, Real x) {
  return x == 0 ? x : std::copysign(1.0L, x) * even_bessel(kind, x);
}
Real growth(Real x) { return std::exp(std::fabs(x)); }

Real i0_formula(Real x) {
  return std::isinf(x) ? growth(x) : growth(x) * even_bessel(BesselKind::i0, x);
}
Real i1_formula(Real x) { return std::isinf(x) ? x : growth(x) * odd_bessel(BesselKind::i1, x); }

Tensor polygamma_of(const Tensor& n, const Tensor& x) { return polygamma(n, x); }

OpRow polygamma_row() {
  // From 2 on: derivatives of lower ones are other operations.
  const Sampler order{[](double u) { return 2 + std::floor(3 * u); }, DType::int64};
  OpRow row = binary("polygamma", polygamma_of, order, between(1.5, 3), reference::polygamma, 8, 4);
  row.bad = {throws<IndexError>([] { polygamma(-1, ones({2})); }, {"polygamma", "-1"}),
             throws<IndexError>([] { polygamma(1001, ones({2})); }, {"polygamma", "1001"})};
  row.tolerance = 1e-8;
  return row;
}

OpRow polygamma_of_number_row() {
  OpRow row{.name = "polygamma of a number",
            .build =
                [](const std::vector<Tensor>& in) {
                  return polygamma(0, in[0]) + polygamma(1, in[0]) + polygamma(3, in[0]);
                },
            .inputs = {between(1.5, 3)},
            .reference =
                [](const std::vector<Array>& in) {
                  Array out = in[0];
                  for (double& x : out.values) {
                    const Real y = x;
                    x = static_cast<double>(reference::polygamma(0, y) +
                                            reference::polygamma(1, y) +
                                            reference::polygamma(3, y));
                  }
                  return out;
                },
            .shapes = {{{3}}, {{2, 3}}, {{}}, {{0}}},
            .op = "polygamma"};
  row.tolerance = 1e-8;
  return row;
}

OpRow multigammaln_row() {
  OpRow row{.name = "multigammaln",
            .build = [](const std::vector<Tensor>& in) { return multigammaln(in[0], 3); },
            .inputs = {between(2.5, 5)},
            .reference =
                [](const std::vector<Array>& in) {
                  Array out = in[0];
                  for (double& x : out.values) {
                    Real y = 1.5L * std::log(std::acos(-1.0L));
                    for (int j = 0; j < 3; ++j) y += reference::lgamma(x - 0.5L * j);
                    x = static_cast<double>(y);
                  }
                  return out;
                },
            .shapes = {{{3}}, {{2, 3}}, {{}}, {{1}}, {{0}}},
            .op = "lgamma"};
  row.bad = {throws<IndexError>([] { multigammaln(ones({2}), 0); }, {"multigammaln", "0"})};
  return row;
}

std::vector<OpRow> normal_rows() {
  const Sampler wide = between(-2, 2), inside = between(-0.6, 0.6);
  return {
      unary(
          "gaussian", gaussian, wide, [](Real x) { return std::exp(-x * x); }, 3),
      unary(
          "erf", erf, wide, [](Real x) { return std::erf(x); }, 2),
      unary(
          "erfc", erfc, wide, [](Real x) { return std::erfc(x); }, 4),
      unary("erfcx", erfcx, between(-1, 2), reference::erfcx, 3),
      unary("erfcx_slope", erfcx_slope, between(-1, 2), reference::erfcx_slope, 5),
      unary("erfcx_curvature", erfcx_curvature, between(-1, 2), reference::erfcx_curvature, 8),
      unary("erfinv", erfinv, inside, reference::erfinv, 5),
      unary("erfcinv", erfcinv, between(0.5, 1.5), reference::erfcinv, 6),
      unary("ndtr", ndtr, wide, reference::ndtr, 5),
      unary("log_ndtr", log_ndtr, wide, reference::log_ndtr, 4),
      unary("inverse_mills", inverse_mills, wide, reference::inverse_mills, 5),
      unary("inverse_mills_slope", inverse_mills_slope, wide, reference::inverse_mills_slope, 40),
      unary("ndtri", ndtri, between(0.25, 0.75), reference::ndtri, 5),
      unary("ndtri_slope", ndtri_slope, between(0.4, 0.6), reference::ndtri_slope, 8),
  };
}

OpRow trigamma_difference_row() {
  OpRow row = binary("trigamma_difference", trigamma_difference, between(1.5, 4), between(1.5, 4),
                     reference::trigamma_difference, 6, 4);
  row.absolute = 1e-307;  // where a + b overflows
  return row;
}

OpRow lchoose_row() {
  OpRow row = binary("lchoose", lchoose, between(5, 9), between(1, 4), reference::lchoose, 10, 4);
  row.absolute = 5e-16;  // near (0, 0) it is of second order, its terms of first
  return row;
}

std::vector<OpRow> gamma_rows() {
  const Sampler x = between(1.5, 4);
  return {
      unary("lgamma", lgamma, x, reference::lgamma, 6, 2),
      unary(
          "digamma", digamma, x, [](Real at) { return reference::polygamma(0, at); }, 5, 2),
      unary(
          "trigamma", trigamma, x, [](Real at) { return reference::polygamma(1, at); }, 5),
      polygamma_row(),
      polygamma_of_number_row(),
      multigammaln_row(),
      binary("lbeta", lbeta, x, x, reference::lbeta, 6, 4),
      binary("beta", beta, x, x, reference::beta, 200, 4),
      binary("digamma_difference", digamma_difference, x, x, reference::digamma_difference, 5, 4),
      trigamma_difference_row(),
      lchoose_row(),
  };
}

std::vector<OpRow> bessel_rows() {
  const Sampler off = away_from_zero(0.7, 2);
  return {
      unary("i0", i0, off, i0_formula, 5),
      unary("i1", i1, off, i1_formula, 5),
      unary(
          "i1_slope", i1_slope, off,
          [](Real x) {
            return std::isinf(x) ? growth(x)
                                 : growth(x) * (even_bessel(BesselKind::i0, x) -
                                                even_bessel(BesselKind::i1_over, x));
          },
          5),
      unary(
          "i1_curvature", i1_curvature, off,
          [](Real x) {
            return std::isinf(x) || x == 0 ? x
                                           : growth(x) * (odd_bessel(BesselKind::i1, x) -
                                                          odd_bessel(BesselKind::i2_over, x));
          },
          5),
      unary(
          "i0e", i0e, off, [](Real x) { return even_bessel(BesselKind::i0, x); }, 4),
      unary(
          "i1e", i1e, off, [](Real x) { return odd_bessel(BesselKind::i1, x); }, 4),
      unary(
          "i0e_slope", i0e_slope, off,
          [](Real x) { return x == 0 ? x : -odd_bessel(BesselKind::fall, x); }, 40),
      unary(
          "i0e_curvature", i0e_curvature, off,
          [](Real x) { return even_bessel(BesselKind::bend, x); }, 500),
      unary(
          "i1e_slope", i1e_slope, off,
          [](Real x) {
            if (std::fabs(x) > 1e250L) return Real(0);  // without the sign of what underflows
            return even_bessel(BesselKind::fall, x) - even_bessel(BesselKind::i1_over, x);
          },
          40, 16),
      unary(
          "i1e_curvature", i1e_curvature, off,
          [](Real x) {
            if (x == 0 || std::isinf(x)) return std::copysign(0.0L, x);
            return odd_bessel(BesselKind::i12, x) - odd_bessel(BesselKind::bend, x);
          },
          500, 60),
  };
}

}  // namespace

std::vector<OpRow> special_rows() {
  std::vector<OpRow> rows = normal_rows();
  for (const auto& more : {gamma_rows(), bessel_rows()})
    rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace wald::testing
