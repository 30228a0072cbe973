// The normal distribution against 20-digit values (computed with mpmath), tails included.
#include <wald/models/distributions.h>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace wald {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

void expect_close(double value, double expected, double relative) {
  EXPECT_NEAR(value, expected, relative * std::abs(expected));
}

TEST(Distributions, NormalTailsKeepTheirDigits) {
  const double reference[][2] = {
      {30, 4.9067139271481870595e-198},   {20, 2.7536241186062336951e-89},
      {8, 6.2209605742717841235e-16},     {1, 0.15865525393145705141},
      {37.5, 4.6053530095819548438e-308}, {1.3, 0.096800484585610325542}};
  for (const auto& [z, tail] : reference) {
    expect_close(normal_sf(z), tail, 4e-15);
    expect_close(normal_cdf(-z), tail, 4e-15);
    expect_close(normal_cdf(z), 1 - tail, 4e-16);
    expect_close(two_sided_p_value(-z), 2 * tail, 4e-15);
  }
  EXPECT_EQ(normal_cdf(0), 0.5);
}

TEST(Distributions, NormalAtItsEnds) {
  EXPECT_EQ(normal_cdf(-kInfinity), 0);
  EXPECT_EQ(normal_cdf(kInfinity), 1);
  EXPECT_EQ(normal_sf(kInfinity), 0);
  for (double z : {286.54, -286.54, 1e200, kInfinity, -kInfinity}) {
    EXPECT_EQ(two_sided_p_value(z), 0) << z;
  }
  EXPECT_EQ(two_sided_p_value(0), 1);
  EXPECT_TRUE(std::isnan(normal_cdf(std::nan(""))));
  EXPECT_TRUE(std::isnan(two_sided_p_value(std::nan(""))));
}

TEST(Distributions, QuantileAgainstReference) {
  expect_close(normal_quantile(1e-300), -37.047096299361199237, 1e-15);
  expect_close(normal_quantile(1e-20), -9.2623400897984075796, 1e-15);
  expect_close(normal_quantile(1e-5), -4.2648907939228246102, 1e-15);
  expect_close(normal_quantile(0.01), -2.3263478740408410931, 1e-15);
  expect_close(normal_quantile(0.3), -0.52440051270804081597, 1e-15);
  expect_close(normal_quantile(0.975), 1.9599639845400538556, 1e-15);
  EXPECT_EQ(normal_quantile(0.5), 0);
  EXPECT_EQ(normal_quantile(0), -kInfinity);
  EXPECT_EQ(normal_quantile(1), kInfinity);
  EXPECT_TRUE(std::isnan(normal_quantile(-0.1)));
  EXPECT_TRUE(std::isnan(normal_quantile(1.1)));
  EXPECT_TRUE(std::isnan(normal_quantile(std::nan(""))));
  expect_close(two_sided_quantile(0.95), 1.959963984540054, 1e-15);
}

TEST(Distributions, QuantileInvertsTheProbability) {
  for (double z = -37; z < 5; z += 0.173) {
    expect_close(normal_quantile(normal_cdf(z)), z, z < 3 ? 2e-15 : 1e-10);
  }
}

TEST(Distributions, ChiSquaredTailAgainstReference) {
  const double five_percent[] = {3.841458820694124, 5.991464547107979, 7.814727903251179,
                                 9.487729036781154, 11.070497693516351};
  for (int df = 1; df <= 5; ++df)
    expect_close(chi_squared_sf(five_percent[df - 1], df), 0.05, 1e-14);
  expect_close(chi_squared_sf(18.307038053275146, 10), 0.05, 1e-14);
  expect_close(chi_squared_sf(100, 3), 1.5541594313896e-21, 1e-12);
  EXPECT_EQ(chi_squared_sf(0, 3), 1);
}

TEST(Distributions, StudentsTailAgainstReference) {
  const double reference[][3] = {
      {2, 10, 0.073388034770740365618},      {0.5, 1, 0.70483276469913345165},
      {1e-8, 3, 0.99999999264894806104},     {40, 5, 1.8411962171772954355e-7},
      {1e5, 2, 9.9999999985000000002e-11},   {3.5, 2.5, 0.052345546960320337234},
      {5, 1000000, 5.733997870890741569e-7}, {0.001, 30, 0.99920873576648509013},
      {12, 200, 2.4221360052466314194e-25}};
  for (const auto& [t, df, tail] : reference) {
    expect_close(two_sided_p_value(t, df), tail, 1e-13);
    EXPECT_EQ(two_sided_p_value(-t, df), two_sided_p_value(t, df));
  }
  EXPECT_EQ(two_sided_p_value(1.5, kInfinity), two_sided_p_value(1.5));
  EXPECT_EQ(two_sided_p_value(0, 4), 1);
  EXPECT_EQ(two_sided_p_value(kInfinity, 4), 0);
  EXPECT_TRUE(std::isnan(two_sided_p_value(std::nan(""), 4)));
}

TEST(Distributions, StudentsQuantileAgainstReference) {
  const double reference[][3] = {
      {0.95, 10, 2.2281388519862742245},    {0.95, 1, 12.706204736174693314},
      {0.99, 2.5, 7.1637281389487828791},   {0.5, 7, 0.71114177808178630563},
      {0.999999, 4, 49.458636756578596134}, {0.95, 100000, 1.9599877075346092587},
      {0.9999, 0.5, 41139646.252662658586}, {0.1, 3, 0.13659819935369891516}};
  for (const auto& [level, df, t] : reference)
    expect_close(two_sided_quantile(level, df), t, 1e-13);
  EXPECT_EQ(two_sided_quantile(0.9, kInfinity), two_sided_quantile(0.9));
  for (double level : {0.0, 1.0, -0.5, std::nan("")})
    EXPECT_TRUE(std::isnan(two_sided_quantile(level, 3))) << level;
}

TEST(Distributions, TailOfFAgainstReference) {
  const double reference[][4] = {{3.5, 2, 20, 0.049735022076097138052},
                                 {0.01, 5, 3, 0.99993031374509673024},
                                 {1000, 3, 30, 3.8395209260924772046e-30},
                                 {1.5, 1, 7, 0.26028271195578798258},
                                 {330.285, 6, 9, 4.9840534226484720018e-10}};
  for (const auto& [x, df1, df2, tail] : reference) expect_close(f_sf(x, df1, df2), tail, 1e-13);
  EXPECT_EQ(f_sf(0, 2, 3), 1);
  EXPECT_EQ(f_sf(kInfinity, 2, 3), 0);
  EXPECT_TRUE(std::isnan(f_sf(std::nan(""), 2, 3)));
}

}  // namespace
}  // namespace wald
