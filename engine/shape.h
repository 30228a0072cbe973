// Shapes, strides, axes: what can be said of a tensor without its memory.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <wald/engine/inline_vector.h>

namespace wald {

/// A list of sizes, strides or axes.
using Dims = InlineVector<std::int64_t, 6>;

/// More axes than this is an error.
inline constexpr int max_rank = 16;

/// The number of elements; 1 for a scalar.
std::int64_t numel(const Dims& shape);

/// The strides of a tensor laid out row by row.
Dims contiguous_strides(const Dims& shape);

/// "[2, 3]".
std::string to_string(const Dims& dims);

/// The shape that a and b broadcast to, aligned at the right, as NumPy has it.
/// Throws ShapeError naming `op` and both shapes.
Dims broadcast_shapes(const Dims& a, const Dims& b, std::string_view op);

/// An axis given from the front (0 ...) or from the end (-1 ...), counted from the end: the form in
/// which ops keep their axes. Throws IndexError naming `op`.
std::int64_t axis_from_end(std::int64_t axis, std::int64_t rank, std::string_view op);

/// The same axis counted from the front.
inline std::size_t axis_at(std::int64_t from_end, std::size_t rank) {
  return static_cast<std::size_t>(static_cast<std::int64_t>(rank) + from_end);
}

/// The leading axes of `shape` beyond its last `core_rank`, followed by `core`.
Dims with_leading(const Dims& shape, std::size_t core_rank, const Dims& core);

}  // namespace wald
