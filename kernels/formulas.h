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

/// Calls visit.real (float32, float64), visit.any (int64 too) or visit.compare (any type, to
/// boolean) with the name and the formula of every pointwise operation.
template <class Visit>
void for_each_formula(Visit& visit) {
  visit.any("neg", [] WALD_FORMULA(auto x) { return -x; });
  visit.any("abs", [] WALD_FORMULA(auto x) { return abs(x); });
  visit.any("sign", [] WALD_FORMULA(auto x) {
    auto one = select(x < 0.0, decltype(x)(-1.0), decltype(x)(1.0));
    return select((x > 0.0) | (x < 0.0), one, x);  // keeps nan and the sign of zero
  });
  visit.any("square", [] WALD_FORMULA(auto x) { return x * x; });
  visit.real("exp", [] WALD_FORMULA(auto x) { return exp(x); });
  visit.real("expm1", [] WALD_FORMULA(auto x) { return expm1(x); });
  visit.real("log", [] WALD_FORMULA(auto x) { return log(x); });
  visit.real("log1p", [] WALD_FORMULA(auto x) { return log1p(x); });
  visit.real("sqrt", [] WALD_FORMULA(auto x) { return sqrt(x); });
  visit.real("sin", [] WALD_FORMULA(auto x) { return sin(x); });
  visit.real("cos", [] WALD_FORMULA(auto x) { return cos(x); });
  visit.real("sigmoid", [] WALD_FORMULA(auto x) {
    auto e = exp(-abs(x));
    return select(x < 0.0, e, decltype(x)(1.0)) / (e + decltype(x)(1.0));
  });
  visit.real("softplus", [] WALD_FORMULA(auto x) {
    return select(x > 0.0, x, decltype(x)(0.0)) + log1p(exp(-abs(x)));
  });

  visit.any("add", [] WALD_FORMULA(auto x, auto y) { return x + y; });
  visit.any("sub", [] WALD_FORMULA(auto x, auto y) { return x - y; });
  visit.any("mul", [] WALD_FORMULA(auto x, auto y) { return x * y; });
  visit.real("div", [] WALD_FORMULA(auto x, auto y) { return x / y; });
  visit.real("pow", [] WALD_FORMULA(auto x, auto y) { return pow(x, y); });
  // The product of a cotangent or tangent g with a partial derivative: exactly 0 stays 0 even where
  // the partial is infinite or nan, as in the branch that `where` did not take.
  visit.any("strong_mul", [] WALD_FORMULA(auto g, auto partial) {
    return select(g == 0.0, decltype(g)(0.0), g * partial);
  });
  // Where both factors are cotangents or tangents: a 0 on either side wins.
  visit.any("zero_mul", [] WALD_FORMULA(auto x, auto y) {
    return select((x == 0.0) | (y == 0.0), decltype(x)(0.0), x * y);
  });

  visit.compare("eq", [] WALD_FORMULA(auto x, auto y) { return x == y; });
  visit.compare("ne", [] WALD_FORMULA(auto x, auto y) { return x != y; });
  visit.compare("lt", [] WALD_FORMULA(auto x, auto y) { return x < y; });
  visit.compare("le", [] WALD_FORMULA(auto x, auto y) { return x <= y; });
  visit.compare("gt", [] WALD_FORMULA(auto x, auto y) { return x > y; });
  visit.compare("ge", [] WALD_FORMULA(auto x, auto y) { return x >= y; });

  // The first operand is a mask, made from booleans.
  visit.choose("where", [] WALD_FORMULA(auto mask, auto x, auto y) { return select(mask, x, y); });
}

}  // namespace
}  // namespace wald::kernels
