// Making tensors, reading them, writing them, and which of them share memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>

#include "message_of.h"

namespace wald {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string shape_of(const Tensor& x) { return to_string(x.shape()); }

TEST(Creation, FromNumbers) {
  EXPECT_EQ(shape_of(tensor(1.5)), "[]");
  EXPECT_EQ(tensor(1.5).item(), 1.5);
  EXPECT_EQ(shape_of(tensor({1, 2, 3})), "[3]");
  EXPECT_EQ(shape_of(tensor({7})), "[1]");
  EXPECT_EQ(shape_of(tensor({{1, 2}})), "[1, 2]");
  EXPECT_EQ(shape_of(tensor({{1}, {2}})), "[2, 1]");
  const Tensor m = tensor({{1, 2}, {3, 4}});
  EXPECT_EQ(shape_of(m), "[2, 2]");
  EXPECT_THAT(m.to_vector(), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(m.dtype(), DType::float64);
  EXPECT_EQ(shape_of(tensor({{{1}, {2}}, {{3}, {4}}})), "[2, 2, 1]");
  EXPECT_THROW(tensor({{1, 2}, {3}}), ShapeError);
  EXPECT_THROW(tensor({1, {2}}), ShapeError);
}

TEST(Creation, OfGivenShape) {
  EXPECT_THAT(zeros({2, 2}).to_vector(), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(ones({2}, DType::float32).to_vector(), ElementsAre(1, 1));
  EXPECT_EQ(ones({2}, DType::float32).dtype(), DType::float32);
  EXPECT_THAT(full({2}, 2.5).to_vector(), ElementsAre(2.5, 2.5));
  EXPECT_THAT(full({2}, 3, DType::int64).to_vector<std::int64_t>(), ElementsAre(3, 3));
  EXPECT_THAT(full({2}, 3, DType::boolean).to_vector<bool>(), ElementsAre(true, true));
  EXPECT_THAT(eye(2).to_vector(), ElementsAre(1, 0, 0, 1));
  EXPECT_THAT(eye(2, DType::int64).to_vector(), ElementsAre(1, 0, 0, 1));
  EXPECT_EQ(shape_of(eye(0)), "[0, 0]");
  EXPECT_EQ(shape_of(empty({2, 0, 3})), "[2, 0, 3]");
  EXPECT_EQ(empty({2, 0, 3}).numel(), 0);
  EXPECT_THROW(zeros({2, -1}), ShapeError);
  EXPECT_THROW(eye(-1), ShapeError);
  EXPECT_THROW(zeros(Dims(17, 1)), ShapeError);
}

TEST(Creation, FromVectorCopies) {
  std::vector<float> values = {1, 2, 3, 4};
  const Tensor x = from_vector(values, {2, 2});
  values[0] = 9;
  EXPECT_EQ(x.dtype(), DType::float32);
  EXPECT_THAT(x.to_vector(), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(from_vector(std::vector<std::int64_t>{1, 2}).dtype(), DType::int64);
  const bool flags[] = {true, false};
  EXPECT_EQ(from_span<bool>(flags, {2}).dtype(), DType::boolean);
  EXPECT_THROW(from_vector(values, {3}), ShapeError);
}

TEST(Creation, FromMemoryBorrows) {
  const double values[] = {1, 2, 3, 4};
  int released = 0;
  {
    Tensor view;
    {
      const Tensor x = from_memory(values, {2, 2}, [&] { ++released; });
      EXPECT_EQ(x.data<double>(), values);
      EXPECT_THAT(x.to_vector(), ElementsAre(1, 2, 3, 4));
      const Tensor p = tensor({1, 1}).requires_grad_();
      sum(matmul(x, p)).backward();
      EXPECT_THAT(p.grad().to_vector(), ElementsAre(4, 6));
      view = t(x);
    }
    EXPECT_EQ(released, 0) << "a view still uses it";
    EXPECT_EQ(view.data<double>(), values);
  }
  EXPECT_EQ(released, 1);
  EXPECT_NO_THROW(from_memory(values, {4}));
  EXPECT_THROW(from_memory(values, {-1}), ShapeError);
}

TEST(Reading, AnElement) {
  EXPECT_EQ(tensor({{5}}).item(), 5);
  EXPECT_EQ(tensor(2.75).item<float>(), 2.75f);
  EXPECT_EQ(tensor(2.75).item<std::int64_t>(), 2);
  EXPECT_TRUE((tensor(1) < 2).item<bool>());
  EXPECT_EQ(select(tensor({1, 2, 3}), 0, 1).item(), 2);
  EXPECT_THROW(tensor({1, 2}).item(), ShapeError);
  EXPECT_THROW(zeros({0}).item(), ShapeError);
  EXPECT_THROW(Tensor().item(), Error);
}

TEST(Reading, AllElements) {
  const Tensor m = tensor({{1, 2}, {3, 4}});
  EXPECT_THAT(t(m).to_vector(), ElementsAre(1, 3, 2, 4));
  EXPECT_THAT(expand(tensor(3), {2, 2}).to_vector(), ElementsAre(3, 3, 3, 3));
  EXPECT_THAT(m.to_vector<float>(), ElementsAre(1.0f, 2.0f, 3.0f, 4.0f));
  EXPECT_THAT((m > 2).to_vector<bool>(), ElementsAre(false, false, true, true));
  EXPECT_TRUE(zeros({0, 3}).to_vector().empty());
  EXPECT_THROW(m.data<float>(), DTypeError);
  EXPECT_THROW(Tensor(m).mutable_data<std::int64_t>(), DTypeError);
  EXPECT_THROW(Tensor().to_vector(), Error);
  EXPECT_THROW(Tensor().shape(), Error);
}

TEST(Reading, ConvertsEveryValueAsToDoes) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min(),
                         most = std::numeric_limits<std::int64_t>::max();
  const Tensor x = tensor({NAN, inf, -inf, 1e300, -1e300, 0x1p63, -0x1p63, 2.9, -2.9});
  for (const Tensor& same : {x, to(x, DType::float32)}) {
    const auto whole = same.to_vector<std::int64_t>();
    EXPECT_THAT(whole, ElementsAre(0, most, least, most, least, most, least, 2, -2));
    EXPECT_EQ(to(same, DType::int64).to_vector<std::int64_t>(), whole);
    const auto truth = same.to_vector<bool>();
    EXPECT_THAT(truth, Each(true)) << "nan is true";
    EXPECT_EQ(to(same, DType::boolean).to_vector<bool>(), truth);
    for (std::int64_t i = 0; i < same.numel(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      EXPECT_EQ(select(same, 0, i).item<std::int64_t>(), whole[at]) << i;
      EXPECT_EQ(select(same, 0, i).item<bool>(), truth[at]) << i;
    }
  }
  EXPECT_THAT(tensor({0, -0.0}).to_vector<bool>(), Each(false));
}

TEST(Reading, SizesAndAxes) {
  const Tensor x = zeros({2, 3, 4});
  EXPECT_EQ(x.dim(), 3);
  EXPECT_EQ(x.numel(), 24);
  EXPECT_EQ(x.size(1), 3);
  EXPECT_EQ(x.size(-1), 4);
  EXPECT_THROW(x.size(3), IndexError);
  EXPECT_THROW(x.size(-4), IndexError);
  EXPECT_EQ(to_string(x.strides()), "[12, 4, 1]");
}

TEST(Layout, Contiguity) {
  const Tensor x = zeros({2, 3, 4});
  EXPECT_TRUE(x.is_contiguous());
  EXPECT_FALSE(transpose(x, 0, 1).is_contiguous());
  EXPECT_FALSE(slice(x, 2, 0, 2).is_contiguous());
  EXPECT_TRUE(slice(x, 0, 1, 2).is_contiguous());
  EXPECT_TRUE(transpose(zeros({1, 5}), 0, 1).is_contiguous()) << "axes of size 1 do not count";
  EXPECT_TRUE(contiguous(transpose(x, 0, 1)).is_contiguous());
  EXPECT_TRUE(contiguous(x).is_same(x));
  EXPECT_FALSE(expand(tensor(1), {3}).is_contiguous());
  EXPECT_TRUE(tensor(1).is_contiguous());
}

TEST(Views, ShareMemory) {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}});
  transpose(x, 0, 1).copy_(tensor({{1, 1}, {2, 2}, {3, 3}}));
  EXPECT_THAT(x.to_vector(), ElementsAre(1, 2, 3, 1, 2, 3));
  slice(x, 1, 0, 3, 2).fill_(9);
  EXPECT_THAT(x.to_vector(), ElementsAre(9, 2, 9, 9, 2, 9));
  select(x, 0, -1).fill_(0);
  EXPECT_THAT(x.to_vector(), ElementsAre(9, 2, 9, 0, 0, 0));
  reshape(x, {6}).copy_(tensor({1, 2, 3, 4, 5, 6}));
  EXPECT_THAT(x.to_vector(), ElementsAre(1, 2, 3, 4, 5, 6));
  x.detach().fill_(7);
  EXPECT_THAT(x.to_vector(), Each(7));
  clone(x).fill_(1);
  contiguous(transpose(x, 0, 1)).fill_(1);
  EXPECT_THAT(x.to_vector(), Each(7));
  EXPECT_EQ(reshape(transpose(x, 0, 1), {3, 1, 2}).data<double>(), x.data<double>())
      << "a view where the strides allow it";
  EXPECT_NE(reshape(transpose(x, 0, 1), {6}).data<double>(), x.data<double>());
}

TEST(Views, ReshapeOfEveryLayoutKeepsTheOrder) {
  const Tensor x = reshape(tensor({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}), {2, 3, 2});
  for (const Tensor& y :
       {x, transpose(x, 0, 1), transpose(x, 0, 2), transpose(x, 1, 2), slice(x, 1, 1, 3),
        slice(x, 2, 0, 1), slice(x, 0, 1, 2), expand(slice(x, 0, 0, 1), {2, 3, 2}),
        expand(slice(x, 2, 1, 2), {2, 3, 2}), unsqueeze(transpose(x, 0, 1), 1),
        slice(transpose(x, 0, 2), 0, 0, 2, 2)})
    for (const Dims& shape : {Dims{-1}, Dims{2, -1}, Dims{-1, 2}, Dims{1, -1, 1}, Dims{-1, 1, 2}})
      EXPECT_EQ(reshape(y, shape).to_vector(), y.to_vector())
          << shape_of(y) << " with strides " << to_string(y.strides()) << " to "
          << to_string(shape);
}

TEST(Writing, CopyBroadcastsAndConverts) {
  Tensor x = zeros({2, 3});
  x.copy_(tensor({1, 2, 3}));
  EXPECT_THAT(x.to_vector(), ElementsAre(1, 2, 3, 1, 2, 3));
  x.copy_(tensor({{5}, {6}}));
  EXPECT_THAT(x.to_vector(), ElementsAre(5, 5, 5, 6, 6, 6));
  x.copy_(tensor(1) > 0);
  EXPECT_THAT(x.to_vector(), Each(1));
  Tensor n = zeros({2}, DType::int64);
  n.copy_(tensor({1.7, -1.7}));
  EXPECT_THAT(n.to_vector<std::int64_t>(), ElementsAre(1, -1));
  EXPECT_THROW(x.copy_(zeros({2})), ShapeError);
  EXPECT_THROW(x.copy_(zeros({1, 2, 3})), ShapeError);
  EXPECT_THROW(n.copy_(zeros({2, 2})), ShapeError);
  EXPECT_THROW(x.copy_(Tensor()), Error);
  Tensor none = zeros({0});
  EXPECT_NO_THROW(none.copy_(tensor({1})));
}

TEST(Writing, OfOverlappingMemoryIsRefused) {
  // Each of the three elements is the same number in memory.
  Tensor x = expand(tensor(1), {3});
  EXPECT_THROW(x.copy_(tensor({1, 2, 3})), Error);
  EXPECT_THROW(x.mutable_data<double>(), Error);
}

TEST(Writing, OfAResultHoldsWhateverItWasMadeFrom) {
  Tensor x = -expand(tensor(1), {3});
  x.copy_(tensor({1, 2, 3}));
  EXPECT_THAT(x.to_vector(), ElementsAre(1, 2, 3));
}

TEST(Writing, OfItselfTransposed) {
  Tensor x = tensor({{1, 2}, {3, 4}});
  x.copy_(clone(t(x)));
  EXPECT_THAT(x.to_vector(), ElementsAre(1, 3, 2, 4));
}

TEST(Rank, IsLimitedForViewsToo) {
  Tensor x = ones({2});
  for (int i = 0; i < 15; ++i) x = unsqueeze(x, 0);
  EXPECT_EQ(x.dim(), 16);
  EXPECT_THAT(exp(log(x)).to_vector(), Each(1));
  EXPECT_THROW(unsqueeze(x, 0), ShapeError);
  EXPECT_THROW(expand(x, Dims(17, 2)), ShapeError);
  EXPECT_THROW(stack({x, x}), ShapeError);
  EXPECT_THROW(reshape(x, Dims(17, 1)), ShapeError);
}

TEST(Promotion, OfTypesAndNumbers) {
  const Tensor f = ones({2}, DType::float32), d = ones({2}), n = ones({2}, DType::int64);
  const Tensor b = d > 0;
  EXPECT_EQ((f + d).dtype(), DType::float64);
  EXPECT_EQ((f + n).dtype(), DType::float32);
  EXPECT_EQ((n + b).dtype(), DType::int64);
  EXPECT_EQ((b + b).dtype(), DType::int64);
  EXPECT_EQ((f * 0.1).dtype(), DType::float32);
  EXPECT_EQ((n + 1).dtype(), DType::int64);
  EXPECT_EQ((n + 0.5).dtype(), DType::float64);
  EXPECT_EQ((n / 2).dtype(), DType::float64);
  EXPECT_EQ((n / 2).to_vector()[0], 0.5);
  EXPECT_EQ(exp(n).dtype(), DType::float64);
  EXPECT_EQ(sum(b).dtype(), DType::int64);
  EXPECT_EQ(sum(b).item<std::int64_t>(), 2);
  EXPECT_EQ(where(b, n, 0.5).dtype(), DType::float64);
  EXPECT_THAT((n == b).to_vector<bool>(), ElementsAre(true, true));
}

TEST(Promotion, KeepsLargeIntegers) {
  const std::int64_t large = (std::int64_t{1} << 62) + 1;
  const Tensor x = from_vector(std::vector<std::int64_t>{large, -large});
  EXPECT_THAT((x + 1).to_vector<std::int64_t>(), ElementsAre(large + 1, -large + 1));
  EXPECT_THAT(abs(x).to_vector<std::int64_t>(), ElementsAre(large, large));
  EXPECT_EQ(sum(x).item<std::int64_t>(), 0);
  EXPECT_THAT((x == x + 1).to_vector<bool>(), ElementsAre(false, false));
  EXPECT_THAT(sign(x).to_vector<std::int64_t>(), ElementsAre(1, -1));
}

TEST(Mean, OfNothingIsNan) {
  EXPECT_TRUE(std::isnan(mean(zeros({0})).item()));
  EXPECT_EQ(sum(zeros({0})).item(), 0);
  EXPECT_THAT(sum(zeros({0, 2}), {0}).to_vector(), ElementsAre(0, 0));
  EXPECT_THAT(mean(zeros({2, 0}), {0}).to_vector(), ElementsAre());
}

TEST(Handles, ShareTheTensor) {
  Tensor x = tensor(1);
  const Tensor y = x;
  EXPECT_TRUE(y.is_same(x));
  x.fill_(5);
  EXPECT_EQ(y.item(), 5);
  EXPECT_FALSE(x.detach().is_same(x));
  EXPECT_FALSE(Tensor().defined());
}

TEST(Memory, ThatIsNotThereIsAnErrorAndNothingElseChanges) {
  const Tensor one = tensor(1).requires_grad_();
  const Tensor wide = expand(one, {std::int64_t{1} << 48, 16});
  for (const auto& [call, op] :
       {std::pair<std::function<Tensor()>, std::string>{[&] { return clone(wide); }, "clone"},
        {[&] { return exp(wide); }, "exp"}}) {
    try {
      call();
      FAIL() << op << " threw nothing";
    } catch (const DeviceError& error) {
      const std::string message = error.what();
      EXPECT_NE(message.find(op + ": out of memory"), std::string::npos) << message;
      EXPECT_NE(message.find("[281474976710656, 16]"), std::string::npos) << message;
    }
  }
  EXPECT_EQ(sum(exp(zeros({1000}))).item(), 1000);
}

TEST(Memory, OfMoreElementsThanCanBeCountedIsRefused) {
  const std::int64_t large = std::int64_t{1} << 40;
  EXPECT_THROW(zeros({large, large}), ShapeError);
  EXPECT_THROW(empty({large, large, large, 2}), ShapeError);
  EXPECT_EQ(zeros({large, large, 0}).numel(), 0);
  EXPECT_THROW(zeros({2, -1}), ShapeError);
}

TEST(Device, IsNamed) {
  const Tensor x = tensor({1, 2}).requires_grad_();
  EXPECT_EQ(x.device().name(), "cpu");
  EXPECT_EQ(x.device(), Device());
  EXPECT_EQ(Device("cpu"), devices().front());
  EXPECT_TRUE(to(x, Device("cpu")).is_same(x));
  EXPECT_THAT(
      testing::message_of<DeviceError>([] { Device("cuda:77"); }),
      ::testing::StartsWith("no device is called 'cuda:77'; this build of wald has found: cpu"));
}

}  // namespace
}  // namespace wald
