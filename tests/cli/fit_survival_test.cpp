// `wald fit survival`, `wald predict` and `wald simulate survival` with every distribution: the
// numbers are those of the library, and what cannot be is refused.
#include <gtest/gtest.h>

#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/models/simulate.h>
#include <wald/models/survival_prediction.h>

#include "program.h"

namespace wald {
namespace {

using testing::Arguments;
using testing::is_one_message;
using testing::operator+;
using testing::Outcome;
using testing::run_wald;
using testing::temp_path;
using testing::write_file;
using Values = std::vector<double>;

// An event, a censored row, one by 2.5, one between 1 and 3, and more of each; `seen` for `event`.
constexpr const char* intervals =
    "from,to,x,start\n2,2,1,0\n4,,0,1\n,2.5,1,0\n1,3,0,0.5\n0.5,0.5,2,0\n3,3,1,2\n5,,0,0\n"
    "2,4,2,0\n1.5,1.5,0,1\n6,7,1,0\n";

Outcome fit(const std::string& data, const Arguments& more) {
  return testing::fit_file("survival", data, more);
}

Values of(const nlohmann::json& rows, const char* key) {
  Values values;
  for (const auto& row : rows) values.push_back(row[key]);
  return values;
}

SurvivalData interval_data() {
  SurvivalData data;
  data.x = from_vector(Values{1, 1, 1, 0, 1, 1, 1, 0, 1, 2, 1, 1, 1, 0, 1, 2, 1, 0, 1, 1}, {10, 2});
  data.names = {"(Intercept)", "x"};
  data.time = from_vector(Values{2, 4, NAN, 1, 0.5, 3, 5, 2, 1.5, 6});
  data.time2 = from_vector(Values{2, NAN, 2.5, 3, 0.5, 3, NAN, 4, 1.5, 7});
  return data;
}

struct Named {
  const char *dist, *form, *parameter;
};
constexpr Named named[] = {{"exponential", "ph", ""},           {"exponential", "aft", ""},
                           {"weibull", "ph", "log(shape)"},     {"weibull", "aft", "log(scale)"},
                           {"gompertz", "ph", "shape"},         {"lognormal", "aft", "log(scale)"},
                           {"loglogistic", "aft", "log(scale)"}};

SurvivalModel model_of(const Named& n) {
  return {law_named(n.dist).distribution,
          std::string(n.form) == "ph" ? SurvivalForm::ph : SurvivalForm::aft};
}

TEST(FitSurvival, IsTheFitOfTheLibrary) {
  const std::string path = write_file("intervals.csv", intervals);
  for (const Named& n : named) {
    const Arguments how = {"--dist", n.dist, "--form", n.form, "--covariates", "x", "--json"};
    const Outcome run = fit(path, how + Arguments{"--time", "from", "--time2", "to"});
    ASSERT_EQ(run.exit_code, 0) << run.err;
    const auto json = run.json();
    const SurvivalFit exact = fit_survival(interval_data(), model_of(n));
    EXPECT_EQ(json["dist"], n.dist);
    EXPECT_EQ(json["form"], n.form);
    EXPECT_EQ(json["formula"], "Surv(from, to, type = \"interval2\") ~ x");
    EXPECT_EQ(of(json["coefficients"], "estimate"), exact.estimate);
    EXPECT_EQ(json["loglik"].get<double>(), exact.loglik);
    EXPECT_EQ(json["events"], 8);
    if (*n.parameter != '\0') {
      EXPECT_EQ(json["coefficients"].back()["name"], n.parameter);
    }
    const Outcome formula =
        fit(path, Arguments{"--dist", n.dist, "--form", n.form, "--json", "--formula",
                            "Surv(from, to, type = 'interval2') ~ x"});
    EXPECT_EQ(of(formula.json()["coefficients"], "estimate"), exact.estimate);
  }
}

TEST(FitSurvival, IntervalsMayBeEnteredLate) {
  const Outcome run = fit(write_file("intervals.csv", intervals),
                          {"--time", "from", "--time2", "to", "--entry", "start", "--json"});
  SurvivalData data = interval_data();
  data.x = ones({10, 1});
  data.names = {"(Intercept)"};
  data.entry = from_vector(Values{0, 1, 0, 0.5, 0, 2, 0, 0, 1, 0});
  EXPECT_EQ(of(run.json()["coefficients"], "estimate"), fit_survival(data).estimate) << run.err;
}

TEST(FitSurvival, SummaryNamesTheModel) {
  const std::string path = write_file("intervals.csv", intervals);
  const Arguments columns = {"--time", "from", "--time2", "to", "--covariates", "x"};
  const std::string weibull = fit(path, columns + Arguments{"--dist", "weibull"}).out;
  EXPECT_NE(weibull.find("Weibull regression, log relative-hazard form"), weibull.npos);
  EXPECT_NE(weibull.find("Haz. ratio"), weibull.npos);
  EXPECT_NE(weibull.find("log(shape)"), weibull.npos);
  const std::string lognormal = fit(path, columns + Arguments{"--dist", "lognormal"}).out;
  EXPECT_NE(lognormal.find("Lognormal regression, accelerated failure-time form"), lognormal.npos);
  EXPECT_NE(lognormal.find("Time ratio"), lognormal.npos);
}

TEST(FitSurvival, PredictsWithBands) {
  const std::string path = write_file("intervals.csv", intervals), saved = temp_path("fit.json");
  const SurvivalQuantity quantities[] = {SurvivalQuantity::survival, SurvivalQuantity::hazard,
                                         SurvivalQuantity::cumulative_hazard,
                                         SurvivalQuantity::quantile};
  const char* types[] = {"survival", "hazard", "cumulative-hazard", "quantile"};
  for (const Named& n : named) {
    ASSERT_EQ(fit(path, {"--dist", n.dist, "--form", n.form, "--covariates", "x", "--save", saved,
                         "--time", "from", "--time2", "to"})
                  .exit_code,
              0);
    const SurvivalFit exact = fit_survival(interval_data(), model_of(n));
    for (int i = 0; i < 4; ++i) {
      const Outcome run = run_wald({"predict", saved, "--data", write_file("new.csv", "x\n0.5\n"),
                                    "--type", types[i], "--at", "0.75"});
      ASSERT_EQ(run.exit_code, 0) << run.err;
      const SurvivalPrediction p =
          predict_survival(exact, quantities[i], from_vector(Values{1, 0.5}, {1, 2}), {0.75});
      const std::string line = run.out.substr(run.out.find('\n') + 1);
      double value = 0, error = 0, lower = 0, upper = 0;
      ASSERT_EQ(std::sscanf(line.c_str(), "1,0.75,%lf,%lf,%lf,%lf", &value, &error, &lower, &upper),
                4)
          << run.out;
      EXPECT_NEAR(value, p.value[0], 1e-13 * p.value[0]);
      EXPECT_NEAR(error, p.std_error[0], 1e-12 * p.std_error[0]);
      EXPECT_NEAR(lower, p.lower[0], 1e-12 * p.lower[0]);
      EXPECT_NEAR(upper, p.upper[0], 1e-12 * p.upper[0]);
    }
  }
}

TEST(FitSurvival, RefusesWhatCannotBe) {
  struct Case {
    Arguments arguments;
    int exit_code;
    std::string says;
  };
  const Arguments times = {"--time", "from", "--time2", "to"};
  const Case cases[] = {
      {times + Arguments{"--dist", "gompertz", "--form", "aft"}, 2, "has the form ph only"},
      {times + Arguments{"--dist", "lognormal", "--form", "ph"}, 2, "has the form aft only"},
      {times + Arguments{"--dist", "gamma"}, 2, "--dist"},
      {times + Arguments{"--event", "x"}, 2, "--event"},
      {{"--time", "from"}, 2, "--event or --time2"},
      {{"--time", "to", "--time2", "from"}, 2, "line 5, column 'from': an interval must not end"},
      {{"--time", "from", "--time2", "from", "--dist", "weibull"}, 2, "both missing"},
  };
  const std::string path = write_file("intervals.csv", intervals);
  for (const Case& c : cases) {
    const Outcome run = fit(path, c.arguments);
    EXPECT_EQ(run.exit_code, c.exit_code) << run.err;
    EXPECT_TRUE(is_one_message(run.err)) << run.err;
    EXPECT_NE(run.err.find(c.says), run.err.npos) << run.err;
  }
  const Outcome same = fit(write_file("same.csv", "t,d\n2,1\n2,1\n2,1\n"),
                           {"--time", "t", "--event", "d", "--dist", "weibull"});
  EXPECT_EQ(same.exit_code, 3);
  EXPECT_NE(same.err.find("log(shape)"), same.err.npos) << same.err;
}

TEST(SimulateSurvival, DrawsEveryDistribution) {
  const std::string path = temp_path("drawn.csv");
  for (const Named& n : named) {
    const std::string parameter = n.parameter;
    Arguments all = {"simulate", "survival", "--n",    "300", "--dist",   n.dist, "--form", n.form,
                     "--coef",   "-1,0.5",   "--seed", "9",   "--censor", "8",    "--out",  path};
    Values truth = {-1, 0.5};
    if (!parameter.empty()) {
      all = all + Arguments{parameter == "log(scale)" ? "--scale" : "--shape", "0.5"};
      truth.push_back(parameter == "shape" ? 0.5 : std::log(0.5));
    }
    ASSERT_EQ(run_wald(all).exit_code, 0);
    RRandom random(9);
    const SurvivalSample sample = simulate_survival(random, 300, model_of(n), truth, 8);
    const std::string text = testing::read_file(path);
    double time = 0, event = 0, trt = 0;
    const std::string first = text.substr(text.find('\n') + 1);
    ASSERT_EQ(std::sscanf(first.c_str(), "%lf,%lf,%lf", &time, &event, &trt), 3);
    EXPECT_EQ(time, sample.time[0]);
    EXPECT_EQ(event, sample.event[0]);
    EXPECT_EQ(trt, sample.columns[0][0]);
  }
}

TEST(SimulateSurvival, RefusesParametersThatThereAreNot) {
  const Arguments draw = {"simulate", "survival", "--n",   "3",
                          "--coef",   "0",        "--out", temp_path("drawn.csv")};
  for (const Arguments& wrong :
       {Arguments{"--shape", "2"}, Arguments{"--dist", "lognormal", "--shape", "2"},
        Arguments{"--dist", "weibull", "--scale", "2"},
        Arguments{"--dist", "weibull", "--shape", "-1"},
        Arguments{"--dist", "gompertz", "--shape", "-1"},
        Arguments{"--dist", "gompertz", "--form", "aft"}}) {
    const Outcome run = run_wald(draw + wrong);
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_TRUE(is_one_message(run.err)) << run.err;
  }
}

}  // namespace
}  // namespace wald
