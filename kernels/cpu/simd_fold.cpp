// The folds of one instruction set: rows and columns of numbers reduced to one, and where in them a
// value stands. Compiled as simd_dense.cpp is.
#include "simd.h"
#include "vec.h"

namespace wald::kernels {
namespace {

using std::int64_t;
using std::uint8_t;

template <class A, class B>
inline constexpr bool same_type = false;
template <class A>
inline constexpr bool same_type<A, A> = true;

WALD_INLINE double select(bool mask, double a, double b) { return mask ? a : b; }
WALD_INLINE float select(bool mask, float a, float b) { return mask ? a : b; }
WALD_INLINE int64_t select(bool mask, int64_t a, int64_t b) { return mask ? a : b; }

template <class T>
constexpr T lowest() {
  if constexpr (same_type<T, int64_t>)
    return INT64_MIN;
  else
    return -static_cast<T>(__builtin_inf());
}
template <class T>
constexpr T highest() {
  if constexpr (same_type<T, int64_t>)
    return INT64_MAX;
  else
    return static_cast<T>(__builtin_inf());
}

/// What the values of a fold are accumulated in: sums and products of floats in float64.
template <class T>
struct WideOf {
  typedef double type;
};
template <>
struct WideOf<int64_t> {
  typedef int64_t type;
};

// Each fold: the type that it accumulates in, its identity, how a value enters (`enter`), and how
// two results make one (`join`); of single numbers and of vectors.
struct Sum {
  template <class T>
  using Acc = typename WideOf<T>::type;
  template <class A>
  static constexpr A identity() {
    return 0;
  }
  template <class V>
  static WALD_INLINE V join(V a, V b) {
    return a + b;
  }
  static WALD_INLINE int64_t join(int64_t a, int64_t b) {  // wraps around
    return static_cast<int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  }
  template <class V>
  static WALD_INLINE V enter(V acc, V x) {
    return join(acc, x);
  }
};

struct Squares : Sum {
  template <class V>
  static WALD_INLINE V enter(V acc, V x) {
    return acc + x * x;
  }
};

struct Prod {
  template <class T>
  using Acc = typename WideOf<T>::type;
  template <class A>
  static constexpr A identity() {
    return 1;
  }
  template <class V>
  static WALD_INLINE V join(V a, V b) {
    return a * b;
  }
  static WALD_INLINE int64_t join(int64_t a, int64_t b) {
    return static_cast<int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  }
  template <class V>
  static WALD_INLINE V enter(V acc, V x) {
    return join(acc, x);
  }
};

/// A nan wins over every number.
struct Max {
  template <class T>
  using Acc = T;
  template <class A>
  static constexpr A identity() {
    return lowest<A>();
  }
  template <class V>
  static WALD_INLINE V join(V acc, V x) {
    return select((x > acc) | (x != x), x, acc);
  }
  template <class V>
  static WALD_INLINE V enter(V acc, V x) {
    return join(acc, x);
  }
};

struct Min {
  template <class T>
  using Acc = T;
  template <class A>
  static constexpr A identity() {
    return highest<A>();
  }
  template <class V>
  static WALD_INLINE V join(V acc, V x) {
    return select((x < acc) | (x != x), x, acc);
  }
  template <class V>
  static WALD_INLINE V enter(V acc, V x) {
    return join(acc, x);
  }
};

/// As many values from p on as a vector of A has lanes.
template <class A, class T>
WALD_INLINE Vec<A> load_as(const T* p) {
  if constexpr (same_type<A, T>) {
    return Vec<A>::load(p);
  } else {
    typedef float Narrow __attribute__((vector_size(sizeof(typename Vec<A>::Part) / 2)));
    Vec<A> v;
    for (int i = 0; i < Vec<A>::parts; ++i) {
      Narrow part;
      std::memcpy(&part, p + i * Vec<A>::per_part, sizeof part);
      v.part[i] = __builtin_convertvector(part, typename Vec<A>::Part);
    }
    return v;
  }
}

/// n lanes at p, p + stride ..., and `rest` in the others.
template <class A, class T>
WALD_INLINE Vec<A> load_some(const T* p, int64_t stride, int64_t n, A rest) {
  alignas(64) A lane[Vec<A>::lanes];
  for (int l = 0; l < Vec<A>::lanes; ++l) lane[l] = l < n ? static_cast<A>(p[l * stride]) : rest;
  return Vec<A>::load(lane);
}

template <class F, class A>
WALD_INLINE A join_lanes(Vec<A> v) {
  alignas(64) A lane[Vec<A>::lanes];
  v.store(lane);
  for (int half = Vec<A>::lanes / 2; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) lane[i] = F::join(lane[i], lane[i + half]);
  return lane[0];
}

/// What a lane past the end holds, so that it does not count.
template <class F, class A>
constexpr A padding() {
  return same_type<F, Squares> ? A(0) : F::template identity<A>();
}

template <class F, class T>
void fold_row(const void* data, int64_t n, void* out) {
  typedef typename F::template Acc<T> A;
  constexpr int lanes = Vec<A>::lanes, ways = 4;
  const T* x = static_cast<const T*>(data);
  constexpr A identity = F::template identity<A>();
  Vec<A> acc[ways];
  for (auto& v : acc) v = Vec<A>::splat(&identity);
  int64_t i = 0;
  for (; i + ways * lanes <= n; i += ways * lanes)
    for (int w = 0; w < ways; ++w) acc[w] = F::enter(acc[w], load_as<A>(x + i + w * lanes));
  for (int w = 0; i < n; i += lanes, ++w)
    acc[w] = F::enter(acc[w], load_some<A>(x + i, 1, n - i, padding<F, A>()));
  *static_cast<A*>(out) = join_lanes<F>(F::join(F::join(acc[0], acc[1]), F::join(acc[2], acc[3])));
}

/// Rows of n adjacent values, n at least the lanes: four rows at a time, acc stays in cache.
template <class F, class T, class A>
void fold_wide_rows(const T* x, int64_t stride, int64_t rows, A* acc, int64_t n) {
  constexpr int lanes = Vec<A>::lanes;
  auto add = [&](const T* row, auto count) {
    int64_t j = 0;
    for (; j + lanes <= n; j += lanes) {
      Vec<A> v = Vec<A>::load(acc + j);
      for (int r = 0; r < count; ++r) v = F::enter(v, load_as<A>(row + r * stride + j));
      v.store(acc + j);
    }
    for (; j < n; ++j)
      for (int r = 0; r < count; ++r)
        acc[j] = F::enter(acc[j], static_cast<A>(row[r * stride + j]));
  };
  struct Four {
    constexpr operator int() const { return 4; }
  };
  struct One {
    constexpr operator int() const { return 1; }
  };
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) add(x + r * stride, Four{});
  for (; r < rows; ++r) add(x + r * stride, One{});
}

constexpr int most_narrow = 16;

/// Rows of n values, next to each other: the columns come round every n vectors.
template <class F, class T, class A>
void fold_narrow_rows(const T* x, int64_t rows, A* acc, int64_t n) {
  constexpr int lanes = Vec<A>::lanes;
  constexpr A identity = F::template identity<A>();
  const int64_t period = n < 4 ? 4 * n : n, count = rows * n;
  Vec<A> v[most_narrow];
  for (int64_t k = 0; k < period; ++k) v[k] = Vec<A>::splat(&identity);
  int64_t i = 0;
  for (; i + period * lanes <= count; i += period * lanes)
    for (int64_t k = 0; k < period; ++k) v[k] = F::enter(v[k], load_as<A>(x + i + k * lanes));
  for (int64_t j = 0; i < count; ++i, j = j + 1 == n ? 0 : j + 1)
    acc[j] = F::enter(acc[j], static_cast<A>(x[i]));
  for (int64_t k = 0, j = 0; k < period; ++k) {
    alignas(64) A lane[lanes];
    v[k].store(lane);
    for (int l = 0; l < lanes; ++l, j = j + 1 == n ? 0 : j + 1) acc[j] = F::join(acc[j], lane[l]);
  }
}

template <class F, class T>
void fold_columns(const void* data, int64_t row_stride, int64_t column_stride, int64_t rows,
                  void* out, int64_t n) {
  typedef typename F::template Acc<T> A;
  constexpr int lanes = Vec<A>::lanes;
  const T* x = static_cast<const T*>(data);
  A* acc = static_cast<A*>(out);
  if (column_stride == 1 && row_stride == n && n <= most_narrow && rows > 2 * lanes)
    return fold_narrow_rows<F>(x, rows, acc, n);
  if (column_stride == 1 && n >= lanes) return fold_wide_rows<F>(x, row_stride, rows, acc, n);
  int64_t j = 0;
  for (; j + lanes <= n; j += lanes) {
    Vec<A> v = Vec<A>::load(acc + j);
    for (int64_t r = 0; r < rows; ++r)
      v = F::enter(
          v, load_some<A>(x + r * row_stride + j * column_stride, column_stride, lanes, A(0)));
    v.store(acc + j);
  }
  constexpr A identity = F::template identity<A>();
  for (; j < n; ++j) {  // few columns: vectors over the rows
    Vec<A> v = Vec<A>::splat(&identity);
    for (int64_t r = 0; r < rows; r += lanes)
      v = F::enter(v, load_some<A>(x + r * row_stride + j * column_stride, row_stride, rows - r,
                                   padding<F, A>()));
    acc[j] = F::join(acc[j], join_lanes<F>(v));
  }
}

template <class T>
WALD_INLINE bool is_match(T x, T value) {
  return x == value || (x != x && value != value);
}

template <class T>
int64_t find(const void* data, int64_t n, const void* wanted) {
  constexpr int lanes = Vec<T>::lanes;
  const T* x = static_cast<const T*>(data);
  const T value = *static_cast<const T*>(wanted);
  const Vec<T> all = Vec<T>::splat(&value);
  int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    Vec<T> v[4];
    for (int w = 0; w < 4; ++w) v[w] = Vec<T>::load(x + i + w * lanes);
    if (value == value ? any((v[0] == all) | (v[1] == all) | (v[2] == all) | (v[3] == all))
                       : any((v[0] != v[0]) | (v[1] != v[1]) | (v[2] != v[2]) | (v[3] != v[3])))
      break;
  }
  while (i < n && !is_match(x[i], value)) ++i;
  return i;
}

