// What Backend::lu says of a matrix beside its factors, on the processor and on GPUs.
#pragma once

#include <cmath>
#include <cstdint>

#include <wald/kernels/device.h>

namespace wald::kernels {

/// Where the results of a batch of n by n matrices go: lu [batch, n, n], rows [batch, n], the rest
/// [batch].
template <class T>
struct LuOut {
  T* lu;
  std::int64_t* rows;
  T *sign, *log_abs_det, *det;
  int* info;
};

/// The order of the rows, the determinant and the first pivot of zero (from 1), from the factors of
/// the p-th matrix; row i was exchanged with row pivots[i], the first being row `base`.
template <class T, class Pivot>
WALD_ANYWHERE void describe_lu(const LuOut<T>& out, std::int64_t p, std::int64_t n,
                               const Pivot* pivots, Pivot base) {
  const T* const lu = out.lu + p * n * n;
  std::int64_t* const rows = out.rows + p * n;
  T sign = 1, det = 1;
  double log_abs = 0;
  int zero = 0;
  for (std::int64_t i = 0; i < n; ++i) rows[i] = i;
  for (std::int64_t i = 0; i < n; ++i) {
    const T pivot = lu[i * n + i];
    const std::int64_t other = pivots[i] - base;
    // Of a column of nan a library may say any row.
    if (other > i && other < n) {
      const std::int64_t row = rows[i];
      rows[i] = rows[other];
      rows[other] = row;
      sign = -sign, det = -det;
    }
    if (pivot < 0) sign = -sign;
    if (pivot == 0 && zero == 0) zero = static_cast<int>(i) + 1;
    det *= pivot;
    log_abs += ::log(::fabs(static_cast<double>(pivot)));
  }
  const bool is_nan = log_abs != log_abs;
  out.sign[p] = is_nan ? static_cast<T>(log_abs) : zero ? T(0) : sign;
  out.log_abs_det[p] = static_cast<T>(log_abs);
  out.det[p] = det;
  out.info[p] = zero;
}

}  // namespace wald::kernels
