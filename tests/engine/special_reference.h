// Special functions in extended precision, as references: slow and simple, by other methods than
// those of kernels/special_*.h where there are some.
#pragma once

namespace wald::testing::reference {

using Real = long double;

/// exp(x^2) times the n-th repeated integral of erfc, n >= -1 (erfcx itself is n = 0).
Real scaled_erfc_integral(int n, Real x);
Real erfcx(Real x);
Real erfcx_slope(Real x);
Real erfcx_curvature(Real x);
Real erfinv(Real x);
Real erfcinv(Real x);
Real ndtr(Real x);
Real log_ndtr(Real x);
Real inverse_mills(Real x);
Real inverse_mills_slope(Real x);
Real ndtri(Real p);
Real ndtri_slope(Real p);

Real lgamma(Real x);
Real polygamma(Real n, Real x);
Real lbeta(Real a, Real b);
Real beta(Real a, Real b);
Real lchoose(Real n, Real k);
Real digamma_difference(Real a, Real b);
Real trigamma_difference(Real a, Real b);

/// exp(-x) times what `kind` names, at x >= 0.
enum class BesselKind { i0, i1, fall, i1_over, bend, i2_over, i12 };
Real scaled_bessel(BesselKind kind, Real x);

}  // namespace wald::testing::reference
