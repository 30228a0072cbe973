// The vendors' libraries behind library.h. Built without their headers, or run without the
// libraries, every function is not supported.
#include "library_functions.h"

#if defined(__CUDACC__) || defined(__HIPCC__)

#include <climits>

#include "memory.h"

namespace wald::gpu::library {
namespace {

thread_local std::string failure;

}  // namespace

const char* message_of(Status status) {
#if defined(__CUDACC__)
  if (status == cudaErrorInsufficientDriver)
    return "there is no driver for it here, or one older than the CUDA that built it";
#elif defined(__HIPCC__)
  if (status == hipErrorNoDevice) return "there is no GPU for it here, or no driver";
#endif
  return status == unknown && !failure.empty() ? failure.c_str() : gpu::message_of(status);
}

#if defined(WALD_LIBRARIES)

namespace {

template <class Code>
Status status_of(const char* library, Code code, Code good, Code short_of_memory, Code lacking) {
  if (code == good) return success;
  if (code == short_of_memory) return out_of_memory;
  if (code == lacking) return not_supported;
  failure = std::string(library) + " status " + std::to_string(static_cast<int>(code));
  return unknown;
}
Status status_of(decltype(WALD_BLAS_IS(STATUS_SUCCESS)) code) {
  return status_of("BLAS", code, WALD_BLAS_IS(STATUS_SUCCESS), WALD_BLAS_IS(STATUS_ALLOC_FAILED),
                   WALD_BLAS_IS(STATUS_NOT_SUPPORTED));
}
Status status_of(decltype(WALD_SOLVER_IS(STATUS_SUCCESS)) code) {
  return status_of("solver", code, WALD_SOLVER_IS(STATUS_SUCCESS),
                   WALD_SOLVER_IS(STATUS_ALLOC_FAILED), WALD_SOLVER_IS(STATUS_NOT_SUPPORTED));
}

/// Calls `f(functions, handle)`, which gives a status, with cuBLAS's handle for the stream.
template <class F>
Status with_blas(int device, Stream stream, F&& f) {
  if (!functions().has_blas) return not_supported;
  const auto& blas = functions().blas;
  Handles& handles = handles_of(device);
  const std::lock_guard lock(handles.mutex);
  Status status = handles.blas ? success : status_of(blas.Create(&handles.blas));
  if (status == success) status = status_of(blas.SetStream(handles.blas, stream));
  return status == success ? f(blas, handles.blas) : status;
}

/// The same with cuSOLVER's, and parameters for Jacobi's method.
template <class F>
Status with_solver(int device, Stream stream, F&& f) {
  if (!functions().has_solver) return not_supported;
  const auto& solver = functions().solver;
  Handles& handles = handles_of(device);
  const std::lock_guard lock(handles.mutex);
  Status status = handles.solver ? success : status_of(solver.Create(&handles.solver));
  if (status == success && !handles.jacobi)
    status = status_of(solver.CreateSyevjInfo(&handles.jacobi));
  if (status == success) status = status_of(solver.SetStream(handles.solver, stream));
  return status == success ? f(solver, handles) : status;
}

template <class T, class D, class S>
auto choose(D f64, S f32) {
  if constexpr (sizeof(T) == sizeof(double))
    return f64;
  else
    return f32;
}
#define WALD_CHOOSE(functions, name) choose<T>(functions.D##name, functions.S##name)

template <class... Sizes>
bool fit_int(Sizes... size) {
  return ((size <= INT_MAX) && ...);
}

template <class T>
struct Pointers {
  T* matrices;
  std::int64_t size, count;
  T** out;
  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t i = first(t); i < count; i += step(t)) out[i] = matrices + i * size;
  }
};

/// The addresses of a batch's matrices, which batched functions want in the device's memory.
template <class T>
Status point_to(const Batch<T>& a, T** out, Stream stream) {
  return launch(Pointers<T>{a.a, a.size(), a.count, out}, grid_for(a.count), stream);
}

/// Runs `ask(&size)` for the workspace of a function, then `each(p, work, size)` for every matrix.
template <class T, class Ask, class Each>
Status one_by_one(int device, const Batch<T>& a, const Ask& ask, const Each& each) {
  int size = 0;
  Status status = status_of(ask(&size));
  if (status != success) return status;
  const Scratch work(device, static_cast<std::size_t>(size) * sizeof(T));
  status = work.status();
  for (std::int64_t p = 0; p < a.count && status == success; ++p)
    status = status_of(each(p, work.as<T>(), size));
  return status;
}

