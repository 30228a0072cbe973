// Reductions and scans where rules of thumb fail: zeros among factors, ties, nan, infinities, data
// far from their origin; and logsumexp and log_softmax against reference tables.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>

#include <nlohmann/json.hpp>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/kernels/cpu/parallel.h>

namespace wald {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
using Numbers = std::vector<double>;

Tensor gradient_of(const ScalarFunction& f, const Tensor& x) {
  return value_and_gradient(f, x).gradient;
}

/// Both ways to a Hessian must agree.
Tensor hessian_of(const ScalarFunction& f, const Tensor& x) {
  const Tensor rows = hessian(f, x, HessianMethod::rows);
  const Tensor batched = hessian(f, x, HessianMethod::batched);
  const Numbers a = rows.to_vector(), b = batched.to_vector();
  for (std::size_t i = 0; i < a.size(); ++i)
    EXPECT_TRUE(a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])) ||
                std::fabs(a[i] - b[i]) <= 1e-14 * std::fabs(a[i]))
        << "element " << i << ": " << a[i] << " and " << b[i];
  return rows;
}

TEST(Prod, OfFactorsOfZeroHasTheDerivativesOfAPolynomial) {
  const ScalarFunction f = [](const Tensor& x) { return prod(x); };
  const Tensor one_zero = tensor({2, 0, 5});
  EXPECT_EQ(gradient_of(f, one_zero).to_vector(), (Numbers{0, 10, 0}));
  EXPECT_EQ(hessian_of(f, one_zero).to_vector(), (Numbers{0, 5, 0, 5, 0, 2, 0, 2, 0}));
  const Tensor two_zeros = tensor({0, 3, 0});
  EXPECT_EQ(gradient_of(f, two_zeros).to_vector(), (Numbers{0, 0, 0}));
  EXPECT_EQ(hessian_of(f, two_zeros).to_vector(), (Numbers{0, 0, 3, 0, 0, 0, 3, 0, 0}));
  const Tensor all_zeros = tensor({0, 0, 0});
  EXPECT_EQ(hessian_of(f, all_zeros).to_vector(), Numbers(9, 0));
}

TEST(Prod, OfIntegersWrapsAround) {
  const std::int64_t large = std::int64_t{1} << 62;
  EXPECT_EQ(prod(from_vector<std::int64_t>({large, 3})).item<std::int64_t>(),
            static_cast<std::int64_t>(std::uint64_t{3} << 62));
  EXPECT_EQ(prod(tensor({1, 2}) > 0).dtype(), DType::int64);
}

TEST(Cumprod, OfFactorsOfZeroHasTheDerivativesOfAPolynomial) {
  const ScalarFunction f = [](const Tensor& x) { return sum(cumprod(x, 0)); };
  // a + ab + abc + abcd at (2, 0, 3, 0)
  const Tensor x = tensor({2, 0, 3, 0});
  EXPECT_EQ(gradient_of(f, x).to_vector(), (Numbers{1, 8, 0, 0}));
  EXPECT_EQ(hessian_of(f, x).to_vector(),
            (Numbers{0, 4, 0, 0, 4, 0, 2, 6, 0, 2, 0, 0, 0, 6, 0, 0}));
}

TEST(Max, SharesTheDerivativeAmongEqualElements) {
  const Tensor x = tensor({{1, 3, 3}, {2, 2, 2}});
  EXPECT_EQ(gradient_of([](const Tensor& at) { return sum(max(at, {1})); }, x).to_vector(),
            (Numbers{0, 0.5, 0.5, 1 / 3.0, 1 / 3.0, 1 / 3.0}));
  EXPECT_EQ(gradient_of([](const Tensor& at) { return min(at); }, x).to_vector(),
            (Numbers{1, 0, 0, 0, 0, 0}));
}

