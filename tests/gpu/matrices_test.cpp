// Products and decompositions on a GPU, run by the emulator, against the CPU's.
#include <algorithm>

#include <wald/kernels/gpu/elements.h>
#include <wald/kernels/gpu/matrices.h>

#include "operands.h"

namespace wald::gpu {
namespace {

using kernels::cpu_backend;
using kernels::Matmul;
using kernels::Matrices;
using kernels::TriangularSolve;

constexpr DType real_types[] = {DType::float64, DType::float32};

double tolerance_of(DType dtype) { return dtype == DType::float32 ? 2e-5 : 1e-12; }

/// Relative to the largest size: digits of a single element may cancel.
void expect_close(DType dtype, const Bytes& found, const Bytes& expected) {
  ASSERT_EQ(found.size(), expected.size());
  const std::size_t n = found.size() / size_of(dtype);
  double largest = 0;
  for (std::size_t i = 0; i < n; ++i)
    largest = std::max(largest, std::abs(number_at(dtype, expected, i)));
  for (std::size_t i = 0; i < n; ++i)
    ASSERT_NEAR(number_at(dtype, found, i), number_at(dtype, expected, i),
                tolerance_of(dtype) * largest)
        << "at " << i;
}

enum class Order { rows, columns, strided };

/// Sets the strides of a batch of matrices of one order; how many elements of memory they span.
std::int64_t lay_out(Order order, std::int64_t rows, std::int64_t cols, std::int64_t batch,
                     std::int64_t& step, std::int64_t& row, std::int64_t& col) {
  row = order == Order::rows ? cols : order == Order::columns ? 1 : 2 * cols + 1;
  col = order == Order::rows ? 1 : order == Order::columns ? rows : 2;
  step = order == Order::strided ? rows * row : rows * cols;
  return batch * step + 1;
}

void compare_matmul(DType dtype, std::int64_t batch, std::int64_t m, std::int64_t n, std::int64_t k,
                    Order a_order, Order b_order, bool one_a = false, bool one_b = false) {
  SCOPED_TRACE(::testing::Message() << batch << " of " << m << ", " << n << ", " << k);
  Matmul p{dtype, batch, m, n, k, nullptr, 0, 0, 0, nullptr, 0, 0, 0, nullptr};
  const Bytes a =
      numbers(dtype, lay_out(a_order, m, k, batch, p.a_batch, p.a_row, p.a_col), -1, 1, 3);
  const Bytes b =
      numbers(dtype, lay_out(b_order, k, n, batch, p.b_batch, p.b_row, p.b_col), -1, 1, 4);
  p.a = a.data(), p.b = b.data();
  if (one_a) p.a_batch = 0;
  if (one_b) p.b_batch = 0;
  Bytes found(batch * m * n * size_of(dtype)), expected(found.size());
  p.c = found.data();
  ASSERT_EQ(matmul(0, p, {}), success);
  p.c = expected.data();
  cpu_backend().matmul(p);
  expect_close(dtype, found, expected);
}

TEST(GpuMatmul, EqualsTheCpuForEveryShapeAndOrder) {
  struct Size {
    std::int64_t batch, m, n, k;
  };
  const Size sizes[] = {{1, 1, 1, 1},     {1, 70, 130, 33}, {2, 65, 40, 300}, {1, 20, 150, 2100},
                        {1, 3, 2, 5000},  {1, 10, 1, 2048}, {1, 1, 1, 2500},  {1, 600, 3, 7},
                        {1, 300, 1, 40},  {1, 4, 500, 9},   {5, 3, 4, 2},     {3, 1, 6, 5},
                        {1, 100, 100, 1}, {2, 0, 3, 4},     {1, 3, 4, 0},     {0, 2, 2, 2},
                        {1, 130, 1, 2300}, {1, 1, 20, 9000}, {1, 1100, 1, 333},  {1, 300, 1, 0}};
  for (const DType dtype : real_types)
    for (const Size& s : sizes)
      for (const Order order : {Order::rows, Order::columns, Order::strided}) {
        compare_matmul(dtype, s.batch, s.m, s.n, s.k, order, Order::rows);
        if (order != Order::rows) compare_matmul(dtype, s.batch, s.m, s.n, s.k, Order::rows, order);
      }
}

TEST(GpuMatmul, TakesOneMatrixForAllOfABatch) {
  for (const DType dtype : real_types)
    for (const Order order : {Order::rows, Order::columns}) {
      compare_matmul(dtype, 300, 5, 1, 6, order, Order::rows, true, false);
      compare_matmul(dtype, 300, 1, 5, 6, order, Order::rows, false, true);
      compare_matmul(dtype, 4, 7, 5, 6, order, Order::rows, false, true);
      compare_matmul(dtype, 4, 7, 5, 6, order, Order::rows, true, false);
    }
}

TEST(GpuMatmul, KeepsDigitsOfLongSumsOfFloat32) {
  constexpr std::int64_t k = 100000;
  const std::vector<float> a(k, 0.1f), one(k, 1.0f);
  for (const std::int64_t n : {1, 17}) {
    std::vector<float> c(n);
    const Matmul p{DType::float32, 1, 1, n, k, a.data(), 0, k, 1, one.data(), 0, 1, 0, c.data()};
    ASSERT_EQ(matmul(0, p, {}), success);
    for (const float x : c) EXPECT_NEAR(x, 1e4, 1e-2);
  }
}

/// Well-conditioned triangles, or with `zero`, one with a 0 on its diagonal.
void compare_triangular(DType dtype, TriangularSolve s, Order order, bool one_a,
                        std::int64_t zero) {
  SCOPED_TRACE(::testing::Message() << s.batch << " of " << s.n << ", " << s.k << " upper "
                                    << s.upper << " unit " << s.unit);
  s.dtype = dtype;
  Bytes a =
      numbers(dtype, lay_out(order, s.n, s.n, s.batch, s.a_batch, s.a_row, s.a_col), -0.1, 0.1, 5);
  visit_dtype(dtype, [&](auto t) {
    for (std::int64_t p = 0; p < s.batch; ++p)
      for (std::int64_t i = 0; i < s.n; ++i) {
        t = static_cast<decltype(t)>(i == zero ? 0 : 2 + i % 3);
        std::memcpy(&a[(p * s.a_batch + i * (s.a_row + s.a_col)) * sizeof t], &t, sizeof t);
      }
  });
  s.a = a.data();
  if (one_a) s.a_batch = 0;
  Bytes found = numbers(dtype, s.batch * s.n * s.k, -1, 1, 6), expected = found;
  std::vector<int> info(s.batch, -7), info_of_cpu(s.batch, -7);
  s.x = found.data();
  ASSERT_EQ(triangular_solve(0, s, info.data(), {}), success);
  s.x = expected.data();
  cpu_backend().triangular_solve(s, info_of_cpu.data());
  EXPECT_EQ(info, info_of_cpu);
  if (zero < 0) expect_close(dtype, found, expected);
}

TEST(GpuTriangularSolve, EqualsTheCpu) {
  for (const DType dtype : real_types)
    for (const bool upper : {false, true})
      for (const bool unit : {false, true})
        for (const Order order : {Order::rows, Order::columns, Order::strided}) {
          const auto compare = [&](std::int64_t batch, std::int64_t n, std::int64_t k,
                                   bool one_a = false, std::int64_t zero = -1) {
            compare_triangular(dtype, {dtype, upper, unit, batch, n, k, {}, 0, 0, 0, {}}, order,
                               one_a, zero);
          };
          compare(1, 1, 1);
          compare(3, 5, 2);
          compare(1, 75, 3);
          compare(2, 33, 140);
          compare(40, 35, 1, true);
          compare(3, 6, 2, true);
          compare(2, 0, 3);
          compare(2, 3, 0);
          compare(2, 6, 1, false, 4);
        }
}

/// x x' + n of random x: symmetric and positive definite.
Bytes positive_definite(DType dtype, std::int64_t batch, std::int64_t n) {
  const Bytes x = numbers(dtype, batch * n * n, -1, 1, 8);
  Bytes a(x.size());
  cpu_backend().matmul(
      {dtype, batch, n, n, n, x.data(), n * n, n, 1, x.data(), n * n, 1, n, a.data()});
  return a;
}

/// Adds to element (i, j) of the p-th matrix.
void add_to(DType dtype, Bytes& a, std::int64_t n, std::int64_t p, std::int64_t i, std::int64_t j,
            double value) {
  visit_dtype(dtype, [&](auto t) {
    unsigned char* const at = &a[((p * n + i) * n + j) * sizeof t];
    std::memcpy(&t, at, sizeof t);
    t = static_cast<decltype(t)>(static_cast<double>(t) + value);
    std::memcpy(at, &t, sizeof t);
  });
}

TEST(GpuCholesky, EqualsTheCpu) {
  for (const DType dtype : real_types)
    for (const std::int64_t n : {0, 1, 5, 32, 33, 100}) {
      const std::int64_t batch = n < 40 ? 3 : 1;
      Bytes a = positive_definite(dtype, batch, n);
      for (std::int64_t p = 0; p < batch; ++p)
        for (std::int64_t i = 0; i < n; ++i) add_to(dtype, a, n, p, i, i, 2);
      if (n > 3) add_to(dtype, a, n, 0, 3, 1, 0.25);  // not symmetric: its symmetric part counts
      Bytes found(a.size(), 7), expected(a.size(), 7);
      std::vector<int> info(batch, -7), info_of_cpu(batch, -7);
      ASSERT_EQ(cholesky(0, {dtype, batch, n, n, a.data()}, found.data(), info.data(), {}),
                success);
      cpu_backend().cholesky({dtype, batch, n, n, a.data()}, expected.data(), info_of_cpu.data());
      EXPECT_EQ(info, info_of_cpu);
      expect_close(dtype, found, expected);
    }
}

TEST(GpuCholesky, NamesTheMinorOrWhatIsNotFinite) {
  for (const DType dtype : real_types)
    for (const std::int64_t n : {6, 70}) {
      constexpr std::int64_t batch = 5;
      Bytes a = positive_definite(dtype, batch, n);
      for (std::int64_t p = 0; p < batch; ++p)
        for (std::int64_t i = 0; i < n; ++i) add_to(dtype, a, n, p, i, i, 2);
      add_to(dtype, a, n, 1, n - 2, n - 2, -1e4);
      add_to(dtype, a, n, 2, 0, 0, -1e4);
      add_to(dtype, a, n, 3, 1, 4, NAN);
      add_to(dtype, a, n, 4, n - 1, n - 1, INFINITY);
      Bytes l(a.size());
      std::vector<int> info(batch), info_of_cpu(batch);
      ASSERT_EQ(cholesky(0, {dtype, batch, n, n, a.data()}, l.data(), info.data(), {}), success);
      cpu_backend().cholesky({dtype, batch, n, n, a.data()}, l.data(), info_of_cpu.data());
      EXPECT_EQ(info, info_of_cpu);
      const int last = static_cast<int>(n) - 1, no = kernels::matrix_not_finite;
      EXPECT_EQ(info, (std::vector<int>{0, last, 1, no, no}));
    }
}

struct Lu {
  Bytes lu, sign, log_abs_det, det;
  std::vector<std::int64_t> rows;
  std::vector<int> info;

