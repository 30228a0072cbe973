// What the view operations have in common. For the engine's own files.
#pragma once

#include <utility>

#include <wald/engine/op.h>
#include <wald/engine/tensor_impl.h>

namespace wald {

/// The axes of a tensor and where its first element lies. Axes are numbered from the end.
class Layout {
 public:
  struct Axis {
    std::int64_t size, stride;
  };

  explicit Layout(const Tensor& x) : offset(x.impl()->offset) {
    for (std::size_t i = 0; i < x.shape().size(); ++i)
      axes_.push_back({x.shape()[i], x.strides()[i]});
  }

  Axis& at(std::int64_t axis) { return axes_[axis_at(axis, axes_.size())]; }
  /// The new axis is number `axis` of the result.
  void insert(std::int64_t axis, Axis added) {
    axes_.insert(axis_at(axis, axes_.size() + 1), added);
  }
  Axis erase(std::int64_t axis) {
    const Axis gone = at(axis);
    axes_.erase(axis_at(axis, axes_.size()));
    return gone;
  }
  Dims shape() const { return list(&Axis::size); }
  Dims strides() const { return list(&Axis::stride); }

  std::int64_t offset;

 private:
  Dims list(std::int64_t Axis::*field) const {
    Dims out;
    for (const Axis& axis : axes_) out.push_back(axis.*field);
    return out;
  }

  InlineVector<Axis, 6> axes_;
};

/// A linear op that gives a view of its input; Self states its name, its transpose and
/// `void rearrange(Layout& to) const`.
template <class Self>
class LinearView : public Linear<Self> {
 public:
  bool is_view() const override { return true; }
  Metas infer(Inputs in) const override { return {{rearranged(in[0]).shape(), in[0].dtype()}}; }
  Tensor view(const Tensor& in) const override {
    const Layout to = rearranged(in);
    return alias(in, to.shape(), to.strides(), to.offset);
  }

 private:
  Layout rearranged(const Tensor& x) const {
    Layout layout(x);
    static_cast<const Self&>(*this).rearrange(layout);
    return layout;
  }
};

/// The transpose of a view that leaves elements out: zeros, but for x where the view was.
template <class View>
struct Scattered final : Linear<Scattered<View>> {
  Scattered(View v, Dims s) : view_of(std::move(v)), core(std::move(s)) {}
  View view_of;
  Dims core;  // the shape that the view was taken of

  std::string_view name() const override { return View::scattered_name; }
  Metas infer(Inputs in) const override {
    const std::size_t rank = core.size() - View::axes_dropped;
    return {{with_leading(in[0].shape(), rank, core), in[0].dtype()}};
  }
  void run(Inputs in, std::span<Tensor> out) const override {
    const kernels::Backend& backend = backend_of(in[0]);
    backend.fill(out[0].dtype(), out[0].impl()->data(), out[0].numel(), 0);
    const Tensor place = view_of.view(out[0]);
    backend.copy(in[0].dtype(), in[0].dtype(), kernel_shape(in[0].shape()), in[0].impl()->view(),
                 place.impl()->view());
  }
  Tensor transpose(const Tensor& g) const { return record(view_of, {g}); }
};

}  // namespace wald
