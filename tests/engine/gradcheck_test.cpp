// gradcheck must pass what is right and name what is wrong: gradients, tangents, second
// derivatives, functions that change from call to call.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include <wald/engine/autograd.h>
#include <wald/engine/function.h>
#include <wald/engine/gradcheck.h>
#include <wald/engine/ops/ops.h>

namespace wald {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Many = std::vector<Tensor>;

const Tensor x = tensor({0.5, -1.2, 2}), m = tensor({{1, 0.3, 2}, {-1, 4, 0.2}});

TEST(Gradcheck, PassesRightDerivatives) {
  const GradcheckReport report = gradcheck([](const Tensor& z) { return exp(z) * sin(z); }, x);
  EXPECT_TRUE(report.passed);
  EXPECT_THAT(report.message, IsEmpty());
  EXPECT_GT(report.worst, 0);
  EXPECT_LT(report.worst, 1e-8);
  const FunctionOfSeveral product = [](const Many& in) { return matmul(in[0], in[1]); };
  EXPECT_TRUE(gradcheck(product, {m, x}));
  EXPECT_TRUE(gradgradcheck(product, {m, x}));
  EXPECT_TRUE(gradcheck(product, {m, x}, {.is_projected = true}));
  EXPECT_TRUE(gradgradcheck(product, {m, x}, {.is_projected = true}));
  const FunctionToSeveral several = [](const Many& in) {
    return Many{sum(in[0] * in[1]), in[1] > 0, tensor({1, 2}), square(in[1])};
  };
  EXPECT_TRUE(gradcheck(several, {m, x, to(x, DType::int64)}));
  EXPECT_TRUE(gradgradcheck(several, {m, x, to(x, DType::int64)}));
  EXPECT_TRUE(gradcheck([](const Tensor& z) { return z; }, zeros({0, 2})));
  EXPECT_TRUE(gradgradcheck([](const Tensor& z) { return exp(z); }, zeros({0, 2})));
  EXPECT_TRUE(gradcheck([](const Tensor& z) { return z * z * z; }, tensor(2)));
  EXPECT_TRUE(gradgradcheck([](const Tensor& z) { return z * z * z; }, tensor(2)));
  EXPECT_TRUE(gradgradcheck([](const Tensor& z) { return 3 * z; }, x)) << "a constant gradient";
}

TEST(Gradcheck, LeavesTheInputsAlone) {
  const Tensor leaf = tensor({1, 2}).requires_grad_();
  const NoGradGuard off;
  EXPECT_TRUE(gradcheck([](const Tensor& z) { return z * z; }, leaf));
  EXPECT_FALSE(leaf.grad().defined());
  EXPECT_EQ(leaf.to_vector(), (std::vector<double>{1, 2}));
}

/// x^2 with factors in place of 2, for the element [1] alone.
struct BadSquare : Function<BadSquare> {
  static inline double reverse = 2, forward_factor = 2;
  static Tensor factors(double at_one) { return tensor({2, at_one, 2}); }
  static Tensor forward(Context& ctx, const Tensor& z, const Tensor& other) {
    ctx.save_for_backward({z});
    return square(z) + sum(other);
  }
  static Many backward(Context& ctx, const Many& g) {
    return {g[0] * ctx.saved()[0] * factors(reverse), expand(sum(g[0]), {2})};
  }
  static Many jvp(Context& ctx, const Many& t) {
    return {t[0] * ctx.saved()[0] * factors(forward_factor) + sum(t[1])};
  }
};

const FunctionOfSeveral bad_square = [](const Many& in) { return BadSquare::apply(in[1], in[0]); };
const Many two_inputs = {tensor({1, 2}), x};

TEST(Gradcheck, NamesTheInputTheElementAndBothNumbers) {
  BadSquare::reverse = BadSquare::forward_factor = 2;
  EXPECT_TRUE(gradcheck(bad_square, two_inputs));
  BadSquare::reverse = 2.5;
  try {
    gradcheck(bad_square, two_inputs);
    FAIL() << "a wrong gradient passed";
  } catch (const GradcheckError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("gradcheck"), HasSubstr("reverse"),
                                    HasSubstr("input 1, element [1]"), HasSubstr("is -3,"),
                                    HasSubstr("give -2.4")));
  }
  const GradcheckReport report = gradcheck(bad_square, two_inputs, {.raise = false});
  EXPECT_FALSE(report);
  EXPECT_NEAR(report.worst, 0.6, 1e-6);
  EXPECT_FALSE(gradcheck(bad_square, two_inputs, {.raise = false, .is_projected = true}));
  BadSquare::reverse = 2;
  BadSquare::forward_factor = 2.5;
  EXPECT_THAT(gradcheck(bad_square, two_inputs, {.raise = false}).message,
              AllOf(HasSubstr("forward"), HasSubstr("input 1, element [1]")));
  EXPECT_FALSE(gradcheck(bad_square, two_inputs, {.raise = false, .is_projected = true}));
  EXPECT_TRUE(gradcheck(bad_square, two_inputs, {.raise = false, .check_forward = false}));
  BadSquare::forward_factor = 2;
}

