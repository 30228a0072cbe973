// Systems with triangular matrices: panels along the diagonal are solved in shared memory, and
// what they give is taken from the right-hand sides that remain by a product.
#include <algorithm>

#include "elements.h"
#include "matrices.h"
#include "memory.h"

namespace wald::gpu {
namespace {

/// One thread for each column of x.
template <class T>
struct SolvePanel {
  using Cooperates = void;
  static constexpr int most_threads = 128, pitch = static_cast<int>(panel) + 1;
  bool upper, unit;
  PanelSize size;
  Batched<const T> a;
  Batched<T> x;

  static std::size_t shared_bytes(int threads) {
    return static_cast<std::size_t>(panel * (pitch + threads + 1)) * sizeof(T);
  }
  /// Calls body(i, q) for the elements of a tile of x, along memory.
  template <class Body>
  WALD_DEVICE void for_tile(const Thread& t, int columns, const Body& body) const {
    const int n = static_cast<int>(size.n);
    for (int e = t.index(); e < n * columns; e += t.count())
      x.row == 1 ? body(e % n, e / n) : body(e / columns, e % columns);
  }
  WALD_DEVICE void solve(const T* triangle, T* column, int step) const {
    const int n = static_cast<int>(size.n);
    for (int s = 0; s < n; ++s) {
      const int i = upper ? n - 1 - s : s, begin = upper ? i + 1 : 0, end = upper ? n : i;
      T rest = column[i * step];
      for (int j = begin; j < end; ++j) rest -= triangle[i * pitch + j] * column[j * step];
      column[i * step] = unit ? rest : rest / triangle[i * pitch + i];
    }
  }
  WALD_DEVICE void operator()(const Thread& t) const {
    T* const triangle = t.template shared<T>();
    T* const tile = triangle + panel * pitch;
    const int n = static_cast<int>(size.n), step = t.count() + 1;
    const std::int64_t across = (size.k + t.count() - 1) / t.count();
    for (std::int64_t b = t.block(); b < size.batch * across; b += t.blocks()) {
      const std::int64_t p = b / across, first_column = b % across * t.count();
      const std::int64_t left = size.k - first_column;
      const int columns = static_cast<int>(left < t.count() ? left : t.count());
      const Batched<const T> from = a.of(p);
      const Batched<T> at = x.of(p).from(0, first_column);
      for (int e = t.index(); e < n * n; e += t.count())
        triangle[e / n * pitch + e % n] = from.at(e / n, e % n);
      for_tile(t, columns, [&](int i, int q) { tile[i * step + q] = at.at(i, q); });
      t.sync();
      if (t.index() < columns) solve(triangle, tile + t.index(), step);
      t.sync();
      for_tile(t, columns, [&](int i, int q) { at.at(i, q) = tile[i * step + q]; });
      t.sync();
    }
  }
};

/// The number (from 1) of the first 0 on each diagonal.
template <class T>
struct FindZeros {
  std::int64_t batch, n;
  bool unit;
  Batched<const T> a;
  int* info;

  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t p = first(t); p < batch; p += step(t)) {
      int found = 0;
      for (std::int64_t i = 0; i < n && !found && !unit; ++i)
        if (a.of(p).at(i, i) == 0) found = static_cast<int>(i + 1);
      info[p] = found;
    }
  }
};

template <class T>
Status find_zeros(int device, const kernels::TriangularSolve& s, int* info, Stream stream) {
  const std::size_t bytes = static_cast<std::size_t>(s.batch) * sizeof(int);
  const Scratch memory(device, bytes);
  if (memory.status() != success) return memory.status();
  const Batched<const T> a{static_cast<const T*>(s.a), s.a_batch, s.a_row, s.a_col};
  Status status =
      launch(FindZeros<T>{s.batch, s.n, s.unit, a, memory.as<int>()}, grid_for(s.batch), stream);
  if (status == success) status = copy(info, memory.as<int>(), bytes, stream);
  return status == success ? synchronize(stream) : status;
}

template <class T>
Status solve(int device, const kernels::TriangularSolve& s, int* info, Stream stream) {
  Status status = info ? find_zeros<T>(device, s, info, stream) : success;
  const Batched<const T> a{static_cast<const T*>(s.a), s.a_batch, s.a_row, s.a_col};
  Batched<T> x{static_cast<T*>(s.x), s.n * s.k, s.k, 1};
  PanelSize size{s.batch, s.n, s.k};
  if (s.a_batch == 0 && s.k == 1) {  // one matrix and a batch of vectors
    x = {x.data, 0, 1, s.n};
    size = {1, s.n, s.batch};
  }
  for (std::int64_t done = 0; done < s.n && status == success; done += panel) {
    const std::int64_t n = std::min(panel, s.n - done), rest = s.n - done - n;
    const std::int64_t i = s.upper ? rest : done, other = s.upper ? 0 : done + n;
    status = solve_panel<T>(s.upper, s.unit, {size.batch, n, size.k}, a.from(i, i), x.from(i, 0),
                            stream);
    if (status == success)
      status = subtract_product<T>({size.batch, rest, size.k, n}, a.from(other, i), x.from(i, 0),
                                   x.from(other, 0), false, stream);
  }
  return status;
}

}  // namespace

template <class T>
Status solve_panel(bool upper, bool unit, PanelSize size, Batched<const T> a, Batched<T> x,
                   Stream stream) {
  if (size.batch * size.n * size.k == 0) return success;
  int threads = 32;
  while (threads < SolvePanel<T>::most_threads && threads < size.k) threads *= 2;
  const std::int64_t blocks = size.batch * ((size.k + threads - 1) / threads);
  return launch(SolvePanel<T>{upper, unit, size, a, x},
                {grid_for(blocks, 1).blocks, threads, SolvePanel<T>::shared_bytes(threads)},
                stream);
}
template Status solve_panel(bool, bool, PanelSize, Batched<const float>, Batched<float>, Stream);
template Status solve_panel(bool, bool, PanelSize, Batched<const double>, Batched<double>, Stream);

Status triangular_solve(int device, const kernels::TriangularSolve& s, int* info, Stream stream) {
  if (s.batch == 0) return success;
  return s.dtype == DType::float64 ? solve<double>(device, s, info, stream)
                                   : solve<float>(device, s, info, stream);
}

}  // namespace wald::gpu
