// Exponentials relative to a maximum and their sums, of one instruction set. Compiled as
// simd_dense.cpp is.
#include "simd.h"
#include "vec.h"
#include "vec_math.h"

namespace wald::kernels {
namespace {

using std::int64_t;

/// exp(x - m) counted where it is 1, added to `tail` elsewhere: beside the maximum's own 1 a small
/// tail keeps its digits.
struct Tally {
  Vec<double> m, tail = 0.0, count = 0.0;

  WALD_INLINE Vec<double> add(Vec<double> x) {
    const Vec<double> e = exp(select(x == m, Vec<double>(0.0), x - m));
    const Mask<double> is_one = e == Vec<double>(1.0);
    count = count + select(is_one, Vec<double>(1.0), Vec<double>(0.0));
    tail = tail + select(is_one, Vec<double>(0.0), e);
    return e;
  }
};

void exp_row(double* v, int64_t n, double m, double* tail, double* count) {
  constexpr int lanes = Vec<double>::lanes;
  Tally tally{Vec<double>::splat(&m)};
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) tally.add(Vec<double>::load(v + i)).store(v + i);
  if (i < n) {
    // Past the end stand exponentials that are 0, unless m is -inf or nan: those lanes are taken
    // out.
    alignas(64) double lane[lanes];
    for (int l = 0; l < lanes; ++l) lane[l] = l < n - i ? v[i + l] : -__builtin_inf();
    const Tally before = tally;
    tally.add(Vec<double>::load(lane)).store(v + i, static_cast<int>(n - i));
    alignas(64) double used[lanes];
    for (int l = 0; l < lanes; ++l) used[l] = l < n - i ? 1.0 : 0.0;
    const Mask<double> is_used = Vec<double>::load(used) == Vec<double>(1.0);
    tally.tail = select(is_used, tally.tail, before.tail);
    tally.count = select(is_used, tally.count, before.count);
  }
  *tail = sum_lanes(tally.tail);
  *count = sum_lanes(tally.count);
}

void exp_columns(double* v, int64_t rows, int64_t width, const double* m, double* tail,
                 double* count) {
  constexpr int lanes = Vec<double>::lanes;
  for (int64_t j = 0; j < width; j += lanes) {
    Tally tally{Vec<double>::load(m + j)};
    for (int64_t r = 0; r < rows; ++r) {
      double* at = v + r * width + j;
      tally.add(Vec<double>::load(at)).store(at);
    }
    tally.tail.store(tail + j);
    tally.count.store(count + j);
  }
}

}  // namespace

extern "C" void WALD_SIMD_ENTRY(wald_softmax)(Simd& set) {
  set.exp_row = exp_row;
  set.exp_columns = exp_columns;
}

}  // namespace wald::kernels
