// LAPACK in the place of a vendor's libraries: what is made of them runs in tests.
#include <cblas.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <vector>

#include <wald/kernels/cpu/fortran.h>

#include "emulator_memory.h"
#include "library.h"

namespace wald::gpu::library {
namespace {

std::atomic<bool> is_emulated = false;

using kernels::lapack::choose;

int as_int(std::int64_t n) { return static_cast<int>(n); }

/// Calls `f(p-th matrix, p)` for each of a batch, if LAPACK stands for a library at all.
template <class T, class F>
Status each(const Batch<T>& a, F&& f) {
  if (!is_emulated) return not_supported;
  const emulator::MemoryAccess access;
  for (std::int64_t p = 0; p < a.count; ++p) f(a.a + p * a.size(), p);
  return success;
}

/// Workspace as large as any of these functions wants it.
template <class T>
std::vector<T> workspace(const Batch<T>& a) {
  const std::int64_t n = std::max(a.m, a.n);
  return std::vector<T>(static_cast<std::size_t>(1 + 64 * n + 2 * n * n));
}

}  // namespace

void emulate(bool is_there) { is_emulated = is_there; }

const char* message_of(Status status) { return gpu::message_of(status); }

template <class T>
Status gemm(int, const Gemm<T>& x, Stream) {
  if (!is_emulated) return not_supported;
  const emulator::MemoryAccess access;
  const auto op = [](bool is) { return is ? CblasTrans : CblasNoTrans; };
  for (std::int64_t p = 0; p < x.batch; ++p)
    choose<T>(cblas_dgemm, cblas_sgemm)(CblasColMajor, op(x.transpose_a), op(x.transpose_b),
                                        as_int(x.m), as_int(x.n), as_int(x.k), T(1),
                                        x.a + p * x.stride_a, as_int(x.lda), x.b + p * x.stride_b,
                                        as_int(x.ldb), T(0), x.c + p * x.m * x.n, as_int(x.m));
  return success;
}

template <class T>
Status potrf(int, const Batch<T>& a, int* info, Stream) {
  const int n = as_int(a.n);
  return each(a, [&](T* matrix, std::int64_t p) {
    choose<T>(dpotrf_, spotrf_)("U", &n, matrix, &n, info + p);
  });
}

template <class T>
Status getrf(int, const Batch<T>& a, int* pivots, Stream) {
  const int n = as_int(a.n);
  return each(a, [&](T* matrix, std::int64_t p) {
    int info = 0;
    choose<T>(dgetrf_, sgetrf_)(&n, &n, matrix, &n, pivots + p * n, &info);
  });
}

template <class T>
Status geqrf(int, const Batch<T>& a, T* tau, Stream) {
  const int m = as_int(a.m), n = as_int(a.n);
  std::vector<T> work = workspace(a);
  const int size = as_int(static_cast<std::int64_t>(work.size()));
  return each(a, [&](T* matrix, std::int64_t p) {
    int info = 0;
    choose<T>(dgeqrf_, sgeqrf_)(&m, &n, matrix, &m, tau + p * n, work.data(), &size, &info);
  });
}

template <class T>
Status orgqr(int, const Batch<T>& a, const T* tau, Stream) {
  const int m = as_int(a.m), n = as_int(a.n);
  std::vector<T> work = workspace(a);
  const int size = as_int(static_cast<std::int64_t>(work.size()));
  return each(a, [&](T* matrix, std::int64_t p) {
    int info = 0;
    choose<T>(dorgqr_, sorgqr_)(&m, &n, &n, matrix, &m, tau + p * n, work.data(), &size, &info);
  });
}

template <class T>
Status syevd(int, const Batch<T>& a, T* values, int* info, Stream) {
  const int n = as_int(a.n);
  std::vector<T> work = workspace(a);
  const int size = as_int(static_cast<std::int64_t>(work.size()));
  return each(a, [&](T* matrix, std::int64_t p) {
    choose<T>(dsyev_, ssyev_)("V", "U", &n, matrix, &n, values + p * n, work.data(), &size,
                              info + p);
  });
}

template <class T>
Status gesvd(int, const Batch<T>& a, T* u, T* s, T* vt, int* info, Stream) {
  const int m = as_int(a.m), n = as_int(a.n);
  std::vector<T> work = workspace(a);
  const int size = as_int(static_cast<std::int64_t>(work.size()));
  return each(a, [&](T* matrix, std::int64_t p) {
    choose<T>(dgesvd_, sgesvd_)("S", "S", &m, &n, matrix, &m, s + p * n, u + p * a.size(), &m,
                                vt + p * n * n, &n, work.data(), &size, info + p);
  });
}

Status sort_pairs(int, const Pairs& pairs, bool* is_moved, Stream stream) {
  if (!is_emulated) return not_supported;
  static_cast<void>(synchronize(stream));
  const emulator::MemoryAccess access;
  *is_moved = true;
  const auto n = static_cast<std::size_t>(pairs.n);
  std::vector<std::size_t> order(n);
  for (std::int64_t row = 0; row < pairs.rows; ++row) {
    const std::int64_t at = row * pairs.n;
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const std::uint64_t* const keys = pairs.keys[0] + at;
      return keys[a] << (64 - pairs.bits) < keys[b] << (64 - pairs.bits);
    });
    for (std::size_t i = 0; i < n; ++i) {
      pairs.keys[1][at + static_cast<std::int64_t>(i)] =
          pairs.keys[0][at + static_cast<std::int64_t>(order[i])];
      pairs.places[1][at + static_cast<std::int64_t>(i)] =
          pairs.places[0][at + static_cast<std::int64_t>(order[i])];
    }
  }
  return success;
}

WALD_LIBRARY_OF(double)
WALD_LIBRARY_OF(float)

}  // namespace wald::gpu::library
