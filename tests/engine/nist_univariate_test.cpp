// Mean, standard deviation and autocorrelation against NIST's certified values.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include <wald/engine/ops/ops.h>

#include "../nist.h"

namespace wald {
namespace {

class NistUnivariate : public ::testing::TestWithParam<const char*> {};

// 14 digits of the values that belong to the data as rounded to double; and of the certified ones
// as many as the data keep, less the third of a digit that a sum of both errors may cost.
TEST_P(NistUnivariate, KeepsTheDigitsOfTheData) {
  WALD_NEEDS_ORACLE("nist/index.json");
  const nlohmann::json& entry = testing::nist_entry(GetParam());
  const Tensor y = from_vector(testing::nist_columns(GetParam())[0]);
  // Twice, since the first mean is rounded, by 1e-8 of a deviation in NumAcc4.
  const Tensor nearly = y - mean(y), rest = nearly - mean(nearly);
  const std::int64_t n = y.numel();
  const Tensor lagged = dot(slice(rest, 0, 1, n), slice(rest, 0, 0, n - 1)) / dot(rest, rest);
  const double got[] = {mean(y).item(), std(y).item(), lagged.item()};
  const auto certified = testing::nist_numbers(entry.at("hp").at("params"));
  const auto rounded = testing::nist_numbers(entry.at("hp_binary64data").at("params"));
  double digits[3];
  for (int i = 0; i < 3; ++i) {
    digits[i] = testing::log_relative_error(got[i], certified[i]);
    EXPECT_GE(testing::log_relative_error(got[i], rounded[i]), 14) << i;
    EXPECT_GE(digits[i],
              std::min(14.0, testing::log_relative_error(rounded[i], certified[i]) - 0.3))
        << i;
  }
  std::printf("%-9s LRE of mean %4.1f, standard deviation %4.1f, autocorrelation %4.1f\n",
              GetParam(), digits[0], digits[1], digits[2]);
}

INSTANTIATE_TEST_SUITE_P(All, NistUnivariate,
                         ::testing::Values("Lew", "Mavro", "Michelso", "NumAcc1", "NumAcc2",
                                           "NumAcc4"),
                         [](const auto& problem) { return std::string(problem.param); });

}  // namespace
}  // namespace wald
