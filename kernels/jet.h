// Second-order jets: a number with its first and second derivatives by V variables. An algorithm
// written for a number type T runs on double for its value, and on Jet<V> for its derivatives.
#pragma once

#include <math.h>

#include <wald/kernels/device.h>
#include <wald/kernels/formulas.h>

namespace wald::kernels {
namespace {
namespace incomplete {

template <int V>
struct Jet {
  static constexpr int size = 1 + V + V * (V + 1) / 2;
  double d[size];  // the value, V first derivatives, the second ones by rows from the diagonal

  Jet() = default;
  WALD_DEVICE explicit Jet(double value) : d{value} {}
  WALD_DEVICE static constexpr int second(int i, int j) {
    return i <= j ? 1 + V + i * V - i * (i - 1) / 2 + (j - i) : second(j, i);
  }
};

template <class T>
constexpr int variables_of = 0;
template <int V>
constexpr int variables_of<Jet<V>> = V;

WALD_DEVICE inline double value_of(double x) { return x; }
template <int V>
WALD_DEVICE inline double value_of(const Jet<V>& x) {
  return x.d[0];
}

/// The k-th variable; a constant if T has fewer.
template <class T>
WALD_DEVICE inline T variable(double value, int k) {
  T x(value);
  if constexpr (variables_of < T >> 0) {
    if (k < variables_of<T>) x.d[1 + k] = 1;
  }
  return x;
}

template <int V>
WALD_DEVICE inline Jet<V> operator+(Jet<V> x, const Jet<V>& y) {
  for (int i = 0; i < Jet<V>::size; ++i) x.d[i] += y.d[i];
  return x;
}
template <int V>
WALD_DEVICE inline Jet<V> operator-(Jet<V> x, const Jet<V>& y) {
  for (int i = 0; i < Jet<V>::size; ++i) x.d[i] -= y.d[i];
  return x;
}
template <int V>
WALD_DEVICE inline Jet<V> operator+(Jet<V> x, double y) {
  x.d[0] += y;
  return x;
}
template <int V>
WALD_DEVICE inline Jet<V> operator*(Jet<V> x, double y) {
  for (int i = 0; i < Jet<V>::size; ++i) x.d[i] *= y;
  return x;
}
template <int V>
WALD_DEVICE inline Jet<V> operator*(const Jet<V>& x, const Jet<V>& y) {
  Jet<V> z;
  z.d[0] = x.d[0] * y.d[0];
  int at = 1 + V;
  for (int i = 1; i <= V; ++i) {
    z.d[i] = x.d[i] * y.d[0] + x.d[0] * y.d[i];
    for (int j = i; j <= V; ++j, ++at)
      z.d[at] = x.d[at] * y.d[0] + x.d[i] * y.d[j] + x.d[j] * y.d[i] + x.d[0] * y.d[at];
  }
  return z;
}

/// f(x), given the value and the first two derivatives of f.
template <int V>
WALD_DEVICE inline Jet<V> chain(const Jet<V>& x, double f, double f1, double f2) {
  Jet<V> z;
  z.d[0] = f;
  int at = 1 + V;
  for (int i = 1; i <= V; ++i) {
    z.d[i] = f1 * x.d[i];
    for (int j = i; j <= V; ++j, ++at) z.d[at] = f2 * x.d[i] * x.d[j] + f1 * x.d[at];
  }
  return z;
}
WALD_DEVICE inline double chain(double, double f, double, double) { return f; }

template <class T>
WALD_DEVICE inline T reciprocal(const T& x) {
  const double r = 1 / value_of(x);
  return chain(x, r, -r * r, 2 * r * r * r);
}
template <class T>
WALD_DEVICE inline T sqrt_of(const T& x) {
  const double r = ::sqrt(value_of(x));
  return chain(x, r, 0.5 / r, -0.25 / (r * value_of(x)));
}
template <class T>
WALD_DEVICE inline T exp_of(const T& x) {
  const double e = ::exp(value_of(x));
  return chain(x, e, e, e);
}
template <class T>
WALD_DEVICE inline T expm1_of(const T& x) {
  const double e = ::exp(value_of(x));
  return chain(x, ::expm1(value_of(x)), e, e);
}
template <class T>
WALD_DEVICE inline T log_of(const T& x) {
  const double r = 1 / value_of(x);
  return chain(x, ::log(value_of(x)), r, -r * r);
}
/// The logarithm of the k-th variable, less its value: for an x whose reciprocal overflows the
/// derivatives by others are 0 still.
template <class T>
WALD_DEVICE inline T log_slope_of_variable(double x, int k) {
  T y(0.0);
  if constexpr (variables_of < T >> 0) {
    if (k < variables_of<T>) {
      y.d[1 + k] = 1 / x;
      y.d[T::second(k, k)] = -1 / x / x;
    }
  }
  return y;
}
template <class T>
WALD_DEVICE inline T log1p_of(const T& x) {
  const double r = 1 / (1 + value_of(x));
  return chain(x, ::log1p(value_of(x)), r, -r * r);
}

}  // namespace incomplete
}  // namespace
}  // namespace wald::kernels
