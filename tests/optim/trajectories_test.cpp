// Every recorded trajectory of another implementation, step by step.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <sstream>

#include <wald/engine/autograd.h>
#include <wald/models/simulate.h>
#include <wald/optim/optim.h>

#include "../oracles.h"
#include "problems.h"

namespace wald::optim {
namespace {

using Objective = std::function<Tensor(const Tensor&)>;
using Maker = std::function<std::unique_ptr<Optimizer>(const Tensor&)>;

struct Case {
  Maker make;
  Objective (*objective)();
};

template <class Kind, class Options>
Maker maker(const Options& options) {
  return [options](const Tensor& x) {
    return std::make_unique<Kind>(std::vector<Tensor>{x}, options);
  };
}

/// A table of numbers under one line of names.
Tensor read_table(const std::string& name, std::int64_t columns) {
  std::ifstream file(testing::oracle_path(name));
  std::vector<double> values;
  std::string line, cell;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    while (std::getline(cells, cell, ',')) values.push_back(std::stod(cell));
  }
  return from_vector(values, {static_cast<std::int64_t>(values.size()) / columns, columns});
}

Objective rosenbrock_of() { return rosenbrock; }

/// Example 2: y and three covariates.
Objective logistic() {
  const Tensor table = read_table("rng/logistic_n100.csv", 4);
  const Tensor y = select(table, 1, 0), x = slice(table, 1, 1, 4);
  return [=](const Tensor& theta) {
    const Tensor o = mv(x, theta);
    return -(dot(y, o) - sum(softplus(o)));
  };
}

/// Example 3: y and ten covariates; the parameter is beta, with an intercept, and sigma.
Objective regression() {
  const Tensor table = read_table("rng/multiple_regression_n100.csv", 11);
  const Tensor y = select(table, 1, 0), x = cat({ones({100, 1}), slice(table, 1, 1, 11)}, 1);
  return [=](const Tensor& theta) {
    const Tensor beta = slice(theta, 0, 0, 11), sigma = select(theta, 0, 11);
    return 100 * log(sigma) + sum(square(y - mv(x, beta))) / (2 * square(sigma));
  };
}

/// Example 1, with its data drawn again.
Objective survival() {
  const SurvivalSample sample = published_survival_data();
  const Tensor t = from_vector(sample.time), d = from_vector(sample.event);
  const Tensor x = stack({ones({t.size(0)}), from_vector(sample.columns.at(0))}, 1);
  return [=](const Tensor& beta) {
    const Tensor eta = squeeze(matmul(x, beta), 1);
    return -sum(d * eta - exp(eta) * t + d * log(t));
  };
}

std::map<std::string, Case> cases() {
  const LBFGSOptions plain = {.lr = 0.1, .max_iter = 5, .history_size = 5};
  const LBFGSOptions wolfe = {.line_search = LineSearch::strong_wolfe};
  const SGDOptions momentum = {.lr = 1e-4, .momentum = 0.9};
  SGDOptions dampened = momentum, nesterov = momentum;
  dampened.dampening = 0.5;
  nesterov.nesterov = true;
  nesterov.weight_decay = 0.01;
  const RMSpropOptions rmsprop = {.lr = 0.01, .alpha = 0.99, .momentum = 0.5, .centered = true};
  return {
      {"sgd_rosen", {maker<SGD>(SGDOptions{.lr = 1e-3}), rosenbrock_of}},
      {"sgd_momentum_rosen", {maker<SGD>(momentum), rosenbrock_of}},
      {"sgd_nesterov_wd_rosen", {maker<SGD>(nesterov), rosenbrock_of}},
      {"sgd_dampening_rosen", {maker<SGD>(dampened), rosenbrock_of}},
      {"adam_rosen", {maker<Adam>(AdamOptions{.lr = 0.01}), rosenbrock_of}},
      {"adamw_amsgrad_rosen",
       {maker<AdamW>(AdamWOptions{.lr = 0.01, .amsgrad = true}), rosenbrock_of}},
      {"adagrad_rosen", {maker<Adagrad>(AdagradOptions{.lr = 0.1}), rosenbrock_of}},
      {"rmsprop_rosen", {maker<RMSprop>(rmsprop), rosenbrock_of}},
      {"rprop_rosen", {maker<Rprop>(RpropOptions{}), rosenbrock_of}},
      {"rprop_logit", {maker<Rprop>(RpropOptions{}), logistic}},
      {"rprop_regression", {maker<Rprop>(RpropOptions{}), regression}},
      {"lbfgs_rosen", {maker<LBFGS>(plain), rosenbrock_of}},
      {"lbfgs_wolfe_rosen", {maker<LBFGS>(wolfe), rosenbrock_of}},
      {"lbfgs_wolfe_logit", {maker<LBFGS>(wolfe), logistic}},
      {"lbfgs_wolfe_survival", {maker<LBFGS>(wolfe), survival}},
  };
}

/// All numbers in a list, or in a list of lists.
std::vector<double> flat(const nlohmann::json& list) {
  std::vector<double> out;
  for (const auto& entry : list) {
    const std::vector<double> part =
        entry.is_array() ? flat(entry) : std::vector<double>{entry.get<double>()};
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

Tensor start_of(const nlohmann::json& wanted) {
  const std::vector<double> values = flat(wanted.at("start"));
  const auto n = static_cast<std::int64_t>(values.size());
  const bool is_column = wanted.at("start")[0].is_array();
  return parameter(values, is_column ? Dims{n, 1} : Dims{n});
}

void replay(const Case& with, const nlohmann::json& wanted) {
  const Tensor x = start_of(wanted);
  const Objective f = with.objective();
  const std::unique_ptr<Optimizer> optimizer = with.make(x);
  const Closure closure = closure_of(*optimizer, [&] { return f(x); });
  for (std::size_t i = 0; i < wanted.at("steps").get<std::size_t>(); ++i) {
    const std::string at = " of step " + std::to_string(i);
    expect_close({optimizer->step(closure).item()}, {wanted.at("values")[i].get<double>()},
                 "value" + at);
    expect_close(x.to_vector(), flat(wanted.at("path")[i]), "point" + at);
  }
  expect_close(x.to_vector(), flat(wanted.at("final")), "last point");
  expect_close({f(x).item()}, {wanted.at("final_value").get<double>()}, "last value");
  expect_close(grad(f(x), x).to_vector(), flat(wanted.at("final_gradient")), "last gradient");
  const auto* lbfgs = dynamic_cast<const LBFGS*>(optimizer.get());
  ASSERT_EQ(lbfgs != nullptr, wanted.contains("n_iter"));
  if (!lbfgs) return;
  EXPECT_EQ(lbfgs->iterations(), wanted.at("n_iter").get<std::int64_t>());
  EXPECT_EQ(lbfgs->evaluations(), wanted.at("func_evals").get<std::int64_t>());
}

TEST(Trajectories, AllThatAreRecorded) {
  WALD_NEEDS_ORACLE("trajectories.json");
  WALD_NEEDS_ORACLE("rng/logistic_n100.csv");
  WALD_NEEDS_ORACLE("rng/multiple_regression_n100.csv");
  const nlohmann::json recorded = testing::read_oracle("trajectories.json").at("cases");
  std::map<std::string, Case> known = cases();
  for (const auto& [name, wanted] : recorded.items()) {
    SCOPED_TRACE(name);
    const auto found = known.find(name);
    if (found == known.end()) {
      ADD_FAILURE() << "recorded, but not tested";
      continue;
    }
    replay(found->second, wanted);
    known.erase(found);
  }
  for (const auto& [name, unused] : known) ADD_FAILURE() << name << " is not recorded";
}

TEST(Trajectories, WithAndWithoutAClosureAreTheSame) {
  WALD_NEEDS_ORACLE("rng/logistic_n100.csv");
  const Objective f = logistic();
  const Tensor a = parameter({0, 0, 0}), b = parameter({0, 0, 0});
  Rprop with({a}), without({b});
  for (int i = 0; i < 100; ++i) {
    with.step(closure_of(with, [&] { return f(a); }));
    without.zero_grad();
    f(b).backward();
    EXPECT_FALSE(without.step().defined());
  }
  EXPECT_EQ(a.to_vector(), b.to_vector());
}

TEST(Regression, HasTheRecordedValueAndGradientAtOnes) {
  WALD_NEEDS_ORACLE("trajectories.json");
  WALD_NEEDS_ORACLE("rng/multiple_regression_n100.csv");
  const auto wanted = testing::read_oracle("trajectories.json").at("regression_at_ones");
  const Objective f = regression();
  const Tensor x = parameter(std::vector<double>(12, 1));
  expect_close({f(x).item()}, {wanted.at("value").get<double>()}, "value");
  expect_close(grad(f(x), x).to_vector(), flat(wanted.at("gradient")), "gradient");
}

}  // namespace
}  // namespace wald::optim