TEST(Gradcheck, KeepsToItsTolerances) {
  BadSquare::reverse = BadSquare::forward_factor = 2.01;
  EXPECT_FALSE(gradcheck(bad_square, two_inputs, {.raise = false}));
  EXPECT_TRUE(gradcheck(bad_square, two_inputs, {.rtol = 0.01}));
  EXPECT_TRUE(gradcheck(bad_square, two_inputs, {.atol = 0.02}));
  BadSquare::reverse = BadSquare::forward_factor = 2;
}

TEST(Gradcheck, FindsWhatIsCutOffTheGraph) {
  const TensorFunction f = [](const Tensor& z) { return z * z.detach(); };
  EXPECT_THAT(gradcheck(f, x, {.raise = false}).message, HasSubstr("input 0, element [0]"));
  const TensorFunction g = [](const Tensor& z) { return square(z).detach(); };
  EXPECT_FALSE(gradcheck(g, x, {.raise = false}));
}

TEST(Gradcheck, FindsFunctionsThatChange) {
  int calls = 0;
  const TensorFunction drifting = [&](const Tensor& z) { return z * (1 + 1e-9 * ++calls); };
  EXPECT_THAT(gradcheck(drifting, x, {.raise = false}).message,
              AllOf(HasSubstr("not deterministic"), HasSubstr("output 0")));
  EXPECT_TRUE(gradcheck(drifting, x, {.atol = 1e-2, .nondeterminism_tol = 1e-7}));
  const TensorFunction growing = [&](const Tensor& z) { return expand(sum(z), {++calls}); };
  EXPECT_THAT(gradcheck(growing, x, {.raise = false}).message, HasSubstr("not deterministic"));
}

struct DriftingGradient : Function<DriftingGradient> {
  static inline int calls = 0;
  static Tensor forward(Context&, const Tensor& z) { return z * 1; }
  static Many backward(Context&, const Many& g) { return {g[0] * (1 + 1e-9 * ++calls)}; }
};
TEST(Gradcheck, FindsGradientsThatChange) {
  EXPECT_THAT(
      gradcheck([](const Tensor& z) { return DriftingGradient::apply(z); }, x, {.raise = false})
          .message,
      AllOf(HasSubstr("not deterministic"), HasSubstr("gradient by input 0")));
}

/// The gradient is right, but a part of it is a constant for the second derivative.
struct HalfSquare : Function<HalfSquare> {
  static Tensor forward(Context& ctx, const Tensor& z) {
    ctx.save_for_backward({z});
    return square(z);
  }
  static Many backward(Context& ctx, const Many& g) { return {2 * g[0] * ctx.saved()[0].detach()}; }
};
TEST(Gradgradcheck, FindsAWrongSecondDerivative) {
  const TensorFunction f = [](const Tensor& z) { return HalfSquare::apply(z); };
  EXPECT_TRUE(gradcheck(f, x));
  EXPECT_THAT(gradgradcheck(f, x, {.raise = false}).message,
              AllOf(HasSubstr("gradgradcheck"), HasSubstr("input 0, element [0]")));
  EXPECT_THROW(gradgradcheck(f, x), GradcheckError);
  EXPECT_FALSE(gradgradcheck(f, x, {.raise = false, .is_projected = true}));
}

/// Right one cotangent at a time; with state, wrong from the second on.
struct Stateful : Function<Stateful> {
  static Tensor forward(Context& ctx, const Tensor& z) {
    ctx.saved_data["calls"] = 0;
    return z * 1;
  }
  static Many backward(Context& ctx, const Many& g) {
    int& calls = std::any_cast<int&>(ctx.saved_data["calls"]);
    return {++calls == 7 ? g[0] * 2 : g[0] * 1};
  }
};
TEST(Gradcheck, ComparesBatchesWithOneDirectionAtATime) {
  // Two for determinism (one for each graph), 3 rows, and then the batch of 3.
  const TensorFunction f = [](const Tensor& z) { return Stateful::apply(z); };
  const GradcheckReport report = gradcheck(f, x, {.raise = false, .check_forward = false});
  EXPECT_THAT(report.message, HasSubstr("batched reverse"));
  EXPECT_TRUE(gradcheck(f, x, {.raise = false, .check_forward = false, .check_batched = false}));
}

TEST(Gradcheck, WarnsOfFloat32) {
  const Tensor narrow = to(x, DType::float32);
  const GradcheckOptions loose{.eps = 1e-2, .atol = 1e-2, .rtol = 1e-2, .raise = false};
  const TensorFunction f = [](const Tensor& z) { return z * z; };
  const GradcheckReport passed = gradcheck(f, narrow, loose);
  EXPECT_TRUE(passed);
  EXPECT_THAT(passed.message, AllOf(HasSubstr("input 0"), HasSubstr("float32")));
  const GradcheckReport failed = gradcheck(f, narrow, {.raise = false});
  EXPECT_FALSE(failed);
  EXPECT_THAT(failed.message, AllOf(HasSubstr("differences give"), HasSubstr("float64")));
  EXPECT_THAT(gradcheck(f, x).message, Not(HasSubstr("float32")));
}

TEST(Gradcheck, WantsSomethingToDifferentiateBy) {
  EXPECT_THROW(gradcheck([](const Tensor& z) { return z; }, to(x, DType::int64)), GraphError);
  EXPECT_THROW(gradcheck([](const Tensor&) { return Tensor(); }, x), GraphError);
}

}  // namespace
}  // namespace wald
