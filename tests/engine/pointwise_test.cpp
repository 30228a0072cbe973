// What pointwise functions do at the points that the samplers of the op table avoid: ties, kinks,
// poles, infinities, huge and tiny arguments.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>

namespace wald {
namespace {

using Values = std::vector<double>;
constexpr double inf = std::numeric_limits<double>::infinity();

/// The derivatives of the sum of f at x.
template <class F>
Values slopes(const F& f, const Values& x) {
  Tensor leaf = from_vector(x).requires_grad_();
  return grad(f(leaf), leaf, {.grad_outputs = {ones(leaf.shape())}}).to_vector();
}
/// The second derivatives.
template <class F>
Values curvatures(const F& f, const Values& x) {
  return slopes(
      [&](const Tensor& leaf) {
        return grad(f(leaf), leaf, {.grad_outputs = {ones(leaf.shape())}, .create_graph = true});
      },
      x);
}

TEST(Pointwise, RoundsHalvesToTheEvenNeighbour) {
  const Tensor x = tensor({-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 4503599627370497.0});
  EXPECT_EQ(round(x).to_vector(), (Values{-2, -2, 0, 0, 2, 2, 4, 4503599627370497.0}));
  EXPECT_TRUE(std::signbit(round(x).to_vector()[2]));
}

TEST(Pointwise, SharesTheDerivativeOfATieInHalves) {
  const Values at = {-1, 0.5, 2};
  EXPECT_EQ(slopes([](const Tensor& x) { return maximum(x, 0.5); }, at), (Values{0, 0.5, 1}));
  EXPECT_EQ(slopes([](const Tensor& x) { return minimum(x, 0.5); }, at), (Values{1, 0.5, 0}));
  EXPECT_EQ(slopes([](const Tensor& x) { return maximum(0.5, x); }, at), (Values{0, 0.5, 1}));
  EXPECT_EQ(slopes([](const Tensor& x) { return maximum(x, x); }, at), (Values{1, 1, 1}));
}

TEST(Pointwise, BoundsKeepNan) {
  const Tensor x = tensor({NAN, 1, NAN}), y = tensor({1, NAN, NAN});
  for (const Tensor& z : {minimum(x, y), maximum(x, y), clamp(x, y, y), relu(x + y)})
    EXPECT_EQ(isnan(slice(z, 0, 0, 1)).to_vector(), (Values{1}));
  EXPECT_EQ(isnan(minimum(x, y)).to_vector(), (Values{1, 1, 1}));
  EXPECT_EQ(isnan(maximum(x, y)).to_vector(), (Values{1, 1, 1}));
}

TEST(Pointwise, ClampsWithDerivativeOneAtTheBounds) {
  const Values at = {-3, -1, 0, 1, 3};
  auto both = [](const Tensor& x) { return clamp(x, -1, 1); };
  EXPECT_EQ(both(from_vector(at)).to_vector(), (Values{-1, -1, 0, 1, 1}));
  EXPECT_EQ(slopes(both, at), (Values{0, 1, 1, 1, 0}));
  EXPECT_EQ(slopes([](const Tensor& x) { return clamp(x, -1); }, at), (Values{0, 1, 1, 1, 1}));
  EXPECT_EQ(slopes([](const Tensor& x) { return clamp(x, std::nullopt, 1); }, at),
            (Values{1, 1, 1, 1, 0}));
  // An infinite derivative behind it does not come through.
  EXPECT_EQ(slopes([](const Tensor& x) { return sqrt(clamp(x, 0)); }, {-1, 4}), (Values{0, 0.25}));
  EXPECT_EQ(slopes([](const Tensor& x) { return log(relu(x)); }, {-1, 4}), (Values{0, 0.25}));
  EXPECT_EQ(slopes([](const Tensor& x) { return log(abs(x)); }, {0, 4}), (Values{0, 0.25}));
}

TEST(Pointwise, ClampsToTheUpperBoundWhereBoundsCross) {
  Tensor x = tensor({0, 5, -5}).requires_grad_(), low = tensor({2, 2, 2}).requires_grad_(),
         high = tensor({1, 1, 1}).requires_grad_();
  const Tensor y = clamp(x, low, high);
  EXPECT_EQ(y.to_vector(), (Values{1, 1, 1}));
  const auto g = grad({y}, {x, low, high}, {.grad_outputs = {ones({3})}});
  EXPECT_EQ(g[0].to_vector(), (Values{0, 0, 0}));
  EXPECT_EQ(g[1].to_vector(), (Values{0, 0, 0}));
  EXPECT_EQ(g[2].to_vector(), (Values{1, 1, 1}));
}

TEST(Pointwise, HasDerivativeZeroAtTheKinksOfAbsAndRelu) {
  EXPECT_EQ(slopes([](const Tensor& x) { return abs(x); }, {0, -0.0}), (Values{0, 0}));
  EXPECT_EQ(slopes([](const Tensor& x) { return relu(x); }, {0, -0.0}), (Values{0, 0}));
  EXPECT_EQ(slopes([](const Tensor& x) { return elu(x, 0.5); }, {-800, 0, 800}),
            (Values{0, 0.5, 1}));
  EXPECT_EQ(curvatures([](const Tensor& x) { return elu(x); }, {-800, 800}), (Values{0, 0}));
  EXPECT_EQ(slopes([](const Tensor& x) { return hypot(x, x); }, {0}), (Values{0}));
  EXPECT_EQ(curvatures([](const Tensor& x) { return hypot(x, x); }, {0}), (Values{0}));
  EXPECT_EQ(slopes([](const Tensor& x) { return atan2(x, x); }, {0}), (Values{0}));
}

TEST(Pointwise, AddsExponentialsOfInfinities) {
  const Tensor x = tensor({-inf, -inf, inf, inf, 3}), y = tensor({-inf, 2, 2, inf, -inf});
  EXPECT_EQ(logaddexp(x, y).to_vector(), (Values{-inf, 2, inf, inf, 3}));
  auto first = [&](const Tensor& at) { return logaddexp(at, y); };
  EXPECT_EQ(slopes(first, x.to_vector()), (Values{0.5, 0, 1, 0.5, 1}));
  EXPECT_EQ(curvatures(first, x.to_vector()), (Values{0.25, 0, 0, 0.25, 0}));
}

TEST(Pointwise, RaisesNegativeBasesToWholePowers) {
  const Values at = {-2, -1, 0, 3};
  auto cube = [](const Tensor& x) { return pow(x, 3); };
  EXPECT_EQ(slopes(cube, at), (Values{12, 3, 0, 27}));
  EXPECT_EQ(curvatures(cube, at), (Values{-12, -6, 0, 18}));
  auto by_tensor = [](const Tensor& x) { return pow(x, full({4}, 2)); };
  EXPECT_EQ(slopes(by_tensor, at), (Values{-4, -2, 0, 6}));
  EXPECT_EQ(curvatures(by_tensor, at), (Values{2, 2, 2, 2}));
  EXPECT_EQ(curvatures([](const Tensor& x) { return pow(x, 1); }, at), (Values{0, 0, 0, 0}));
  EXPECT_EQ(slopes([](const Tensor& x) { return pow(x, 0); }, at), (Values{0, 0, 0, 0}));
  EXPECT_EQ(slopes([](const Tensor& y) { return pow(0, y); }, {-1, 0, 0.5, 2}),
            (Values{-inf, -inf, 0, 0}));
}

TEST(Pointwise, TakesZeroTimesALogarithmAsZero) {
  const Values y = {0, inf, 0.5, -1};
  auto f = [](const Tensor& at) { return xlogy(0, at); };
  EXPECT_EQ(f(from_vector(y)).to_vector(), (Values{0, 0, 0, 0}));
  EXPECT_EQ(slopes(f, y), (Values{0, 0, 0, 0}));
  EXPECT_EQ(curvatures(f, y), (Values{0, 0, 0, 0}));
  EXPECT_TRUE(std::isnan(xlogy(0, tensor({NAN})).to_vector()[0]));
  EXPECT_EQ(xlog1py(0, tensor({-1, inf})).to_vector(), (Values{0, 0}));
}

TEST(Pointwise, ReplacesNanAndInfinities) {
  const Values at = {NAN, inf, -inf, 2};
  constexpr double largest = std::numeric_limits<double>::max();
  EXPECT_EQ(nan_to_num(from_vector(at)).to_vector(), (Values{0, largest, -largest, 2}));
  EXPECT_EQ(nan_to_num(from_vector(at), 7, 8, 9).to_vector(), (Values{7, 8, 9, 2}));
  EXPECT_EQ(slopes([](const Tensor& x) { return nan_to_num(x); }, at), (Values{0, 0, 0, 1}));
  const Tensor narrow = nan_to_num(to(from_vector(at), DType::float32));
  EXPECT_EQ(narrow.dtype(), DType::float32);
  EXPECT_EQ(narrow.to_vector()[1], std::numeric_limits<float>::max());
  EXPECT_EQ(isfinite(from_vector(at)).to_vector(), (Values{0, 0, 0, 1}));
  EXPECT_EQ(isinf(from_vector(at)).to_vector(), (Values{0, 1, 1, 0}));
}

TEST(Pointwise, TakesTheSignOfTheDivisorInRemainder) {
  const Tensor x = tensor({7, -7, 7, -7, 6}), y = tensor({3, 3, -3, -3, 3});
  EXPECT_EQ(fmod(x, y).to_vector(), (Values{1, -1, 1, -1, 0}));
  EXPECT_EQ(remainder(x, y).to_vector(), (Values{1, 2, -2, -1, 0}));
  EXPECT_EQ(slopes([&](const Tensor& at) { return remainder(x, at); }, y.to_vector()),
            (Values{-2, 3, 3, -2, -2}));
  EXPECT_EQ(fmod(tensor({1e300}), 7).to_vector()[0], std::fmod(1e300, 7));
}

TEST(Pointwise, ReachesTheEndsOfALerpExactly) {
  const Tensor x = tensor({0.1, 1e300, -1e308}), y = tensor({0.7, 1, 1e308});
  EXPECT_EQ(lerp(x, y, 0).to_vector(), x.to_vector());
  EXPECT_EQ(lerp(x, y, 1).to_vector(), y.to_vector());
  EXPECT_EQ(lerp(x, y, 0.5).to_vector()[2], 0);
}

TEST(Pointwise, KeepsTheSignOfAZeroThatIsRepeated) {
  EXPECT_EQ((1 / expand(tensor(-0.0), {20})).to_vector()[0], -inf);
  EXPECT_EQ((from_vector(Values(20, 1)) / tensor(-0.0)).to_vector()[3], -inf);
}

}  // namespace
}  // namespace wald
