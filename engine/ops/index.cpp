// Picking elements by index, and what reads masks.
#include "index.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/pointwise.h>
#include <wald/engine/ops/shape.h>
#include <wald/engine/tensor_impl.h>

#include "index_ops.h"

namespace wald {
namespace {

/// The indices that are out of range are there: the first is named.
[[noreturn]] void throw_out_of_range(const Tensor& index, std::int64_t low, std::int64_t size,
                                     const char* op) {
  const std::vector<std::int64_t> values = index.to_vector<std::int64_t>();
  const auto wrong = std::find_if(values.begin(), values.end(),
                                  [&](std::int64_t i) { return i < low || i >= size; });
  Dims place = index.shape();
  std::int64_t rest = wrong - values.begin();
  for (std::size_t axis = place.size(); axis-- > 0;) {
    const std::int64_t extent = place[axis];
    place[axis] = rest % extent;
    rest /= extent;
  }
  throw IndexError(fmt::format("{}: index {} at place {} is out of range for size {}", op, *wrong,
                               to_string(place), size));
}

/// The strides of an index under a shape with leading axes, along which it stays.
Dims strides_under(const Tensor& index, std::size_t rank) {
  Dims strides(rank, 0);
  const std::size_t shift = rank - index.shape().size();
  for (std::size_t i = 0; i < index.shape().size(); ++i) strides[shift + i] = index.strides()[i];
  return strides;
}

struct Nonzero final : WholeNumbered<Nonzero> {
  explicit Nonzero(std::int64_t n) : count(n) {}
  std::int64_t count;

