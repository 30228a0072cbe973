// `--device`: the fits of every model on the emulated device are those of the processor, with no
// part of the program touching the device's memory.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <sstream>

#include <wald/engine/device.h>

#include "program.h"

namespace wald {
namespace {

using testing::operator+;
using testing::is_one_message;
using testing::Outcome;
using testing::run_wald;
using testing::write_file;
using Arguments = std::vector<std::string>;

constexpr const char* data =
    "t,d,y,k,g,s,x,z\n5,1,0,1,c,1,0.5,1.1\n8,1,1,4,b,1,1.5,0.3\n12,0,1,3,a,2,0.2,-0.7\n"
    "3,1,0,0,a,2,2.5,0.9\n9,1,1,5,b,3,1.0,-0.2\n15,0,0,2,c,3,0.7,0.4\n4,1,1,1,b,4,1.9,-1.3\n"
    "7,1,0,2,a,4,0.1,0.8\n11,0,1,6,c,5,2.2,0.1\n6,1,0,1,b,5,1.2,-0.5\n10,1,1,2,a,6,0.4,0.6\n"
    "13,0,0,3,c,6,1.7,-0.9\n";

bool has_emulated_device() {
  for (const Device& device : devices())
    if (device.name() == "emulated") return true;
  return false;
}

void expect_same_fit(const Arguments& model) {
  Arguments arguments = {"fit"};
  arguments.insert(arguments.end(), model.begin(), model.end());
  for (const char* more : {"--data", "", "--covariates", "x,z", "--json"})
    arguments.emplace_back(more);
  arguments[model.size() + 2] = write_file("device.csv", data);
  const Outcome here = run_wald(arguments);
  arguments.insert(arguments.end(), {"--device", "emulated"});
  const Outcome there = run_wald(arguments);
  ASSERT_EQ(here.exit_code, 0) << here.err;
  ASSERT_EQ(there.exit_code, 0) << there.err;
  const auto wanted = here.json(), found = there.json();
  EXPECT_NEAR(found["loglik"].get<double>(), wanted["loglik"].get<double>(), 1e-10);
  for (std::size_t i = 0; i < wanted["coefficients"].size(); ++i)
    for (const char* key : {"estimate", "std_error"}) {
      const double exact = wanted["coefficients"][i][key];
      EXPECT_NEAR(found["coefficients"][i][key].get<double>(), exact,
                  1e-8 * std::max(1.0, std::abs(exact)))
          << key << " " << i;
    }
}

TEST(DeviceOption, FitsEveryModelThere) {
  if (!has_emulated_device()) GTEST_SKIP() << "there is no libwald_emulated.so";
  setenv("WALD_EMULATED_GUARD", "1", 1);
  const std::vector<Arguments> models = {
      {"survival", "--time", "t", "--event", "d", "--dist", "weibull"},
      {"cox", "--time", "t", "--event", "d"},
      {"ols", "--y", "t"},
      {"logistic", "--y", "y"},
      {"poisson", "--y", "k", "--se", "HC0"},
      {"multinomial", "--y", "g"},
      {"ordered", "--y", "g", "--levels", "a,b,c"},
      {"clogit", "--y", "y", "--strata", "s"}};
  for (const Arguments& model : models) {
    SCOPED_TRACE(model[0]);
    expect_same_fit(model);
  }
  unsetenv("WALD_EMULATED_GUARD");
}

/// The numbers of what both runs print, to rounding; all else to the letter.
void expect_same_text(const std::string& found, const std::string& wanted) {
  std::istringstream a(found), b(wanted);
  std::string left, right;
  while (std::getline(b, right, ',')) {
    ASSERT_TRUE(std::getline(a, left, ',')) << found;
    char* end = nullptr;
    const double number = std::strtod(right.c_str(), &end);
    if (end == right.c_str())
      EXPECT_EQ(left, right);
    else
      EXPECT_NEAR(std::strtod(left.c_str(), nullptr), number,
                  1e-8 * std::max(1.0, std::abs(number)));
  }
}

void expect_same_output(const Arguments& arguments) {
  SCOPED_TRACE(arguments[0]);
  const Outcome here = run_wald(arguments),
                there = run_wald(arguments + Arguments{"--device", "emulated"});
  EXPECT_EQ(here.exit_code, 0) << here.err;
  EXPECT_EQ(there.exit_code, 0) << there.err;
  expect_same_text(there.out, here.out);
}

TEST(DeviceOption, HoldsForWhatComesAfterTheFit) {
  if (!has_emulated_device()) GTEST_SKIP() << "there is no libwald_emulated.so";
  const std::string table = write_file("device_after.csv", data);
  const auto saved = [&](const char* name, const Arguments& model) {
    const std::string path = testing::temp_path(name);
    const Outcome fit = run_wald(Arguments{"fit"} + model +
                                 Arguments{"--data", table, "--covariates", "x,z", "--save", path});
    EXPECT_EQ(fit.exit_code, 0) << fit.err;
    return path;
  };
  const std::string weibull =
      saved("weibull.json", {"survival", "--time", "t", "--event", "d", "--dist", "weibull"});
  const std::string cox = saved("cox.json", {"cox", "--time", "t", "--event", "d"});
  const std::string ordered = saved("ordered.json", {"ordered", "--y", "g", "--levels", "a,b,c"});
  setenv("WALD_EMULATED_GUARD", "1", 1);
  expect_same_output({"predict", weibull, "--data", table, "--type", "survival", "--at", "3,6"});
  expect_same_output({"predict", weibull, "--data", table, "--type", "quantile"});
  expect_same_output({"predict", cox, "--data", table, "--type", "survival", "--at", "5"});
  expect_same_output({"predict", ordered, "--data", table, "--type", "probability"});
  expect_same_output({"test", weibull, "x = z", "--json"});
  expect_same_output(
      {"km", "--data", table, "--time", "t", "--event", "d", "--group", "y", "--json"});
  unsetenv("WALD_EMULATED_GUARD");
}

TEST(DeviceOption, RefusesADeviceThatIsNotThere) {
  const std::vector<Arguments> commands = {
      {"selftest"},
      {"reproduce", "function"},
      {"fit", "ols", "--data", "d.csv", "--y", "y"},
      {"fit", "pln", "--data", "d.csv"},
      {"predict", "fit.json", "--data", "d.csv"},
      {"test", "fit.json", "a = 0"},
      {"km", "--data", "d.csv", "--time", "t", "--event", "d"},
      {"simulate", "ols", "--n", "5", "--coef", "1", "--out", "d.csv"}};
  for (const Arguments& command : commands) {
    SCOPED_TRACE(command[0]);
    const Outcome run = run_wald(command + Arguments{"--device", "cuda:77"});
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_TRUE(is_one_message(run.err)) << run.err;
    EXPECT_NE(run.err.find("no device is called 'cuda:77'"), std::string::npos) << run.err;
    const Outcome without_name = run_wald(command + Arguments{"--device"});
    EXPECT_EQ(without_name.exit_code, 2);
    EXPECT_NE(without_name.err.find("--device"), std::string::npos) << without_name.err;
  }
}

TEST(DeviceOption, ReproducesThere) {
  if (!has_emulated_device()) GTEST_SKIP() << "there is no libwald_emulated.so";
  for (const char* example : {"graph", "function", "logistic", "regression", "nn"}) {
    const Outcome run = run_wald({"reproduce", example, "--device", "emulated"});
    EXPECT_EQ(run.exit_code, 0) << example << run.out << run.err;
  }
}

}  // namespace
}  // namespace wald