  Lu(DType dtype, std::int64_t batch, std::int64_t n)
      : lu(batch * n * n * size_of(dtype)),
        sign(batch * size_of(dtype)),
        log_abs_det(sign),
        det(sign),
        rows(batch * n),
        info(batch, -7) {}
};

void compare_lu(const Matrices& a) {
  Lu found(a.dtype, a.batch, a.rows), expected(a.dtype, a.batch, a.rows);
  ASSERT_EQ(lu(0, a, found.lu.data(), found.rows.data(), found.sign.data(),
               found.log_abs_det.data(), found.det.data(), found.info.data(), {}),
            success);
  cpu_backend().lu(a, expected.lu.data(), expected.rows.data(), expected.sign.data(),
                   expected.log_abs_det.data(), expected.det.data(), expected.info.data());
  EXPECT_EQ(found.info, expected.info);
  EXPECT_EQ(found.rows, expected.rows);
  expect_close(a.dtype, found.lu, expected.lu);
  const double tolerance = tolerance_of(a.dtype) * 20;
  expect_same(a.dtype, found.sign, expected.sign, 0);
  expect_same(a.dtype, found.log_abs_det, expected.log_abs_det, tolerance);
  expect_same(a.dtype, found.det, expected.det, tolerance);
}

TEST(GpuLu, EqualsTheCpu) {
  for (const DType dtype : real_types)
    for (const std::int64_t n : {0, 1, 5, 24, 40, 100}) {
      const std::int64_t batch = n < 50 ? 3 : 1;
      const Bytes a = numbers(dtype, batch * n * n, -1, 1, 9);
      compare_lu({dtype, batch, n, n, a.data()});
    }
}

TEST(GpuLu, NamesTheFirstZeroOfSingularMatrices) {
  const std::vector<double> a = {1, 2, 2, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0};
  compare_lu({DType::float64, 4, 2, 2, a.data()});
}

TEST(GpuLu, SaysNanOfMatricesWithNan) {
  const std::vector<double> a = {1, NAN, 3, 4};
  Lu found(DType::float64, 1, 2);
  ASSERT_EQ(
      lu(0, {DType::float64, 1, 2, 2, a.data()}, found.lu.data(), found.rows.data(),
         found.sign.data(), found.log_abs_det.data(), found.det.data(), found.info.data(), {}),
      success);
  for (const Bytes* x : {&found.sign, &found.log_abs_det, &found.det})
    EXPECT_TRUE(std::isnan(number_at(DType::float64, *x, 0)));
}

}  // namespace
}  // namespace wald::gpu
