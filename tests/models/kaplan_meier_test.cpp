// Kaplan-Meier curves against R's survfit, and against what a few rows give by hand.
#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/models/design.h>
#include <wald/models/kaplan_meier.h>
#include <wald/models/random.h>

#include <gtest/gtest.h>

#include <cmath>

#include "../oracles.h"

namespace wald {
namespace {

using Values = std::vector<double>;

const Values kTime = {8, 2, 3, 3, 5, 7};
const Values kEvent = {0, 1, 1, 0, 0, 1};

void expect_close(const Values& values, const Values& expected, double relative = 1e-15) {
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_NEAR(values[i], expected[i], relative * std::abs(expected[i])) << i;
  }
}

void expect_quantile(const SurvivalQuantile& q, double estimate, double lower, double upper) {
  const auto expect = [](double value, double expected) {
    EXPECT_TRUE(value == expected || (std::isnan(value) && std::isnan(expected)))
        << value << " instead of " << expected;
  };
  expect(q.estimate, estimate);
  expect(q.lower, lower);
  expect(q.upper, upper);
}

TEST(KaplanMeier, ByHand) {
  const KaplanMeier curve = kaplan_meier(kTime, kEvent);
  EXPECT_EQ(curve.n, 6U);
  EXPECT_EQ(curve.events, 3);
  EXPECT_EQ(curve.time, (Values{2, 3, 5, 7, 8}));
  EXPECT_EQ(curve.n_risk, (Values{6, 5, 3, 2, 1}));
  EXPECT_EQ(curve.n_event, (Values{1, 1, 0, 1, 0}));
  EXPECT_EQ(curve.n_censor, (Values{0, 1, 1, 0, 1}));
  expect_close(curve.survival, {5. / 6, 2. / 3, 2. / 3, 1. / 3, 1. / 3});
  const double a = std::sqrt(1. / 30), b = std::sqrt(1. / 12), c = std::sqrt(7. / 12);
  expect_close(curve.std_err_cumhaz, {a, b, b, c, c});
  expect_close(curve.std_err, {a * 5 / 6, b * 2 / 3, b * 2 / 3, c / 3, c / 3});
  expect_close(curve.cumhaz, {1. / 6, 11. / 30, 11. / 30, 13. / 15, 13. / 15});
  const double d = std::sqrt(1. / 36), e = std::hypot(d, 0.2), f = std::hypot(e, 0.5);
  expect_close(curve.std_err_nelson_aalen, {d, e, e, f, f});
  const double z = 1.959963984540054;
  EXPECT_NEAR(curve.lower[3], std::exp(-z * c) / 3, 1e-15);
  EXPECT_EQ(curve.upper[3], 1);
  expect_quantile(curve.median(), 7, 3, NAN);
}

TEST(KaplanMeier, ConfidenceScales) {
  const double z = 1.6448536269514722, b = std::sqrt(1. / 12), log_s = std::log(2. / 3);
  const KaplanMeier log_log =
      kaplan_meier(kTime, kEvent, {.level = 0.9, .scale = ConfidenceScale::kLogLog});
  EXPECT_NEAR(log_log.lower[1], std::pow(2. / 3, std::exp(z * b / -log_s)), 1e-15);
  EXPECT_NEAR(log_log.upper[1], std::pow(2. / 3, std::exp(-z * b / -log_s)), 1e-15);
  const KaplanMeier plain =
      kaplan_meier(kTime, kEvent, {.level = 0.9, .scale = ConfidenceScale::kPlain});
  EXPECT_NEAR(plain.lower[1], 2. / 3 - z * b * 2 / 3, 1e-15);
  EXPECT_NEAR(plain.upper[1], 2. / 3 + z * b * 2 / 3, 1e-15);
  EXPECT_EQ(plain.lower[3], 0);
}

TEST(KaplanMeier, AfterTheLastSubjectSurvivalIsZero) {
  const KaplanMeier curve = kaplan_meier(Values{1, 2, 4}, Values{1, 0, 1});
  EXPECT_EQ(curve.survival.back(), 0);
  EXPECT_TRUE(std::isinf(curve.std_err_cumhaz.back()));
  EXPECT_TRUE(std::isnan(curve.std_err.back()));
  EXPECT_TRUE(std::isnan(curve.lower.back()));
  EXPECT_TRUE(std::isnan(curve.upper.back()));
}

TEST(KaplanMeier, MedianOfACurveFlatAtOneHalfIsItsMiddle) {
  const Values all = {1, 1, 1, 1};
  EXPECT_EQ(kaplan_meier(Values{1, 2, 5, 6}, all).median().estimate, 3.5);
  EXPECT_EQ(kaplan_meier(Values{1, 2, 5, 6}, all).quantile(0.75).estimate, 5.5);
  EXPECT_EQ(kaplan_meier(Values{1, 2, 5, 6}, Values{1, 1, 0, 0}).median().estimate, 2);
  EXPECT_TRUE(std::isnan(kaplan_meier(Values{1, 2, 5}, Values{1, 0, 0}).median().estimate));
}

TEST(KaplanMeier, DelayedEntryByHand) {
  const Values time = {3, 5, 6, 8, 3}, event = {1, 1, 1, 1, 0}, entry = {0, 2, 3, 0, 1};
  const KaplanMeier curve = kaplan_meier(time, event, {.entry = entry});
  EXPECT_EQ(curve.n_risk, (Values{4, 3, 2, 1}));  // the third comes in just after time 3
  expect_close(curve.survival, {3. / 4, 1. / 2, 1. / 4, 0});
  expect_close(curve.cumhaz, {1. / 4, 7. / 12, 13. / 12, 25. / 12});
}

TEST(KaplanMeier, WeightsCountRows) {
  const Values weights = {2, 1, 3, 0, 2, 1}, entry = {0, 1, 1, 0, 2, 4};
  Values time, event, start;
  for (std::size_t i = 0; i < kTime.size(); ++i) {
    for (int copy = 0; copy < weights[i]; ++copy) {
      time.push_back(kTime[i]);
      event.push_back(kEvent[i]);
      start.push_back(entry[i]);
    }
  }
  const KaplanMeier weighted = kaplan_meier(kTime, kEvent, {.weights = weights, .entry = entry});
  const KaplanMeier repeated = kaplan_meier(time, event, {.entry = start});
  EXPECT_EQ(weighted.n, 5U);
  EXPECT_EQ(weighted.n_risk, repeated.n_risk);
  EXPECT_EQ(weighted.survival, repeated.survival);
  EXPECT_EQ(weighted.std_err_cumhaz, repeated.std_err_cumhaz);
  EXPECT_EQ(weighted.std_err_nelson_aalen, repeated.std_err_nelson_aalen);
}

TEST(KaplanMeier, FractionalWeightsEndExactlyAtZero) {
  RRandom random(2);
  const Values time = random.runif(1000), weights = random.runif(1000), event(1000, 1.0);
  EXPECT_EQ(kaplan_meier(time, event, {.weights = weights}).survival.back(), 0);
  const Values entry(1000, 1e-9);
  EXPECT_EQ(kaplan_meier(time, event, {.weights = weights, .entry = entry}).survival.back(), 0);
}

TEST(KaplanMeier, WithoutCensoringIsTheEmpiricalDistribution) {
  RRandom random(9);
  const Values time = random.runif(200000), event(time.size(), 1.0);
  const KaplanMeier curve = kaplan_meier(time, event);
  const auto n = static_cast<double>(time.size());
  const std::size_t end = curve.time.size() - 1;
  for (std::size_t i = 0; i < end; i += 997) {
    const double survivors = curve.n_risk[i] - curve.n_event[i];
    EXPECT_NEAR(curve.survival[i], survivors / n, 1e-11 * survivors / n);
    EXPECT_NEAR(curve.std_err_cumhaz[i], std::sqrt((n - survivors) / (n * survivors)), 1e-11);
  }
}

TEST(KaplanMeier, GroupsComeInSortOrder) {
  const std::vector<std::string> words = {"b", "a", "b", "a", "b", "a"};
  const auto curves = kaplan_meier_by(words, kTime, kEvent);
  ASSERT_EQ(curves.size(), 2U);
  EXPECT_EQ(curves[0].label, "a");
  EXPECT_EQ(curves[0].time, (Values{2, 3, 7}));
  EXPECT_EQ(curves[1].label, "b");
  EXPECT_EQ(curves[1].time, (Values{3, 5, 8}));
  const std::vector<std::string> numbers = {"10", "9", "9.0", "10", "9", "10"};
  const auto by_number = kaplan_meier_by(numbers, kTime, kEvent);
  ASSERT_EQ(by_number.size(), 2U);
  EXPECT_EQ(by_number[0].label, "9");
  EXPECT_EQ(by_number[1].label, "10");
}

void expect_refusal(const std::string& part, std::function<void()> call) {
  try {
    call();
    FAIL() << "nothing was thrown for: " << part;
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(KaplanMeier, RefusalsNameTheRow) {
  const Values one = {1, 1, 1};
  expect_refusal("row 2", [&] { kaplan_meier(Values{1, -1, 2}, one); });
  expect_refusal("row 3", [&] { kaplan_meier(Values{1, 1, NAN}, one); });
  expect_refusal("0 or 1, not 2", [&] { kaplan_meier(one, Values{1, 2, 0}); });
  expect_refusal("no row", [] { kaplan_meier({}, {}); });
  expect_refusal("differ in number", [&] { kaplan_meier(one, Values{1}); });
  expect_refusal("level", [&] { kaplan_meier(one, one, {.level = 1}); });
  const Values late = {0, 1, 0}, negative = {1, 1, -1}, none = {0, 0, 0};
  expect_refusal("row 2: the entry", [&] { kaplan_meier(one, one, {.entry = late}); });
  expect_refusal("row 3: the weight", [&] { kaplan_meier(one, one, {.weights = negative}); });
  expect_refusal("weight 0", [&] { kaplan_meier(one, one, {.weights = none}); });
  const std::vector<std::string> groups = {"a", "b"};
  expect_refusal("2 groups for 3", [&] { kaplan_meier_by(groups, one, one); });
}

// One of R's survfit tables: its data, and how its groups are labelled there.
struct Reference {
  std::string curves, data, time, event, group, prefix;
  double event_code = 1;
};

const Reference kReferences[] = {
    {"lung_km_all", "lung_raw", "time", "status", "", "", 2},
    {"lung_km_sex", "lung_raw", "time", "status", "sex", "sex=", 2},
    {"ovarian_km_all", "ovarian_raw", "futime", "fustat", "", ""},
    {"ovarian_km_rx", "ovarian_raw", "futime", "fustat", "rx", "rx="},
    {"aml_km_x", "aml_raw", "time", "status", "x", ""},
    {"veteran_km_celltype", "veteran_raw", "time", "status", "celltype", ""},
};

std::vector<KaplanMeier> curves_of(const Reference& reference, ConfidenceScale scale) {
  const Table table = read_csv(testing::oracle_path("survival/" + reference.data + ".csv"));
  const std::vector<std::size_t> rows =
      make_design(table, "", {.also_used = {reference.time, reference.event}}).rows;
  const Values time = number_column(table, reference.time, rows);
  Values event = number_column(table, reference.event, rows);
  for (double& e : event) e = e == reference.event_code ? 1 : 0;
  if (reference.group.empty()) return {kaplan_meier(time, event, {.scale = scale})};
  return kaplan_meier_by(text_column(table, reference.group, rows), time, event, {.scale = scale});
}

void expect_cell(const Table& table, std::size_t row, const std::string& name, double value) {
  const std::string text = table.cell(row, table.column(name));
  if (text == "NA") {
    EXPECT_TRUE(std::isnan(value)) << table.place(row, table.column(name));
  } else if (text == "Inf") {
    EXPECT_EQ(value, INFINITY) << table.place(row, table.column(name));
  } else {
    const double expected = table.number(row, table.column(name));
    EXPECT_NEAR(value, expected, 1e-12 * std::abs(expected))
        << table.place(row, table.column(name));
  }
}

// Compares one curve with the rows of its group; gives how many there are.
std::size_t expect_rows(const Table& table, const std::string& group, const KaplanMeier& log,
                        const KaplanMeier& log_log) {
  std::size_t i = 0;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    if (table.cell(row, 0) != group) continue;
    if (i == log.time.size()) return i + 1;
    expect_cell(table, row, "time", log.time[i]);
    expect_cell(table, row, "n_risk", log.n_risk[i]);
    expect_cell(table, row, "n_event", log.n_event[i]);
    expect_cell(table, row, "n_censor", log.n_censor[i]);
    expect_cell(table, row, "surv", log.survival[i]);
    expect_cell(table, row, "se_cumhaz_greenwood", log.std_err_cumhaz[i]);
    expect_cell(table, row, "lower_log", log.lower[i]);
    expect_cell(table, row, "upper_log", log.upper[i]);
    expect_cell(table, row, "lower_loglog", log_log.lower[i]);
    expect_cell(table, row, "upper_loglog", log_log.upper[i]);
    expect_cell(table, row, "cumhaz_nelson_aalen", log.cumhaz[i]);
    expect_cell(table, row, "se_nelson_aalen", log.std_err_nelson_aalen[i]);
    ++i;
  }
  return i;
}

TEST(KaplanMeier, EqualsRsSurvfit) {
  WALD_NEEDS_ORACLE("survival/lung_km_all.csv");
  for (const Reference& reference : kReferences) {
    SCOPED_TRACE(reference.curves);
    const Table table = read_csv(testing::oracle_path("survival/" + reference.curves + ".csv"));
    const auto log = curves_of(reference, ConfidenceScale::kLog);
    const auto log_log = curves_of(reference, ConfidenceScale::kLogLog);
    std::size_t rows = 0;
    for (std::size_t g = 0; g < log.size(); ++g) {
      const std::string group = reference.group.empty() ? "all" : reference.prefix + log[g].label;
      const std::size_t matched = expect_rows(table, group, log[g], log_log[g]);
      EXPECT_EQ(matched, log[g].time.size()) << group;
      rows += matched;
    }
    EXPECT_EQ(rows, table.rows());
  }
}

TEST(KaplanMeier, MediansAreThoseThatSurvfitPrints) {
  WALD_NEEDS_ORACLE("survival/lung_raw.csv");
  const auto lung = curves_of(kReferences[0], ConfidenceScale::kLog);
  expect_quantile(lung[0].median(), 310, 285, 363);
  const auto by_sex = curves_of(kReferences[1], ConfidenceScale::kLog);
  expect_quantile(by_sex[0].median(), 270, 212, 310);
  expect_quantile(by_sex[1].median(), 426, 348, 550);
  const auto aml = curves_of(kReferences[4], ConfidenceScale::kLog);
  expect_quantile(aml[0].median(), 31, 18, NAN);
  expect_quantile(aml[1].median(), 23, 8, NAN);
}

TEST(KaplanMeier, TimesTieWithinRounding) {
  const std::vector<double> time = {0.3, 0.1 + 0.2, 1, 2}, event = {1, 1, 1, 0};
  ASSERT_NE(time[0], time[1]);
  const KaplanMeier curve = kaplan_meier(time, event);
  EXPECT_EQ(curve.time, (std::vector<double>{0.3, 1, 2}));
  EXPECT_EQ(curve.survival, (std::vector<double>{0.5, 0.25, 0.25}));
  const std::vector<std::string> groups = {"a", "b", "a", "b"};
  const std::vector<KaplanMeier> both = kaplan_meier_by(groups, time, event);
  EXPECT_EQ(both[1].time[0], 0.3) << "across groups too";
  // The unit does not matter.
  const std::vector<double> small = {3e-12, (0.1 + 0.2) * 1e-11, 1e-11, 2e-11};
  EXPECT_EQ(kaplan_meier(small, event).time.size(), 3u);
  // An entry within rounding of its time leaves no time at risk.
  const std::vector<double> entry = {0, 0.3, 0, 0}, late = {1, 0.1 + 0.2, 1, 2};
  EXPECT_THROW(kaplan_meier(late, event, {.entry = entry}), InputError);
}

}  // namespace
}  // namespace wald
