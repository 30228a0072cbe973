// Row kernels made of formulas: loops over vectors, and the visitor that turns a list of formulas
// into kernels. For the translation units compiled once for each instruction set.
#pragma once

#include <wald/kernels/arity.h>

#include "simd.h"
#include "vec.h"
#include "vec_math.h"

namespace wald::kernels {
namespace {

using std::int64_t;
using std::uint8_t;

/// One operand of a row: a vector at i, or the same value for every i.
template <class T>
struct Source {
  const T* p;
  bool is_splat;
  Vec<T> value;

  WALD_INLINE Source(const void* data, bool splat)
      : p(static_cast<const T*>(data)), is_splat(splat), value(1.0) {
    if (splat) value = Vec<T>::splat(p);
  }
  WALD_INLINE Vec<T> at(int64_t i) const { return is_splat ? value : Vec<T>::load(p + i); }
  WALD_INLINE Vec<T> at(int64_t i, int n) const {
    return is_splat ? value : Vec<T>::load(p + i, n);
  }
};

template <class T>
WALD_INLINE void put(Vec<T> v, void* out, int64_t i) {
  v.store(static_cast<T*>(out) + i);
}
template <class T>
WALD_INLINE void put(Vec<T> v, void* out, int64_t i, int n) {
  v.store(static_cast<T*>(out) + i, n);
}
template <class T>
WALD_INLINE void put(Mask<T> m, void* out, int64_t i) {
  store_mask(m, static_cast<uint8_t*>(out) + i);
}
template <class T>
WALD_INLINE void put(Mask<T> m, void* out, int64_t i, int n) {
  uint8_t lane[Mask<T>::lanes];
  store_mask(m, lane);
  std::memcpy(static_cast<uint8_t*>(out) + i, lane, n);
}

// The tail goes through the same vector code as the rest: a value's bits do not depend on its
// place.
template <class T, class F>
void unary_row(const void* const* in, unsigned splat, void* out, int64_t n) {
  constexpr int lanes = Vec<T>::lanes;
  Source<T> x(in[0], splat & 1);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) put(F{}(x.at(i)), out, i);
  if (i < n) put(F{}(x.at(i, n - i)), out, i, n - i);
}

template <class T, bool x_splat, bool y_splat, class F>
WALD_INLINE void binary_loop(const void* const* in, void* out, int64_t n) {
  constexpr int lanes = Vec<T>::lanes;
  Source<T> x(in[0], x_splat), y(in[1], y_splat);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) put(F{}(x.at(i), y.at(i)), out, i);
  if (i < n) put(F{}(x.at(i, n - i), y.at(i, n - i)), out, i, n - i);
}

template <class T, class F>
void binary_row(const void* const* in, unsigned splat, void* out, int64_t n) {
  switch (splat & 3) {
    case 0:
      return binary_loop<T, false, false, F>(in, out, n);
    case 1:
      return binary_loop<T, true, false, F>(in, out, n);
    case 2:
      return binary_loop<T, false, true, F>(in, out, n);
    default:
      return binary_loop<T, true, true, F>(in, out, n);
  }
}

template <class T, class F>
void choose_row(const void* const* in, unsigned splat, void* out, int64_t n) {
  constexpr int lanes = Vec<T>::lanes;
  const uint8_t* mask = static_cast<const uint8_t*>(in[0]);
  Source<T> x(in[1], splat & 2), y(in[2], splat & 4);
  uint8_t lane[lanes] = {};
  if (splat & 1) std::memset(lane, mask[0], lanes);
  auto at = [&](int64_t i) { return splat & 1 ? lane : mask + i; };
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) put(F{}(load_mask<T>(at(i)), x.at(i), y.at(i)), out, i);
  if (i == n) return;
  const int rest = static_cast<int>(n - i);
  if (!(splat & 1)) std::memcpy(lane, mask + i, rest);
  put(F{}(load_mask<T>(lane), x.at(i, rest), y.at(i, rest)), out, i, rest);
}

