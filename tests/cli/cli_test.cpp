// The program's contract, held against the program as it was built: what each command prints, and
// with which exit code and sentence it refuses.
#include <wald/engine/io/csv.h>
#include <wald/models/design.h>
#include <wald/models/kaplan_meier.h>
#include <wald/models/simulate.h>
#include <wald/models/survival.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "program.h"
#include "refusals.h"

namespace wald {
namespace {

using testing::Arguments;
using testing::is_one_message;
using testing::operator+;
using testing::Outcome;
using testing::Refusal;
using testing::run_wald;
using testing::temp_path;
using testing::write_file;
using Json = nlohmann::json;

Outcome fit_file(const std::string& path, const Arguments& more = {}) {
  return testing::fit_file("survival", path,
                           Arguments{"--time", "time", "--event", "event"} + more);
}

Outcome fit(const std::string& csv, const Arguments& more = {}) {
  return fit_file(write_file("data.csv", csv), more);
}

void expect_has(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), text.npos) << "'" << part << "' is not in:\n" << text;
}

void expect_has_not(const std::string& text, const std::string& part) {
  EXPECT_EQ(text.find(part), text.npos) << "'" << part << "' is in:\n" << text;
}

constexpr const char* small =
    "time,event,age,sex,w,start\n"
    "4,1,50,m,1,0\n3.5,1,61,f,2,1\n7,0,47,f,1,2\n1.25,1,70,m,1,0\n9,1,44,f,3,4\n12,0,39,m,1,0\n";

