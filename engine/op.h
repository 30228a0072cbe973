// The contract of an operation: what it makes (infer), how (run), and how it is differentiated.
//
// There are three kinds, told apart by the derivative rule: Pointwise states its partial
// derivatives, Linear its transpose, a structured op derives from Op and states vjp and jvp.
// Rules are written in tensor operations, so that they record themselves when a graph of the
// gradient is wanted. Only `run` and `view` see memory.
//
// An op counts its axes from the end and maps over any leading axes beyond those it was made for: a
// batch of cotangents or tangents is one more leading axis.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <wald/engine/node.h>
#include <wald/engine/tensor.h>
#include <wald/kernels/backend.h>

namespace wald {

using Tensors = InlineVector<Tensor, 2>;
using Inputs = std::span<const Tensor>;

/// Shape and element type of a result, and where it lies if not where the inputs do.
struct Meta {
  Dims shape;
  DType dtype = DType::float64;
  const kernels::Backend* backend = nullptr;
};
using Metas = InlineVector<Meta, 1>;

/// A recorded call, as a derivative rule sees it.
class Call {
 public:
  explicit Call(const Node& node) : node_(node) {}

  /// The i-th input. Throws GraphError if it was not saved or has been written since.
  const Tensor& in(int i) const { return saved(i); }
  /// The i-th output, connected to the graph.
  Tensor out(int i = 0) const;

  static constexpr int output_slot(int i) { return 32 + i; }
  /// The slots that have been asked for, a bit each.
  std::uint64_t used() const { return used_; }

 private:
  const Tensor& saved(int slot) const;

  const Node& node_;
  mutable std::uint64_t used_ = 0;
};

class Op {
 public:
  virtual ~Op() = default;

  /// In snake case: "exp" is printed as ExpBackward0.
  virtual std::string_view name() const = 0;
  /// Whether a user made it (function.h): its name is printed as it stands, without a number.
  virtual bool is_users() const { return false; }

  /// Checks the inputs and says what comes out. Must not read memory.
  virtual Metas infer(Inputs in) const = 0;
  /// Computes the outputs, which are allocated and contiguous.
  virtual void run(Inputs in, std::span<Tensor> out) const;
  /// An op that gives another view of its input's memory has `view` in place of `run`.
  virtual bool is_view() const { return false; }
  virtual Tensor view(const Tensor& in) const;

  /// The values (bits i for inputs, Call::output_slot(i) for outputs) that the derivative by
  /// `input` uses.
  virtual std::uint64_t uses(int input) const = 0;
  /// The cotangent of `input`, given those of the outputs (undefined where zero); undefined if
  /// zero. Cotangents may have leading axes beyond those of the outputs: a batch.
  virtual Tensor vjp(const Call& call, int input, Inputs g) const = 0;
  /// The cotangents of all inputs whose bit is set in `wanted`, one for each input. An op whose
  /// rules share work overrides this.
  virtual Tensors vjps(const Call& call, std::uint64_t wanted, Inputs g) const;
  /// The tangents of the outputs, given those of the inputs (undefined where zero).
  virtual Tensors jvp(const Call& call, Inputs t) const = 0;

  /// This op with its attributes, to be kept by a node.
  virtual std::shared_ptr<const Op> keep() const = 0;
};

/// Runs the op on the inputs and, if a gradient may be wanted, records it. Inputs on the processor
/// that have no axes are brought to the device of the others; if they still lie on several, throws
/// DeviceError.
Tensors record_all(const Op& op, Inputs in);
/// The same for an op of one output.
Tensor record(const Op& op, std::initializer_list<Tensor> in);
Tensor record(const Op& op, Inputs in);

/// Called with the name of each op that record runs, if set: for tests of completeness.
extern void (*record_observer)(std::string_view op);

/// A partial derivative: a constant or a tensor expression of the call's values.
class Partial {
 public:
  Partial(double constant) : constant_(constant) {}
  Partial(Tensor value) : value_(std::move(value)) {}
  /// A partial that is itself a cotangent or tangent, so that its 0 counts like that of g.
  static Partial of_zero_mul(Tensor value) {
    Partial partial(std::move(value));
    partial.is_cotangent_ = true;
    return partial;
  }
  /// g times the partial, an exact 0 of g staying 0; undefined if the partial is 0.
  Tensor times(const Tensor& g) const;

 private:
  Tensor value_;
  double constant_ = 0;
  bool is_cotangent_ = false;
};

/// An op that computes each element from the inputs' elements at the same place.
class Pointwise final : public Op {
 public:
  using Rule = Partial (*)(const Call& call);

  /// `formula` names the scalar formula (kernels/formulas.h); one rule for each input, null where
  /// the derivative is not available.
  Pointwise(const char* formula, std::initializer_list<Rule> partials)
      : Pointwise(formula, formula, partials) {}
  /// With a name of its own in the graph.
  Pointwise(const char* name, const char* formula, std::initializer_list<Rule> partials);

  /// Promotes and broadcasts the inputs, then records.
  Tensor operator()(const Tensor& x) const;
  Tensor operator()(const Tensor& x, const Tensor& y) const;
  Tensor operator()(const Tensor& x, const Tensor& y, const Tensor& z) const;
  Tensor operator()(const Tensor& w, const Tensor& x, const Tensor& y, const Tensor& z) const;

  static constexpr int max_arity = 4;

  std::string_view name() const override { return name_; }
  Metas infer(Inputs in) const override;
  void run(Inputs in, std::span<Tensor> out) const override;
  std::uint64_t uses(int input) const override;
  Tensor vjp(const Call& call, int input, Inputs g) const override;
  Tensors jvp(const Call& call, Inputs t) const override;
  std::shared_ptr<const Op> keep() const override;

 private:
  using Operands = std::span<const Tensor* const>;
  Tensor apply(Operands in) const;
  Tensor apply_together(Operands in) const;
  using Kernel = kernels::PointwiseKernel;
  Tensor apply_alike(const Kernel&, Operands in) const;
  Tensor compute(const Kernel&, Operands in, const Dims& shape) const;
  void launch(const Kernel&, Operands in, const Tensor& out) const;
  Partial partial(const Call& call, int input) const;
  const kernels::PointwiseKernel& kernel(const kernels::Backend&) const;

  const char* name_;
  const char* formula_;
  std::vector<Rule> partials_;
  // What each rule uses, found by trying it once; a first bit apart says that it was.
  mutable std::atomic<std::uint64_t> uses_[max_arity] = {};
  mutable std::atomic<const kernels::PointwiseKernel*> cpu_kernel_{nullptr};
};

/// An op that is linear in one tensor; Self has its attributes as members and states
/// `Tensor transpose(const Tensor& g) const`.
template <class Self>
class Linear : public Op {
 public:
  std::uint64_t uses(int) const override { return 0; }
  Tensor vjp(const Call&, int, Inputs g) const override { return self().transpose(g[0]); }
  Tensors jvp(const Call&, Inputs t) const override { return {record(*this, t)}; }
  std::shared_ptr<const Op> keep() const override {
    return std::allocate_shared<Self>(kernels::PoolAllocator<Self>(), self());
  }

 private:
  const Self& self() const { return static_cast<const Self&>(*this); }
};

}  // namespace wald
