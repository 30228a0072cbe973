// Copies, conversions, constants, reductions, scans, moving by index, sorting and random numbers on
// a device: see Backend for the contracts. Matrices are in matrices.h.
#pragma once

#include <wald/kernels/nest.h>

#include "gpu.h"

// Before a loop of few rounds with an unknown end: nvcc would divide to know how many rounds of a
// loop unrolled there are, which takes longer than the loop.
#if defined(__CUDACC__) || defined(__HIPCC__)
#define WALD_NOT_UNROLLED _Pragma("unroll 1")
#else
#define WALD_NOT_UNROLLED
#endif

namespace wald::gpu {

Status copy_elements(DType from, DType to, kernels::Shape shape, kernels::View in,
                     kernels::View out, Stream stream);
Status fill(DType dtype, void* out, std::int64_t n, double value, Stream stream);
Status reduce(int device, kernels::Reduction kind, DType dtype, kernels::Shape shape,
              kernels::View in, std::uint64_t axes, void* out, Stream stream);
Status arg_reduce(int device, kernels::Reduction kind, DType dtype, kernels::Shape shape,
                  kernels::View in, int axis, std::int64_t* out, Stream stream);
Status scan(int device, kernels::Scan kind, DType dtype, kernels::Shape shape, kernels::View in,
            kernels::View factor, int axis, bool is_reverse, void* out, Stream stream);
Status softmax(int device, kernels::Softmax kind, DType dtype, kernels::Shape shape,
               kernels::View in, int axis, void* out, Stream stream);

Status gather(DType dtype, kernels::Shape shape, kernels::View in, int axis, kernels::View index,
              void* out, Stream stream);
Status scatter(int device, DType dtype, bool add, kernels::Shape shape, kernels::View source,
               kernels::View index, int axis, kernels::Shape out_shape, void* out, Stream stream);
Status permute_rows(const kernels::Matrices& x, const std::int64_t* rows, bool inverse, void* out,
                    Stream stream);
/// Waits for the result, as does places_of_true.
Status index_bounds(int device, kernels::Shape shape, kernels::View index, std::int64_t* low,
                    std::int64_t* high, Stream stream);
Status places_of_true(int device, kernels::Shape shape, kernels::View mask, std::int64_t* out,
                      std::int64_t* count, Stream stream);
Status argsort(int device, DType dtype, kernels::Shape shape, kernels::View in, bool descending,
               std::int64_t keep, std::int64_t* out, Stream stream);
Status searchsorted(DType dtype, kernels::Shape shape, kernels::View sequence, std::int64_t n,
                    std::int64_t step, kernels::View values, bool right, std::int64_t* out,
                    Stream stream);

Status random_real(kernels::RandomLaw law, DType dtype, kernels::RandomPlace place, std::int64_t n,
                   void* out, Stream stream);
Status random_integers(kernels::RandomPlace place, std::int64_t low, std::uint64_t range,
                       std::int64_t n, std::int64_t* out, Stream stream);
Status random_poisson(kernels::RandomPlace place, const double* mean, std::int64_t n, double* out,
                      Stream stream);

/// i / n of numbers that are not negative. A GPU divides numbers of 32 bits several times as fast
/// as those of 64.
WALD_DEVICE inline std::int64_t quotient(std::int64_t i, std::int64_t n) {
  return (i | n) >> 32 == 0 ? static_cast<std::uint32_t>(i) / static_cast<std::uint32_t>(n) : i / n;
}

/// Division of numbers below 2^31 by one that the host knows, as a product and a shift (Granlund
/// and Montgomery 1994, "Division by invariant integers using multiplication"): a GPU has no
/// instruction that divides.
struct Divisor {
  std::uint32_t n = 1, multiplier = 1;
  int shift = 0;

  Divisor() = default;
  explicit Divisor(std::int64_t divisor) : n(static_cast<std::uint32_t>(divisor)) {
    while ((std::uint64_t{1} << shift) < n) ++shift;
    const std::uint64_t beyond = (std::uint64_t{1} << shift) - n;
    multiplier = static_cast<std::uint32_t>((beyond << 32) / n + 1);
  }
  WALD_DEVICE std::uint32_t quotient(std::uint32_t i) const {
    const auto high = static_cast<std::uint32_t>(std::uint64_t{i} * multiplier >> 32);
    return (high + i) >> shift;
  }
};

/// A nest of axes as kernels read it.
struct Nest : kernels::Nest {
  bool is_narrow;  // all places are below 2^31
  Divisor by[kernels::max_axes];

  Nest(kernels::Shape shape, const kernels::View* views, int n)
      : Nest(kernels::Nest(shape, views, n)) {}
  Nest(const kernels::Nest& nest) : kernels::Nest(nest), is_narrow(count <= INT32_MAX) {
    for (int axis = 1; axis < rank && is_narrow && count > 0; ++axis) by[axis] = Divisor(size[axis]);
  }
};

/// Where element `index` in row-major order lies in the first `operands` of the nest.
template <int operands>
WALD_DEVICE inline void find_offsets(const Nest& nest, std::int64_t index,
                                     std::int64_t (&at)[operands]) {
  for (int j = 0; j < operands; ++j) at[j] = 0;
  const auto add = [&](int axis, std::int64_t rest) {
    const std::int64_t place = index - rest * nest.size[axis];
    for (int j = 0; j < operands; ++j) at[j] += place * nest.stride[j][axis];
    index = rest;
  };
  if (nest.is_narrow) {
    WALD_NOT_UNROLLED for (int axis = nest.rank - 1; axis > 0; --axis)
      add(axis, nest.by[axis].quotient(static_cast<std::uint32_t>(index)));
  } else {
    WALD_NOT_UNROLLED for (int axis = nest.rank - 1; axis > 0; --axis)
      add(axis, quotient(index, nest.size[axis]));
  }
  for (int j = 0; j < operands; ++j) at[j] += index * nest.stride[j][0];
}

/// The same for one operand alone.
WALD_DEVICE inline std::int64_t offset_of(const Nest& nest, std::int64_t index) {
  std::int64_t at[1];
  find_offsets(nest, index, at);
  return at[0];
}

}  // namespace wald::gpu
