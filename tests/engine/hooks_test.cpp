// Hooks on tensors.
#include <gtest/gtest.h>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>

namespace wald {
namespace {

using Values = std::vector<double>;

TEST(Hooks, SeeTheWholeGradientOfALeafOnce) {
  const Tensor x = tensor({1, 2}).requires_grad_();
  std::vector<Values> seen;
  Tensor(x).register_hook([&](const Tensor& g) {
    seen.push_back(g.to_vector());
    return Tensor();
  });
  (sum(3 * x) + sum(square(x))).backward();
  EXPECT_EQ(seen, (std::vector<Values>{{5, 7}}));
  EXPECT_EQ(x.grad().to_vector(), (Values{5, 7}));
}

TEST(Hooks, ReplaceTheGradientInOrderOfRegistration) {
  Tensor x = tensor({1, 2}).requires_grad_();
  Tensor y = square(x);
  y.retain_grad();
  y.register_hook([](const Tensor& g) { return g + 1; });
  y.register_hook([](const Tensor& g) { return g * 10; });
  sum(y).backward();
  EXPECT_EQ(y.grad().to_vector(), (Values{20, 20}));
  EXPECT_EQ(x.grad().to_vector(), (Values{40, 80}));
}

TEST(Hooks, AreCalledByGradForInputsAndOnTheWay) {
  Tensor x = tensor({1, 2}).requires_grad_();
  int calls = 0;
  x.register_hook([&](const Tensor& g) {
    ++calls;
    return 2 * g;
  });
  EXPECT_EQ(grad(sum(x * x), x).to_vector(), (Values{4, 8}));
  EXPECT_EQ(calls, 1);
}

TEST(Hooks, AreRecordedWithTheGradient) {
  Tensor x = tensor(3).requires_grad_();
  x.register_hook([](const Tensor& g) { return g * g; });
  const Tensor g = grad(square(x), x, {.create_graph = true});
  EXPECT_EQ(g.item(), 36);
  // d/dx (2x)^2 = 8x = 24, which the hook squares again.
  EXPECT_EQ(grad(g, x).item(), 576);
}

TEST(Hooks, CanBeRemovedAlsoByThemselves) {
  Tensor x = tensor({1}).requires_grad_();
  int calls = 0;
  HookHandle handle;
  handle = x.register_hook([&](const Tensor&) {
    ++calls;
    handle.remove();
    return Tensor();
  });
  for (int i = 0; i < 3; ++i) sum(x).backward();
  EXPECT_EQ(calls, 1);
  handle.remove();
}

TEST(Hooks, AreCalledForEachCotangentOfABatch) {
  Tensor x = tensor({1, 2, 3}).requires_grad_();
  std::vector<Values> seen;
  x.register_hook([&](const Tensor& g) {
    seen.push_back(g.to_vector());
    return -g;
  });
  const Tensor all = reverse_sweep({square(x)}, {x}, {eye(3)})[0];
  EXPECT_EQ(seen, (std::vector<Values>{{2, 0, 0}, {0, 4, 0}, {0, 0, 6}}));
  EXPECT_EQ(all.to_vector(), (Values{-2, 0, 0, 0, -4, 0, 0, 0, -6}));
}

TEST(Hooks, RefuseWhatCannotBe) {
  EXPECT_THROW(tensor(1).register_hook([](const Tensor& g) { return g; }), GraphError);
  Tensor x = tensor({1, 2}).requires_grad_();
  EXPECT_THROW(x.register_hook({}), GraphError);
  x.register_hook([](const Tensor&) { return tensor({1, 2, 3}); });
  try {
    sum(x).backward();
    FAIL() << "nothing was thrown";
  } catch (const ShapeError& error) {
    EXPECT_NE(std::string(error.what()).find("[3]"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("[2]"), std::string::npos) << error.what();
  }
}

TEST(Hooks, OfAnExceptionLeaveTheGraphUsable) {
  Tensor x = tensor({1, 2}).requires_grad_();
  bool throws = true;
  x.register_hook([&](const Tensor& g) {
    if (throws) throw std::runtime_error("stop");
    return g;
  });
  const Tensor y = sum(square(x));
  EXPECT_THROW(y.backward({}, true), std::runtime_error);
  throws = false;
  y.backward();
  EXPECT_EQ(x.grad().to_vector(), (Values{2, 4}));
}

}  // namespace
}  // namespace wald
