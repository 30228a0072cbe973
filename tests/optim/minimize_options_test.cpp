// What the options of minimize() mean, and what it refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <thread>

#include <wald/engine/autograd.h>

#include "minimize_problems.h"

namespace wald::optim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<double> x0 = {-1.2, 1, -0.5, 0.8};

MinimizeResult run(const MinimizeOptions& options) {
  return minimize(rosenbrock, from_vector(x0), options);
}

class Options : public ::testing::TestWithParam<Method> {};
INSTANTIATE_TEST_SUITE_P(Minimize, Options, ::testing::ValuesIn(available_methods()), test_name);

TEST_P(Options, CallbackSeesEachIterationAndMayStop) {
  MinimizeOptions options = by(GetParam());
  std::vector<std::int64_t> seen;
  std::vector<double> values;
  options.callback = [&](const Iteration& now) {
    seen.push_back(now.iteration);
    values.push_back(now.point.value);
    EXPECT_EQ(now.point.x.numel(), 4);
    EXPECT_EQ(rosenbrock(now.point.x).item(), now.point.value);
    EXPECT_GT(now.evaluations.values, 0);
    return now.iteration == 4;
  };
  const MinimizeResult result = run(options);
  EXPECT_EQ(outcome_of(result), "failed, callback");
  EXPECT_THAT(seen, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(result.value, values.back());
  EXPECT_EQ(result.iterations, 4);
  expect_belongs_together(rosenbrock, result);
}

TEST_P(Options, HistoryHoldsEachIterationFromTheStart) {
  MinimizeOptions options = by(GetParam());
  EXPECT_TRUE(run(options).history.empty());
  options.keep_history = true;
  const MinimizeResult result = run(options);
  ASSERT_EQ(std::ssize(result.history), result.iterations + 1);
  EXPECT_EQ(result.history[0].point.x.to_vector(), x0);
  for (std::size_t i = 0; i < result.history.size(); ++i) {
    EXPECT_EQ(result.history[i].iteration, static_cast<std::int64_t>(i));
    EXPECT_EQ(rosenbrock(result.history[i].point.x).item(), result.history[i].point.value);
    if (i > 0) {
      EXPECT_LE(result.history[i].point.value, result.history[i - 1].point.value + 1e-14);
    }
  }
  EXPECT_EQ(result.history.back().point.value, result.value);
}

TEST_P(Options, EvaluationsAreThoseThatWereMade) {
  std::int64_t calls = 0;
  const auto counted = [&](const Tensor& x) {
    ++calls;
    return rosenbrock(x);
  };
  const MinimizeResult result = minimize(counted, from_vector(x0), by(GetParam()));
  const Evaluations& e = result.evaluations;
  // A value, a value with its gradient, and a Hessian are one call each; of products at one point
  // the first is.
  EXPECT_GE(calls, e.values + e.hessians);
  EXPECT_LE(calls, e.values + e.hessians + e.products);
  EXPECT_LE(e.gradients, e.values);
}

TEST_P(Options, IterationsAndEvaluationsAreLimited) {
  MinimizeOptions options = by(GetParam());
  options.max_iterations = 3;
  const MinimizeResult few = run(options);
  EXPECT_EQ(outcome_of(few), "failed, max_iterations");
  EXPECT_EQ(few.iterations, 3);
  EXPECT_TRUE(few.hessian.defined());
  expect_belongs_together(rosenbrock, few);
  for (std::int64_t most : {1, 2, 9}) {
    options = by(GetParam());
    options.max_evaluations = most;
    const MinimizeResult result = run(options);
    EXPECT_EQ(outcome_of(result), "failed, max_evaluations");
    EXPECT_LE(result.evaluations.values, most + (GetParam() == Method::nelder_mead));
    EXPECT_LE(result.value, rosenbrock(from_vector(x0)).item());
    expect_belongs_together(rosenbrock, result);
  }
}

TEST_P(Options, SecondsAreLimited) {
  MinimizeOptions options = by(GetParam());
  options.max_seconds = 0.02;
  const auto slow = [&](const Tensor& x) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return rosenbrock(x);
  };
  const MinimizeResult result = minimize(slow, from_vector(x0), options);
  EXPECT_EQ(outcome_of(result), "failed, max_seconds");
  EXPECT_GE(result.seconds, 0.02);
  EXPECT_LT(result.evaluations.values, 8);
  expect_belongs_together(rosenbrock, result);
}

TEST_P(Options, CtrlCEndsTheRunWithTheBestPoint) {
  MinimizeOptions options = by(GetParam());
  options.catch_interrupt = true;
  int calls = 0;
  const auto f = [&](const Tensor& x) {
    if (++calls == 8) std::raise(SIGINT);
    return rosenbrock(x);
  };
  const MinimizeResult result = minimize(f, from_vector(x0), options);
  EXPECT_EQ(outcome_of(result), "failed, interrupted");
  EXPECT_LE(result.value, rosenbrock(from_vector(x0)).item());
  expect_belongs_together(rosenbrock, result);
}

volatile std::sig_atomic_t users_handler_calls = 0;

TEST(Interrupt, GivesTheUsersHandlerBack) {
  const auto users = [](int) { users_handler_calls = users_handler_calls + 1; };
  const auto before = std::signal(SIGINT, users);
  MinimizeOptions options = by(Method::trust_exact);
  options.catch_interrupt = true;
  options.callback = [](const Iteration& now) {
    if (now.iteration == 2) std::raise(SIGINT);
    return false;
  };
  EXPECT_EQ(outcome_of(run(options)), "failed, interrupted");
  EXPECT_EQ(users_handler_calls, 0);
  options.catch_interrupt = false;
  EXPECT_EQ(outcome_of(run(options)), "converged, tolerance");
  EXPECT_EQ(users_handler_calls, 1);
  std::signal(SIGINT, before);
}

