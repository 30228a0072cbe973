// Products and decompositions as a vendor's libraries would make them, LAPACK in their place,
// against the CPU's: operands' layouts, signs, order, what is singular and what is not finite.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

#include <wald/kernels/gpu/library.h>
#include <wald/kernels/gpu/linalg.h>

namespace wald::gpu {
namespace {

using kernels::cpu_backend;
using kernels::Matmul;
using kernels::Matrices;

template <class T>
class GpuLibrary : public ::testing::Test {
 protected:
  static constexpr DType dtype = sizeof(T) == 8 ? DType::float64 : DType::float32;
  static constexpr double tolerance = sizeof(T) == 8 ? 1e-12 : 1e-4;

  void SetUp() override { library::emulate(true); }
  void TearDown() override { library::emulate(false); }

  static std::vector<T> numbers(std::int64_t n, unsigned seed) {
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> uniform(-1, 1);
    std::vector<T> x(static_cast<std::size_t>(n));
    for (T& value : x) value = static_cast<T>(uniform(random));
    return x;
  }
  /// Symmetric and positive definite, row by row.
  static std::vector<T> positive(std::int64_t batch, std::int64_t n, unsigned seed) {
    std::vector<T> a = numbers(batch * n * n, seed);
    for (std::int64_t p = 0; p < batch; ++p)
      for (std::int64_t i = 0; i < n; ++i) a[at(p * n * n + i * n + i)] += static_cast<T>(n);
    return a;
  }
  static std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }
  static void expect_near(const std::vector<T>& found, const std::vector<T>& expected) {
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i)
      if (std::isfinite(expected[i]))
        EXPECT_NEAR(found[i], expected[i], tolerance * (1 + std::abs(expected[i]))) << "at " << i;
      else
        EXPECT_TRUE(found[i] == expected[i] ||
                    (found[i] != found[i] && expected[i] != expected[i]));
  }
};
using Types = ::testing::Types<double, float>;
TYPED_TEST_SUITE(GpuLibrary, Types);

TYPED_TEST(GpuLibrary, MultipliesOperandsAsTheyLie) {
  using T = TypeParam;
  for (const auto& [batch, m, n, k] : std::vector<std::array<std::int64_t, 4>>{{1, 5, 4, 3},
                                                                               {3, 2, 7, 6},
                                                                               {1, 9, 1, 4},
                                                                               {2, 1, 5, 3},
                                                                               {2, 4, 3, 1},
                                                                               {1, 1, 1, 1},
                                                                               {2, 3, 2, 0},
                                                                               {0, 3, 2, 4},
                                                                               {2, 0, 2, 4}})
    for (const bool a_is_transposed : {false, true})
      for (const bool b_is_transposed : {false, true})
        for (const std::int64_t gap : {0, 2}) {
          const std::int64_t la = (a_is_transposed ? m : k) + gap;
          const std::int64_t lb = (b_is_transposed ? k : n) + gap;
          const std::int64_t size_a = la * (a_is_transposed ? k : m);
          const std::vector<T> a = this->numbers(batch * size_a + 1, 1);
          const std::vector<T> b = this->numbers(lb * (b_is_transposed ? n : k) + 1, 2);
          std::vector<T> found(this->at(batch * m * n), T(7)), expected(found);
          Matmul product{this->dtype,
                         batch,
                         m,
                         n,
                         k,
                         a.data(),
                         size_a,
                         a_is_transposed ? 1 : la,
                         a_is_transposed ? la : 1,
                         b.data(),
                         0,  // the same for all
                         b_is_transposed ? 1 : lb,
                         b_is_transposed ? lb : 1,
                         found.data()};
          ASSERT_EQ(library_matmul(0, product, {}), success);
          product.c = expected.data();
          cpu_backend().matmul(product);
          this->expect_near(found, expected);
        }
}

