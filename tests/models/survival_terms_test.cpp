// The terms of the log-likelihoods of survival times, every kind of censoring and truncation,
// against long double, and their derivatives against its differences.
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "survival_reference.h"
#include "survival_samples.h"

namespace wald {
namespace {

using namespace testing;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Values column(const std::vector<Row>& rows, double Row::*member) {
  Values values;
  for (const Row& row : rows) values.push_back(row.*member);
  return values;
}

/// Rows whose linear predictor is the intercept.
SurvivalData data_of(const std::vector<Row>& rows) {
  SurvivalData data;
  data.x = ones({static_cast<std::int64_t>(rows.size()), 1});
  data.names = {"(Intercept)"};
  data.entry = from_vector(column(rows, &Row::entry));
  data.time = from_vector(column(rows, &Row::time));
  data.time2 = from_vector(column(rows, &Row::time2));
  return data;
}

Tensor parameters_of(const Kind& kind, double eta, double shape) {
  return from_vector(kind.has_shape() ? Values{eta, shape} : Values{eta});
}

class SurvivalTerms : public ::testing::TestWithParam<Kind> {};

const std::vector<Row> all_kinds_of_rows = {
    {0, 2, 2},       {0.5, 2, 2},     {0, 2, nan},    {1.5, 2, nan},   {0, nan, 3},
    {0.7, nan, 3},   {0, 2, 3},       {1, 2, 3},      {2, 2, 3},       {0, 0.01, 40},
    {0, 1e-4, 1e-3}, {0, 0.3, 0.301}, {0.2, 0.2, 50}, {1e-3, 1e-3, 1}, {0, 5, 5.5}};

TEST_P(SurvivalTerms, AreThoseOfLongDouble) {
  const Kind kind = GetParam();
  const LogLikelihood loglik =
      log_likelihood(survival_regression(data_of(all_kinds_of_rows), kind.model()));
  for (double eta : {-2.0, 0.3, 1.5})
    for (double shape : {-0.6, 0.04, 0.5}) {
      const Values terms = loglik(parameters_of(kind, eta, shape)).to_vector();
      for (std::size_t i = 0; i < terms.size(); ++i) {
        const double exact =
            static_cast<double>(reference_term(kind, all_kinds_of_rows[i], eta, shape));
        EXPECT_NEAR(terms[i], exact, 2e-14 * (1 + std::abs(exact)))
            << "row " << i << " at " << eta << ", " << shape;
      }
    }
}

// First and second derivatives are smooth where formulas change: short spells, small shapes.
TEST_P(SurvivalTerms, DerivativesAreDifferencesOfLongDouble) {
  const Kind kind = GetParam();
  const LogLikelihood loglik =
      log_likelihood(survival_regression(data_of(all_kinds_of_rows), kind.model()));
  const auto total = [&](const Tensor& b) { return sum(loglik(b)); };
  const auto reference = [&](Long eta, Long shape) {
    Long sum = 0;
    for (const Row& row : all_kinds_of_rows) sum += reference_term(kind, row, eta, shape);
    return sum;
  };
  for (double shape : {-0.6, -0.034, 0.0, 0.04, 0.5}) {
    const double eta = 0.3;
    const auto [value, gradient, hessian] =
        value_gradient_and_hessian(total, parameters_of(kind, eta, shape));
    const Long h = 1e-4L, f = reference(eta, shape);
    const auto expect_near = [&](double obtained, Long exact) {
      EXPECT_NEAR(obtained, static_cast<double>(exact), 1e-6 * (1 + std::abs(obtained)));
    };
    const Long up = reference(eta + h, shape), down = reference(eta - h, shape);
    expect_near(gradient.to_vector()[0], (up - down) / (2 * h));
    expect_near(hessian.to_vector()[0], (up - 2 * f + down) / (h * h));
    if (!kind.has_shape()) continue;
    const Long more = reference(eta, shape + h), less = reference(eta, shape - h);
    expect_near(gradient.to_vector()[1], (more - less) / (2 * h));
    expect_near(hessian.to_vector()[3], (more - 2 * f + less) / (h * h));
    const Long mixed = reference(eta + h, shape + h) - reference(eta - h, shape + h) -
                       reference(eta + h, shape - h) + reference(eta - h, shape - h);
    expect_near(hessian.to_vector()[1], mixed / (4 * h * h));
  }
}

// An interval is as probable as it is long, times the density: to the last digits however short.
TEST_P(SurvivalTerms, ShortIntervalsHaveTheDensity) {
  const Kind kind = GetParam();
  for (double t : {0.02, 0.9, 3.0, 8.0})
    for (double length : {1e-13, 1e-10, 1e-9}) {
      const double end = t * (1 + length), width = end - t;
      const std::vector<Row> rows = {{0, t, end}, {0, t, t}};
      const LogLikelihood loglik = log_likelihood(survival_regression(data_of(rows), kind.model()));
      const Values terms = loglik(parameters_of(kind, 0.2, 0.1)).to_vector();
      EXPECT_NEAR(terms[0], terms[1] + std::log(width), 50 * length + 1e-14 * std::abs(terms[0]));
    }
}

// Where S underflows, differences of it are still right: log(S(a) - S(b)) = log S(a) for S(b) <<
// S(a).
TEST_P(SurvivalTerms, TailsKeepTheirDigits) {
  const Kind kind = GetParam();
  const double eta = kind.is_ph() ? 5 : -5;
  const std::vector<Row> rows = {{0, 50, 51}, {0, 50, nan}, {49.5, 50, 51}, {49.5, 50, nan}};
  const LogLikelihood loglik = log_likelihood(survival_regression(data_of(rows), kind.model()));
  const Values terms = loglik(parameters_of(kind, eta, 0.02)).to_vector();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double exact = static_cast<double>(reference_term(kind, rows[i], eta, 0.02L));
    EXPECT_TRUE(std::isfinite(terms[i])) << i;
    if (std::isfinite(exact)) {
      EXPECT_NEAR(terms[i], exact, 1e-13 * std::abs(exact)) << i;
    }
  }
}

// The log hazard and the cumulative hazard are written apart: each is checked by the other.
TEST_P(SurvivalTerms, CumulativeHazardIsTheIntegralOfTheHazard) {
  const Kind kind = GetParam();
  const SurvivalLaw& law = law_of(kind.distribution);
  constexpr int steps = 2000;
  const double from = 0.4, to = 2.9;
  Values times;
  for (int i = 0; i <= steps; ++i) times.push_back(from + (to - from) * i / steps);
  const auto at = [&](std::int64_t n) {
    return SurvivalPredictor{full({n}, 0.3), from_vector(Values{0.2}), kind.form};
  };
  const Values hazard =
      exp(expand(law.log_hazard(Spells({}, from_vector(times), true), at(steps + 1)), {steps + 1}))
          .to_vector();
  double simpson = 0;
  for (int i = 0; i <= steps; ++i)
    simpson += hazard[i] * (i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2);
  simpson *= (to - from) / steps / 3;
  const Spells spell(from_vector(Values{from}), from_vector(Values{to}), true);
  EXPECT_NEAR(law.cumulative_hazard(spell, at(1)).item(), simpson, 1e-11);
}

TEST_P(SurvivalTerms, TimesInvertTheCumulativeHazard) {
  const Kind kind = GetParam();
  const SurvivalLaw& law = law_of(kind.distribution);
  const Values hazards = {1e-12, 1e-3, 0.1, 0.69, 0.71, 2, 20};
  for (double shape : {1e-9, 0.03, 0.4}) {
    const SurvivalPredictor of{full({7}, 0.3), from_vector(Values{shape}), kind.form};
    const Tensor times = exp(law.log_time_of(from_vector(hazards), of));
    const Values back = law.cumulative_hazard(Spells({}, times, true), of).to_vector();
    for (std::size_t i = 0; i < 7; ++i) EXPECT_NEAR(back[i], hazards[i], 1e-13 * hazards[i] * 20);
  }
}

INSTANTIATE_TEST_SUITE_P(, SurvivalTerms, ::testing::ValuesIn(kinds),
                         [](const auto& kind) { return name_of(kind.param); });

TEST(SurvivalData, RefusesWhatCannotBe) {
  const auto refusal = [](const Row& row) {
    try {
      survival_regression(data_of({{0, 1, 1}, row}));
    } catch (const InputError& e) {
      return std::string(e.what());
    }
    return std::string("accepted");
  };
  using ::testing::HasSubstr;
  EXPECT_EQ(refusal({0, 1, nan}), "accepted");
  EXPECT_EQ(refusal({0, 0, 2}), "accepted");
  EXPECT_EQ(refusal({0, 1, INFINITY}), "accepted");
  EXPECT_THAT(refusal({0, nan, nan}), HasSubstr("row 2: an interval needs a beginning or an end"));
  EXPECT_THAT(refusal({0, 3, 2}), HasSubstr("row 2: an interval must not end before it begins"));
  EXPECT_THAT(refusal({0, -3, 2}), HasSubstr("row 2: an interval must begin at a time that"));
  EXPECT_THAT(refusal({0, 0, 0}), HasSubstr("row 2: the end of an interval must be positive"));
  EXPECT_THAT(refusal({2, nan, 2}), HasSubstr("row 2: an entry must be before the interval"));
  EXPECT_THAT(refusal({-1, 1, 2}), HasSubstr("row 2: an entry must be at least 0"));
}

TEST(SurvivalData, RefusesWhatDoesNotFitTogether) {
  const SurvivalData fine = testing::data_of({1, 2}, {1, 0}, {});
  const auto with = [&](auto change) {
    SurvivalData data = fine;
    change(data);
    return data;
  };
  EXPECT_THROW(check(with([](auto& d) { d.time = from_vector(Values{1, 0}); })), InputError);
  EXPECT_THROW(check(with([](auto& d) { d.time = from_vector(Values{1, nan}); })), InputError);
  EXPECT_THROW(check(with([](auto& d) { d.event = from_vector(Values{1, 2}); })), InputError);
  EXPECT_THROW(check(with([](auto& d) { d.entry = from_vector(Values{0, 2}); })), InputError);
  EXPECT_THROW(check(with([](auto& d) { d.weights = from_vector(Values{0, -1}); })), InputError);
  EXPECT_THROW(check(with([](auto& d) { d.offset = from_vector(Values{0, nan}); })), InputError);
  EXPECT_THROW(check(with([](auto& d) { d.x = d.x * INFINITY; })), InputError);
  EXPECT_THROW(check(with([](auto& d) { d.event = {}; })), InputError);
  EXPECT_THROW(check(with([](auto& d) { d.time = from_vector(Values{1}); })), ShapeError);
  EXPECT_THROW(check(with([](auto& d) { d.event = ones({2}, DType::float32); })), DTypeError);
}

}  // namespace
}  // namespace wald
