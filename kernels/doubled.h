// Sums and products of doubles carried to twice their precision, by transformations without error.
#pragma once

#include <cmath>

namespace wald::kernels {

/// A sum whose rounding is kept beside it (Ogita, Rump and Oishi 2005, algorithm Dot2): the value
/// is as if computed with 106 bits and then rounded.
struct Doubled {
  double high = 0, low = 0;

  void add(double x) {
    const double total = high + x, back = total - high;
    low += (high - (total - back)) + (x - back);
    high = total;
  }
  void add_product(double x, double y) {
    const double product = x * y;
    add(product);
    low += std::fma(x, y, -product);
  }
  double value() const { return high + low; }
};

/// x y, renormalized: high is the value rounded, low the rest.
inline Doubled times(const Doubled& x, double y) {
  const double product = x.high * y;
  const double rest = std::fma(x.high, y, -product) + x.low * y;
  const double high = product + rest;
  return {high, rest - (high - product)};
}

}  // namespace wald::kernels
