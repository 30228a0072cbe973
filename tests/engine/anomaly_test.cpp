// AnomalyGuard: which nan it reports, and which it leaves alone.
#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include <wald/engine/anomaly.h>
#include <wald/engine/autograd.h>
#include <wald/engine/function.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>

namespace wald {
namespace {

/// The message of the NumericalError that `call` throws; empty if it throws none.
template <class Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const NumericalError& error) {
    return error.what();
  }
  return "";
}

bool says(const std::string& message, const std::string& part) {
  return message.find(part) != std::string::npos;
}

TEST(Anomaly, NamesTheOperationAndTheRowThatMadeTheFirstNan) {
  const Tensor x = tensor({{1, 2}, {3, 4}, {5, -6}, {-7, 8}}).requires_grad_();
  EXPECT_EQ(message_of([&] { sum(log(x)); }), "") << "no guard, no message";
  const AnomalyGuard guard;
  const std::string message = message_of([&] { sum(exp(log(2 * x))); });
  EXPECT_TRUE(says(message, "log:")) << message;
  EXPECT_TRUE(says(message, "row 2, at [2, 1]")) << message;
  EXPECT_TRUE(says(message, "[4, 2]")) << message;
}

TEST(Anomaly, LeavesNanAloneThatCameWithTheData) {
  const AnomalyGuard guard;
  EXPECT_EQ(message_of([] { sum(exp(tensor({1, NAN}))); }), "");
}

TEST(Anomaly, ReportsAScalar) {
  const AnomalyGuard guard;
  const Tensor x = tensor({INFINITY, -INFINITY});
  const std::string message = message_of([&] { sum(x); });
  EXPECT_TRUE(says(message, "sum:")) << message;
  EXPECT_TRUE(says(message, "scalar")) << message;
}

TEST(Anomaly, NamesTheNodeWhoseDerivativeIsNan) {
  // sqrt(0) is 0, its derivative infinite, and inf times the inner derivative 0 is nan.
  const Tensor x = tensor({1, 0, 2}).requires_grad_();
  const Tensor y = sum(sqrt(square(x)));
  EXPECT_EQ(message_of([&] { grad(y, x, {.retain_graph = true}); }), "");
  const AnomalyGuard guard(AnomalyChecks::backward);
  const std::string message = message_of([&] { grad(y, x, {.retain_graph = true}); });
  EXPECT_TRUE(says(message, "PowBackward0")) << message;
  EXPECT_TRUE(says(message, "row 1")) << message;
}

TEST(Anomaly, IsSilentOnADeadBranchWhenOnlyDerivativesAreChecked) {
  const Tensor x = tensor({1, -1, 2}).requires_grad_();
  {
    const AnomalyGuard guard(AnomalyChecks::backward);
    EXPECT_EQ(message_of([&] { grad(sum(where(x > 0, log(x), 0)), x); }), "");
  }
  const AnomalyGuard guard;
  EXPECT_TRUE(says(message_of([&] { sum(where(x > 0, log(x), 0)); }), "log:"));
}

TEST(Anomaly, ChecksForwardSweepsAndEndsWithItsScopeAndThread) {
  const ScalarFunction f = [](const Tensor& x) { return sum(sqrt(square(x))); };
  {
    const AnomalyGuard guard;
    std::thread([&] { EXPECT_EQ(message_of([] { log(tensor({-1})); }), ""); }).join();
    EXPECT_NE(message_of([&] { hessian(f, tensor({0})); }), "");
  }
  EXPECT_EQ(message_of([&] { hessian(f, tensor({0})); }), "");
}

/// x log(x / (1 - x)), with a mask of its own for what is not within (0, 1), unless told otherwise.
struct MyFunction : Function<MyFunction> {
  static Tensor forward(Context& ctx, const Tensor& x, bool is_masked) {
    ctx.save_for_backward({x});
    const Tensor y = x * log(x / (1 - x));
    return is_masked ? where(isnan(y), 0, y) : y;
  }
  static std::vector<Tensor> backward(Context& ctx, const std::vector<Tensor>& grads) {
    const Tensor x = ctx.saved()[0];
    return {grads[0] * (log(x / (1 - x)) + 1 / (1 - x)), {}};
  }
};

/// Numbers that no operation made.
struct FromElsewhere : Function<FromElsewhere> {
  static std::vector<Tensor> forward(Context&, const Tensor& x) {
    return {x + 1, tensor({0, 1, NAN})};
  }
  static std::vector<Tensor> backward(Context&, const std::vector<Tensor>& grads) {
    return {grads[0]};
  }
};

TEST(Anomaly, NamesAUsersFunctionAndNotWhatItIsMadeOf) {
  const Tensor x = tensor({{0.5, 0.1}, {0.2, 2}, {3, 0.5}}).requires_grad_();
  EXPECT_EQ(message_of([&] { MyFunction::apply(x, false); }), "") << "no guard, no message";
  const AnomalyGuard guard;
  for (const Tensor& in : {x, x.detach()}) {
    const std::string message = message_of([&] { MyFunction::apply(in, false); });
    EXPECT_EQ(message.find("MyFunction: it made the first nan in row 1, at [1, 1]"), 0u) << message;
    EXPECT_EQ(message_of([&] { MyFunction::apply(in, true); }), "") << "masked in its forward";
  }
  EXPECT_EQ(message_of([] {
              MyFunction::apply(tensor({0.5, NAN}), false);
            }),
            "")
      << "it came with the data";
  const std::string message = message_of([] { FromElsewhere::apply(tensor({1, 2, 3})); });
  EXPECT_TRUE(says(message, "FromElsewhere: it made the first nan in row 2")) << message;
  EXPECT_TRUE(says(message_of([] { log(tensor({-1})); }), "log:")) << "checked again afterwards";
}

TEST(Anomaly, NamesTheDerivativesOfAUsersFunction) {
  const Tensor x = tensor({0.5, 0.1, -2, 0.2}).requires_grad_();
  const Tensor y = MyFunction::apply(x, true);
  const AnomalyGuard guard;
  std::string message = message_of([&] { grad(sum(y), x, {.retain_graph = true}); });
  EXPECT_EQ(message.find("MyFunctionBackward: its derivative number 0 made the first nan in row 2"),
            0u)
      << message;
  // Without a jvp the sweep forward transposes backward, by a sweep of its own.
  message = message_of([&] { forward_sweep({y}, {x}, {ones({1, 4})}); });
  EXPECT_EQ(message.find("MyFunctionBackward: its derivative number 0 made the first nan in row 0, "
                         "at [0, 2]"),
            0u)
      << message;
}

}  // namespace
}  // namespace wald
