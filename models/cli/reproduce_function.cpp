// Example 5 of the published ones: an operation of one's own with the derivative stated by hand.
#include <any>
#include <cmath>

#include <wald/engine/autograd.h>
#include <wald/engine/creation.h>
#include <wald/engine/function.h>
#include <wald/engine/ops/ops.h>

#include "reproduce.h"

namespace wald::cli {
namespace {

/// The logarithm of x to a base. Its backward is written in tensor operations, so that it can be
/// differentiated again.
struct LogBase : Function<LogBase> {
  static Tensor forward(Context& ctx, const Tensor& x, double base) {
    ctx.save_for_backward({x});
    ctx.saved_data["base"] = base;
    return log(x) / std::log(base);
  }
  static std::vector<Tensor> backward(Context& ctx, const std::vector<Tensor>& grads) {
    const double base = std::any_cast<double>(ctx.saved_data["base"]);
    return {grads[0] / (ctx.saved()[0] * std::log(base)), Tensor()};
  }
};

}  // namespace

Reproduction reproduce_function() {
  constexpr double float32_epsilon = 0x1p-23;
  const double ln10 = std::log(10.0);
  const Tensor x = tensor({2}, DType::float32).requires_grad_();
  const Tensor y = LogBase::apply(x, 10.0);
  const Tensor first = grad(y, x, {.create_graph = true});
  const Tensor second = grad(first, x);
  y.backward();

  Reproduction r{"function", "An operation of one's own: log_base(x, 10) at 2, in float32", {}};
  r.figures = {
      {"log_base(2, 10)", "", std::log10(2.0), y.item(), float32_epsilon},
      {"gradient, 1 / (2 log 10)", "0.2171472", 1 / (2 * ln10), x.grad().item(), float32_epsilon},
      {"second derivative, -1 / (4 log 10)", "", -1 / (4 * ln10), second.item(), float32_epsilon},
  };
  return r;
}

}  // namespace wald::cli
