// Which designs are refused before a fit, and whether the message names the right columns; and that
// what is let through can be fitted.
#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/identification.h>
#include <wald/models/random.h>
#include <wald/models/survival.h>

#include <gtest/gtest.h>

#include <cmath>

namespace wald {
namespace {

using Values = std::vector<double>;

struct Columns {
  std::vector<std::string> names;
  std::vector<Tensor> columns;

  void add(const std::string& name, const Tensor& column) {
    names.push_back(name);
    columns.push_back(column);
  }
  Tensor x() const { return stack(columns, 1); }
};

constexpr int rows = 200;

// An intercept and two independent normal covariates, a and b.
Columns independent() {
  RRandom random(99);
  Columns c;
  c.add("(Intercept)", ones({rows}));
  c.add("a", from_vector(random.rnorm(rows)));
  c.add("b", from_vector(random.rnorm(rows)));
  return c;
}

// The message of the refusal, or nothing.
template <class Action>
std::string refusal(Action action) {
  try {
    action();
  } catch (const NotIdentifiedError& error) {
    return error.what();
  }
  return "";
}

std::string rank_refusal(const Columns& c) {
  return refusal([&] { require_full_rank(c.x(), c.names); });
}

void expect_says(const std::string& message, const std::string& part) {
  EXPECT_NE(message.find(part), message.npos) << "'" << message << "' lacks '" << part << "'";
}

TEST(FullRank, IndependentColumnsPass) {
  EXPECT_EQ(rank_refusal(independent()), "");
  Columns one;
  one.add("x", tensor({0, 0, 3}));
  EXPECT_EQ(rank_refusal(one), "");
}

TEST(FullRank, NamesTheCombination) {
  Columns c = independent();
  c.add("d", 1.0 + 2.0 * c.columns[1] - 3.0 * c.columns[2]);
  const std::string message = rank_refusal(c);
  expect_says(message, "d = (Intercept) + 2 a - 3 b");
}

TEST(FullRank, NamesAConstantADuplicateAndAZeroColumn) {
  Columns constant = independent(), duplicate = independent(), zero = independent();
  constant.add("five", full({rows}, 5));
  expect_says(rank_refusal(constant), "five = 5 (Intercept)");
  duplicate.add("again", clone(duplicate.columns[1]));
  expect_says(rank_refusal(duplicate), "again = a");
  zero.add("zero", zeros({rows}));
  expect_says(rank_refusal(zero), "zero = 0");
}

TEST(FullRank, NamesAllOfSeveral) {
  Columns c = independent();
  c.add("d", c.columns[1] + c.columns[2]);
  c.add("e", c.columns[1] * -0.5);
  const std::string message = rank_refusal(c);
  expect_says(message, "d = a + b");
  expect_says(message, "e = -0.5 a");
}

TEST(FullRank, IndicatorsOfAllLevelsWithAnIntercept) {
  Columns c;
  c.add("(Intercept)", ones({6}));
  c.add("low", tensor({1, 1, 0, 0, 0, 0}));
  c.add("mid", tensor({0, 0, 1, 1, 0, 0}));
  c.add("high", tensor({0, 0, 0, 0, 1, 1}));
  expect_says(rank_refusal(c), "high = (Intercept) - low - mid");
}

TEST(FullRank, MoreColumnsThanRows) {
  Columns c;
  c.add("p", tensor({1, 2}));
  c.add("q", tensor({1, -2}));
  c.add("r", tensor({3, 1}));
  const std::string message = rank_refusal(c);
  expect_says(message, "r = ");
}

TEST(FullRank, TellsNearlyCollinearFromCollinear) {
  RRandom random(3);
  const Tensor noise = from_vector(random.rnorm(rows));
  const auto near = [&](double distance) {
    Columns c = independent();
    c.add("d", c.columns[1] + distance * noise);
    return rank_refusal(c);
  };
  for (double distance : {1e-3, 1e-5, 1e-7}) EXPECT_EQ(near(distance), "") << distance;
  for (double distance : {1e-12, 1e-14}) expect_says(near(distance), "d = a");
}

TEST(FullRank, ScalesOfColumnsDoNotMatter) {
  Columns c = independent();
  for (double scale : {1e12, 1e-12, 1e100, 1e-100}) {
    Columns scaled = c, collinear;
    scaled.columns[2] = c.columns[2] * scale;
    EXPECT_EQ(rank_refusal(scaled), "") << scale;
    collinear = scaled;
    collinear.add("d", c.columns[1] + c.columns[2]);
    expect_says(rank_refusal(collinear), "d = a +");
  }
}

TEST(FullRank, ShiftsAreSeenThrough) {
  Columns c = independent();
  c.columns[2] = c.columns[2] + 1e6;
  EXPECT_EQ(rank_refusal(c), "");
}

TEST(FullRank, TakesStridedDesigns) {
  Columns c = independent();
  const Tensor by_columns = t(contiguous(t(c.x())));
  EXPECT_EQ(refusal([&] { require_full_rank(by_columns, c.names); }), "");
}

struct Case {
  Tensor x, event;
};

std::string maximum_refusal(const Case& c, const std::vector<std::string>& names) {
  return refusal([&] { require_finite_maximum(c.x, c.event, names); });
}

TEST(FiniteMaximum, GroupWithoutEventsHasNoFiniteEstimate) {
  const Case c{tensor({{1, 0}, {1, 0}, {1, 1}, {1, 1}}), tensor({1, 0, 0, 0})};
  const std::string message = maximum_refusal(c, {"(Intercept)", "group"});
  expect_says(message, "group");
  expect_says(message, "minus infinity");
}

TEST(FiniteMaximum, ReferenceGroupWithoutEvents) {
  const Case c{tensor({{1, 0}, {1, 0}, {1, 1}, {1, 1}}), tensor({0, 0, 1, 0})};
  expect_says(maximum_refusal(c, {"(Intercept)", "group"}), "group");
}

TEST(FiniteMaximum, EventsInAllGroupsPass) {
  const Case c{tensor({{1, 0}, {1, 0}, {1, 1}, {1, 1}}), tensor({1, 0, 1, 0})};
  EXPECT_EQ(maximum_refusal(c, {"(Intercept)", "group"}), "");
}

TEST(FiniteMaximum, WithoutEventsNothingIsFinite) {
  const Case c{tensor({{1}, {1}}), tensor({0, 0})};
  expect_says(maximum_refusal(c, {"(Intercept)"}), "(Intercept)");
}

// One event leaves the slope free, but censored rows on both sides of it hold it.
TEST(FiniteMaximum, SlopeHeldByCensoredRows) {
  const std::vector<std::string> names = {"(Intercept)", "x"};
  const Case held{tensor({{1, 0}, {1, -1}, {1, 2}}), tensor({1, 0, 0})};
  EXPECT_EQ(maximum_refusal(held, names), "");
  const Case free{tensor({{1, 0}, {1, 1}, {1, 2}}), tensor({1, 0, 0})};
  expect_says(maximum_refusal(free, names), "x");
}

// All events have a + b = 1; all others have a + b > 1.
TEST(FiniteMaximum, SeparationOnACombination) {
  const std::vector<std::string> names = {"(Intercept)", "a", "b"};
  const Tensor event = tensor({1, 1, 1, 0, 0, 0});
  const Case separated{
      tensor({{1, 0, 1}, {1, 1, 0}, {1, 3, -2}, {1, 1, 1}, {1, 4, -1}, {1, -2, 5}}), event};
  const std::string message = maximum_refusal(separated, names);
  expect_says(message, "b");
  expect_says(message, "a");
  const Case overlapping{
      tensor({{1, 0, 1}, {1, 1, 0}, {1, 3, -2}, {1, 1, 1}, {1, 4, -4}, {1, -2, 5}}), event};
  EXPECT_EQ(maximum_refusal(overlapping, names), "");
}

SurvivalData survival_data(const Columns& c) {
  RRandom random(17);
  SurvivalData data;
  data.x = c.x();
  data.names = c.names;
  data.time = -log(from_vector(random.runif(rows)));
  data.event = to(from_vector(random.runif(rows)) < 0.7, DType::float64);
  return data;
}

// What is let through must be fitted, and to the digits that the data allow.
TEST(Fitted, NearlyCollinearCovariates) {
  RRandom random(3);
  const Tensor noise = from_vector(random.rnorm(rows));
  Columns well = independent();
  well.add("d", noise);
  const SurvivalFit reference = fit_exponential(survival_data(well));
  for (double distance : {1e-3, 1e-5, 1e-7}) {
    Columns near = independent();
    near.add("d", near.columns[1] + distance * noise);
    const SurvivalFit fit = fit_exponential(survival_data(near));
    const double unit = 1 / distance, tolerance = 1e-14 * unit;  // rounding of a + distance * noise
    EXPECT_NEAR(fit.std_error(3), reference.std_error(3) * unit,
                tolerance * reference.std_error(3) * unit);
    EXPECT_NEAR(fit.estimate[3], reference.estimate[3] * unit,
                tolerance * reference.std_error(3) * unit);
    EXPECT_NEAR(fit.loglik, reference.loglik, 1e-8);
  }
}

// Neither a nor b alone separates, and both are free: only a + b does.
TEST(Fitted, SeparationInsideAFreePlaneIsRefused) {
  SurvivalData data;
  data.x = tensor({{1, 0, 0}, {1, 0, 0}, {1, 1, -0.5}, {1, -0.5, 1}});
  data.names = {"(Intercept)", "a", "b"};
  data.time = tensor({1, 2, 1.5, 3});
  data.event = tensor({1, 1, 0, 0});
  const std::string message = refusal([&] { fit_exponential(data); });
  expect_says(message, "a");
  expect_says(message, "b");
}

TEST(Fitted, ColumnsTwelveOrdersApart) {
  const Columns c = independent();
  const SurvivalFit reference = fit_exponential(survival_data(c));
  Columns scaled = c;
  scaled.columns[1] = c.columns[1] * 1e6;
  scaled.columns[2] = c.columns[2] * 1e-6;
  const SurvivalFit fit = fit_exponential(survival_data(scaled));
  EXPECT_NEAR(fit.estimate[1] * 1e6, reference.estimate[1], 1e-11);
  EXPECT_NEAR(fit.estimate[2] * 1e-6, reference.estimate[2], 1e-11);
  EXPECT_NEAR(fit.loglik, reference.loglik, 1e-10);
}

}  // namespace
}  // namespace wald
