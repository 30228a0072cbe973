// Vec<T>: eight float64 or int64, or sixteen float32, with operators, on GCC vector extensions.
//
// A Vec is 64 bytes on every instruction set, made of as many hardware registers as that takes, so
// that sums over lanes give the same bits everywhere. Only simd_*.cpp include this, once for each
// instruction set; the unnamed namespace keeps the linker from mixing the copies.
#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

#if defined(__AVX512F__)
#define WALD_VEC_BYTES 64
#elif defined(__AVX2__)
#define WALD_VEC_BYTES 32
#else
#define WALD_VEC_BYTES 16
#endif

#define WALD_INLINE inline __attribute__((always_inline))

namespace wald::kernels {
namespace {

template <class T>
struct PartOf {
  typedef T type __attribute__((vector_size(WALD_VEC_BYTES)));
};
/// What a lane computes in: integers wrap around, which only unsigned ones may.
template <class T>
struct LaneOf {
  typedef T type;
};
template <>
struct LaneOf<std::int64_t> {
  typedef std::uint64_t type;
};
template <int bytes>
struct IntOf;
template <>
struct IntOf<8> {
  typedef std::int64_t type;
};
template <>
struct IntOf<4> {
  typedef std::int32_t type;
};

/// The result of a comparison: in each lane all bits or none.
template <class T>
struct Mask {
  typedef typename IntOf<sizeof(T)>::type Int;
  typedef typename PartOf<Int>::type Part;
  static constexpr int lanes = 64 / sizeof(T);
  static constexpr int parts = 64 / WALD_VEC_BYTES;
  Part part[parts];

  friend WALD_INLINE Mask operator|(Mask a, Mask b) {
    for (int i = 0; i < parts; ++i) a.part[i] |= b.part[i];
    return a;
  }
  friend WALD_INLINE Mask operator&(Mask a, Mask b) {
    for (int i = 0; i < parts; ++i) a.part[i] &= b.part[i];
    return a;
  }
};

template <class T>
struct Vec {
  typedef T Scalar;
  typedef typename PartOf<T>::type Part;
  typedef typename PartOf<typename LaneOf<T>::type>::type Lanes;
  static constexpr int lanes = 64 / sizeof(T);
  static constexpr int parts = 64 / WALD_VEC_BYTES;
  static constexpr int per_part = lanes / parts;
  Part part[parts];