template <class T, class F>
void ternary_row(const void* const* in, unsigned splat, void* out, int64_t n) {
  constexpr int lanes = Vec<T>::lanes;
  Source<T> x(in[0], splat & 1), y(in[1], splat & 2), z(in[2], splat & 4);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) put(F{}(x.at(i), y.at(i), z.at(i)), out, i);
  if (i == n) return;
  const int rest = static_cast<int>(n - i);
  put(F{}(x.at(i, rest), y.at(i, rest), z.at(i, rest)), out, i, rest);
}

template <class T, class F>
constexpr RowKernel row_of() {
  if constexpr (arity_of<F, Vec<T>>() == 1)
    return unary_row<T, F>;
  else if constexpr (arity_of<F, Vec<T>>() == 2)
    return binary_row<T, F>;
  else
    return ternary_row<T, F>;
}

/// A long formula, compiled once for all its rows: the call costs little beside it.
template <class F>
struct Called {
  template <class... X>
  requires(sizeof...(X) == arity_of<F, Vec<double>>()) __attribute__((noinline)) Vec<double>
  operator()(X... x) const {
    return F{}(x...);
  }
};

/// A formula of float64 vectors, for float32 ones.
template <class F>
struct Widened {
  template <class... X>
  requires(sizeof...(X) == arity_of<F, Vec<double>>()) WALD_INLINE Vec<float>
  operator()(X... x) const { return narrow(F{}(widen_low(x)...), F{}(widen_high(x)...)); }
};

/// A formula of float64 numbers, one element after the other.
template <class T, class F>
void lane_row(const void* const* in, unsigned splat, void* out, int64_t n) {
  constexpr int count = arity_of<F, double>();
  for (int64_t i = 0; i < n; ++i) {
    double x[4];
    for (int j = 0; j < count; ++j)
      x[j] = static_cast<double>(static_cast<const T*>(in[j])[splat >> j & 1 ? 0 : i]);
    double y;
    if constexpr (count == 1)
      y = F{}(x[0]);
    else if constexpr (count == 2)
      y = F{}(x[0], x[1]);
    else if constexpr (count == 3)
      y = F{}(x[0], x[1], x[2]);
    else
      y = F{}(x[0], x[1], x[2], x[3]);
    static_cast<T*>(out)[i] = static_cast<T>(y);
  }
}

/// Adds a kernel to a set for each formula that a list of them passes to it by name.
struct Collect {
  Simd& set;

  void add(const char* name, int arity, PointwiseKind kind, RowKernel f64, RowKernel f32,
           RowKernel i64) {
    if (set.pointwise_count == Simd::capacity) __builtin_trap();
    set.pointwise[set.pointwise_count++] = {{name, arity, kind, i64 != nullptr}, f64, f32, i64};
  }
  /// Of float64 and float32.
  template <class F>
  void real(const char* name, F) {
    add(name, arity_of<F, Vec<double>>(), PointwiseKind::value, row_of<double, F>(),
        row_of<float, F>(), nullptr);
  }
  /// Of int64 too.
  template <class F>
  void any(const char* name, F) {
    add(name, arity_of<F, Vec<double>>(), PointwiseKind::value, row_of<double, F>(),
        row_of<float, F>(), row_of<int64_t, F>());
  }
  /// Any type to boolean.
  template <class F>
  void compare(const char* name, F) {
    add(name, arity_of<F, Vec<double>>(), PointwiseKind::compare, row_of<double, F>(),
        row_of<float, F>(), row_of<int64_t, F>());
  }
  /// A mask and two operands.
  template <class F>
  void choose(const char* name, F) {
    add(name, 3, PointwiseKind::choose, choose_row<double, F>, choose_row<float, F>,
        choose_row<int64_t, F>);
  }
  /// Computed in float64 also for float32.
  template <class F>
  void in_double(const char* name, F) {
    add(name, arity_of<F, Vec<double>>(), PointwiseKind::value, row_of<double, Called<F>>(),
        row_of<float, Widened<Called<F>>>(), nullptr);
  }
  /// Of single float64 numbers, with branches and loops of its own.
  template <class F>
  void lanewise(const char* name, F) {
    add(name, arity_of<F, double>(), PointwiseKind::value, lane_row<double, F>, lane_row<float, F>,
        nullptr);
  }
};

}  // namespace
}  // namespace wald::kernels
