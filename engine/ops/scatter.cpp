// Placing and adding elements by index.
#include <fmt/format.h>

#include <algorithm>

#include <wald/engine/ops/pointwise.h>
#include <wald/engine/ops/shape.h>
#include <wald/engine/tensor_impl.h>

#include "index.h"
#include "index_ops.h"

namespace wald {
namespace {

/// What scatter and scatter_add take, made fit for recording.
struct Parts {
  std::int64_t axis;  // from the end
  Tensor x, index, source;
};

Parts checked_parts(const Tensor& x, std::int64_t axis, const Tensor& index, const Tensor& source,
                    const char* op) {
  const std::int64_t from_end = axis_from_end(axis, x.dim(), op);
  const std::size_t rank = x.shape().size(), at = axis_at(from_end, rank);
  bool fits = index.shape().size() == rank && source.shape().size() == rank;
  for (std::size_t i = 0; fits && i < rank; ++i)
    fits = index.shape()[i] <= source.shape()[i] && (i == at || index.shape()[i] <= x.shape()[i]);
  if (!fits)
    throw ShapeError(fmt::format(
        "{}: an index of shape {} does not fit a source of shape {} and axis {} of shape {}", op,
        to_string(index.shape()), to_string(source.shape()), axis, to_string(x.shape())));
  Tensor used = source;
  for (std::size_t i = 0; i < rank; ++i)
    if (index.shape()[i] < source.shape()[i])
      used = slice(used, static_cast<std::int64_t>(i), 0, index.shape()[i]);
  const DType dtype = std::max(x.dtype(), source.dtype());
  return {from_end, to(x, dtype), checked_index(index, x.shape()[at], op), to(used, dtype)};
}

/// Zeros of shape `core` to which `source` has been added.
Tensor added_up(const Dims& core, std::int64_t axis, const Tensor& index, const Tensor& source) {
  const Tensor counted = source.dtype() == DType::boolean ? to(source, DType::int64) : source;
  return record(ScatterAdd(axis, core), {counted, index});
}

}  // namespace

Tensor scatter(const Tensor& x, std::int64_t axis, const Tensor& index, const Tensor& source) {
  const Parts parts = checked_parts(x, axis, index, source, "scatter");
  return record(Scatter(parts.axis, x.shape()), {parts.x, parts.index, parts.source});
}

Tensor scatter(const Tensor& x, std::int64_t axis, const Tensor& index, double value) {
  const Tensor number =
      x.dtype() == DType::boolean ? full({}, value, x.dtype(), x.device()) : number_like(value, x);
  return scatter(x, axis, index, expand(number, index.shape()));
}

Tensor scatter_add(const Tensor& x, std::int64_t axis, const Tensor& index, const Tensor& source) {
  const Parts parts = checked_parts(x, axis, index, source, "scatter_add");
  return parts.x + added_up(x.shape(), parts.axis, parts.index, parts.source);
}

Tensor index_add(const Tensor& x, std::int64_t axis, const Tensor& index, const Tensor& source) {
  const std::int64_t from_end = axis_from_end(axis, x.dim(), "index_add");
  Dims shape = x.shape();
  if (index.dim() == 1) shape[axis_at(from_end, shape.size())] = index.numel();
  if (index.dim() != 1 || !(source.shape() == shape))
    throw ShapeError(fmt::format(
        "index_add: a source of shape {} and an index of shape {} do not fit axis {} of shape {}",
        to_string(source.shape()), to_string(index.shape()), axis, to_string(x.shape())));
  const Tensor places =
      index_along(checked_index(index, x.size(from_end), "index_add"), from_end, shape);
  return x + added_up(x.shape(), from_end, places, source);
}

Tensor segment_sum(const Tensor& x, const Tensor& ids, std::int64_t count, std::int64_t axis) {
  const std::int64_t from_end = axis_from_end(axis, x.dim(), "segment_sum");
  if (ids.dim() != 1 || ids.numel() != x.size(from_end))
    throw ShapeError(fmt::format(
        "segment_sum: ids of shape {} are not one for each slice along axis {} of shape {}",
        to_string(ids.shape()), axis, to_string(x.shape())));
  if (count < 0) throw ShapeError(fmt::format("segment_sum: {} segments were asked for", count));
  const Tensor checked = checked_index(ids, count, "segment_sum");
  Dims core = x.shape();
  core[axis_at(from_end, core.size())] = count;
  return added_up(core, from_end, index_along(checked, from_end, x.shape()), x);
}

namespace {

/// One more than the largest index, at least `minlength`; IndexError where one is negative.
std::int64_t extent_of(const Tensor& index, std::int64_t minlength, const char* op) {
  require_index(index, op);
  if (index.numel() == 0) return std::max<std::int64_t>(minlength, 0);
  std::int64_t low, high;
  backend_of(index).index_bounds(kernel_shape(index.shape()), index.impl()->view(), &low, &high);
  if (low < 0) throw IndexError(fmt::format("{}: index {} is negative", op, low));
  return std::max(minlength, high + 1);
}

}  // namespace

Tensor bincount(const Tensor& x, std::int64_t minlength) {
  return bincount(x, expand(full({}, 1, DType::int64, x.device()), x.shape()), minlength);
}

Tensor bincount(const Tensor& x, const Tensor& weights, std::int64_t minlength) {
  if (!(x.shape() == weights.shape()))
    throw ShapeError(fmt::format("bincount: weights of shape {} for numbers of shape {}",
                                 to_string(weights.shape()), to_string(x.shape())));
  const Dims core{extent_of(x, minlength, "bincount")};
  return added_up(core, -1, reshape(x, {x.numel()}), reshape(weights, {x.numel()}));
}

Tensor one_hot(const Tensor& index, std::int64_t count) {
  if (count < -1) throw ShapeError(fmt::format("one_hot: {} classes were asked for", count));
  const std::int64_t size = count == -1 ? extent_of(index, 0, "one_hot") : count;
  const Tensor places = unsqueeze(checked_index(index, size, "one_hot"), -1);
  Dims shape = places.shape();
  shape.back() = size;
  return scatter(expanded_zeros(shape, DType::int64, places.device()), -1, places, 1.0);
}

}  // namespace wald
