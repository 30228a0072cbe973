// Second derivatives of whole functions: both methods against closed forms, at sizes where a batch
// of K directions could be taken for the n observations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>

namespace wald {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

struct Problem {
  std::int64_t n, k;
  std::vector<double> x, y;  // x is n by k

  Problem(std::int64_t rows, std::int64_t columns) : n(rows), k(columns) {
    std::mt19937 random(7);
    auto uniform = [&] { return static_cast<double>(random()) / 4294967296.0; };
    for (std::int64_t i = 0; i < n * k; ++i) x.push_back(2 * uniform() - 1);
    for (std::int64_t i = 0; i < n; ++i) y.push_back(uniform() + 0.1);
  }
  Tensor design() const { return from_vector(x, {n, k}); }
  Tensor response() const { return from_vector(y); }
  double at(std::int64_t i, std::int64_t j) const { return x[static_cast<std::size_t>(i * k + j)]; }

  /// X' diag(w(row, x'b)) X, in extended precision.
  std::vector<double> information(
      const std::vector<double>& b,
      const std::function<long double(std::int64_t, long double)>& w) const {
    std::vector<double> out;
    for (std::int64_t p = 0; p < k; ++p)
      for (std::int64_t q = 0; q < k; ++q) {
        long double total = 0;
        for (std::int64_t i = 0; i < n; ++i) {
          long double eta = 0;
          for (std::int64_t j = 0; j < k; ++j)
            eta += static_cast<long double>(at(i, j)) * b[static_cast<std::size_t>(j)];
          total += w(i, eta) * at(i, p) * at(i, q);
        }
        out.push_back(static_cast<double>(total));
      }
    return out;
  }
};

std::vector<double> point(std::int64_t k) {
  std::vector<double> b;
  for (std::int64_t j = 0; j < k; ++j) b.push_back(0.3 - 0.2 * static_cast<double>(j));
  return b;
}

/// Both methods within `tolerance` of the largest element.
void expect_hessian(const ScalarFunction& f, const Tensor& x, const std::vector<double>& wanted,
                    double tolerance) {
  double largest = 0;
  for (double v : wanted) largest = std::max(largest, std::fabs(v));
  for (HessianMethod method : {HessianMethod::batched, HessianMethod::rows}) {
    SCOPED_TRACE(method == HessianMethod::rows ? "rows" : "batched");
    const Tensor h = hessian(f, x, method);
    Dims shape = x.shape();
    for (std::int64_t size : x.shape()) shape.push_back(size);
    ASSERT_EQ(to_string(h.shape()), to_string(shape));
    EXPECT_EQ(h.dtype(), x.dtype());
    EXPECT_FALSE(h.requires_grad());
    const std::vector<double> got = h.to_vector();
    for (std::size_t i = 0; i < wanted.size(); ++i)
      EXPECT_NEAR(got[i], wanted[i], tolerance * largest) << "element " << i;
  }
}

/// Sizes n by k with n below, at and above k.
class OfSize : public ::testing::TestWithParam<std::pair<std::int64_t, std::int64_t>> {
 protected:
  const Problem data{GetParam().first, GetParam().second};
};

TEST_P(OfSize, ExponentialSurvival) {
  const Tensor x = data.design(), t = data.response(), d = to(t > 0.5, DType::float64);
  const std::vector<double> wanted = data.information(point(data.k), [&](std::int64_t i, auto eta) {
    return data.y[static_cast<std::size_t>(i)] * std::exp(eta);
  });
  const ScalarFunction f = [&](const Tensor& b) {
    const Tensor eta = mv(x, b);
    return -sum(d * eta - exp(eta) * t + d * log(t));
  };
  expect_hessian(f, from_vector(point(data.k)), wanted, 1e-12);
  // The same with the parameters as a column.
  const ScalarFunction column = [&](const Tensor& b) {
    const Tensor eta = matmul(x, b), time = unsqueeze(t, 1);
    return sum(exp(eta) * time) - sum(unsqueeze(d, 1) * eta);
  };
  expect_hessian(column, from_vector(point(data.k), {data.k, 1}), wanted, 1e-12);
}

TEST_P(OfSize, LogisticBySoftplus) {
  const Tensor x = data.design(), y = to(data.response() > 0.5, DType::float64);
  const std::vector<double> wanted = data.information(point(data.k), [](std::int64_t, auto eta) {
    return 1 / (2 + std::exp(eta) + std::exp(-eta));
  });
  const ScalarFunction f = [&](const Tensor& b) {
    const Tensor eta = matmul(x, b);
    return sum(softplus(eta)) - dot(y, eta);
  };
  expect_hessian(f, from_vector(point(data.k)), wanted, 1e-12);
}

TEST_P(OfSize, AScalarBesideObservations) {
  // n log s + |y|^2 / (2 s^2): the K = 1 tangent of s meets n residuals.
  const Tensor y = data.response();
  const ScalarFunction f = [&](const Tensor& s) {
    return sum(log(s) + square(y) / (2 * square(s)));
  };
  double squares = 0;
  for (double v : data.y) squares += v * v;
  const double s = 1.3;
  const double wanted = -static_cast<double>(data.n) / (s * s) + 3 * squares / std::pow(s, 4);
  expect_hessian(f, tensor(s), {wanted}, 1e-12);
  expect_hessian(f, tensor({s}), {wanted}, 1e-12);
}

INSTANTIATE_TEST_SUITE_P(Sizes, OfSize,
                         ::testing::Values(std::pair(3, 3), std::pair(1, 1), std::pair(2, 5),
                                           std::pair(7, 2), std::pair(6, 6), std::pair(3000, 3)));

double rosenbrock_at(const std::vector<double>& x, std::size_t i, std::size_t j) {
  const std::size_t n = x.size();
  if (i == j) return (i + 1 < n ? 1200 * x[i] * x[i] - 400 * x[i + 1] + 2 : 0) + (i > 0 ? 200 : 0);
  return i + 1 == j ? -400 * x[i] : j + 1 == i ? -400 * x[j] : 0;
}

Tensor rosenbrock(const Tensor& x) {
  const Tensor head = slice(x, 0, 0, -1), tail = slice(x, 0, 1, x.size(0));
  return sum(100 * square(tail - square(head)) + square(1 - head));
}

TEST(Hessian, OfRosenbrock) {
  const std::vector<double> x = {-1.2, 1, -0.5, 0.8};
  std::vector<double> wanted;
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 4; ++j) wanted.push_back(rosenbrock_at(x, i, j));
  expect_hessian(rosenbrock, from_vector(x), wanted, 1e-14);
}

