// Linear operations that move elements: beside each, its transpose, which carries a cotangent back.
#include "shape.h"

#include <fmt/format.h>

#include <algorithm>

#include <wald/engine/autograd.h>
#include <wald/engine/op.h>
#include <wald/engine/ops/reduce.h>
#include <wald/engine/tensor_impl.h>

namespace wald {
namespace {

template <class Self>
class LinearView : public Linear<Self> {
 public:
  bool is_view() const override { return true; }
};

struct Unsqueeze final : LinearView<Unsqueeze> {
  explicit Unsqueeze(std::int64_t at) : axis(at) {}
  std::int64_t axis;  // of the result, from the end

  std::string_view name() const override { return "unsqueeze"; }
  Metas infer(Inputs in) const override {
    Dims shape = in[0].shape();
    shape.insert(axis_at(axis, shape.size() + 1), 1);
    return {{shape, in[0].dtype()}};
  }
  Tensor view(const Tensor& in, const Meta& meta) const override {
    Dims strides = in.strides();
    strides.insert(axis_at(axis, strides.size() + 1), 0);
    return alias(in, meta.shape, strides, in.impl()->offset);
  }
  Tensor transpose(const Tensor& g) const { return squeeze(g, axis); }
};

struct Squeeze final : LinearView<Squeeze> {
  explicit Squeeze(std::int64_t at) : axis(at) {}
  std::int64_t axis;  // of the input, from the end

  std::string_view name() const override { return "squeeze"; }
  Metas infer(Inputs in) const override {
    Dims shape = in[0].shape();
    shape.erase(axis_at(axis, shape.size()));
    return {{shape, in[0].dtype()}};
  }
  Tensor view(const Tensor& in, const Meta& meta) const override {
    Dims strides = in.strides();
    strides.erase(axis_at(axis, strides.size()));
    return alias(in, meta.shape, strides, in.impl()->offset);
  }
  Tensor transpose(const Tensor& g) const { return unsqueeze(g, axis); }
};

struct Expand final : LinearView<Expand> {
  Expand(Dims shape, Dims repeated) : core(std::move(shape)), axes(std::move(repeated)) {}
  Dims core;  // the shape of the last axes of the result
  Dims axes;  // those that were of size 1, from the end

  std::string_view name() const override { return "expand"; }
  Metas infer(Inputs in) const override {
    return {{with_leading(in[0].shape(), core.size(), core), in[0].dtype()}};
  }
  Tensor view(const Tensor& in, const Meta& meta) const override {
    Dims strides = in.strides();
    for (std::int64_t axis : axes) strides[axis_at(axis, strides.size())] = 0;
    return alias(in, meta.shape, strides, in.impl()->offset);
  }
  Tensor transpose(const Tensor& g) const { return sum(g, axes, true); }
};

struct Transpose final : LinearView<Transpose> {
  Transpose(std::int64_t i, std::int64_t j) : axis0(i), axis1(j) {}
  std::int64_t axis0, axis1;  // from the end

  std::string_view name() const override { return "transpose"; }
  Metas infer(Inputs in) const override {
    Dims shape = in[0].shape();
    std::swap(shape[axis_at(axis0, shape.size())], shape[axis_at(axis1, shape.size())]);
    return {{shape, in[0].dtype()}};
  }
  Tensor view(const Tensor& in, const Meta& meta) const override {
    Dims strides = in.strides();
    std::swap(strides[axis_at(axis0, strides.size())], strides[axis_at(axis1, strides.size())]);
    return alias(in, meta.shape, strides, in.impl()->offset);
  }
  Tensor transpose(const Tensor& g) const { return wald::transpose(g, axis0, axis1); }
};

/// The strides under which x's memory has another shape, if there are such.
bool reshaped_strides(const Tensor& x, const Dims& shape, Dims& strides) {
  // Runs of axes that lie evenly in memory are cut anew; each must hold whole new axes.
  strides = Dims(shape.size(), 1);
  std::size_t to = shape.size();
  std::int64_t chunk = 1, made = 1;
  bool has_chunk = false;
  std::int64_t base = 1;
  for (std::size_t i = x.shape().size(); i-- > 0;) {
    if (x.shape()[i] == 1) continue;
    if (!has_chunk) base = x.strides()[i];
    has_chunk = true;
    chunk *= x.shape()[i];
    std::size_t next = i;
    while (next > 0 && x.shape()[next - 1] == 1) --next;
    if (next > 0 && x.strides()[next - 1] == x.shape()[i] * x.strides()[i]) continue;
    while (to > 0 && (made < chunk || shape[to - 1] == 1)) {
      strides[--to] = made * base;
      made *= shape[to];
    }
    if (made != chunk) return false;
    chunk = made = 1;
    has_chunk = false;
  }
  return true;
}

struct Reshape final : LinearView<Reshape> {
  Reshape(Dims a, Dims b) : from(std::move(a)), to(std::move(b)) {}
  Dims from, to;  // the last axes, before and after

