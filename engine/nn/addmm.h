// addmm until ops/linalg.h has it.
#pragma once

#include <wald/engine/autograd.h>
#include <wald/engine/op.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/tensor_impl.h>

namespace wald {

/// input + a b, for an input [m, n] and matrices a [m, k] and b [k, n].
class Addmm final : public Op {
 public:
  std::string_view name() const override { return "addmm"; }
  Metas infer(Inputs in) const override { return {{in[0].shape(), in[0].dtype()}}; }
  void run(Inputs in, std::span<Tensor> out) const override {
    const NoGradGuard guard;
    out[0].copy_(in[0] + matmul(in[1], in[2]));
  }
  std::uint64_t uses(int input) const override { return input == 0 ? 0 : input == 1 ? 4 : 2; }
  Tensor vjp(const Call& call, int input, Inputs g) const override {
    if (input == 0) return g[0];
    if (input == 1) return matmul(g[0], transpose(call.in(2), -2, -1));
    return matmul(transpose(call.in(1), -2, -1), g[0]);
  }
  Tensors jvp(const Call& call, Inputs t) const override {
    Tensor total = t[0];
    auto add = [&](const Tensor& term) { total = total.defined() ? total + term : term; };
    if (t[1].defined()) add(matmul(t[1], call.in(2)));
    if (t[2].defined()) add(matmul(call.in(1), t[2]));
    return {total};
  }
  std::shared_ptr<const Op> keep() const override { return {std::shared_ptr<void>(), this}; }
};

inline Tensor addmm(const Tensor& input, const Tensor& a, const Tensor& b) {
  static const Addmm op;
  const DType dtype = std::max({input.dtype(), a.dtype(), b.dtype()});
  const Dims shape = {a.size(0), b.size(1)};
  return record(op, {expand(to(input, dtype), shape), to(a, dtype), to(b, dtype)});
}

}  // namespace wald
