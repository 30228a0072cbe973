// Moving and ordering of many elements: each way that the kernels split the work gives what plain
// loops give, the same bits for any number of threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>
#include <wald/kernels/cpu/parallel.h>

namespace wald {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

class Indexing : public ::testing::Test {
 protected:
  Tensor normal(const Dims& shape) {
    std::vector<double> values(static_cast<std::size_t>(numel(shape)));
    std::normal_distribution<double> draw;
    for (double& v : values) v = draw(random);
    return from_vector(values, shape);
  }
  Tensor places(const Dims& shape, std::int64_t size) {
    std::vector<std::int64_t> values(static_cast<std::size_t>(numel(shape)));
    std::uniform_int_distribution<std::int64_t> draw(0, size - 1);
    for (std::int64_t& v : values) v = draw(random);
    return from_vector(values, shape);
  }

  std::mt19937_64 random{7};
};

/// f() under several numbers of threads, which must all give the same.
Tensor for_any_threads(const std::function<Tensor()>& f) {
  const NumThreadsGuard one(1);
  const Tensor wanted = f();
  for (int threads : {2, 3, 7}) {
    const NumThreadsGuard several(threads);
    EXPECT_EQ(f().to_vector(), wanted.to_vector()) << threads << " threads";
  }
  return wanted;
}

void expect_close(const Tensor& got, const std::vector<double>& wanted, double tolerance) {
  const std::vector<double> values = got.to_vector();
  ASSERT_EQ(values.size(), wanted.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    ASSERT_NEAR(values[i], wanted[i], tolerance * std::max(1.0, std::fabs(wanted[i]))) << i;
}

/// The rows of a matrix added up by their ids.
std::vector<double> added_rows(const Tensor& x, const Tensor& ids, std::int64_t count) {
  const std::vector<double> values = x.to_vector();
  const std::vector<std::int64_t> id = ids.to_vector<std::int64_t>();
  const std::size_t width = values.size() / id.size();
  std::vector<double> out(static_cast<std::size_t>(count) * width);
  for (std::size_t i = 0; i < values.size(); ++i)
    out[static_cast<std::size_t>(id[i / width]) * width + i % width] += values[i];
  return out;
}

TEST_F(Indexing, SegmentSumsAgreeWithLoopsHoweverTheyAreSplit) {
  // Few segments (blocks of their own), many (ranges of the result), few and many columns (slices).
  struct Case {
    std::int64_t n, columns, count;
  };
  for (const Case& c : {Case{300000, 1, 10}, Case{300000, 1, 200000}, Case{100000, 3, 50},
                        Case{100000, 3, 60000}, Case{2000, 200, 7}, Case{300000, 1, 1}}) {
    const Tensor x = normal({c.n, c.columns});
    for (bool is_sorted : {false, true}) {
      SCOPED_TRACE(::testing::Message() << c.n << " by " << c.columns << " into " << c.count
                                        << (is_sorted ? ", sorted" : ""));
      Tensor ids = places({c.n}, c.count);
      if (is_sorted) ids = sort(ids).values;
      const std::vector<double> wanted = added_rows(x, ids, c.count);
      expect_close(for_any_threads([&] { return segment_sum(x, ids, c.count); }), wanted, 1e-11);
      expect_close(for_any_threads([&] { return segment_sum(t(clone(t(x))), ids, c.count); }),
                   wanted, 1e-11);
      const Tensor narrow = to(x, DType::float32);
      const std::vector<double> of_narrow = added_rows(to(narrow, DType::float64), ids, c.count);
      expect_close(for_any_threads([&] { return segment_sum(narrow, ids, c.count); }), of_narrow,
                   6e-8);
    }
  }
}

TEST_F(Indexing, WholeNumbersAreAddedExactly) {
  const Tensor ids = places({200000}, 5), x = places({200000}, 1000) + 9007199254740993.0;
  const Tensor total = for_any_threads([&] { return segment_sum(x, ids, 5); });
  std::vector<std::int64_t> wanted(5), id = ids.to_vector<std::int64_t>(),
                                       value = x.to_vector<std::int64_t>();
  for (std::size_t i = 0; i < id.size(); ++i)
    wanted[static_cast<std::size_t>(id[i])] = static_cast<std::int64_t>(
        static_cast<std::uint64_t>(wanted[static_cast<std::size_t>(id[i])]) +
        static_cast<std::uint64_t>(value[i]));
  EXPECT_EQ(total.to_vector<std::int64_t>(), wanted);
  EXPECT_EQ(sum(bincount(ids)).item<std::int64_t>(), 200000);
  EXPECT_EQ(to_string(bincount(ids, 9).shape()), "[9]");
}

TEST_F(Indexing, ScatterLetsTheLastOfEqualPlacesWin) {
  for (const Dims& shape : {Dims{200000}, Dims{100000, 2}, Dims{2, 100000}, Dims{500, 300}})
    for (std::int64_t axis : {0, -1}) {
      const std::int64_t size = shape[axis == 0 ? 0 : shape.size() - 1] / 3 + 1;
      const Tensor source = normal(shape), index = places(shape, size);
      Dims to = shape;
      to[axis == 0 ? 0 : shape.size() - 1] = size;
      const Tensor x = normal(to);
      const Tensor put = for_any_threads([&] { return scatter(x, axis, index, source); });
      std::vector<double> wanted = x.to_vector(), from = source.to_vector();
      const std::vector<std::int64_t> at = index.to_vector<std::int64_t>();
      const auto columns = static_cast<std::size_t>(shape.size() == 2 ? shape[1] : 1);
      const auto width = static_cast<std::size_t>(to.size() == 2 ? to[1] : 1);
      for (std::size_t i = 0; i < from.size(); ++i) {
        const auto place = static_cast<std::size_t>(at[i]);
        const bool is_row = axis == 0 || shape.size() == 1;
        wanted[is_row ? place * width + i % columns : i / columns * width + place] = from[i];
      }
      EXPECT_EQ(put.to_vector(), wanted) << to_string(shape) << " along " << axis;
    }
}

TEST_F(Indexing, ScatterAddAlongEachAxisAgreesWithItsTranspose) {
  // <g, scatter_add(0, i, x)> = <gather(g, i), x>, with an index of its own for each slice.
  for (const Dims& shape : {Dims{200000}, Dims{100000, 2}, Dims{2, 100000}, Dims{40, 50, 60}})
    for (std::int64_t axis : {0, -1})
      for (std::int64_t size : {5, 90000}) {
        Dims to = shape;
        to[axis == 0 ? 0 : shape.size() - 1] = size;
        if (numel(to) > 1000000) continue;
        const Tensor x = normal(shape), g = normal(to), index = places(shape, size);
        const Tensor added =
            for_any_threads([&] { return scatter_add(zeros(to), axis, index, x); });
        const Tensor picked = for_any_threads([&] { return gather(g, axis, index); });
        EXPECT_NEAR(sum(g * added).item(), sum(picked * x).item(), 1e-8) << to_string(shape);
      }
}

TEST_F(Indexing, RowsAreSelectedFromAnyLayout) {
  const Tensor index = places({3000}, 400);
  for (const Dims& shape : {Dims{400, 70}, Dims{400, 3}, Dims{400, 1}}) {
    const Tensor x = normal(shape);
    const std::vector<double> from = x.to_vector();
    std::vector<double> wanted;
    const auto width = static_cast<std::size_t>(shape[1]);
    for (std::int64_t i : index.to_vector<std::int64_t>())
      for (std::size_t j = 0; j < width; ++j)
        wanted.push_back(from[static_cast<std::size_t>(i) * width + j]);
    EXPECT_EQ(for_any_threads([&] { return index_select(x, 0, index); }).to_vector(), wanted);
    EXPECT_EQ(index_select(t(clone(t(x))), 0, index).to_vector(), wanted);
    EXPECT_EQ(t(index_select(t(x), 1, index)).to_vector(), wanted);
    EXPECT_EQ(index_select(to(x, DType::float32), 0, index).to_vector(),
              to(from_vector(wanted), DType::float32).to_vector());
    EXPECT_EQ(index_select(x > 0, 0, index).to_vector<bool>(),
              (from_vector(wanted) > 0).to_vector<bool>());
  }
}

TEST_F(Indexing, AWriteToTheIndexAfterwardsIsFound) {
  Tensor index = from_vector(std::vector<std::int64_t>{0, 1});
  const Tensor x = normal({3}).requires_grad_();
  const Tensor y = sum(index_select(x, 0, index));
  index.fill_(2);
  EXPECT_THROW(y.backward(), GraphError);
}

TEST_F(Indexing, EqualPlacesOfScatterHaveNoDerivativeButTheLast) {
  const Tensor x = normal({2}).requires_grad_(), source = normal({3}).requires_grad_();
  const Tensor index = from_vector(std::vector<std::int64_t>{1, 1, 1});
  sum(scatter(x, 0, index, source)).backward();
  EXPECT_EQ(x.grad().to_vector(), (std::vector<double>{1, 0}));
  EXPECT_EQ(source.grad().to_vector(), (std::vector<double>{0, 0, 1}));
}

TEST_F(Indexing, ABranchThatIsNotPickedHasDerivativeExactlyZero) {
  const Tensor x = tensor({0.0, 4.0}).requires_grad_();
  const Tensor index = from_vector(std::vector<std::int64_t>{1});
  sum(index_select(sqrt(x), 0, index)).backward();
  EXPECT_EQ(x.grad().to_vector(), (std::vector<double>{0, 0.25}));
}

TEST_F(Indexing, MasksFindTheirPlacesInLargeTensors) {
  const Tensor x = normal({300, 1000});
  const Tensor found = for_any_threads([&] { return masked_select(x, x > 1); });
  std::vector<double> wanted = x.to_vector();
  wanted.erase(std::remove_if(wanted.begin(), wanted.end(), [](double v) { return !(v > 1); }),
               wanted.end());
  EXPECT_EQ(found.to_vector(), wanted);
  EXPECT_EQ(index(x, where(x > 1)).to_vector(), wanted);
  EXPECT_EQ(sum(masked_scatter(zeros(x.shape()), x > 1, found)).item(),
            sum(where(x > 1, x, 0.0)).item());
}

std::vector<std::int64_t> stable_order(const std::vector<double>& x, bool descending) {
  std::vector<std::int64_t> order(x.size());
  std::iota(order.begin(), order.end(), 0);
  auto less = [](double a, double b) { return a < b || (std::isnan(b) && !std::isnan(a)); };
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t i, std::int64_t j) {
    const double a = x[static_cast<std::size_t>(i)], b = x[static_cast<std::size_t>(j)];
    return descending ? less(b, a) : less(a, b);
  });
  return order;
}

