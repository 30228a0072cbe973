// The recorded graph: guards, names, writes in place, its size, its end, and its use by threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include <wald/engine/autograd.h>
#include <wald/engine/node.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/tensor_impl.h>

namespace wald {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Tensor leaf(const Literal& values) { return tensor(values).requires_grad_(); }

TEST(Guards, TurnRecordingOffAndOn) {
  const Tensor x = leaf(2);
  EXPECT_TRUE(is_grad_enabled());
  {
    const NoGradGuard off;
    EXPECT_FALSE(is_grad_enabled());
    EXPECT_FALSE((x * x).requires_grad());
    {
      const EnableGradGuard on;
      EXPECT_TRUE((x * x).requires_grad());
    }
    EXPECT_FALSE(is_grad_enabled());
  }
  EXPECT_TRUE(is_grad_enabled());
  EXPECT_TRUE((x * x).requires_grad());
  EXPECT_FALSE((tensor(1) * 2).requires_grad());
}

TEST(Guards, ConcernTheirOwnThread) {
  const NoGradGuard off;
  bool enabled = false;
  std::thread([&] { enabled = is_grad_enabled(); }).join();
  EXPECT_TRUE(enabled);
}

TEST(Guards, ASweepLeavesTheModeAsItWas) {
  const Tensor x = leaf(2);
  const Tensor y = x * x;
  const NoGradGuard off;
  EXPECT_TRUE(grad(y, x, {.create_graph = true}).requires_grad());
  EXPECT_FALSE(is_grad_enabled());
  const Tensor z = exp(leaf(1));
  EXPECT_FALSE(z.requires_grad());
  EXPECT_THROW(z.backward(), GraphError);
  EXPECT_FALSE(is_grad_enabled());
}

TEST(Detach, SharesMemoryOutsideTheGraph) {
  const Tensor x = leaf({1, 2});
  const Tensor y = x * 3, cut = y.detach();
  EXPECT_FALSE(cut.requires_grad());
  EXPECT_TRUE(cut.is_leaf());
  EXPECT_EQ(cut.data<double>(), y.data<double>());
  sum(y * cut).backward();
  EXPECT_THAT(x.grad().to_vector(), ElementsAre(9, 18));
}

TEST(RetainGrad, KeepsTheGradientOfAnIntermediateValue) {
  const Tensor x = leaf({1, 2});
  Tensor y = x * x;
  const Tensor without = exp(y);
  y.retain_grad();
  y.retain_grad();
  EXPECT_FALSE(y.grad().defined());
  sum(y * 5).backward(Tensor(), true);
  EXPECT_THAT(y.grad().to_vector(), ElementsAre(5, 5));
  EXPECT_FALSE(without.grad().defined());
  sum(y).backward();
  EXPECT_THAT(y.grad().to_vector(), ElementsAre(6, 6));
  Tensor constant = tensor(1);
  EXPECT_THROW(constant.retain_grad(), GraphError);
}

TEST(RequiresGrad, IsForFloatingLeaves) {
  const Tensor x = leaf(1);
  Tensor y = x * x;
  EXPECT_THROW(y.requires_grad_(), GraphError);
  Tensor n = to(tensor({1, 2}), DType::int64);
  EXPECT_THROW(n.requires_grad_(), DTypeError);
  Tensor b = tensor({1, 2}) > 1;
  EXPECT_THROW(b.requires_grad_(), DTypeError);
  EXPECT_THROW(Tensor().requires_grad_(), Error);
  Tensor z = tensor(3);
  EXPECT_TRUE(z.requires_grad_().requires_grad());
  EXPECT_FALSE(z.requires_grad_(false).requires_grad());
  EXPECT_FALSE((z * z).requires_grad());
  EXPECT_TRUE(z.requires_grad_().requires_grad());
  (z * z).backward();
  EXPECT_DOUBLE_EQ(z.grad().item(), 6);
}

TEST(WriteInPlace, IsForLeavesAndNeedsNoGrad) {
  Tensor x = leaf({1, 2});
  EXPECT_THROW(x.fill_(0), GraphError);
  EXPECT_THROW(x.copy_(tensor({1, 2})), GraphError);
  EXPECT_THROW(x.mutable_data<double>(), GraphError);
  Tensor y = x * x;
  const NoGradGuard off;
  EXPECT_THROW(y.fill_(0), GraphError);
  EXPECT_THROW(y.mutable_data<double>(), GraphError);
  x.copy_(tensor({5, 6}));
  EXPECT_THAT(x.to_vector(), ElementsAre(5, 6));
}

/// The square of x is recorded, then `write` is called with x; backward must name an op that is
/// stale.
template <class Write>
void expect_stale(const Write& write) {
  Tensor x = leaf({1, 2});
  const Tensor y = sum(square(x));
  {
    const NoGradGuard off;
    write(x);
  }
  try {
    y.backward();
    ADD_FAILURE() << "a stale value was used";
  } catch (const GraphError& error) {
    EXPECT_THAT(error.what(), HasSubstr("PowBackward0"));
    EXPECT_THAT(error.what(), HasSubstr("in place"));
  }
}

TEST(WriteInPlace, MakesSavedValuesStale) {
  expect_stale([](Tensor& x) { x.fill_(3); });
  expect_stale([](Tensor& x) { x.copy_(tensor({3, 4})); });
  expect_stale([](Tensor& x) { x.mutable_data<double>()[0] = 3; });
  expect_stale([](Tensor& x) { slice(x, 0, 1, 2).fill_(3); });
  expect_stale([](Tensor& x) { select(x, 0, 1).fill_(3); });
  expect_stale([](Tensor& x) { reshape(x, {2, 1}).fill_(3); });
  expect_stale([](Tensor& x) { x.detach().fill_(3); });
  expect_stale([](Tensor& x) { transpose(unsqueeze(x.detach(), 0), 0, 1).fill_(3); });
}

TEST(WriteInPlace, OfWhatNoRuleReadsDoesNoHarm) {
  Tensor x = leaf({1, 2}), b = leaf({3, 4});
  const Tensor y = sum(2 * x + b);
  {
    const NoGradGuard off;
    x.fill_(9);
    b.fill_(9);
  }
  y.backward();
  EXPECT_THAT(x.grad().to_vector(), ElementsAre(2, 2));
  EXPECT_THAT(b.grad().to_vector(), ElementsAre(1, 1));
}

TEST(WriteInPlace, OfASavedResultIsSeen) {
  const Tensor x = leaf({1, 2});
  const Tensor y = exp(x);
  y.detach().fill_(0);
  EXPECT_THROW(sum(y).backward(), GraphError);
}

TEST(Names, AreThoseOfLibtorch) {
  const Tensor x = leaf(2);
  const Tensor y = log(square(x));
  ASSERT_TRUE(y.grad_fn());
  EXPECT_EQ(y.grad_fn()->name(), "LogBackward0");
  const std::vector<Edge> next = y.grad_fn()->next_functions();
  ASSERT_EQ(next.size(), 1u);
  EXPECT_EQ(next[0].node->name(), "PowBackward0");
  EXPECT_EQ(next[0].node->next_functions()[0].node->name(), "AccumulateGrad");
  EXPECT_FALSE(x.grad_fn());
  EXPECT_TRUE(x.is_leaf());
  EXPECT_FALSE(y.is_leaf());
  EXPECT_EQ(slice(leaf({1, 2, 3}), 0, 0, 2).grad_fn()->name(), "SliceBackward0");
  EXPECT_EQ(exp(x).grad_fn()->name(), "ExpBackward0");
  EXPECT_EQ(sum(leaf({1, 2})).grad_fn()->name(), "SumBackward0");
  EXPECT_EQ(pow(x, 3).grad_fn()->name(), "PowBackward0");
  EXPECT_EQ(cat({leaf({1}), leaf({2})}).grad_fn()->name(), "CatBackward0");
}

TEST(Names, OfTheRegressionObjective) {
  const Tensor s = leaf(2), r = leaf({1, 2});
  const Tensor y = 100 * log(s) + sum(square(r)) / (2 * square(s));
  EXPECT_EQ(y.grad_fn()->name(), "AddBackward0");
  const std::vector<Edge> next = y.grad_fn()->next_functions();
  ASSERT_EQ(next.size(), 2u);
  EXPECT_EQ(next[0].node->name(), "MulBackward0");
  EXPECT_EQ(next[1].node->name(), "DivBackward0");
}

TEST(Names, AConstantHasNoNode) {
  const Tensor y = leaf(2) * tensor(3);
  const std::vector<Edge> next = y.grad_fn()->next_functions();
  ASSERT_EQ(next.size(), 2u);
  EXPECT_TRUE(next[0].node);
  EXPECT_FALSE(next[1].node);
}

TEST(Graph, OfAMillionNodesIsBuiltDifferentiatedAndFreed) {
  constexpr int depth = 1000000;
  const Tensor x = leaf(0.5);
  Tensor y = x;
  double value = 0.5, slope = 1;
  for (int i = 0; i < depth; ++i) {
    y = sin(y);
    slope *= std::cos(value);
    value = std::sin(value);
  }
  EXPECT_NEAR(y.item(), value, 1e-12);
  y.backward(Tensor(), true);
  EXPECT_NEAR(x.grad().item() / slope, 1, 1e-9);
  {
    const NoGradGuard off;
    EXPECT_NEAR(forward_sweep({y}, {x}, {ones({1})})[0].item() / slope, 1, 1e-9);
  }
  y = Tensor();
  EXPECT_DOUBLE_EQ(grad(sin(x), x).item(), std::cos(0.5));
}

TEST(Graph, OfAMillionNodesMayEndWithoutASweep) {
  Tensor y = leaf(0.5);
  for (int i = 0; i < 1000000; ++i) y = sin(y);
  Tensor z = leaf({1});
  for (int i = 0; i < 200000; ++i) z = z + z;
  y = z = Tensor();
}

TEST(Graph, WithManyPathsTakesATimeLinearInItsNodes) {
  const Tensor x = leaf(1);
  Tensor y = x;
  for (int i = 0; i < 40; ++i) y = y + y;
  EXPECT_DOUBLE_EQ(grad(y, x, {.retain_graph = true}).item(), std::ldexp(1.0, 40));
  EXPECT_DOUBLE_EQ(forward_sweep({y}, {x}, {ones({1})})[0].item(), std::ldexp(1.0, 40));
  y.backward();
  EXPECT_DOUBLE_EQ(x.grad().item(), std::ldexp(1.0, 40));
}

TEST(Graph, OutlivesTheTensorsItWasMadeFrom) {
  Tensor x = leaf({1, 2});
  Tensor y;
  {
    const Tensor dies = leaf({3, 4});
    const Tensor between = x * dies;
    Tensor retained = exp(between);
    retained.retain_grad();
    y = sum(retained) + sum(between);
  }
  y.backward();
  EXPECT_DOUBLE_EQ(x.grad().to_vector()[0], 3 * (std::exp(3.0) + 1));
  x = Tensor();
  const Tensor z = sum(leaf({1, 2}) * leaf({3, 4}));
  EXPECT_NO_THROW(z.backward()) << "with every leaf gone";
}

TEST(Graph, LetsGoOfItsMemory) {
  Tensor x = leaf({1, 2});
  Ref<Storage> saved;
  {
    const Tensor y = exp(x);
    saved = y.impl()->storage;
    const Tensor z = sum(y);
    z.backward(Tensor(), true);
    EXPECT_GT(saved->use_count(), 1u);
  }
  EXPECT_EQ(saved->use_count(), 1u) << "a value and its node kept each other alive";
  EXPECT_EQ(x.grad().impl()->storage->use_count(), 1u);
  Tensor y = exp(x);
  saved = y.impl()->storage;
  const Tensor z = sum(y);
  y = Tensor();
  EXPECT_EQ(saved->use_count(), 2u);
  z.backward();
  EXPECT_EQ(saved->use_count(), 1u) << "backward frees what was saved";
}

TEST(Threads, BuildAndDifferentiateGraphsOfOneLeaf) {
  const Tensor x = leaf({0.5, 1.5});
  constexpr int sweeps = 200;
  auto work = [&x](double factor, std::vector<double>* seen) {
    for (int i = 0; i < sweeps; ++i) {
      const Tensor y = sum(exp(x) * factor);
      *seen = grad(y, x, {.retain_graph = true}).to_vector();
      y.backward();
    }
  };
  std::vector<double> first, second;
  std::thread a(work, 1.0, &first), b(work, 2.0, &second);
  a.join();
  b.join();
  EXPECT_DOUBLE_EQ(first[0], std::exp(0.5));
  EXPECT_DOUBLE_EQ(second[1], 2 * std::exp(1.5));
  EXPECT_NEAR(x.grad().to_vector()[0] / (3 * sweeps * std::exp(0.5)), 1, 1e-12);
}

TEST(Threads, MayEndRetainedValuesWhileOthersSweep) {
  const Tensor x = leaf({0.5, 1.5});
  auto work = [&x] {
    for (int i = 0; i < 200; ++i) {
      Tensor y = exp(x);
      y.retain_grad();
      sum(y * y).backward();
    }
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
  EXPECT_NEAR(x.grad().to_vector()[0] / (800 * std::exp(1.0)), 1, 1e-12);
}

}  // namespace
}  // namespace wald