template <class T>
void find_columns(const void* data, int64_t row_stride, int64_t column_stride, int64_t rows,
                  const void* wanted, int64_t* found, int64_t n) {
  const T* x = static_cast<const T*>(data);
  const T* value = static_cast<const T*>(wanted);
  if (column_stride != 1 || n < 16) {
    for (int64_t j = 0; j < n; ++j) {
      int64_t r = 0;
      while (r < rows && !is_match(x[r * row_stride + j * column_stride], value[j])) ++r;
      found[j] = r;
    }
    return;
  }
  for (int64_t j = 0; j < n; ++j) found[j] = rows;
  // From the last row up, so that the first match stays.
  for (int64_t r = rows - 1; r >= 0; --r) {
    const T* row = x + r * row_stride;
    for (int64_t j = 0; j < n; ++j)
      found[j] =
          (row[j] == value[j]) | ((row[j] != row[j]) & (value[j] != value[j])) ? r : found[j];
  }
}

/// Booleans: bytes of 0 and 1. A sum counts them; Max is "any", Min is "all".
template <class F>
struct Bytes {
  typedef uint8_t A;
  static constexpr A identity = same_type<F, Max> ? 0 : 1;
  static WALD_INLINE A enter(A acc, uint8_t x) {
    return same_type<F, Max> ? (acc | (x != 0)) : (acc & (x != 0));
  }
};
template <>
struct Bytes<Sum> {
  typedef int64_t A;
  static constexpr A identity = 0;
  static WALD_INLINE A enter(A acc, uint8_t x) { return acc + (x != 0); }
};

