#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <wald/engine/autograd.h>
#include <wald/engine/function.h>
#include <wald/engine/graph_print.h>
#include <wald/engine/ops/ops.h>

namespace wald {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(GraphToDot, IsThisText) {
  const Tensor x = tensor({1, 2}).requires_grad_(), w = tensor({3, 4}).requires_grad_();
  const Tensor y = sum(exp(x) * w);
  EXPECT_EQ(graph_to_dot(y, {.names = {{"x", x}, {"loss", y}}}),
            "digraph {\n"
            "  rankdir=TB;\n"
            "  node [shape=box, fontname=\"monospace\"];\n"
            "  y0 [peripheries=2, label=\"loss\\n[] float64\"];\n"
            "  n0 [label=\"SumBackward0\\nloss\"];\n"
            "  n1 [label=\"MulBackward0\"];\n"
            "  n2 [label=\"ExpBackward0\"];\n"
            "  n3 [shape=ellipse, label=\"AccumulateGrad\\n[2] float64\"];\n"
            "  n4 [shape=ellipse, label=\"x\\n[2] float64\"];\n"
            "  n0 -> y0;\n"
            "  n1 -> n0;\n"
            "  n2 -> n1;\n"
            "  n3 -> n1;\n"
            "  n4 -> n2;\n"
            "}\n");
}

std::string example() {
  const Tensor a = tensor({1, 2}).requires_grad_(),
               b = to(tensor(2), DType::float32).requires_grad_();
  return graph_to_dot({sum(a * b), a, tensor(1)}, {.names = {{"a", a}}});
}

TEST(GraphToDot, IsTheSameWhereverThingsLieInMemory) {
  const std::string first = example();
  std::vector<Tensor> in_between;
  for (int i = 0; i < 100; ++i) in_between.push_back(exp(tensor({1, 2}).requires_grad_()));
  EXPECT_EQ(example(), first);
  EXPECT_THAT(first, HasSubstr("output 2\\nconstant\\n[] float64"));
  EXPECT_THAT(first, HasSubstr("[] float32"));
}

TEST(GraphToDot, EscapesNames) {
  const Tensor x = tensor(1).requires_grad_();
  EXPECT_THAT(graph_to_dot(exp(x), {.names = {{"a \"b\" \\ c\nd", x}}}),
              HasSubstr("label=\"a \\\"b\\\" \\\\ c\\nd\\n[] float64\""));
}

TEST(GraphToDot, LeavesOutWhatIsTooMuch) {
  Tensor y = tensor(1).requires_grad_();
  for (int i = 0; i < 1000; ++i) y = sin(y);
  const std::string text = graph_to_dot(y, {.max_nodes = 3});
  EXPECT_THAT(text, HasSubstr("998 more nodes left out"));
  EXPECT_THAT(text, HasSubstr("rest -> n2 [style=dashed]"));
  EXPECT_THAT(text, HasSubstr("n2 ["));
  EXPECT_THAT(text, Not(HasSubstr("n3 [")));
}

TEST(GraphToDot, ShowsALeafThatHasEndedWithoutItsShape) {
  Tensor y;
  {
    const Tensor x = tensor({1, 2}).requires_grad_();
    y = sum(x);
  }
  EXPECT_THAT(graph_to_dot(y), HasSubstr("label=\"AccumulateGrad\"]"));
}

struct Pair : Function<Pair> {
  static std::vector<Tensor> forward(Context&, const Tensor& x) { return {x * 1, x * 2}; }
  static std::vector<Tensor> backward(Context&, const std::vector<Tensor>& g) {
    return {g[0] + 2 * g[1]};
  }
};

TEST(GraphToDot, TellsOutputsApart) {
  const Tensor x = tensor(1).requires_grad_();
  const std::vector<Tensor> both = Pair::apply(x);
  const std::string text = graph_to_dot(both[0] - both[1]);
  EXPECT_THAT(text, HasSubstr("PairBackward"));
  EXPECT_THAT(text, HasSubstr("n1 -> n0 [label=\"0\"];\n  n1 -> n0 [label=\"1\"];"));
  EXPECT_THROW(graph_to_dot(Tensor()), GraphError);
}

}  // namespace
}  // namespace wald
