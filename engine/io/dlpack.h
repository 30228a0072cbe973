// DLPack, the exchange of tensors between libraries without a copy. The structures themselves are
// those of dlpack/dlpack.h; who does not have that header includes dlpack_abi.h.
#pragma once

#include <wald/engine/tensor.h>

struct DLManagedTensor;
struct DLManagedTensorVersioned;

namespace wald {

/// A view of x's memory for another library, which calls its deleter when it is done; until then
/// the memory stays. Strides are given as they are. Throws GraphError if x requires grad (detach()
/// it).
DLManagedTensor* to_dlpack(const Tensor& x);
/// The same in the form that states its version (1.0).
DLManagedTensorVersioned* to_dlpack_versioned(const Tensor& x);

/// A tensor over another library's memory; the deleter is called when no tensor uses it. If this
/// throws, the caller still owns `managed`. float64, float32, int64 and boolean, in memory that the
/// CPU reaches, with any strides: DTypeError or DeviceError else, ShapeError for a shape that
/// cannot be.
Tensor from_dlpack(DLManagedTensor* managed);
/// The same from the form with a version: InputError if its major version is above 1. Memory marked
/// read-only is copied.
Tensor from_dlpack(DLManagedTensorVersioned* managed);

}  // namespace wald
