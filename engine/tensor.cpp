#include "tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include <wald/kernels/convert.h>
#include <wald/kernels/gpu/backend.h>

#include "autograd.h"
#include "node.h"
#include "op.h"
#include "ops/shape.h"
#include "tensor_impl.h"

namespace wald {

Storage::Storage(const kernels::Backend& on, std::size_t size)
    : backend(on), data(small), bytes(0) {
  if (size <= inline_bytes && &on == &kernels::cpu_backend()) return;
  data = on.allocate(size);
  bytes = size;
  if (!data) throw std::bad_alloc();
}
Storage::Storage(const kernels::Backend& on, void* borrowed, std::function<void()> release)
    : backend(on), data(borrowed), bytes(0), on_release(std::move(release)) {}
Storage::~Storage() {
  if (bytes > 0) backend.release(data, bytes);
  if (on_release) on_release();
}

TensorImpl::TensorImpl(Ref<Storage> memory, const Dims& sizes, const Dims& steps,
                       std::int64_t first, DType type)
    : storage(std::move(memory)), shape(sizes), strides(steps), offset(first), dtype(type) {}
TensorImpl::~TensorImpl() {
  if (is_sink) remove_sink(*node, this);
}

Tensor::Tensor() = default;
Tensor::Tensor(Ref<TensorImpl> impl) : impl_(std::move(impl)) {}
Tensor::Tensor(const Tensor&) = default;
Tensor::Tensor(Tensor&&) noexcept = default;
Tensor& Tensor::operator=(const Tensor&) = default;
Tensor& Tensor::operator=(Tensor&&) noexcept = default;
Tensor::~Tensor() = default;

namespace {

const TensorImpl& checked(const Ref<TensorImpl>& impl) {
  if (!impl) throw GraphError("an undefined tensor was used; give it a value first");
  return *impl;
}

void require_dtype(const Tensor& x, DType asked) {
  if (x.dtype() != asked)
    throw DTypeError(
        fmt::format("data: the tensor holds {}, not {}", name_of(x.dtype()), name_of(asked)));
}

/// The processor may touch its own memory alone.
void require_host(const Tensor& x, const char* what) {
  if (&backend_of(x) != &kernels::cpu_backend())
    throw DeviceError(fmt::format(
        "{}: the tensor lies on {}, whose memory the processor does not reach; bring it with "
        "to(x, Device())",
        what, backend_of(x).name));
}

/// Brings the first elements of a contiguous tensor to the processor.
void read(const Tensor& x, void* to, std::int64_t n, const char* what) {
  const TensorImpl& impl = *x.impl();
  const std::size_t bytes = static_cast<std::size_t>(n) * size_of(impl.dtype);
  if (bytes == 0) return;
  try {
    impl.storage->backend.to_host(impl.data(), to, bytes);
  } catch (const kernels::BackendError&) {
    rethrow_for(what);
  }
}

/// Called before every write in place.
void prepare_to_write(const Tensor& x, const char* what) {
  if (!x.is_leaf())
    throw GraphError(fmt::format(
        "{}: the result of an operation cannot be written in place, only a leaf", what));
  if (x.requires_grad() && is_grad_enabled())
    throw GraphError(fmt::format(
        "{}: a leaf that requires grad can be written in place only under NoGradGuard", what));
  TensorImpl& impl = *x.impl();
  if (impl.is_compressed) {
    const Tensor laid_out = contiguous_detached(x);
    impl.storage = laid_out.impl()->storage;
    impl.strides = laid_out.strides();
    impl.offset = 0;
    impl.is_compressed = false;
  }
  for (std::size_t i = 0; i < impl.shape.size() && x.numel() > 0; ++i)
    if (impl.strides[i] == 0 && impl.shape[i] > 1)
      throw ShapeError(fmt::format(
          "{}: the elements of an expanded tensor share memory and cannot be written; clone it",
          what));
  ++impl.storage->version;
}

}  // namespace

const Dims& Tensor::shape() const { return checked(impl_).shape; }
const Dims& Tensor::strides() const { return checked(impl_).strides; }
Device Tensor::device() const { return Device(checked(impl_).storage->backend); }
DType Tensor::dtype() const { return checked(impl_).dtype; }

std::int64_t Tensor::size(std::int64_t axis) const {
  const Dims& all = shape();
  return all[axis_at(axis_from_end(axis, static_cast<std::int64_t>(all.size()), "size"),
                     all.size())];
}

bool Tensor::is_contiguous() const {
  std::int64_t expected = 1;
  for (std::size_t i = shape().size(); i-- > 0;) {
    if (shape()[i] == 0) return true;
    if (shape()[i] != 1 && strides()[i] != expected) return false;
    expected *= shape()[i];
  }
  return true;
}

template <class T>
T Tensor::item() const {
  if (numel() != 1)
    throw ShapeError(fmt::format("item: the tensor of shape {} has {} elements, not one",
                                 to_string(shape()), numel()));
  return visit_dtype(dtype(), [&](auto type) {
    read(*this, &type, 1, "item");
    return kernels::convert<T>(type);
  });
}

template <class T>
std::vector<T> Tensor::to_vector() const {
  const Tensor x = contiguous_on(kernels::cpu_backend(), *this);
  std::vector<T> out(static_cast<std::size_t>(numel()));
  visit_dtype(dtype(), [&](auto type) {
    const auto* from = reinterpret_cast<const decltype(type)*>(x.impl()->data());
    std::transform(from, from + out.size(), out.begin(),
                   [](auto value) { return kernels::convert<T>(value); });
  });
  return out;
}

template <class T>
const T* Tensor::data() const {
  require_dtype(*this, dtype_of<T>::value);
  require_host(*this, "data");
  return reinterpret_cast<const T*>(impl_->data());
}

template <class T>
T* Tensor::mutable_data() {
  require_dtype(*this, dtype_of<T>::value);
  require_host(*this, "mutable_data");
  prepare_to_write(*this, "mutable_data");
  return reinterpret_cast<T*>(impl_->data());
}

Tensor& Tensor::copy_(const Tensor& source) {
  const Dims shape_of_both = broadcast_shapes(shape(), source.shape(), "copy_");
  if (!(shape_of_both == shape()))
    throw ShapeError(fmt::format("copy_: a source of shape {} does not fit into shape {}",
                                 to_string(source.shape()), to_string(shape())));
  const kernels::Backend& backend = backend_of(*this);
  const Tensor here = &backend == &backend_of(source) ? source : contiguous_on(backend, source);
  Dims stride(shape().size(), 0);
  const std::size_t shift = shape().size() - source.shape().size();
  for (std::size_t i = 0; i < source.shape().size(); ++i)
    if (source.shape()[i] != 1) stride[shift + i] = here.strides()[i];
  prepare_to_write(*this, "copy_");
  try {
    impl_->storage->backend.copy(here.dtype(), dtype(), kernel_shape(shape()),
                                 {here.impl()->data(), stride.data()}, impl_->view());
  } catch (const kernels::BackendError&) {
    rethrow_for("copy_");
  }
  return *this;
}

Tensor& Tensor::fill_(double value) { return copy_(full({}, value, dtype(), device())); }

bool Tensor::requires_grad() const {
  return checked(impl_).requires_grad || (impl_->node && !impl_->node->is_leaf());
}

Tensor& Tensor::requires_grad_(bool value) {
  if (!is_leaf())
    throw GraphError("requires_grad_: only a leaf can be marked; detach() the value first");
  if (value && !is_floating(dtype()))
    throw DTypeError(
        fmt::format("requires_grad_: only float64 and float32 can be differentiated, "
                    "not {}",
                    name_of(dtype())));
  impl_->requires_grad = value;
  if (value && !impl_->node) {
    impl_->node = make_leaf_node(impl_.get());
    impl_->is_sink = true;
  }
  return *this;
}

bool Tensor::is_leaf() const { return !checked(impl_).node || impl_->node->is_leaf(); }

Ref<Node> Tensor::grad_fn() const { return is_leaf() ? nullptr : impl_->node; }

Tensor Tensor::grad() const { return checked(impl_).grad; }

void Tensor::set_grad(const Tensor& grad) {
  if (grad.defined() && !(grad.shape() == shape()))
    throw ShapeError(fmt::format("set_grad: a gradient of shape {} for a tensor of shape {}",
                                 to_string(grad.shape()), to_string(shape())));
  checked(impl_);
  impl_->grad = grad;
}

void Tensor::retain_grad() {
  if (!requires_grad()) throw GraphError("retain_grad: the tensor does not require grad");
  if (impl_->is_sink) return;
  impl_->is_sink = true;
  add_sink(*impl_->node, impl_->output, impl_.get());
}

HookHandle::HookHandle() = default;
HookHandle::HookHandle(Ref<Node> node, std::uint64_t id) : node_(std::move(node)), id_(id) {}
HookHandle::HookHandle(const HookHandle&) = default;
HookHandle& HookHandle::operator=(const HookHandle&) = default;
HookHandle::~HookHandle() = default;
void HookHandle::remove() {
  if (node_) remove_hook(*node_, id_);
  node_ = nullptr;
}

HookHandle Tensor::register_hook(std::function<Tensor(const Tensor&)> hook) {
  if (!requires_grad())
    throw GraphError("register_hook: the tensor does not require grad, so no gradient reaches it");
  if (!hook) throw GraphError("register_hook: the hook is empty");
  // One cotangent at a time: the function knows no batch axis.
  auto called = [hook = std::move(hook), shape = shape()](const Tensor& g) -> Tensor {
    if (g.dim() > static_cast<std::int64_t>(shape.size())) {
      std::vector<Tensor> parts;
      for (std::int64_t k = 0; k < g.size(0); ++k) {
        const Tensor part = select(g, 0, k), made = hook(part);
        parts.push_back(made.defined() ? made : part);
      }
      return parts.empty() ? g : stack(parts);
    }
    return hook(g);
  };
  return {impl_->node, add_hook(*impl_->node, impl_->output, std::move(called))};
}

Tensor Tensor::detach() const {
  const TensorImpl& self = checked(impl_);
  return alias(*this, self.shape, self.strides, self.offset);
}

void Tensor::backward(const Tensor& gradient, bool retain_graph, bool create_graph) const {
  GradOptions options{{}, retain_graph, create_graph, false};
  if (gradient.defined()) options.grad_outputs = {gradient};
  wald::backward({*this}, options);
}

void require_rank(const Dims& shape) {
  if (shape.size() > max_rank)
    throw ShapeError(
        fmt::format("a tensor of {} axes was asked for; {} is the limit", shape.size(), max_rank));
}

/// The number of elements. Throws ShapeError if they cannot be counted.
static std::int64_t counted(const Dims& shape) {
  std::int64_t count = 1;
  bool overflows = false, is_empty = false;
  for (std::int64_t size : shape) {
    if (size < 0) throw ShapeError(fmt::format("negative size in shape {}", to_string(shape)));
    is_empty |= size == 0;
    overflows |= __builtin_mul_overflow(count, size, &count);
  }
  constexpr std::int64_t most = std::int64_t{1} << 58;  // so that bytes are countable, too
  if (!is_empty && (overflows || count > most))
    throw ShapeError(fmt::format("a tensor of shape {} has more elements than can be counted",
                                 to_string(shape)));
  return is_empty ? 0 : count;
}

Tensor allocate(const kernels::Backend& backend, const Dims& shape, DType dtype,
                std::string_view op) {
  require_rank(shape);
  const std::size_t bytes = static_cast<std::size_t>(counted(shape)) * size_of(dtype);
  try {
    auto storage = Ref<Storage>::adopt(new Storage(backend, std::max<std::size_t>(bytes, 1)));
    return Tensor(Ref<TensorImpl>::adopt(
        new TensorImpl(std::move(storage), shape, contiguous_strides(shape), 0, dtype)));
  } catch (const std::bad_alloc&) {
    throw DeviceError(
        fmt::format("{}: out of memory: {} bytes wanted on {} for a result of shape {}", op, bytes,
                    backend.name, to_string(shape)));
  }
}

Tensor alias(const Tensor& x, const Dims& shape, const Dims& strides, std::int64_t offset) {
  return Tensor(
      Ref<TensorImpl>::adopt(new TensorImpl(x.impl()->storage, shape, strides, offset, x.dtype())));
}

Tensor contiguous_detached(const Tensor& x) {
  if (x.is_contiguous()) return x.detach();
  Tensor out = allocate(backend_of(x), x.shape(), x.dtype());
  backend_of(x).copy(x.dtype(), x.dtype(), kernel_shape(x.shape()), x.impl()->view(),
                     out.impl()->view());
  return out;
}

Tensor contiguous_on(const kernels::Backend& backend, const Tensor& x) {
  const Dims& shape = x.shape();  // throws if x is undefined
  if (&backend == &backend_of(x)) return contiguous_detached(x);
  Tensor out = allocate(backend, shape, x.dtype());
  copy_between_devices(x, out);
  return out;
}

void copy_between_devices(const Tensor& from, const Tensor& to) {
  const auto bytes = static_cast<std::size_t>(from.numel()) * size_of(from.dtype());
  if (bytes == 0) return;
  const Tensor x = contiguous_detached(from);
  const kernels::Backend &source = backend_of(x), &target = backend_of(to);
  const kernels::Backend& host = kernels::cpu_backend();
  const auto* const source_gpu = dynamic_cast<const kernels::GpuBackend*>(&source);
  const auto* const target_gpu = dynamic_cast<const kernels::GpuBackend*>(&target);
  try {
    if (&source == &host) {
      target.from_host(x.impl()->data(), to.impl()->data(), bytes);
    } else if (&target == &host) {
      source.to_host(x.impl()->data(), to.impl()->data(), bytes);
    } else if (source_gpu && target_gpu && target_gpu->is_peer_of(source)) {
      target_gpu->from_peer(*source_gpu, x.impl()->data(), to.impl()->data(), bytes);
    } else {
      const Tensor between = contiguous_on(host, x);
      target.from_host(between.impl()->data(), to.impl()->data(), bytes);
    }
  } catch (const kernels::BackendError&) {
    rethrow_for("to");
  }
}

void rethrow_for(std::string_view op) {
  try {
    throw;
  } catch (const kernels::BackendError& error) {
    throw DeviceError(fmt::format("{}: {}", op, error.what()));
  } catch (const std::bad_alloc&) {
    throw DeviceError(fmt::format("{}: out of memory for what it needs besides its result", op));
  }
}

const char* name_of(DType dtype) {
  switch (dtype) {
    case DType::boolean:
      return "boolean";
    case DType::int64:
      return "int64";
    case DType::float32:
      return "float32";
    case DType::float64:
      break;
  }
  return "float64";
}

Tensor empty(const Dims& shape, DType dtype, const Device& device) {
  return allocate(device.backend(), shape, dtype);
}

Tensor full(const Dims& shape, double value, DType dtype, const Device& device) {
  Tensor out = empty(shape, dtype, device);
  try {
    device.backend().fill(dtype, out.impl()->data(), out.numel(), value);
  } catch (const kernels::BackendError&) {
    rethrow_for("full");
  }
  return out;
}
Tensor zeros(const Dims& shape, DType dtype, const Device& device) {
  return full(shape, 0, dtype, device);
}
Tensor ones(const Dims& shape, DType dtype, const Device& device) {
  return full(shape, 1, dtype, device);
}

Tensor eye(std::int64_t n, DType dtype, const Device& device) {
  Tensor out = zeros({n, n}, dtype, device);
  alias(out, {n}, {n + 1}, 0).copy_(ones({}, dtype, device));
  return out;
}

template <class T>
Tensor from_span(std::span<const T> values, const Dims& shape) {
  if (static_cast<std::int64_t>(values.size()) != numel(shape))
    throw ShapeError(fmt::format("from_span: {} values for shape {}, which holds {}", values.size(),
                                 to_string(shape), numel(shape)));
  Tensor out = empty(shape, dtype_of<T>::value, Device());
  std::copy(values.begin(), values.end(), out.mutable_data<T>());
  return contiguous_on(default_device().backend(), out);
}

template <class T>
Tensor from_memory(const T* data, const Dims& shape, std::function<void()> release) {
  require_rank(shape);
  counted(shape);
  auto storage = Ref<Storage>::adopt(
      new Storage(kernels::cpu_backend(), const_cast<T*>(data), std::move(release)));
  return Tensor(Ref<TensorImpl>::adopt(
      new TensorImpl(std::move(storage), shape, contiguous_strides(shape), 0, dtype_of<T>::value)));
}

Literal::Literal(std::initializer_list<Literal> parts) {
  if (parts.size() > 0) shape_ = parts.begin()->shape_;
  for (const Literal& part : parts) {
    if (!(part.shape_ == shape_))
      throw ShapeError(fmt::format("tensor: a part of shape {} after one of shape {}",
                                   to_string(part.shape_), to_string(shape_)));
    values_.insert(values_.end(), part.values_.begin(), part.values_.end());
  }
  shape_.insert(0, static_cast<std::int64_t>(parts.size()));
}

Tensor tensor(const Literal& values) { return from_vector(values.values(), values.shape()); }

#define WALD_FOR_TYPE(T)                                         \
  template T Tensor::item<T>() const;                            \
  template std::vector<T> Tensor::to_vector<T>() const;          \
  template const T* Tensor::data<T>() const;                     \
  template T* Tensor::mutable_data<T>();                         \
  template Tensor from_span<T>(std::span<const T>, const Dims&); \
  template Tensor from_memory<T>(const T*, const Dims&, std::function<void()>);
WALD_FOR_TYPE(double)
WALD_FOR_TYPE(float)
WALD_FOR_TYPE(std::int64_t)
WALD_FOR_TYPE(bool)
#undef WALD_FOR_TYPE

}  // namespace wald
