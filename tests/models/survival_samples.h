// Small samples of survival times for tests, and comparisons of fits to them.
#pragma once

#include <wald/engine/ops/ops.h>
#include <wald/models/simulate.h>
#include <wald/models/survival.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace wald::testing {

using Values = std::vector<double>;

// Columns of covariates to data with an intercept in front.
inline SurvivalData data_of(const Values& time, const Values& event,
                            const std::vector<Values>& columns) {
  SurvivalData data;
  std::vector<Tensor> x = {ones({static_cast<std::int64_t>(time.size())})};
  data.names = {"(Intercept)"};
  for (const Values& column : columns) {
    x.push_back(from_vector(column));
    data.names.push_back(fmt::format("x{}", data.names.size()));
  }
  data.x = stack(x, 1);
  data.time = from_vector(time);
  data.event = from_vector(event);
  return data;
}

inline SurvivalData data_of(const SurvivalSample& sample) {
  return data_of(sample.time, sample.event, sample.columns);
}

// 300 subjects, two covariates, 30 % or so censored. The covariate x2 is rounded to multiples of
// 2^-10, so that shifting it by 1e6 is exact.
inline SurvivalSample small_sample() {
  RRandom random(20240607);
  const Values coefficients = {-1.2, 0.7, -0.4};
  SurvivalSample sample = simulate_exponential(random, 300, coefficients, 4.0);
  for (double& x : sample.columns[1]) x = std::round(x * 1024) / 1024;
  return sample;
}

inline Values z_values(const Fit& fit) {
  Values z;
  for (const CoefficientRow& row : coefficient_table(fit)) z.push_back(row.z);
  return z;
}

inline void expect_relative(double obtained, double exact, double tolerance,
                            const std::string& what) {
  EXPECT_NEAR(obtained, exact, tolerance * std::abs(exact)) << what;
}

inline void expect_same_fit(const SurvivalFit& a, const SurvivalFit& b, double tolerance) {
  const std::size_t k = a.names.size();
  for (std::size_t i = 0; i < k; ++i) {
    EXPECT_NEAR(a.estimate[i], b.estimate[i], tolerance * a.std_error(i)) << a.names[i];
    for (std::size_t j = 0; j < k; ++j)
      EXPECT_NEAR(a.vcov[i * k + j], b.vcov[i * k + j],
                  tolerance * a.std_error(i) * a.std_error(j));
  }
  EXPECT_NEAR(a.loglik, b.loglik, tolerance * std::abs(b.loglik));
  EXPECT_NEAR(a.loglik_logtime, b.loglik_logtime, tolerance * std::abs(b.loglik_logtime));
  EXPECT_NEAR(a.events, b.events, tolerance * b.events);
  EXPECT_NEAR(a.time_at_risk, b.time_at_risk, tolerance * b.time_at_risk);
}

}  // namespace wald::testing
