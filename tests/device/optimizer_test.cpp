// Optimizers on a device: the minima of the processor, and how often anything is copied back.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <map>

#include <tests/temp_path.h>
#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>
#include <wald/optim/adagrad.h>
#include <wald/optim/adam.h>
#include <wald/optim/inverse_hessian.h>
#include <wald/optim/lbfgs.h>
#include <wald/optim/least_squares.h>
#include <wald/optim/minimize.h>
#include <wald/optim/parameters.h>
#include <wald/optim/rmsprop.h>
#include <wald/optim/rprop.h>
#include <wald/optim/sgd.h>

#include "device_fit.h"

namespace wald::testing {
namespace {

using namespace optim;

class DeviceOptimizer : public ::testing::Test {
 protected:
  void SetUp() override { WALD_NEEDS_EMULATED_DEVICE(); }

  /// Smooth and convex, of operations that the device has kernels for.
  static Tensor bowl(const Tensor& x) {
    const Tensor weights = 1.0 + 0.1 * cumsum(full(x.shape(), 1, x.dtype(), x.device()), 0);
    return sum(exp(x * weights) - 2.0 * x) + 0.5 * square(sum(x));
  }
};

TEST_F(DeviceOptimizer, CopiesOnceForEachEvaluationOfFewParameters) {
  const Tensor start = zeros({3}, DType::float64, emulated());
  for (const Method method : available_methods()) {
    SCOPED_TRACE(name_of(method));
    MinimizeOptions options;
    options.method = method;
    minimize(bowl, start, options);  // what is said once is said
    const std::uint64_t before = copies_to_host();
    const MinimizeResult found = minimize(bowl, start, options);
    const std::uint64_t copies = copies_to_host() - before;
    const Evaluations& e = found.evaluations;
    // The start besides, which the method brings to itself and remembers.
    EXPECT_LE(copies, static_cast<std::uint64_t>(e.values + e.hessians + e.products + 2));
    const MinimizeResult wanted = minimize(bowl, zeros({3}), options);
    EXPECT_EQ(found.status, wanted.status) << found.message;
    expect_same(found.x.to_vector(), wanted.x.to_vector(), "x", 1e-7);
    for (const Tensor& part : {found.x, found.gradient, found.hessian})
      EXPECT_EQ(part.device(), emulated());
  }
}

TEST_F(DeviceOptimizer, LeavesManyParametersThere) {
  constexpr std::int64_t k = 501;
  const Tensor start = zeros({k}, DType::float64, emulated());
  const ScalarFunction f = [](const Tensor& x) {
    return sum(square(x - 1.0)) + 0.1 * square(sum(square(x)) - 400.0) / 400.0;
  };
  // Of each iteration beside its evaluations: whether it moved, what the step taught, the slope
  // along the next direction; of each product with the Hessian two numbers.
  for (const Method method : {Method::lbfgs, Method::cg, Method::newton_cg, Method::trust_ncg}) {
    SCOPED_TRACE(name_of(method));
    MinimizeOptions options;
    options.method = method;
    options.max_iterations = 3;
    minimize(f, start, options);
    const std::uint64_t before = copies_to_host();
    const MinimizeResult found = minimize(f, start, options);
    const std::uint64_t copies = copies_to_host() - before;
    const Evaluations& e = found.evaluations;
    EXPECT_LE(copies,
              static_cast<std::uint64_t>(e.values + 2 * e.products + 10 * found.iterations + 10));
    EXPECT_EQ(found.x.device(), emulated());
    const MinimizeResult wanted = minimize(f, zeros({k}), options);
    EXPECT_NEAR(found.value, wanted.value, 1e-9 * std::abs(wanted.value));
  }
}

TEST_F(DeviceOptimizer, MinimizesInFloat32) {
  MinimizeOptions options;
  options.method = Method::bfgs;
  const MinimizeResult found = minimize(bowl, zeros({2}, DType::float32, emulated()), options);
  EXPECT_EQ(found.x.dtype(), DType::float32);
  EXPECT_EQ(found.x.device(), emulated());
  EXPECT_NE(found.status, Status::failed) << found.message;
  const MinimizeResult wanted = minimize(bowl, zeros({2}, DType::float32), options);
  expect_same(found.x.to_vector(), wanted.x.to_vector(), "x", 1e-3);
}

TEST_F(DeviceOptimizer, KeepsToBoundsFromAnywhere) {
  MinimizeOptions options;
  options.method = Method::lbfgsb;
  options.lower = tensor({0.5, -1.0});
  const MinimizeResult wanted = minimize(bowl, ones({2}), options);
  for (const Tensor& lower : {options.lower, there(options.lower)}) {
    options.lower = lower;
    const MinimizeResult found = minimize(bowl, ones({2}, DType::float64, emulated()), options);
    expect_same(found.x.to_vector(), wanted.x.to_vector(), "x", 1e-7);
  }
}

TEST_F(DeviceOptimizer, EvaluatesWhereTheOptionsSay) {
  MinimizeOptions options;
  options.method = Method::bfgs;
  options.device = emulated();
  const ScalarFunction f = [](const Tensor& x) {
    EXPECT_EQ(x.device(), emulated());
    EXPECT_EQ(default_device(), emulated());
    return bowl(x);
  };
  EXPECT_EQ(minimize(f, zeros({2}), options).x.device(), emulated());
}

TEST_F(DeviceOptimizer, ResumesWhereItWasOrWhereTheOptionsSay) {
  const std::string path = temp_path("device_checkpoint.npz");
  MinimizeOptions options;
  options.method = Method::lbfgs;
  const Tensor start = zeros({3}, DType::float64, emulated());
  const MinimizeResult whole = minimize(bowl, start, options);
  options.checkpoint = path;
  options.checkpoint_seconds = 0;
  options.callback = [](const Iteration& now) { return now.iteration == 2; };
  minimize(bowl, start, options);
  options.callback = {};
  const MinimizeResult there_again = resume(bowl, path, options);
  EXPECT_EQ(there_again.x.device(), emulated());
  EXPECT_EQ(there_again.x.to_vector(), whole.x.to_vector());
  options.checkpoint = {};
  options.device = Device();
  const MinimizeResult here = resume(bowl, path, options);
  EXPECT_EQ(here.x.device(), Device());
  expect_same(here.x.to_vector(), whole.x.to_vector(), "x", 1e-7);
  std::remove(path.c_str());
}

TEST_F(DeviceOptimizer, FitsByLeastSquares) {
  const Tensor t = tensor({0.1, 0.4, 0.9, 1.3, 1.9, 2.4}), y = 2.0 * exp(-1.3 * t) + 0.01 * sin(t);
  const auto residuals = [](const Tensor& times, const Tensor& values) {
    return
        [=](const Tensor& b) { return values - select(b, 0, 0) * exp(-(select(b, 0, 1) * times)); };
  };
  const LeastSquaresResult wanted = least_squares(residuals(t, y), ones({2}));
  const std::uint64_t before = copies_to_host();
  const LeastSquaresResult found =
      least_squares(residuals(there(t), there(y)), ones({2}, DType::float64, emulated()));
  // The value, and with the gradient the triangle; of the emulator's decomposition, which the
  // processor does, the matrix and its factors besides; of the bend one more.
  EXPECT_LE(
      copies_to_host() - before,
      static_cast<std::uint64_t>(4 * (found.evaluations.values + found.evaluations.hessians)));
  EXPECT_EQ(found.status, wanted.status);
  expect_same(found.x.to_vector(), wanted.x.to_vector(), "x");
  expect_same(found.covariance.to_vector(), wanted.covariance.to_vector(), "covariance", 1e-7);
  for (const Tensor& part : {found.x, found.residuals, found.jacobian, found.covariance})
    EXPECT_EQ(part.device(), emulated());
}

TEST_F(DeviceOptimizer, MinimizesOverNamedParameters) {
  const auto solve = [](const Device& device) {
    Parameters parameters;
    parameters.add("rate", to(tensor(2), device), positive());
    parameters.add("shares", to(tensor({0.3, 0.3, 0.4}), device), simplex());
    const FunctionOfParameters f = [device](const ParameterValues& at) {
      const Tensor counts = to(tensor({3, 4, 5}), device);
      return at["rate"] - 3.0 * log(at["rate"]) - sum(counts * log(at["shares"]));
    };
    return minimize(f, parameters);
  };
  const NamedResult found = solve(emulated()), wanted = solve(Device());
  EXPECT_EQ(found.values["shares"].device(), emulated());
  expect_same(found.values.flat().to_vector(), wanted.values.flat().to_vector(), "values", 1e-7);
  expect_same(found.covariance.to_vector(), wanted.covariance.to_vector(), "covariance", 1e-6);
}

TEST_F(DeviceOptimizer, InvertsAHessian) {
  const Tensor x = tensor({0.1, -0.2});
  expect_same(inverse_hessian(bowl, there(x)).to_vector(), inverse_hessian(bowl, x).to_vector(),
              "inverse");
}

/// So many steps from the start; the parameter, and how often anything was copied.
template <class Make>
std::pair<std::vector<double>, std::uint64_t> steps(const Device& device, const Make& make,
                                                    const ScalarFunction& f) {
  const Tensor x = full({3}, 0.4, DType::float64, device).requires_grad_();
  const auto optimizer = make(std::vector<Tensor>{x});
  const std::uint64_t before = copies_to_host();
  for (int i = 0; i < 5; ++i)
    optimizer->step([&] {
      optimizer->zero_grad();
      const Tensor loss = f(x);
      loss.backward();
      return loss;
    });
  const std::uint64_t copies = copies_to_host() - before;
  return {x.to_vector(), copies};
}

TEST_F(DeviceOptimizer, StepsWithoutACopy) {
  using Made = std::unique_ptr<Optimizer>;
  using Make = std::function<Made(std::vector<Tensor>)>;
  const std::map<std::string, Make> all = {
      {"SGD",
       [](auto x) -> Made {
         return std::make_unique<SGD>(x, SGDOptions{.lr = 0.01, .momentum = 0.9});
       }},
      {"Adam", [](auto x) -> Made { return std::make_unique<Adam>(x, AdamOptions{.lr = 0.1}); }},
      {"Adagrad",
       [](auto x) -> Made { return std::make_unique<Adagrad>(x, AdagradOptions{.lr = 0.1}); }},
      {"RMSprop",
       [](auto x) -> Made { return std::make_unique<RMSprop>(x, RMSpropOptions{.lr = 0.1}); }},
      {"Rprop", [](auto x) -> Made { return std::make_unique<Rprop>(x); }}};
  for (const auto& [name, make] : all) {
    const auto [found, copies] = steps(emulated(), make, bowl);
    EXPECT_EQ(copies, 0u) << name;
    expect_same(found, steps(Device(), make, bowl).first, name);
  }
}

TEST_F(DeviceOptimizer, TakesStepsOfLbfgsWithFewCopies) {
  for (const LineSearch search : {LineSearch::none, LineSearch::strong_wolfe}) {
    std::int64_t evaluations = 0;
    const ScalarFunction counted = [&](const Tensor& x) {
      ++evaluations;
      return bowl(x);
    };
    const auto make = [&](std::vector<Tensor> x) {
      return std::make_unique<LBFGS>(x,
                                     LBFGSOptions{.lr = 0.5, .max_iter = 4, .line_search = search});
    };
    const auto wanted = steps(Device(), make, bowl).first;
    const auto [found, copies] = steps(emulated(), make, counted);
    expect_same(found, wanted, "L-BFGS", 1e-7);
    EXPECT_LE(copies, static_cast<std::uint64_t>(3 * evaluations));
  }
}

TEST_F(DeviceOptimizer, GoesOnFromAFileOfEitherDevice) {
  const std::string path = temp_path("device_optimizer.npz");
  const auto run = [&](const Device& device, bool saves, bool loads) {
    const Tensor x = full({3}, loads ? 0.2 : 0.4, DType::float64, device).requires_grad_();
    Adam adam({x}, {.lr = 0.1});
    if (loads) adam.load(path);
    for (int i = 0; i < 3; ++i) {
      adam.zero_grad();
      bowl(x).backward();
      adam.step();
    }
    if (saves) adam.save(path);
    return x.to_vector();
  };
  run(emulated(), true, false);
  const auto from_there = run(Device(), false, true);
  expect_same(run(emulated(), false, true), from_there, "there again");
  run(Device(), true, false);
  expect_same(run(emulated(), false, true), from_there, "from the processor");
  std::remove(path.c_str());
}

}  // namespace
}  // namespace wald::testing