  std::string_view name() const override { return "nonzero"; }
  Metas infer(Inputs) const override { return {{Dims{count}, DType::int64}}; }
  void run(Inputs in, std::span<Tensor> out) const override {
    backend_of(in[0]).places_of_true(kernel_shape(in[0].shape()), in[0].impl()->view(),
                                     reinterpret_cast<std::int64_t*>(out[0].impl()->data()));
  }
};

/// Where a mask is true, in row-major order.
Tensor true_places(const Tensor& mask) {
  const Nonzero op(
      backend_of(mask).places_of_true(kernel_shape(mask.shape()), mask.impl()->view(), nullptr));
  return record(op, {mask});
}

/// Several index tensors as one, into axes made one.
struct Joined {
  Tensor index;     // a vector
  Dims before;      // the shape of x with the indexed axes made one
  Dims after;       // the shape of the result
  std::int64_t at;  // the indexed axis, from the end
};

Joined joined_indices(const Tensor& x, const std::vector<Tensor>& indices, std::int64_t axis,
                      const char* op) {
  if (indices.empty()) throw ShapeError(fmt::format("{}: at least one index is wanted", op));
  const std::size_t rank = x.shape().size(), n = indices.size();
  const std::size_t first = axis_at(axis_from_end(axis, x.dim(), op), rank);
  if (first + n > rank)
    throw IndexError(fmt::format("{}: {} indices from axis {} on are too many for shape {}", op, n,
                                 axis, to_string(x.shape())));
  Dims shape;
  for (const Tensor& i : indices) {
    require_index(i, op);
    shape = broadcast_shapes(shape, i.shape(), op);
  }
  Joined out;
  std::int64_t places = 1;
  for (std::size_t i = 0; i < n; ++i) {
    const std::int64_t size = x.shape()[first + i];
    const Tensor own = checked_index(indices[i], size, op, true);
    out.index = out.index.defined() ? out.index * static_cast<double>(size) + own : own;
    places *= size;
  }
  out.index = reshape(expand(out.index, shape), {numel(shape)});
  for (std::size_t i = 0; i < rank; ++i) {
    if (i == first) {
      out.before.push_back(places);
      for (std::int64_t size : shape) out.after.push_back(size);
    }
    if (i >= first && i < first + n) continue;
    out.before.push_back(x.shape()[i]);
    out.after.push_back(x.shape()[i]);
  }
  out.at = static_cast<std::int64_t>(first) - static_cast<std::int64_t>(out.before.size());
  return out;
}

/// What can be said of a mask's shape beside x's.
Dims shape_with_mask(const Tensor& x, const Tensor& mask, const char* op) {
  const Dims& shape = x.shape();
  require_mask(mask, op);
  return broadcast_shapes(shape, mask.shape(), op);
}

}  // namespace

void require_index(const Tensor& index, const char* op) {
  if (index.dtype() != DType::int64)
    throw DTypeError(fmt::format("{}: an index must be int64, not {}", op, name_of(index.dtype())));
}

void require_mask(const Tensor& mask, const char* op) {
  if (mask.dtype() != DType::boolean)
    throw DTypeError(fmt::format("{}: the mask must be boolean, as a comparison gives, not {}", op,
                                 name_of(mask.dtype())));
}

Tensor checked_index(const Tensor& index, std::int64_t size, const char* op, bool counts_from_end) {
  require_index(index, op);
  if (index.numel() == 0) return index;
  std::int64_t least, most;
  backend_of(index).index_bounds(kernel_shape(index.shape()), index.impl()->view(), &least, &most);
  const std::int64_t low = counts_from_end ? -size : 0;
  if (least < low || most >= size) throw_out_of_range(index, low, size, op);
  return least < 0 ? where(index < 0, index + static_cast<double>(size), index) : index;
}

Tensor index_along(const Tensor& index, std::int64_t axis, Dims shape) {
  const std::size_t at = axis_at(axis, shape.size());
  Dims strides(shape.size(), 0);
  strides[at] = index.strides()[0];
  shape[at] = index.shape()[0];
  return alias(index, shape, strides, index.impl()->offset);
}

Tensor places_of(const Tensor& x) {
  Tensor places = empty(x.shape(), DType::int64, Device());
  auto* const first = places.mutable_data<std::int64_t>();
  std::iota(first, first + places.numel(), std::int64_t{0});
  return to(places, x.device());
}

Tensor expanded_zeros(const Dims& shape, DType dtype, const Device& device) {
  return expand(full({}, 0, dtype, device), shape);
}

Metas Gather::infer(Inputs in) const {
  return {{with_leading(in[0].shape(), core.size(), in[1].shape()), in[0].dtype()}};
}

void Gather::run(Inputs in, std::span<Tensor> out) const {
  const std::size_t rank = in[0].shape().size();
  const Dims strides = strides_under(in[1], rank);
  backend_of(in[0]).gather(in[0].dtype(), kernel_shape(out[0].shape()), in[0].impl()->view(),
                           static_cast<int>(axis_at(axis, rank)),
                           {in[1].impl()->data(), strides.data()}, out[0].impl()->data());
}

Tensor Gather::transpose(const Tensor& g, const Tensor& index) const {
  return record(ScatterAdd(axis, core), {g, index});
}

Metas ScatterAdd::infer(Inputs in) const {
  return {{with_leading(in[0].shape(), core.size(), core), in[0].dtype()}};
}

void ScatterAdd::run(Inputs in, std::span<Tensor> out) const {
  const kernels::Backend& backend = backend_of(in[0]);
  const std::size_t rank = in[0].shape().size();
  const Dims strides = strides_under(in[1], rank);
  backend.fill(out[0].dtype(), out[0].impl()->data(), out[0].numel(), 0);
  backend.scatter(in[0].dtype(), true, kernel_shape(in[0].shape()), in[0].impl()->view(),
                  {in[1].impl()->data(), strides.data()}, static_cast<int>(axis_at(axis, rank)),
                  kernel_shape(out[0].shape()), out[0].impl()->data());
}

Tensor ScatterAdd::transpose(const Tensor& g, const Tensor& index) const {
  return record(Gather(axis, core), {g, index});
}

Metas Scatter::infer(Inputs in) const { return {{in[0].shape(), in[0].dtype()}}; }

void Scatter::run(Inputs in, std::span<Tensor> out) const {
  const kernels::Backend& backend = backend_of(in[0]);
  const DType dtype = in[0].dtype();
  const std::size_t rank = in[0].shape().size();
  const Dims strides = strides_under(in[1], rank);
  backend.copy(dtype, dtype, kernel_shape(in[0].shape()), in[0].impl()->view(),
               out[0].impl()->view());
  backend.scatter(dtype, false, kernel_shape(in[2].shape()), in[2].impl()->view(),
                  {in[1].impl()->data(), strides.data()}, static_cast<int>(axis_at(axis, rank)),
                  kernel_shape(out[0].shape()), out[0].impl()->data());
}

Tensor Scatter::vjp(const Call& call, int input, Inputs g) const {
  const Tensor places = call.in(1);
  const std::size_t rank = places.shape().size();
  if (input == 0) {
    const Dims shape = with_leading(g[0].shape(), rank, places.shape());
    return record(*this, {g[0], places, expanded_zeros(shape, g[0].dtype(), g[0].device())});
  }
  // Of equal places only the last was used: each writes its number, and sees whose is left.
  const Tensor numbers = places_of(places);
  const Tensor left =
      record(*this, {expanded_zeros(core, DType::int64, places.device()), places, numbers});
  const Tensor is_used = record(Gather(axis, core), {left, places}) == numbers;
  return where(is_used, record(Gather(axis, core), {g[0], places}), 0.0);
}

Tensors Scatter::jvp(const Call& call, Inputs t) const {
  const Tensor places = call.in(1);
  const std::size_t rank = places.shape().size();
  if (t[0].defined()) {
    const Dims shape = with_leading(t[0].shape(), rank, places.shape());
    return {record(*this,
                   {t[0], places,
                    t[2].defined() ? t[2] : expanded_zeros(shape, t[0].dtype(), t[0].device())})};
  }
  return {record(
      *this, {expanded_zeros(with_leading(t[2].shape(), rank, core), t[2].dtype(), t[2].device()),
              places, t[2]})};
}

Tensor gather(const Tensor& x, std::int64_t axis, const Tensor& index) {
  const std::int64_t from_end = axis_from_end(axis, x.dim(), "gather");
  const std::size_t at = axis_at(from_end, x.shape().size());
  bool fits = index.dim() == x.dim();
  for (std::size_t i = 0; fits && i < x.shape().size(); ++i)
    fits = i == at || index.shape()[i] <= x.shape()[i];
  if (!fits)
    throw ShapeError(fmt::format("gather: an index of shape {} does not fit axis {} of shape {}",
                                 to_string(index.shape()), axis, to_string(x.shape())));
  return record(Gather(from_end, x.shape()), {x, checked_index(index, x.shape()[at], "gather")});
}

Tensor index_select(const Tensor& x, std::int64_t axis, const Tensor& index) {
  const std::int64_t from_end = axis_from_end(axis, x.dim(), "index_select");
  if (index.dim() != 1)
    throw ShapeError(fmt::format("index_select: the index must be a vector, not of shape {}",
                                 to_string(index.shape())));
  const Tensor checked = checked_index(index, x.size(from_end), "index_select");
  return record(Gather(from_end, x.shape()), {x, index_along(checked, from_end, x.shape())});
}

Tensor take(const Tensor& x, const Tensor& index) {
  const Tensor flat = reshape(x, {x.numel()});
  const Tensor places = checked_index(index, x.numel(), "take", true);
  const Tensor taken = record(Gather(-1, flat.shape()), {flat, reshape(places, {index.numel()})});
  return reshape(taken, index.shape());
}

Tensor index(const Tensor& x, const std::vector<Tensor>& indices, std::int64_t axis) {
  const Joined joined = joined_indices(x, indices, axis, "index");
  const Tensor taken =
      record(Gather(joined.at, joined.before),
             {reshape(x, joined.before), index_along(joined.index, joined.at, joined.before)});
  return reshape(taken, joined.after);
}

Tensor index_put(const Tensor& x, const std::vector<Tensor>& indices, const Tensor& values,
                 bool accumulate, std::int64_t axis) {
  const Joined joined = joined_indices(x, indices, axis, "index_put");
  if (!(broadcast_shapes(values.shape(), joined.after, "index_put") == joined.after))
    throw ShapeError(fmt::format("index_put: values of shape {} do not broadcast to shape {}",
                                 to_string(values.shape()), to_string(joined.after)));
  const Tensor places = index_along(joined.index, joined.at, joined.before);
  const Tensor source = reshape(expand(values, joined.after), places.shape());
  const Tensor flat = reshape(x, joined.before);
  const Tensor put = accumulate ? scatter_add(flat, joined.at, places, source)
                                : scatter(flat, joined.at, places, source);
  return reshape(put, x.shape());
}

Tensor masked_select(const Tensor& x, const Tensor& mask) {
  const Dims shape = shape_with_mask(x, mask, "masked_select");
  const Tensor places = true_places(expand(mask, shape));
  const Tensor flat = reshape(expand(x, shape), {numel(shape)});
  return record(Gather(-1, flat.shape()), {flat, places});
}

Tensor masked_fill(const Tensor& x, const Tensor& mask, const Tensor& value) {
  shape_with_mask(x, mask, "masked_fill");
  if (value.dim() != 0)
    throw ShapeError(fmt::format("masked_fill: the value must be a scalar, not of shape {}",
                                 to_string(value.shape())));
  return to(where(mask, to(value, x.dtype()), x), x.dtype());
}

Tensor masked_fill(const Tensor& x, const Tensor& mask, double value) {
  return masked_fill(x, mask, full({}, value, x.dtype(), x.device()));
}

Tensor masked_scatter(const Tensor& x, const Tensor& mask, const Tensor& source) {
  if (!(shape_with_mask(x, mask, "masked_scatter") == x.shape()))
    throw ShapeError(
        fmt::format("masked_scatter: a mask of shape {} does not broadcast to shape {}",
                    to_string(mask.shape()), to_string(x.shape())));
  const Tensor places = true_places(expand(mask, x.shape()));
  if (source.numel() < places.numel())
    throw ShapeError(fmt::format("masked_scatter: {} places to fill, but {} elements to put there",
                                 places.numel(), source.numel()));
  const Tensor first = slice(reshape(source, {source.numel()}), 0, 0, places.numel());
  const DType dtype = std::max(x.dtype(), source.dtype());
  const Tensor put = record(Scatter(-1, {x.numel()}),
                            {to(reshape(x, {x.numel()}), dtype), places, to(first, dtype)});
  return reshape(put, x.shape());
}

std::vector<Tensor> where(const Tensor& condition) {
  require_mask(condition, "where");
  const std::vector<std::int64_t> places = true_places(condition).to_vector<std::int64_t>();
  std::vector<Tensor> out;
  std::int64_t stride = 1;
  for (std::size_t axis = condition.shape().size(); axis-- > 0; stride *= condition.shape()[axis]) {
    std::vector<std::int64_t> at(places.size());
    for (std::size_t i = 0; i < places.size(); ++i)
      at[i] = places[i] / stride % condition.shape()[axis];
    out.insert(out.begin(), to(from_vector(at), condition.device()));
  }
  return out;
}

Tensor nonzero(const Tensor& x) {
  const NoGradGuard guard;
  const Tensor mask = x.dtype() == DType::boolean ? x.detach() : x.detach() != 0.0;
  const std::vector<Tensor> axes = where(mask);
  if (axes.empty()) return empty({mask.item<bool>() ? 1 : 0, 0}, DType::int64, x.device());
  return stack(axes, 1);
}

}  // namespace wald