  std::string_view name() const override { return "reshape"; }
  Metas infer(Inputs in) const override {
    return {{with_leading(in[0].shape(), from.size(), to), in[0].dtype()}};
  }
  Tensor view(const Tensor& in, const Meta& meta) const override {
    Dims strides;
    if (in.numel() > 0 && !in.is_contiguous() && reshaped_strides(in, meta.shape, strides))
      return alias(in, meta.shape, strides, in.impl()->offset);
    const Tensor x = contiguous_detached(in);
    return alias(x, meta.shape, contiguous_strides(meta.shape), x.impl()->offset);
  }
  Tensor transpose(const Tensor& g) const { return record(Reshape(to, from), {g}); }
};

/// Where a slice lies on its axis, from the end.
struct Range {
  std::int64_t axis, start, count, step, size;
};

struct Slice final : LinearView<Slice> {
  explicit Slice(Range r) : range(r) {}
  Range range;

  std::string_view name() const override { return "slice"; }
  Metas infer(Inputs in) const override {
    Dims shape = in[0].shape();
    shape[axis_at(range.axis, shape.size())] = range.count;
    return {{shape, in[0].dtype()}};
  }
  Tensor view(const Tensor& in, const Meta& meta) const override {
    Dims strides = in.strides();
    std::int64_t& stride = strides[axis_at(range.axis, strides.size())];
    const std::int64_t offset = in.impl()->offset + range.start * stride;
    stride *= range.step;
    return alias(in, meta.shape, strides, offset);
  }
  Tensor transpose(const Tensor& g) const;
};

/// Zeros, but for x in the place of a slice.
struct SliceScatter final : Linear<SliceScatter> {
  explicit SliceScatter(Range r) : range(r) {}
  Range range;

  std::string_view name() const override { return "slice_scatter"; }
  Metas infer(Inputs in) const override {
    Dims shape = in[0].shape();
    shape[axis_at(range.axis, shape.size())] = range.size;
    return {{shape, in[0].dtype()}};
  }
  void run(Inputs in, std::span<Tensor> out) const override {
    const kernels::Backend& backend = backend_of(in[0]);
    backend.fill(out[0].dtype(), out[0].impl()->data(), out[0].numel(), 0);
    const Tensor place = Slice(range).view(out[0], {in[0].shape(), in[0].dtype()});
    backend.copy(in[0].dtype(), in[0].dtype(), kernel_shape(in[0].shape()), in[0].impl()->view(),
                 place.impl()->view());
  }
  Tensor transpose(const Tensor& g) const { return record(Slice(range), {g}); }
};

Tensor Slice::transpose(const Tensor& g) const { return record(SliceScatter(range), {g}); }

struct Select final : LinearView<Select> {
  explicit Select(Range r) : range(r) {}
  Range range;  // of one element

  std::string_view name() const override { return "select"; }
  Metas infer(Inputs in) const override {
    Dims shape = in[0].shape();
    shape.erase(axis_at(range.axis, shape.size()));
    return {{shape, in[0].dtype()}};
  }
  Tensor view(const Tensor& in, const Meta& meta) const override {
    Dims strides = in.strides();
    const std::size_t at = axis_at(range.axis, strides.size());
    const std::int64_t offset = in.impl()->offset + range.start * strides[at];
    strides.erase(at);
    return alias(in, meta.shape, strides, offset);
  }
  Tensor transpose(const Tensor& g) const {
    return record(SliceScatter(range), {unsqueeze(g, range.axis)});
  }
};

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
    for (std::size_t i = 0; i < in.size(); ++i) {
      const Tensor place =
          Slice(range(static_cast<int>(i))).view(out[0], {in[i].shape(), in[i].dtype()});
      backend_of(in[i]).copy(in[i].dtype(), in[i].dtype(), kernel_shape(in[i].shape()),
                             in[i].impl()->view(), place.impl()->view());
    }
  }
  std::uint64_t uses(int) const override { return 0; }
  Tensor vjp(const Call&, int input, Inputs g) const override {
    return record(Slice(range(input)), g);
  }
  Tensors jvp(const Call&, Inputs t) const override {
    std::vector<Tensor> parts(t.begin(), t.end());
    const Tensor& known = *std::find_if(t.begin(), t.end(), [](auto& x) { return x.defined(); });
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (parts[i].defined()) continue;
      Dims shape = known.shape();
      shape[axis_at(axis_, shape.size())] = sizes_[i];
      parts[i] = expand(full({}, 0, known.dtype()), shape);
    }
    return {record(*this, parts)};
  }
  std::shared_ptr<const Op> keep() const override { return std::make_shared<Cat>(*this); }

 private:
  Range range(int part) const {
    std::int64_t start = 0, total = 0;
    for (int i = 0; i < part; ++i) start += sizes_[i];
    for (std::int64_t size : sizes_) total += size;
    return {axis_, start, sizes_[static_cast<std::size_t>(part)], 1, total};
  }

  std::int64_t axis_;  // from the end
  Dims sizes_;         // of each input along the axis
};

struct Clone final : Linear<Clone> {
  std::string_view name() const override { return "clone"; }
  Metas infer(Inputs in) const override { return {{in[0].shape(), in[0].dtype()}}; }
  void run(Inputs in, std::span<Tensor> out) const override {
    backend_of(in[0]).copy(in[0].dtype(), in[0].dtype(), kernel_shape(in[0].shape()),
                           in[0].impl()->view(), out[0].impl()->view());
  }
  Tensor transpose(const Tensor& g) const { return g; }
};

