// Separating directions: found where there are some, each checked by the rows, and none where a fit
// converges.
#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/glm.h>
#include <wald/models/random.h>
#include <wald/models/separation.h>

#include <gtest/gtest.h>

#include <cmath>

namespace wald {
namespace {

/// Whether the direction moves no row against its side, and some with it, by more than rounding.
void expect_separates(const SeparatingDirection& found, const Tensor& x, const Tensor& side) {
  const Tensor change = mv(x, from_vector(found.coefficients));
  const Tensor size = mv(abs(x), abs(from_vector(found.coefficients)));
  const Tensor with = where(side == 0.0, -abs(change), change * side);
  EXPECT_TRUE(all(with >= -1e-9 * size).item<bool>());
  EXPECT_TRUE(any(with > 1e-9 * size).item<bool>());
  EXPECT_EQ(found.is_complete, all(with > 1e-9 * size).item<bool>());
}

Tensor signs(const Tensor& y) { return where(y > 0, 1.0, where(y < 0, -1.0, zeros(y.shape()))); }

TEST(Separation, IsFoundWhereItWasMade) {
  RRandom random(5);
  for (std::int64_t n : {8, 100, 30000})
    for (std::int64_t k : {2, 5, 12}) {
      const Tensor x =
          cat({ones({n, 1}),
               from_vector(random.rnorm(static_cast<std::size_t>(n * (k - 1))), {n, k - 1})},
              1);
      if (n < k) continue;
      const Tensor side = signs(mv(x, from_vector(random.rnorm(static_cast<std::size_t>(k)))));
      const auto found = separating_direction(x, side);
      ASSERT_TRUE(found) << n << " " << k;
      expect_separates(*found, x, side);
      EXPECT_TRUE(found->is_complete);
    }
}

// One row on the wrong side, deep inside, ends it.
TEST(Separation, OneRowEndsIt) {
  RRandom random(6);
  const std::int64_t n = 30000, k = 4;
  const Tensor x = from_vector(random.rnorm(n * k), {n, k});
  const Tensor score = mv(x, tensor({1.0, -2.0, 0.5, 3.0}));
  Tensor side = signs(score);
  const std::int64_t deepest = argmax(score).item<std::int64_t>();
  side = where(arange(n) == static_cast<double>(deepest), -1.0, side);
  EXPECT_FALSE(separating_direction(x, side));
}

TEST(Separation, SmallSamplesAgreeWithTheirFits) {
  RRandom random(7);
  int separated = 0, fitted = 0;
  for (int trial = 0; trial < 300; ++trial) {
    const std::int64_t n = 10;
    // Rounded, so that ties and quasi-complete separation occur.
    const Tensor x = cat({ones({n, 1}), round(from_vector(random.rnorm(2 * n), {n, 2}) * 1.5)}, 1);
    const Tensor y = to(from_vector(random.runif(n)) < 0.3, DType::float64);
    if (matrix_rank(x).item<std::int64_t>() < 3) continue;
    const Tensor side = 2.0 * y - 1.0;
    if (const auto found = separating_direction(x, side)) {
      expect_separates(*found, x, side);
      ++separated;
      continue;
    }
    const GlmData data{x, {"(Intercept)", "a", "b"}, y, {}, {}, {}};
    const GlmFit fit = fit_glm(data, GlmFamily::binomial, GlmLink::logit);
    EXPECT_NE(fit.status, FitStatus::failed);
    EXPECT_LT(max(abs(linear_predictor(fit, data))).item<double>(), 25);
    EXPECT_LT(fit.certificate.newton_decrement, 1e-12);
    ++fitted;
  }
  EXPECT_GT(separated, 30);
  EXPECT_GT(fitted, 100);
}

TEST(Separation, DirectionsThatDoNotMeetAreAddedUp) {
  // Groups a and b have no successes, each for itself; c varies.
  const Tensor x = tensor({{1.0, 1.0, 0.0, 0.3},
                           {1.0, 1.0, 0.0, -0.8},
                           {1.0, 0.0, 1.0, 0.1},
                           {1.0, 0.0, 1.0, 0.9},
                           {1.0, 0.0, 0.0, 1.0},
                           {1.0, 0.0, 0.0, 2.0},
                           {1.0, 0.0, 0.0, 1.5},
                           {1.0, 0.0, 0.0, 0.5}});
  const Tensor side = tensor({-1.0, -1.0, -1.0, -1.0, 1.0, -1.0, -1.0, 1.0});
  // The last four rows are separated by c, too: overlap them.
  Tensor overlapping = where(arange(8) == 7.0, -1.0, side);
  overlapping = where(arange(8) == 5.0, 1.0, overlapping);
  const auto found = separating_direction(x, overlapping);
  ASSERT_TRUE(found);
  expect_separates(*found, x, overlapping);
  EXPECT_LT(found->coefficients[1], 0);
  EXPECT_LT(found->coefficients[2], 0);
}

TEST(Separation, RowsWithoutASideHoldStill) {
  const Tensor x = tensor({{1.0, 0.0}, {1.0, 1.0}, {1.0, 2.0}});
  EXPECT_FALSE(separating_direction(x, tensor({0.0, 0.0, -1.0})));
  const auto found = separating_direction(x, tensor({0.0, -1.0, -1.0}));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->coefficients, (std::vector<double>{0, -1}));
  const auto turning = separating_direction(x, tensor({-1.0, 0.0, 1.0}));
  ASSERT_TRUE(turning);
  EXPECT_EQ(turning->coefficients, (std::vector<double>{-1, 1}));
}

}  // namespace
}  // namespace wald
