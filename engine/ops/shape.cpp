// Operations that lay elements out anew: beside each, its transpose, which carries a cotangent
// back. Views are in views.cpp.
#include "shape.h"

#include <fmt/format.h>

#include <algorithm>

#include <wald/engine/op.h>
#include <wald/engine/ops/pointwise.h>
#include <wald/engine/tensor_impl.h>

namespace wald {
namespace {

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

struct Reshape final : Linear<Reshape> {
  Reshape(Dims a, Dims b) : from(std::move(a)), to(std::move(b)) {}
  Dims from, to;  // the last axes, before and after

  std::string_view name() const override { return "reshape"; }
  bool is_view() const override { return true; }
  Metas infer(Inputs in) const override {
    return {{with_leading(in[0].shape(), from.size(), to), in[0].dtype()}};
  }
  Tensor view(const Tensor& in) const override {
    const Dims shape = with_leading(in.shape(), from.size(), to);
    Dims strides;
    if (in.numel() > 0 && !in.is_contiguous() && reshaped_strides(in, shape, strides))
      return alias(in, shape, strides, in.impl()->offset);
    const Tensor x = contiguous_detached(in);
    return alias(x, shape, contiguous_strides(shape), x.impl()->offset);
  }
  Tensor transpose(const Tensor& g) const { return record(Reshape(to, from), {g}); }
};

void copy_elements(const Tensor& from, const Tensor& to) {
  backend_of(from).copy(from.dtype(), to.dtype(), kernel_shape(from.shape()), from.impl()->view(),
                        to.impl()->view());
}

struct Clone final : Linear<Clone> {
  std::string_view name() const override { return "clone"; }
  Metas infer(Inputs in) const override { return {{in[0].shape(), in[0].dtype()}}; }
  void run(Inputs in, std::span<Tensor> out) const override { copy_elements(in[0], out[0]); }
  Tensor transpose(const Tensor& g) const { return g; }
};

struct To final : Linear<To> {
  To(DType a, DType b) : from(a), dtype(b) {}
  DType from, dtype;

  std::string_view name() const override { return "to"; }
  Metas infer(Inputs in) const override { return {{in[0].shape(), dtype}}; }
  void run(Inputs in, std::span<Tensor> out) const override { copy_elements(in[0], out[0]); }
  Tensor transpose(const Tensor& g) const { return to(g, from); }
};

struct ToDevice final : Linear<ToDevice> {
  ToDevice(const Device& a, const Device& b) : from(a), device(b) {}
  Device from, device;

  std::string_view name() const override { return "to_device"; }
  Metas infer(Inputs in) const override {
    return {{in[0].shape(), in[0].dtype(), &device.backend()}};
  }
  void run(Inputs in, std::span<Tensor> out) const override {
    if (in[0].numel() == 1 && is_floating(in[0].dtype()) && from == Device())
      device.backend().fill(in[0].dtype(), out[0].impl()->data(), 1,
                            in[0].item());  // not waited for
    else
      copy_between_devices(in[0], out[0]);
  }
  Tensor transpose(const Tensor& g) const { return to(g, from); }
};

/// A copy, so that no other operation meets negative strides.
struct Flip final : Linear<Flip> {
  explicit Flip(Dims a) : axes(std::move(a)) {}
  Dims axes;  // from the end

  std::string_view name() const override { return "flip"; }
  Metas infer(Inputs in) const override { return {{in[0].shape(), in[0].dtype()}}; }
  void run(Inputs in, std::span<Tensor> out) const override {
    if (in[0].numel() == 0) return;
    Dims strides = in[0].strides();
    std::int64_t offset = in[0].impl()->offset;
    for (std::int64_t axis : axes) {
      std::int64_t& stride = strides[axis_at(axis, strides.size())];
      offset += (in[0].size(axis) - 1) * stride;
      stride = -stride;
    }
    copy_elements(alias(in[0], in[0].shape(), strides, offset), out[0]);
  }
  Tensor transpose(const Tensor& g) const { return record(*this, {g}); }
};

/// `shape` with its -1 filled in.
Dims completed(const Tensor& x, const Dims& shape, const char* op) {
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
    throw ShapeError(fmt::format("{}: {} elements of shape {} do not fit shape {}", op, x.numel(),
                                 to_string(x.shape()), to_string(shape)));
  return to;
}

/// x where column - row - offset is at most 0 (`lower`) or at least 0, else 0.
Tensor triangle(const Tensor& x, std::int64_t offset, bool lower) {
  if (x.dim() < 2)
    throw ShapeError(fmt::format("{}: a matrix is wanted, not shape {}", lower ? "tril" : "triu",
                                 to_string(x.shape())));
  const std::int64_t rows = x.size(-2), columns = x.size(-1);
  Tensor kept = empty({rows, columns}, DType::boolean, Device());
  bool* to = kept.mutable_data<bool>();
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) *to++ = lower ? j - i <= offset : j - i >= offset;
  return wald::to(where(wald::to(kept, x.device()), x, 0.0), x.dtype());
}

}  // namespace