TEST(Hessian, OfAPowerWhoseExponentIsAParameter) {
  // f(a, b) = a^b + sum over i of t_i^b, three observations.
  const Tensor t = tensor({0.5, 1.5, 2.5});
  const ScalarFunction f = [&](const Tensor& p) {
    const Tensor a = select(p, 0, 0), b = select(p, 0, 1);
    return pow(a, b) + sum(pow(t, b));
  };
  const double a = 1.7, b = 2.3, l = std::log(a);
  double bb = std::pow(a, b) * l * l;
  for (double v : {0.5, 1.5, 2.5}) bb += std::pow(v, b) * std::log(v) * std::log(v);
  const double ab = std::pow(a, b - 1) * (1 + b * l);
  expect_hessian(f, tensor({a, b}), {b * (b - 1) * std::pow(a, b - 2), ab, ab, bb}, 1e-14);
}

TEST(Hessian, OfEveryShapeOfPoint) {
  const ScalarFunction cube = [](const Tensor& x) { return sum(x * x * x); };
  expect_hessian(cube, tensor(2), {12}, 0);
  expect_hessian(cube, tensor({{1, 2}}), {6, 0, 0, 12}, 0);
  expect_hessian(cube, zeros({0}), {}, 0);
  expect_hessian(cube, transpose(tensor({{1, 2}, {3, 4}}), 0, 1),
                 {6, 0, 0, 0, 0, 18, 0, 0, 0, 0, 12, 0, 0, 0, 0, 24}, 0);
}

