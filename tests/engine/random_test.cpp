// Random tensors: known answers, the laws by statistical tests on fixed seeds, and the same numbers
// for any number of threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <thread>

#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/random.h>
#include <wald/kernels/cpu/parallel.h>
#include <wald/kernels/random_formulas.h>

namespace wald {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t n = 100000;

std::vector<std::uint32_t> words(std::uint64_t key, std::uint64_t low, std::uint64_t high) {
  const kernels::PhiloxBlock block = kernels::philox(key, low, high);
  return {block.word, block.word + 4};
}

// The known answers that come with Random123 for philox4x32, 10 rounds.
TEST(Philox, KnownAnswers) {
  EXPECT_THAT(words(0, 0, 0), ElementsAre(0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U));
  EXPECT_THAT(words(UINT64_MAX, UINT64_MAX, UINT64_MAX),
              ElementsAre(0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU));
  EXPECT_THAT(words(0x299f31d0a4093822U, 0x85a308d3243f6a88U, 0x0370734413198a2eU),
              ElementsAre(0xd16cfe09U, 0x94fdccebU, 0x5001e420U, 0x24126ea1U));
}

TEST(PortableLog, IsTheLogarithm) {
  double worst = 0;
  auto check = [&](double x) {
    const long double exact = std::log(static_cast<long double>(x));
    const double got = kernels::portable_log(x);
    if (exact == 0) {
      EXPECT_EQ(got, 0);
      return;
    }
    const double unit =
        std::abs(std::nextafter(static_cast<double>(exact), INFINITY) - static_cast<double>(exact));
    worst = std::max(worst, static_cast<double>(std::abs(got - exact)) / unit);
  };
  for (int i = 1; i < 200000; ++i) check(i * 0x1p-17);
  for (int e = -1000; e < 1000; ++e) check(std::ldexp(1.37, e));
  for (double x : {1.0, 0x1p-53, 1 - 0x1p-53, 1 + 0x1p-52}) check(x);
  EXPECT_LT(worst, 1);
}

TEST(Uniform, IsTheFormulaOfItsPlace) {
  Generator generator(12345);
  generator.set_state({12345, 7});
  const auto x = rand({5}, {.generator = &generator}).to_vector();
  for (std::size_t i = 0; i < 5; ++i) {
    const auto w = words(12345, 7 + i / 2, 0);
    const std::uint64_t word = w[2 * (i % 2)] | std::uint64_t{w[2 * (i % 2) + 1]} << 32;
    EXPECT_EQ(x[i], static_cast<double>(word >> 11 | 1) * 0x1p-53);
    EXPECT_GT(x[i], 0);
    EXPECT_LT(x[i], 1);
  }
  EXPECT_EQ(generator.state().position, 10U) << "five halves of blocks are three blocks";
  EXPECT_EQ(kernels::uniform_of(0), 0x1p-53);
  EXPECT_EQ(kernels::uniform_of(UINT64_MAX), 1 - 0x1p-53);
  EXPECT_EQ(kernels::uniform_float_of(0), 0x1p-24F);
  EXPECT_EQ(kernels::uniform_float_of(UINT64_MAX), 1 - 0x1p-24F);
}

// The largest distance between the empirical distribution and the law's, times sqrt(n): above 1.95
// with probability 0.001.
template <class Cdf>
double kolmogorov(std::vector<double> x, const Cdf& cdf) {
  std::sort(x.begin(), x.end());
  const double count = static_cast<double>(x.size());
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double p = cdf(x[i]), at = static_cast<double>(i);
    worst = std::max({worst, (at + 1) / count - p, p - at / count});
  }
  return worst * std::sqrt(count);
}

double mean_of(const std::vector<double>& x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}
double variance_of(const std::vector<double>& x) {
  const double mean = mean_of(x);
  double total = 0;
  for (double v : x) total += (v - mean) * (v - mean);
  return total / static_cast<double>(x.size());
}
double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::sqrt(2)); }

