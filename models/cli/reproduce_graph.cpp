// Example 5 of the published ones: how a graph is recorded, read and gone through, in torch from R.
#include <cmath>
#include <limits>

#include <wald/engine/autograd.h>
#include <wald/engine/creation.h>
#include <wald/engine/node.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/print.h>

#include "reproduce.h"

namespace wald::cli {
namespace {

constexpr double float32_epsilon = 0x1p-23;

Tensor leaf(const Literal& values) { return tensor(values, DType::float32).requires_grad_(); }

std::string grad_fn(const Tensor& x) { return x.grad_fn() ? x.grad_fn()->name() : "none"; }
std::string next_fn(const Tensor& x) { return x.grad_fn()->next_functions()[0].node->name(); }
std::string defined(const Tensor& x) { return x.defined() ? "defined" : "undefined"; }

/// y = log(x^2) at 2: the value, its node and the one behind it, the gradient.
void add_logarithm(std::vector<Figure>& figures) {
  const Tensor x = leaf({2});
  const Tensor y = log(square(x));
  const std::string before = defined(x.grad());
  const std::string printed = to_string(y);
  const std::string name = grad_fn(y), next = next_fn(y);
  y.backward();
  figures.insert(figures.end(),
                 {{"log(x^2) at 2", "1.3863", 2 * std::log(2.0), y.item(), float32_epsilon},
                  text_figure("  printed", "",
                              " 1.3863\n[ CPUFloatType{1} ][ grad_fn = <LogBackward0> ]", printed),
                  text_figure("  its grad_fn", "LogBackward0", "LogBackward0", name),
                  text_figure("  the next function", "PowBackward0", "PowBackward0", next),
                  text_figure("  x.grad before backward()", "undefined", "undefined", before),
                  {"  x.grad after backward()", "1", 1, x.grad().item(), 0}});
}

/// z = sin(x2) log(x1 x2), of the elements of a 2 x 1 tensor.
void add_two_variables(std::vector<Figure>& figures) {
  const Tensor x = leaf({{1}, {2}});
  const std::string printed = to_string(x);
  const Tensor x1 = slice(x, 0, 0, 1), x2 = slice(x, 0, 1, 2);
  const Tensor z = sin(x2) * log(x1 * x2);
  z.backward();
  const auto g = x.grad().to_vector();
  figures.insert(
      figures.end(),
      {text_figure("x, of two rows", " [ CPUFloatType{2,1} ][ requires_grad = TRUE ]",
                   " 1\n 2\n[ CPUFloatType{2,1} ][ requires_grad = TRUE ]", printed),
       text_figure("  its second row", "[ grad_fn = <SliceBackward0> ]",
                   " 2\n[ CPUFloatType{1,1} ][ grad_fn = <SliceBackward0> ]", to_string(x2)),
       {"sin(x2) log(x1 x2) at (1, 2)", "", std::sin(2.0) * std::log(2.0), z.item(),
        2 * float32_epsilon},
       text_figure("  its grad_fn", "", "MulBackward0", grad_fn(z)),
       {"  gradient by x1: sin(x2) / x1", "", std::sin(2.0), g[0], 2 * float32_epsilon},
       {"  by x2: cos(x2) log(x1 x2) + sin(x2) / x2", "",
        std::cos(2.0) * std::log(2.0) + std::sin(2.0) / 2, g[1], 2 * float32_epsilon}});
}

void add_accumulation(std::vector<Figure>& figures) {
  Tensor x = leaf({2});
  auto backward = [&] { log(square(x)).backward(); };
  backward();
  const double once = x.grad().item();
  backward();
  const double twice = x.grad().item();
  x.set_grad(Tensor());
  backward();
  figures.insert(figures.end(), {{"gradient after one backward()", "1", 1, once, 0},
                                 {"  after two: they accumulate", "", 2, twice, 0},
                                 {"  zeroed, after one more", "", 1, x.grad().item(), 0}});
}

void add_retained(std::vector<Figure>& figures) {
  const Tensor x = leaf({2});
  Tensor kept = square(x), passing = 2 * x;
  kept.retain_grad();
  (log(kept) + passing).backward();
  figures.insert(figures.end(),
                 {{"retain_grad(): gradient by x^2", "", 0.25, kept.grad().item(), 0},
                  text_figure("  without it", "", "undefined", defined(passing.grad()))});
}

std::string refusal(const Tensor& y) {
  try {
    y.backward();
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

void add_not_scalar(std::vector<Figure>& figures) {
  const Tensor x = leaf({{1}, {2}});
  const Tensor y = log(square(x));
  const std::string message = refusal(y);
  y.backward(ones({2, 1}, DType::float32));
  const auto g = x.grad().to_vector();
  figures.insert(
      figures.end(),
      {text_figure("backward() of two elements without a gradient", "",
                   "backward: a gradient can be made up only for a scalar; the output has shape "
                   "[2, 1]: give the gradient, of that shape",
                   message),
       {"  with a gradient: by x1", "", 2, g[0], 0},
       {"  by x2", "", 1, g[1], 0}});
}

}  // namespace

Reproduction reproduce_graph() {
  Reproduction r{"graph", "The computation graph, in float32", {}};
  add_logarithm(r.figures);
  add_two_variables(r.figures);
  add_accumulation(r.figures);
  add_retained(r.figures);
  add_not_scalar(r.figures);
  return r;
}

}  // namespace wald::cli
