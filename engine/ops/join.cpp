// Joining tensors along an axis, and taking them apart.
#include <fmt/format.h>

#include <algorithm>

#include <wald/engine/op.h>
#include <wald/engine/tensor_impl.h>

#include "shape.h"

namespace wald {
namespace {

/// Linear in each part.
class Cat final : public Op {
 public:
  Cat(std::int64_t axis, Dims sizes) : axis_(axis), sizes_(std::move(sizes)) {}

  std::string_view name() const override { return "cat"; }
  Metas infer(Inputs in) const override {
    Dims shape = in[0].shape();
    std::int64_t& size = shape[axis_at(axis_, shape.size())];
    size = 0;
    for (std::int64_t part : sizes_) size += part;
    return {{shape, in[0].dtype()}};
  }
  void run(Inputs in, std::span<Tensor> out) const override {
    const Dims& strides = out[0].strides();
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < in.size(); begin += sizes_[i++]) {
      const Tensor place =
          alias(out[0], in[i].shape(), strides, begin * strides[axis_at(axis_, strides.size())]);
      backend_of(in[i]).copy(in[i].dtype(), in[i].dtype(), kernel_shape(in[i].shape()),
                             in[i].impl()->view(), place.impl()->view());
    }
  }
  std::uint64_t uses(int) const override { return 0; }
  Tensor vjp(const Call&, int input, Inputs g) const override {
    const auto part = static_cast<std::size_t>(input);
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < part; ++i) begin += sizes_[i];
    return narrow(g[0], axis_, begin, sizes_[part]);
  }
  Tensors jvp(const Call&, Inputs t) const override {
    std::vector<Tensor> parts(t.begin(), t.end());
    const Tensor& known = *std::find_if(t.begin(), t.end(), [](auto& x) { return x.defined(); });
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].defined()) continue;
      Dims shape = known.shape();
      shape[axis_at(axis_, shape.size())] = sizes_[i];
      parts[i] = expand(full({}, 0, known.dtype(), known.device()), shape);
    }
    return {record(*this, parts)};
  }
  std::shared_ptr<const Op> keep() const override { return std::make_shared<Cat>(*this); }

 private:
  std::int64_t axis_;  // from the end
  Dims sizes_;         // of each input along the axis
};

}  // namespace

Tensor cat(const std::vector<Tensor>& parts, std::int64_t axis) {
  if (parts.empty()) throw ShapeError("cat: nothing to join: at least one tensor is wanted");
  const std::int64_t from_end = axis_from_end(axis, parts[0].dim(), "cat");
  const std::size_t at = axis_at(from_end, parts[0].shape().size());
  DType dtype = parts[0].dtype();
  Dims sizes;
  for (const Tensor& part : parts) {
    Dims shape = part.shape();
    if (shape.size() == parts[0].shape().size()) {
      sizes.push_back(shape[at]);
      shape[at] = parts[0].shape()[at];
    }
    if (!(shape == parts[0].shape()))
      throw ShapeError(fmt::format("cat: shapes {} and {} cannot be joined along axis {}",
                                   to_string(parts[0].shape()), to_string(part.shape()), axis));
    dtype = std::max(dtype, part.dtype());
  }
  std::vector<Tensor> in;
  for (const Tensor& part : parts) in.push_back(to(part, dtype));
  return record(Cat(from_end, sizes), in);
}

Tensor stack(const std::vector<Tensor>& parts, std::int64_t axis) {
  if (parts.empty()) throw ShapeError("stack: nothing to join: at least one tensor is wanted");
  const std::int64_t from_end = axis_from_end(axis, parts[0].dim() + 1, "stack");
  std::vector<Tensor> in;
  for (const Tensor& part : parts) {
    if (!(part.shape() == parts[0].shape()))
      throw ShapeError(fmt::format("stack: shapes {} and {} differ", to_string(parts[0].shape()),
                                   to_string(part.shape())));
    in.push_back(unsqueeze(part, from_end));
  }
  return cat(in, from_end);
}

