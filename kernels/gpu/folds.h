// Folds, of which reductions and scans are made: the results of nothing and of one element, how two
// neighbours become one, and what is written of a result.
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "gpu.h"

namespace wald::gpu {
namespace {

constexpr double infinity = __builtin_inf();

/// A sum or a product.
template <class A, bool is_product = false>
struct Total {
  using Result = A;
  template <class T>
  WALD_DEVICE static A of(T x, std::int64_t) {
    return static_cast<A>(x);
  }
  WALD_DEVICE static A nothing() { return is_product ? 1 : 0; }
  WALD_DEVICE static A join(A a, A b) { return is_product ? a * b : a + b; }
  template <class Out>
  WALD_DEVICE static Out finish(A x) {
    return static_cast<Out>(x);
  }
};

/// A nan is the extreme; of equal ones the first is kept.
template <class A, bool is_max>
struct Extreme {
  using Result = A;
  WALD_DEVICE static A of(A x, std::int64_t) { return x; }
  WALD_DEVICE static A nothing() {
    if constexpr (std::is_same_v<A, bool>)
      return !is_max;
    else if constexpr (std::is_same_v<A, std::int64_t>)
      return is_max ? INT64_MIN : INT64_MAX;
    else
      return static_cast<A>(is_max ? -infinity : infinity);
  }
  WALD_DEVICE static A join(A a, A b) {
    const bool is_first = is_max ? a >= b : a <= b;
    return is_first || a != a ? a : b;
  }
  template <class Out>
  WALD_DEVICE static Out finish(A x) {
    return x;
  }
};

/// Where the extreme first stands. Of nothing, a place beyond all others.
template <class A, bool is_max>
struct FirstExtreme {
  struct Result {
    A value;
    std::int64_t place;
  };
  WALD_DEVICE static Result of(A x, std::int64_t place) { return {x, place}; }
  WALD_DEVICE static Result nothing() { return {Extreme<A, is_max>::nothing(), INT64_MAX}; }
  WALD_DEVICE static Result join(Result a, Result b) {
    const bool a_is_nan = a.value != a.value, b_is_nan = b.value != b.value;
    const bool is_tied = a_is_nan ? b_is_nan : a.value == b.value;
    const bool is_beyond = is_max ? a.value > b.value : a.value < b.value;
    const bool is_a = is_tied ? a.place < b.place : a_is_nan || (is_beyond && !b_is_nan);
    return {is_a ? a.value : b.value, is_a ? a.place : b.place};
  }
  template <class Out>
  WALD_DEVICE static Out finish(Result x) {
    return x.place;
  }
};

/// The root of the sum of squares, as largest^2 total: the largest size is taken out, so that the
/// sum stays in range.
struct Norm {
  struct Result {
    double largest, total;
  };
  template <class T>
  WALD_DEVICE static Result of(T x, std::int64_t) {
    const double size = ::fabs(static_cast<double>(x));
    return {size, size > 0 ? 1.0 : 0.0};
  }
  WALD_DEVICE static Result nothing() { return {0, 0}; }
  WALD_DEVICE static Result join(Result a, Result b) {
    if (a.largest != a.largest || b.largest == 0) return a;
    if (b.largest != b.largest || a.largest == 0) return b;
    const bool is_a = a.largest >= b.largest;
    // Values are chosen, not structures: those would be chosen by address, in slow memory.
    const double high = is_a ? a.largest : b.largest, low = is_a ? b.largest : a.largest;
    const double ratio = high == infinity ? 0.0 : low / high;
    return {high, (is_a ? a.total : b.total) + (is_a ? b.total : a.total) * (ratio * ratio)};
  }
  template <class Out>
  WALD_DEVICE static Out finish(Result x) {
    return static_cast<Out>(x.largest * ::sqrt(x.total));
  }
};

/// A sum of exponentials, over exp(m) of the largest exponent m: `count` terms that are 1, and the
/// sum of the others, so that log(sum) = m + log1p(rest) is exact when one term dominates. A nan
/// becomes m.
struct Exponentials {
  struct Result {
    double m, count, tail;
  };
  template <class T>
  WALD_DEVICE static Result of(T x, std::int64_t) {
    return {static_cast<double>(x), 1, 0};
  }
  WALD_DEVICE static Result nothing() { return {-infinity, 0, 0}; }
  WALD_DEVICE static Result join(Result a, Result b) {
    if (a.m == b.m) return {a.m, a.count + b.count, a.tail + b.tail};
    if (a.m != a.m || b.count + b.tail == 0) return a;
    if (b.m != b.m || a.count + a.tail == 0) return b;
    const bool is_a = a.m > b.m;
    const double high = is_a ? a.m : b.m, low = is_a ? b.m : a.m;
    const double low_total = is_a ? b.count + b.tail : a.count + a.tail;
    return {high, is_a ? a.count : b.count,
            (is_a ? a.tail : b.tail) + low_total * ::exp(low - high)};
  }
  WALD_DEVICE static double log_over_largest(Result x) { return ::log1p(x.count - 1 + x.tail); }
  WALD_DEVICE static bool is_finite(Result x) { return x.m - x.m == 0; }
  template <class Out>
  WALD_DEVICE static Out finish(Result x) {
    return static_cast<Out>(is_finite(x) ? x.m + log_over_largest(x) : x.m);
  }
};

/// Folds what each thread of a block has put into `results`, in a fixed tree, into the first. The
/// number of threads is a power of two.
template <class Fold>
WALD_DEVICE void fold_threads(const Thread& t, typename Fold::Result* results) {
  for (int half = t.count() / 2; half > 0; half /= 2) {
    if (t.index() < half)
      results[t.index()] = Fold::join(results[t.index()], results[t.index() + half]);
    t.sync();
  }
}

}  // namespace
}  // namespace wald::gpu
