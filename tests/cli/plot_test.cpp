// `--plot` and `--theme` as a user calls them: which plots each model has, what the files hold, and
// what is refused before anything is fitted or printed.
#include <gtest/gtest.h>

#include <filesystem>

#include "../gnuplot.h"
#include "program.h"

namespace wald {
namespace {

using testing::Arguments;
using testing::expect_parts;
using testing::expect_refusal;
using testing::fit_text;
using testing::Outcome;
using testing::read_file;
using testing::run_wald;
using testing::temp_path;
using testing::write_file;
using testing::operator+;

constexpr const char* small =
    "time,event,y,b,cat,x,z,s,w\n"
    "4,1,4,1,1,0.5,1,1,1\n3.5,1,2,0,2,1.5,0,1,2\n7,0,7,0,3,-0.5,1,2,1\n1.25,1,1,1,1,0.25,0,2,1\n"
    "9,1,9,1,2,-1,1,3,0\n12,0,6,0,3,-1.5,0,3,1\n2.5,1,3,1,3,1.25,1,4,1\n8,1,4,0,2,-0.25,0,4,3\n"
    "5,0,5,0,1,0.75,1,5,1\n6,1,3,1,2,-0.75,0,5,1\n";

const Arguments survival = {"--time", "time", "--event", "event", "--covariates", "x,z"};

// A kind, and a part of its file.
using Kinds = std::vector<std::pair<std::string, std::string>>;
const Kinds of_any = {{"forest", ">Estimate with 95% confidence interval<"},
                      {"profile:x", ">Profile log-likelihood less its maximum<"},
                      {"objective", ">Minus log-likelihood above its lowest value<"}};

struct Model {
  const char* name;
  Arguments arguments;
  Kinds kinds;
};

Kinds operator+(Kinds a, const Kinds& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::vector<Model> models() {
  const Kinds of_times = {{"cox-snell", ">unit exponential<"},
                          {"martingale", ">Martingale residual<"},
                          {"deviance", ">Deviance residual<"},
                          {"qq", ">Deviance residual, in order<"}};
  const Kinds of_glm = {{"deviance", ">Deviance residual<"},
                        {"qq", ">Deviance residual, in order<"}};
  const Kinds hazard = {{"ratios", ">Hazard ratio with 95% confidence interval<"}},
              odds = {{"ratios", ">Odds ratio with 95% confidence interval<"}};
  const Arguments b = {"--y", "b", "--covariates", "x,z"};
  return {
      {"survival", survival, of_any + of_times + hazard + Kinds{{"survival", ">Kaplan-Meier<"}}},
      {"cox", survival + Arguments{"--weights", "w"}, of_any + of_times + hazard},
      {"logistic", b, of_any + of_glm + odds},
      {"poisson",
       {"--y", "y", "--covariates", "x,z"},
       of_any + of_glm + Kinds{{"ratios", ">Rate ratio with 95% confidence interval<"}}},
      {"ols",
       {"--y", "y", "--covariates", "x,z", "--weights", "w"},
       {of_any[0],
        of_any[1],
        {"profile:log(sigma)", ">log(sigma)<"},
        {"deviance", ">Fitted value<"},
        {"qq", ">Residual, in order<"}}},
      {"ordered", {"--y", "cat", "--covariates", "x,z"}, of_any + odds},
      {"multinomial",
       {"--y", "cat", "--covariates", "x"},
       {of_any[0], {"profile:2:x", ">2:x<"}, of_any[2], odds[0]}},
      {"clogit", b + Arguments{"--strata", "s"}, of_any + odds},
  };
}

TEST(PlotOption, EachModelDrawsWhatItHas) {
  WALD_NEEDS_GNUPLOT();
  for (const Model& model : models()) {
    Arguments arguments = model.arguments;
    for (std::size_t i = 0; i < model.kinds.size(); ++i)
      arguments = arguments + Arguments{"--plot", model.kinds[i].first + ":" +
                                                      temp_path(std::to_string(i) + ".svg")};
    const Outcome run = fit_text(model.name, small, arguments + Arguments{"--json"});
    ASSERT_EQ(run.exit_code, 0) << model.name << run.err;
    EXPECT_EQ(run.json()["model"], model.name);
    for (std::size_t i = 0; i < model.kinds.size(); ++i) {
      SCOPED_TRACE(model.name + std::string(", ") + model.kinds[i].first);
      expect_parts(read_file(temp_path(std::to_string(i) + ".svg")),
                   {"</svg>", model.kinds[i].second, "#ffffff"});
    }
  }
}

TEST(PlotOption, BoundOfPlnByIteration) {
  WALD_NEEDS_GNUPLOT();
  const std::string path = temp_path("bound.svg"),
                    counts = write_file("counts.csv", "a,b\n3,0\n12,1\n0,4\n25,2\n7,9\n1,0\n");
  const Outcome run = run_wald({"fit", "pln", "--counts", counts, "--plot", path});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  expect_parts(read_file(path), {">Minus variational bound above its lowest value<"});
  expect_refusal(run_wald({"fit", "pln", "--counts", counts, "--plot", "forest:" + path}),
                 {"pln has no plot 'forest', only objective"});
}

TEST(PlotOption, TheForestLeavesOutTheInterceptUnlessItIsAlone) {
  WALD_NEEDS_GNUPLOT();
  const std::string path = temp_path("forest.svg");
  const auto drawn = [&](const std::string& formula) {
    const Outcome run =
        fit_text("logistic", small, {"--formula", formula, "--plot", "forest:" + path});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return read_file(path);
  };
  EXPECT_EQ(drawn("b ~ x").find("Intercept"), std::string::npos);
  expect_parts(drawn("b ~ 1"), {">(Intercept)<"});
}

TEST(PlotOption, DarkGroundHasLightText) {
  WALD_NEEDS_GNUPLOT();
  const std::string path = temp_path("dark.svg");
  const Arguments curves = {"km",     "--data", write_file("data.csv", small),
                            "--time", "time",   "--event",
                            "event",  "--plot", path};
  ASSERT_EQ(run_wald(curves + Arguments{"--theme", "dark"}).exit_code, 0);
  const std::string dark = read_file(path);
  expect_parts(dark, {"fill=\"#16191d\"", "fill=\"rgb(230,230,230)\"", "rgb( 86, 180, 233)"});
  for (const char* of_light : {"fill=\"rgb(34,34,34)\"", "fill=\"black\"", "#ffffff"})
    EXPECT_EQ(dark.find(of_light), std::string::npos) << of_light;
  ASSERT_EQ(run_wald(curves).exit_code, 0);
  const std::string light = read_file(path);
  expect_parts(light, {"fill=\"#ffffff\"", "fill=\"rgb(34,34,34)\""});
  EXPECT_EQ(light.find("#16191D"), std::string::npos);
}

TEST(PlotOption, AFitThatFailedShowsItsObjectiveAlone) {
  WALD_NEEDS_GNUPLOT();
  const std::string forest = temp_path("failed_forest.svg"), path = temp_path("failed.svg");
  std::filesystem::remove(forest);
  const Outcome run =
      fit_text("survival", small,
               survival + Arguments{"--dist", "weibull", "--max-iter", "1", "--plot",
                                    "forest:" + forest, "--plot", "objective:" + path});
  EXPECT_EQ(run.exit_code, 1);
  expect_parts(run.err, {"wald: --plot forest: the fit did not converge"});
  EXPECT_FALSE(std::filesystem::exists(forest));
  expect_parts(read_file(path), {">Iteration<"});
}

// Nothing is printed: these are known before the fit.
TEST(PlotOption, WhatIsNotThereIsRefusedBeforeTheFit) {
  const struct {
    const char* model;
    std::string plot;
    Arguments says;
  } cases[] = {
      {"survival", "a.pdf", {".svg or .png", "'a.pdf'"}},
      {"survival", "forest:", {".svg or .png"}},
      {"survival", "curve:a.svg", {"survival has no plot 'curve'", "martingale"}},
      {"survival", "profile:a.svg", {"profile:PARAMETER:FILE"}},
      {"survival", "profile::a.svg", {"profile:PARAMETER:FILE"}},
      {"survival", "forest:/nonexistent/a.svg", {"/nonexistent/a.svg cannot be written"}},
      {"cox", "survival:a.svg", {"cox has no plot 'survival'"}},
      {"ols", "objective:a.svg", {"ols has no plot 'objective'"}},
      {"logistic", "martingale:a.svg", {"logistic has no plot 'martingale'"}},
  };
  for (const auto& c : cases)
    expect_refusal(fit_text(c.model, small, {"--formula", "x ~ z", "--plot", c.plot}), c.says);
  expect_refusal(
      fit_text("survival", "from,to\n1,2\n2,2\n3,\n",
               {"--time", "from", "--time2", "to", "--plot", "cox-snell:" + temp_path("a.svg")}),
      {"cox-snell", "intervals"});
  expect_refusal(fit_text("survival", small, survival + Arguments{"--theme", "grey"}), {"grey"});
  expect_refusal(run_wald({"km", "--data", write_file("data.csv", small), "--time", "time",
                           "--event", "event", "--plot", "forest:a.svg"}),
                 {"km has no plot 'forest'"});
  expect_refusal(run_wald({"reproduce", "survival", "--plot", "a.pdf"}), {".svg or .png"});
}

// The fit is printed; what only it can tell comes after.
TEST(PlotOption, WhatTheFitHasNotIsRefusedAfterIt) {
  const Outcome name =
      fit_text("survival", small, survival + Arguments{"--plot", "profile:q:a.svg"});
  EXPECT_EQ(name.exit_code, 2);
  expect_parts(name.out, {"Exponential regression"});
  EXPECT_TRUE(testing::is_one_message(name.err)) << name.err;
  expect_parts(name.err, {"no parameter 'q', only (Intercept), x, z"});
  const Outcome ratios = fit_text(
      "logistic", small, {"--formula", "b ~ x", "--link", "probit", "--plot", "ratios:a.svg"});
  EXPECT_EQ(ratios.exit_code, 2);
  expect_parts(ratios.err, {"no coefficient of this model is the logarithm of a ratio"});
}

}  // namespace
}  // namespace wald