/// Calls `f(functions, handle, m, n, info)`, info being one int on the device that nobody reads.
template <class T, class F>
Status on_tall(int device, const Batch<T>& a, Stream stream, const F& f) {
  if (!fit_int(a.m)) return not_supported;
  const Scratch info(device, sizeof(int));
  if (info.status() != success) return info.status();
  return with_solver(device, stream, [&](const Functions::Solver& solver, const Handles& with) {
    return f(solver, with.solver, static_cast<int>(a.m), static_cast<int>(a.n), info.as<int>());
  });
}

}  // namespace

template <class T>
Status gemm(int device, const Gemm<T>& x, Stream stream) {
  if (!fit_int(x.m, x.n, x.k, x.batch, x.lda, x.ldb)) return not_supported;
  return with_blas(device, stream, [&](const Functions::Blas& blas, BlasHandle handle) {
    const T one = 1, zero = 0;
    const auto op = [](bool is) { return is ? WALD_BLAS_IS(OP_T) : WALD_BLAS_IS(OP_N); };
    const int m = static_cast<int>(x.m), n = static_cast<int>(x.n), k = static_cast<int>(x.k);
    return status_of(WALD_CHOOSE(blas, gemmStridedBatched)(
        handle, op(x.transpose_a), op(x.transpose_b), m, n, k, &one, x.a, static_cast<int>(x.lda),
        x.stride_a, x.b, static_cast<int>(x.ldb), x.stride_b, &zero, x.c, m, x.m * x.n,
        static_cast<int>(x.batch)));
  });
}

template <class T>
Status potrf(int device, const Batch<T>& a, int* info, Stream stream) {
  if (!fit_int(a.n, a.count)) return not_supported;
  return with_solver(device, stream, [&](const Functions::Solver& solver, const Handles& with) {
    const int n = static_cast<int>(a.n), count = static_cast<int>(a.count);
    if (count > 1) {
      const Scratch matrices(device, static_cast<std::size_t>(count) * sizeof(T*));
      Status status = matrices.status();
      if (status == success) status = point_to(a, matrices.as<T*>(), stream);
      if (status != success) return status;
      return status_of(WALD_CHOOSE(solver, potrfBatched)(with.solver, WALD_UPPER, n,
                                                         matrices.as<T*>(), n, info, count));
    }
    return one_by_one(
        device, a,
        [&](int* size) {
          return WALD_CHOOSE(solver, potrf_bufferSize)(with.solver, WALD_UPPER, n, a.a, n, size);
        },
        [&](std::int64_t p, T* work, int size) {
          return WALD_CHOOSE(solver, potrf)(with.solver, WALD_UPPER, n, a.a + p * a.size(), n, work,
                                            size, info + p);
        });
  });
}

template <class T>
Status getrf(int device, const Batch<T>& a, int* pivots, Stream stream) {
  if (!fit_int(a.n, a.count)) return not_supported;
  const int n = static_cast<int>(a.n), count = static_cast<int>(a.count);
  const Scratch info(device, static_cast<std::size_t>(a.count) * sizeof(int));
  if (info.status() != success) return info.status();
  if (count > 1)
    return with_blas(device, stream, [&](const Functions::Blas& blas, BlasHandle handle) {
      const Scratch matrices(device, static_cast<std::size_t>(count) * sizeof(T*));
      Status status = matrices.status();
      if (status == success) status = point_to(a, matrices.as<T*>(), stream);
      if (status != success) return status;
      return status_of(WALD_CHOOSE(blas, getrfBatched)(handle, n, matrices.as<T*>(), n, pivots,
                                                       info.as<int>(), count));
    });
  return with_solver(device, stream, [&](const Functions::Solver& solver, const Handles& with) {
    return one_by_one(
        device, a,
        [&](int* size) {
          return WALD_CHOOSE(solver, getrf_bufferSize)(with.solver, n, n, a.a, n, size);
        },
        [&](std::int64_t p, T* work, int) {
          return WALD_CHOOSE(solver, getrf)(with.solver, n, n, a.a + p * a.size(), n, work,
                                            pivots + p * n, info.as<int>() + p);
        });
  });
}

