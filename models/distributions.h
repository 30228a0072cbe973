// Probabilities and quantiles of the distributions of tests and intervals, and of the random stream
// of R: normal, t, chi-squared, F. Must know nothing of models or data.
#pragma once

namespace wald {

/// P(Z <= z) for standard normal Z. Any z, infinities included; NaN gives NaN. Accurate to a few
/// units in the last place in either tail, down to underflow near z = -38.
double normal_cdf(double z);

/// P(Z > z), accurate in the upper tail where 1 - normal_cdf(z) is not.
double normal_sf(double z);

/// The z with P(Z <= z) = p, for p in [0, 1]; 0 and 1 give the infinities, anything else NaN.
/// About 16 digits. Wichura (1988), Algorithm AS 241 (PPND16), Applied Statistics 37, 477-484;
/// evaluated in the order that makes rnorm() equal R's to the bit.
double normal_quantile(double p);

/// P(|Z| > |z|), the p-value of a two-sided test; 0 where it underflows (|z| > 38.5).
double two_sided_p_value(double z);

/// The z with P(|Z| <= z) = level, for level in (0, 1): 1.96 for 0.95.
double two_sided_quantile(double level);

/// P(|T| > |t|) for T of Student's t distribution with df > 0 degrees of freedom; infinite: normal.
double two_sided_p_value(double t, double df);

/// The t >= 0 with P(|T| <= t) = level, for level in (0, 1): 2.23 for 0.95 and 10.
double two_sided_quantile(double level, double df);

/// P(X > x) for X of the F distribution with df1, df2 > 0 degrees of freedom, x >= 0.
double f_sf(double x, double df1, double df2);

/// P(X > x) for X chi-squared with `df` > 0 degrees of freedom, x >= 0: finite sums of positive
/// terms (Abramowitz and Stegun 26.4.4 and 26.4.5).
double chi_squared_sf(double x, int df);

}  // namespace wald
