// The error function, the normal distribution, their inverses and logarithms.
#pragma once

#include <wald/kernels/special_core.h>

namespace wald::kernels {
namespace {

constexpr double root_half = 0.7071067811865476;
constexpr double two_over_root_pi = 1.1283791670955126;
constexpr double root_two_over_pi = 0.7978845608028654;

/// exp(-x y) and exp(x y) to the last places also where the product is large; |x|, |y| < 1e4.
template <class V>
WALD_FUNCTION V exp_minus_product(V x, V y) {
  const Pair<V> p = two_product(x, y);
  const V e = exp(-p.high);
  return fused(e, -p.low, e);
}
template <class V>
WALD_FUNCTION V exp_product(V x, V y) {
  const Pair<V> p = two_product(x, y);
  return exp(p.high) * (1.0 + p.low);
}

// For y >= 0, erfcx(y) = exp(y^2) erfc(y) and its derivatives decrease from y = 0 like powers of
// 1 / (1 + y). What is left is a polynomial in t = (y - 3) / (y + 3), which takes [0, inf) to
// [-1, 1) (Shepherd and Laframboise 1981).
template <class V>
WALD_PART V erfcx_variable(V y) {
  const V z = at_most(y, 1e300);
  return (z - 3.0) / (z + 3.0);
}
/// erfcx(y): degree 25, error 5.0e-17.
template <class V>
WALD_FUNCTION V erfcx_positive(V y) {
  return polynomial(erfcx_variable(y), 0.7160046047255598, -0.23092733308380922,
                    0.09902075367944083, -0.010235388899007105, -0.023803913108702772,
                    0.021957764012615257, -0.00975068929220507, 0.0016185691280417114,
                    0.0006458141988105156, -0.0003672884911111177, -2.0551586906895578e-05,
                    5.6119448517602835e-05, -1.5144437300430435e-06, -8.990349876638299e-06,
                    2.6076262607415674e-07, 1.5894231056958133e-06, 6.068916171426457e-08,
                    -2.944580282267343e-07, -4.69539684043775e-08, 5.200011166540021e-08,
                    1.6212636352168762e-08, -7.711197343078481e-09, -3.4763840423459965e-09,
                    7.922141235156038e-10, 3.6754009485815653e-10, -3.7698271449228446e-11) /
         (1.0 + y);
}
/// -erfcx'(y) = 2 / sqrt(pi) - 2 y erfcx(y), which would cancel: degree 27, error 4.0e-17.
template <class V>
WALD_FUNCTION V erfcx_fall(V y) {
  const V r = 1.0 / (1.0 + y);
  return polynomial(erfcx_variable(y), 0.869956160114766, -0.43993078235099875, 0.10852958956914437,
                    0.10902015961133989, -0.1389703995279238, 0.06581824372911461,
                    -0.00020911712269486404, -0.017550490628010222, 0.008348377680671376,
                    0.00039002848571765257, -0.0016024652850888976, 0.0002054973314438,
                    0.0002761170130596257, -5.6426755963685705e-05, -5.337986285813508e-05,
                    1.0073156800131039e-05, 1.1680000452420623e-05, -1.0196106541575414e-06,
                    -2.6730348603262533e-06, -1.8321719804462765e-07, 5.788547866988431e-07,
                    1.5087897347888995e-07, -1.0626874733576056e-07, -5.224871821216347e-08,
                    1.419499651920751e-08, 1.0957252026829215e-08, -1.004069160197758e-09,
                    -1.1129766831170483e-09) *
         r * r;
}
/// erfcx''(y) = 2 erfcx(y) + 2 y erfcx'(y), likewise: degree 29, error 3.0e-17.
template <class V>
WALD_FUNCTION V erfcx_bend(V y) {
  const V r = 1.0 / (1.0 + y);
  return polynomial(erfcx_variable(y), 2.033199508463531, -1.1712112782445232, -0.07527167448862893,
                    0.770001270621281, -0.5736086512454234, 0.056876162792362114, 0.190762893988816,
                    -0.1209950412423805, -0.0043322198894721045, 0.03489558461410372,
                    -0.008883376222764803, -0.006386001074524974, 0.0028992222008427976,
                    0.0012453067557863472, -0.0007011043509220129, -0.0003031719514574635,
                    0.00014754819846344422, 8.654181083198442e-05, -2.4787688778325253e-05,
                    -2.5279455675872482e-05, 1.6697694012937218e-06, 6.787462070305715e-06,
                    9.348586738888437e-07, -1.5336399616035923e-06, -4.830574175066792e-07,
                    2.6234216769356157e-07, 1.1530674206570556e-07, -2.857855831838761e-08,
                    -1.2295307188400179e-08, 1.336235092534472e-09) *
         r * r * r;
}

template <class V>
WALD_FUNCTION V erfcx_real(V x) {
  const V size = abs(x), y = erfcx_positive(size);
  const auto is_negative = x < 0.0;
  if (!any_of(is_negative)) return y;
  const V z = at_most(size, 30.0);
  return select(is_negative, fused(exp_product(z, z), V(2.0), -y), y);
}
template <class V>
WALD_FUNCTION V erfcx_slope_real(V x) {
  const V y = -erfcx_fall(abs(x));
  const auto is_negative = x < 0.0;
  if (!any_of(is_negative)) return y;
  return select(is_negative, fused(x + x, erfcx_real(x), V(-two_over_root_pi)), y);
}
template <class V>
WALD_PART V erfcx_curvature_real(V x) {
  const V y = erfcx_bend(abs(x));
  const auto is_negative = x < 0.0;
  if (!any_of(is_negative)) return y;
  const V f = erfcx_real(x);
  return select(is_negative, fused(x + x, erfcx_slope_real(x), f + f), y);
}

/// erfc(|x|).
template <class V>
WALD_PART V erfc_of_size(V size) {
  const V z = at_most(size, 30.0);
  return exp_minus_product(z, z) * erfcx_positive(z);
}
template <class V>
WALD_PART V erfc_real(V x) {
  const V y = erfc_of_size(abs(x));
  return select(x < 0.0, 2.0 - y, y);
}
/// On [-1, 1] x times a polynomial in x^2 of degree 11, error 5.0e-17.
template <class V>
WALD_PART V erf_real(V x) {
  const V size = abs(x);
  const V near =
      x * polynomial(x * x, 1.1283791670955126, -0.37612638903183543, 0.11283791670945006,
                     -0.02686617064323777, 0.0052239776071164225, -0.0008548325975389692,
                     0.00012055294904839707, -1.492473690741966e-05, 1.6447424703317362e-06,
                     -1.6208483801871705e-07, 1.3720064546777686e-08, -7.795898827002142e-10);
  const V far = 1.0 - erfc_of_size(size);
  return select(size < 1.0, near, select(x < 0.0, -far, far));
}

/// The probability beyond |x| of a standard normal.
template <class V>
WALD_PART V normal_tail(V size) {
  const V z = at_most(size, 40.0);
  return exp_minus_product(z, z * 0.5) * (erfcx_positive(z * root_half) * 0.5);
}
template <class V>
WALD_PART V ndtr_real(V x) {
  const V tail = normal_tail(abs(x));
  return select(x < 0.0, tail, 1.0 - tail);
}
template <class V>
WALD_PART V log_ndtr_real(V x) {
  const auto is_negative = x < 0.0;
  const V size = abs(x);
  const V erfcx_part = erfcx_positive(size * root_half) * 0.5;
  const V below = fused(x * -0.5, x, log(erfcx_part));
  const V z = at_most(size, 40.0);
  const V above = log1p(-(exp_minus_product(z, z * 0.5) * erfcx_part));
  return select(is_negative, below, above);
}

/// density(x) / ndtr(x), the derivative of log_ndtr: the inverse of Mills' ratio at -x.
template <class V>
WALD_FUNCTION V inverse_mills_real(V x) {
  const V size = abs(x), z = at_most(size, 40.0), f = erfcx_positive(size * root_half);
  const V e = exp_minus_product(z, z * 0.5);
  const auto is_positive = x > 0.0;
  const V y = root_two_over_pi *
              (select(is_positive, e, V(1.0)) / select(is_positive, fused(-e, f, V(2.0)), f));
  return select(x < -1e100, -x, y);
}
/// Its derivative -h (h + x). Below 0, where h + x cancels, that is h^2 sqrt(pi) / 2 erfcx'.
template <class V>
WALD_PART V inverse_mills_slope_real(V x) {
  const V h = inverse_mills_real(x);
  const V above = -h * (h + at_most(x, 1e3));
  const V fall = erfcx_fall(abs(x) * root_half);
  const V below = (h * -0.886226925452758) * (h * fall);
  return select(x < 0.0, select(x < -1e10, V(-1.0), below), above);
}

/// The normal quantile at 1/2 + q, given -log of the smaller tail probability. Three rational
/// approximations as in Wichura's AS 241: q times one in 0.425^2 - q^2 (degrees 8 and 8, error
/// 1.0e-16), and in r = sqrt(-log p) on [1.6, 5] (8 and 8, 9.0e-17) and on
/// [5, 27.4] (11 and 10, 5.0e-17).
template <class V>
WALD_FUNCTION V normal_quantile(V q, V minus_log) {
  const V s = fused(-q, q, V(0.180625));
  const V central = q * (polynomial(s, 3.3871328727963665, 148.75654077063152, 2548.2248573022625,
                                    21627.48116049056, 95692.73551269759, 213550.16248438213,
                                    214247.3801984238, 74060.81462563902, 3907.007639023816) /
                         polynomial(s, 1.0, 46.92338689522055, 871.2838940641986, 8176.878340636071,
                                    41169.98166790856, 109244.70555458817, 140376.82723612545,
                                    72342.69749284587, 9398.46451720659));
  const V r = sqrt(minus_log);
  const V t = r - 1.6;
  V tail = polynomial(t, 1.4234371107496835, 4.658671152911319, 5.895441930593747,
                      3.867306448959962, 1.4607583582995678, 0.3281996025557107,
                      0.04265573683356803, 0.0028477028904769918, 7.021355815515727e-05) /
           polynomial(t, 1.0, 2.073096479855932, 1.7409835549495896, 0.7681616354872175,
                      0.19254621603461666, 0.02720737081022722, 0.0019346295319642268,
                      4.964417089088835e-05, 3.604856526953905e-11);
  const auto is_far = r > 5.0;
  if (any_of(is_far)) {
    const V u = r - 5.0;
    const V far = polynomial(u, 6.657904643501103, 7.1345304179281115, 3.2788518719630084,
                             0.8470906330727922, 0.13538661239463726, 0.013873250815055358,
                             0.000913885914732873, 3.781372412649186e-05, 9.34521184121595e-07,
                             1.2634614465726921e-08, 7.983942523486553e-11, 1.657322655069053e-13) /
                  polynomial(u, 1.0, 0.8507738460392398, 0.30591715436884515, 0.06057624759778386,
                             0.007211947400463999, 0.0005293483695372918, 2.3674428928623424e-05,
                             6.177177698949016e-07, 8.655159397643943e-09, 5.5869118497351654e-11,
                             1.1719037116142605e-13);
    tail = select(is_far, far, tail);
  }
  tail = select(r == infinity_of<V>(), r, tail);
  return select(abs(q) <= 0.425, central, select(q < 0.0, -tail, tail));
}
template <class V>
WALD_FUNCTION V ndtri_real(V p) {
  return normal_quantile(p - 0.5, -log(select(p < 0.5, p, 1.0 - p)));
}
/// 1 / density(ndtri(p)), through the tail probability and Mills' ratio, so that the error of
/// ndtri(p) is not multiplied by its square.
template <class V>
WALD_PART V ndtri_slope_real(V p) {
  const V tail = select(p < 0.5, p, 1.0 - p);
  const V y = 1.0 / (tail * inverse_mills_real(-abs(ndtri_real(p))));
  return select((p == 0.0) | (p == 1.0), infinity_of<V>(), y);
}
template <class V>
WALD_PART V erfinv_real(V x) {
  return normal_quantile(x * 0.5, -log(0.5 - abs(x) * 0.5)) * root_half;
}
template <class V>
WALD_PART V erfcinv_real(V x) {
  const V minus_log = 0.6931471805599453 - log(select(x < 1.0, x, 2.0 - x));
  return -normal_quantile((x - 1.0) * 0.5, minus_log) * root_half;
}

}  // namespace
}  // namespace wald::kernels