// Chi-square over cells with their probabilities, as a standard normal (Wilson, Hilferty 1931).
double chi_square_z(const std::map<double, double>& observed,
                    const std::map<double, double>& expected) {
  double total = 0;
  for (const auto& [cell, count] : expected) {
    const auto found = observed.find(cell);
    const double seen = found == observed.end() ? 0 : found->second;
    total += (seen - count) * (seen - count) / count;
  }
  const double df = static_cast<double>(expected.size()) - 1, v = 2 / (9 * df);
  return (std::cbrt(total / df) - (1 - v)) / std::sqrt(v);
}

TEST(Laws, Uniform) {
  for (DType dtype : {DType::float64, DType::float32}) {
    Generator generator(1);
    const auto x = rand({n}, {dtype, &generator}).to_vector();
    EXPECT_LT(kolmogorov(x, [](double u) { return u; }), 1.95);
    EXPECT_NEAR(mean_of(x), 0.5, 4 * std::sqrt(1 / 12.0 / n));
    // No dependence from one number to the next.
    double lagged = 0;
    for (std::size_t i = 1; i < x.size(); ++i) lagged += (x[i] - 0.5) * (x[i - 1] - 0.5);
    EXPECT_LT(std::abs(lagged * 12 / std::sqrt(n)), 4);
  }
  Generator generator(2);
  const auto y = uniform({n}, -3, 5, {.generator = &generator}).to_vector();
  EXPECT_LT(kolmogorov(y, [](double u) { return (u + 3) / 8; }), 1.95);
}

// The statistic itself must have its law: too few large values would be as wrong as too many.
TEST(Laws, UniformOverManySeeds) {
  constexpr int seeds = 400;
  int beyond = 0;  // the point that one in twenty passes
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    Generator generator(seed);
    const auto x = rand({10000}, {.generator = &generator}).to_vector();
    beyond += kolmogorov(x, [](double u) { return u; }) > 1.3581;
  }
  EXPECT_NEAR(beyond, seeds * 0.05, 4 * std::sqrt(seeds * 0.05 * 0.95));
}

TEST(Laws, UniformBitsAreEvenlySet) {
  Generator generator(3);
  std::vector<std::int64_t> set(64, 0);
  const auto x =
      randint(INT64_MIN, INT64_MAX, {n}, {.generator = &generator}).to_vector<std::int64_t>();
  for (std::int64_t v : x)
    for (std::size_t bit = 0; bit < 64; ++bit) set[bit] += v >> bit & 1;
  for (std::int64_t count : set)
    EXPECT_LT(std::abs(static_cast<double>(count) - n / 2.0), 4 * std::sqrt(n) / 2);
}

TEST(Laws, Normal) {
  Generator generator(4);
  const auto z = randn({n}, {.generator = &generator}).to_vector();
  EXPECT_LT(kolmogorov(z, normal_cdf), 1.95);
  double third = 0, fourth = 0;
  for (double v : z) third += v * v * v / n, fourth += v * v * v * v / n;
  EXPECT_NEAR(mean_of(z), 0, 4 / std::sqrt(n));
  EXPECT_NEAR(variance_of(z), 1, 4 * std::sqrt(2.0 / n));
  EXPECT_NEAR(third, 0, 4 * std::sqrt(15.0 / n));
  EXPECT_NEAR(fourth, 3, 4 * std::sqrt(96.0 / n));
  const auto y = normal({n}, 10, 3, {.generator = &generator}).to_vector();
  EXPECT_LT(kolmogorov(y, [](double v) { return normal_cdf((v - 10) / 3); }), 1.95);
}

TEST(Laws, NormalsInvertTheDistribution) {
  for (std::uint64_t word : {std::uint64_t{0}, std::uint64_t{1} << 30, std::uint64_t{1} << 50,
                             std::uint64_t{1} << 60, std::uint64_t{1} << 63, UINT64_MAX}) {
    const double u = kernels::uniform_of(word), z = kernels::normal_of(word);
    const double back = z < 0 ? normal_cdf(z) : normal_cdf(-z), tail = z < 0 ? u : 1 - u;
    EXPECT_NEAR(back / tail, 1, 1e-13) << word;
  }
}

