// Elementary functions of each element: powers, exponentials, logarithms, trigonometric and
// hyperbolic functions. Integers are taken as float64. Values are within a unit or two of the last
// place over the whole range, and derivatives, also second ones, keep relative accuracy. Outside
// its domain a function of reals is nan, with no error. Those of two operands broadcast them;
// shapes that do not fit are a ShapeError.
#pragma once

#include <wald/engine/tensor.h>

namespace wald {

/// e^x.
Tensor exp(const Tensor& x);
/// exp(x) - 1, exact to the last place for small x.
Tensor expm1(const Tensor& x);
/// 2^x.
Tensor exp2(const Tensor& x);
/// The natural logarithm; nan below 0, -inf at 0.
Tensor log(const Tensor& x);
/// log(1 + x), exact to the last place for small x; nan below -1, -inf at -1.
Tensor log1p(const Tensor& x);
/// The logarithm to base 2.
Tensor log2(const Tensor& x);
/// The logarithm to base 10.
Tensor log10(const Tensor& x);

/// The square root; nan below 0. The derivative at 0 is inf.
Tensor sqrt(const Tensor& x);
/// 1 / sqrt(x); inf at 0.
Tensor rsqrt(const Tensor& x);
/// The cube root, of negative numbers too. The derivative at 0 is inf.
Tensor cbrt(const Tensor& x);
/// x to the power y, as C has it: 1 at y = 0, nan for a negative x unless y is whole. The
/// derivative by x is right for negative x and whole y; that by y is 0 at x = 0 < y, -inf at x = y
/// = 0, and nan for negative x.
Tensor pow(const Tensor& x, const Tensor& y);
Tensor pow(const Tensor& x, double y);
Tensor pow(double x, const Tensor& y);
/// sqrt(x^2 + y^2) without overflow or underflow. First and second derivatives are 0 at the origin.
Tensor hypot(const Tensor& x, const Tensor& y);
Tensor hypot(const Tensor& x, double y);
Tensor hypot(double x, const Tensor& y);

/// x log(y), 0 where x is 0 and y is not nan. The derivative by y is 0 there too; that by x is
/// log(y) everywhere.
Tensor xlogy(const Tensor& x, const Tensor& y);
Tensor xlogy(const Tensor& x, double y);
Tensor xlogy(double x, const Tensor& y);
/// x log(1 + y), 0 where x is 0 and y is not nan.
Tensor xlog1py(const Tensor& x, const Tensor& y);
Tensor xlog1py(const Tensor& x, double y);
Tensor xlog1py(double x, const Tensor& y);
/// log(exp(x) + exp(y)) without overflow; -inf of two -inf. The derivatives are the shares of the
/// two, 1/2 each where x = y, infinite or not.
Tensor logaddexp(const Tensor& x, const Tensor& y);
Tensor logaddexp(const Tensor& x, double y);
Tensor logaddexp(double x, const Tensor& y);

/// The sine of an angle in radians, also of a huge one; nan of an infinite one.
Tensor sin(const Tensor& x);
/// The cosine of an angle in radians.
Tensor cos(const Tensor& x);
/// The tangent of an angle in radians.
Tensor tan(const Tensor& x);
/// The angle in [-pi/2, pi/2] with this sine; nan outside [-1, 1].
Tensor asin(const Tensor& x);
/// The angle in [0, pi] with this cosine; nan outside [-1, 1].
Tensor acos(const Tensor& x);
/// The angle in [-pi/2, pi/2] with this tangent.
Tensor atan(const Tensor& x);
/// The angle of the point (x, y), y first, in [-pi, pi]. Derivative 0 at the origin.
Tensor atan2(const Tensor& y, const Tensor& x);
Tensor atan2(const Tensor& y, double x);
Tensor atan2(double y, const Tensor& x);

/// The hyperbolic sine; infinite only from |x| = 710.48 on, where exp(x) / 2 is.
Tensor sinh(const Tensor& x);
/// The hyperbolic cosine.
Tensor cosh(const Tensor& x);
/// The hyperbolic tangent. Its derivative keeps its digits where the value rounds to 1.
Tensor tanh(const Tensor& x);
/// The inverse of sinh.
Tensor asinh(const Tensor& x);
/// The inverse of cosh, at least 0; nan below 1.
Tensor acosh(const Tensor& x);
/// The inverse of tanh; nan outside [-1, 1], infinite at its ends.
Tensor atanh(const Tensor& x);

/// For derivative rules: 1 - x^2, whose factors keep the digits that it has near 1.
Tensor one_minus_square(const Tensor& x);
/// For rules: x / hypot(x, y), the cosine of the point's angle; 0 at the origin.
Tensor direction(const Tensor& x, const Tensor& y);
/// For rules: x / (x^2 + y^2) without overflow, the real part of 1 / (x + iy); 0 at the origin.
Tensor inverse_real_part(const Tensor& x, const Tensor& y);

}  // namespace wald
