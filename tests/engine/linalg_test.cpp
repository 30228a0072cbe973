// What the table of operations does not reach: matrices large enough for LAPACK and for blocks,
// eigenvalues that repeat, the same bits for any number of threads, what is recorded.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <string>

#include <wald/engine/autograd.h>
#include <wald/engine/node.h>
#include <wald/engine/op.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/kernels/cpu/parallel.h>

#include "op_check.h"

namespace wald::testing {
namespace {

Tensor random_matrix(const Dims& shape, DType dtype = DType::float64, unsigned seed = 7) {
  std::mt19937 random(seed);
  return to(sample(between(-1, 1), shape, random), dtype);
}
Tensor mt(const Tensor& x) { return transpose(x, -2, -1); }
Tensor definite(const Tensor& x) {
  return matmul(x, mt(x)) + static_cast<double>(x.size(-1)) * eye(x.size(-1), x.dtype());
}
double largest(const Tensor& x) {
  double most = 0;
  for (double v : x.to_vector()) most = std::max(most, std::isnan(v) ? INFINITY : std::fabs(v));
  return most;
}
Tensor diagonal_matrix(const Tensor& d) { return unsqueeze(d, -1) * eye(d.size(-1), d.dtype()); }

/// The largest error, in units of the type's epsilon times the size of the numbers.
double error_of(const Tensor& got, const Tensor& wanted) {
  const double eps = wanted.dtype() == DType::float64 ? 0x1p-52 : 0x1p-23;
  return largest(got - wanted) / (eps * std::max(1.0, largest(wanted)));
}

class Large : public ::testing::TestWithParam<DType> {
 protected:
  const DType dtype = GetParam();
  /// Errors grow at most like the order of the matrix.
  void expect_close(const Tensor& got, const Tensor& wanted, const char* what) {
    const auto order = static_cast<double>(std::max(wanted.size(-1), wanted.size(-2)));
    EXPECT_LE(error_of(got, wanted), 4 * order) << what << " of " << to_string(wanted.shape());
  }
};
INSTANTIATE_TEST_SUITE_P(Types, Large, ::testing::Values(DType::float64, DType::float32),
                         [](const auto& type) {
                           return type.param == DType::float64 ? "float64" : "float32";
                         });

const Dims square_shapes[] = {{25, 25}, {24, 24}, {3, 40, 40}, {150, 150}};
const Dims shapes[] = {{30, 30}, {300, 20}, {20, 300}, {3, 50, 40}, {2, 40, 50}, {5000, 3}};

TEST_P(Large, FactorizationsGiveTheMatrixBack) {
  for (const Dims& shape : square_shapes) {
    const Tensor x = random_matrix(shape, dtype), a = definite(x);
    const Tensor l = cholesky(a);
    expect_close(matmul(l, mt(l)), a, "cholesky");
    const Lu parts = lu(x);
    expect_close(matmul(parts.p, matmul(parts.l, parts.u)), x, "lu");
    EXPECT_LE(largest(parts.l), 1);
    const Eigh e = eigh(a);
    expect_close(matmul(e.vectors, matmul(diagonal_matrix(e.values), mt(e.vectors))), a, "eigh");
    expect_close(matmul(mt(e.vectors), e.vectors), expand(eye(a.size(-1), dtype), shape), "V'V");
  }
  for (const Dims& shape : shapes) {
    const Tensor x = random_matrix(shape, dtype);
    const Qr parts = qr(x);
    expect_close(matmul(parts.q, parts.r), x, "qr");
    const Svd s = svd(x);
    expect_close(matmul(s.u * unsqueeze(s.s, -2), s.vh), x, "svd");
    const Tensor p = pinv(x);
    expect_close(matmul(x, matmul(p, x)), x, "pinv");
  }
}

TEST_P(Large, SystemsAreSolved) {
  for (const Dims& shape : square_shapes) {
    const std::int64_t n = shape.back();
    const Tensor a = definite(random_matrix(shape, dtype)), l = cholesky(a);
    for (std::int64_t k : {1, 3, 70, 300}) {
      const Tensor b = random_matrix({n, k}, dtype, 3);
      const Tensor wanted = expand(b, matmul(a, b).shape());
      expect_close(matmul(a, solve(a, b)), wanted, "solve");
      expect_close(matmul(a, cholesky_solve(b, l)), wanted, "cholesky_solve");
      expect_close(matmul(a, lu_solve(lu_factor(a), b)), wanted, "lu_solve");
      for (bool transposed : {false, true})
        for (bool is_upper : {false, true}) {
          const Triangular kind{.upper = is_upper, .transpose = transposed};
          const Tensor factor = is_upper ? clone(mt(l)) : l;
          const Tensor applied = transposed ? mt(factor) : factor;
          expect_close(matmul(applied, triangular_solve(factor, b, kind)), wanted, "triangular");
          expect_close(matmul(applied, triangular_solve(mt(mt(factor)), b, kind)), wanted, "view");
          const Tensor view = mt(clone(mt(factor)));
          expect_close(matmul(applied, triangular_solve(view, b, kind)), wanted, "column-major");
          const Triangular right{.upper = is_upper, .transpose = transposed, .left = false};
          expect_close(matmul(triangular_solve(factor, mt(b), right), applied), mt(wanted),
                       "right");
        }
      // One matrix and a batch of vectors, or matrices.
      const Tensor batch = random_matrix({9, n, k}, dtype, 5);
      if (a.dim() == 2)
        expect_close(matmul(l, triangular_solve(l, batch)), batch, "a batch of right-hand sides");
    }
  }
}

TEST(Linalg, DerivativesOfLargerMatrices) {
  std::mt19937 random(11);
  const Tensor x = random_matrix({26, 26});
  const Builder functions[] = {
      [](const std::vector<Tensor>& in) { return cholesky(definite(in[0])); },
      [](const std::vector<Tensor>& in) { return inverse(in[0] + 8.0 * eye(26)); },
      [](const std::vector<Tensor>& in) { return lu_factor(in[0] + 8.0 * eye(26)).lu; },
      [](const std::vector<Tensor>& in) { return qr(in[0] + 8.0 * eye(26)).r; }};
  for (const Builder& f : functions) check_first_order(f, {x}, 1e-8, random);
}

TEST(Linalg, GradientsOfEigenvaluesAreRightWhereTheyRepeat) {
  // tr(A^3) has the gradient 3 A^2, whatever repeats.
  const Tensor q = qr(random_matrix({5, 5})).q;
  const Tensor a = matmul(q, matmul(diagonal_matrix(tensor({1, 1, 1, 2, 2})), t(q)));
  for (const Tensor& at : {a, eye(5), zeros({5, 5})}) {
    const Tensor by_values =
        value_and_gradient([](const Tensor& x) { return sum(pow(eigvalsh(x), 3)); }, at).gradient;
    expect_near(by_values, 3 * matmul(at, at), 1e-13, "3 A^2");
    const Tensor by_singular =
        value_and_gradient([](const Tensor& x) { return sum(pow(svdvals(x), 4)); }, at).gradient;
    expect_near(by_singular, 4 * matmul(at, matmul(at, at)), 1e-12, "4 A^3");
  }
  const Tensor nuclear =
      value_and_gradient([](const Tensor& x) { return matrix_norm(x, MatrixNorm::nuclear); }, a)
          .gradient;
  expect_near(nuclear, eye(5), 1e-13, "the gradient of the nuclear norm");
}

TEST(Linalg, PinvOfOrthonormalColumnsIsDifferentiable) {
  // All singular values are equal here; the pseudo-inverse does not mind.
  std::mt19937 random(3);
  const Tensor q = qr(random_matrix({5, 3})).q;
  check_first_order([](const std::vector<Tensor>& in) { return pinv(in[0]); }, {q}, 1e-9, random);
}

TEST(Linalg, TheOtherTriangleCountsForNothing) {
  std::vector<double> values = random_matrix({4, 4}).to_vector();
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = i + 1; j < 4; ++j) values[i * 4 + j] = NAN;
  const Tensor l = (from_vector(values, {4, 4}) + 3 * eye(4)).requires_grad_();
  const Tensor y = sum(triangular_solve(l, ones({4})));
  EXPECT_FALSE(std::isnan(y.item()));
  const std::vector<double> gradient = grad(y, l).to_vector();
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = 0; j < 4; ++j) {
      if (j > i)
        EXPECT_EQ(gradient[i * 4 + j], 0);
      else
        EXPECT_TRUE(std::isfinite(gradient[i * 4 + j]));
    }
}

