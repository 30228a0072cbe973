// `wald reproduce`: every example agrees, in its table and in its JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.h"

namespace wald::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

Json json_of(const std::string& example) {
  const Outcome run = run_wald({"reproduce", example, "--json"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  return run.json();
}

/// The figure of this name.
Json figure(const Json& example, const std::string& name) {
  for (const Json& row : example["figures"])
    if (row["figure"] == name) return row;
  ADD_FAILURE() << "there is no figure '" << name << "'";
  return {};
}

void expect_agreement(const Json& example, std::size_t at_least) {
  EXPECT_EQ(example["agrees"], true);
  EXPECT_GE(example["figures"].size(), at_least);
  for (const Json& row : example["figures"]) {
    if (!row.contains("exact")) continue;
    EXPECT_EQ(row["agrees"], true) << row;
    if (row["exact"].is_string()) {
      EXPECT_EQ(row["exact"], row["obtained"]);
    }
  }
}

TEST(ReproduceGraph, Agrees) {
  const Outcome text = run_wald({"reproduce", "graph"});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_THAT(text.out, AllOf(HasSubstr("1.3863"), HasSubstr("LogBackward0"),
                              HasSubstr("PowBackward0"), Not(HasSubstr("DIFFERS"))));
  const Json json = json_of("graph");
  expect_agreement(json, 18);
  EXPECT_EQ(json["example"], "graph");
  EXPECT_NEAR(figure(json, "log(x^2) at 2")["obtained"].get<double>(), 1.3862943611, 1e-6);
  EXPECT_EQ(figure(json, "  x.grad before backward()")["obtained"], "undefined");
  EXPECT_THAT(figure(json, "x, of two rows")["obtained"].get<std::string>(),
              HasSubstr("[ CPUFloatType{2,1} ][ requires_grad = TRUE ]"));
  EXPECT_THAT(figure(json, "  its second row")["obtained"].get<std::string>(),
              HasSubstr("[ grad_fn = <SliceBackward0> ]"));
}

TEST(ReproduceNn, Agrees) {
  const Outcome text = run_wald({"reproduce", "nn"});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_THAT(text.out,
              AllOf(HasSubstr("An `nn_module` containing 81 parameters."),
                    HasSubstr("• 0: <nn_linear> #64 parameters"), Not(HasSubstr("DIFFERS"))));
  const Json json = json_of("nn");
  expect_agreement(json, 11);
  EXPECT_EQ(figure(json, "  gradient of the bias, after one of 10s")["obtained"], 100);
  EXPECT_EQ(figure(json, "parameters in all")["obtained"], 81);
}

TEST(ReproduceLogistic, AgreesAndPlots) {
  const std::string plot = temp_path("loss.svg");
  const Outcome run =
      run_wald({"reproduce", "logistic", "--json", "--plot", plot, "--theme", "dark"});
  EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
  const Json json = run.json();
  expect_agreement(json, 21);
  EXPECT_EQ(figure(json, "first Rprop step from 0")["obtained"], 0.01);
  EXPECT_THAT(read_file(plot),
              AllOf(HasSubstr("<svg"), HasSubstr("Iteration"), HasSubstr("#16191d")));
}

TEST(ReproduceRegression, Agrees) {
  const Json json = json_of("regression");
  expect_agreement(json, 45);
  EXPECT_EQ(figure(json, "objective: its grad_fn")["obtained"], "AddBackward0");
  const Json corner = figure(json, "X[1:3, 2:3]");
  EXPECT_NEAR(corner["obtained"].get<double>(), -0.7146, 5e-5);
}

TEST(ReproduceAll, RunsEveryExample) {
  const Outcome run = run_wald({"reproduce", "--json"});
  EXPECT_EQ(run.exit_code, 0);
  const Json json = run.json();
  EXPECT_EQ(json["agrees"], true);
  std::vector<std::string> names;
  for (const Json& example : json["examples"]) {
    names.push_back(example["example"]);
    if (!example.contains("not_run")) expect_agreement(example, 3);  // for want of data
  }
  for (const char* name : {"survival", "logistic", "regression", "graph", "nn", "pln"})
    EXPECT_THAT(names, ::testing::Contains(name));
  const Outcome text = run_wald({"reproduce", "all"});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_THAT(text.out,
              AllOf(HasSubstr("54174"), HasSubstr("LogBackward0"), HasSubstr("81 parameters")));
}

}  // namespace
}  // namespace wald::testing