struct To final : Linear<To> {
  To(DType a, DType b) : from(a), dtype(b) {}
  DType from, dtype;

  std::string_view name() const override { return "to"; }
  Metas infer(Inputs in) const override { return {{in[0].shape(), dtype}}; }
  void run(Inputs in, std::span<Tensor> out) const override {
    backend_of(in[0]).copy(in[0].dtype(), dtype, kernel_shape(in[0].shape()), in[0].impl()->view(),
                           out[0].impl()->view());
  }
  Tensor transpose(const Tensor& g) const { return to(g, from); }
};

}  // namespace

Tensor reshape(const Tensor& x, const Dims& shape) {
  Dims to = shape;
  std::int64_t known = 1, unknown = -1;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (to[i] == -1 && unknown < 0)
      unknown = static_cast<std::int64_t>(i);
    else
      known *= to[i];
  }
  if (unknown >= 0 && known > 0 && x.numel() % known == 0)
    to[static_cast<std::size_t>(unknown)] = x.numel() / known;
  if (numel(to) != x.numel() || std::any_of(to.begin(), to.end(), [](auto n) { return n < 0; }))
    throw ShapeError(fmt::format("reshape: {} elements of shape {} do not fit shape {}", x.numel(),
                                 to_string(x.shape()), to_string(shape)));
  if (to == x.shape()) return x;
  return record(Reshape(x.shape(), to), {x});
}

Tensor expand(const Tensor& x, const Dims& shape) {
  if (x.shape() == shape) return x;
  if (!(broadcast_shapes(x.shape(), shape, "expand") == shape))
    throw ShapeError(fmt::format("expand: shape {} cannot be repeated to {}", to_string(x.shape()),
                                 to_string(shape)));
  Tensor y = x;
  while (y.shape().size() < shape.size()) y = unsqueeze(y, 0);
  Dims repeated;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (y.shape()[i] != shape[i])
      repeated.push_back(static_cast<std::int64_t>(i) - static_cast<std::int64_t>(shape.size()));
  if (repeated.empty()) return y;
  return record(Expand(shape, repeated), {y});
}

Tensor unsqueeze(const Tensor& x, std::int64_t axis) {
  return record(Unsqueeze(axis_from_end(axis, x.dim() + 1, "unsqueeze")), {x});
}

Tensor squeeze(const Tensor& x, std::int64_t axis) {
  const std::int64_t from_end = axis_from_end(axis, x.dim(), "squeeze");
  if (x.size(from_end) != 1)
    throw ShapeError(fmt::format("squeeze: axis {} of shape {} has size {}, not 1", axis,
                                 to_string(x.shape()), x.size(from_end)));
  return record(Squeeze(from_end), {x});
}

Tensor transpose(const Tensor& x, std::int64_t axis0, std::int64_t axis1) {
  return record(Transpose(axis_from_end(axis0, x.dim(), "transpose"),
                          axis_from_end(axis1, x.dim(), "transpose")),
                {x});
}

Tensor t(const Tensor& x) {
  if (x.dim() != 2)
    throw ShapeError(fmt::format("t: a matrix is wanted, not shape {}", to_string(x.shape())));
  return transpose(x, 0, 1);
}

Tensor slice(const Tensor& x, std::int64_t axis, std::int64_t start, std::int64_t stop,
             std::int64_t step) {
  const std::int64_t from_end = axis_from_end(axis, x.dim(), "slice");
  const std::int64_t size = x.size(from_end);
  if (step < 1) throw IndexError(fmt::format("slice: the step must be positive, not {}", step));
  auto place = [&](std::int64_t i) {
    return std::clamp<std::int64_t>(i < 0 ? i + size : i, 0, size);
  };
  const std::int64_t first = place(start), last = std::max(place(stop), first);
  return record(Slice({from_end, first, (last - first + step - 1) / step, step, size}), {x});
}

Tensor select(const Tensor& x, std::int64_t axis, std::int64_t index) {
  const std::int64_t from_end = axis_from_end(axis, x.dim(), "select");
  const std::int64_t size = x.size(from_end);
  if (index < -size || index >= size)
    throw IndexError(fmt::format("select: index {} is out of range for axis {} of shape {}", index,
                                 axis, to_string(x.shape())));
  return record(Select({from_end, index < 0 ? index + size : index, 1, 1, size}), {x});
}

Tensor cat(const std::vector<Tensor>& parts, std::int64_t axis) {
  if (parts.empty()) throw ShapeError("cat: nothing to join");
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
  if (parts.empty()) throw ShapeError("stack: nothing to join");
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

Tensor contiguous(const Tensor& x) { return x.is_contiguous() ? x : clone(x); }
Tensor clone(const Tensor& x) { return record(Clone(), {x}); }
Tensor to(const Tensor& x, DType dtype) {
  return x.dtype() == dtype ? x : record(To(x.dtype(), dtype), {x});
}

}  // namespace wald
