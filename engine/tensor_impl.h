// What a Tensor points at: storage, layout, and autograd's fields. For the engine's own files.
#pragma once

#include <atomic>
#include <functional>
#include <string_view>

#include <wald/engine/ref.h>
#include <wald/engine/tensor.h>
#include <wald/kernels/backend.h>
#include <wald/kernels/cpu/memory.h>

namespace wald {

/// Memory of a device, shared by every view of it. `version` counts the writes in place.
struct Storage : RefCounted, kernels::Pooled {
  Storage(const kernels::Backend& backend, std::size_t bytes);
  Storage(const kernels::Backend& backend, void* borrowed, std::function<void()> release);
  ~Storage();

  static constexpr std::size_t inline_bytes = 64;

  const kernels::Backend& backend;
  void* data;
  std::size_t bytes;  // to be released; 0 for borrowed memory and what lies in `small`
  std::function<void()> on_release;
  std::atomic<std::uint32_t> version{0};
  alignas(16) char small[inline_bytes];  // a few numbers on the host need no block of their own
};

struct TensorImpl : RefCounted, kernels::Pooled {
  TensorImpl(Ref<Storage> memory, const Dims& sizes, const Dims& steps, std::int64_t first,
             DType type);
  ~TensorImpl();

  Ref<Storage> storage;
  Dims shape, strides;
  std::int64_t offset;
  DType dtype;
  bool requires_grad = false;  // of a leaf; an intermediate value has a node instead
  bool is_sink = false;        // the node keeps a pointer back, to deliver the gradient
  bool is_compressed = false;  // repeats elements (stride 0) that are its own: laid out on a write
  std::uint32_t output = 0;    // which output of the node this is
  Ref<Node> node;              // a leaf that requires grad has one too, its place in the graph
  Tensor grad;

  char* data() const {
    return static_cast<char*>(storage->data) + offset * static_cast<std::int64_t>(size_of(dtype));
  }
  kernels::View view() const { return {data(), strides.data()}; }
};

inline kernels::Shape kernel_shape(const Dims& shape) {
  return {static_cast<int>(shape.size()), shape.data()};
}

/// Throws ShapeError if there are more axes than max_rank.
void require_rank(const Dims& shape);

/// A new, contiguous, uninitialized tensor.
/// Throws DeviceError naming `op` if there is no memory.
Tensor allocate(const kernels::Backend& backend, const Dims& shape, DType dtype,
                std::string_view op = "tensor");

/// Another view of x's memory, outside the graph.
Tensor alias(const Tensor& x, const Dims& shape, const Dims& strides, std::int64_t offset);

/// x itself if contiguous, else a copy, outside the graph.
Tensor contiguous_detached(const Tensor& x);
/// The same on another device.
Tensor contiguous_on(const kernels::Backend& backend, const Tensor& x);

/// Copies the elements of `from` to a contiguous tensor of its shape and type on another device.
void copy_between_devices(const Tensor& from, const Tensor& to);

/// In a handler of BackendError and std::bad_alloc: throws it as a DeviceError that names the op.
[[noreturn]] void rethrow_for(std::string_view op);

inline const kernels::Backend& backend_of(const Tensor& x) { return x.impl()->storage->backend; }

/// "float64".
const char* name_of(DType dtype);

}  // namespace wald