TEST(Max, PassesOnNan) {
  for (std::size_t n : {1u, 5u, 40u, 5000u})
    for (std::size_t at : {std::size_t{0}, n / 2, n - 1}) {
      Numbers values(n, 1);
      values[at] = NAN;
      const Tensor x = from_vector(values), narrow = to(x, DType::float32);
      for (const Tensor& y : {x, narrow}) {
        EXPECT_TRUE(std::isnan(max(y).item()));
        EXPECT_TRUE(std::isnan(min(y).item()));
        EXPECT_EQ(argmax(y).item<std::int64_t>(), static_cast<std::int64_t>(at));
        EXPECT_EQ(argmin(y).item<std::int64_t>(), static_cast<std::int64_t>(at));
        const Tensor beside = stack({ones({static_cast<std::int64_t>(n)}, y.dtype()), y}, 1);
        EXPECT_TRUE(std::isnan(select(max(beside, {0}), 0, 1).item()));
        EXPECT_EQ(select(max(beside, {0}), 0, 0).item(), 1);
        EXPECT_EQ(argmax(beside, 0).to_vector(), (Numbers{0, static_cast<double>(at)}));
      }
    }
}

TEST(Max, OfInfinities) {
  EXPECT_EQ(max(tensor({-inf, -inf})).item(), -inf);
  EXPECT_EQ(min(tensor({inf, inf})).item(), inf);
  EXPECT_EQ(argmax(tensor({-inf, -inf})).item(), 0);
  EXPECT_EQ(argmin(full({5000}, inf)).item(), 0);
}

TEST(Argmax, IsTheFirstOfEqualOnesForAnyThreads) {
  Numbers values(100000, 1);
  values[70001] = values[70002] = values[99999] = 2;
  const Tensor x = from_vector(values);
  for (int threads : {1, 2, 5}) {
    const NumThreadsGuard guard(threads);
    EXPECT_EQ(argmax(x).item<std::int64_t>(), 70001);
    EXPECT_EQ(argmin(x).item<std::int64_t>(), 0);
    EXPECT_EQ(argmax(reshape(x, {50000, 2}), 0).to_vector(), (Numbers{35001, 35000}));
    EXPECT_EQ(argmax(reshape(x, {2, 50000}), 1).to_vector(), (Numbers{0, 20001}));
  }
}

TEST(Var, OfDataFarFromTheOrigin) {
  Numbers values;
  for (int i = 0; i < 10001; ++i) values.push_back(1e8 + (i % 2 ? 1 : -1));
  const double n = 10001, wanted = (n - 1 / n) / (n - 1);
  const Tensor x = from_vector(values);
  EXPECT_NEAR(var(x).item(), wanted, 1e-13);
  EXPECT_NEAR(std(x, 0).item(), std::sqrt(wanted * (n - 1) / n), 1e-13);
  EXPECT_TRUE(std::isnan(var(ones({1})).item()));
  EXPECT_TRUE(std::isnan(var(ones({0})).item()));
  EXPECT_EQ(var(ones({1}), 0).item(), 0);
  EXPECT_EQ(var(tensor({{1, 3}, {5, 5}}), {1}).to_vector(), (Numbers{2, 0}));
}

TEST(Std, OfEqualElementsHasDerivativeZero) {
  const ScalarFunction f = [](const Tensor& x) { return std(x); };
  EXPECT_EQ(gradient_of(f, tensor({2, 2, 2})).to_vector(), Numbers(3, 0));
  EXPECT_EQ(hessian_of(f, tensor({2, 2, 2})).to_vector(), Numbers(9, 0));
  EXPECT_TRUE(std::isnan(std(tensor({2, NAN})).item()));
}

TEST(Norm, AtTheZeroVectorHasDerivativeZero) {
  for (double p : {2.0, 1.0, inf, 3.0, 1.5, 0.5}) {
    const ScalarFunction f = [p](const Tensor& x) { return norm(x, p); };
    EXPECT_EQ(norm(zeros({3}), p).item(), 0) << p;
    EXPECT_EQ(gradient_of(f, zeros({3})).to_vector(), Numbers(3, 0)) << p;
    EXPECT_EQ(hessian_of(f, zeros({3})).to_vector(), Numbers(9, 0)) << p;
  }
}

