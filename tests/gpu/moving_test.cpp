// Copies and moving by index on a GPU, run by the emulator, against the CPU's.
#include <algorithm>

#include <wald/kernels/gpu/elements.h>
#include <wald/kernels/gpu/library.h>

#include "operands.h"

namespace wald::gpu {
namespace {

using kernels::cpu_backend;
using kernels::View;

TEST(GpuCopy, ConvertsEveryLayoutAndType) {
  for (const DType from : {DType::float64, DType::float32, DType::int64, DType::boolean})
    for (const DType to : {DType::float64, DType::float32, DType::int64, DType::boolean})
      for (const Layout& layout : layouts()) {
        SCOPED_TRACE(layout.name);
        const Bytes memory = numbers(from, layout.memory, -5, 5, 3);
        const View in{memory.data() + layout.first * size_of(from), layout.stride.data()};
        std::vector<std::int64_t> dense(layout.size.size());
        std::int64_t stride = 1;
        for (std::size_t axis = dense.size(); axis-- > 0; stride *= layout.size[axis])
          dense[axis] = stride;
        const kernels::Shape shape{static_cast<int>(layout.size.size()), layout.size.data()};
        Bytes found(count(layout) * size_of(to)), expected(found.size());
        ASSERT_EQ(copy_elements(from, to, shape, in, {found.data(), dense.data()}, {}), success);
        cpu_backend().copy(from, to, shape, in, {expected.data(), dense.data()});
        EXPECT_EQ(found, expected);
      }
}

TEST(GpuFill, WritesAllAndNoMore) {
  for (const DType dtype : {DType::float64, DType::float32, DType::int64, DType::boolean}) {
    Bytes found(100 * size_of(dtype), 7), expected(found);
    ASSERT_EQ(fill(dtype, found.data(), 99, 3.5, {}), success);
    cpu_backend().fill(dtype, expected.data(), 99, 3.5);
    EXPECT_EQ(found, expected);
  }
}

TEST(GpuGather, EqualsTheCpuAlongAnyAxis) {
  const std::vector<std::int64_t> size = {6, 5, 4}, in_stride = {1, 24, 6},
                                  index_stride = {20, 4, 1};
  std::vector<std::int64_t> index(120);
  for (std::size_t i = 0; i < index.size(); ++i) index[i] = static_cast<std::int64_t>(i * 7 % 4);
  for (const DType dtype : {DType::float64, DType::float32, DType::int64, DType::boolean})
    for (int axis = 0; axis < 3; ++axis) {
      const Bytes memory = numbers(dtype, 120, -9, 9, 5);
      const kernels::Shape shape{3, size.data()};
      const View in{memory.data(), in_stride.data()}, places{index.data(), index_stride.data()};
      Bytes found(120 * size_of(dtype)), expected(found.size());
      ASSERT_EQ(gather(dtype, shape, in, axis, places, found.data(), {}), success);
      cpu_backend().gather(dtype, shape, in, axis, places, expected.data());
      EXPECT_EQ(found, expected);
    }
}

struct Scattering {
  std::vector<std::int64_t> size, source_stride, index_stride;
  std::vector<std::int64_t> out_size;
  int axis;
};

std::vector<std::int64_t> places(std::int64_t n, std::int64_t below, unsigned seed) {
  std::mt19937_64 random(seed);
  std::vector<std::int64_t> out(n);
  for (std::int64_t& x : out)
    x = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(below));
  return out;
}

void compare_scatter(const Scattering& s, DType dtype, bool add) {
  std::int64_t source_memory = 1, index_memory = 1;
  for (std::size_t i = 0; i < s.size.size(); ++i) {
    source_memory += (s.size[i] - 1) * s.source_stride[i];
    index_memory += (s.size[i] - 1) * s.index_stride[i];
  }
  source_memory = std::max<std::int64_t>(source_memory, 1);
  const Bytes source = numbers(dtype, source_memory, dtype == DType::int64 ? -9 : 0.5, 9, 21);
  const auto index = places(std::max<std::int64_t>(index_memory, 1), s.out_size[s.axis], 22);
  Bytes found = numbers(dtype, product_of(s.out_size), 1, 5, 23), expected = found;
  const View from{source.data(), s.source_stride.data()},
      where{index.data(), s.index_stride.data()};
  ASSERT_EQ(scatter(0, dtype, add, shape_of(s.size), from, where, s.axis, shape_of(s.out_size),
                    found.data(), {}),
            success);
  cpu_backend().scatter(dtype, add, shape_of(s.size), from, where, s.axis, shape_of(s.out_size),
                        expected.data());
  if (add)
    expect_same(dtype, found, expected, dtype == DType::float32 ? 1e-6 : 1e-13);
  else
    EXPECT_EQ(found, expected);
}

TEST(GpuScatter, EqualsTheCpuInOrderOfTheIndex) {
  const std::vector<Scattering> cases = {
      {{1}, {1}, {1}, {3}, 0},
      {{2500}, {1}, {1}, {7}, 0},
      {{2500}, {2}, {1}, {6000}, 0},
      {{600}, {0}, {0}, {4}, 0},
      {{700, 5}, {5, 1}, {1, 0}, {40, 5}, 0},
      {{700, 5}, {1, 700}, {5, 1}, {40, 5}, 0},
      {{3, 900}, {900, 1}, {0, 1}, {3, 11}, 1},
      {{3, 900}, {0, 1}, {900, 1}, {3, 2000}, 1},
      {{4, 30, 6}, {1, 24, 4}, {180, 6, 1}, {4, 9, 6}, 1},
      {{0, 4}, {4, 1}, {4, 1}, {5, 4}, 0},
  };
  for (const int warp : {32, 64}) {
    emulator::set_warp_size(warp);
    for (const Scattering& s : cases) {
      if (warp == 64 && s.axis != 1) continue;
      for (const DType dtype : {DType::float64, DType::float32, DType::int64})
        for (const bool add : {false, true}) compare_scatter(s, dtype, add);
      compare_scatter(s, DType::boolean, false);
    }
  }
  emulator::set_warp_size(32);
}

TEST(GpuScatter, SortsALongIndexByTheLibrary) {
  library::emulate(true);
  for (const bool add : {false, true}) {
    compare_scatter({{40000}, {1}, {1}, {70000}, 0}, DType::float64, add);
    compare_scatter({{2, 20000}, {1, 2}, {20000, 1}, {2, 5}, 1}, DType::float32, add);
  }
  library::emulate(false);
}

TEST(GpuScatter, AddsTheSameBitsEachTime) {
  const std::vector<std::int64_t> size = {3000}, out_size = {3}, one = {1};
  const Bytes source = numbers(DType::float64, 3000, -1, 1, 2);
  const auto index = places(3000, 3, 3);
  Bytes first_time;
  for (int time = 0; time < 2; ++time) {
    Bytes out(3 * sizeof(double));
    ASSERT_EQ(scatter(0, DType::float64, true, shape_of(size), {source.data(), one.data()},
                      {index.data(), one.data()}, 0, shape_of(out_size), out.data(), {}),
              success);
    if (time == 0) first_time = out;
    EXPECT_EQ(out, first_time);
  }
}

TEST(GpuIndex, FindsBoundsInEveryLayout) {
  for (const Layout& layout : layouts()) {
    if (count(layout) == 0) continue;
    const auto index = places(layout.memory, 1000, 4);
    const View view{index.data() + layout.first, layout.stride.data()};
    std::int64_t low = 0, high = 0, low_of_cpu = 0, high_of_cpu = 0;
    ASSERT_EQ(index_bounds(0, shape_of(layout.size), view, &low, &high, {}), success);
    cpu_backend().index_bounds(shape_of(layout.size), view, &low_of_cpu, &high_of_cpu);
    EXPECT_EQ(low, low_of_cpu);
    EXPECT_EQ(high, high_of_cpu);
  }
}

TEST(GpuIndex, FindsPlacesOfTrue) {
  std::vector<Layout> all = layouts();
  all.push_back({"long", {300000}, {1}, 0, 300000});
  for (const double low : {-1.0, 0.0, -3.0})  // about half of them, all, few
    for (const Layout& layout : all) {
      SCOPED_TRACE(layout.name);
      Bytes mask = numbers(DType::boolean, layout.memory, -1, 1, 6);
      if (low == 0) std::fill(mask.begin(), mask.end(), 1);
      if (low == -3)
        for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = i % 501 == 500;
      const View view{mask.data() + layout.first, layout.stride.data()};
      const kernels::Shape shape = shape_of(layout.size);
      const std::int64_t expected_count = cpu_backend().places_of_true(shape, view, nullptr);
      std::vector<std::int64_t> expected(expected_count), found(expected_count);
      cpu_backend().places_of_true(shape, view, expected.data());
      std::int64_t n = -1;
      ASSERT_EQ(places_of_true(0, shape, view, nullptr, &n, {}), success);
      ASSERT_EQ(n, expected_count);
      ASSERT_EQ(places_of_true(0, shape, view, found.data(), &n, {}), success);
      EXPECT_EQ(n, expected_count);
      EXPECT_EQ(found, expected);
    }
}

TEST(GpuIndex, PermutesRowsAndBack) {
  constexpr std::int64_t batch = 3, n = 41, columns = 9;
  std::vector<std::int64_t> rows(batch * n);
  for (std::int64_t i = 0; i < batch * n; ++i) rows[i] = (i % n * 7 + i / n) % n;
  for (const DType dtype : {DType::float64, DType::float32})
    for (const bool inverse : {false, true}) {
      const Bytes x = numbers(dtype, batch * n * columns, -9, 9, 5);
      Bytes found(x.size()), expected(x.size());
      const kernels::Matrices matrices{dtype, batch, n, columns, x.data()};
      ASSERT_EQ(permute_rows(matrices, rows.data(), inverse, found.data(), {}), success);
      cpu_backend().permute_rows(matrices, rows.data(), inverse, expected.data());
      EXPECT_EQ(found, expected);
    }
}

}  // namespace
}  // namespace wald::gpu
