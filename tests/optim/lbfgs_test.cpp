// L-BFGS against the recorded iterates of another implementation, and what its options mean.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/simulate.h>
#include <wald/optim/lbfgs.h>

#include "../oracles.h"

namespace wald::optim {
namespace {

using ::testing::ElementsAre;

Tensor rosenbrock(const Tensor& x) {
  const Tensor head = slice(x, 0, 0, -1), tail = slice(x, 0, 1, x.size(0));
  return sum(100 * square(tail - square(head)) + square(1 - head));
}

const std::vector<double> rosenbrock_start = {-1.2, 1, -0.5, 0.8};

Tensor parameter(const std::vector<double>& values, Dims shape = {}, DType dtype = DType::float64) {
  if (shape.empty()) shape = {static_cast<std::int64_t>(values.size())};
  return to(from_vector(values, shape), dtype).requires_grad_();
}

/// The closure that libtorch's users write.
template <class F>
Closure closure_of(LBFGS& optimizer, const F& f) {
  return [&optimizer, f] {
    optimizer.zero_grad();
    const Tensor loss = f();
    loss.backward();
    return loss;
  };
}

LBFGSOptions wolfe() {
  LBFGSOptions options;
  options.line_search = LineSearch::strong_wolfe;
  return options;
}

std::vector<double> flat(const nlohmann::json& list) {
  std::vector<double> out;
  for (const auto& v : list.flatten()) out.push_back(v.get<double>());
  return out;
}

void expect_close(const std::vector<double>& got, const std::vector<double>& wanted,
                  const std::string& what) {
  ASSERT_EQ(got.size(), wanted.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_LE(std::fabs(got[i] - wanted[i]), 1e-9 * std::max(1.0, std::fabs(wanted[i])))
        << what << ", element " << i << ": " << got[i] << " for " << wanted[i];
}

/// Replays one recorded case of trajectories.json with f as the objective.
void replay(const std::string& name, const LBFGSOptions& options, const Tensor& x,
            const std::function<Tensor(const Tensor&)>& f) {
  const nlohmann::json wanted = testing::read_oracle("trajectories.json").at("cases").at(name);
  LBFGS optimizer({x}, options);
  const Closure closure = closure_of(optimizer, [&] { return f(x); });
  for (std::size_t i = 0; i < wanted.at("steps").get<std::size_t>(); ++i) {
    const std::string at = " of step " + std::to_string(i);
    expect_close({optimizer.step(closure).item()}, {wanted.at("values")[i].get<double>()},
                 "value" + at);
    expect_close(x.to_vector(), flat(wanted.at("path")[i]), "point" + at);
  }
  expect_close(x.to_vector(), flat(wanted.at("final")), "last point");
  expect_close({f(x).item()}, {wanted.at("final_value").get<double>()}, "last value");
  expect_close(grad(f(x), x).to_vector(), flat(wanted.at("final_gradient")), "last gradient");
  EXPECT_EQ(optimizer.iterations(), wanted.at("n_iter").get<std::int64_t>());
  EXPECT_EQ(optimizer.evaluations(), wanted.at("func_evals").get<std::int64_t>());
}

TEST(Trajectory, OfRosenbrockWithoutLineSearch) {
  WALD_NEEDS_ORACLE("trajectories.json");
  LBFGSOptions options;
  options.lr = 0.1;
  options.max_iter = 5;
  options.history_size = 5;
  replay("lbfgs_rosen", options, parameter(rosenbrock_start), rosenbrock);
}

TEST(Trajectory, OfRosenbrockWithStrongWolfe) {
  WALD_NEEDS_ORACLE("trajectories.json");
  replay("lbfgs_wolfe_rosen", wolfe(), parameter(rosenbrock_start), rosenbrock);
}

TEST(Trajectory, OfTheLogisticExample) {
  WALD_NEEDS_ORACLE("trajectories.json");
  WALD_NEEDS_ORACLE("rng/logistic_n100.csv");
  std::ifstream file(testing::oracle_path("rng/logistic_n100.csv"));
  std::vector<double> response, design;
  std::string line, cell;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    for (int column = 0; std::getline(cells, cell, ','); ++column)
      (column == 0 ? response : design).push_back(std::stod(cell));
  }
  ASSERT_EQ(response.size(), 100u);
  const Tensor y = from_vector(response), x = from_vector(design, {100, 3});
  replay("lbfgs_wolfe_logit", wolfe(), parameter({0, 0, 0}), [&](const Tensor& theta) {
    const Tensor o = mv(x, theta);
    return -(dot(y, o) - sum(softplus(o)));
  });
}

TEST(Trajectory, OfTheSurvivalExample) {
  WALD_NEEDS_ORACLE("trajectories.json");
  const SurvivalSample sample = published_survival_data();
  const Tensor t = from_vector(sample.time), d = from_vector(sample.event);
  const Tensor x = stack({ones({t.size(0)}), from_vector(sample.columns.at(0))}, 1);
  replay("lbfgs_wolfe_survival", wolfe(), parameter({1, 1}, {2, 1}), [&](const Tensor& beta) {
    const Tensor eta = squeeze(matmul(x, beta), 1);
    return -sum(d * eta - exp(eta) * t + d * log(t));
  });
}

TEST(Rosenbrock, IsSolvedToTheLastFigures) {
  // The figures of the recorded run that hold for any correct implementation of the method.
  const Tensor x = parameter(rosenbrock_start);
  LBFGS optimizer({x}, wolfe());
  const Closure closure = closure_of(optimizer, [&] { return rosenbrock(x); });
  EXPECT_NEAR(optimizer.step(closure).item(), 281.7, 1e-12);
  EXPECT_NEAR(optimizer.step(closure).item(), 3.100378716858029, 3e-9);
  EXPECT_NEAR(optimizer.step(closure).item(), 0.012970047914821748, 1e-9);
  EXPECT_LT(optimizer.step(closure).item(), 1e-10);
  EXPECT_EQ(optimizer.iterations(), 47);
  EXPECT_EQ(optimizer.evaluations(), 57);
  for (double v : x.to_vector()) EXPECT_NEAR(v, 1, 1e-6);
}

TEST(Parameters, MayBeSeveralTensorsOfAnyShape) {
  const Tensor whole = parameter(rosenbrock_start);
  LBFGS one({whole}, wolfe());
  const Tensor first = parameter({-1.2}, {1, 1}), second = parameter({1, -0.5}, {2, 1}),
               third = tensor(0.8).requires_grad_();
  LBFGS several({first, second, third}, wolfe());
  const auto joined = [&] {
    return cat({reshape(first, {1}), reshape(second, {2}), reshape(third, {1})});
  };
  const Closure a = closure_of(one, [&] { return rosenbrock(whole); });
  const Closure b = closure_of(several, [&] { return rosenbrock(joined()); });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(one.step(a).item(), several.step(b).item());
  EXPECT_EQ(whole.to_vector(), joined().detach().to_vector());
  EXPECT_EQ(to_string(second.shape()), "[2, 1]");
  EXPECT_EQ(one.evaluations(), several.evaluations());
}

TEST(Parameters, OneThatTheLossDoesNotUseStays) {
  const Tensor used = parameter({3, 4}), unused = parameter({5});
  LBFGS optimizer({used, unused}, wolfe());
  optimizer.step(closure_of(optimizer, [&] { return sum(square(used - 1)); }));
  EXPECT_THAT(unused.to_vector(), ElementsAre(5));
  for (double v : used.to_vector()) EXPECT_NEAR(v, 1, 1e-9);
}

TEST(Parameters, OfFloat32Converge) {
  const Tensor x = parameter({-1.2, 1}, {}, DType::float32);
  LBFGS optimizer({x}, wolfe());
  for (int i = 0; i < 5; ++i) optimizer.step(closure_of(optimizer, [&] { return rosenbrock(x); }));
  EXPECT_EQ(x.dtype(), DType::float32);
  for (double v : x.to_vector()) EXPECT_NEAR(v, 1, 2e-3);  // sqrt(eps) times the condition number
}

TEST(Parameters, ThatCannotBeOptimizedAreRefused) {
  EXPECT_THROW(LBFGS({}), InputError);
  EXPECT_THROW(LBFGS({tensor(1)}), Error) << "does not require grad";
  EXPECT_THROW(LBFGS({parameter({1}) * 2}), Error) << "no leaf";
  EXPECT_THROW(LBFGS({parameter({1}), parameter({1}, {}, DType::float32)}), DTypeError);
  EXPECT_THROW(LBFGS({Tensor()}), Error);
}

TEST(Options, ThatMakeNoSenseAreRefused) {
  const Tensor x = parameter({1});
  const auto with = [&](auto change) {
    LBFGSOptions options;
    change(options);
    LBFGS optimizer({x}, options);
  };
  EXPECT_THROW(with([](auto& o) { o.history_size = 0; }), InputError);
  EXPECT_THROW(with([](auto& o) { o.max_iter = -1; }), InputError);
  EXPECT_THROW(with([](auto& o) { o.lr = 0; }), InputError);
  EXPECT_THROW(with([](auto& o) { o.lr = NAN; }), InputError);
}

/// Iterations and evaluations of one step on Rosenbrock.
std::pair<std::int64_t, std::int64_t> counts(const LBFGSOptions& options,
                                             const std::vector<double>& start = rosenbrock_start) {
  const Tensor x = parameter(start);
  LBFGS optimizer({x}, options);
  optimizer.step(closure_of(optimizer, [&] { return rosenbrock(x); }));
  return {optimizer.iterations(), optimizer.evaluations()};
}

TEST(Options, BoundTheWorkOfOneStep) {
  LBFGSOptions options;
  options.lr = 0.1;
  options.max_iter = 5;
  EXPECT_EQ(counts(options), std::pair(std::int64_t{5}, std::int64_t{5}))
      << "the last is not evaluated";
  options.max_eval = 3;
  EXPECT_EQ(counts(options).second, 3);
  options = wolfe();
  options.max_iter = 7;
  EXPECT_EQ(counts(options).first, 7);
  options.max_eval = 1;
  EXPECT_EQ(counts(options).first, 1) << "evaluations are counted between iterations";
  options.max_iter = 0;
  EXPECT_EQ(counts(options), std::pair(std::int64_t{0}, std::int64_t{1}));
  options = wolfe();
  options.max_iter = 20;
  EXPECT_LE(counts(options).second, 25 + 25) << "20 * 5 / 4, and the rest of one line search";
}

TEST(Options, ToleranceOfTheGradient) {
  EXPECT_EQ(counts(wolfe(), {1, 1, 1, 1}), std::pair(std::int64_t{0}, std::int64_t{1}))
      << "at the minimum already";
  LBFGSOptions options = wolfe();
  options.tolerance_grad = 1e9;
  EXPECT_EQ(counts(options).first, 0);
  options.tolerance_grad = 1;
  options.max_iter = 100;
  const Tensor x = parameter(rosenbrock_start);
  LBFGS optimizer({x}, options);
  optimizer.step(closure_of(optimizer, [&] { return rosenbrock(x); }));
  for (double g : grad(rosenbrock(x), x).to_vector()) EXPECT_LE(std::fabs(g), 1);
}

TEST(Options, ToleranceOfTheChange) {
  LBFGSOptions options = wolfe();
  options.tolerance_change = 1e9;
  EXPECT_LE(counts(options).first, 1);
  options.tolerance_change = 0;
  options.max_iter = 60;
  const Tensor x = parameter(rosenbrock_start);
  LBFGS optimizer({x}, options);
  for (int i = 0; i < 3; ++i) optimizer.step(closure_of(optimizer, [&] { return rosenbrock(x); }));
  EXPECT_LE(rosenbrock(x).item(), 1e-15);
}

TEST(Step, GivesTheLossWhereItBegan) {
  const Tensor x = parameter({3});
  LBFGS optimizer({x}, wolfe());
  const Tensor loss = optimizer.step(closure_of(optimizer, [&] { return sum(square(x)); }));
  EXPECT_EQ(loss.item(), 9);
  EXPECT_FALSE(loss.requires_grad());
  EXPECT_NEAR(x.item(), 0, 1e-9);
}

TEST(Step, LeavesTheGradientOfSomeEvaluationAndTheMode) {
  const Tensor x = parameter({3, 4});
  LBFGS optimizer({x}, wolfe());
  {
    const NoGradGuard off;
    optimizer.step(closure_of(optimizer, [&] { return sum(square(x)); }));
    EXPECT_FALSE(is_grad_enabled());
  }
  EXPECT_TRUE(x.grad().defined());
  optimizer.zero_grad();
  EXPECT_FALSE(x.grad().defined());
  EXPECT_TRUE(x.requires_grad());
}

TEST(Step, LetsTheClosuresExceptionThrough) {
  const Tensor x = parameter({3, 4});
  LBFGS optimizer({x}, wolfe());
  int calls = 0;
  const auto f = [&] {
    if (++calls == 3) throw InputError("enough");
    return rosenbrock(x);
  };
  EXPECT_THROW(optimizer.step(closure_of(optimizer, f)), InputError);
  EXPECT_TRUE(is_grad_enabled());
  for (double v : x.to_vector()) EXPECT_TRUE(std::isfinite(v));
}

/// Ends at a finite point no worse than the start, though a trial was not finite.
template <class F>
void expect_survives(const F& f, const std::vector<double>& start, const char* what) {
  SCOPED_TRACE(what);
  const Tensor x = parameter(start);
  LBFGSOptions options = wolfe();
  options.max_iter = 30;
  LBFGS optimizer({x}, options);
  const double before = f(x).item();
  int not_finite = 0;
  const auto counted = [&] {
    const Tensor loss = f(x);
    not_finite += !std::isfinite(loss.item());
    return loss;
  };
  for (int i = 0; i < 4; ++i) optimizer.step(closure_of(optimizer, counted));
  EXPECT_GT(not_finite, 0) << "the case shows nothing";
  for (double v : x.to_vector()) EXPECT_TRUE(std::isfinite(v)) << v;
  const double after = f(x).item();
  EXPECT_TRUE(std::isfinite(after)) << after;
  EXPECT_LE(after, before);
}

TEST(NonFinite, TrialsThatAreInfiniteAreTakenBack) {
  expect_survives([](const Tensor& x) { return sum(where(x < 2, -5 * x, 1 / (x - x))); }, {1.5},
                  "a wall at 2, where value and gradient are not finite");
  expect_survives([](const Tensor& x) { return sum(where(x < 2, -5 * x, full({}, INFINITY))); },
                  {1.5}, "a wall at 2, flat beyond");
}

TEST(NonFinite, TrialsThatAreNotANumberAreTakenBack) {
  expect_survives([](const Tensor& x) { return sum(where(x < 2, -5 * x, log(-x))); }, {1.5},
                  "a wall at 2, not a number beyond, with a finite gradient");
  expect_survives([](const Tensor& x) { return sum(-5 * x + 0 * sqrt(2 - x)); }, {1.5},
                  "a wall at 2, value and gradient not numbers beyond");
}

TEST(NonFinite, AStartThatIsNotANumberLeavesThePointThere) {
  const Tensor x = parameter({-1, 2});
  LBFGS optimizer({x}, wolfe());
  const Tensor loss = optimizer.step(closure_of(optimizer, [&] { return sum(log(x)); }));
  EXPECT_TRUE(std::isnan(loss.item()));
  EXPECT_THAT(x.to_vector(), ElementsAre(-1, 2)) << "nothing is known of any direction";
}

}  // namespace
}  // namespace wald::optim