  Vec() = default;
  WALD_INLINE Vec(double value) {
    for (int i = 0; i < parts; ++i) part[i] = static_cast<T>(value) - Part{};  // keeps -0
  }
  /// All lanes equal to *p.
  static WALD_INLINE Vec splat(const T* p) {
    Vec v;
    for (int i = 0; i < parts; ++i) v.part[i] = *p - Part{};
    return v;
  }
  static WALD_INLINE Vec load(const T* p) {
    Vec v;  // part by part: as one copy the compiler sends it through the stack
    for (int i = 0; i < parts; ++i) std::memcpy(&v.part[i], p + i * per_part, sizeof(Part));
    return v;
  }
  /// The first n lanes from p; 1 in the others, which is in the domain of every formula.
  static WALD_INLINE Vec load(const T* p, int n) {
    Vec v(1.0);
    std::memcpy(v.part, p, n * sizeof(T));
    return v;
  }
  /// Lanes at p, p + stride, p + 2 stride ...
  static WALD_INLINE Vec gather(const T* p, std::int64_t stride) {
    Vec v;
    for (int i = 0; i < lanes; ++i) v.part[i / per_part][i % per_part] = p[i * stride];
    return v;
  }
  /// Of 2 * lanes values at p, those at even and at odd places.
  static WALD_INLINE void unzip(const T* p, Vec& even, Vec& odd) {
    for (int i = 0; i < parts; ++i) {
      Part a, b;
      std::memcpy(&a, p + 2 * i * per_part, sizeof a);
      std::memcpy(&b, p + (2 * i + 1) * per_part, sizeof b);
      unzip(a, b, even.part[i], odd.part[i]);
    }
  }
  WALD_INLINE void store(T* p) const {
    for (int i = 0; i < parts; ++i) std::memcpy(p + i * per_part, &part[i], sizeof(Part));
  }
  /// Lanes to p, p + stride, p + 2 stride ...
  WALD_INLINE void scatter(T* p, std::int64_t stride) const {
    for (int i = 0; i < lanes; ++i) p[i * stride] = part[i / per_part][i % per_part];
  }
  WALD_INLINE void store(T* p, int n) const { std::memcpy(p, part, n * sizeof(T)); }

#define WALD_OPERATOR(op)                                                                     \
  friend WALD_INLINE Vec operator op(Vec a, Vec b) {                                          \
    for (int i = 0; i < parts; ++i) a.part[i] = (Part)((Lanes)a.part[i] op(Lanes) b.part[i]); \
    return a;                                                                                 \
  }
  WALD_OPERATOR(+)
  WALD_OPERATOR(-)
  WALD_OPERATOR(*)
  WALD_OPERATOR(/)
#undef WALD_OPERATOR

#define WALD_COMPARISON(op)                                             \
  friend WALD_INLINE Mask<T> operator op(Vec a, Vec b) {                \
    Mask<T> m;                                                          \
    for (int i = 0; i < parts; ++i) m.part[i] = a.part[i] op b.part[i]; \
    return m;                                                           \
  }
  WALD_COMPARISON(==)
  WALD_COMPARISON(!=)
  WALD_COMPARISON(<)
  WALD_COMPARISON(<=)
  WALD_COMPARISON(>)
  WALD_COMPARISON(>=)
#undef WALD_COMPARISON

  friend WALD_INLINE Vec operator-(Vec a) {
    for (int i = 0; i < parts; ++i) a.part[i] = (Part)(-(Lanes)a.part[i]);
    return a;
  }

