// Copies, conversions, constants, reductions, gathering and random numbers on a device: see Backend
// for the contracts.
#pragma once

#include <wald/kernels/nest.h>

#include "gpu.h"

namespace wald::gpu {

Status copy_elements(DType from, DType to, kernels::Shape shape, kernels::View in,
                     kernels::View out, Stream stream);
Status fill(DType dtype, void* out, std::int64_t n, double value, Stream stream);
Status reduce(int device, kernels::Reduction kind, DType dtype, kernels::Shape shape,
              kernels::View in, std::uint64_t axes, void* out, Stream stream);

Status gather(DType dtype, kernels::Shape shape, kernels::View in, int axis, kernels::View index,
              void* out, Stream stream);
Status random_real(kernels::RandomLaw law, DType dtype, kernels::RandomPlace place, std::int64_t n,
                   void* out, Stream stream);
Status random_integers(kernels::RandomPlace place, std::int64_t low, std::uint64_t range,
                       std::int64_t n, std::int64_t* out, Stream stream);
Status random_poisson(kernels::RandomPlace place, const double* mean, std::int64_t n, double* out,
                      Stream stream);

/// Where element `index` in row-major order of an operand of the nest lies.
WALD_DEVICE inline std::int64_t offset_of(const kernels::Nest& nest, int operand,
                                          std::int64_t index) {
  std::int64_t offset = 0;
  for (int axis = nest.rank - 1; axis > 0; --axis) {
    offset += index % nest.size[axis] * nest.stride[operand][axis];
    index /= nest.size[axis];
  }
  return offset + index * nest.stride[operand][0];
}

}  // namespace wald::gpu
