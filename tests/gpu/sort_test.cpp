// Sorting and searching on a GPU, run by the emulator, against the CPU's.
#include <algorithm>

#include <wald/kernels/gpu/elements.h>
#include <wald/kernels/gpu/library.h>

#include "operands.h"

namespace wald::gpu {
namespace {

using kernels::cpu_backend;
using kernels::View;

void compare_argsort(DType dtype, const Layout& layout, bool descending, std::int64_t keep,
                     const Bytes& memory) {
  const std::int64_t n = layout.size.back();
  const std::int64_t rows = n == 0 ? 0 : count(layout) / n;
  std::vector<std::int64_t> found(rows * keep), expected(rows * keep);
  const View in{memory.data() + layout.first * size_of(dtype), layout.stride.data()};
  const kernels::Shape shape = shape_of(layout.size);
  ASSERT_EQ(argsort(0, dtype, shape, in, descending, keep, found.data(), {}), success);
  cpu_backend().argsort(dtype, shape, in, descending, keep, expected.data());
  EXPECT_EQ(found, expected);
}

TEST(GpuSort, EqualsTheCpuStably) {
  std::vector<Layout> all = layouts();
  all.push_back({"long", {5000}, {1}, 0, 5000});
  all.push_back({"long rows", {3, 2500}, {1, 3}, 0, 7500});
  all.push_back({"full tiles", {2, 2048}, {2048, 1}, 0, 4096});
  for (const int warp : {32, 64}) {
    emulator::set_warp_size(warp);
    for (const Layout& layout : all) {
      if (warp == 64 && layout.size != all.back().size) continue;
      if (layout.size.empty()) continue;  // an axis is sorted
      for (const DType dtype : {DType::float64, DType::float32, DType::int64, DType::boolean})
        for (const bool descending : {false, true}) {
          SCOPED_TRACE(layout.name);
          const std::int64_t n = layout.size.back();
          // Many are equal, once cut to whole numbers.
          Bytes memory = numbers(DType::int64, layout.memory, -20, 20, 31);
          if (dtype != DType::int64) memory = numbers(dtype, layout.memory, -20, 20, 31);
          for (const std::int64_t keep : {n, std::min<std::int64_t>(n, 3), n / 2})
            compare_argsort(dtype, layout, descending, keep, memory);
        }
    }
  }
  emulator::set_warp_size(32);
}

TEST(GpuSort, PutsNanLastAndZerosTogether) {
  const double inf = INFINITY, nan = NAN;
  std::vector<double> x = {3, nan, -0.0, 0.0, inf, -inf, -nan, 0.0, -0.0, 5e-324, -5e-324};
  for (int i = 0; i < 8; ++i) x.insert(x.end(), x.begin(), x.begin() + 11 * (1 << i));
  const auto n = static_cast<std::int64_t>(x.size());
  for (const bool descending : {false, true})
    for (const std::int64_t size : {std::int64_t{11}, n})
      compare_argsort(DType::float64, {"", {size}, {1}}, descending, size, bytes_of(x));
}

TEST(GpuSort, OfLongRowsIsTheLibrarysWhereMostIsWanted) {
  library::emulate(true);
  const std::int64_t n = 33000;  // keep is below and above an eighth
  const Layout rows{"long rows", {2, n}, {n, 1}, 0, 2 * n};
  for (const DType dtype : {DType::float64, DType::float32, DType::int64, DType::boolean})
    for (const bool descending : {false, true})
      for (const std::int64_t keep : {n, std::int64_t{100}})
        compare_argsort(dtype, rows, descending, keep, numbers(dtype, 2 * n, -300, 300, 8));
  library::emulate(false);
}

TEST(GpuSearch, EqualsTheCpuOnEitherSide) {
  const double inf = INFINITY, nan = NAN;
  const std::vector<double> sequences = {-inf, -1, -1, 0, 0, 2, nan, 1, 1, 2, 3, 4, inf, nan};
  const std::vector<double> values = {-inf, -1, -0.0, 0.0, 0.5, 2, 3, inf, nan, -2, 4, 9};
  const std::vector<std::int64_t> size = {2, 12}, begins = {7, 0}, stride = {0, 1};
  const kernels::Shape shape = shape_of(size);
  for (const bool right : {false, true})
    for (const std::int64_t n : {0, 1, 7}) {
      const View sequence{sequences.data(), begins.data()}, value{values.data(), stride.data()};
      std::vector<std::int64_t> found(24, -1), expected(24, -1);
      ASSERT_EQ(searchsorted(DType::float64, shape, sequence, n, 1, value, right, found.data(), {}),
                success);
      cpu_backend().searchsorted(DType::float64, shape, sequence, n, 1, value, right,
                                 expected.data());
      EXPECT_EQ(found, expected);
    }
}

TEST(GpuSearch, TakesEveryTypeAndStep) {
  const std::vector<std::int64_t> size = {1000}, begin = {0}, one = {1};
  for (const DType dtype : {DType::float64, DType::float32, DType::int64, DType::boolean}) {
    const Bytes ascending = visit_dtype(dtype, [](auto t) {
      std::vector<decltype(t)> x(200);
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<decltype(t)>(i / 100);
      return bytes_of(x);
    });
    const Bytes values = numbers(dtype, 1000, -1, 3, 9);
    std::vector<std::int64_t> found(1000), expected(1000);
    ASSERT_EQ(searchsorted(dtype, shape_of(size), {ascending.data(), begin.data()}, 100, 2,
                           {values.data(), one.data()}, true, found.data(), {}),
              success);
    cpu_backend().searchsorted(dtype, shape_of(size), {ascending.data(), begin.data()}, 100, 2,
                               {values.data(), one.data()}, true, expected.data());
    EXPECT_EQ(found, expected);
  }
}

}  // namespace
}  // namespace wald::gpu