TEST(Laws, Exponential) {
  Generator generator(50);
  const auto x = exponential({n}, 2.5, {.generator = &generator}).to_vector();
  EXPECT_LT(kolmogorov(x, [](double v) { return -std::expm1(-2.5 * v); }), 1.95);
  EXPECT_GT(*std::min_element(x.begin(), x.end()), 0);
  EXPECT_THROW(exponential({2}, 0), InputError);
  EXPECT_THROW(exponential({2}, NAN), InputError);
  EXPECT_THROW(exponential({2}, INFINITY), InputError);
}

std::map<double, double> counts_of(const std::vector<double>& x) {
  std::map<double, double> counts;
  for (double v : x) counts[v] += 1;
  return counts;
}

TEST(Laws, Integers) {
  Generator generator(6);
  for (std::int64_t range : {2, 3, 7, 100}) {
    const Tensor x = randint(-1, range - 1, {n}, {.generator = &generator});
    EXPECT_EQ(x.dtype(), DType::int64);
    std::map<double, double> expected;
    for (std::int64_t k = 0; k < range; ++k)
      expected[static_cast<double>(k - 1)] = static_cast<double>(n) / static_cast<double>(range);
    const auto observed = counts_of(x.to_vector());
    EXPECT_EQ(observed.size(), expected.size());
    if (range > 2) {
      EXPECT_LT(std::abs(chi_square_z(observed, expected)), 3.5) << range;
    }
  }
  // A range of which 2^64 is far from a multiple: a remainder would favour the lower third by half.
  const std::int64_t high = std::int64_t{3} << 61;
  const Tensor x = randint(-high / 2, high / 2, {n}, {.generator = &generator});
  const double low_third = sum(x < -high / 6).item() / n;
  EXPECT_NEAR(low_third, 1 / 3.0, 4 * std::sqrt(2 / 9.0 / n));
  EXPECT_THAT(randint(5, 6, {2}).to_vector(), ElementsAre(5, 5));
  EXPECT_EQ(randint(3, {2}, {.dtype = DType::float32}).dtype(), DType::float32);
  EXPECT_THROW(randint(3, 3, {2}), IndexError);
  EXPECT_THROW(randint(0, {2}), IndexError);
}

TEST(Laws, Permutations) {
  Generator generator(7);
  const auto order = randperm(1000, {.generator = &generator}).to_vector<std::int64_t>();
  EXPECT_EQ(std::set<std::int64_t>(order.begin(), order.end()).size(), 1000U);
  EXPECT_EQ(*std::max_element(order.begin(), order.end()), 999);
  std::map<double, double> observed, expected;
  constexpr int times = 24000;
  for (int i = 0; i < times; ++i) {
    const auto p = randperm(4, {.generator = &generator}).to_vector();
    observed[p[0] * 1000 + p[1] * 100 + p[2] * 10 + p[3]] += 1;
  }
  ASSERT_EQ(observed.size(), 24U);
  for (const auto& [which, count] : observed) expected[which] = times / 24.0;
  EXPECT_LT(std::abs(chi_square_z(observed, expected)), 3.5);
  EXPECT_EQ(randperm(0).numel(), 0);
  EXPECT_THROW(randperm(-1), ShapeError);
}

TEST(Laws, Bernoulli) {
  Generator generator(8);
  const Tensor p = expand(tensor({0, 0.3, 1}), {n, 3});
  const auto share = mean(bernoulli(p, &generator), {0}).to_vector();
  EXPECT_EQ(share[0], 0);
  EXPECT_NEAR(share[1], 0.3, 4 * std::sqrt(0.21 / n));
  EXPECT_EQ(share[2], 1);
  EXPECT_EQ(bernoulli(full({2}, 0.5, DType::float32)).dtype(), DType::float32);
  EXPECT_EQ(bernoulli({3}, 0.5, {.dtype = DType::boolean}).dtype(), DType::boolean);
  EXPECT_THROW(bernoulli(tensor({0.5, 1.5})), InputError);
  EXPECT_THROW(bernoulli({2}, NAN), InputError);
}