TEST(Norm, NeitherOverflowsNorUnderflows) {
  for (double p : {2.0, 3.0, 1.5})
    for (double scale : {1e300, 1e-300, 5e-324, 1.0}) {
      const double wanted = std::pow(std::pow(3, p) + std::pow(4, p), 1 / p);
      const double got = norm(tensor({3 * scale, -4 * scale}), p).item();
      if (scale > 5e-324)
        EXPECT_NEAR(got / scale, wanted, 1e-14 * wanted) << p << " " << scale;
      else
        EXPECT_GE(got, 4 * scale);
    }
  EXPECT_EQ(norm(tensor({1, inf})).item(), inf);
  EXPECT_EQ(norm(tensor({1, -inf}), 3).item(), inf);
  EXPECT_TRUE(std::isnan(norm(tensor({inf, NAN})).item()));
  EXPECT_TRUE(std::isnan(norm(tensor({1, NAN}), 3).item()));
  EXPECT_EQ(norm(zeros({0})).item(), 0);
  EXPECT_EQ(norm(zeros({0}), 3).item(), 0);
  EXPECT_EQ(norm(tensor({0, 2}), -1).item(), 0);
}

TEST(Counts, TakeNanForOtherThanZero) {
  const Tensor x = tensor({0, NAN, -0.0});
  EXPECT_EQ(count_nonzero(x).item<std::int64_t>(), 1);
  EXPECT_TRUE(any(x).item<bool>());
  EXPECT_FALSE(all(x).item<bool>());
  EXPECT_EQ(count_nonzero(ones({100001}) > 0).item<std::int64_t>(), 100001);
  EXPECT_EQ(sum(ones({300, 700}) > 0, {0}).to_vector(), Numbers(700, 300));
}

TEST(LogSumExp, OfInfinities) {
  const ScalarFunction f = [](const Tensor& x) { return logsumexp(x); };
  EXPECT_EQ(logsumexp(zeros({0})).item(), -inf);
  const Tensor none = tensor({-inf, -inf});
  EXPECT_EQ(f(none).item(), -inf);
  EXPECT_EQ(gradient_of(f, none).to_vector(), Numbers(2, 0));
  EXPECT_EQ(hessian_of(f, none).to_vector(), Numbers(4, 0));
  const Tensor one = tensor({0, inf, -inf});
  EXPECT_EQ(f(one).item(), inf);
  EXPECT_EQ(gradient_of(f, one).to_vector(), (Numbers{0, 1, 0}));
  EXPECT_EQ(gradient_of(f, tensor({inf, 3, inf})).to_vector(), (Numbers{0.5, 0, 0.5}));
  EXPECT_TRUE(std::isnan(f(tensor({inf, NAN, -inf})).item()));
  const Tensor masked = tensor({{-inf, 1, -inf}, {-inf, -inf, -inf}});
  EXPECT_EQ(logsumexp(masked, {1}).to_vector(), (Numbers{1, -inf}));
  EXPECT_EQ(logsumexp(masked, {0}).to_vector(), (Numbers{-inf, 1, -inf}));
}

TEST(Softmax, OfInfinities) {
  EXPECT_EQ(softmax(tensor({-inf, 2}), 0).to_vector(), (Numbers{0, 1}));
  EXPECT_EQ(log_softmax(tensor({-inf, 2}), 0).to_vector(), (Numbers{-inf, 0}));
  for (const Tensor& x : {tensor({-inf, -inf}), tensor({inf, 0})})
    for (const Tensor& y : {softmax(x, 0), log_softmax(x, 0)})
      for (double v : y.to_vector()) EXPECT_TRUE(std::isnan(v));
}

TEST(LogCumSumExp, BeginsWithMinusInfinity) {
  const Tensor x = tensor({-inf, -inf, 0, -inf, 1});
  const double last = std::log(1 + std::exp(1.0));
  const Numbers y = logcumsumexp(x, 0).to_vector();
  EXPECT_EQ(Numbers(y.begin(), y.end() - 1), (Numbers{-inf, -inf, 0, 0}));
  EXPECT_NEAR(y.back(), last, 1e-15);
  const ScalarFunction f = [](const Tensor& at) {
    return sum(slice(logcumsumexp(at, 0), 0, 2, 5));
  };
  const Numbers g = gradient_of(f, x).to_vector();
  const double p = 1 / (1 + std::exp(1.0));
  EXPECT_EQ(g[0], 0);
  EXPECT_EQ(g[1], 0);
  EXPECT_NEAR(g[2], 2 + p, 1e-15);
  EXPECT_EQ(g[3], 0);
  EXPECT_NEAR(g[4], 1 - p, 1e-15);
  const Numbers h = hessian_of(f, x).to_vector();
  EXPECT_NEAR(h[2 * 5 + 4], -p * (1 - p), 1e-15);
  EXPECT_EQ(h[0], 0);
  EXPECT_EQ(logcumsumexp(tensor({1, inf, 2}), 0).to_vector(), (Numbers{1, inf, inf}));
}

