#include "backend.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "staging.h"

namespace wald::kernels {
namespace {

std::int64_t bytes_of(DType dtype, std::int64_t n) {
  return n * static_cast<std::int64_t>(size_of(dtype));
}
std::int64_t bytes_of(const Matrices& a) { return bytes_of(a.dtype, a.batch * a.rows * a.cols); }

std::string name_of(const gpu::Table& table, int device) {
  const std::string vendor = table.vendor;
  return vendor == "emulated" && device == 0 ? vendor : vendor + ":" + std::to_string(device);
}

}  // namespace

GpuBackend::GpuBackend(const gpu::Table& table, int device)
    : Backend(name_of(table, device)), table_(table), device_(device) {}

void GpuBackend::check(int status, const char* what) const {
  if (status == 0) return;
  if (status == table_.out_of_memory) throw std::bad_alloc();
  throw BackendError(std::string(what) + " failed on " + name + ": " + table_.message_of(status));
}

template <class Kernel, class... Arguments>
bool GpuBackend::does(const char* what, Kernel* kernel, const Arguments&... arguments) const {
  const int status = kernel(device_, arguments...);
  if (status != table_.not_supported) {
    check(status, what);
    return true;
  }
  const std::lock_guard lock(said_mutex_);
  if (said_.insert(what).second)
    std::fprintf(stderr, "wald: %s has no kernel for %s; the processor does it\n", name.c_str(),
                 what);
  return false;
}

bool GpuBackend::is_integrated() const {
  bool is = false;
  check(table_.is_integrated(device_, &is), "asking for its properties");
  return is;
}
gpu::DeviceFacts GpuBackend::facts() const {
  gpu::DeviceFacts facts{};
  check(table_.describe(device_, &facts), "asking for its properties");
  return facts;
}
gpu::MemoryUse GpuBackend::memory_use() const {
  gpu::MemoryUse use;
  check(table_.memory_use(device_, &use), "asking for its memory");
  return use;
}
void GpuBackend::set_memory_limit(std::size_t bytes) const {
  check(table_.set_memory_limit(device_, bytes), "setting a limit of memory");
}
void GpuBackend::trim() const { check(table_.trim(device_), "giving memory back"); }

bool GpuBackend::is_peer_of(const Backend& other) const {
  const auto* gpu = dynamic_cast<const GpuBackend*>(&other);
  return gpu && &gpu->table_ == &table_;
}
void GpuBackend::from_peer(const GpuBackend& peer, const void* from, void* to,
                           std::size_t bytes) const {
  check(table_.from_peer(device_, peer.device_, from, to, bytes), "a copy between devices");
}

void* GpuBackend::allocate(std::size_t bytes) const {
  void* p = nullptr;
  const int status = table_.allocate(device_, bytes, &p);
  if (status == table_.out_of_memory) return nullptr;
  check(status, "allocating memory");
  return p;
}
void GpuBackend::release(void* p, std::size_t bytes) const {
  table_.release(device_, p, bytes);  // called by destructors: nothing can be done about a failure
}
void GpuBackend::to_host(const void* from, void* to, std::size_t bytes) const {
  ++copies_to_host_;
  check(table_.to_host(device_, from, to, bytes), "a copy to the host");
}
void GpuBackend::from_host(const void* from, void* to, std::size_t bytes) const {
  check(table_.from_host(device_, from, to, bytes), "a copy from the host");
}
void GpuBackend::synchronize() const { check(table_.synchronize(device_), "what was queued"); }

const PointwiseKernel* GpuBackend::find_pointwise(const char* formula) const {
  return table_.find_pointwise(formula);
}
void GpuBackend::pointwise(const PointwiseKernel& kernel, DType dtype, Shape shape, const View* in,
                           void* out) const {
  check(table_.pointwise(device_, &kernel, dtype, shape, in, out), "pointwise");
}
void GpuBackend::copy(DType from, DType to, Shape shape, View in, View out) const {
  check(table_.copy(device_, from, to, shape, in, out), "copy");
}
void GpuBackend::fill(DType dtype, void* out, std::int64_t n, double value) const {
  check(table_.fill(device_, dtype, out, n, value), "fill");
}
void GpuBackend::reduce(Reduction kind, DType dtype, Shape shape, View in, std::uint64_t axes,
                        void* out) const {
  check(table_.reduce(device_, kind, dtype, shape, in, axes, out), "reduce");
}
void GpuBackend::matmul(const Matmul& product) const {
  check(table_.matmul(device_, &product), "matmul");
}
void GpuBackend::cholesky(const Matrices& a, void* l, int* info) const {
  check(table_.cholesky(device_, &a, l, info), "cholesky");
}
void GpuBackend::triangular_solve(const TriangularSolve& system, int* info) const {
  check(table_.triangular_solve(device_, &system, info), "triangular_solve");
}
void GpuBackend::lu(const Matrices& a, void* lu, std::int64_t* rows, void* sign, void* log_abs_det,
                    void* det, int* info) const {
  check(table_.lu(device_, &a, lu, rows, sign, log_abs_det, det, info), "lu");
}
void GpuBackend::permute_rows(const Matrices& x, const std::int64_t* rows, bool inverse,
                              void* out) const {
  check(table_.permute_rows(device_, &x, rows, inverse, out), "permute_rows");
}
void GpuBackend::qr(const Matrices& a, void* q, void* r) const {
  if (does("qr", table_.qr, &a, q, r)) return;
  Staging stage(*this);
  cpu_backend().qr(stage.in(a), stage.out(q, bytes_of(a)),
                   stage.out(r, bytes_of(a.dtype, a.batch * a.cols * a.cols)));
  stage.finish();
}
void GpuBackend::eigh(const Matrices& a, void* values, void* vectors, int* info) const {
  if (does("eigh", table_.eigh, &a, values, vectors, info)) return;
  Staging stage(*this);
  cpu_backend().eigh(stage.in(a), stage.out(values, bytes_of(a.dtype, a.batch * a.rows)),
                     stage.out(vectors, bytes_of(a)), info);
  stage.finish();
}
void GpuBackend::svd(const Matrices& a, void* u, void* s, void* vh, int* info) const {
  if (does("svd", table_.svd, &a, u, s, vh, info)) return;
  Staging stage(*this);
  const std::int64_t k = std::min(a.rows, a.cols);
  cpu_backend().svd(stage.in(a), stage.out(u, bytes_of(a.dtype, a.batch * a.rows * k)),
                    stage.out(s, bytes_of(a.dtype, a.batch * k)),
                    stage.out(vh, bytes_of(a.dtype, a.batch * k * a.cols)), info);
  stage.finish();
}
void GpuBackend::gather(DType dtype, Shape shape, View in, int axis, View index, void* out) const {
  check(table_.gather(device_, dtype, shape, in, axis, index, out), "gather");
}
void GpuBackend::scatter(DType dtype, bool add, Shape shape, View source, View index, int axis,
                         Shape out_shape, void* out) const {
  check(table_.scatter(device_, dtype, add, shape, source, index, axis, out_shape, out), "scatter");
}
void GpuBackend::index_bounds(Shape shape, View index, std::int64_t* low,
                              std::int64_t* high) const {
  check(table_.index_bounds(device_, shape, index, low, high), "index_bounds");
}
std::int64_t GpuBackend::places_of_true(Shape shape, View mask, std::int64_t* out) const {
  std::int64_t count = 0;
  check(table_.places_of_true(device_, shape, mask, out, &count), "places_of_true");
  return count;
}
void GpuBackend::argsort(DType dtype, Shape shape, View in, bool descending, std::int64_t keep,
                         std::int64_t* out) const {
  check(table_.argsort(device_, dtype, shape, in, descending, keep, out), "argsort");
}
void GpuBackend::searchsorted(DType dtype, Shape shape, View sequence, std::int64_t n,
                              std::int64_t step, View values, bool right, std::int64_t* out) const {
  check(table_.searchsorted(device_, dtype, shape, sequence, n, step, values, right, out),
        "searchsorted");
}
void GpuBackend::arg_reduce(Reduction kind, DType dtype, Shape shape, View in, int axis,
                            std::int64_t* out) const {
  check(table_.arg_reduce(device_, kind, dtype, shape, in, axis, out), "arg_reduce");
}
void GpuBackend::scan(Scan kind, DType dtype, Shape shape, View in, View factor, int axis,
                      bool is_reverse, void* out) const {
  check(table_.scan(device_, kind, dtype, shape, in, factor, axis, is_reverse, out), "scan");
}
void GpuBackend::softmax(Softmax kind, DType dtype, Shape shape, View in, int axis,
                         void* out) const {
  check(table_.softmax(device_, kind, dtype, shape, in, axis, out), "softmax");
}
void GpuBackend::random_real(RandomLaw law, DType dtype, RandomPlace place, std::int64_t n,
                             void* out) const {
  check(table_.random_real(device_, law, dtype, place, n, out), "random_real");
}
void GpuBackend::random_integers(RandomPlace place, std::int64_t low, std::uint64_t range,
                                 std::int64_t n, std::int64_t* out) const {
  check(table_.random_integers(device_, place, low, range, n, out), "random_integers");
}
void GpuBackend::random_poisson(RandomPlace place, const double* mean, std::int64_t n,
                                double* out) const {
  check(table_.random_poisson(device_, place, mean, n, out), "random_poisson");
}

}  // namespace wald::kernels