TEST(Linalg, ABranchNotTakenHasZeroGradient) {
  const Tensor a = tensor({{1, 2}, {2, 4}});
  const auto f = [](const Tensor& x) {
    return sum(where(zeros({}) > 0, slogdet(x).logabsdet, 0.0)) + sum(x);
  };
  EXPECT_EQ(value_and_gradient(f, a).gradient.to_vector(), std::vector<double>(4, 1.0));
}

TEST(Linalg, SingularDeterminants) {
  const Tensor a = tensor({{1, 2}, {2, 4}});
  EXPECT_EQ(det(a).item(), 0);
  EXPECT_EQ(slogdet(a).sign.item(), 0);
  EXPECT_EQ(slogdet(a).logabsdet.item(), -INFINITY);
  EXPECT_EQ(logdet(a).item(), -INFINITY);
  EXPECT_TRUE(std::isnan(logdet(tensor({{0, 1}, {1, 0}})).item()));
  EXPECT_THROW(value_and_gradient([](const Tensor& x) { return det(x); }, a), LinalgError);
  EXPECT_TRUE(std::isnan(det(tensor({{NAN, 1}, {1, 2}})).item()));
  EXPECT_EQ(det(zeros({0, 0})).item(), 1);
  EXPECT_EQ(slogdet(zeros({0, 0})).logabsdet.item(), 0);
}

