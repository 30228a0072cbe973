// R's random stream, to the bit: against the reference vectors, and a few numbers known to every
// user of R.
#include <wald/engine/error.h>
#include <wald/engine/io/csv.h>
#include <wald/models/design.h>
#include <wald/models/random.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>

#include "../oracles.h"

namespace wald {
namespace {

const char* const kSeeds[] = {"1", "45", "183475683"};

RRandom after_seed(const std::string& seed) {
  return RRandom(static_cast<std::uint32_t>(std::stoul(seed)));
}

std::vector<double> parse_hex(const nlohmann::json& numbers) {
  std::vector<double> values;
  for (const std::string text : numbers) values.push_back(std::strtod(text.c_str(), nullptr));
  return values;
}

TEST(RRandom, GivesTheNumbersEveryUserOfRKnows) {
  RRandom random(1);
  EXPECT_NEAR(random.runif(), 0.2655087, 5e-8);
  EXPECT_NEAR(random.runif(), 0.3721239, 5e-8);
  EXPECT_NEAR(random.runif(), 0.5728534, 5e-8);
  random.seed(123);
  EXPECT_NEAR(random.rnorm(), -0.56047565, 5e-9);
  EXPECT_NEAR(random.rnorm(), -0.23017749, 5e-9);
  EXPECT_NEAR(random.rnorm(), 1.55870831, 5e-9);
  random.seed(42);
  EXPECT_EQ(random.sample(10), (std::vector<std::int64_t>{1, 5, 10, 8, 2, 4, 6, 9, 7, 3}));
}

TEST(RRandom, UniformsAndNormalsAreThoseOfRToTheBit) {
  WALD_NEEDS_ORACLE("rng/r_rng.json");
  const auto seeds = testing::read_oracle("rng/r_rng.json")["seeds"];
  for (const std::string seed : kSeeds) {
    SCOPED_TRACE(seed);
    const auto& expected = seeds[seed];
    EXPECT_EQ(after_seed(seed).runif(10), parse_hex(expected["runif10_hex"]));
    EXPECT_EQ(after_seed(seed).rnorm(10), parse_hex(expected["rnorm10_hex"]));
    const auto uniforms = after_seed(seed).runif(100000);
    EXPECT_EQ(uniforms[999], expected["runif_1000th"].get<double>());
    EXPECT_EQ(uniforms[99999], expected["runif_100000th"].get<double>());
    EXPECT_NEAR(std::accumulate(uniforms.begin(), uniforms.end(), 0.0L),
                expected["runif_sum_100000"].get<double>(), 1e-11);
    const auto normals = after_seed(seed).rnorm(100000);
    EXPECT_EQ(normals[999], expected["rnorm_1000th"].get<double>());
    EXPECT_EQ(normals[99999], expected["rnorm_100000th"].get<double>());
    EXPECT_EQ(std::ranges::min(normals), expected["rnorm_min_max_100000"][0].get<double>());
    EXPECT_EQ(std::ranges::max(normals), expected["rnorm_min_max_100000"][1].get<double>());
  }
}

TEST(RRandom, BinomialsAndSamplesAreThoseOfR) {
  WALD_NEEDS_ORACLE("rng/r_rng.json");
  const auto seeds = testing::read_oracle("rng/r_rng.json")["seeds"];
  for (const std::string seed : kSeeds) {
    SCOPED_TRACE(seed);
    const auto& expected = seeds[seed];
    EXPECT_EQ(after_seed(seed).rbinom(10, 1, 0.5), expected["rbinom10_1_half"]);
    EXPECT_EQ(after_seed(seed).rbinom(10, 20, 0.3), expected["rbinom10_20_0.3"]);
    EXPECT_EQ(after_seed(seed).sample(10), expected["sample10"]);
    EXPECT_EQ(after_seed(seed).sample(1000, 10), expected["sample10_of_1000"]);
    RRandom mixed = after_seed(seed);
    std::vector<double> draws = mixed.rnorm(5);
    for (double u : mixed.runif(5)) draws.push_back(u);
    EXPECT_EQ(draws, expected["rnorm5_then_runif5"].get<std::vector<double>>());
  }
}

TEST(RRandom, ContinuesThroughThePublishedRegressionData) {
  WALD_NEEDS_ORACLE("rng/logistic_n100.csv");
  RRandom random(45);
  const Table logistic = read_csv(testing::oracle_path("rng/logistic_n100.csv"));
  const Design x = make_design(logistic, "", {});
  for (const char* name : {"x1", "x2", "x3"}) {
    EXPECT_EQ(random.rnorm(100), number_column(logistic, name, x.rows)) << name;
  }
  random.rnorm(3);    // the coefficients
  random.runif(100);  // the outcomes
  const Table regression = read_csv(testing::oracle_path("rng/multiple_regression_n100.csv"));
  for (int j = 1; j <= 10; ++j) {
    const std::string name = fmt::format("x{}", j);
    EXPECT_EQ(random.rnorm(100), number_column(regression, name, x.rows)) << name;
  }
}

TEST(RRandom, BinomialKeepsItsDomainAndItsSymmetry) {
  RRandom random(7);
  EXPECT_EQ(random.rbinom(0, 0.5), 0);
  EXPECT_EQ(random.rbinom(9, 0), 0);
  EXPECT_EQ(random.rbinom(9, 1), 9);
  random.seed(7);
  const auto few = random.rbinom(50, 12, 0.25);
  random.seed(7);
  const auto many = random.rbinom(50, 12, 0.75);
  for (std::size_t i = 0; i < few.size(); ++i) EXPECT_EQ(few[i], 12 - many[i]);
  EXPECT_THROW(random.rbinom(100, 0.3), InputError);
  EXPECT_THROW(random.rbinom(100, 0.7), InputError);
  EXPECT_THROW(random.rbinom(-1, 0.5), InputError);
  EXPECT_THROW(random.rbinom(1, std::nan("")), InputError);
}

TEST(RRandom, SamplesAreDistinctAndInRange) {
  RRandom random(3);
  for (std::int64_t n : {1, 5, 65537, 20'000'000}) {
    const auto taken = random.sample(n, std::min<std::int64_t>(n, 1000));
    const std::set<std::int64_t> distinct(taken.begin(), taken.end());
    EXPECT_EQ(distinct.size(), taken.size());
    EXPECT_GE(*distinct.begin(), 1);
    EXPECT_LE(*distinct.rbegin(), n);
  }
  EXPECT_TRUE(random.sample(0).empty());
  EXPECT_THROW(random.sample(3, 4), InputError);
  EXPECT_THROW(random.sample(3, -1), InputError);
}

}  // namespace
}  // namespace wald
