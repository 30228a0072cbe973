// Pointwise kernels of a GPU thread, made of the formulas that the CPU's are made of. See Backend
// for the contract.
#pragma once

#include <wald/kernels/nest.h>

#include "gpu.h"

namespace wald::gpu {

/// Queues the kernel: `out[i] = formula(in[0][i], ...)` over the elements of the nest.
using PointwiseLaunch = Status (*)(const kernels::Nest& nest, const void* const* in, void* out,
                                   Stream stream);

struct Pointwise : kernels::PointwiseKernel {
  PointwiseLaunch f64, f32, i64;
};

/// Where kernels are collected, one file for each list of formulas.
struct PointwiseSet {
  static constexpr int capacity = 256;
  Pointwise kernels[capacity];
  int count = 0;

  void add(const Pointwise& kernel);
};
void add_arithmetic(PointwiseSet& set);
void add_elementary(PointwiseSet& set);
void add_special(PointwiseSet& set);
void add_incomplete(PointwiseSet& set);

/// All of them.
const PointwiseSet& pointwise_kernels();
/// The kernel of a formula by its name; null if there is none.
const Pointwise* find_pointwise(const char* name);
Status pointwise(const Pointwise& kernel, DType dtype, kernels::Shape shape,
                 const kernels::View* in, void* out, Stream stream);

}  // namespace wald::gpu
