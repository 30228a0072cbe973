// The LU decomposition with exchanges of rows, by panels: a block decomposes a panel's columns, the
// exchanges are made in the other columns, and the rest follows by a triangular system and a
// product.
#include <algorithm>

#include "elements.h"
#include "folds.h"
#include "linalg.h"
#include "lu.h"
#include "matrices.h"
#include "memory.h"

namespace wald::gpu {
namespace {

using kernels::LuOut;

template <class T>
struct FactorColumns {
  using Cooperates = void;
  using Largest = FirstExtreme<T, true>;
  using Candidate = typename Largest::Result;
  static constexpr int threads = 256;
  static constexpr std::size_t shared_bytes = threads * sizeof(Candidate);
  std::int64_t batch, n, begin, end;  // columns
  Batched<T> a;
  std::int64_t* pivots;  // [batch, n], the row that each row was exchanged with

  WALD_DEVICE std::int64_t find_pivot(const Thread& t, const Batched<T>& its, std::int64_t j,
                                      Candidate* candidates) const {
    Candidate best = Largest::nothing();
    for (std::int64_t i = j + t.index(); i < n; i += t.count()) {
      const T x = its.at(i, j);
      best = Largest::join(best, {x < 0 ? -x : x, i});
    }
    candidates[t.index()] = best;
    t.sync();
    fold_threads<Largest>(t, candidates);
    const std::int64_t found = candidates[0].place;
    t.sync();
    return found;
  }
  WALD_DEVICE void operator()(const Thread& t) const {
    Candidate* const candidates = t.template shared<Candidate>();
    for (std::int64_t p = t.block(); p < batch; p += t.blocks()) {
      const Batched<T> its = a.of(p);
      for (std::int64_t j = begin; j < end; ++j) {
        const std::int64_t at = find_pivot(t, its, j, candidates);
        if (t.index() == 0) pivots[p * n + j] = at;
        for (std::int64_t c = begin + t.index(); c < end && at != j; c += t.count()) {
          const T held = its.at(j, c);
          its.at(j, c) = its.at(at, c);
          its.at(at, c) = held;
        }
        t.sync();
        const T pivot = its.at(j, j);
        for (std::int64_t i = j + 1 + t.index(); i < n && pivot != 0; i += t.count()) {
          const T factor = its.at(i, j) / pivot;
          its.at(i, j) = factor;
          for (std::int64_t c = j + 1; c < end; ++c) its.at(i, c) -= factor * its.at(j, c);
        }
        t.sync();
      }
    }
  }
};

/// The exchanges of a panel in the columns beside it.
template <class T>
struct ExchangeRows {
  std::int64_t batch, n, begin, end;
  Batched<T> a;
  const std::int64_t* pivots;

  WALD_DEVICE void operator()(const Thread& t) const {
    const std::int64_t others = n - (end - begin);
    for (std::int64_t w = first(t); w < batch * others; w += step(t)) {
      const std::int64_t p = quotient(w, others), which = w - p * others;
      const std::int64_t column = which < begin ? which : which + end - begin;
      const Batched<T> its = a.of(p);
      for (std::int64_t j = begin; j < end; ++j) {
        const std::int64_t at = pivots[p * n + j];
        const T held = its.at(j, column);
        its.at(j, column) = its.at(at, column);
        its.at(at, column) = held;
      }
    }
  }
};

template <class T>
Status factor_panels(std::int64_t batch, std::int64_t n, T* lu, std::int64_t* pivots,
                     Stream stream) {
  const Batched<T> a{lu, n * n, n, 1};
  Status status = success;
  for (std::int64_t j = 0; j < n && status == success; j += panel) {
    using Kernel = FactorColumns<T>;
    const std::int64_t end = std::min(j + panel, n), rest = n - end, width = end - j;
    status = launch(Kernel{batch, n, j, end, a, pivots},
                    {grid_for(batch, 1).blocks, Kernel::threads, Kernel::shared_bytes}, stream);
    if (status == success && width < n)
      status = launch(ExchangeRows<T>{batch, n, j, end, a, pivots}, grid_for(batch * (n - width)),
                      stream);
    if (status == success)
      status =
          solve_panel<T>(false, true, {batch, width, rest}, a.from(j, j), a.from(j, end), stream);
    if (status == success)
      status = subtract_product<T>({batch, rest, rest, width}, a.from(end, j), a.from(j, end),
                                   a.from(end, end), false, stream);
  }
  return status;
}

template <class T>
Status lu_of(int device, const kernels::Matrices& a, LuOut<T> out, Stream stream) {
  const std::int64_t n = a.rows;
  const std::size_t pivot_bytes = static_cast<std::size_t>(a.batch * n) * sizeof(std::int64_t);
  const Scratch memory(device, pivot_bytes);
  if (memory.status() != success) return memory.status();
  auto* const pivots = memory.as<std::int64_t>();
  const std::size_t bytes = static_cast<std::size_t>(a.batch * n * n) * sizeof(T);
  Status status = bytes > 0 ? copy(out.lu, a.data, bytes, stream) : success;
  if (status == success) status = factor_panels(a.batch, n, out.lu, pivots, stream);
  if (status != success) return status;
  return describe_lu<T, std::int64_t>(device, a.batch, n, pivots, 0, out, stream);
}

}  // namespace

Status lu(int device, const kernels::Matrices& a, void* lu, std::int64_t* rows, void* sign,
          void* log_abs_det, void* det, int* info, Stream stream) {
  if (a.batch == 0) return success;
  if (a.rows > panel) {
    const Status status = library_lu(device, a, lu, rows, sign, log_abs_det, det, info, stream);
    if (status != not_supported) return status;
  }
  const auto run = [&](auto t) {
    using T = decltype(t);
    return lu_of<T>(device, a,
                    {static_cast<T*>(lu), rows, static_cast<T*>(sign), static_cast<T*>(log_abs_det),
                     static_cast<T*>(det), info},
                    stream);
  };
  return a.dtype == DType::float64 ? run(double{}) : run(float{});
}

}  // namespace wald::gpu