TEST_P(Options, ParametersMayHaveAnyShape) {
  const auto f = [](const Tensor& x) {
    EXPECT_EQ(to_string(x.shape()), "[2, 1, 2]");
    return rosenbrock(reshape(x, {4}));
  };
  const MinimizeResult flat = run(by(GetParam()));
  const MinimizeResult result = minimize(f, from_vector(x0, {2, 1, 2}), by(GetParam()));
  EXPECT_EQ(to_string(result.x.shape()), "[2, 1, 2]");
  EXPECT_EQ(to_string(result.gradient.shape()), "[2, 1, 2]");
  EXPECT_EQ(to_string(result.hessian.shape()), "[4, 4]");
  EXPECT_EQ(result.x.to_vector(), flat.x.to_vector());
  const MinimizeResult scalar =
      minimize([](const Tensor& x) { return 1 + square(x - 3); }, tensor(7), by(GetParam()));
  EXPECT_EQ(to_string(scalar.x.shape()), "[]");
  EXPECT_NEAR(scalar.x.item(), 3, 1e-6);
}

TEST_P(Options, Float32IsWhatTheFunctionIsCalledWith) {
  const auto f = [](const Tensor& x) {
    EXPECT_EQ(x.dtype(), DType::float32);
    return 1 + sum(square(x - tensor({1, 2}, DType::float32)) * tensor({3, 0.5}, DType::float32));
  };
  const MinimizeResult result = minimize(f, tensor({5, 9}, DType::float32), by(GetParam()));
  EXPECT_NE(result.status, Status::failed) << result.message;
  EXPECT_EQ(result.x.dtype(), DType::float32);
  EXPECT_EQ(result.gradient.dtype(), DType::float32);
  EXPECT_NEAR(result.x.to_vector()[0], 1, 1e-3);
  EXPECT_NEAR(result.x.to_vector()[1], 2, 1e-3);
  EXPECT_EQ(f(result.x).item(), result.value);
}

TEST_P(Options, UnitsMayBeLeftAsTheyAre) {
  MinimizeOptions options = by(GetParam());
  options.scale_parameters = false;
  const MinimizeResult result = run(options);
  EXPECT_EQ(outcome_of(result), "converged, tolerance") << result.message;
}

TEST_P(Options, WhatTheFunctionThrowsIsPassedOn) {
  int calls = 0;
  const auto f = [&](const Tensor& x) {
    if (++calls == 5) throw std::runtime_error("enough");
    return rosenbrock(x);
  };
  EXPECT_THROW(minimize(f, from_vector(x0), by(GetParam())), std::runtime_error);
  EXPECT_TRUE(is_grad_enabled());
}

TEST(Minimize, TakesManyParameters) {
  // More than the exact Hessian is formed for.
  const std::int64_t k = 700;
  const Tensor weights = linspace(1, 50, k);
  const auto f = [&](const Tensor& x) { return 1 + sum(weights * square(x - 1)) + sum(exp(x)); };
  for (Method method : available_methods()) {
    if (method == Method::nelder_mead) continue;
    SCOPED_TRACE(name_of(method));
    const MinimizeResult result = minimize(f, zeros({k}), by(method));
    EXPECT_EQ(outcome_of(result), "converged, tolerance") << result.message;
    EXPECT_FALSE(result.hessian.defined());
    EXPECT_LE(result.newton_decrement, 1e-14 * result.value);
  }
}

TEST(Minimize, RefusesOptionsOutOfRange) {
  const auto with = [](auto change) {
    MinimizeOptions options = by(Method::trust_exact);
    change(options);
    return run(options);
  };
  EXPECT_THROW(with([](auto& o) { o.tolerance = 0; }), InputError);
  EXPECT_THROW(with([](auto& o) { o.tolerance = NAN; }), InputError);
  EXPECT_THROW(with([](auto& o) { o.max_iterations = -1; }), InputError);
  EXPECT_THROW(with([](auto& o) { o.max_evaluations = -1; }), InputError);
  EXPECT_THROW(with([](auto& o) { o.max_seconds = NAN; }), InputError);
  EXPECT_THROW(with([](auto& o) { o.checkpoint_seconds = -1; }), InputError);
  EXPECT_THROW(with([](auto& o) { o.memory = -1; }), InputError);
  EXPECT_THROW(with([](auto& o) { o.lower = tensor(0); }), InputError) << "takes no bounds";
  EXPECT_THROW(with([](auto& o) { o.names = {"one"}; }), InputError);
  EXPECT_THROW(with([](auto& o) { o.checkpoint = "/no/such/folder/file"; }), InputError);
}

TEST(Minimize, RefusesWhatIsNoFunctionOfParameters) {
  const MinimizeOptions options = by(Method::trust_exact);
  EXPECT_THROW(minimize(rosenbrock, Tensor(), options), InputError);
  EXPECT_THROW(minimize(rosenbrock, zeros({0}), options), InputError);
  EXPECT_THROW(minimize(rosenbrock, zeros({2}, DType::int64), options), DTypeError);
  EXPECT_THROW(minimize([](const Tensor& x) { return x; }, zeros({2}), options), ShapeError);
}

TEST(Methods, HaveNames) {
  EXPECT_EQ(method_named("trust-exact"), Method::trust_exact);
  EXPECT_STREQ(name_of(Method::lbfgsb), "l-bfgs-b");
  for (Method method : available_methods()) EXPECT_EQ(method_named(name_of(method)), method);
  try {
    method_named("newton");
    ADD_FAILURE() << "no method is called so";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'newton'"));
    EXPECT_THAT(error.what(), HasSubstr("nelder-mead"));
  }
}

}  // namespace
}  // namespace wald::optim