template <class T>
Status geqrf(int device, const Batch<T>& a, T* tau, Stream stream) {
  return on_tall(device, a, stream, [&](const auto& solver, auto with, int m, int n, int* info) {
    return one_by_one(
        device, a,
        [&](int* size) { return WALD_CHOOSE(solver, geqrf_bufferSize)(with, m, n, a.a, m, size); },
        [&](std::int64_t p, T* work, int size) {
          return WALD_CHOOSE(solver, geqrf)(with, m, n, a.a + p * a.size(), m, tau + p * n, work,
                                            size, info);
        });
  });
}

template <class T>
Status orgqr(int device, const Batch<T>& a, const T* tau, Stream stream) {
  return on_tall(device, a, stream, [&](const auto& solver, auto with, int m, int n, int* info) {
    return one_by_one(
        device, a,
        [&](int* size) {
          return WALD_CHOOSE(solver, orgqr_bufferSize)(with, m, n, n, a.a, m, tau, size);
        },
        [&](std::int64_t p, T* work, int size) {
          return WALD_CHOOSE(solver, orgqr)(with, m, n, n, a.a + p * a.size(), m, tau + p * n, work,
                                            size, info);
        });
  });
}

template <class T>
Status syevd(int device, const Batch<T>& a, T* values, int* info, Stream stream) {
  if (!fit_int(a.n, a.count)) return not_supported;
  return with_solver(device, stream, [&](const Functions::Solver& solver, const Handles& with) {
    const int n = static_cast<int>(a.n), count = static_cast<int>(a.count);
    const auto vectors = WALD_SOLVER_IS(EIG_MODE_VECTOR);
    constexpr int most_by_jacobi = 32;
    if (count > 1 && n <= most_by_jacobi) {
      int size = 0;
      Status status = status_of(WALD_CHOOSE(solver, syevjBatched_bufferSize)(
          with.solver, vectors, WALD_UPPER, n, a.a, n, values, &size, with.jacobi, count));
      if (status != success) return status;
      const Scratch work(device, static_cast<std::size_t>(size) * sizeof(T));
      if (work.status() != success) return work.status();
      return status_of(WALD_CHOOSE(solver, syevjBatched)(with.solver, vectors, WALD_UPPER, n, a.a,
                                                         n, values, work.as<T>(), size, info,
                                                         with.jacobi, count));
    }
    return one_by_one(
        device, a,
        [&](int* size) {
          return WALD_CHOOSE(solver, syevd_bufferSize)(with.solver, vectors, WALD_UPPER, n, a.a, n,
                                                       values, size);
        },
        [&](std::int64_t p, T* work, int size) {
          return WALD_CHOOSE(solver, syevd)(with.solver, vectors, WALD_UPPER, n, a.a + p * a.size(),
                                            n, values + p * n, work, size, info + p);
        });
  });
}

template <class T>
Status gesvd(int device, const Batch<T>& a, T* u, T* s, T* vt, int* info, Stream stream) {
  if (!fit_int(a.m)) return not_supported;
  return with_solver(device, stream, [&](const Functions::Solver& solver, const Handles& with) {
    const int m = static_cast<int>(a.m), n = static_cast<int>(a.n);
    const Scratch rest(device, static_cast<std::size_t>(n) * sizeof(T));
    if (rest.status() != success) return rest.status();
    return one_by_one(
        device, a,
        [&](int* size) { return WALD_CHOOSE(solver, gesvd_bufferSize)(with.solver, m, n, size); },
        [&](std::int64_t p, T* work, int size) {
          return WALD_CHOOSE(solver, gesvd)(with.solver, 'S', 'S', m, n, a.a + p * a.size(), m,
                                            s + p * n, u + p * a.size(), m, vt + p * n * n, n, work,
                                            size, rest.as<T>(), info + p);
        });
  });
}

#else

template <class T>
Status gemm(int, const Gemm<T>&, Stream) {
  return not_supported;
}
template <class T>
Status potrf(int, const Batch<T>&, int*, Stream) {
  return not_supported;
}
template <class T>
Status getrf(int, const Batch<T>&, int*, Stream) {
  return not_supported;
}
template <class T>
Status geqrf(int, const Batch<T>&, T*, Stream) {
  return not_supported;
}
template <class T>
Status orgqr(int, const Batch<T>&, const T*, Stream) {
  return not_supported;
}
template <class T>
Status syevd(int, const Batch<T>&, T*, int*, Stream) {
  return not_supported;
}
template <class T>
Status gesvd(int, const Batch<T>&, T*, T*, T*, int*, Stream) {
  return not_supported;
}

#endif

WALD_LIBRARY_OF(double)
WALD_LIBRARY_OF(float)

}  // namespace wald::gpu::library

#endif