TEST(Reductions, GiveExactZerosInABranchNotTaken) {
  const Tensor x = tensor({{0, -inf, inf}, {NAN, 1, 0}, {-inf, -inf, -inf}});
  const std::vector<std::pair<const char*, std::function<Tensor(const Tensor&)>>> functions = {
      {"sum", [](const Tensor& at) { return sum(at); }},
      {"prod", [](const Tensor& at) { return prod(at); }},
      {"max", [](const Tensor& at) { return max(at, {0}); }},
      {"min", [](const Tensor& at) { return min(at); }},
      {"var", [](const Tensor& at) { return var(at, {1}); }},
      {"std", [](const Tensor& at) { return std(at, {1}); }},
      {"norm", [](const Tensor& at) { return norm(at, 2, {1}); }},
      {"norm 3", [](const Tensor& at) { return norm(at, 3, {1}); }},
      {"logsumexp", [](const Tensor& at) { return logsumexp(at, {1}); }},
      {"softmax", [](const Tensor& at) { return softmax(at, 1); }},
      {"log_softmax", [](const Tensor& at) { return log_softmax(at, 1); }},
      {"cumsum", [](const Tensor& at) { return cumsum(at, 1); }},
      {"cumprod", [](const Tensor& at) { return cumprod(at, 1); }},
      {"logcumsumexp", [](const Tensor& at) { return logcumsumexp(at, 1); }},
      {"linear_recurrence", [](const Tensor& at) { return linear_recurrence(at, at, 1); }}};
  for (const auto& [name, g] : functions) {
    const ScalarFunction f = [g = g](const Tensor& at) {
      const Tensor y = g(at);
      return sum(where(zeros(y.shape()) > 0, y, 0));
    };
    EXPECT_EQ(gradient_of(f, x).to_vector(), Numbers(9, 0)) << name;
    EXPECT_EQ(hessian_of(f, x).to_vector(), Numbers(81, 0)) << name;
  }
}

Numbers random_numbers(std::size_t n) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> uniform(-1, 1);
  Numbers values(n);
  for (double& v : values) v = uniform(random);
  return values;
}

TEST(Scans, OfLongLinesAreThoseOfPlainLoops) {
  for (std::size_t n : {16383u, 40000u, 100003u}) {
    const Numbers values = random_numbers(n);
    const Tensor x = from_vector(values), factor = 0.99 + 0.01 * x;
    const Tensor back = linear_recurrence(x, factor, 0, true);
    const Numbers sums = cumsum(x, 0).to_vector(), logs = logcumsumexp(1000 * x, 0).to_vector(),
                  products = cumprod(1 + 0.01 * x, 0).to_vector(),
                  smooth = linear_recurrence(x, factor, 0).to_vector(), its = back.to_vector();
    long double total = 0, product = 1, y = 0, z = 0, m = -inf, s = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const long double v = values[i];
      total += v;
      product *= 1 + 0.01 * values[i];
      y = (0.99 + 0.01 * values[i]) * y + v;
      const long double w = 1000 * values[i];
      s = w > m ? s * std::exp(m - w) + 1 : s + std::exp(w - m);
      m = std::max(m, w);
      ASSERT_NEAR(sums[i], static_cast<double>(total), 1e-11) << i;
      ASSERT_NEAR(products[i] / static_cast<double>(product), 1, 1e-10) << i;
      ASSERT_NEAR(smooth[i], static_cast<double>(y), 1e-11) << i;
      ASSERT_NEAR(logs[i], static_cast<double>(m + std::log(s)), 1e-11) << i;
    }
    for (std::size_t i = n; i-- > 0;) {
      z = (0.99 + 0.01 * values[i]) * z + static_cast<long double>(values[i]);
      ASSERT_NEAR(its[i], static_cast<double>(z), 1e-11) << i;
    }
  }
}