template <class F>
void fold_byte_row(const void* data, int64_t n, void* out) {
  const uint8_t* x = static_cast<const uint8_t*>(data);
  typename Bytes<F>::A acc = Bytes<F>::identity;
  for (int64_t i = 0; i < n; ++i) acc = Bytes<F>::enter(acc, x[i]);
  *static_cast<typename Bytes<F>::A*>(out) = acc;
}

template <class F>
void fold_byte_columns(const void* data, int64_t row_stride, int64_t column_stride, int64_t rows,
                       void* out, int64_t n) {
  const uint8_t* x = static_cast<const uint8_t*>(data);
  auto* acc = static_cast<typename Bytes<F>::A*>(out);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t j = 0; j < n; ++j)
      acc[j] = Bytes<F>::enter(acc[j], x[r * row_stride + j * column_stride]);
}

template <class F>
void add_fold(Simd& set, Fold fold, bool has_integers) {
  FoldKernel* kernel = set.fold[static_cast<int>(fold)];
  kernel[static_cast<int>(DType::float64)] = {fold_row<F, double>, fold_columns<F, double>};
  kernel[static_cast<int>(DType::float32)] = {fold_row<F, float>, fold_columns<F, float>};
  if (has_integers)
    kernel[static_cast<int>(DType::int64)] = {fold_row<F, int64_t>, fold_columns<F, int64_t>};
}

template <class F>
void add_byte_fold(Simd& set, Fold fold) {
  set.fold[static_cast<int>(fold)][static_cast<int>(DType::boolean)] = {fold_byte_row<F>,
                                                                        fold_byte_columns<F>};
}

template <class T>
void add_find(Simd& set, DType dtype) {
  set.find[static_cast<int>(dtype)] = find<T>;
  set.find_columns[static_cast<int>(dtype)] = find_columns<T>;
}

}  // namespace

extern "C" void WALD_SIMD_ENTRY(wald_fold)(Simd& set) {
  add_fold<Sum>(set, Fold::sum, true);
  add_fold<Prod>(set, Fold::prod, true);
  add_fold<Max>(set, Fold::max, true);
  add_fold<Min>(set, Fold::min, true);
  add_fold<Squares>(set, Fold::squares, false);
  add_byte_fold<Sum>(set, Fold::sum);
  add_byte_fold<Max>(set, Fold::max);
  add_byte_fold<Min>(set, Fold::min);
  add_find<double>(set, DType::float64);
  add_find<float>(set, DType::float32);
  add_find<int64_t>(set, DType::int64);
}

}  // namespace wald::kernels
