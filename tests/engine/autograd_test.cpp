// Recording and differentiation as libtorch's users know them: what accumulates, what is freed,
// what may be written, which names the graph has, and that nothing depends on its depth.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include <wald/engine/autograd.h>
#include <wald/engine/node.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>

#include "message_of.h"

namespace wald {
namespace {

using testing::message_of;

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Tensor leaf(const Literal& values) { return tensor(values).requires_grad_(); }

/// The message of the E that `call` throws; empty if it does not.
TEST(Autograd, AccumulatesUntilTheGradientIsReplaced) {
  const Tensor x = leaf({1, 2});
  EXPECT_FALSE(x.grad().defined());
  sum(x * x).backward();
  EXPECT_THAT(x.grad().to_vector(), ElementsAre(2, 4));
  sum(x * x).backward();
  EXPECT_THAT(x.grad().to_vector(), ElementsAre(4, 8));
  Tensor same = x;
  same.set_grad(Tensor());
  EXPECT_FALSE(x.grad().defined());
  sum(3.0 * x).backward();
  EXPECT_THAT(x.grad().to_vector(), ElementsAre(3, 3));
  same.set_grad(zeros({2}));
  sum(x * x).backward();
  EXPECT_THAT(x.grad().to_vector(), ElementsAre(2, 4));
  EXPECT_THROW(same.set_grad(zeros({3})), ShapeError);
}

TEST(Autograd, KeepsTheGradientsOfEarlierSweepsAsTheyWere) {
  const Tensor x = leaf({1, 2});
  sum(x * x).backward();
  const Tensor before = x.grad();
  sum(x * x).backward();
  EXPECT_THAT(before.to_vector(), ElementsAre(2, 4)) << "a gradient handed out must not change";
}

TEST(Autograd, GivesALeafAGradientThatSharesNothing) {
  const Tensor x = leaf({1, 2}), y = leaf({3, 4});
  sum(x + y).backward();
  x.grad().fill_(7);
  EXPECT_THAT(x.grad().to_vector(), ElementsAre(7, 7));
  EXPECT_THAT(y.grad().to_vector(), ElementsAre(1, 1));
}

TEST(Autograd, SaysThatTheGraphWasFreed) {
  const Tensor x = leaf(2);
  const Tensor y = exp(x) * x;
  y.backward();
  const std::string message = message_of<GraphError>([&] { y.backward(); });
  EXPECT_THAT(message, HasSubstr("freed"));
  EXPECT_THAT(message, HasSubstr("retain_graph"));
  EXPECT_THROW(grad(y, x), GraphError);
  EXPECT_THROW(forward_sweep({y}, {x}, {ones({1})}), GraphError);
}

TEST(Autograd, GoesThroughARetainedGraphAgain) {
  const Tensor x = leaf(2);
  const Tensor y = exp(x) * x;
  y.backward(Tensor(), true);
  y.backward(Tensor(), true);
  EXPECT_DOUBLE_EQ(x.grad().item(), 2 * 3 * std::exp(2.0));
  y.backward();
  EXPECT_DOUBLE_EQ(x.grad().item(), 3 * 3 * std::exp(2.0));
  EXPECT_THROW(y.backward(), GraphError);
}

TEST(Autograd, DifferentiatesAgain) {
  const Tensor x = leaf(0.7);
  const Tensor first = grad(sin(x) * exp(x), x, {.create_graph = true});
  const Tensor second = grad(first, x, {.create_graph = true});
  const Tensor third = grad(second, x, {.create_graph = true});
  const Tensor fourth = grad(third, x);
  const double s = std::sin(0.7) * std::exp(0.7), c = std::cos(0.7) * std::exp(0.7);
  EXPECT_NEAR(first.item(), s + c, 1e-14);
  EXPECT_NEAR(second.item(), 2 * c, 1e-14);
  EXPECT_NEAR(third.item(), 2 * (c - s), 1e-14);
  EXPECT_NEAR(fourth.item(), -4 * s, 1e-14);
  EXPECT_TRUE(third.requires_grad());
  EXPECT_FALSE(fourth.requires_grad());
}

TEST(Autograd, BackwardWithCreateGraphLeavesADifferentiableGradient) {
  const Tensor x = leaf(3);
  (x * x * x).backward(Tensor(), false, true);
  Tensor g = x.grad();
  EXPECT_DOUBLE_EQ(g.item(), 27);
  ASSERT_TRUE(g.requires_grad());
  EXPECT_DOUBLE_EQ(grad(g, x).item(), 18);
  Tensor same = x;
  same.set_grad(Tensor());
}

TEST(Autograd, LeavesOutUnusedInputsWhenAllowed) {
  const Tensor x = leaf(2), unused = leaf(5), constant = tensor(1);
  const Tensor y = x * x;
  EXPECT_THROW(grad({y}, {x, unused}, {.retain_graph = true}), GraphError);
  EXPECT_THROW(grad({y}, {x, constant}, {.retain_graph = true}), GraphError);
  const std::vector<Tensor> g = grad({y}, {x, unused, constant}, {.allow_unused = true});
  EXPECT_DOUBLE_EQ(g[0].item(), 4);
  EXPECT_FALSE(g[1].defined());
  EXPECT_FALSE(g[2].defined());
}

TEST(Autograd, AccumulatesNothingInGrad) {
  const Tensor x = leaf(2);
  EXPECT_DOUBLE_EQ(grad(x * x, x).item(), 4);
  EXPECT_FALSE(x.grad().defined());
}

TEST(Autograd, DifferentiatesByIntermediateValues) {
  const Tensor x = leaf({1, 2});
  const Tensor z = x * x, y = sum(z * z) + sum(x);
  const std::vector<Tensor> g = grad({y}, {z, x}, {.create_graph = true});
  EXPECT_THAT(g[0].to_vector(), ElementsAre(2, 8));
  EXPECT_THAT(g[1].to_vector(), ElementsAre(5, 33));
  EXPECT_THAT(grad(sum(g[0]), z).to_vector(), ElementsAre(2, 2));
  EXPECT_THAT(grad(y, y).to_vector(), ElementsAre(1));
  EXPECT_THAT(grad(sum(x), x).to_vector(), ElementsAre(1, 1));
}

TEST(Autograd, GivesZerosWhereTheDerivativeIsZeroThroughout) {
  // The input is in the graph, which is what `grad` asks for.
  const Tensor x = leaf({1, -2});
  EXPECT_THAT(grad(sum(sign(x)), x).to_vector(), ElementsAre(0, 0));
}

TEST(Autograd, TakesSeveralOutputsAndOneOutputTwice) {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * x, z = sum(x);
  const std::vector<Tensor> g =
      grad({y, z, y}, {x}, {.grad_outputs = {ones({2}), tensor(10), ones({2})}});
  EXPECT_THAT(g[0].to_vector(), ElementsAre(14, 18));
  EXPECT_THROW(grad({x * x, z}, {x}, {.grad_outputs = {ones({2})}}), ShapeError);
  backward({sum(x), sum(x * x)});
  EXPECT_THAT(x.grad().to_vector(), ElementsAre(3, 5));
}

TEST(Autograd, WantsAGradientForANonScalar) {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * x;
  const std::string message = message_of<ShapeError>([&] { y.backward(); });
  EXPECT_THAT(message, HasSubstr("scalar"));
  EXPECT_THAT(message, HasSubstr("[2]"));
  EXPECT_THROW(y.backward(ones({3})), ShapeError);
  y.backward(tensor({10, 100}));
  EXPECT_THAT(x.grad().to_vector(), ElementsAre(20, 400));
  EXPECT_NO_THROW((leaf({{3}}) * 2).backward()) << "one element is enough";
  EXPECT_THROW(tensor(1).backward(), GraphError);
  EXPECT_THROW(Tensor().backward(), GraphError);
}

/// x log x with its limit at 0, the way that a user writes it.
Tensor x_log_x(const Tensor& x) { return sum(where(x > 0, x * log(x), 0)); }
Tensor log_or_zero(const Tensor& x) { return sum(where(x > 0, log(x), 0)); }
Tensor sqrt_or_line(const Tensor& x) { return sum(where(x > 0, sqrt(x), 3 * x) * x); }

TEST(StrongZero, KeepsTheFirstDerivativeOfABranchNotTaken) {
  const Tensor x = tensor({0, 2, -1});
  EXPECT_THAT(value_and_gradient(log_or_zero, x).gradient.to_vector(), ElementsAre(0, 0.5, 0));
  EXPECT_THAT(value_and_gradient(x_log_x, x).gradient.to_vector(),
              ElementsAre(0, 1 + std::log(2.0), 0));
  EXPECT_THAT(value_and_gradient(sqrt_or_line, tensor({0, 4, -1})).gradient.to_vector(),
              ElementsAre(0, 3, -6));
}

TEST(StrongZero, KeepsTheSecondDerivativeOfABranchNotTaken) {
  for (HessianMethod method : {HessianMethod::rows, HessianMethod::batched}) {
    SCOPED_TRACE(method == HessianMethod::rows ? "rows" : "batched");
    EXPECT_THAT(hessian(log_or_zero, tensor({0, 2}), method).to_vector(),
                ElementsAre(0, 0, 0, -0.25));
    EXPECT_THAT(hessian(x_log_x, tensor({0, 2}), method).to_vector(), ElementsAre(0, 0, 0, 0.5));
    EXPECT_THAT(hessian(sqrt_or_line, tensor({0, 4}), method).to_vector(),
                ElementsAre(6, 0, 0, 0.375));
  }
}

TEST(StrongZero, PassesTangentsOfZeroToo) {
  const Tensor x = leaf({0, 2});
  const Tensor y = where(x > 0, log(x), 0);
  const Tensor pushed = forward_sweep({y}, {x}, {tensor({{1, 1}, {0, 1}})})[0];
  EXPECT_THAT(pushed.to_vector(), ElementsAre(0, 0.5, 0, 0.5));
}

TEST(Pow, HasTheDocumentedDerivativesAtZero) {
  const Tensor x = leaf({0, 0, 0}), y = leaf({2, 1, 0.5});
  const std::vector<Tensor> g = grad({sum(pow(x, y))}, {x, y});
  EXPECT_THAT(g[0].to_vector(), ElementsAre(0, 1, INFINITY));
  EXPECT_THAT(g[1].to_vector(), ElementsAre(0, 0, 0));
  const Tensor base = leaf({0, 2, -3}), none = leaf({0, 0, 0});
  EXPECT_THAT(grad(sum(pow(base, none)), base).to_vector(), ElementsAre(0, 0, 0));
  const Tensor negative = leaf({-2, -3});
  EXPECT_THAT(grad(sum(pow(negative, 3)), negative).to_vector(), ElementsAre(12, 27));
  EXPECT_THAT(grad(sum(pow(negative, 2)), negative).to_vector(), ElementsAre(-4, -6));
}

TEST(Pow, HasSecondDerivativesAtZero) {
  // The exponent is a parameter: d2/dx2 = y (y - 1) x^(y - 2), d2/dxdy = x^(y - 1) (1 + y log x).
  const ScalarFunction f = [](const Tensor& x) { return pow(select(x, 0, 0), select(x, 0, 1)); };
  for (HessianMethod method : {HessianMethod::rows, HessianMethod::batched}) {
    SCOPED_TRACE(method == HessianMethod::rows ? "rows" : "batched");
    EXPECT_THAT(hessian(f, tensor({0, 2}), method).to_vector(), ElementsAre(2, 0, 0, 0));
    EXPECT_THAT(hessian(f, tensor({0, 3}), method).to_vector(), ElementsAre(0, 0, 0, 0));
  }
}

TEST(Expm1, KeepsItsDerivativeFarBelowZero) {
  const Tensor x = leaf({-30, -60});
  const std::vector<double> g = grad(sum(expm1(x)), x).to_vector();
  EXPECT_NEAR(g[0] / std::exp(-30.0), 1, 1e-14);
  EXPECT_NEAR(g[1] / std::exp(-60.0), 1, 1e-14);
}

}  // namespace
}  // namespace wald