TYPED_TEST(GpuLibrary, LeavesOperandsOfTwoStridesToOthers) {
  const std::vector<TypeParam> a = this->numbers(100, 1);
  std::vector<TypeParam> c(9);
  const Matmul by_two{this->dtype, 1, 3, 3, 3, a.data(), 0, 8, 2, a.data(), 0, 3, 1, c.data()};
  EXPECT_EQ(library_matmul(0, by_two, {}), not_supported);
  const Matmul repeated{this->dtype, 1, 3, 3, 3, a.data(), 0, 0, 1, a.data(), 0, 3, 1, c.data()};
  EXPECT_EQ(library_matmul(0, repeated, {}), not_supported);
  library::emulate(false);
  const Matmul plain{this->dtype, 1, 3, 3, 3, a.data(), 0, 3, 1, a.data(), 0, 3, 1, c.data()};
  EXPECT_EQ(library_matmul(0, plain, {}), not_supported) << "there is no library";
}

TYPED_TEST(GpuLibrary, FactorsWhatIsPositiveAndNamesWhatIsNot) {
  using T = TypeParam;
  for (const std::int64_t n : {1, 2, 7, 40}) {
    const std::int64_t batch = 4, size = n * n;
    std::vector<T> a = this->positive(batch, n, 3);
    a[this->at(size + size - 1)] = -1;            // the last minor of the second
    a[this->at(2 * size)] = static_cast<T>(NAN);  // the third
    const Matrices matrices{this->dtype, batch, n, n, a.data()};
    std::vector<T> found(a.size()), expected(a.size());
    std::vector<int> info(4), info_of_cpu(4);
    ASSERT_EQ(library_cholesky(0, matrices, found.data(), info.data(), {}), success);
    cpu_backend().cholesky(matrices, expected.data(), info_of_cpu.data());
    EXPECT_EQ(info, info_of_cpu);
    EXPECT_EQ(info[2], kernels::matrix_not_finite);
    for (const std::int64_t p : {0, 3}) {
      const auto part = [&](const std::vector<T>& x) {
        return std::vector<T>(x.begin() + p * size, x.begin() + (p + 1) * size);
      };
      this->expect_near(part(found), part(expected));
    }
  }
}

TYPED_TEST(GpuLibrary, DecomposesIntoLAndUAndTheDeterminant) {
  using T = TypeParam;
  for (const std::int64_t n : {1, 3, 30}) {
    const std::int64_t batch = 3;
    std::vector<T> a = this->numbers(batch * n * n, 5);
    for (std::int64_t i = 0; i < n; ++i) a[this->at(n * n + i * n + n - 1)] = 0;  // singular
    const Matrices matrices{this->dtype, batch, n, n, a.data()};
    struct Result {
      std::vector<T> lu, sign, log, det;
      std::vector<std::int64_t> rows;
      std::vector<int> info;
    };
    const Result empty{std::vector<T>(a.size()),
                       std::vector<T>(3),
                       std::vector<T>(3),
                       std::vector<T>(3),
                       std::vector<std::int64_t>(this->at(batch * n)),
                       std::vector<int>(3)};
    Result x = empty, y = empty;
    ASSERT_EQ(library_lu(0, matrices, x.lu.data(), x.rows.data(), x.sign.data(), x.log.data(),
                         x.det.data(), x.info.data(), {}),
              success);
    cpu_backend().lu(matrices, y.lu.data(), y.rows.data(), y.sign.data(), y.log.data(),
                     y.det.data(), y.info.data());
    this->expect_near(x.lu, y.lu);
    EXPECT_EQ(x.rows, y.rows);
    EXPECT_EQ(x.sign, y.sign);
    this->expect_near(x.log, y.log);
    this->expect_near(x.det, y.det);
    EXPECT_EQ(x.info, y.info);
    EXPECT_EQ(x.info[1], static_cast<int>(n));
  }
}

