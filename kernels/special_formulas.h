// Special functions, each written once for any scalar; see formulas.h for the rules. They are
// computed in float64 for float32 operands too.
#pragma once

#include <wald/kernels/special_bessel.h>
#include <wald/kernels/special_beta.h>
#include <wald/kernels/special_gamma.h>
#include <wald/kernels/special_normal.h>

namespace wald::kernels {
namespace {

template <class Visit>
void for_each_normal_formula(Visit& visit) {
  visit.in_double("gaussian", [] WALD_FORMULA(auto x) {
    const auto z = at_most(abs(x), 30.0);
    return exp_minus_product(z, z);
  });
  visit.in_double("erf", [] WALD_FORMULA(auto x) { return erf_real(x); });
  visit.in_double("erfc", [] WALD_FORMULA(auto x) { return erfc_real(x); });
  visit.in_double("erfcx", [] WALD_FORMULA(auto x) { return erfcx_real(x); });
  visit.in_double("erfcx_slope", [] WALD_FORMULA(auto x) { return erfcx_slope_real(x); });
  visit.in_double("erfcx_curvature", [] WALD_FORMULA(auto x) { return erfcx_curvature_real(x); });
  visit.in_double("erfinv", [] WALD_FORMULA(auto x) { return erfinv_real(x); });
  visit.in_double("erfcinv", [] WALD_FORMULA(auto x) { return erfcinv_real(x); });
  visit.in_double("ndtr", [] WALD_FORMULA(auto x) { return ndtr_real(x); });
  visit.in_double("log_ndtr", [] WALD_FORMULA(auto x) { return log_ndtr_real(x); });
  visit.in_double("inverse_mills", [] WALD_FORMULA(auto x) { return inverse_mills_real(x); });
  visit.in_double("inverse_mills_slope",
                  [] WALD_FORMULA(auto x) { return inverse_mills_slope_real(x); });
  visit.in_double("ndtri", [] WALD_FORMULA(auto p) { return ndtri_real(p); });
  visit.in_double("ndtri_slope", [] WALD_FORMULA(auto p) { return ndtri_slope_real(p); });
}

template <class Visit>
void for_each_gamma_formula(Visit& visit) {
  visit.in_double("lgamma", [] WALD_FORMULA(auto x) { return lgamma_real(x); });
  visit.in_double("digamma", [] WALD_FORMULA(auto x) { return digamma_real(x); });
  visit.in_double("trigamma", [] WALD_FORMULA(auto x) { return trigamma_real(x); });
  visit.in_double("polygamma", [] WALD_FORMULA(auto n, auto x) { return polygamma_real(n, x); });
  visit.in_double("lbeta", [] WALD_FORMULA(auto a, auto b) { return lbeta_real(a, b); });
  visit.in_double("beta", [] WALD_FORMULA(auto a, auto b) { return beta_real(a, b); });
  visit.in_double("digamma_difference",
                  [] WALD_FORMULA(auto a, auto b) { return digamma_difference_real(a, b); });
  visit.in_double("trigamma_difference",
                  [] WALD_FORMULA(auto a, auto b) { return trigamma_difference_real(a, b); });
  visit.in_double("lchoose", [] WALD_FORMULA(auto n, auto k) { return lchoose_real(n, k); });
}

template <class Visit>
void for_each_bessel_formula(Visit& visit) {
  visit.in_double("i0e", [] WALD_FORMULA(auto x) {
    return scaled_bessel(abs(x), [] WALD_FORMULA(auto y) { return y.i0; });
  });
  visit.in_double("i1e", [] WALD_FORMULA(auto x) {
    return with_sign_of(x, scaled_bessel(abs(x), [] WALD_FORMULA(auto y) { return y.i1; }));
  });
  visit.in_double("i0e_slope", [] WALD_FORMULA(auto x) {
    return with_sign_of(x, scaled_bessel(abs(x), [] WALD_FORMULA(auto y) { return -y.fall; }));
  });
  visit.in_double("i0e_curvature", [] WALD_FORMULA(auto x) {
    return scaled_bessel(abs(x), [] WALD_FORMULA(auto y) { return y.bend; });
  });
  visit.in_double("i1e_slope", [] WALD_FORMULA(auto x) {
    return scaled_bessel(abs(x), [] WALD_FORMULA(auto y) { return y.fall - y.i1_over; });
  });
  visit.in_double("i1e_curvature", [] WALD_FORMULA(auto x) {
    return with_sign_of(x,
                        scaled_bessel(abs(x), [] WALD_FORMULA(auto y) { return y.i12 - y.bend; }));
  });
  visit.in_double("i0", [] WALD_FORMULA(auto x) {
    return unscaled_bessel(abs(x), [] WALD_FORMULA(auto y) { return y.i0; });
  });
  visit.in_double("i1", [] WALD_FORMULA(auto x) {
    return with_sign_of(x, unscaled_bessel(abs(x), [] WALD_FORMULA(auto y) { return y.i1; }));
  });
  visit.in_double("i1_slope", [] WALD_FORMULA(auto x) {
    return unscaled_bessel(abs(x), [] WALD_FORMULA(auto y) { return y.i0 - y.i1_over; });
  });
  visit.in_double("i1_curvature", [] WALD_FORMULA(auto x) {
    return with_sign_of(
        x, unscaled_bessel(abs(x), [] WALD_FORMULA(auto y) { return y.i1 - y.i2_over; }));
  });
}

template <class Visit>
void for_each_special_formula(Visit& visit) {
  for_each_normal_formula(visit);
  for_each_gamma_formula(visit);
  for_each_bessel_formula(visit);
}

}  // namespace
}  // namespace wald::kernels
