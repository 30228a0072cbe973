#include "shape.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "error.h"

namespace wald {

std::int64_t numel(const Dims& shape) {
  std::int64_t n = 1;
  for (std::int64_t size : shape)
    if (size == 0) return 0;  // whatever the others' product, which need not be countable
  for (std::int64_t size : shape) n *= size;
  return n;
}

Dims contiguous_strides(const Dims& shape) {
  Dims strides(shape.size(), 1);
  // Of an empty tensor they may be too large to count, and are never used: they wrap around.
  for (std::size_t i = shape.size(); i-- > 1;)
    __builtin_mul_overflow(strides[i], shape[i], &strides[i - 1]);
  return strides;
}

std::string to_string(const Dims& dims) { return fmt::format("[{}]", fmt::join(dims, ", ")); }

Dims broadcast_shapes(const Dims& a, const Dims& b, std::string_view op) {
  const Dims& longer = a.size() >= b.size() ? a : b;
  const Dims& shorter = a.size() >= b.size() ? b : a;
  Dims out = longer;
  const std::size_t shift = longer.size() - shorter.size();
  for (std::size_t i = 0; i < shorter.size(); ++i) {
    std::int64_t& size = out[shift + i];
    if (size == 1)
      size = shorter[i];
    else if (shorter[i] != size && shorter[i] != 1)
      throw ShapeError(fmt::format("{}: shapes {} and {} do not broadcast: sizes {} and {} differ",
                                   op, to_string(a), to_string(b), size, shorter[i]));
  }
  return out;
}

std::int64_t axis_from_end(std::int64_t axis, std::int64_t rank, std::string_view op) {
  if (axis < -rank || axis >= rank)
    throw IndexError(
        fmt::format("{}: axis {} is out of range for a tensor of {} axes", op, axis, rank));
  return axis < 0 ? axis : axis - rank;
}

Dims with_leading(const Dims& shape, std::size_t core_rank, const Dims& core) {
  Dims out;
  out.reserve(shape.size() - core_rank + core.size());
  for (std::size_t i = 0; i + core_rank < shape.size(); ++i) out.push_back(shape[i]);
  for (std::int64_t size : core) out.push_back(size);
  return out;
}

}  // namespace wald