TEST(Hessian, OfALinearFunctionIsZero) {
  const Tensor a = tensor({1, 2, 3});
  expect_hessian([&](const Tensor& x) { return dot(a, x); }, tensor({4, 5, 6}),
                 std::vector<double>(9, 0), 0);
  expect_hessian([](const Tensor& x) { return sum(x); }, tensor({4, 5}), {0, 0, 0, 0}, 0);
  expect_hessian([](const Tensor& x) { return x; }, tensor(4), {0}, 0);
}

TEST(Hessian, OfAFunctionOfOtherThings) {
  const Tensor other = tensor(3).requires_grad_();
  expect_hessian([](const Tensor&) { return tensor(1); }, tensor({4, 5}), {0, 0, 0, 0}, 0);
  expect_hessian([&](const Tensor&) { return exp(other); }, tensor({4, 5}), {0, 0, 0, 0}, 0);
  expect_hessian([&](const Tensor& x) { return exp(other) + square(select(x, 0, 1)); },
                 tensor({4, 5}), {0, 0, 0, 2}, 0);
  EXPECT_FALSE(other.grad().defined());
}

TEST(Hessian, OfFloat32) {
  const Tensor x = to(tensor({0.5, -1}), DType::float32);
  const ScalarFunction f = [](const Tensor& p) { return sum(exp(p)) + square(sum(p)); };
  expect_hessian(f, x, {std::exp(0.5) + 2, 2, 2, std::exp(-1.0) + 2}, 3e-7);
}

TEST(Hessian, IsTakenUnderNoGradGuardAndLeavesThePointAlone) {
  const Tensor x = tensor({1, 2}).requires_grad_();
  const NoGradGuard off;
  EXPECT_THAT(hessian([](const Tensor& p) { return sum(p * p); }, x).to_vector(),
              ElementsAre(2, 0, 0, 2));
  EXPECT_FALSE(x.grad().defined());
  EXPECT_TRUE(x.is_leaf());
}

TEST(Hessian, WantsAScalar) {
  EXPECT_THROW(hessian([](const Tensor& x) { return x * x; }, tensor({1, 2})), ShapeError);
  EXPECT_THROW(value_and_gradient([](const Tensor& x) { return x * x; }, tensor({1, 2})),
               ShapeError);
  EXPECT_THROW(hessian([](const Tensor& x) { return sum(x); }, to(tensor({1, 2}), DType::int64)),
               DTypeError);
}

TEST(ValueAndGradient, StandsOutsideAnyGraph) {
  const auto [value, gradient] = value_and_gradient(rosenbrock, tensor({-1.2, 1, -0.5, 0.8}));
  EXPECT_NEAR(value.item(), 281.7, 1e-12);
  EXPECT_FALSE(value.requires_grad());
  EXPECT_FALSE(gradient.requires_grad());
  const auto constant = value_and_gradient([](const Tensor&) { return tensor(3); }, tensor({1, 2}));
  EXPECT_EQ(constant.value.item(), 3);
  EXPECT_THAT(constant.gradient.to_vector(), Each(0));
}

TEST(ForwardSweep, KeepsTheBatchApartFromTheObservations) {
  const Tensor s = tensor(2).requires_grad_();
  const Tensor y = tensor({1, 2, 3}) * s;
  const Tensor pushed = forward_sweep({y}, {s}, {tensor({1, 10, 100})})[0];
  EXPECT_EQ(to_string(pushed.shape()), "[3, 3]");
  EXPECT_THAT(pushed.to_vector(), ElementsAre(1, 2, 3, 10, 20, 30, 100, 200, 300));
  const Tensor other = tensor(1).requires_grad_();
  EXPECT_FALSE(forward_sweep({y}, {other}, {ones({1})})[0].defined());
  EXPECT_THAT(forward_sweep({s}, {s}, {tensor({7})})[0].to_vector(), ElementsAre(7));
}

TEST(ForwardSweep, RefusesTangentsOfAnotherShape) {
  const Tensor x = tensor({1, 2, 3}).requires_grad_();
  const Tensor y = exp(x);
  EXPECT_THROW(forward_sweep({y}, {x}, {ones({3})}), ShapeError) << "the axis of K is missing";
  EXPECT_THROW(forward_sweep({y}, {x}, {ones({3, 2})}), ShapeError);
  EXPECT_THROW(forward_sweep({y}, {x}, {}), ShapeError);
}

}  // namespace
}  // namespace wald