TYPED_TEST(GpuLibrary, GivesQRWithADiagonalThatIsNotNegative) {
  using T = TypeParam;
  for (const auto& [m, n] :
       {std::pair<std::int64_t, std::int64_t>{1, 1}, {5, 5}, {40, 3}, {7, 0}}) {
    const std::int64_t batch = 2;
    const std::vector<T> a = this->numbers(batch * m * n, 6);
    const Matrices matrices{this->dtype, batch, m, n, a.data()};
    std::vector<T> q(a.size()), r(this->at(batch * n * n)), q_of_cpu(q), r_of_cpu(r);
    ASSERT_EQ(library_qr(0, matrices, q.data(), r.data(), {}), success);
    cpu_backend().qr(matrices, q_of_cpu.data(), r_of_cpu.data());
    this->expect_near(q, q_of_cpu);
    this->expect_near(r, r_of_cpu);
  }
}

TYPED_TEST(GpuLibrary, FindsEigenvaluesInOrderAndTheirVectors) {
  using T = TypeParam;
  const std::int64_t batch = 2, n = 6, size = n * n;
  std::vector<T> a = this->numbers(3 * size, 7);
  a[this->at(2 * size + 1)] = static_cast<T>(INFINITY);
  const Matrices matrices{this->dtype, 3, n, n, a.data()};
  std::vector<T> values(18), expected(18), vectors(a.size()), vectors_of_cpu(a.size());
  std::vector<int> info(3), info_of_cpu(3);
  ASSERT_EQ(library_eigh(0, matrices, values.data(), vectors.data(), info.data(), {}), success);
  cpu_backend().eigh(matrices, expected.data(), vectors_of_cpu.data(), info_of_cpu.data());
  EXPECT_EQ(info, info_of_cpu);
  EXPECT_EQ(info[2], kernels::matrix_not_finite);
  values.resize(12), expected.resize(12);
  this->expect_near(values, expected);
  for (std::int64_t p = 0; p < batch; ++p)
    for (std::int64_t j = 0; j < n; ++j) {
      double cosine = 0;
      for (std::int64_t i = 0; i < n; ++i) {
        const std::size_t place = this->at(p * size + i * n + j);
        cosine += static_cast<double>(vectors[place]) * static_cast<double>(vectors_of_cpu[place]);
      }
      EXPECT_NEAR(std::abs(cosine), 1, this->tolerance) << "the vector of value " << j;
    }
}

TYPED_TEST(GpuLibrary, FindsSingularValuesOfTallAndWideMatrices) {
  using T = TypeParam;
  for (const auto& [m, n] : {std::pair<std::int64_t, std::int64_t>{7, 3}, {3, 7}, {4, 4}, {1, 5}}) {
    const std::int64_t batch = 3, k = std::min(m, n);
    std::vector<T> a = this->numbers(batch * m * n, 8);
    a.back() = static_cast<T>(NAN);
    const Matrices matrices{this->dtype, batch, m, n, a.data()};
    std::vector<T> u(this->at(batch * m * k)), s(this->at(batch * k)), vh(this->at(batch * k * n));
    std::vector<T> u_of_cpu(u), s_of_cpu(s), vh_of_cpu(vh);
    std::vector<int> info(3), info_of_cpu(3);
    ASSERT_EQ(library_svd(0, matrices, u.data(), s.data(), vh.data(), info.data(), {}), success);
    cpu_backend().svd(matrices, u_of_cpu.data(), s_of_cpu.data(), vh_of_cpu.data(),
                      info_of_cpu.data());
    EXPECT_EQ(info, info_of_cpu);
    EXPECT_EQ(info[2], kernels::matrix_not_finite);
    s.resize(this->at(2 * k)), s_of_cpu.resize(this->at(2 * k));
    this->expect_near(s, s_of_cpu);
    for (std::int64_t p = 0; p < 2; ++p)
      for (std::int64_t i = 0; i < m; ++i)
        for (std::int64_t j = 0; j < n; ++j) {
          double sum = 0;
          for (std::int64_t l = 0; l < k; ++l)
            sum += static_cast<double>(u[this->at((p * m + i) * k + l)]) *
                   static_cast<double>(s[this->at(p * k + l)]) *
                   static_cast<double>(vh[this->at((p * k + l) * n + j)]);
          EXPECT_NEAR(sum, a[this->at((p * m + i) * n + j)], 10 * this->tolerance);
        }
  }
}

}  // namespace
}  // namespace wald::gpu
