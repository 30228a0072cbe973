#include "backend.h"

#include <cstring>

#include "copy.h"
#include "decompositions.h"
#include "index.h"
#include "matmul.h"
#include "memory.h"
#include "pointwise.h"
#include "random.h"
#include "reduce.h"
#include "scan.h"
#include "softmax.h"
#include "sort.h"

namespace wald::kernels {

void* CpuBackend::allocate(std::size_t bytes) const { return kernels::allocate(bytes); }
void CpuBackend::release(void* p, std::size_t bytes) const { kernels::release(p, bytes); }
void CpuBackend::to_host(const void* from, void* to, std::size_t bytes) const {
  std::memcpy(to, from, bytes);
}
void CpuBackend::from_host(const void* from, void* to, std::size_t bytes) const {
  std::memcpy(to, from, bytes);
}
void CpuBackend::synchronize() const {}
const PointwiseKernel* CpuBackend::find_pointwise(const char* formula) const {
  return kernels::find_pointwise(formula);
}
void CpuBackend::pointwise(const PointwiseKernel& kernel, DType dtype, Shape shape, const View* in,
                           void* out) const {
  kernels::pointwise(kernel, dtype, shape, in, out);
}
void CpuBackend::copy(DType from, DType to, Shape shape, View in, View out) const {
  kernels::copy(from, to, shape, in, out);
}
void CpuBackend::fill(DType dtype, void* out, std::int64_t n, double value) const {
  kernels::fill(dtype, out, n, value);
}
void CpuBackend::reduce(Reduction kind, DType dtype, Shape shape, View in, std::uint64_t axes,
                        void* out) const {
  kernels::reduce(kind, dtype, shape, in, axes, out);
}
void CpuBackend::matmul(const Matmul& product) const { kernels::matmul(product); }
void CpuBackend::cholesky(const Matrices& a, void* l, int* info) const {
  kernels::cholesky(a, l, info);
}
void CpuBackend::triangular_solve(const TriangularSolve& system, int* info) const {
  kernels::triangular_solve(system, info);
}
void CpuBackend::lu(const Matrices& a, void* lu, std::int64_t* rows, void* sign, void* log_abs_det,
                    void* det, int* info) const {
  kernels::lu(a, lu, rows, sign, log_abs_det, det, info);
}
void CpuBackend::permute_rows(const Matrices& x, const std::int64_t* rows, bool inverse,
                              void* out) const {
  kernels::permute_rows(x, rows, inverse, out);
}
void CpuBackend::qr(const Matrices& a, void* q, void* r) const { kernels::qr(a, q, r); }
void CpuBackend::eigh(const Matrices& a, void* values, void* vectors, int* info) const {
  kernels::eigh(a, values, vectors, info);
}
void CpuBackend::svd(const Matrices& a, void* u, void* s, void* vh, int* info) const {
  kernels::svd(a, u, s, vh, info);
}
void CpuBackend::gather(DType dtype, Shape shape, View in, int axis, View index, void* out) const {
  kernels::gather(dtype, shape, in, axis, index, out);
}
void CpuBackend::scatter(DType dtype, bool add, Shape shape, View source, View index, int axis,
                         Shape out_shape, void* out) const {
  kernels::scatter(dtype, add, shape, source, index, axis, out_shape, out);
}
void CpuBackend::index_bounds(Shape shape, View index, std::int64_t* low,
                              std::int64_t* high) const {
  kernels::index_bounds(shape, index, low, high);
}
std::int64_t CpuBackend::places_of_true(Shape shape, View mask, std::int64_t* out) const {
  return kernels::places_of_true(shape, mask, out);
}
void CpuBackend::argsort(DType dtype, Shape shape, View in, bool descending, std::int64_t keep,
                         std::int64_t* out) const {
  kernels::argsort(dtype, shape, in, descending, keep, out);
}
void CpuBackend::searchsorted(DType dtype, Shape shape, View sequence, std::int64_t n,
                              std::int64_t step, View values, bool right, std::int64_t* out) const {
  kernels::searchsorted(dtype, shape, sequence, n, step, values, right, out);
}
void CpuBackend::arg_reduce(Reduction kind, DType dtype, Shape shape, View in, int axis,
                            std::int64_t* out) const {
  kernels::arg_reduce(kind, dtype, shape, in, axis, out);
}
void CpuBackend::scan(Scan kind, DType dtype, Shape shape, View in, View factor, int axis,
                      bool is_reverse, void* out) const {
  kernels::scan(kind, dtype, shape, in, factor, axis, is_reverse, out);
}
void CpuBackend::softmax(Softmax kind, DType dtype, Shape shape, View in, int axis,
                         void* out) const {
  kernels::softmax(kind, dtype, shape, in, axis, out);
}
void CpuBackend::random_real(RandomLaw law, DType dtype, RandomPlace place, std::int64_t n,
                             void* out) const {
  kernels::random_real(law, dtype, place, n, out);
}
void CpuBackend::random_integers(RandomPlace place, std::int64_t low, std::uint64_t range,
                                 std::int64_t n, std::int64_t* out) const {
  kernels::random_integers(place, low, range, n, out);
}
void CpuBackend::random_poisson(RandomPlace place, const double* mean, std::int64_t n,
                                double* out) const {
  kernels::random_poisson(place, mean, n, out);
}

const Backend& cpu_backend() {
  static const auto* const cpu =
      new CpuBackend("cpu");  // never destroyed: tensors may outlive main
  return *cpu;
}

}  // namespace wald::kernels