// --json, and that nothing else is on standard output.
Json fit_json(const std::string& csv, const Arguments& more = {}) {
  const Outcome run = fit(csv, more + Arguments{"--json"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  return run.json();
}

TEST(Help, EveryCommandHasIt) {
  for (const Arguments& command : {Arguments{},
                                   {"fit"},
                                   {"fit", "survival"},
                                   {"km"},
                                   {"simulate"},
                                   {"simulate", "survival"},
                                   {"reproduce"},
                                   {"info"}}) {
    const Outcome run = run_wald(command + Arguments{"--help"});
    EXPECT_EQ(run.exit_code, 0);
    expect_has(run.out, "--help");
    EXPECT_EQ(run.err, "");
  }
  const std::string survival = run_wald({"fit", "survival", "--help"}).out;
  for (const char* option :
       {"--data", "--formula", "--time", "--event", "--entry", "--weights", "--covariates",
        "--dist", "--form", "--level", "--plot", "--json", "--threads"})
    expect_has(survival, option);
  const Outcome version = run_wald({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_TRUE(version.out.starts_with("wald ")) << version.out;
}

TEST(Info, NamesTheMachine) {
  const Outcome text = run_wald({"info"}), json = run_wald({"info", "--json"});
  EXPECT_EQ(text.exit_code, 0);
  for (const char* key : {"version", "devices", "simd", "threads", "blas"})
    EXPECT_TRUE(json.json().contains(key)) << key;
  expect_has(text.out, json.json()["simd"].get<std::string>());
}

TEST(Info, SaysWhyKernelsThatAreThereFindNoGpu) {
  const std::string file = write_file("libwald_cuda.so", "no object");
  setenv("WALD_GPU_PATH", file.substr(0, file.rfind('/')).c_str(), 1);
  const Outcome text = run_wald({"info"}), json = run_wald({"info", "--json"});
  unsetenv("WALD_GPU_PATH");
  EXPECT_EQ(text.exit_code, 0);
  expect_has(text.out, "missing   libwald_cuda.so: ");
  EXPECT_EQ(json.json()["devices"], Json::array({"cpu"}));
  EXPECT_EQ(json.json()["missing"].size(), 1u);
}

TEST(FitSurvival, JsonIsTheLibrarysFitToTheLastBit) {
  for (const bool is_aft : {false, true}) {
    const Json json = fit_json(small, {"--covariates", "age,C(sex)", "--weights", "w", "--entry",
                                       "start", "--form", is_aft ? "aft" : "ph", "--level", "0.9"});
    const Table table = read_csv(temp_path("data.csv"));
    const Design design = make_design(table, "age,C(sex)");
    SurvivalData data;
    data.x = design.x;
    data.names = design.names;
    data.time = from_vector(number_column(table, "time", design.rows));
    data.event = from_vector(number_column(table, "event", design.rows));
    data.weights = from_vector(number_column(table, "w", design.rows));
    data.entry = from_vector(number_column(table, "start", design.rows));
    const SurvivalFit fit = fit_exponential(data, is_aft ? SurvivalForm::aft : SurvivalForm::ph);
    EXPECT_EQ(json["model"], "survival");
    EXPECT_EQ(json["dist"], "exponential");
    EXPECT_EQ(json["form"], is_aft ? "aft" : "ph");
    EXPECT_EQ(json["n"], 6);
    EXPECT_EQ(json["converged"], true);
    EXPECT_EQ(json["status"], "converged");
    for (const auto& [key, value] : {std::pair("loglik", fit.loglik),
                                     {"loglik_logtime", fit.loglik_logtime},
                                     {"aic", fit.aic()},
                                     {"bic", fit.bic()},
                                     {"events", fit.events},
                                     {"time_at_risk", fit.time_at_risk},
                                     {"level", 0.9}})
      EXPECT_EQ(json[key].get<double>(), value) << key;
    EXPECT_EQ(json["iterations"], fit.iterations);
    EXPECT_EQ(json["evaluations"], fit.evaluations);
    const Json& certificate = json["certificate"];
    EXPECT_EQ(certificate["largest_score"].get<double>(), fit.certificate.largest_score);
    EXPECT_EQ(certificate["newton_decrement"].get<double>(), fit.certificate.newton_decrement);
    EXPECT_EQ(certificate["score_agreement"].get<double>(), fit.certificate.score_agreement);
    const auto rows = coefficient_table(fit, 0.9);
    ASSERT_EQ(json["coefficients"].size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
      const Json& row = json["coefficients"][i];
      EXPECT_EQ(row["name"], Json({"(Intercept)", "age", "C(sex)m"})[i]);
      for (const auto& [key, value] : {std::pair("estimate", rows[i].estimate),
                                       {"std_error", rows[i].std_error},
                                       {"z", rows[i].z},
                                       {"p", rows[i].p},
                                       {"lower", rows[i].lower},
                                       {"upper", rows[i].upper}})
        EXPECT_EQ(row[key].get<double>(), value) << key;
      for (std::size_t j = 0; j < 3; ++j)
        EXPECT_EQ(json["vcov"][i][j].get<double>(), fit.vcov[3 * i + j]);
    }
  }
}

TEST(FitSurvival, TextShowsTheSameNumbers) {
  const Json json = fit_json(small, {"--covariates", "age"});
  const Outcome run = fit(small, {"--covariates", "age"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.err, "");
  expect_has(run.out, "converged");
  expect_has(run.out, fmt::format("{:.4f}", json["loglik"].get<double>()));
  expect_has(run.out, fmt::format("{:.4f}", json["loglik_logtime"].get<double>()));
  expect_has(run.out, "36.75");  // time at risk
  for (const Json& row : json["coefficients"]) {
    expect_has(run.out, row["name"]);
    expect_has(run.out, fmt::format("{:.7g}", row["estimate"].get<double>()));
    expect_has(run.out, fmt::format("{:.6g}", row["std_error"].get<double>()));
  }
  expect_has(run.out,
             fmt::format("{:.7g}", std::exp(json["coefficients"][1]["upper"].get<double>())));
  expect_has(fit(small, {"--form", "aft"}).out, "Time ratio");
  expect_has(fit(small, {"--level", "0.9"}).out, "90% conf. interval");
}

TEST(FitSurvival, ThreadsDoNotChangeABit) {
  const std::string path = temp_path("many.csv");
  ASSERT_EQ(run_wald({"simulate", "survival", "--n", "20000", "--coef", "-1,-0.5,0.3", "--censor",
                      "3", "--out", path})
                .exit_code,
            0);
  std::string first;
  for (const char* threads : {"1", "2", "3"}) {
    const Outcome run = fit_file(path, {"--covariates", "trt,x2", "--json", "--threads", threads});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    if (first.empty()) first = run.out;
    EXPECT_EQ(run.out, first) << threads;
  }
}

TEST(FitSurvival, DropsRowsWithMissingValuesAndSaysHowMany) {
  const std::string csv =
      "time,event,x,unused\n1,1,2,\n2,0,NA,1\nNA,1,1,1\n3,0,4,1\n5,1,,1\n6,1,3,1\n";
  const Outcome run = fit(csv, {"--covariates", "x", "--json"});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_TRUE(is_one_message(run.err)) << run.err;
  expect_has(run.err, "3 rows");
  EXPECT_EQ(run.json()["n"], 3);
  expect_has(fit("time,event\n1,1\n,1\n", {}).err, "1 row ");
}

TEST(FitSurvival, ReadsWhatSpreadsheetsWrite) {
  const Outcome plain = fit("time,event,x\n1,1,2\n2,0,3\n3,1,4\n6,1,1\n", {"--covariates", "x"});
  for (const char* same :
       {"\xEF\xBB\xBFtime,event,x\r\n1,1,2\r\n2,0,3\r\n3,1,4\r\n6,1,1\r\n",
        "\"time\",\"event\",\"x\"\n\"1\",\"1\",2\n2,0,\"3\"\n3,1,4\n6,1,1",
        "time, event, x\n1, 1, 2\n2.0,0,3e0\n\n3,1,+4\n6,1,1\n\n",
        "x,time,other,event\n2,1,\"a, \"\"b\"\"\",1\n3,2,,0\n4,3,\"two\nlines\",1\n1,6,z,1\n"})
    EXPECT_EQ(fit(same, {"--covariates", "x"}).out, plain.out) << same;
  const Outcome greek =
      fit("time,event,größe\n1,1,2\n2,0,3\n3,1,4\n6,1,1\n", {"--covariates", "größe"});
  expect_has(greek.out, "größe");
}

TEST(FitSurvival, PlotsAnSvg) {
  const std::string path = temp_path("fit with space.svg");
  const Outcome run = fit(small, {"--plot", path, "--json"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  expect_has(testing::read_file(path), "</svg>");
  EXPECT_EQ(run.json()["n"], 6);
}

TEST(KaplanMeier, IsTheLibrarysCurve) {
  const std::string path = write_file("km.csv", small);
  const Arguments command = {"km", "--data", path, "--time", "time", "--event", "event"};
  const Outcome run =
      run_wald(command + Arguments{"--json", "--group", "sex", "--conf", "log-log"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Json json = run.json();
  EXPECT_EQ(json["n"], 6);
  ASSERT_EQ(json["curves"].size(), 2U);
  EXPECT_EQ(json["curves"][0]["group"], "f");
  const KaplanMeier f = kaplan_meier(std::vector<double>{3.5, 7, 9}, std::vector<double>{1, 0, 1},
                                     {.scale = ConfidenceScale::kLogLog});
  EXPECT_EQ(json["curves"][0]["time"].get<std::vector<double>>(), f.time);
  EXPECT_EQ(json["curves"][0]["survival"].get<std::vector<double>>(), f.survival);
  EXPECT_EQ(json["curves"][0]["cumhaz"].get<std::vector<double>>(), f.cumhaz);
  EXPECT_EQ(json["curves"][0]["lower"][0].get<double>(), f.lower[0]);
  EXPECT_TRUE(json["curves"][0]["lower"][2].is_null());  // S = 0: no limits
  EXPECT_EQ(json["curves"][0]["median"]["estimate"].get<double>(), 9);
  const Outcome text = run_wald(command);
  EXPECT_EQ(text.exit_code, 0);
  expect_has(text.out, "n = 6, events = 4");
  expect_has_not(run_wald(command + Arguments{"--group", "sex"}).out, "nan");
  EXPECT_EQ(run_wald(command + Arguments{"--group", "nosuch"}).exit_code, 2);
}

TEST(Simulate, GivesThePublishedData) {
  const std::string path = temp_path("published.csv");
  const Outcome run =
      run_wald({"simulate", "survival", "--n", "100000", "--coef", "-1.6094379124341003,-0.5",
                "--seed", "183475683", "--censor", "5", "--out", path});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.out, "");
  const Table table = read_csv(path);
  const SurvivalSample published = published_survival_data();
  ASSERT_EQ(table.rows(), published.time.size());
  EXPECT_EQ(table.names(), (std::vector<std::string>{"time", "event", "trt"}));
  for (std::size_t i = 0; i < table.rows(); ++i) {
    ASSERT_EQ(table.number(i, 1), published.event[i]);
    ASSERT_EQ(table.number(i, 2), published.columns[0][i]);
    // exp(log(0.2) - trt / 2) is not 0.2 exp(-trt / 2) to the last place.
    ASSERT_NEAR(table.number(i, 0), published.time[i], 1e-15 * published.time[i]);
  }
}

TEST(Reproduce, SurvivalAgrees) {
  const Outcome text = run_wald({"reproduce", "survival"});
  EXPECT_EQ(text.exit_code, 0) << text.out;
  for (const char* part : {"published", "exact", "obtained", "54174", "-1.6152599", "-131655.9",
                           "-1.615311215945", "0.005637315351"})
    expect_has(text.out, part);
  expect_has_not(text.out, "DIFFERS");
  const Outcome run = run_wald({"reproduce", "survival", "--json"});
  EXPECT_EQ(run.exit_code, 0);
  const Json json = run.json();
  EXPECT_EQ(json["agrees"], true);
  int judged = 0;
  for (const Json& figure : json["figures"]) {
    if (!figure.contains("exact")) continue;
    ++judged;
    const double exact = figure["exact"], tolerance = figure["tolerance"];
    EXPECT_NEAR(figure["obtained"].get<double>(), exact, tolerance * std::abs(exact))
        << figure["figure"];
  }
  EXPECT_GE(judged, 12);
}

class RefusedFile : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusedFile, WithOneSentence) {
  const Refusal& r = GetParam();
  const Outcome run = fit(r.csv, r.arguments);
  EXPECT_EQ(run.exit_code, r.exit_code);
  EXPECT_EQ(run.out, "");
  EXPECT_TRUE(is_one_message(run.err)) << run.err;
  for (const std::string& part : r.says) expect_has(run.err, part);
}

INSTANTIATE_TEST_SUITE_P(, RefusedFile, ::testing::ValuesIn(testing::refusals),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Refused, FilesThatCannotBeRead) {
  for (const std::string& path : {std::string("/nonexistent/a.csv"), temp_path("")}) {
    const Outcome run = fit_file(path);
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_TRUE(is_one_message(run.err)) << run.err;
    expect_has(run.err, path);
  }
}

TEST(Refused, BadUsage) {
  const std::string path = write_file("data.csv", small);
  const Arguments fit_it = {"fit",    "survival", "--data",  path,
                            "--time", "time",     "--event", "event"};
  const Arguments draw = {"simulate", "survival", "--coef", "0", "--out", temp_path("s.csv")};
  const std::pair<Arguments, std::string> calls[] = {
      {{}, "subcommand"},
      {{"nosuch"}, "nosuch"},
      {{"fit", "survival"}, "--data"},
      {fit_it + Arguments{"--nosuch"}, "--nosuch"},
      {fit_it + Arguments{"--level", "2"}, "--level"},
      {fit_it + Arguments{"--level", "abc"}, "--level"},
      {fit_it + Arguments{"--dist", "cauchy"}, "--dist"},
      {fit_it + Arguments{"--form", "po"}, "--form"},
      {fit_it + Arguments{"--threads", "0"}, "--threads"},
      {draw, "--n"},
      {draw + Arguments{"--n", "-5"}, "--n"},
      {draw + Arguments{"--n", "5", "--censor", "-1"}, "--censor"},
      {draw + Arguments{"--n", "5", "--seed", "x"}, "--seed"},
      {{"reproduce", "nosuch"}, "nosuch"}};
  for (const auto& [arguments, named] : calls) {
    const Outcome run = run_wald(arguments);
    EXPECT_EQ(run.exit_code, 2) << named;
    EXPECT_EQ(run.out, "");
    expect_has(run.err, named);
    EXPECT_LT(run.err.size(), 200U) << run.err;
  }
  const Outcome nowhere =
      run_wald({"simulate", "survival", "--n", "5", "--coef", "0", "--out", "/nonexistent/s.csv"});
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_TRUE(is_one_message(nowhere.err)) << nowhere.err;
}

// Times and covariates of 1e300 and the like: a fit of finite numbers, or a refusal with a
// sentence.
TEST(Values, OfAnySizeAreFittedOrRefused) {
  for (const char* unit : {"300", "-300", "150", "-150"}) {
    std::string times = "time,event,x\n", covariates = times;
    int i = 0;
    for (const char* row : {"1", "2", "4", "3", "7"}) {
      times += fmt::format("{}e{},{},{}\n", row, unit, i != 2, i);
      covariates += fmt::format("{},{},{}e{}\n", i + 1, i != 2, row, unit);
      ++i;
    }
    for (const std::string& csv : {times, covariates}) {
      const Outcome run = fit(csv, {"--covariates", "x", "--json"});
      if (run.exit_code != 0) {
        EXPECT_TRUE(run.exit_code == 2 || run.exit_code == 3) << run.exit_code << csv;
        EXPECT_TRUE(is_one_message(run.err)) << run.err;
        continue;
      }
      const Json json = run.json();
      for (const Json& row : json["coefficients"]) {
        for (const char* key : {"estimate", "std_error", "z", "p", "lower", "upper"})
          EXPECT_TRUE(row[key].is_number()) << key << " of " << csv;
        EXPECT_GT(row["std_error"], 0) << csv;
      }
    }
  }
}

TEST(Values, NamesThatAreNotUtf8) {
  const std::string csv = "time,event,gr\xf6\xdf\n1,1,\xe4\n2,1,b\n3,1,b\n";
  const Outcome run = fit(csv, {"--covariates", "gr\xf6\xdf", "--json"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.json()["coefficients"].size(), 2U);
  const Outcome km = run_wald({"km", "--data", temp_path("data.csv"), "--time", "time", "--event",
                               "event", "--group", "gr\xf6\xdf", "--json"});
  EXPECT_EQ(km.exit_code, 0) << km.err;
}

TEST(Output, ThatIsLostIsNotASuccess) {
  const std::string path = write_file("data.csv", small);
  const Arguments columns = {"--data", path, "--time", "time", "--event", "event"};
  const int full = open("/dev/full", O_WRONLY);
  ASSERT_GE(full, 0);
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  close(ends[0]);
  for (const Arguments& command : {Arguments{"fit", "survival"} + columns,
                                   Arguments{"fit", "survival", "--json"} + columns,
                                   Arguments{"km"} + columns,
                                   Arguments{"reproduce"},
                                   {"info"}}) {
    for (int out : {full, ends[1]}) EXPECT_NE(run_wald(command, out).exit_code, 0) << command[0];
  }
  close(ends[1]);
  close(full);
  const Outcome run =
      run_wald({"simulate", "survival", "--n", "5", "--coef", "0", "--out", "/dev/full"});
  EXPECT_EQ(run.exit_code, 2);
  expect_has(run.err, "/dev/full");
}

}  // namespace
}  // namespace wald