 private:
  static WALD_INLINE void unzip(Part a, Part b, Part& even, Part& odd) {
    if constexpr (per_part == 2) {
      even = __builtin_shufflevector(a, b, 0, 2);
      odd = __builtin_shufflevector(a, b, 1, 3);
    } else if constexpr (per_part == 4) {
      even = __builtin_shufflevector(a, b, 0, 2, 4, 6);
      odd = __builtin_shufflevector(a, b, 1, 3, 5, 7);
    } else if constexpr (per_part == 8) {
      even = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
      odd = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
    } else {
      even =
          __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
      odd =
          __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    }
  }
};

template <class T>
WALD_INLINE Vec<T> select(Mask<T> mask, Vec<T> a, Vec<T> b) {
  for (int i = 0; i < Vec<T>::parts; ++i) a.part[i] = mask.part[i] ? a.part[i] : b.part[i];
  return a;
}

/// The first or second half of the lanes as float64.
WALD_INLINE Vec<double> widen_half(Vec<float> x, int half) {
  alignas(64) float lane[Vec<float>::lanes];
  x.store(lane);
  typedef float Narrow __attribute__((vector_size(sizeof(Vec<double>::Part) / 2)));
  Vec<double> out;
  for (int i = 0; i < Vec<double>::parts; ++i) {
    Narrow part;
    std::memcpy(&part, lane + half * Vec<double>::lanes + i * Vec<double>::per_part, sizeof part);
    out.part[i] = __builtin_convertvector(part, Vec<double>::Part);
  }
  return out;
}
WALD_INLINE Vec<double> widen_low(Vec<float> x) { return widen_half(x, 0); }
WALD_INLINE Vec<double> widen_high(Vec<float> x) { return widen_half(x, 1); }
/// The float32 vector of two float64 halves.
WALD_INLINE Vec<float> narrow(Vec<double> low, Vec<double> high) {
  alignas(64) float lane[Vec<float>::lanes];
  typedef float Narrow __attribute__((vector_size(sizeof(Vec<double>::Part) / 2)));
  for (int i = 0; i < Vec<double>::parts; ++i) {
    const Narrow a = __builtin_convertvector(low.part[i], Narrow);
    const Narrow b = __builtin_convertvector(high.part[i], Narrow);
    std::memcpy(lane + i * Vec<double>::per_part, &a, sizeof a);
    std::memcpy(lane + Vec<double>::lanes + i * Vec<double>::per_part, &b, sizeof b);
  }
  return Vec<float>::load(lane);
}

/// Whether any lane is set.
template <class T>
WALD_INLINE bool any(Mask<T> mask) {
#if defined(__AVX512F__)
  const __m512i seen = (__m512i)mask.part[0];
  return _mm512_test_epi64_mask(seen, seen) != 0;
#elif defined(__AVX2__)
  return _mm256_movemask_epi8((__m256i)(mask.part[0] | mask.part[1])) != 0;
#else
  auto seen = mask.part[0];
  for (int i = 1; i < Mask<T>::parts; ++i) seen |= mask.part[i];
  return _mm_movemask_epi8((__m128i)seen) != 0;
#endif
}
/// Whether every lane is set.
template <class T>
WALD_INLINE bool all(Mask<T> mask) {
  for (auto& part : mask.part) part = ~part;
  return !any(mask);
}

/// a * b + c, rounded once where the processor can.
template <class T>
WALD_INLINE Vec<T> mul_add(Vec<T> a, Vec<T> b, Vec<T> c) {
  return a * b + c;
}
#if defined(__AVX512F__)
template <>
WALD_INLINE Vec<double> mul_add(Vec<double> a, Vec<double> b, Vec<double> c) {
  a.part[0] = _mm512_fmadd_pd(a.part[0], b.part[0], c.part[0]);
  return a;
}
template <>
WALD_INLINE Vec<float> mul_add(Vec<float> a, Vec<float> b, Vec<float> c) {
  a.part[0] = _mm512_fmadd_ps(a.part[0], b.part[0], c.part[0]);
  return a;
}
#elif defined(__AVX2__)
template <>
WALD_INLINE Vec<double> mul_add(Vec<double> a, Vec<double> b, Vec<double> c) {
  for (int i = 0; i < 2; ++i) a.part[i] = _mm256_fmadd_pd(a.part[i], b.part[i], c.part[i]);
  return a;
}
template <>
WALD_INLINE Vec<float> mul_add(Vec<float> a, Vec<float> b, Vec<float> c) {
  for (int i = 0; i < 2; ++i) a.part[i] = _mm256_fmadd_ps(a.part[i], b.part[i], c.part[i]);
  return a;
}
#endif

/// The sum of the lanes, as a balanced tree.
template <class T>
WALD_INLINE T sum_lanes(Vec<T> v) {
  alignas(64) T lane[Vec<T>::lanes];
  v.store(lane);
  for (int half = Vec<T>::lanes / 2; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) lane[i] += lane[i + half];
  return lane[0];
}

/// A mask from booleans in memory, one byte each.
template <class T>
WALD_INLINE Mask<T> load_mask(const std::uint8_t* p) {
  typedef typename Mask<T>::Int Int;
  alignas(64) Int lane[Mask<T>::lanes];
  for (int i = 0; i < Mask<T>::lanes; ++i) lane[i] = -static_cast<Int>(p[i] != 0);
  Mask<T> m;
  for (int i = 0; i < Mask<T>::parts; ++i)
    std::memcpy(&m.part[i], lane + i * Mask<T>::lanes / Mask<T>::parts, sizeof m.part[i]);
  return m;
}

template <class T>
WALD_INLINE void store_mask(Mask<T> m, std::uint8_t* p) {
  alignas(64) typename Mask<T>::Int lane[Mask<T>::lanes];
  for (int i = 0; i < Mask<T>::parts; ++i)
    std::memcpy(lane + i * Mask<T>::lanes / Mask<T>::parts, &m.part[i], sizeof m.part[i]);
  for (int i = 0; i < Mask<T>::lanes; ++i) p[i] = lane[i] & 1;
}

}  // namespace
}  // namespace wald::kernels