TEST(Laws, PoissonAgainstItsProbabilities) {
  Generator generator(9);
  for (double rate : {0.01, 0.7, 3.0, 9.99, 10.0, 15.5, 40.0, 1000.0}) {
    const auto x = poisson(expand(tensor(rate), {n}), &generator).to_vector();
    EXPECT_NEAR(mean_of(x), rate, 4 * std::sqrt(rate / n)) << rate;
    EXPECT_NEAR(variance_of(x), rate, 4 * std::sqrt((rate + 2 * rate * rate) / n)) << rate;
    // Cells of at least ten expected counts; the tails are one cell each.
    std::map<double, double> observed, expected;
    double below = -1, above = INFINITY;
    for (double k = 0; k < 3 * rate + 50; ++k) {
      const double count = n * std::exp(k * std::log(rate) - rate - std::lgamma(k + 1));
      if (count >= 10)
        expected[k] = count;
      else if (k < rate)
        below = k;
      else
        above = std::min(above, k);
    }
    const double middle =
        std::accumulate(expected.begin(), expected.end(), 0.0,
                        [](double total, auto& cell) { return total + cell.second; });
    double rest = 0;
    for (double v : x)
      if (v > below && v < above)
        observed[v] += 1;
      else
        rest += 1;
    EXPECT_LT(std::abs(rest - (n - middle)), 4 * std::sqrt(n - middle) + 4) << rate;
    if (expected.size() > 2) {
      EXPECT_LT(std::abs(chi_square_z(observed, expected)), 3.5) << rate;
    }
  }
}

TEST(Laws, PoissonOfLargeMeans) {
  Generator generator(10);
  for (double rate : {1e6, 1e10, 1e15}) {
    const auto x = poisson(expand(tensor(rate), {n}), &generator).to_vector();
    EXPECT_LT(
        kolmogorov(x, [&](double k) { return normal_cdf((k + 0.5 - rate) / std::sqrt(rate)); }),
        1.95)
        << rate;
  }
  EXPECT_EQ(poisson(zeros({3})).to_vector(), std::vector<double>(3, 0));
  EXPECT_EQ(poisson(ones({3}, DType::float32)).dtype(), DType::float32);
  EXPECT_EQ(poisson(ones({3}, DType::int64)).dtype(), DType::float64);
  EXPECT_EQ(poisson(t(ones({2, 3}))).size(0), 3);
  EXPECT_THROW(poisson(tensor({-1})), InputError);
  EXPECT_THROW(poisson(tensor({NAN})), InputError);
  EXPECT_THROW(poisson(tensor({INFINITY})), InputError);
}

// Every sampler, one after the other.
std::vector<std::vector<double>> drawn(std::uint64_t seed) {
  Generator generator(seed);
  const Tensor means = linspace(0, 50, 40001);
  std::vector<std::vector<double>> out;
  for (const Tensor& x :
       {rand({40001}, {.generator = &generator}), randn({40001}, {DType::float32, &generator}),
        exponential({40001}, 1, {.generator = &generator}),
        randint(1000, {40001}, {.generator = &generator}),
        randperm(40001, {.generator = &generator}), poisson(means, &generator),
        bernoulli(means / 50, &generator)})
    out.push_back(x.to_vector());
  return out;
}

TEST(Streams, AreTheSameForAnyNumberOfThreads) {
  std::vector<std::vector<double>> one, two, five;
  {
    const NumThreadsGuard guard(1);
    one = drawn(11);
  }
  {
    const NumThreadsGuard guard(2);
    two = drawn(11);
  }
  {
    const NumThreadsGuard guard(5);
    five = drawn(11);
  }
  EXPECT_TRUE(one == two);
  EXPECT_TRUE(one == five);
  EXPECT_FALSE(one == drawn(12));
}

TEST(Streams, ANumberDependsOnItsIndexAlone) {
  Generator generator(13);
  auto first = [&](std::int64_t count, auto&& draw) {
    generator.manual_seed(13);
    auto x = draw(count).to_vector();
    x.resize(10);
    return x;
  };
  auto expect_same = [&](auto&& draw) { EXPECT_EQ(first(10, draw), first(50000, draw)); };
  expect_same([&](std::int64_t m) { return rand({m}, {.generator = &generator}); });
  expect_same([&](std::int64_t m) { return randn({m}, {.generator = &generator}); });
  expect_same([&](std::int64_t m) { return randint(9, {m}, {.generator = &generator}); });
  expect_same([&](std::int64_t m) { return poisson(full({m}, 20), &generator); });
}