namespace {

/// cat, once each part has `rank` axes and `op` has been named in what can go wrong.
Tensor joined(std::vector<Tensor> parts, std::int64_t axis, const char* op) {
  if (parts.empty())
    throw ShapeError(fmt::format("{}: nothing to join: at least one tensor is wanted", op));
  for (const Tensor& part : parts) {
    Dims shape = part.shape();
    const Dims& first = parts[0].shape();
    const auto at = static_cast<std::size_t>(axis);
    if (shape.size() == first.size()) shape[at] = first[at];
    if (!(shape == first))
      throw ShapeError(fmt::format("{}: shapes {} and {} cannot be joined along axis {}", op,
                                   to_string(first), to_string(part.shape()), axis));
  }
  return cat(parts, axis);
}

}  // namespace

Tensor hstack(const std::vector<Tensor>& parts) {
  std::vector<Tensor> in;
  for (const Tensor& part : parts) in.push_back(part.dim() == 0 ? unsqueeze(part, 0) : part);
  return joined(in, !in.empty() && in[0].dim() > 1 ? 1 : 0, "hstack");
}

Tensor vstack(const std::vector<Tensor>& parts) {
  std::vector<Tensor> in;
  for (Tensor part : parts) {
    while (part.dim() < 2) part = unsqueeze(part, 0);
    in.push_back(part);
  }
  return joined(in, 0, "vstack");
}

std::vector<Tensor> split(const Tensor& x, const Dims& sizes, std::int64_t axis) {
  const std::int64_t from_end = axis_from_end(axis, x.dim(), "split");
  std::int64_t total = 0;
  for (std::int64_t size : sizes) total += size;
  if (total != x.size(from_end) ||
      std::any_of(sizes.begin(), sizes.end(), [](auto size) { return size < 0; }))
    throw ShapeError(fmt::format("split: parts {} do not make up axis {} of shape {}",
                                 to_string(sizes), axis, to_string(x.shape())));
  std::vector<Tensor> parts;
  std::int64_t begin = 0;
  for (std::int64_t size : sizes) {
    parts.push_back(narrow(x, from_end, begin, size));
    begin += size;
  }
  return parts;
}

std::vector<Tensor> split(const Tensor& x, std::int64_t size, std::int64_t axis) {
  if (size < 1) throw ShapeError(fmt::format("split: parts of size {}; 1 is the least", size));
  std::int64_t rest = x.size(axis_from_end(axis, x.dim(), "split"));
  Dims sizes;
  for (; rest > size; rest -= size) sizes.push_back(size);
  sizes.push_back(rest);
  return split(x, sizes, axis);
}

std::vector<Tensor> chunk(const Tensor& x, std::int64_t count, std::int64_t axis) {
  if (count < 1)
    throw ShapeError(fmt::format("chunk: {} parts were asked for; 1 is the least", count));
  const std::int64_t size = x.size(axis_from_end(axis, x.dim(), "chunk"));
  return split(x, std::max<std::int64_t>(1, (size + count - 1) / count), axis);
}

Tensor roll(const Tensor& x, const Dims& shifts, const Dims& axes) {
  if (shifts.size() != axes.size())
    throw ShapeError(fmt::format("roll: shifts {} for axes {}: one for each axis is wanted",
                                 to_string(shifts), to_string(axes)));
  Tensor y = x;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::int64_t axis = axis_from_end(axes[i], x.dim(), "roll");
    const std::int64_t size = x.size(axis);
    if (size == 0) continue;
    const std::int64_t begin = ((-shifts[i]) % size + size) % size;  // what comes first
    y = cat({slice(y, axis, begin), slice(y, axis, 0, begin)}, axis);
  }
  return y;
}

std::vector<Tensor> meshgrid(const std::vector<Tensor>& vectors) {
  Dims shape;
  for (const Tensor& x : vectors) {
    if (x.dim() > 1)
      throw ShapeError(
          fmt::format("meshgrid: vectors are wanted, not shape {}", to_string(x.shape())));
    shape.push_back(x.numel());
  }
  std::vector<Tensor> grids;
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    Dims own(shape.size(), 1);
    own[i] = shape[i];
    grids.push_back(expand(reshape(vectors[i], own), shape));
  }
  return grids;
}

}  // namespace wald
