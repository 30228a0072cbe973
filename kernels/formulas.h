// Every pointwise formula of wald, each written once, for any scalar: a SIMD vector on the CPU, one
// double or float of a GPU thread. Nothing here knows memory, tensors or derivatives.
//
// A formula is branch-free (`select`, not `if`), stays in the type of its operands (1.0 beside a
// float would make a double of it: decltype(x)(1.0)), and calls only what each platform's math
// header defines for its scalar. Each translation unit that includes this file gets its own copy
// (the unnamed namespace), since the copies are compiled for different instruction sets.
#pragma once

#if defined(__CUDACC__) || defined(__HIPCC__)
#define WALD_FORMULA __device__
#else
#define WALD_FORMULA
#endif

namespace wald::kernels {
namespace {

/// Arithmetic, rounding, selection and comparisons.
template <class Visit>
void for_each_arithmetic_formula(Visit& visit) {
  visit.any("neg", [] WALD_FORMULA(auto x) { return -x; });
  visit.any("abs", [] WALD_FORMULA(auto x) { return abs(x); });
  visit.any("sign", [] WALD_FORMULA(auto x) {
    auto one = select(x < 0.0, decltype(x)(-1.0), decltype(x)(1.0));
    return select((x > 0.0) | (x < 0.0), one, x);  // keeps nan and the sign of zero
  });
  visit.any("square", [] WALD_FORMULA(auto x) { return x * x; });
  visit.real("reciprocal", [] WALD_FORMULA(auto x) { return decltype(x)(1.0) / x; });
  visit.any("floor", [] WALD_FORMULA(auto x) { return floor(x); });
  visit.any("ceil", [] WALD_FORMULA(auto x) { return ceil(x); });
  visit.any("round", [] WALD_FORMULA(auto x) { return round_half_even(x); });
  visit.any("trunc", [] WALD_FORMULA(auto x) { return trunc(x); });

  visit.any("add", [] WALD_FORMULA(auto x, auto y) { return x + y; });
  visit.any("sub", [] WALD_FORMULA(auto x, auto y) { return x - y; });
  visit.any("mul", [] WALD_FORMULA(auto x, auto y) { return x * y; });
  visit.real("div", [] WALD_FORMULA(auto x, auto y) { return x / y; });
  visit.real("fmod", [] WALD_FORMULA(auto x, auto y) { return fmod(x, y); });
  visit.real("remainder", [] WALD_FORMULA(auto x, auto y) {
    auto rest = fmod(x, y);
    return select(((rest > 0.0) & (y < 0.0)) | ((rest < 0.0) & (y > 0.0)), rest + y, rest);
  });
  // nan on either side stays.
  visit.any("minimum",
            [] WALD_FORMULA(auto x, auto y) { return select((x < y) | (x != x), x, y); });
  visit.any("maximum",
            [] WALD_FORMULA(auto x, auto y) { return select((x > y) | (x != x), x, y); });
  visit.any("clamp", [] WALD_FORMULA(auto x, auto low, auto high) {
    auto at_least_low = select(x < low, low, x);
    return select(at_least_low > high, high, at_least_low);
  });
  visit.real("lerp", [] WALD_FORMULA(auto x, auto y, auto weight) {
    // From the nearer end, so that a weight of 0 or 1 gives an end exactly; of opposite signs by
    // the two shares, since the difference might overflow.
    auto rest = decltype(x)(1.0) - weight;
    auto between = select(weight < 0.5, x + weight * (y - x), y - rest * (y - x));
    return select(((x < 0.0) & (y > 0.0)) | ((x > 0.0) & (y < 0.0)), rest * x + weight * y,
                  between);
  });

  visit.compare("eq", [] WALD_FORMULA(auto x, auto y) { return x == y; });
  visit.compare("ne", [] WALD_FORMULA(auto x, auto y) { return x != y; });
  visit.compare("lt", [] WALD_FORMULA(auto x, auto y) { return x < y; });
  visit.compare("le", [] WALD_FORMULA(auto x, auto y) { return x <= y; });
  visit.compare("gt", [] WALD_FORMULA(auto x, auto y) { return x > y; });
  visit.compare("ge", [] WALD_FORMULA(auto x, auto y) { return x >= y; });
  visit.compare("isnan", [] WALD_FORMULA(auto x) { return x != x; });
  visit.compare("isfinite", [] WALD_FORMULA(auto x) { return x - x == x - x; });
  visit.compare("isinf", [] WALD_FORMULA(auto x) {
    auto zero = select(x == x, x - x, decltype(x)(0.0));  // nan where x is infinite
    return zero != zero;
  });
  // Any number but 0 counts as true, nan too.
  visit.compare("logical_not", [] WALD_FORMULA(auto x) { return x == 0.0; });
  visit.compare("logical_and",
                [] WALD_FORMULA(auto x, auto y) { return select(x == 0.0, x, y) != 0.0; });
  visit.compare("logical_or",
                [] WALD_FORMULA(auto x, auto y) { return select(x == 0.0, y, x) != 0.0; });
  visit.compare("logical_xor", [] WALD_FORMULA(auto x, auto y) {
    auto one = decltype(x)(1.0), zero = decltype(x)(0.0);
    return select(x == 0.0, zero, one) != select(y == 0.0, zero, one);
  });

  // The first operand is a mask, made from booleans.
  visit.choose("where", [] WALD_FORMULA(auto mask, auto x, auto y) { return select(mask, x, y); });
}

/// Powers, exponentials, logarithms, trigonometric and hyperbolic functions.
template <class Visit>
void for_each_elementary_formula(Visit& visit) {
  visit.real("exp", [] WALD_FORMULA(auto x) { return exp(x); });
  visit.real("expm1", [] WALD_FORMULA(auto x) { return expm1(x); });
  visit.real("exp2", [] WALD_FORMULA(auto x) { return exp2(x); });
  visit.real("log", [] WALD_FORMULA(auto x) { return log(x); });
  visit.real("log1p", [] WALD_FORMULA(auto x) { return log1p(x); });
  visit.real("log2", [] WALD_FORMULA(auto x) { return log2(x); });
  visit.real("log10", [] WALD_FORMULA(auto x) { return log10(x); });
  visit.real("sqrt", [] WALD_FORMULA(auto x) { return sqrt(x); });
  visit.real("rsqrt", [] WALD_FORMULA(auto x) { return decltype(x)(1.0) / sqrt(x); });
  visit.real("cbrt", [] WALD_FORMULA(auto x) { return cbrt(x); });
  visit.real("sin", [] WALD_FORMULA(auto x) { return sin(x); });
  visit.real("cos", [] WALD_FORMULA(auto x) { return cos(x); });
  visit.real("tan", [] WALD_FORMULA(auto x) { return tan(x); });
  visit.real("asin", [] WALD_FORMULA(auto x) { return asin(x); });
  visit.real("acos", [] WALD_FORMULA(auto x) { return acos(x); });
  visit.real("atan", [] WALD_FORMULA(auto x) { return atan(x); });
  visit.real("sinh", [] WALD_FORMULA(auto x) { return sinh(x); });
  visit.real("cosh", [] WALD_FORMULA(auto x) { return cosh(x); });
  visit.real("tanh", [] WALD_FORMULA(auto x) { return tanh(x); });
  visit.real("asinh", [] WALD_FORMULA(auto x) { return asinh(x); });
  visit.real("acosh", [] WALD_FORMULA(auto x) { return acosh(x); });
  visit.real("atanh", [] WALD_FORMULA(auto x) { return atanh(x); });

  visit.real("pow", [] WALD_FORMULA(auto x, auto y) { return pow(x, y); });
  visit.real("atan2", [] WALD_FORMULA(auto y, auto x) { return atan2(y, x); });
  visit.real("hypot", [] WALD_FORMULA(auto x, auto y) { return hypot(x, y); });
  visit.real("xlogy", [] WALD_FORMULA(auto x, auto y) {
    return select((x == 0.0) & (y == y), decltype(x)(0.0), x * log(y));
  });
  visit.real("xlog1py", [] WALD_FORMULA(auto x, auto y) {
    return select((x == 0.0) & (y == y), decltype(x)(0.0), x * log1p(y));
  });
  visit.real("logaddexp", [] WALD_FORMULA(auto x, auto y) {
    auto gap = select(x == y, decltype(x)(0.0), x - y);  // 0 between equal infinities
    return select(x > y, x, y) + log1p(exp(-abs(gap)));
  });
}

/// Functions of the logistic family and their relatives.
template <class Visit>
void for_each_activation_formula(Visit& visit) {
  visit.real("sigmoid", [] WALD_FORMULA(auto x) {
    auto e = exp(-abs(x));
    return select(x < 0.0, e, decltype(x)(1.0)) / (e + decltype(x)(1.0));
  });
  visit.real("logit", [] WALD_FORMULA(auto x) {
    // Near 1/2 the odds are near 1: what they exceed it by is exact up to the division.
    auto one = decltype(x)(1.0), rest = one - x;
    return select(x < 0.25, log(x / rest), log1p((x + x - one) / rest));
  });
  visit.real("softplus", [] WALD_FORMULA(auto x) {
    return select(x > 0.0, x, decltype(x)(0.0)) + log1p(exp(-abs(x)));
  });
  visit.real("log_sigmoid", [] WALD_FORMULA(auto x) {
    return select(x < 0.0, x, decltype(x)(-0.0)) - log1p(exp(-abs(x)));
  });
  visit.real("log1mexp", [] WALD_FORMULA(auto x) {  // Maechler (2012)
    return select(x < 0.6931471805599453, log(-expm1(-x)), log1p(-exp(-x)));
  });
  visit.any("relu", [] WALD_FORMULA(auto x) { return select(x < 0.0, decltype(x)(0.0), x); });
  visit.real("elu",
             [] WALD_FORMULA(auto x, auto alpha) { return select(x > 0.0, x, alpha * expm1(x)); });
  visit.in_double("gelu", [] WALD_FORMULA(auto x) {
    auto p = decltype(x)(0.5) * erfc_by_platform(x * decltype(x)(-0.7071067811865476));
    return select(p == 0.0, decltype(x)(-0.0), x * p);
  });
}

/// What only derivative rules use; they are formulas since as compositions of others they, or their
/// own derivatives, would lose digits or turn an infinity into nan.
template <class Visit>
void for_each_slope_formula(Visit& visit) {
  // The product of a cotangent or tangent g with a partial derivative: exactly 0 stays 0 even where
  // the partial is infinite or nan, as in the branch that `where` did not take.
  visit.any("strong_mul", [] WALD_FORMULA(auto g, auto partial) {
    return select(g == 0.0, decltype(g)(0.0), g * partial);
  });
  // Where both factors are cotangents or tangents: a 0 on either side wins.
  visit.any("zero_mul", [] WALD_FORMULA(auto x, auto y) {
    return select((x == 0.0) | (y == 0.0), decltype(x)(0.0), x * y);
  });
  visit.real("strong_div",
             [] WALD_FORMULA(auto x, auto y) { return select(x == 0.0, decltype(x)(0.0), x / y); });
  visit.real("difference",
             [] WALD_FORMULA(auto x, auto y) { return select(x == y, decltype(x)(0.0), x - y); });
  visit.real("step", [] WALD_FORMULA(auto x, auto y, auto at_tie) {
    return select(x > y, decltype(x)(1.0), select(x < y, decltype(x)(0.0), at_tie));
  });
  visit.real("one_minus_square",
             [] WALD_FORMULA(auto x) { return (decltype(x)(1.0) - x) * (decltype(x)(1.0) + x); });
  visit.real("bernoulli_variance", [] WALD_FORMULA(auto p) { return p * (decltype(p)(1.0) - p); });
  visit.real("logistic_density", [] WALD_FORMULA(auto x) {
    auto e = exp(-abs(x)), d = e + decltype(x)(1.0);
    return e / (d * d);
  });
  visit.real("inverse_expm1", [] WALD_FORMULA(auto x) {
    auto minus_size = -abs(x);
    return select(x < 0.0, decltype(x)(-1.0), exp(minus_size)) / -expm1(minus_size);
  });
  // Scaled by a power of 2, so that no length overflows or loses its digits.
  visit.real("direction", [] WALD_FORMULA(auto x, auto y) {
    auto size = abs(x) + abs(y);
    auto scale = select(size > 1.0, decltype(x)(0.5),
                        select(size < 0x1p-60, decltype(x)(0x1p60), decltype(x)(1.0)));
    auto length = hypot(x * scale, y * scale);
    return select(length == 0.0, x, x * scale / length);
  });
  visit.real("inverse_real_part", [] WALD_FORMULA(auto x, auto y) {
    auto size = abs(x) + abs(y);
    auto scale = select(size > 1.0, decltype(x)(0.5),
                        select(size < 0x1p-60, decltype(x)(0x1p60), decltype(x)(1.0)));
    auto length = hypot(x * scale, y * scale);
    return select(length == 0.0, x, x * scale / length / length * scale);
  });
  visit.in_double("gelu_slope", [] WALD_FORMULA(auto x) {
    auto p = decltype(x)(0.5) * erfc_by_platform(x * decltype(x)(-0.7071067811865476));
    auto density = decltype(x)(0.3989422804014327) * exp(decltype(x)(-0.5) * x * x);
    return p + select(density == 0.0, decltype(x)(0.0), x * density);
  });
}

/// Calls visit.real (float32, float64), visit.in_double (the same, computed in float64), visit.any
/// (int64 too) or visit.compare (any type, to boolean) with the name and the formula of every
/// pointwise operation here.
template <class Visit>
void for_each_formula(Visit& visit) {
  for_each_arithmetic_formula(visit);
  for_each_elementary_formula(visit);
  for_each_activation_formula(visit);
  for_each_slope_formula(visit);
}

}  // namespace
}  // namespace wald::kernels