TEST(Streams, Float32HasTheNumbersOfFloat64) {
  Generator a(14), b(14);
  const auto x = randn({1001}, {.generator = &a}), y = randn({1001}, {DType::float32, &b});
  EXPECT_EQ(to(x, DType::float32).to_vector(), y.to_vector());
  const auto u = rand({1000}, {.generator = &a}), v = rand({1000}, {DType::float32, &b});
  EXPECT_LE(sum(abs(u - v)).item(), 1000 * 0x1p-23);
  EXPECT_EQ(a.state(), b.state());
}

TEST(Generators, StartAgainAndAreRestored) {
  manual_seed(15);
  const auto x = rand({3}).to_vector();
  const Generator::State state = default_generator().state();
  EXPECT_EQ(state.seed, 15U);
  const auto y = rand({3}).to_vector();
  EXPECT_NE(x, y);
  default_generator().set_state(state);
  EXPECT_EQ(rand({3}).to_vector(), y);
  manual_seed(15);
  EXPECT_EQ(rand({3}).to_vector(), x);
  Generator copy = default_generator();
  EXPECT_EQ(rand({3}, {.generator = &copy}).to_vector(), y);
  EXPECT_EQ(rand({3}).to_vector(), y) << "a copy is a stream of its own";
}

TEST(Generators, ThreadsGetPartsOfOneStream) {
  Generator generator(16);
  std::vector<std::vector<double>> parts(8);
  {
    std::vector<std::jthread> threads;
    for (auto& part : parts)
      threads.emplace_back([&] { part = rand({100}, {.generator = &generator}).to_vector(); });
  }
  std::vector<double> together;
  for (const auto& part : parts) together.insert(together.end(), part.begin(), part.end());
  Generator alone(16);
  auto whole = rand({800}, {.generator = &alone}).to_vector();
  std::sort(together.begin(), together.end());
  std::sort(whole.begin(), whole.end());
  EXPECT_EQ(together, whole);
}

TEST(Parameters, BroadcastAndAreDifferentiable) {
  Tensor mean = tensor({1, 2, 3}).requires_grad_(), sd = tensor({{0.5}, {2}}).requires_grad_();
  manual_seed(17);
  const Tensor x = normal(mean, sd);
  EXPECT_EQ(to_string(x.shape()), "[2, 3]");
  sum(x).backward();
  EXPECT_THAT(mean.grad().to_vector(), ElementsAre(2, 2, 2));
  manual_seed(17);
  const auto z = sum(randn({2, 3}), {1}).to_vector();
  EXPECT_THAT(sd.grad().to_vector(), ElementsAre(z[0], z[1]));
  const Tensor u = uniform(zeros({2}, DType::float32), tensor(4, DType::float32));
  EXPECT_EQ(u.dtype(), DType::float32);
  EXPECT_EQ(u.numel(), 2);
  EXPECT_THROW(normal(zeros({2}), ones({3})), ShapeError);
}

TEST(Shapes, EmptyScalarAndWrong) {
  EXPECT_EQ(rand({0, 3}).numel(), 0);
  EXPECT_EQ(rand({}).dim(), 0);
  EXPECT_EQ(poisson(zeros({0})).numel(), 0);
  EXPECT_EQ(randint(3, {0}).numel(), 0);
  EXPECT_EQ(rand_like(zeros({2, 2}, DType::float32)).dtype(), DType::float32);
  EXPECT_EQ(to_string(randn_like(zeros({2, 2})).shape()), "[2, 2]");
  try {
    rand({2}, {.dtype = DType::int64});
    FAIL();
  } catch (const DTypeError& error) {
    EXPECT_THAT(error.what(), HasSubstr("rand"));
  }
  EXPECT_THROW(randn_like(zeros({2}, DType::int64)), DTypeError);
}

}  // namespace
}  // namespace wald