TEST_F(Indexing, SortIsStableWithNanAsTheLargest) {
  for (std::int64_t n : {5, 1000, 3000, 150000}) {
    std::vector<double> mixed = (normal({n}) * 50).to_vector();
    const double special[] = {nan, inf, -inf, 0.0, -0.0, 1e-310, -1e-310, -nan};
    for (std::size_t i = 0; i < mixed.size(); ++i) {
      if (i % 3 == 0) mixed[i] = std::trunc(mixed[i]);
      if (i % 5 == 0) mixed[i] = special[i / 5 % 8];
    }
    const Tensor x = from_vector(mixed);
    for (bool descending : {false, true}) {
      SCOPED_TRACE(::testing::Message() << n << (descending ? " descending" : ""));
      const Tensor order = for_any_threads([&] { return argsort(x, 0, descending); });
      EXPECT_EQ(order.to_vector<std::int64_t>(), stable_order(mixed, descending));
      for (std::int64_t k : {std::int64_t{0}, n / 20, n / 2, n}) {
        const Tensor first = topk(x, k, 0, descending).indices;
        EXPECT_EQ(first.to_vector<std::int64_t>(), slice(order, 0, 0, k).to_vector<std::int64_t>());
      }
      const Tensor narrow = to(x, DType::float32), whole = to(x, DType::int64);
      EXPECT_EQ(argsort(narrow, 0, descending).to_vector<std::int64_t>(),
                stable_order(narrow.to_vector(), descending));
      EXPECT_EQ(argsort(whole, 0, descending).to_vector<std::int64_t>(),
                stable_order(whole.to_vector(), descending));
      EXPECT_EQ(argsort(x > 0, 0, descending).to_vector<std::int64_t>(),
                stable_order((x > 0).to_vector(), descending));
    }
  }
}

