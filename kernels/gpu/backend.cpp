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

std::int64_t count_of(Shape shape) {
  std::int64_t count = 1;
  for (int axis = 0; axis < shape.rank; ++axis) count *= shape.size[axis];
  return count;
}

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
  const int status = kernel ? kernel(device_, arguments...) : table_.not_supported;
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
  if (does("matmul", table_.matmul, &product)) return;
  Staging stage(*this);
  Matmul p = product;
  const std::int64_t a_shape[] = {p.batch, p.m, p.k}, b_shape[] = {p.batch, p.k, p.n};
  const std::int64_t a_stride[] = {p.a_batch, p.a_row, p.a_col};
  const std::int64_t b_stride[] = {p.b_batch, p.b_row, p.b_col};
  p.a = stage.in(p.dtype, {3, a_shape}, {p.a, a_stride}).data;
  p.b = stage.in(p.dtype, {3, b_shape}, {p.b, b_stride}).data;
  p.a_batch = p.m * p.k, p.a_row = p.k, p.a_col = 1;
  p.b_batch = p.k * p.n, p.b_row = p.n, p.b_col = 1;
  p.c = stage.out(p.c, bytes_of(p.dtype, p.batch * p.m * p.n));
  cpu_backend().matmul(p);
  stage.finish();
}
void GpuBackend::cholesky(const Matrices& a, void* l, int* info) const {
  if (does("cholesky", table_.cholesky, &a, l, info)) return;
  Staging stage(*this);
  cpu_backend().cholesky(stage.in(a), stage.out(l, bytes_of(a)), info);
  stage.finish();
}
void GpuBackend::triangular_solve(const TriangularSolve& system, int* info) const {
  if (does("triangular_solve", table_.triangular_solve, &system, info)) return;
  Staging stage(*this);
  TriangularSolve s = system;
  const std::int64_t shape[] = {s.batch, s.n, s.n}, stride[] = {s.a_batch, s.a_row, s.a_col};
  s.a = stage.in(s.dtype, {3, shape}, {s.a, stride}).data;
  s.a_batch = s.n * s.n, s.a_row = s.n, s.a_col = 1;
  s.x = stage.out(s.x, bytes_of(s.dtype, s.batch * s.n * s.k), true);
  cpu_backend().triangular_solve(s, info);
  stage.finish();
}
void GpuBackend::lu(const Matrices& a, void* lu, std::int64_t* rows, void* sign, void* log_abs_det,
                    void* det, int* info) const {
  if (does("lu", table_.lu, &a, lu, rows, sign, log_abs_det, det, info)) return;
  Staging stage(*this);
  const std::int64_t one = bytes_of(a.dtype, a.batch);
  cpu_backend().lu(stage.in(a), stage.out(lu, bytes_of(a)), stage.out(rows, a.batch * a.rows),
                   stage.out(sign, one), stage.out(log_abs_det, one), stage.out(det, one), info);
  stage.finish();
}
void GpuBackend::permute_rows(const Matrices& x, const std::int64_t* rows, bool inverse,
                              void* out) const {
  if (does("permute_rows", table_.permute_rows, &x, rows, inverse, out)) return;
  Staging stage(*this);
  const std::int64_t n = x.batch * x.rows, one = 1;
  const View order = stage.in(DType::int64, {1, &n}, {rows, &one});
  cpu_backend().permute_rows(stage.in(x), static_cast<const std::int64_t*>(order.data), inverse,
                             stage.out(out, bytes_of(x)));
  stage.finish();
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
  if (does("scatter", table_.scatter, dtype, add, shape, source, index, axis, out_shape, out))
    return;
  Staging stage(*this);
  const std::int64_t bytes = bytes_of(dtype, count_of(out_shape));
  cpu_backend().scatter(dtype, add, shape, stage.in(dtype, shape, source),
                        stage.in(DType::int64, shape, index), axis, out_shape,
                        stage.out(out, bytes, true));
  stage.finish();
}
void GpuBackend::index_bounds(Shape shape, View index, std::int64_t* low,
                              std::int64_t* high) const {
  if (does("index_bounds", table_.index_bounds, shape, index, low, high)) return;
  Staging stage(*this);
  cpu_backend().index_bounds(shape, stage.in(DType::int64, shape, index), low, high);
  stage.finish();
}
std::int64_t GpuBackend::places_of_true(Shape shape, View mask, std::int64_t* out) const {
  std::int64_t count = 0;
  if (does("places_of_true", table_.places_of_true, shape, mask, out, &count)) return count;
  Staging stage(*this);
  const View here = stage.in(DType::boolean, shape, mask);
  count = cpu_backend().places_of_true(shape, here, nullptr);
  if (out) cpu_backend().places_of_true(shape, here, stage.out(out, count));
  stage.finish();
  return count;
}
void GpuBackend::argsort(DType dtype, Shape shape, View in, bool descending, std::int64_t keep,
                         std::int64_t* out) const {
  if (does("argsort", table_.argsort, dtype, shape, in, descending, keep, out)) return;
  Staging stage(*this);
  const std::int64_t length = shape.rank == 0 ? 1 : shape.size[shape.rank - 1];
  const std::int64_t rows = length == 0 ? 0 : count_of(shape) / length;
  cpu_backend().argsort(dtype, shape, stage.in(dtype, shape, in), descending, keep,
                        stage.out(out, rows * keep));
  stage.finish();
}
void GpuBackend::searchsorted(DType dtype, Shape shape, View sequence, std::int64_t n,
                              std::int64_t step, View values, bool right, std::int64_t* out) const {
  if (does("searchsorted", table_.searchsorted, dtype, shape, sequence, n, step, values, right,
           out))
    return;
  Staging stage(*this);
  // A sequence for each place of the leading axes along which it changes, its elements last.
  std::vector<std::int64_t> sizes(shape.size, shape.size + shape.rank), begins(sizes.size(), 0);
  std::vector<std::int64_t> strides(sequence.stride, sequence.stride + shape.rank);
  for (std::size_t axis = 0; axis < sizes.size(); ++axis)
    if (strides[axis] == 0) sizes[axis] = 1;
  sizes.push_back(n);
  strides.push_back(step);
  const Shape whole{shape.rank + 1, sizes.data()};
  const View here = stage.in(dtype, whole, {sequence.data, strides.data()});
  for (std::size_t axis = 0; axis < begins.size(); ++axis)
    if (strides[axis] != 0) begins[axis] = here.stride[axis];
  cpu_backend().searchsorted(dtype, shape, {here.data, begins.data()}, n, 1,
                             stage.in(dtype, shape, values), right,
                             stage.out(out, count_of(shape)));
  stage.finish();
}
void GpuBackend::arg_reduce(Reduction kind, DType dtype, Shape shape, View in, int axis,
                            std::int64_t* out) const {
  if (does("arg_reduce", table_.arg_reduce, kind, dtype, shape, in, axis, out)) return;
  Staging stage(*this);
  cpu_backend().arg_reduce(kind, dtype, shape, stage.in(dtype, shape, in), axis,
                           stage.out(out, count_of(shape) / shape.size[axis]));
  stage.finish();
}
void GpuBackend::scan(Scan kind, DType dtype, Shape shape, View in, View factor, int axis,
                      bool is_reverse, void* out) const {
  if (does("scan", table_.scan, kind, dtype, shape, in, factor, axis, is_reverse, out)) return;
  Staging stage(*this);
  const View multiplied = kind == Scan::recurrence ? stage.in(dtype, shape, factor) : factor;
  cpu_backend().scan(kind, dtype, shape, stage.in(dtype, shape, in), multiplied, axis, is_reverse,
                     stage.out(out, bytes_of(dtype, count_of(shape))));
  stage.finish();
}
void GpuBackend::softmax(Softmax kind, DType dtype, Shape shape, View in, int axis,
                         void* out) const {
  if (does("softmax", table_.softmax, kind, dtype, shape, in, axis, out)) return;
  Staging stage(*this);
  std::int64_t count = count_of(shape);
  if (kind == Softmax::logsumexp && count > 0) count /= shape.size[axis];
  cpu_backend().softmax(kind, dtype, shape, stage.in(dtype, shape, in), axis,
                        stage.out(out, bytes_of(dtype, count)));
  stage.finish();
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
