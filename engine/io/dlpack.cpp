#include "dlpack.h"

#include <fmt/format.h>

#include <limits>
#include <memory>

#include <wald/engine/ops/shape.h>
#include <wald/engine/tensor_impl.h>

#include "dlpack_abi.h"

static_assert(sizeof(DLTensor) == 48 && sizeof(DLManagedTensor) == 64 &&
              sizeof(DLManagedTensorVersioned) == 80);

namespace wald {
namespace {

/// What a managed tensor given away points into.
template <class Managed>
struct Lent {
  Tensor tensor;
  Dims shape, strides;
  Managed managed{};
};

DLDataType type_of(DType dtype) {
  const auto code = dtype == DType::boolean ? kDLBool : dtype == DType::int64 ? kDLInt : kDLFloat;
  return {static_cast<std::uint8_t>(code), static_cast<std::uint8_t>(8 * size_of(dtype)), 1};
}

template <class Managed>
Managed* lend(const Tensor& x) {
  if (x.requires_grad())
    throw GraphError(
        "to_dlpack: the tensor requires grad, which DLPack does not carry; detach() it");
  if (!(x.device() == Device()))
    throw DeviceError(fmt::format(
        "to_dlpack: the tensor lies on {}; only the processor's memory is lent: to(x, Device())",
        x.device().name()));
  auto lent = std::make_unique<Lent<Managed>>();
  // What repeats elements that are its own is laid out: the receiver may write.
  lent->tensor = x.impl()->is_compressed ? contiguous_detached(x) : x.detach();
  lent->shape = lent->tensor.shape();
  lent->strides = lent->tensor.strides();
  DLTensor& out = lent->managed.dl_tensor;
  out.data = lent->tensor.impl()->data();
  out.device = {kDLCPU, 0};
  out.ndim = static_cast<std::int32_t>(x.dim());
  out.dtype = type_of(x.dtype());
  out.shape = lent->shape.data();
  out.strides = lent->strides.data();
  lent->managed.manager_ctx = lent.get();
  lent->managed.deleter = [](Managed* self) {
    delete static_cast<Lent<Managed>*>(self->manager_ctx);
  };
  return &lent.release()->managed;
}

DType dtype_of_dlpack(const DLDataType& type) {
  for (DType dtype : {DType::boolean, DType::int64, DType::float32, DType::float64}) {
    const DLDataType known = type_of(dtype);
    if (type.code == known.code && type.bits == known.bits && type.lanes == known.lanes)
      return dtype;
  }
  throw DTypeError(fmt::format(
      "from_dlpack: the element type of code {}, {} bits and {} lanes is none of float64, float32, "
      "int64 and boolean",
      type.code, type.bits, type.lanes));
}

Dims shape_of_dlpack(const DLTensor& x) {
  if (x.ndim < 0 || x.ndim > max_rank)
    throw ShapeError(
        fmt::format("from_dlpack: a tensor of {} axes; {} is the limit", x.ndim, max_rank));
  if (x.ndim > 0 && !x.shape) throw ShapeError("from_dlpack: the shape is null");
  const Dims shape({x.shape, static_cast<std::size_t>(x.ndim)});
  std::int64_t total = 1;
  bool overflows = false;
  for (std::int64_t size : shape) {
    if (size < 0)
      throw ShapeError(fmt::format("from_dlpack: negative size in shape {}", to_string(shape)));
    if (size > 0) overflows |= __builtin_mul_overflow(total, size, &total);
  }
  if (overflows || total > std::numeric_limits<std::int64_t>::max() / 8)
    throw ShapeError(fmt::format("from_dlpack: shape {} is too large", to_string(shape)));
  return shape;
}

/// The tensor over x's memory; `release` is called when no tensor uses it.
Tensor borrow(const DLTensor& x, std::function<void()> release) {
  const auto device = static_cast<int>(x.device.device_type);
  if (device != kDLCPU && device != kDLCUDAHost && device != kDLROCMHost)
    throw DeviceError(
        fmt::format("from_dlpack: the memory is on a device of type {}; that of the CPU (1) can be "
                    "used",
                    device));
  const DType dtype = dtype_of_dlpack(x.dtype);
  const Dims shape = shape_of_dlpack(x);
  const char* data = static_cast<const char*>(x.data) + x.byte_offset;
  if (numel(shape) > 0 && !x.data) throw ShapeError("from_dlpack: the data are null");
  if (reinterpret_cast<std::uintptr_t>(data) % size_of(dtype) != 0)
    throw DTypeError("from_dlpack: the data do not lie at a multiple of their element's size");
  const Dims strides = x.strides ? Dims({x.strides, shape.size()}) : contiguous_strides(shape);
  const Tensor rows = visit_dtype(dtype, [&](auto type) {
    return from_memory(reinterpret_cast<const decltype(type)*>(data), shape, std::move(release));
  });
  return alias(rows, shape, strides, 0);
}

template <class Managed>
Tensor take_over(Managed* managed) {
  if (!managed) throw InputError("from_dlpack: the managed tensor is null");
  return borrow(managed->dl_tensor, [managed] {
    if (managed->deleter) managed->deleter(managed);
  });
}

}  // namespace

DLManagedTensor* to_dlpack(const Tensor& x) { return lend<DLManagedTensor>(x); }

DLManagedTensorVersioned* to_dlpack_versioned(const Tensor& x) {
  DLManagedTensorVersioned* managed = lend<DLManagedTensorVersioned>(x);
  managed->version = {1, 0};
  return managed;
}

Tensor from_dlpack(DLManagedTensor* managed) { return take_over(managed); }

Tensor from_dlpack(DLManagedTensorVersioned* managed) {
  if (managed && managed->version.major > 1)
    throw InputError(fmt::format("from_dlpack: version {}.{} of DLPack is not known here",
                                 managed->version.major, managed->version.minor));
  const bool is_read_only = managed && managed->flags & DLPACK_FLAG_BITMASK_READ_ONLY;
  const Tensor x = take_over(managed);
  return is_read_only ? clone(x) : x;
}

}  // namespace wald
