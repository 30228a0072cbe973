// The axes of a reduction, as its operation keeps them. For the engine's own files.
#pragma once

#include <string_view>

#include <wald/engine/op.h>
#include <wald/engine/tensor.h>

namespace wald {

struct ReducedAxes {
  Dims axes;   // from the end, ascending
  Dims sizes;  // of those axes

  /// Checks the axes of a call. Throws IndexError naming `op`.
  ReducedAxes(const Tensor& x, const Dims& axes, std::string_view op);

  /// The shape that is left.
  Dims left_of(const Dims& shape) const;
  std::uint64_t mask(std::size_t rank) const;
  std::int64_t count() const { return numel(sizes); }
  /// A result, with the axes back at size 1.
  Tensor restore(const Tensor& result) const;
  /// A result, repeated along the axes.
  Tensor spread(const Tensor& result) const;
};

Dims all_axes(const Tensor& x);

/// Runs the backend's reduction.
void reduce(kernels::Reduction kind, const ReducedAxes& axes, const Tensor& x, const Tensor& out);

/// x as float64 if it holds integers or booleans.
Tensor as_floating(const Tensor& x);
/// x as int64 if it holds booleans.
Tensor as_number(const Tensor& x);
/// Throws DTypeError unless x is float64 or float32.
void require_floating(const Tensor& x, std::string_view op);

}  // namespace wald
