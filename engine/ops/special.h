// Special functions: gamma and its kin, the normal distribution, Bessel. Operands broadcast, and
// integers are taken as float64, as in pointwise.h. All have first and second derivatives in every
// argument, nearly all of them by functions of their own that do not cancel; float32 is computed in
// float64.
#pragma once

#include <cstdint>

#include <wald/engine/tensor.h>

namespace wald {

Tensor gaussian(const Tensor& x);  ///< exp(-x^2), to the last places also where it is small.
Tensor erf(const Tensor& x);       ///< 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x.
Tensor erfc(const Tensor& x);      ///< 1 - erf(x), relatively exact for large x.
/// exp(x^2) erfc(x): about 1 / (x sqrt(pi)) for large x; inf below -26.6.
Tensor erfcx(const Tensor& x);
Tensor erfinv(const Tensor& x);   ///< The inverse of erf: inf at 1, -inf at -1, nan outside.
Tensor erfcinv(const Tensor& x);  ///< The inverse of erfc on [0, 2]; nan outside.

/// The distribution function of the standard normal, relatively exact in the lower tail.
Tensor ndtr(const Tensor& x);
/// log(ndtr(x)), relatively exact in both tails: about -x^2 / 2 far below, -ndtr(-x) far above.
Tensor log_ndtr(const Tensor& x);
/// The quantile of the standard normal: -inf at 0, inf at 1, nan outside (the form of Wichura's
/// AS 241).
Tensor ndtri(const Tensor& p);
/// The density of the standard normal at x over ndtr(x): the derivative of log_ndtr, and the
/// inverse of Mills' ratio at -x. About -x far below.
Tensor inverse_mills(const Tensor& x);

/// log |Gamma(x)|: inf at 0, -1, -2 ... To the last places also near its zeros 1 and 2.
Tensor lgamma(const Tensor& x);
/// The derivative of log |Gamma(x)|: nan at -1, -2 ..., -inf at 0 and inf at -0.
Tensor digamma(const Tensor& x);
/// The derivative of digamma: inf at 0, -1, -2 ...
Tensor trigamma(const Tensor& x);
/// The n-th derivative of digamma, for n from 0 to 1000: at 0, -1, -2 ... inf for odd and nan for
/// even n >= 2. By the Euler-Maclaurin formula of Hurwitz' zeta function. Throws IndexError for
/// another n.
Tensor polygamma(std::int64_t n, const Tensor& x);
/// The same with an order for each element; nan for an order that is not whole or out of range. It
/// counts as a constant: the derivative by n is 0.
Tensor polygamma(const Tensor& n, const Tensor& x);
/// The sum of lgamma(x - j / 2) for j < p, and p (p - 1) / 4 log(pi): the normalization of the
/// Wishart distribution. x > (p - 1) / 2. Throws IndexError unless p >= 1.
Tensor multigammaln(const Tensor& x, std::int64_t p);

/// log B(a, b) for a, b >= 0, with no cancellation (Didonato and Morris, Algorithm 708); inf at 0,
/// nan below.
Tensor lbeta(const Tensor& a, const Tensor& b);
/// B(a, b) = Gamma(a) Gamma(b) / Gamma(a + b) for a, b >= 0; inf at 0, nan below.
Tensor beta(const Tensor& a, const Tensor& b);
/// log C(n, k) of real 0 <= k <= n, exactly 0 at both ends. Outside -inf if k or n - k is whole
/// (the coefficient is 0 there), else nan.
Tensor lchoose(const Tensor& n, const Tensor& k);
/// digamma(a + b) - digamma(a) for a, b >= 0, with no cancellation; nan below.
Tensor digamma_difference(const Tensor& a, const Tensor& b);
/// trigamma(a) - trigamma(a + b) for a, b >= 0, with no cancellation; nan below.
Tensor trigamma_difference(const Tensor& a, const Tensor& b);

/// The modified Bessel functions of the first kind, of order 0 and 1.
Tensor i0(const Tensor& x);
Tensor i1(const Tensor& x);
/// The same times exp(-|x|). i0e has a kink at 0, where its derivative is taken as 0; i1e has one
/// in its derivative.
Tensor i0e(const Tensor& x);
Tensor i1e(const Tensor& x);

// First (slope) and second (curvature) derivatives that their parts would make cancel. For rules.
Tensor erfcx_slope(const Tensor& x);
Tensor erfcx_curvature(const Tensor& x);
Tensor inverse_mills_slope(const Tensor& x);  ///< -h (h + x), where h is inverse_mills(x).
Tensor ndtri_slope(const Tensor& p);          ///< 1 over the density at ndtri(p).
Tensor i1_slope(const Tensor& x);
Tensor i1_curvature(const Tensor& x);
Tensor i0e_slope(const Tensor& x);
Tensor i0e_curvature(const Tensor& x);
Tensor i1e_slope(const Tensor& x);
Tensor i1e_curvature(const Tensor& x);

}  // namespace wald
