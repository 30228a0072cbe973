// Sums and other reductions: their accuracy, every layout against plain loops, and the same bits
// for any number of threads, on both sides of every block's end.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <random>

#include <wald/kernels/backend.h>
#include <wald/kernels/cpu/parallel.h>

namespace wald::kernels {
namespace {

template <class T>
std::vector<T> random_values(std::int64_t n, unsigned seed = 1) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<T> out(static_cast<std::size_t>(n));
  for (T& v : out) v = static_cast<T>(uniform(random));
  return out;
}

struct Layout {
  std::vector<std::int64_t> size, stride;

  static Layout contiguous(std::vector<std::int64_t> size) {
    Layout out{std::move(size), {}};
    out.stride.resize(out.size.size());
    std::int64_t stride = 1;
    for (std::size_t i = out.size.size(); i-- > 0; stride *= out.size[i]) out.stride[i] = stride;
    return out;
  }
};

template <class T>
std::vector<T> sum_of(const T* x, const Layout& layout, std::uint64_t axes) {
  std::int64_t n = 1;
  for (std::size_t i = 0; i < layout.size.size(); ++i)
    if (!(axes >> i & 1)) n *= layout.size[i];
  std::vector<T> out(static_cast<std::size_t>(n) + 1, T(77));
  cpu_backend().reduce(Reduction::sum, dtype_of<T>::value,
                       {static_cast<int>(layout.size.size()), layout.size.data()},
                       {x, layout.stride.data()}, axes, out.data());
  EXPECT_EQ(out.back(), T(77)) << "written past the end";
  out.pop_back();
  return out;
}

template <class T>
T sum_of_all(const std::vector<T>& x) {
  return sum_of(x.data(), Layout::contiguous({static_cast<std::int64_t>(x.size())}), 1)[0];
}

const std::int64_t lengths[] = {0,    1,    7,    8,     9,     63,    64,     65,     4095,
                                4096, 4097, 8192, 16383, 16384, 16385, 131073, 1000003};

template <class T>
void expect_same_for_any_threads(const std::function<std::vector<T>()>& compute, const char* what,
                                 std::int64_t n) {
  std::vector<T> first;
  for (int threads : {1, 2, 3, 7}) {
    const NumThreadsGuard guard(threads);
    const std::vector<T> got = compute();
    if (threads == 1) first = got;
    ASSERT_EQ(got.size(), first.size());
    EXPECT_EQ(std::memcmp(got.data(), first.data(), got.size() * sizeof(T)), 0)
        << what << " of " << n << " with " << threads << " threads";
  }
}

template <class T>
void check_threads() {
  for (std::int64_t n : lengths) {
    const std::vector<T> x = random_values<T>(n);
    expect_same_for_any_threads<T>([&] { return std::vector<T>{sum_of_all(x)}; }, "sum", n);
    if (n < 3) continue;
    // As a matrix: sums of rows, of columns, of all of its transpose.
    const std::int64_t rows = n / 3;
    for (const Layout& m : {Layout{{rows, 3}, {3, 1}}, Layout{{3, rows}, {1, 3}},
                            Layout{{3, rows}, {rows, 1}}, Layout{{rows, 3}, {1, rows}}})
      for (std::uint64_t axes : {1, 2, 3})
        expect_same_for_any_threads<T>([&] { return sum_of(x.data(), m, axes); }, "matrix", n);
  }
}

TEST(Sum, OfFloat64HasTheSameBitsForAnyThreads) { check_threads<double>(); }
TEST(Sum, OfFloat32HasTheSameBitsForAnyThreads) { check_threads<float>(); }

TEST(Sum, OfFloat64IsAccurate) {
  for (std::int64_t n : lengths) {
    const std::vector<double> x = random_values<double>(n);
    long double exact = 0, size = 0;
    for (double v : x) exact += v, size += std::fabs(v);
    // Sums in blocks and trees: far below the n eps of a plain loop.
    EXPECT_LE(std::fabs(static_cast<double>(sum_of_all(x) - exact)), 1e-16 * 16 * size) << n;
    const std::vector<double> same(static_cast<std::size_t>(n), 0.1);
    EXPECT_NEAR(sum_of_all(same), static_cast<double>(0.1L * n), 1e-14 * static_cast<double>(n))
        << n;
  }
}

TEST(Sum, OfFloat32IsAccumulatedInFloat64) {
  for (std::int64_t n : lengths) {
    const std::vector<float> x = random_values<float>(n);
    double exact = 0;
    for (float v : x) exact += v;
    EXPECT_EQ(sum_of_all(x), static_cast<float>(exact)) << n;
  }
  // 2^24 + 1 is no float: a float32 accumulator would stay at 2^24.
  std::vector<float> x(70000, 1.0f);
  x[0] = 16777216.0f;
  EXPECT_EQ(sum_of_all(x), static_cast<float>(16777216.0 + 69999));
  const std::vector<float> column = x;
  EXPECT_EQ(sum_of(column.data(), Layout{{35000, 2}, {2, 1}}, 1)[0], 16777216.0f + 34999.0f);
  EXPECT_EQ(sum_of(column.data(), Layout{{2, 35000}, {1, 2}}, 2)[0], 16777216.0f + 34999.0f);
}

/// Sums over each set of axes of the layout, against loops.
template <class T>
void check_layout(const std::vector<T>& x, const Layout& layout) {
  const std::size_t rank = layout.size.size();
  for (std::uint64_t axes = 0; axes < 1u << rank; ++axes) {
    std::vector<double> wanted;
    std::int64_t kept = 1, total = 1;
    for (std::size_t i = 0; i < rank; ++i) {
      total *= layout.size[i];
      if (!(axes >> i & 1)) kept *= layout.size[i];
    }
    wanted.assign(static_cast<std::size_t>(kept), 0);
    for (std::int64_t i = 0; i < total; ++i) {
      std::int64_t rest = i, from = 0, to = 0, step = 1;
      for (std::size_t axis = rank; axis-- > 0; rest /= layout.size[axis]) {
        const std::int64_t at = rest % layout.size[axis];
        from += at * layout.stride[axis];
        if (axes >> axis & 1) continue;
        to += at * step;
        step *= layout.size[axis];
      }
      wanted[static_cast<std::size_t>(to)] +=
          static_cast<double>(x[static_cast<std::size_t>(from)]);
    }
    const std::vector<T> got = sum_of(x.data(), layout, axes);
    const double tolerance = sizeof(T) == 4 ? 1e-6 : 1e-12;
    for (std::size_t i = 0; i < wanted.size(); ++i)
      EXPECT_NEAR(static_cast<double>(got[i]), wanted[i],
                  tolerance * std::max(1.0, std::fabs(wanted[i])))
          << "axes " << axes << ", result " << i;
  }
}

/// The other reductions of the layout over each set of axes, against loops.
template <class T>
void check_other_kinds(const std::vector<T>& x, const Layout& layout) {
  const std::size_t rank = layout.size.size();
  for (Reduction kind : {Reduction::prod, Reduction::max, Reduction::min, Reduction::norm})
    for (std::uint64_t axes = 0; axes < 1u << rank; ++axes) {
      std::int64_t kept = 1, total = 1;
      for (std::size_t i = 0; i < rank; ++i) {
        total *= layout.size[i];
        if (!(axes >> i & 1)) kept *= layout.size[i];
      }
      const double start = kind == Reduction::prod  ? 1
                           : kind == Reduction::max ? -INFINITY
                           : kind == Reduction::min ? INFINITY
                                                    : 0;
      std::vector<double> wanted(static_cast<std::size_t>(kept), start);
      for (std::int64_t i = 0; i < total; ++i) {
        std::int64_t rest = i, from = 0, to = 0, step = 1;
        for (std::size_t axis = rank; axis-- > 0; rest /= layout.size[axis]) {
          const std::int64_t at = rest % layout.size[axis];
          from += at * layout.stride[axis];
          if (axes >> axis & 1) continue;
          to += at * step;
          step *= layout.size[axis];
        }
        const auto v = static_cast<double>(x[static_cast<std::size_t>(from)]);
        double& result = wanted[static_cast<std::size_t>(to)];
        switch (kind) {
          case Reduction::prod:
            result *= v;
            break;
          case Reduction::max:
            result = std::max(result, v);
            break;
          case Reduction::min:
            result = std::min(result, v);
            break;
          default:
            result = std::hypot(result, v);
        }
      }
      std::vector<T> got(static_cast<std::size_t>(kept) + 1, T(77));
      cpu_backend().reduce(kind, dtype_of<T>::value, {static_cast<int>(rank), layout.size.data()},
                           {x.data(), layout.stride.data()}, axes, got.data());
      EXPECT_EQ(got.back(), T(77)) << "written past the end";
      for (std::size_t i = 0; i < wanted.size(); ++i)
        if (const auto value = static_cast<double>(got[i]); value != wanted[i]) {
          EXPECT_NEAR(value, wanted[i],
                      (sizeof(T) == 4 ? 1e-6 : 1e-12) * std::max(1e-300, std::fabs(wanted[i])))
              << "kind " << static_cast<int>(kind) << ", axes " << axes << ", result " << i;
        }
    }
}

template <class T>
void check_layouts() {
  const std::vector<T> x = random_values<T>(20000);
  std::vector<T> factors;  // whose products neither overflow nor underflow
  for (T v : x) factors.push_back((v < 0 ? T(-1) : T(1)) * (T(0.95) + T(0.1) * std::fabs(v)));
  for (const Layout& layout : {Layout::contiguous({}),
                               Layout::contiguous({5}),
                               Layout::contiguous({600, 7}),
                               Layout::contiguous({7, 600}),
                               Layout::contiguous({3, 4, 5}),
                               Layout::contiguous({2, 300, 3, 2}),
                               Layout::contiguous({0}),
                               Layout::contiguous({3, 0, 2}),
                               Layout::contiguous({1, 1, 1}),
                               Layout{{4, 5}, {1, 4}},
                               Layout{{300, 5}, {1, 300}},
                               Layout{{30, 5}, {10, 2}},
                               Layout{{4, 5}, {0, 1}},
                               Layout{{4, 5}, {1, 0}},
                               Layout{{4, 5}, {0, 0}},
                               Layout{{3, 4, 5}, {1, 15, 3}},
                               Layout{{3, 4, 5}, {20, 0, 4}},
                               Layout{{700, 2}, {3, 1}},
                               Layout{{2, 700}, {1, 3}},
                               Layout{{1, 700}, {999, 2}},
                               Layout{{5, 700, 3}, {2100, 3, 1}},
                               Layout{{40, 3, 50}, {150, 50, 1}},
                               Layout{{9000, 2}, {2, 1}},
                               Layout{{6, 100, 20}, {1, 120, 6}}}) {
    check_layout(x, layout);
    check_other_kinds(factors, layout);
  }
}

TEST(Reductions, OfEveryLayoutAreThoseOfPlainLoops) {
  check_layouts<double>();
  check_layouts<float>();
}

TEST(Sum, OfIntegersIsExact) {
  std::vector<std::int64_t> x;
  for (std::int64_t i = 0; i < 12; ++i) x.push_back(i * i - 20);
  for (const Layout& layout : {Layout::contiguous({12}), Layout::contiguous({3, 4}),
                               Layout{{4, 3}, {1, 4}}, Layout{{2, 3}, {0, 2}}})
    check_layout(x, layout);
  const std::int64_t large = (std::int64_t{1} << 60) + 1;
  EXPECT_EQ(sum_of_all(std::vector<std::int64_t>{large, 1, -large, 3}), 4);
}

TEST(Sum, PassesOnWhatIsNotANumber) {
  std::vector<double> x(5000, 1);
  x[4990] = INFINITY;
  EXPECT_EQ(sum_of_all(x), INFINITY);
  x[3] = -INFINITY;
  EXPECT_TRUE(std::isnan(sum_of_all(x)));
  const double inf = INFINITY;
  EXPECT_EQ(sum_of(&inf, Layout{{0}, {0}}, 1)[0], 0) << "no copies of infinity are 0";
  const std::vector<float> big(4, 3e38f);
  EXPECT_EQ(sum_of_all(big), INFINITY);
}

}  // namespace
}  // namespace wald::kernels