TEST(Softmax, OfLongLinesIsThatOfPlainLoops) {
  Numbers values = random_numbers(20000);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = i % 977 == 5 ? -inf : 300 * values[i] * static_cast<double>(i) / 20000;
  long double total = 0;
  for (double v : values) total += std::exp(static_cast<long double>(v));
  const Tensor x = from_vector(values), pair = stack({x, 0.5 * x}, 1);
  EXPECT_NEAR(logsumexp(x).item(), static_cast<double>(std::log(total)), 1e-12);
  EXPECT_NEAR(select(logsumexp(pair, {0}), 0, 0).item(), static_cast<double>(std::log(total)),
              1e-12);
  const Numbers soft = softmax(x, 0).to_vector(), logs = log_softmax(x, 0).to_vector(),
                column = select(softmax(pair, 0), 1, 0).to_vector();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const long double v = values[i];
    const auto wanted = static_cast<double>(std::exp(v) / total);
    ASSERT_NEAR(soft[i], wanted, 2e-13 * wanted) << i;
    ASSERT_NEAR(column[i], wanted, 2e-13 * wanted) << i;
    if (std::isfinite(values[i]))
      ASSERT_NEAR(logs[i], static_cast<double>(v - std::log(total)), 1e-12) << i;
    else
      ASSERT_EQ(logs[i], -inf) << i;
  }
}

TEST(Reductions, HaveTheSameBitsForAnyThreads) {
  const std::vector<std::function<Tensor(const Tensor&)>> functions = {
      [](const Tensor& x) { return prod(x + 1.5, {0}); },
      [](const Tensor& x) { return max(x, {-1}); },
      [](const Tensor& x) { return norm(x); },
      [](const Tensor& x) { return var(x); },
      [](const Tensor& x) { return logsumexp(x); },
      [](const Tensor& x) { return logsumexp(x, {0}); },
      [](const Tensor& x) { return softmax(x, 0); },
      [](const Tensor& x) { return log_softmax(x, -1); },
      [](const Tensor& x) { return cumsum(x, 0); },
      [](const Tensor& x) { return cumprod(x + 1, -1); },
      [](const Tensor& x) { return logcumsumexp(x, 0); },
      [](const Tensor& x) { return linear_recurrence(x, x, 0); }};
  const Tensor values = from_vector(random_numbers(120000));
  for (const Dims& shape : {Dims{120000}, Dims{40000, 3}, Dims{3, 40000}, Dims{300, 400}})
    for (DType dtype : {DType::float64, DType::float32})
      for (std::size_t i = 0; i < functions.size(); ++i) {
        const Tensor x = to(reshape(values, shape), dtype);
        Numbers first;
        for (int threads : {1, 2, 3, 7}) {
          const NumThreadsGuard guard(threads);
          const Numbers got = functions[i](x).to_vector();
          if (threads == 1) first = got;
          EXPECT_EQ(got, first) << "function " << i << " of " << to_string(shape);
        }
      }
}

/// A table of reference values, or nothing where there is none.
nlohmann::json table(const std::string& name) {
  const std::string path =
      std::string(WALD_SOURCE_DIR) + "/../shared/oracles/special/" + name + ".json";
  if (!std::filesystem::exists(path)) return {};
  return nlohmann::json::parse(std::ifstream(path));
}

double number(const nlohmann::json& text) {
  return std::strtod(text.get<std::string>().c_str(), nullptr);
}
Numbers numbers(const nlohmann::json& list) {
  Numbers out;
  for (const auto& v : list) out.push_back(number(v));
  return out;
}

void expect_relative(double got, double wanted, double tolerance, const std::string& where) {
  if (got == wanted) return;
  EXPECT_LE(std::fabs(got - wanted), std::max(tolerance * std::fabs(wanted), 1e-323))
      << where << ": " << got << " for " << wanted;
}