TEST_F(Indexing, SortTakesEachRowOfAnyAxis) {
  const Tensor x = normal({30, 40, 50});
  for (std::int64_t axis : {0, 1, 2}) {
    const Sorted sorted = sort(x, axis);
    const std::int64_t n = x.size(axis);
    EXPECT_TRUE(sum(slice(sorted.values, axis, 1) < slice(sorted.values, axis, 0, n - 1)).item() ==
                0);
    EXPECT_EQ(gather(x, axis, sorted.indices).to_vector(), sorted.values.to_vector());
    EXPECT_EQ(sum(sorted.indices).item(), static_cast<double>(x.numel() * (n - 1) / 2));
  }
}

TEST_F(Indexing, SearchingPutsNanLast) {
  const Tensor sequence = tensor({-1.0, 0.0, 0.0, inf, nan});
  const Tensor values = tensor({-inf, -0.0, 3.0, inf, nan});
  EXPECT_EQ(searchsorted(sequence, values).to_vector(), (std::vector<double>{0, 1, 3, 3, 4}));
  EXPECT_EQ(searchsorted(sequence, values, true).to_vector(), (std::vector<double>{0, 3, 3, 4, 5}));
}

TEST_F(Indexing, UniqueTakesNanOnce) {
  const Unique found = unique(tensor({2.0, nan, -1.0, 2.0, nan, 0.0, -0.0}));
  EXPECT_EQ(found.counts.to_vector(), (std::vector<double>{1, 2, 2, 2}));
  EXPECT_EQ(found.inverse.to_vector(), (std::vector<double>{2, 3, 0, 2, 3, 1, 1}));
  EXPECT_TRUE(std::isnan(select(found.values, 0, 3).item()));
}

