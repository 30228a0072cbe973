// Matrix products of every class of shape and layout against plain loops, and the same bits for any
// number of threads.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include <wald/kernels/backend.h>
#include <wald/kernels/cpu/parallel.h>

namespace wald::kernels {
namespace {

enum class Layout { rows, columns, both_strided, rows_repeat, columns_repeat, one_number };
constexpr Layout layouts[] = {Layout::rows,        Layout::columns,        Layout::both_strided,
                              Layout::rows_repeat, Layout::columns_repeat, Layout::one_number};

/// `batch` matrices of m by n in memory of the layout.
template <class T>
struct Operand {
  std::vector<T> memory;
  std::int64_t batch_stride, row, col;

  Operand(std::int64_t batch, std::int64_t m, std::int64_t n, Layout layout, bool is_repeated,
          unsigned seed) {
    row = n, col = 1;
    if (layout == Layout::columns) row = 1, col = m;
    if (layout == Layout::both_strided) row = 3 * n + 2, col = 2;
    if (layout == Layout::rows_repeat) row = 0;
    if (layout == Layout::columns_repeat) row = 1, col = 0;
    if (layout == Layout::one_number) row = col = 0;
    const std::int64_t size =
        std::max<std::int64_t>(0, m - 1) * row + std::max<std::int64_t>(0, n - 1) * col + 1;
    batch_stride = is_repeated ? 0 : size;
    memory.resize(static_cast<std::size_t>(is_repeated ? size : size * batch));
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> uniform(-1, 1);
    for (T& v : memory) v = static_cast<T>(uniform(random));
  }
  long double at(std::int64_t p, std::int64_t i, std::int64_t j) const {
    return memory[static_cast<std::size_t>(p * batch_stride + i * row + j * col)];
  }
};

struct Size {
  std::int64_t m, n, k;
};

template <class T>
std::vector<T> multiply(const Operand<T>& a, const Operand<T>& b, std::int64_t batch, Size s) {
  std::vector<T> c(static_cast<std::size_t>(batch * s.m * s.n) + 1, T(77));
  cpu_backend().matmul({dtype_of<T>::value, batch, s.m, s.n, s.k, a.memory.data(), a.batch_stride,
                        a.row, a.col, b.memory.data(), b.batch_stride, b.row, b.col, c.data()});
  EXPECT_EQ(c.back(), T(77)) << "written past the end";
  c.pop_back();
  return c;
}

/// The bound of a sum of k products in any order, k eps sum |a||b|; a tree stays far below it.
template <class T>
void expect_product(const Operand<T>& a, const Operand<T>& b, std::int64_t batch, Size s) {
  const std::vector<T> c = multiply(a, b, batch, s);
  const long double eps = std::numeric_limits<T>::epsilon();
  std::size_t at = 0;
  for (std::int64_t p = 0; p < batch; ++p)
    for (std::int64_t i = 0; i < s.m; ++i)
      for (std::int64_t j = 0; j < s.n; ++j, ++at) {
        long double exact = 0, size = 0;
        for (std::int64_t l = 0; l < s.k; ++l) {
          const long double term = a.at(p, i, l) * b.at(p, l, j);
          exact += term, size += std::fabs(term);
        }
        const long double bound =
            static_cast<long double>(std::min<std::int64_t>(s.k, 600) + 1) * eps * size;
        ASSERT_LE(std::fabs(c[at] - exact), bound)
            << "element " << p << ", " << i << ", " << j << ": " << c[at] << " for " << exact;
      }
}

std::string text(Size s) {
  return std::to_string(s.m) + " by " + std::to_string(s.k) + " by " + std::to_string(s.n);
}

template <class T>
void check_all_layouts(Size s) {
  SCOPED_TRACE(text(s));
  for (Layout la : layouts)
    for (Layout lb : layouts) {
      SCOPED_TRACE("layouts " + std::to_string(static_cast<int>(la)) + ", " +
                   std::to_string(static_cast<int>(lb)));
      expect_product(Operand<T>(1, s.m, s.k, la, false, 1), Operand<T>(1, s.k, s.n, lb, false, 2),
                     1, s);
    }
}

template <class T>
void check_plain_layouts(Size s) {
  SCOPED_TRACE(text(s));
  for (Layout la : {Layout::rows, Layout::columns})
    for (Layout lb : {Layout::rows, Layout::columns})
      expect_product(Operand<T>(1, s.m, s.k, la, false, 1), Operand<T>(1, s.k, s.n, lb, false, 2),
                     1, s);
}

/// Both sides of every boundary between the classes of matmul.cpp, small enough for all layouts.
const Size small[] = {
    {1, 1, 1},    {2, 3, 4},    {8, 8, 16},   {8, 8, 17},   {7, 3, 5},   {1, 1, 1024}, {1, 1, 1025},
    {64, 8, 16},  {65, 8, 16},  {63, 8, 16},  {64, 9, 16},  {64, 8, 17}, {100, 3, 5},  {8, 64, 16},
    {3, 100, 5},  {9, 65, 16},  {100, 1, 11}, {1, 100, 11}, {50, 1, 40}, {1, 50, 40},  {40, 30, 20},
    {130, 3, 20}, {3, 130, 20}, {200, 1, 16}, {1, 200, 16}, {15, 8, 16}, {16, 8, 16},  {17, 3, 5},
    {3, 17, 5},   {3, 1, 100},  {1, 3, 100},  {32, 1, 16},  {33, 1, 16}, {1, 32, 17},  {1, 33, 17},
    {5, 1, 15},   {1, 5, 16},   {1, 1, 100},  {7, 1, 2047}, {1, 7, 2047}};
const Size cross[] = {{3, 3, 2048}, {2, 1, 2049}, {1, 1, 4097},
                      {4, 8, 2048}, {5, 7, 2100}, {1, 33, 2050}};
const Size large[] = {{5000, 1, 3},    {4097, 3, 5},     {3, 4097, 5},    {1, 8193, 4},
                      {300, 1, 500},   {1, 300, 500},    {150, 140, 130}, {1000, 17, 33},
                      {33, 1000, 17},  {1030, 1100, 64}, {6, 6, 100003},  {40, 30, 2100},
                      {129, 128, 2048}};

TEST(Matmul, OfFloat64InEveryLayoutIsThatOfPlainLoops) {
  for (Size s : small) check_all_layouts<double>(s);
  for (Size s : cross) check_all_layouts<double>(s);
  for (Size s : large) check_plain_layouts<double>(s);
}

TEST(Matmul, OfFloat32InEveryLayoutIsThatOfPlainLoops) {
  for (Size s : small) check_all_layouts<float>(s);
  for (Size s : cross) check_all_layouts<float>(s);
  for (Size s : large) check_plain_layouts<float>(s);
}

TEST(Matmul, OfBatchesIsThatOfEachPair) {
  for (Size s : {Size{2, 3, 4}, Size{3, 1, 3}, Size{1, 3, 3}, Size{70, 2, 3}, Size{20, 20, 20},
                 Size{2, 2, 2100}, Size{30, 1, 40}})
    for (bool a_repeats : {false, true})
      for (bool b_repeats : {false, true})
        for (Layout la : layouts)
          for (Layout lb : layouts) {
            SCOPED_TRACE(text(s) + ", repeated " + std::to_string(a_repeats) +
                         std::to_string(b_repeats) + ", layouts " +
                         std::to_string(static_cast<int>(la)) + ", " +
                         std::to_string(static_cast<int>(lb)));
            expect_product(Operand<double>(3, s.m, s.k, la, a_repeats, 1),
                           Operand<double>(3, s.k, s.n, lb, b_repeats, 2), 3, s);
          }
}

TEST(Matmul, OfManySmallOnesIsThatOfEach) {
  // Enough for several threads, on both sides of the boundaries of what is small.
  for (Size s : {Size{4, 4, 4}, Size{8, 8, 8}, Size{5, 5, 5}, Size{16, 1, 16}, Size{1, 17, 16},
                 Size{12, 12, 12}, Size{70, 2, 3}})
    for (Layout la : {Layout::rows, Layout::columns, Layout::both_strided})
      for (Layout lb : {Layout::rows, Layout::columns, Layout::both_strided}) {
        SCOPED_TRACE(text(s));
        expect_product(Operand<double>(600, s.m, s.k, la, false, 1),
                       Operand<double>(600, s.k, s.n, lb, false, 2), 600, s);
        expect_product(Operand<float>(600, s.m, s.k, la, false, 1),
                       Operand<float>(600, s.k, s.n, lb, false, 2), 600, s);
      }
}

TEST(Matmul, OfBatchesHasTheSameBitsForAnyThreads) {
  for (Size s : {Size{8, 8, 8}, Size{40, 30, 20}, Size{3, 3, 2100}, Size{100, 3, 5}}) {
    const Operand<double> a(300, s.m, s.k, Layout::rows, false, 1),
        b(300, s.k, s.n, Layout::columns, false, 2);
    std::vector<double> first;
    for (int threads : {1, 2, 3, 7}) {
      const NumThreadsGuard guard(threads);
      const std::vector<double> c = multiply(a, b, 300, s);
      if (threads == 1) first = c;
      EXPECT_EQ(c, first) << text(s) << " with " << threads << " threads";
    }
  }
}

TEST(Matmul, OfBatchesLaidOutOneAfterTheOther) {
  // Rows of one matrix that are the rows of all: the case that is taken as one product.
  const Size s{5, 3, 4};
  Operand<double> a(7, s.m, s.k, Layout::rows, false, 1);
  const Operand<double> b(7, s.k, s.n, Layout::rows, true, 2);
  ASSERT_EQ(a.batch_stride, s.m * s.k);
  expect_product(a, b, 7, s);
}

TEST(Matmul, OverNothingIsZero) {
  for (Size s : {Size{3, 4, 0}, Size{100, 100, 0}, Size{5000, 2, 0}, Size{1, 300, 0}}) {
    const std::vector<double> c =
        multiply(Operand<double>(2, s.m, 0, Layout::rows, false, 1),
                 Operand<double>(2, 0, s.n, Layout::rows, false, 2), 2, s);
    for (double v : c) ASSERT_EQ(v, 0) << text(s);
  }
  for (Size s : {Size{0, 4, 3}, Size{4, 0, 3}, Size{0, 0, 0}, Size{0, 100, 5000}, Size{5000, 0, 3}})
    EXPECT_TRUE(multiply(Operand<double>(1, s.m, s.k, Layout::rows, false, 1),
                         Operand<double>(1, s.k, s.n, Layout::rows, false, 2), 1, s)
                    .empty());
  EXPECT_TRUE(multiply(Operand<double>(1, 3, 3, Layout::rows, false, 1),
                       Operand<double>(1, 3, 3, Layout::rows, false, 2), 0, {3, 3, 3})
                  .empty());
}

template <class T>
void check_threads(Size s) {
  for (Layout layout : {Layout::rows, Layout::columns}) {
    const Operand<T> a(1, s.m, s.k, layout, false, 1), b(1, s.k, s.n, layout, false, 2);
    std::vector<T> first;
    for (int threads : {1, 2, 3, 7}) {
      const NumThreadsGuard guard(threads);
      const std::vector<T> c = multiply(a, b, 1, s);
      if (threads == 1) first = c;
      EXPECT_EQ(std::memcmp(c.data(), first.data(), c.size() * sizeof(T)), 0)
          << text(s) << " with " << threads << " threads";
    }
  }
}

TEST(Matmul, HasTheSameBitsForAnyThreads) {
  for (Size s : large) {
    check_threads<double>(s);
    check_threads<float>(s);
  }
  for (std::int64_t n : {63, 64, 65, 4095, 4096, 4097, 8192, 16385}) {
    check_threads<double>({n, 2, 3});
    check_threads<double>({2, n, 3});
    check_threads<double>({2, 3, n});
    check_threads<double>({n, 1, 40});
  }
  check_threads<double>({3, 1, 1000003});
  check_threads<double>({1000003, 1, 3});
}

TEST(Matmul, PassesOnWhatIsNotANumber) {
  for (Size s :
       {Size{2, 2, 2}, Size{100, 3, 5}, Size{3, 3, 2100}, Size{50, 1, 40}, Size{60, 60, 30}}) {
    Operand<double> a(1, s.m, s.k, Layout::rows, false, 1), b(1, s.k, s.n, Layout::rows, false, 2);
    a.memory[static_cast<std::size_t>(s.k - 1)] = NAN;  // of the first row
    const std::vector<double> c = multiply(a, b, 1, s);
    for (std::int64_t j = 0; j < s.n; ++j)
      EXPECT_TRUE(std::isnan(c[static_cast<std::size_t>(j)])) << text(s);
    for (std::size_t i = static_cast<std::size_t>(s.n); i < c.size(); ++i)
      EXPECT_FALSE(std::isnan(c[i])) << text(s);
    std::fill(b.memory.begin(), b.memory.end(), 0.0);
    EXPECT_TRUE(std::isnan(multiply(a, b, 1, s)[0])) << "nan times 0, " << text(s);
  }
}

}  // namespace
}  // namespace wald::kernels
