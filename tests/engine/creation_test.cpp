// Tensors from ranges, from other tensors, and from the containers of C++.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <list>
#include <span>

#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/print.h>

namespace wald {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::int64_t> integers(const Tensor& x) {
  EXPECT_EQ(x.dtype(), DType::int64);
  return x.to_vector<std::int64_t>();
}

TEST(Arange, OfIntegers) {
  EXPECT_THAT(integers(arange(4)), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(integers(arange(2, 9, 3)), ElementsAre(2, 5, 8));
  EXPECT_THAT(integers(arange(2, 8, 3)), ElementsAre(2, 5));
  EXPECT_THAT(integers(arange(3, -3, -2)), ElementsAre(3, 1, -1));
  EXPECT_THAT(integers(arange(0)), ElementsAre());
  EXPECT_THAT(integers(arange(5, 2)), ElementsAre());
  EXPECT_THAT(integers(arange(2, 5, -1)), ElementsAre());
  EXPECT_THAT(integers(arange(std::size_t{2})), ElementsAre(0, 1));
  constexpr std::int64_t least = INT64_MIN, most = INT64_MAX;
  EXPECT_THAT(integers(arange(least, most, most)), ElementsAre(least, -1, most - 1));
  EXPECT_THAT(integers(arange(most, least, least)), ElementsAre(most, -1));
  EXPECT_THROW(arange(0, 5, 0), IndexError);
  EXPECT_THROW(arange(least, most), IndexError);
}

TEST(Arange, OfFloats) {
  const Tensor x = arange(0.0, 1.0, 0.1);
  EXPECT_EQ(x.dtype(), DType::float64);
  ASSERT_EQ(x.numel(), 10);
  EXPECT_EQ(x.to_vector()[7], 7 * 0.1) << "no sum of rounded steps";
  EXPECT_THAT(arange(2.5).to_vector(), ElementsAre(0, 1, 2));
  EXPECT_THAT(arange(1, 2, 0.5).to_vector(), ElementsAre(1, 1.5));
  EXPECT_THAT(arange(1.0, 0.0).to_vector(), ElementsAre());
  EXPECT_EQ(float_range(0, 3, 1, DType::float32).dtype(), DType::float32);
  EXPECT_THROW(arange(0.0, 1.0, 0.0), IndexError);
  EXPECT_THROW(arange(0.0, INFINITY), IndexError);
  EXPECT_THROW(arange(NAN, 1.0), IndexError);
  EXPECT_THROW(arange(0.0, NAN), IndexError);
}

TEST(Linspace, MeetsBothEnds) {
  EXPECT_THAT(linspace(0, 1, 5).to_vector(), ElementsAre(0, 0.25, 0.5, 0.75, 1));
  EXPECT_THAT(linspace(2, -2, 3).to_vector(), ElementsAre(2, 0, -2));
  EXPECT_THAT(linspace(3, 7, 1).to_vector(), ElementsAre(3));
  EXPECT_THAT(linspace(3, 7, 0).to_vector(), ElementsAre());
  for (std::int64_t n : {2, 3, 49, 1000}) {
    const auto x = linspace(0.1, 0.7, n).to_vector();
    EXPECT_EQ(x.front(), 0.1);
    EXPECT_EQ(x.back(), 0.7);
    for (std::size_t i = 1; i < x.size(); ++i) EXPECT_GT(x[i], x[i - 1]);
  }
  EXPECT_EQ(linspace(0, 1, 3, DType::float32).dtype(), DType::float32);
  EXPECT_THROW(linspace(0, 1, -1), ShapeError);
}

TEST(Logspace, IsPowersOfTheBase) {
  EXPECT_THAT(logspace(-1, 2, 4).to_vector(), ElementsAre(std::pow(10.0, -1), 1, 10, 100));
  EXPECT_THAT(logspace(0, 3, 4, 2).to_vector(), ElementsAre(1, 2, 4, 8));
}

TEST(Like, KeepsShapeAndType) {
  for (DType dtype : {DType::boolean, DType::int64, DType::float32, DType::float64}) {
    const Tensor x = zeros({2, 3}, dtype);
    for (const Tensor& y : {zeros_like(x), ones_like(x), full_like(x, 1), empty_like(x)}) {
      EXPECT_EQ(y.dtype(), dtype);
      EXPECT_TRUE(y.shape() == x.shape());
      EXPECT_FALSE(y.is_same(x));
    }
    EXPECT_THAT(ones_like(x).to_vector(), ::testing::Each(1));
    EXPECT_THAT(full_like(x, 1).to_vector(), ::testing::Each(1));
  }
  const Tensor leaf = ones({2}).requires_grad_();
  EXPECT_FALSE(zeros_like(exp(leaf)).requires_grad());
  EXPECT_TRUE(ones_like(expand(tensor(2), {3})).is_contiguous());
}

TEST(TensorOf, ContainersOfEveryKind) {
  const std::vector<double> doubles = {1, 2};
  EXPECT_EQ(tensor_of(doubles).dtype(), DType::float64);
  EXPECT_THAT(tensor_of(doubles).to_vector(), ElementsAre(1, 2));
  EXPECT_EQ(tensor_of(std::array<float, 2>{1, 2}).dtype(), DType::float32);
  EXPECT_THAT(integers(tensor_of(std::vector<int>{-3, 4})), ElementsAre(-3, 4));
  EXPECT_THAT(integers(tensor_of(std::vector<unsigned char>{255})), ElementsAre(255));
  EXPECT_EQ(tensor_of(std::span(doubles)).to_vector(), doubles);
  const Tensor flags = tensor_of(std::vector<bool>{true, false});
  EXPECT_EQ(flags.dtype(), DType::boolean);
  EXPECT_THAT(flags.to_vector<bool>(), ElementsAre(true, false));
  const int matrix[2][3] = {{1, 2, 3}, {4, 5, 6}};
  EXPECT_EQ(to_string(tensor_of(matrix).shape()), "[2, 3]");
  EXPECT_THAT(integers(tensor_of(matrix)), ElementsAre(1, 2, 3, 4, 5, 6));
  const std::vector<std::array<double, 2>> pairs = {{1, 2}, {3, 4}, {5, 6}};
  EXPECT_EQ(to_string(tensor_of(pairs).shape()), "[3, 2]");
  EXPECT_THAT(tensor_of(std::list<std::vector<float>>{{1}, {2}}).to_vector(), ElementsAre(1, 2));
  EXPECT_EQ(to_string(tensor_of(std::vector<std::vector<double>>{}).shape()), "[0, 0]");
  EXPECT_EQ(to_string(tensor_of(std::vector<std::vector<bool>>{{}, {}}).shape()), "[2, 0]");
  EXPECT_THROW(tensor_of(std::vector<std::vector<double>>{{1}, {2, 3}}), ShapeError);
  EXPECT_THROW(tensor_of(std::vector<std::uint64_t>{UINT64_MAX}), DTypeError);
}

TEST(TensorOf, IsACopy) {
  std::vector<double> values = {1, 2};
  const Tensor x = tensor_of(values);
  values[0] = 9;
  EXPECT_THAT(x.to_vector(), ElementsAre(1, 2));
}

TEST(Literals, OfATypeAskedFor) {
  EXPECT_EQ(tensor({{1, 2}}, DType::float32).dtype(), DType::float32);
  EXPECT_THAT(integers(tensor({1, 2}, DType::int64)), ElementsAre(1, 2));
}

TEST(FromMemory, WithStrides) {
  const double values[] = {1, 2, 3, 4, 5, 6};
  int released = 0;
  {
    const Tensor columns = from_memory(values, {2, 3}, {1, 2}, [&] { ++released; });
    EXPECT_EQ(columns.data<double>(), values);
    EXPECT_THAT(columns.to_vector(), ElementsAre(1, 3, 5, 2, 4, 6));
    EXPECT_EQ(to_string((columns + 1).shape()), "[2, 3]");
    EXPECT_THAT(sum(columns, {1}).to_vector(), ElementsAre(9, 12));
    EXPECT_EQ(released, 0);
  }
  EXPECT_EQ(released, 1);
  EXPECT_THAT(from_memory(values, {3}, Dims{2}).to_vector(), ElementsAre(1, 3, 5));
  EXPECT_THAT(from_memory(values, {2, 2}, {0, 1}).to_vector(), ElementsAre(1, 2, 1, 2));
  const Tensor backwards = from_memory(values + 5, {6}, Dims{-1});
  EXPECT_THAT(backwards.to_vector(), ElementsAre(6, 5, 4, 3, 2, 1));
  EXPECT_THAT((backwards + 1).to_vector(), ElementsAre(7, 6, 5, 4, 3, 2));
  EXPECT_THAT(sqrt(square(backwards)).to_vector(), ElementsAre(6, 5, 4, 3, 2, 1));
  EXPECT_EQ(sum(slice(backwards, 0, 1, 3)).item(), 9);
  const Tensor turned = from_memory(values + 5, {2, 3}, {-3, -1});
  EXPECT_THAT(matmul(turned, ones({3})).to_vector(), ElementsAre(15, 6));
  EXPECT_THROW(from_memory(values, {2, 3}, Dims{1}), ShapeError);
  EXPECT_THROW(from_memory(values, {-2}, Dims{1}), ShapeError);
}

TEST(Print, OfCreatedTensors) {
  EXPECT_EQ(to_string(arange(3)), " 0\n 1\n 2\n[ CPULongType{3} ]");
  EXPECT_EQ(to_string(linspace(0, 1, 3)), " 0.0000\n 0.5000\n 1.0000\n[ CPUDoubleType{3} ]");
  EXPECT_THAT(to_string(tensor({{1, 2}}, DType::float32)),
              HasSubstr(" 1 2\n[ CPUFloatType{1,2} ]"));
}

}  // namespace
}  // namespace wald