TEST_F(Indexing, OneHotFindsItsOwnSize) {
  EXPECT_EQ(to_string(one_hot(from_vector(std::vector<std::int64_t>{0, 4})).shape()), "[2, 5]");
}

TEST(Copies, OfTransposesAgreeWithLoops) {
  const NumThreadsGuard two(2);
  for (const Dims& shape : {Dims{100, 70}, Dims{7, 300}, Dims{33, 64}, Dims{8, 8}, Dims{513, 9}}) {
    std::vector<double> values(static_cast<std::size_t>(numel(shape)));
    std::iota(values.begin(), values.end(), -1000.0);
    const Tensor x = from_vector(values, shape);
    for (DType from : {DType::float64, DType::float32, DType::int64, DType::boolean})
      for (DType dtype : {DType::float64, DType::float32, DType::int64, DType::boolean}) {
        const Tensor y = to(x, from), plain = to(y, dtype);
        const std::vector<double> got = to(t(y), dtype).to_vector(), all = plain.to_vector();
        const auto rows = static_cast<std::size_t>(shape[0]),
                   columns = static_cast<std::size_t>(shape[1]);
        for (std::size_t i = 0; i < all.size(); ++i)
          ASSERT_EQ(got[i % columns * rows + i / columns], all[i]) << to_string(shape);
        Tensor written = empty({shape[1], shape[0]}, dtype);
        t(written).copy_(y);
        ASSERT_EQ(written.to_vector(), got) << "into a transpose";
      }
  }
}

TEST(Copies, OfPermutedBlocksAgreeWithIndices) {
  std::vector<double> values(20 * 30 * 40);
  std::iota(values.begin(), values.end(), 0.0);
  const Tensor x = from_vector(values, {20, 30, 40});
  for (const Dims& order :
       {Dims{2, 1, 0}, Dims{0, 2, 1}, Dims{2, 0, 1}, Dims{1, 2, 0}, Dims{1, 0, 2}}) {
    const Tensor y = clone(permute(x, order));
    const std::vector<double> got = y.to_vector();
    for (std::int64_t i = 0; i < y.numel(); i += 37) {
      const std::int64_t at[] = {i / (y.size(1) * y.size(2)), i / y.size(2) % y.size(1),
                                 i % y.size(2)};
      std::int64_t place = 0;
      for (std::size_t axis = 0; axis < 3; ++axis)
        place += at[axis] * x.strides()[static_cast<std::size_t>(order[axis])];
      ASSERT_EQ(got[static_cast<std::size_t>(i)], static_cast<double>(place)) << to_string(order);
    }
    EXPECT_EQ(clone(flip(permute(x, order), {0, 2})).to_vector(),
              permute(flip(x, {order[0], order[2]}), order).to_vector());
  }
}

TEST(Copies, ConversionsAreDefinedForEveryValue) {
  const Tensor x = tensor({nan, inf, -inf, 1e300, -1e300, 2.9, -2.9, 9.3e18, -0.0});
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const std::int64_t least = std::numeric_limits<std::int64_t>::min();
  const std::vector<std::int64_t> wanted = {0, most, least, most, least, 2, -2, most, 0};
  EXPECT_EQ(to(x, DType::int64).to_vector<std::int64_t>(), wanted);
  EXPECT_EQ(to(to(x, DType::float32), DType::int64).to_vector<std::int64_t>(), wanted);
  EXPECT_EQ(to(x, DType::boolean).to_vector(), (std::vector<double>{1, 1, 1, 1, 1, 1, 1, 1, 0}));
  EXPECT_EQ(full({}, nan, DType::int64).item<std::int64_t>(), 0);
}

TEST(Views, ShareMemoryWhereTheyAreViews) {
  const Tensor x = ones({4, 6});
  for (const Tensor& y : {view(x, {2, 2, 6}), permute(x, {1, 0}), movedim(x, 0, 1), diagonal(x),
                          narrow(x, 0, 1, 2), split(x, 2)[1], chunk(x, 2, 1)[1], flatten(x),
                          broadcast_to(x, {3, 4, 6}), squeeze(unsqueeze(x, 0))})
    EXPECT_GE(y.data<double>(), x.data<double>()) << to_string(y.shape());
  for (const Tensor& y : {view(x, {2, 2, 6}), permute(x, {1, 0}), diagonal(x), flatten(x)})
    EXPECT_EQ(y.data<double>(), x.data<double>()) << to_string(y.shape());
  EXPECT_NE(flip(x, {0}).data<double>(), x.data<double>());
}

}  // namespace
}  // namespace wald
