#include "test_problems.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

#include <wald/engine/creation.h>
#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>

namespace wald::testing {
namespace {

/// The elements of x, [1] each, to be bound to names.
template <std::size_t N>
std::array<Tensor, N> elements(const Tensor& x) {
  std::array<Tensor, N> parts;
  for (std::size_t i = 0; i < N; ++i) parts[i] = narrow(x, 0, static_cast<std::int64_t>(i), 1);
  return parts;
}

/// 1, 2 ... n.
Tensor count(std::int64_t n) { return float_range(1, static_cast<double>(n) + 0.5, 1); }

Tensor rosenbrock(const Tensor& x) {
  const Tensor odd = slice(x, 0, 0, x.size(0), 2), even = slice(x, 0, 1, x.size(0), 2);
  return cat({10 * (even - square(odd)), 1 - odd});
}

Tensor powell_badly_scaled(const Tensor& x) {
  const auto [x1, x2] = elements<2>(x);
  return cat({1e4 * x1 * x2 - 1, exp(-x1) + exp(-x2) - 1.0001});
}

Tensor brown_badly_scaled(const Tensor& x) {
  const auto [x1, x2] = elements<2>(x);
  return cat({x1 - 1e6, x2 - 2e-6, x1 * x2 - 2});
}

Tensor beale(const Tensor& x) {
  static const Tensor y = tensor({1.5, 2.25, 2.625});
  const auto [x1, x2] = elements<2>(x);
  return y - x1 * (1 - cat({x2, square(x2), x2 * square(x2)}));
}

/// The angle is 0 along x1 > 0 and has its cut along x1 = 0 > x2.
Tensor helical_valley(const Tensor& x) {
  const auto [x1, x2, x3] = elements<3>(x);
  const Tensor theta = atan2(-x1, x2) / (2 * M_PI) + 0.25;
  return cat({10 * (x3 - 10 * theta), 10 * (hypot(x1, x2) - 1), x3});
}

Tensor gaussian(const Tensor& x) {
  static const Tensor y = tensor({0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521, 0.3989,
                                  0.3521, 0.2420, 0.1295, 0.0540, 0.0175, 0.0044, 0.0009});
  static const Tensor times = (8 - count(15)) / 2;
  const auto [x1, x2, x3] = elements<3>(x);
  return x1 * exp(-x2 * square(times - x3) / 2) - y;
}

Tensor meyer(const Tensor& x) {
  static const Tensor y = tensor({34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744, 8261, 7030,
                                  6005, 5147, 4427, 3820, 3307, 2872});
  static const Tensor times = 45 + 5 * count(16);
  const auto [x1, x2, x3] = elements<3>(x);
  return x1 * exp(x2 / (times + x3)) - y;
}

/// With the residual as it was meant, y - x2 in place of the paper's y m i x2.
Tensor gulf(const Tensor& x) {
  static const Tensor share = count(99) / 100;
  static const Tensor y = 25 + pow(-50 * log(share), 2. / 3);
  const auto [x1, x2, x3] = elements<3>(x);
  return exp(-pow(abs(y - x2), x3) / x1) - share;
}

Tensor powell_singular(const Tensor& x) {
  const auto [x1, x2, x3, x4] = elements<4>(x);
  return cat({x1 + 10 * x2, std::sqrt(5) * (x3 - x4), square(x2 - 2 * x3),
              std::sqrt(10) * square(x1 - x4)});
}

Tensor wood(const Tensor& x) {
  const auto [x1, x2, x3, x4] = elements<4>(x);
  return cat({10 * (x2 - square(x1)), 1 - x1, std::sqrt(90) * (x4 - square(x3)), 1 - x3,
              std::sqrt(10) * (x2 + x4 - 2), (x2 - x4) / std::sqrt(10)});
}

Tensor brown_dennis(const Tensor& x) {
  static const Tensor times = count(20) / 5;
  const auto [x1, x2, x3, x4] = elements<4>(x);
  return square(x1 + times * x2 - exp(times)) + square(x3 + x4 * sin(times) - cos(times));
}

Tensor biggs_exp6(const Tensor& x) {
  static const Tensor times = count(13) / 10;
  static const Tensor y = exp(-times) - 5 * exp(-10 * times) + 3 * exp(-4 * times);
  const auto [x1, x2, x3, x4, x5, x6] = elements<6>(x);
  return x3 * exp(-times * x1) - x4 * exp(-times * x2) + x6 * exp(-times * x5) - y;
}

Tensor osborne2(const Tensor& x) {
  static const Tensor y = tensor(
      {1.366, 1.191, 1.112, 1.013, 0.991, 0.885, 0.831, 0.847, 0.786, 0.725, 0.746, 0.679, 0.608,
       0.655, 0.616, 0.606, 0.602, 0.626, 0.651, 0.724, 0.649, 0.649, 0.694, 0.644, 0.624, 0.661,
       0.612, 0.558, 0.533, 0.495, 0.500, 0.423, 0.395, 0.375, 0.372, 0.391, 0.396, 0.405, 0.428,
       0.429, 0.523, 0.562, 0.607, 0.653, 0.672, 0.708, 0.633, 0.668, 0.645, 0.632, 0.591, 0.559,
       0.597, 0.625, 0.739, 0.710, 0.729, 0.720, 0.636, 0.581, 0.428, 0.292, 0.162, 0.098, 0.054});
  static const Tensor times = (count(65) - 1) / 10;
  const Tensor peaks = narrow(x, 0, 1, 3), widths = narrow(x, 0, 5, 3),
               centres = narrow(x, 0, 8, 3);
  const Tensor decay = narrow(x, 0, 0, 1) * exp(-times * narrow(x, 0, 4, 1));
  const Tensor bells = exp(-square(unsqueeze(times, 1) - centres) * widths);
  return y - decay - matmul(bells, peaks);
}

Tensor watson(const Tensor& x) {
  const std::int64_t n = x.size(0);
  const Tensor times = unsqueeze(count(29) / 29, 1), powers = count(n) - 1;
  const Tensor values = matmul(pow(times, powers), x);
  const Tensor slopes = matmul(pow(times, narrow(powers, 0, 0, n - 1)),
                               narrow(powers, 0, 1, n - 1) * narrow(x, 0, 1, n - 1));
  const Tensor x1 = narrow(x, 0, 0, 1), x2 = narrow(x, 0, 1, 1);
  return cat({slopes - square(values) - 1, x1, x2 - square(x1) - 1});
}

Tensor penalty1(const Tensor& x) {
  return cat({std::sqrt(1e-5) * (x - 1), unsqueeze(sum(square(x)) - 0.25, 0)});
}

Tensor variably_dimensioned(const Tensor& x) {
  const Tensor s = unsqueeze(sum(count(x.size(0)) * (x - 1)), 0);
  return cat({x - 1, s, square(s)});
}

Tensor brown_almost_linear(const Tensor& x) {
  const std::int64_t n = x.size(0);
  const Tensor head = narrow(x, 0, 0, n - 1) + sum(x) - static_cast<double>(n + 1);
  return cat({head, unsqueeze(prod(x) - 1, 0)});
}

/// The neighbours of each element, 0 beyond the ends.
std::pair<Tensor, Tensor> neighbours(const Tensor& x) {
  const std::int64_t n = x.size(0);
  const Tensor end = zeros({1});
  return {cat({end, narrow(x, 0, 0, n - 1)}), cat({narrow(x, 0, 1, n - 1), end})};
}

/// 1/(n + 1) ... n/(n + 1).
Tensor grid(std::int64_t n) { return count(n) / static_cast<double>(n + 1); }

Tensor discrete_boundary_value(const Tensor& x) {
  const auto [before, after] = neighbours(x);
  const double h = 1 / static_cast<double>(x.size(0) + 1);
  return 2 * x - before - after + h * h * pow(x + grid(x.size(0)) + 1, 3) / 2;
}

/// The integral's kernel is min(s, t) (1 - max(s, t)).
Tensor discrete_integral_equation(const Tensor& x) {
  const Tensor times = grid(x.size(0)), column = unsqueeze(times, 1);
  const Tensor kernel = minimum(times, column) * (1 - maximum(times, column));
  return x + matmul(kernel, pow(x + times + 1, 3)) / static_cast<double>(2 * (x.size(0) + 1));
}

Tensor broyden_tridiagonal(const Tensor& x) {
  const auto [before, after] = neighbours(x);
  return (3 - 2 * x) * x - before - 2 * after + 1;
}

Tensor linear_full_rank(const Tensor& x) {
  constexpr std::int64_t m = 20;
  return cat({x, zeros({m - x.size(0)})}) - 2. / m * sum(x) - 1;
}

Tensor linear_rank1(const Tensor& x) { return count(20) * sum(count(x.size(0)) * x) - 1; }

/// Means of the Chebyshev polynomials shifted to [0, 1], less their integrals.
Tensor chebyquad(const Tensor& x) {
  const Tensor u = 2 * x - 1;
  std::vector<Tensor> residuals;
  Tensor before = ones(x.shape()), here = u;
  for (std::int64_t i = 1; i <= x.size(0); ++i) {
    const double integral = i % 2 == 1 ? 0 : -1 / static_cast<double>(i * i - 1);
    residuals.push_back(mean(here) - integral);
    before = std::exchange(here, 2 * u * here - before);
  }
  return stack(residuals);
}

std::vector<TestProblem> make_problems() {
  std::vector<TestProblem> out;
  const auto add = [&](const char* key, std::int64_t m, const Tensor& start, TensorFunction f) {
    out.push_back({key, start.size(0), m, start, std::move(f)});
  };
  add("rosenbrock", 2, tensor({-1.2, 1}), rosenbrock);
  add("powell_badly_scaled", 2, tensor({0, 1}), powell_badly_scaled);
  add("brown_badly_scaled", 3, tensor({1, 1}), brown_badly_scaled);
  add("beale", 3, tensor({1, 1}), beale);
  add("helical_valley", 3, tensor({-1, 0, 0}), helical_valley);
  add("gaussian", 15, tensor({0.4, 1, 0}), gaussian);
  add("meyer", 16, tensor({0.02, 4000, 250}), meyer);
  add("gulf", 99, tensor({5, 2.5, 0.15}), gulf);
  add("powell_singular", 4, tensor({3, -1, 0, 1}), powell_singular);
  add("wood", 6, tensor({-3, -1, -3, -1}), wood);
  add("brown_dennis", 20, tensor({25, 5, -5, -1}), brown_dennis);
  add("biggs_exp6", 13, tensor({1, 2, 1, 1, 1, 1}), biggs_exp6);
  add("osborne2", 65, tensor({1.3, 0.65, 0.65, 0.7, 0.6, 3, 5, 7, 2, 4.5, 5.5}), osborne2);
  for (const std::int64_t n : {6, 9, 12}) add("watson", 31, zeros({n}), watson);
  for (const std::int64_t n : {10, 20})
    add("ext_rosenbrock", n, repeat(tensor({-1.2, 1}), {n / 2}), rosenbrock);
  for (const std::int64_t n : {4, 10}) add("penalty1", n + 1, count(n), penalty1);
  add("variably_dimensioned", 12, (10 - count(10)) / 10, variably_dimensioned);
  for (const std::int64_t n : {5, 10})
    add("brown_almost_linear", n, full({n}, 0.5), brown_almost_linear);
  const Tensor bridge = grid(10) * (grid(10) - 1);
  add("discrete_boundary_value", 10, bridge, discrete_boundary_value);
  add("discrete_integral_equation", 10, bridge, discrete_integral_equation);
  add("broyden_tridiagonal", 10, full({10}, -1), broyden_tridiagonal);
  add("linear_full_rank", 20, ones({10}), linear_full_rank);
  add("linear_rank1", 20, ones({10}), linear_rank1);
  for (const std::int64_t n : {7, 8, 9, 10}) add("chebyquad", n, grid(n), chebyquad);
  return out;
}

}  // namespace

std::string TestProblem::name() const { return fmt::format("{}, n = {}", key, n); }

Tensor TestProblem::operator()(const Tensor& x) const { return sum(square(residuals(x))); }

const std::vector<TestProblem>& test_problems() {
  static const std::vector<TestProblem> problems = make_problems();
  return problems;
}

const TestProblem& test_problem(const std::string& key, std::int64_t n, std::int64_t m) {
  for (const TestProblem& problem : test_problems())
    if (problem.key == key && problem.n == n && problem.m == m) return problem;
  throw InputError(fmt::format("no test problem is called {} with n = {} and m = {}", key, n, m));
}

}  // namespace wald::testing
