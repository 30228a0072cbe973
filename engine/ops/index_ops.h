// The recorded operations behind index.h, and checks that they share. For the engine's own files.
#pragma once

#include <wald/engine/op.h>

namespace wald {

/// Linear in the first input; the second is an index, whose rank is that of the core axes, so that
/// leading axes of a batch use the same index. Self states
/// `Tensor transpose(const Tensor& g, const Tensor& index) const`.
template <class Self>
class LinearByIndex : public Op {
 public:
  std::uint64_t uses(int) const override { return 0b10; }
  Tensor vjp(const Call& call, int, Inputs g) const override {
    return self().transpose(g[0], call.in(1));
  }
  Tensors jvp(const Call& call, Inputs t) const override {
    return {record(*this, {t[0], call.in(1)})};
  }
  std::shared_ptr<const Op> keep() const override { return std::make_shared<Self>(self()); }

 private:
  const Self& self() const { return static_cast<const Self&>(*this); }
};

/// An op whose results are whole numbers, which have no derivative.
template <class Self>
class WholeNumbered : public Op {
 public:
  std::uint64_t uses(int) const override { return 0; }
  Tensor vjp(const Call&, int, Inputs) const override { return {}; }
  Tensors jvp(const Call&, Inputs) const override { return {Tensor()}; }
  std::shared_ptr<const Op> keep() const override {
    return std::make_shared<Self>(static_cast<const Self&>(*this));
  }
};

/// out[.., i, ..] = x[.., index[.., i, ..], ..] for x whose last axes have shape `core`.
struct Gather final : LinearByIndex<Gather> {
  Gather(std::int64_t at, Dims shape) : axis(at), core(std::move(shape)) {}
  std::int64_t axis;  // from the end
  Dims core;

  std::string_view name() const override { return "gather"; }
  Metas infer(Inputs in) const override;
  void run(Inputs in, std::span<Tensor> out) const override;
  Tensor transpose(const Tensor& g, const Tensor& index) const;
};

/// Zeros whose last axes have shape `core`, to which out[.., index[.., i, ..], ..] += x[.., i, ..].
struct ScatterAdd final : LinearByIndex<ScatterAdd> {
  ScatterAdd(std::int64_t at, Dims shape) : axis(at), core(std::move(shape)) {}
  std::int64_t axis;  // from the end
  Dims core;

  std::string_view name() const override { return "scatter_add"; }
  Metas infer(Inputs in) const override;
  void run(Inputs in, std::span<Tensor> out) const override;
  Tensor transpose(const Tensor& g, const Tensor& index) const;
};

/// x with source (the third input) put at the index along an axis.
struct Scatter final : Op {
  Scatter(std::int64_t at, Dims shape) : axis(at), core(std::move(shape)) {}
  std::int64_t axis;  // from the end
  Dims core;          // of x

  std::string_view name() const override { return "scatter"; }
  Metas infer(Inputs in) const override;
  void run(Inputs in, std::span<Tensor> out) const override;
  std::uint64_t uses(int) const override { return 0b10; }
  Tensor vjp(const Call& call, int input, Inputs g) const override;
  Tensors jvp(const Call& call, Inputs t) const override;
  std::shared_ptr<const Op> keep() const override { return std::make_shared<Scatter>(*this); }
};

void require_index(const Tensor& index, const char* op);
void require_mask(const Tensor& mask, const char* op);
/// Throws IndexError unless all indices lie in 0 ... size - 1. With `counts_from_end`, negative
/// ones down to -size are taken too, and come back as what they mean.
Tensor checked_index(const Tensor& index, std::int64_t size, const char* op,
                     bool counts_from_end = false);
/// A vector of indices as one for each element along `axis` (from the end) of `shape`, a view.
Tensor index_along(const Tensor& index, std::int64_t axis, Dims shape);
/// 0, 1 ... in row-major order.
Tensor places_of(const Tensor& x);
/// Zeros without memory of their own.
Tensor expanded_zeros(const Dims& shape, DType dtype, const Device& device);

}  // namespace wald
