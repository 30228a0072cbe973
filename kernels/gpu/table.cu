// The table of this object's vendor.
#include "table.h"

#include <algorithm>

#include "elements.h"
#include "library.h"
#include "linalg.h"
#include "matrices.h"
#include "memory.h"
#include "pointwise.h"
#include "streams.h"
#include "transfers.h"

namespace wald::gpu {
namespace {

int code(Status status) { return static_cast<int>(status); }

/// Runs `f(stream)`, which gives a status, on a device.
template <class F>
int on(int device, F&& f) {
  return code(on_device(device, f));
}

const Table table{
    .version = table_version,
    .vendor = vendor,
    .out_of_memory = static_cast<int>(out_of_memory),
    .not_supported = static_cast<int>(not_supported),
    .message_of = [](int status) { return library::message_of(static_cast<Status>(status)); },
    .device_count =
        [](int* n) {
          const Status status = device_count(n);
          *n = std::min(*n, max_devices);
          return code(status);
        },
    .is_integrated = [](int device, bool* is) { return code(is_integrated(device, is)); },
    .describe = [](int device, DeviceFacts* facts) { return code(describe(device, facts)); },
    .allocate = [](int device, std::size_t bytes,
                   void** p) { return on(device, [&](Stream) { return take(device, p, bytes); }); },
    .release =
        [](int device, void* p, std::size_t bytes) {
          give(device, p, bytes);
          return code(success);
        },
    .memory_use =
        [](int device, MemoryUse* use) {
          *use = memory_use(device);
          return code(success);
        },
    .set_memory_limit =
        [](int device, std::size_t bytes) {
          set_memory_limit(device, bytes);
          return code(success);
        },
    .trim =
        [](int device) {
          return on(device, [&](Stream) {
            trim(device);
            return success;
          });
        },
    .to_host = [](int device, const void* from, void* to,
                  std::size_t bytes) { return code(copy_to_host(device, from, to, bytes)); },
    .from_host = [](int device, const void* from, void* to,
                    std::size_t bytes) { return code(copy_from_host(device, from, to, bytes)); },
    .from_peer =
        [](int device, int peer, const void* from, void* to, std::size_t bytes) {
          return code(copy_from_peer(device, peer, from, to, bytes));
        },
    .synchronize =
        [](int device) { return on(device, [](Stream stream) { return synchronize(stream); }); },
    .find_pointwise = [](const char* name) -> const kernels::PointwiseKernel* {
      return find_pointwise(name);
    },
    .pointwise =
        [](int device, const kernels::PointwiseKernel* kernel, DType dtype, kernels::Shape shape,
           const kernels::View* in, void* out) {
          return on(device, [&](Stream stream) {
            return pointwise(*static_cast<const Pointwise*>(kernel), dtype, shape, in, out, stream);
          });
        },
    .copy =
        [](int device, DType from, DType to, kernels::Shape shape, kernels::View in,
           kernels::View out) {
          return on(device,
                    [&](Stream stream) { return copy_elements(from, to, shape, in, out, stream); });
        },
    .fill =
        [](int device, DType dtype, void* out, std::int64_t n, double value) {
          return on(device, [&](Stream stream) { return fill(dtype, out, n, value, stream); });
        },
    .reduce =
        [](int device, kernels::Reduction kind, DType dtype, kernels::Shape shape, kernels::View in,
           std::uint64_t axes, void* out) {
          return on(device, [&](Stream stream) {
            return reduce(device, kind, dtype, shape, in, axes, out, stream);
          });
        },
    .matmul =
        [](int device, const kernels::Matmul* product) {
          return on(device, [&](Stream stream) { return matmul(device, *product, stream); });
        },
    .cholesky =
        [](int device, const kernels::Matrices* a, void* l, int* info) {
          return on(device, [&](Stream stream) { return cholesky(device, *a, l, info, stream); });
        },
    .triangular_solve =
        [](int device, const kernels::TriangularSolve* system, int* info) {
          return on(device,
                    [&](Stream stream) { return triangular_solve(device, *system, info, stream); });
        },
    .lu =
        [](int device, const kernels::Matrices* a, void* factors, std::int64_t* rows, void* sign,
           void* log_abs_det, void* det, int* info) {
          return on(device, [&](Stream stream) {
            return lu(device, *a, factors, rows, sign, log_abs_det, det, info, stream);
          });
        },
    .permute_rows =
        [](int device, const kernels::Matrices* x, const std::int64_t* rows, bool inverse,
           void* out) {
          return on(device,
                    [&](Stream stream) { return permute_rows(*x, rows, inverse, out, stream); });
        },
    .qr =
        [](int device, const kernels::Matrices* a, void* q, void* r) {
          return on(device, [&](Stream stream) { return library_qr(device, *a, q, r, stream); });
        },
    .eigh =
        [](int device, const kernels::Matrices* a, void* values, void* vectors, int* info) {
          return on(device, [&](Stream stream) {
            return library_eigh(device, *a, values, vectors, info, stream);
          });
        },
    .svd =
        [](int device, const kernels::Matrices* a, void* u, void* s, void* vh, int* info) {
          return on(device,
                    [&](Stream stream) { return library_svd(device, *a, u, s, vh, info, stream); });
        },
    .gather =
        [](int device, DType dtype, kernels::Shape shape, kernels::View in, int axis,
           kernels::View index, void* out) {
          return on(device, [&](Stream stream) {
            return gather(dtype, shape, in, axis, index, out, stream);
          });
        },
    .scatter =
        [](int device, DType dtype, bool add, kernels::Shape shape, kernels::View source,
           kernels::View index, int axis, kernels::Shape out_shape, void* out) {
          return on(device, [&](Stream stream) {
            return scatter(device, dtype, add, shape, source, index, axis, out_shape, out, stream);
          });
        },
    .index_bounds =
        [](int device, kernels::Shape shape, kernels::View index, std::int64_t* low,
           std::int64_t* high) {
          return on(device, [&](Stream stream) {
            return index_bounds(device, shape, index, low, high, stream);
          });
        },
    .places_of_true =
        [](int device, kernels::Shape shape, kernels::View mask, std::int64_t* out,
           std::int64_t* count) {
          return on(device, [&](Stream stream) {
            return places_of_true(device, shape, mask, out, count, stream);
          });
        },
    .argsort =
        [](int device, DType dtype, kernels::Shape shape, kernels::View in, bool descending,
           std::int64_t keep, std::int64_t* out) {
          return on(device, [&](Stream stream) {
            return argsort(device, dtype, shape, in, descending, keep, out, stream);
          });
        },
    .searchsorted =
        [](int device, DType dtype, kernels::Shape shape, kernels::View sequence, std::int64_t n,
           std::int64_t step, kernels::View values, bool right, std::int64_t* out) {
          return on(device, [&](Stream stream) {
            return searchsorted(dtype, shape, sequence, n, step, values, right, out, stream);
          });
        },
    .arg_reduce =
        [](int device, kernels::Reduction kind, DType dtype, kernels::Shape shape, kernels::View in,
           int axis, std::int64_t* out) {
          return on(device, [&](Stream stream) {
            return arg_reduce(device, kind, dtype, shape, in, axis, out, stream);
          });
        },
    .scan =
        [](int device, kernels::Scan kind, DType dtype, kernels::Shape shape, kernels::View in,
           kernels::View factor, int axis, bool is_reverse, void* out) {
          return on(device, [&](Stream stream) {
            return scan(device, kind, dtype, shape, in, factor, axis, is_reverse, out, stream);
          });
        },
    .softmax =
        [](int device, kernels::Softmax kind, DType dtype, kernels::Shape shape, kernels::View in,
           int axis, void* out) {
          return on(device, [&](Stream stream) {
            return softmax(device, kind, dtype, shape, in, axis, out, stream);
          });
        },
    .random_real =
        [](int device, kernels::RandomLaw law, DType dtype, kernels::RandomPlace place,
           std::int64_t n, void* out) {
          return on(device,
                    [&](Stream stream) { return random_real(law, dtype, place, n, out, stream); });
        },
    .random_integers =
        [](int device, kernels::RandomPlace place, std::int64_t low, std::uint64_t range,
           std::int64_t n, std::int64_t* out) {
          return on(device, [&](Stream stream) {
            return random_integers(place, low, range, n, out, stream);
          });
        },
    .random_poisson =
        [](int device, kernels::RandomPlace place, const double* mean, std::int64_t n,
           double* out) {
          return on(device,
                    [&](Stream stream) { return random_poisson(place, mean, n, out, stream); });
        },
};

}  // namespace
}  // namespace wald::gpu

const wald::gpu::Table* wald_gpu_table() { return &wald::gpu::table; }
