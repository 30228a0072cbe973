// The functions of the vendors' libraries, found when they are first needed. hipBLAS and hipSOLVER
// mirror cuBLAS and cuSOLVER name by name. For library.cu alone.
#pragma once

#include <cstdlib>
#include <mutex>
#include <string>

#include <dlfcn.h>

#include "library.h"
#include "streams.h"

#if defined(__CUDACC__) && __has_include(<cublas_v2.h>) && __has_include(<cusolverDn.h>)
#include <cublas_v2.h>
#include <cusolverDn.h>
#define WALD_LIBRARIES 1
#define WALD_BLAS(name) cublas##name
#define WALD_SOLVER(name) cusolverDn##name
#define WALD_BLAS_IS(name) CUBLAS_##name
#define WALD_SOLVER_IS(name) CUSOLVER_##name
#define WALD_UPPER CUBLAS_FILL_MODE_UPPER
#elif defined(__HIPCC__) && __has_include(<hipblas/hipblas.h>) && __has_include(<hipsolver/hipsolver.h>)
#include <hipblas/hipblas.h>
#include <hipsolver/hipsolver.h>
#define WALD_LIBRARIES 1
#define WALD_BLAS(name) hipblas##name
#define WALD_SOLVER(name) hipsolverDn##name
#define WALD_BLAS_IS(name) HIPBLAS_##name
#define WALD_SOLVER_IS(name) HIPSOLVER_##name
#define WALD_UPPER HIPSOLVER_FILL_MODE_UPPER
#endif

#if defined(WALD_LIBRARIES)

namespace wald::gpu::library {
namespace {

/// The functions that are called, under the names that the headers' macros give them.
#define WALD_BLAS_FUNCTIONS(with)                                                  \
  with(Create) with(SetStream) with(DgemmStridedBatched) with(SgemmStridedBatched) \
      with(DgetrfBatched) with(SgetrfBatched)
#define WALD_SOLVER_FUNCTIONS(with)                                                             \
  with(Create) with(SetStream) with(CreateSyevjInfo) with(Dpotrf_bufferSize)                    \
      with(Spotrf_bufferSize) with(Dpotrf) with(Spotrf) with(DpotrfBatched) with(SpotrfBatched) \
          with(Dgetrf_bufferSize) with(Sgetrf_bufferSize) with(Dgetrf) with(Sgetrf)             \
              with(Dgeqrf_bufferSize) with(Sgeqrf_bufferSize) with(Dgeqrf) with(Sgeqrf)         \
                  with(Dorgqr_bufferSize) with(Sorgqr_bufferSize) with(Dorgqr) with(Sorgqr)     \
                      with(Dsyevd_bufferSize) with(Ssyevd_bufferSize) with(Dsyevd) with(Ssyevd) \
                          with(DsyevjBatched_bufferSize) with(SsyevjBatched_bufferSize)         \
                              with(DsyevjBatched) with(SsyevjBatched) with(Dgesvd_bufferSize)   \
                                  with(Sgesvd_bufferSize) with(Dgesvd) with(Sgesvd)

#define WALD_NAME_OF(x) WALD_NAME_OF_(x)
#define WALD_NAME_OF_(x) #x

struct Functions {
  struct Blas {
#define WALD_FUNCTION(name) decltype(&WALD_BLAS(name)) name = nullptr;
    WALD_BLAS_FUNCTIONS(WALD_FUNCTION)
#undef WALD_FUNCTION
  } blas;
  struct Solver {
#define WALD_FUNCTION(name) decltype(&WALD_SOLVER(name)) name = nullptr;
    WALD_SOLVER_FUNCTIONS(WALD_FUNCTION)
#undef WALD_FUNCTION
  } solver;
  bool has_blas = false, has_solver = false;
};

void* open_library(std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (void* const library = dlopen(name, RTLD_LAZY | RTLD_LOCAL)) return library;
  return nullptr;
}

template <class F>
void find(void* library, const char* name, F& function, bool& has_all) {
  function = reinterpret_cast<F>(dlsym(library, name));
  has_all &= function != nullptr;
}

Functions load() {
  Functions f;
  const char* const asked = std::getenv("WALD_GPU_LIBRARIES");
  if (asked && std::string(asked) == "off") return f;
#if defined(__CUDACC__) && CUDART_VERSION >= 13000
  void* const blas = open_library({"libcublas.so.13"});
  void* const solver = open_library({"libcusolver.so.12"});
#elif defined(__CUDACC__)
  void* const blas = open_library({"libcublas.so.12"});
  void* const solver = open_library({"libcusolver.so.11"});
#else
  void* const blas =
      open_library({"libhipblas.so.3", "libhipblas.so.2", "libhipblas.so.1", "libhipblas.so.0"});
  void* const solver = open_library({"libhipsolver.so.1", "libhipsolver.so.0"});
#endif
  f.has_blas = blas != nullptr;
  f.has_solver = solver != nullptr;
#define WALD_FUNCTION(name) find(blas, WALD_NAME_OF(WALD_BLAS(name)), f.blas.name, f.has_blas);
  if (blas) {
    WALD_BLAS_FUNCTIONS(WALD_FUNCTION)
  }
#undef WALD_FUNCTION
#define WALD_FUNCTION(name) \
  find(solver, WALD_NAME_OF(WALD_SOLVER(name)), f.solver.name, f.has_solver);
  if (solver) {
    WALD_SOLVER_FUNCTIONS(WALD_FUNCTION)
  }
#undef WALD_FUNCTION
  return f;
}

const Functions& functions() {
  static const Functions all = load();
  return all;
}

#if defined(__CUDACC__)
using BlasHandle = cublasHandle_t;
using SolverHandle = cusolverDnHandle_t;
using Jacobi = syevjInfo_t;
#else
using BlasHandle = hipblasHandle_t;
using SolverHandle = hipsolverHandle_t;
using Jacobi = hipsolverSyevjInfo_t;
#endif

/// Of a device. The mutex is for both: a handle serves one thread at a time.
struct Handles {
  std::mutex mutex;
  BlasHandle blas{};
  SolverHandle solver{};
  Jacobi jacobi{};
};
Handles& handles_of(int device) {
  static Handles* const all = new Handles[max_devices];  // never destroyed: the driver may be gone
  return all[device];
}

}  // namespace
}  // namespace wald::gpu::library

#endif
