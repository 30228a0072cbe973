// What a vendor's libraries offer. Of linear algebra, as BLAS and LAPACK have it: matrices column
// by column, each of a batch after the other, in the memory of a device. cuBLAS and cuSOLVER, or
// hipBLAS and hipSOLVER, are loaded when they are first needed and are no part of what must be
// there; with WALD_GPU_LIBRARIES=off they are left alone. The emulator has LAPACK, for tests. Of
// sorting, what CUB or hipCUB had as headers when the object was built.
//
// All functions are for float64 and float32, queue their work on the stream of the device, which is
// the calling thread's, and return not_supported where there is no library, or none with 64-bit
// sizes.
#pragma once

#include "gpu.h"

namespace wald::gpu::library {

/// c (m by n) = op(a) op(b), op(a) being m by k; leading dimensions and distances of a batch.
template <class T>
struct Gemm {
  bool transpose_a, transpose_b;
  std::int64_t m, n, k, batch;
  const T* a;
  std::int64_t lda, stride_a;
  const T* b;
  std::int64_t ldb, stride_b;
  T* c;  // of leading dimension m
};
template <class T>
Status gemm(int device, const Gemm<T>& product, Stream stream);

/// A batch of m by n matrices without gaps.
template <class T>
struct Batch {
  std::int64_t count, m, n;
  T* a;
  std::int64_t size() const { return m * n; }
};

/// The upper factor u of a = u'u in the upper triangle of a (m = n). info[p]: 0, or the order of
/// the minor that is not positive.
template <class T>
Status potrf(int device, const Batch<T>& a, int* info, Stream stream);
/// In place; pivots [count, n] are the rows (from 1) that each row was exchanged with.
template <class T>
Status getrf(int device, const Batch<T>& a, int* pivots, Stream stream);
/// In place: r above the reflectors, whose factors are tau [count, n]; m >= n.
template <class T>
Status geqrf(int device, const Batch<T>& a, T* tau, Stream stream);
/// The first n columns of q in place of geqrf's reflectors.
template <class T>
Status orgqr(int device, const Batch<T>& a, const T* tau, Stream stream);
/// Eigenvectors in place of a, which is symmetric, and ascending eigenvalues [count, n]. info[p]:
/// 0, or not if the iteration did not converge.
template <class T>
Status syevd(int device, const Batch<T>& a, T* values, int* info, Stream stream);
/// a = u diag(s) vt for m >= n, s descending; u is m by n, vt n by n, and a is lost.
template <class T>
Status gesvd(int device, const Batch<T>& a, T* u, T* s, T* vt, int* info, Stream stream);

/// Rows of n keys with a place each, and room for as many.
struct Pairs {
  std::uint64_t* keys[2];
  std::uint32_t* places[2];
  std::int64_t rows, n;  // n fits in an int
  int bits;              // keys differ in their lowest bits alone
};
/// Sorts each row by its keys, stably; the result is where there was room, if `is_moved`.
Status sort_pairs(int device, const Pairs& rows, bool* is_moved, Stream stream);

/// Those for an element type, in the source that defines them.
#define WALD_LIBRARY_OF(T)                                          \
  template Status gemm<T>(int, const Gemm<T>&, Stream);             \
  template Status potrf<T>(int, const Batch<T>&, int*, Stream);     \
  template Status getrf<T>(int, const Batch<T>&, int*, Stream);     \
  template Status geqrf<T>(int, const Batch<T>&, T*, Stream);       \
  template Status orgqr<T>(int, const Batch<T>&, const T*, Stream); \
  template Status syevd<T>(int, const Batch<T>&, T*, int*, Stream); \
  template Status gesvd<T>(int, const Batch<T>&, T*, T*, T*, int*, Stream);

/// The words of a status, and of what a library said if it failed on this thread.
const char* message_of(Status status);

#if !defined(__CUDACC__) && !defined(__HIPCC__)
/// Whether LAPACK stands for a vendor's libraries; it does not until this is said.
void emulate(bool is_there);
#endif

}  // namespace wald::gpu::library