/// How much a relative change of the arguments moves a weight, relatively.
Numbers conditions(const Numbers& x, const Numbers& weights) {
  double mean = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (weights[i] > 0) mean += std::fabs(x[i]) * weights[i];
  Numbers out;
  for (double v : x) out.push_back(1 + mean + (std::isinf(v) ? 0 : std::fabs(v)));
  return out;
}

/// The same of the logarithm of the sum.
double condition(const Numbers& x, const Numbers& weights, double value) {
  double total = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (weights[i] > 0) total += std::fabs(x[i]) * weights[i];
  return 1 + total / std::fabs(value);
}

TEST(LogSumExp, GivesTheReferenceValues) {
  const nlohmann::json reference = table("logsumexp");
  if (reference.is_null()) GTEST_SKIP() << "no reference data (../shared/oracles/special)";
  const ScalarFunction f = [](const Tensor& x) { return logsumexp(x); };
  for (const auto& one : reference.at("cases")) {
    const Numbers at = numbers(one.at("x_hex")), wanted = numbers(one.at("grad"));
    const std::string where = one.at("regime").get<std::string>() + " " + one.at("x").dump();
    const Tensor x = from_vector(at);
    const double value = number(one.at("f"));
    const Numbers scale = conditions(at, wanted);
    expect_relative(f(x).item(), value, 4e-16 * condition(at, wanted, value), where);
    const Numbers got = gradient_of(f, x).to_vector();
    for (std::size_t i = 0; i < at.size(); ++i)
      expect_relative(got[i], wanted[i], 4e-16 * scale[i], where + " gradient");
    if (!one.contains("hess")) continue;
    const Numbers h = hessian_of(f, x).to_vector();
    for (std::size_t i = 0; i < at.size(); ++i)
      for (std::size_t j = 0; j < at.size(); ++j) {
        const double exact = number(one.at("hess")[i][j]);
        if (i == j && wanted[i] > 0.5)  // p (1 - p) is as uncertain as p there
          EXPECT_NEAR(h[i * at.size() + j], exact, 4e-16 * scale[i]) << where;
        else
          expect_relative(h[i * at.size() + j], exact, 4e-16 * (scale[i] + scale[j]),
                          where + " Hessian");
      }
  }
}

TEST(LogSoftmax, GivesTheReferenceValues) {
  const nlohmann::json reference = table("log_softmax");
  if (reference.is_null()) GTEST_SKIP() << "no reference data (../shared/oracles/special)";
  for (const auto& one : reference.at("cases")) {
    const Numbers at = numbers(one.at("x_hex")), weights = numbers(one.at("softmax"));
    const Numbers wanted = numbers(one.at("f"));
    const std::string where = one.at("regime").get<std::string>() + " " + one.at("x").dump();
    const Tensor x = from_vector(at);
    const Numbers scale = conditions(at, weights);
    const double worst = *std::max_element(scale.begin(), scale.end());
    const Numbers logs = log_softmax(x, 0).to_vector(), soft = softmax(x, 0).to_vector();
    for (std::size_t i = 0; i < at.size(); ++i) {
      // The table gives the second of two equal arguments, 1e300, another value than the first.
      if (!(i == 1 && at[0] == at[1] && wanted[0] != wanted[1]))
        expect_relative(logs[i], wanted[i], 4e-16 * worst, where);
      expect_relative(soft[i], weights[i], 4e-16 * scale[i], where + " softmax");
      const auto place = static_cast<std::int64_t>(i);
      const Numbers g =
          gradient_of([&](const Tensor& v) { return select(log_softmax(v, 0), 0, place); }, x)
              .to_vector();
      for (std::size_t j = 0; j < at.size(); ++j)
        EXPECT_NEAR(g[j], (i == j) - weights[j], 1e-15) << where << " gradient";
      if (at.size() > 5) continue;
      const Numbers h =
          hessian_of([&](const Tensor& v) { return select(log_softmax(v, 0), 0, place); }, x)
              .to_vector();
      for (std::size_t j = 0; j < at.size(); ++j)
        for (std::size_t k = 0; k < at.size(); ++k)
          EXPECT_NEAR(h[j * at.size() + k], -weights[j] * ((j == k) - weights[k]), 1e-15)
              << where << " Hessian";
    }
  }
}

}  // namespace
}  // namespace wald