Tensor reshape(const Tensor& x, const Dims& shape) {
  const Dims to = completed(x, shape, "reshape");
  return to == x.shape() ? x : record(Reshape(x.shape(), to), {x});
}

Tensor view(const Tensor& x, const Dims& shape) {
  const Dims to = completed(x, shape, "view");
  Dims strides;
  if (x.numel() > 0 && !x.is_contiguous() && !reshaped_strides(x, to, strides))
    throw ShapeError(fmt::format(
        "view: shape {} with strides {} cannot be seen as {} without a copy; use reshape",
        to_string(x.shape()), to_string(x.strides()), to_string(to)));
  return record(Reshape(x.shape(), to), {x});
}

Tensor flatten(const Tensor& x, std::int64_t start, std::int64_t end) {
  if (x.dim() == 0) return reshape(x, {1});
  const std::size_t rank = x.shape().size();
  const std::size_t first = axis_at(axis_from_end(start, x.dim(), "flatten"), rank);
  const std::size_t last = axis_at(axis_from_end(end, x.dim(), "flatten"), rank);
  if (first > last)
    throw IndexError(fmt::format("flatten: axis {} comes after axis {} of shape {}", start, end,
                                 to_string(x.shape())));
  Dims shape;
  for (std::size_t i = 0; i < rank; ++i) {
    if (i > first && i <= last)
      shape.back() *= x.shape()[i];
    else
      shape.push_back(x.shape()[i]);
  }
  return reshape(x, shape);
}

Tensor repeat(const Tensor& x, const Dims& repeats) {
  if (repeats.size() < x.shape().size() ||
      std::any_of(repeats.begin(), repeats.end(), [](auto n) { return n < 0; }))
    throw ShapeError(fmt::format("repeat: {} is not a number of times for each axis of shape {}",
                                 to_string(repeats), to_string(x.shape())));
  const std::size_t added = repeats.size() - x.shape().size();
  Dims apart, wide, shape;  // each repeated axis behind one for its repeats
  for (std::size_t i = 0; i < repeats.size(); ++i) {
    const std::int64_t size = i < added ? 1 : x.shape()[i - added];
    if (repeats[i] != 1) {
      apart.push_back(1);
      wide.push_back(repeats[i]);
    }
    apart.push_back(size);
    wide.push_back(size);
    shape.push_back(repeats[i] * size);
  }
  return contiguous(reshape(expand(reshape(x, apart), wide), shape));
}

Tensor flip(const Tensor& x, const Dims& axes) {
  Dims from_end;
  for (std::int64_t axis : axes) {
    from_end.push_back(axis_from_end(axis, x.dim(), "flip"));
    if (std::count(from_end.begin(), from_end.end(), from_end.back()) > 1)
      throw IndexError(fmt::format("flip: an axis stands twice in {}", to_string(axes)));
  }
  return record(Flip(from_end), {x});
}

Tensor tril(const Tensor& x, std::int64_t offset) { return triangle(x, offset, true); }
Tensor triu(const Tensor& x, std::int64_t offset) { return triangle(x, offset, false); }

Tensor contiguous(const Tensor& x) { return x.is_contiguous() ? x : clone(x); }
Tensor clone(const Tensor& x) { return record(Clone(), {x}); }
Tensor to(const Tensor& x, DType dtype) {
  return x.dtype() == dtype ? x : record(To(x.dtype(), dtype), {x});
}

Tensor to(const Tensor& x, const Device& device) {
  return x.device() == device ? x : record(ToDevice(x.device(), device), {x});
}

}  // namespace wald
