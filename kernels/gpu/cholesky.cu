// The Cholesky decomposition by panels: the triangle on the diagonal in shared memory, what lies
// below it by solving with that triangle, and the rest of the matrix by a product.
#include <algorithm>
#include <cmath>

#include "elements.h"
#include "linalg.h"
#include "matrices.h"
#include "memory.h"

namespace wald::gpu {
namespace {

/// The symmetric part of a in the lower triangle of l.
template <class T>
struct SymmetricPart {
  std::int64_t batch, n;
  const T* a;
  T* l;
  int* info;

  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t e = first(t); e < batch * n * n; e += step(t)) {
      const std::int64_t row = quotient(e, n), j = e - row * n, p = quotient(row, n);
      const std::int64_t i = row - p * n;
      if (j > i) continue;
      const T x = a[e], y = a[(p * n + j) * n + i];
      const T mean = x == y ? x : T(0.5) * x + T(0.5) * y;
      if (!(mean - mean == 0)) write_same(info + p, kernels::matrix_not_finite);
      l[e] = mean;
    }
  }
};

template <class T>
struct FactorTriangle {
  using Cooperates = void;
  static constexpr int pitch = static_cast<int>(panel) + 1, threads = 128;
  static constexpr std::size_t shared_bytes = panel * pitch * sizeof(T);
  std::int64_t batch, begin;
  int n;  // up to `panel`
  Batched<T> l;
  int* info;

  WALD_DEVICE void operator()(const Thread& t) const {
    T* const a = t.template shared<T>();
    for (std::int64_t p = t.block(); p < batch; p += t.blocks()) {
      if (info[p] != 0) continue;
      const Batched<T> its = l.of(p);
      for (int e = t.index(); e < n * n; e += t.count())
        a[e / n * pitch + e % n] = its.at(e / n, e % n);
      t.sync();
      const int failed = factor(t, a);
      for (int e = t.index(); e < n * n; e += t.count())
        if (e % n <= e / n) its.at(e / n, e % n) = a[e / n * pitch + e % n];
      if (t.index() == 0 && failed) info[p] = static_cast<int>(begin) + failed;
      t.sync();
    }
  }
  /// The order of the first minor that is not positive.
  WALD_DEVICE int factor(const Thread& t, T* a) const {
    for (int k = 0; k < n; ++k) {
      const T pivot = a[k * pitch + k];
      if (!(pivot > 0)) return k + 1;
      const T root = ::sqrt(pivot);
      t.sync();
      for (int i = k + t.index(); i < n; i += t.count())
        a[i * pitch + k] = i == k ? root : a[i * pitch + k] / root;
      t.sync();
      const int rest = n - k - 1;
      for (int e = t.index(); e < rest * rest; e += t.count()) {
        const int i = k + 1 + e / rest, j = k + 1 + e % rest;
        if (j <= i) a[i * pitch + j] -= a[i * pitch + k] * a[j * pitch + k];
      }
      t.sync();
    }
    return 0;
  }
};

template <class T>
struct ClearUpper {
  std::int64_t batch, n;
  T* l;
  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t e = first(t); e < batch * n * n; e += step(t)) {
      const std::int64_t row = quotient(e, n);
      if (e - row * n > row - quotient(row, n) * n) l[e] = 0;
    }
  }
};

template <class T>
Status factor_panels(std::int64_t batch, std::int64_t n, T* data, int* info, Stream stream) {
  const Batched<T> l{data, n * n, n, 1};
  Status status = success;
  for (std::int64_t j = 0; j < n && status == success; j += panel) {
    using Kernel = FactorTriangle<T>;
    const std::int64_t width = std::min(panel, n - j), rest = n - j - width;
    const Batched<T> below = l.from(j + width, j);
    status = launch(Kernel{batch, j, static_cast<int>(width), l.from(j, j), info},
                    {grid_for(batch, 1).blocks, Kernel::threads, Kernel::shared_bytes}, stream);
    if (status == success)  // l21 l11' = a21, transposed
      status = solve_panel<T>(false, false, {batch, width, rest}, l.from(j, j), below.transposed(),
                              stream);
    if (status == success)
      status = subtract_product<T>({batch, rest, rest, width}, below, below.transposed(),
                                   l.from(j + width, j + width), true, stream);
  }
  return status;
}

template <class T>
Status cholesky_of(int device, const kernels::Matrices& a, T* l, int* info, Stream stream) {
  const std::size_t bytes = static_cast<std::size_t>(a.batch) * sizeof(int);
  const Scratch memory(device, bytes);
  if (memory.status() != success) return memory.status();
  int* const found = memory.as<int>();
  const std::int64_t n = a.rows, count = a.batch * n * n;
  Status status = fill(DType::boolean, found, static_cast<std::int64_t>(bytes), 0, stream);
  if (status == success)
    status = launch(SymmetricPart<T>{a.batch, n, static_cast<const T*>(a.data), l, found},
                    grid_for(count), stream);
  if (status == success) status = factor_panels(a.batch, n, l, found, stream);
  if (status == success) status = launch(ClearUpper<T>{a.batch, n, l}, grid_for(count), stream);
  if (status == success) status = copy(info, found, bytes, stream);
  return status == success ? synchronize(stream) : status;
}

}  // namespace

Status cholesky(int device, const kernels::Matrices& a, void* l, int* info, Stream stream) {
  if (a.batch == 0) return success;
  if (a.rows > panel) {
    const Status status = library_cholesky(device, a, l, info, stream);
    if (status != not_supported) return status;
  }
  return a.dtype == DType::float64 ? cholesky_of(device, a, static_cast<double*>(l), info, stream)
                                   : cholesky_of(device, a, static_cast<float*>(l), info, stream);
}

}  // namespace wald::gpu
