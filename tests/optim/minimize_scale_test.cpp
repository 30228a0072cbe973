// minimize() in other units of the parameters and of the objective: nothing may change but the
// units.
#include <gtest/gtest.h>

#include <cmath>

#include "minimize_problems.h"

namespace wald::optim {
namespace {

struct Problem {
  const char* name;
  ScalarFunction f;
  std::vector<double> x0;
};

const std::vector<Problem>& problems() {
  static const std::vector<Problem> all = {
      {"logistic", logistic, {0, 0, 0}},
      {"raised rosenbrock", [](const Tensor& x) { return 2 + rosenbrock(x); }, {-1.2, 1, 0.5}},
  };
  return all;
}

/// The problem in parameters x / units, its objective times `size`.
struct InUnits {
  const Problem& problem;
  Tensor units;
  double size;

  Tensor operator()(const Tensor& u) const { return size * problem.f(u * units); }
  Tensor start() const { return from_vector(problem.x0) / units; }
};

class ScaledBy : public ::testing::TestWithParam<Method> {};
INSTANTIATE_TEST_SUITE_P(Minimize, ScaledBy, ::testing::ValuesIn(available_methods()), test_name);

TEST_P(ScaledBy, TenOrAMillionthIsTheSameMinimum) {
  MinimizeOptions options = by(GetParam());
  options.polish = true;
  for (const Problem& problem : problems()) {
    const Tensor x0 = from_vector(problem.x0);
    const MinimizeResult plain = minimize(problem.f, x0, options);
    const std::vector<double> h = plain.hessian.to_vector(), x = plain.x.to_vector();
    const auto expect_same = [&](const InUnits& scaled) {
      const MinimizeResult result = minimize(scaled, scaled.start(), options);
      EXPECT_EQ(outcome_of(result), outcome_of(plain)) << result.message;
      const std::vector<double> found = (result.x * scaled.units).to_vector();
      for (std::size_t i = 0; i < x.size(); ++i)
        EXPECT_LE(std::abs(found[i] - x[i]) * std::sqrt(h[i * x.size() + i]), 1e-6) << i;
    };
    for (double scale : {10.0, 1e-6}) {
      SCOPED_TRACE(std::string(problem.name) + " times " + std::to_string(scale));
      const Tensor all = full(x0.shape(), scale), one = ones(x0.shape());
      std::vector<double> first(problem.x0.size(), 1.0);
      first[0] = scale;
      expect_same({problem, one, scale});
      expect_same({problem, all, 1});
      expect_same({problem, from_vector(first), 1});
    }
  }
}

class ScaledByTwos : public ::testing::TestWithParam<Method> {};
INSTANTIATE_TEST_SUITE_P(Minimize, ScaledByTwos,
                         ::testing::Values(Method::newton_exact, Method::trust_exact), test_name);

TEST_P(ScaledByTwos, EveryBitIsTheSame) {
  MinimizeOptions options = by(GetParam());
  options.keep_history = true;
  for (const Problem& problem : problems())
    for (bool polishes : {false, true}) {
      SCOPED_TRACE(problem.name);
      options.polish = polishes;
      const MinimizeResult plain = minimize(problem.f, from_vector(problem.x0), options);
      for (double size : {0x1p-31, 2.0, 0x1p40}) {
        const Tensor units = slice(tensor({0x1p-20, 0x1p7, 8}), 0, 0, std::ssize(problem.x0));
        const InUnits scaled{problem, units, size};
        const MinimizeResult result = minimize(scaled, scaled.start(), options);
        EXPECT_EQ(outcome_of(result), outcome_of(plain));
        EXPECT_EQ((result.x * units).to_vector(), plain.x.to_vector());
        EXPECT_EQ(result.value / size, plain.value);
        EXPECT_EQ(result.newton_decrement / size, plain.newton_decrement);
        EXPECT_EQ(result.iterations, plain.iterations);
        EXPECT_EQ(result.evaluations.values, plain.evaluations.values);
        ASSERT_EQ(result.history.size(), plain.history.size());
        for (std::size_t i = 0; i < plain.history.size(); ++i)
          EXPECT_EQ(result.history[i].point.value / size, plain.history[i].point.value) << i;
      }
    }
}

}  // namespace
}  // namespace wald::optim