std::map<std::string, int>& recorded_counts() {
  static std::map<std::string, int> counts;
  return counts;
}

TEST(Linalg, OneFactorizationServesAllDerivatives) {
  auto* const before = record_observer;
  const Tensor a = definite(random_matrix({4, 4})).requires_grad_();
  recorded_counts().clear();
  record_observer = [](std::string_view op) { ++recorded_counts()[std::string(op)]; };
  for (const ScalarFunction& f :
       {ScalarFunction([](const Tensor& x) { return logdet(x); }),
        ScalarFunction([](const Tensor& x) { return sum(solve(x, ones({4}))); })})
    hessian(f, a);
  record_observer = before;
  EXPECT_EQ(recorded_counts()["slogdet"], 2) << "one for each function";
  EXPECT_EQ(recorded_counts()["lu_factor"], 0);
}

TEST(Linalg, NodesBearTheNamesOfTheirOperations) {
  const Tensor x = ones({2, 3}).requires_grad_(), w = ones({3, 4});
  EXPECT_EQ(addmm(ones({4}), x, w).grad_fn()->name(), "AddmmBackward0");
  const Tensor a = eye(3).requires_grad_();
  EXPECT_EQ(cholesky(a).grad_fn()->name(), "CholeskyBackward0");
  EXPECT_EQ(solve(a, ones({3, 1})).grad_fn()->name(), "SolveBackward0");
}

TEST(Linalg, HasTheSameBitsForAnyThreads) {
  const Tensor x = random_matrix({300, 9, 9}), big = random_matrix({130, 130});
  const auto all = [&] {
    std::vector<Tensor> out;
    for (const Tensor& m : {x, big}) {
      const Tensor a = definite(m);
      out.insert(out.end(), {cholesky(a), lu_factor(m).lu, qr(m).q, eigh(a).vectors, svd(m).u,
                             solve(a, m), matmul(m, a), triangular_solve(cholesky(a), m)});
    }
    const Tensor l = cholesky(definite(big));
    out.push_back(triangular_solve(l, random_matrix({700, 130, 1})));
    out.push_back(triangular_solve(l, random_matrix({130, 1000})));
    std::vector<double> bits;
    for (const Tensor& each : out)
      for (double v : each.to_vector()) bits.push_back(v);
    return bits;
  };
  std::vector<double> first;
  for (int threads : {1, 2, 3, 7}) {
    const NumThreadsGuard guard(threads);
    if (threads == 1) first = all();
    EXPECT_EQ(all(), first) << threads << " threads";
  }
}

}  // namespace
}  // namespace wald::testing
