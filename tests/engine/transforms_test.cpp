// Transforms against closed forms: products, Jacobians, Hessians of several inputs, scores; nested
// to third order; in blocks under a budget that is held to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <random>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/sweep.h>
#include <wald/engine/tensor_impl.h>
#include <wald/engine/transforms.h>
#include <wald/kernels/cpu/backend.h>

#include "message_of.h"

namespace wald {
namespace {

using testing::message_of;

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Many = std::vector<Tensor>;

void expect_close(const Tensor& got, const Tensor& wanted, double tolerance = 1e-13) {
  ASSERT_EQ(to_string(got.shape()), to_string(wanted.shape()));
  const std::vector<double> a = got.to_vector(), b = wanted.to_vector();
  for (std::size_t i = 0; i < a.size(); ++i)
    EXPECT_NEAR(a[i], b[i], tolerance * std::max(1.0, std::fabs(b[i]))) << "element " << i;
}

Tensor float32(const Tensor& x) { return to(x, DType::float32); }

// f(a, b) = (a0 b, a1 b^2) for a of shape [2] and a scalar b.
Tensor pair_function(const Many& in) {
  const Tensor a0 = select(in[0], 0, 0), a1 = select(in[0], 0, 1);
  return stack({a0 * in[1], a1 * square(in[1])});
}
const Tensor a = tensor({2, 3}), b = tensor(5);

TEST(ValueAndGradient, OfSeveralInputs) {
  const auto [value, gradients] =
      value_and_gradient([](const Many& in) { return sum(pair_function(in)); }, {a, b});
  EXPECT_EQ(value.item(), 85);
  ASSERT_EQ(gradients.size(), 2u);
  EXPECT_THAT(gradients[0].to_vector(), ElementsAre(5, 25));
  EXPECT_THAT(gradients[1].to_vector(), ElementsAre(32));
  EXPECT_FALSE(value.requires_grad() || gradients[0].requires_grad());
}

TEST(Vjp, OfOneSeveralAndToSeveral) {
  const auto one = vjp([](const Tensor& x) { return x * x; }, tensor({1, 2}), tensor({10, 100}));
  EXPECT_THAT(one.value.to_vector(), ElementsAre(1, 4));
  EXPECT_THAT(one.vjp.to_vector(), ElementsAre(20, 400));
  const auto several = vjp(pair_function, {a, b}, tensor({1, 10}));
  EXPECT_THAT(several.vjp[0].to_vector(), ElementsAre(5, 250));
  EXPECT_EQ(several.vjp[1].item(), 2 + 10 * 30);
  EXPECT_EQ(vjp([](const Tensor& x) { return sum(x); }, a).vjp.to_vector(),
            (std::vector<double>{1, 1}));
  const FunctionToSeveral both = [](const Many& in) { return Many{sum(in[0]), in[0] * in[1]}; };
  const auto all = vjp(both, {a, b}, {tensor(7), tensor({1, 2})});
  EXPECT_THAT(all.vjp[0].to_vector(), ElementsAre(12, 17));
  EXPECT_EQ(all.vjp[1].item(), 8);
  EXPECT_EQ(all.value[0].item(), 5);
  const auto second_alone = vjp(both, {a, b}, {Tensor(), tensor({1, 2})});
  EXPECT_THAT(second_alone.vjp[0].to_vector(), ElementsAre(5, 10));
}

TEST(Jvp, OfOneSeveralAndToSeveral) {
  const auto one = jvp([](const Tensor& x) { return x * x; }, tensor({1, 2}), tensor({10, 100}));
  EXPECT_THAT(one.value.to_vector(), ElementsAre(1, 4));
  EXPECT_THAT(one.jvp.to_vector(), ElementsAre(20, 400));
  EXPECT_THAT(jvp(pair_function, {a, b}, {tensor({1, 0}), tensor(1)}).jvp.to_vector(),
              ElementsAre(7, 30));
  EXPECT_THAT(jvp(pair_function, {a, b}, {Tensor(), tensor(1)}).jvp.to_vector(),
              ElementsAre(2, 30));
  const FunctionToSeveral parts = [](const Many& in) {
    return Many{sum(in[0]), tensor({1, 2, 3}), in[0] > 2};
  };
  const auto all = jvp(parts, {a}, {tensor({1, 1})});
  EXPECT_EQ(all.jvp[0].item(), 2);
  EXPECT_THAT(all.jvp[1].to_vector(), ElementsAre(0, 0, 0));
  EXPECT_EQ(all.jvp[2].dtype(), DType::float64) << "of a boolean output";
  EXPECT_THAT(all.jvp[2].to_vector(), ElementsAre(0, 0));
}

TEST(Products, RefuseDirectionsOfAnotherShapeOrNumber) {
  const TensorFunction f = [](const Tensor& x) { return x * x; };
  EXPECT_THAT(message_of<ShapeError>([&] {
                vjp(f, a, tensor({1, 2, 3}));
              }),
              AllOf(HasSubstr("vjp"), HasSubstr("[3]"), HasSubstr("[2]")));
  EXPECT_THAT(message_of<ShapeError>([&] { vjp(f, a); }), HasSubstr("[2]"));
  EXPECT_THAT(message_of<ShapeError>([&] {
                jvp(f, a, tensor({1, 2, 3}));
              }),
              AllOf(HasSubstr("jvp"), HasSubstr("[3]"), HasSubstr("[2]")));
  EXPECT_THROW(jvp(pair_function, {a, b}, {a}), ShapeError);
  EXPECT_THROW(hvp([](const Tensor& x) { return sum(x * x); }, a, tensor(1)), ShapeError);
  EXPECT_THROW(vhp([](const Tensor& x) { return sum(x * x); }, a, tensor(1)), ShapeError);
  EXPECT_THROW(hvp(f, a, a), ShapeError) << "not a scalar";
}

TEST(Transforms, RefuseWhatCannotBeDifferentiated) {
  const Tensor whole = to(a, DType::int64);
  EXPECT_THAT(message_of<DTypeError>([&] {
                jacobian(pair_function, {a, to(b, DType::int64)});
              }),
              AllOf(HasSubstr("input 1"), HasSubstr("int64")));
  EXPECT_THROW(jacobian([](const Tensor& x) { return x; }, whole), DTypeError);
  EXPECT_THROW(jacobian([](const Tensor&) { return Tensor(); }, a), GraphError);
  EXPECT_THROW(jacobian([](const Tensor& x) { return x; }, Tensor()), GraphError);
}

Tensor quartic(const Many& in) {  // sum(x)^2 y^2 for any shapes
  return square(sum(in[0])) * square(sum(in[1]));
}

TEST(HessianProducts, ForwardOverReverseAndReverseOverReverse) {
  const Tensor x = tensor({1, 2}), y = tensor({{3}});
  const Many v = {tensor({1, -2}), tensor({{0.5}})};
  // d2/dx2 = 2 y^2, d2/dxdy = 4 s y, d2/dy2 = 2 s^2, s = 3.
  const double vx = -1, vy = 0.5;
  for (const auto& got : {hvp(quartic, {x, y}, v), vhp(quartic, {x, y}, v)}) {
    EXPECT_EQ(got.value.item(), 81);
    EXPECT_THAT(got.gradient[0].to_vector(), ElementsAre(54, 54));
    EXPECT_THAT(got.product[0].to_vector(), Each(18 * vx + 36 * vy));
    EXPECT_THAT(got.product[1].to_vector(), ElementsAre(36 * vx + 18 * vy));
    EXPECT_EQ(to_string(got.product[1].shape()), "[1, 1]");
  }
  const ScalarFunction linear = [](const Tensor& z) { return sum(z); };
  EXPECT_THAT(hvp(linear, x, x).product.to_vector(), ElementsAre(0, 0));
  EXPECT_THAT(vhp(linear, x, x).product.to_vector(), ElementsAre(0, 0));
  const ScalarFunction constant = [](const Tensor&) { return tensor(1); };
  EXPECT_THAT(hvp(constant, x, x).product.to_vector(), ElementsAre(0, 0));
  EXPECT_THAT(vhp(constant, x, x).product.to_vector(), ElementsAre(0, 0));
}

TEST(Jacobian, HasOutputAxesFirstInEitherMode) {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}});
  for (JacobianMode mode :
       {JacobianMode::automatic, JacobianMode::forward, JacobianMode::reverse}) {
    const Tensor j =
        jacobian([](const Tensor& z) { return square(transpose(z, 0, 1)); }, x, {.mode = mode});
    ASSERT_EQ(to_string(j.shape()), "[3, 2, 2, 3]");
    for (std::int64_t p = 0; p < 3; ++p)
      for (std::int64_t q = 0; q < 2; ++q)
        for (std::int64_t r = 0; r < 2; ++r)
          for (std::int64_t s = 0; s < 3; ++s)
            EXPECT_EQ(select(select(select(select(j, 0, p), 0, q), 0, r), 0, s).item(),
                      q == r && p == s ? 2 * static_cast<double>(1 + 3 * r + s) : 0);
    EXPECT_FALSE(j.requires_grad());
  }
}

TEST(Jacobian, OfSeveralInputsAndOutputsOfDifferentTypes) {
  const FunctionToSeveral f = [](const Many& in) {
    return Many{sum(to(in[0], DType::float64)) * in[1], in[0] * 2, tensor({1, 2}), in[1] > 0};
  };
  for (JacobianMode mode : {JacobianMode::forward, JacobianMode::reverse}) {
    const auto all = value_and_jacobian(f, {float32(a), tensor({{5}, {7}})}, {.mode = mode});
    EXPECT_EQ(all.value.size(), 4u);
    const auto& j = all.jacobian;
    ASSERT_EQ(j.size(), 4u);
    EXPECT_EQ(to_string(j[0][0].shape()), "[2, 1, 2]");
    EXPECT_EQ(j[0][0].dtype(), DType::float64);
    EXPECT_THAT(j[0][0].to_vector(), ElementsAre(5, 5, 7, 7));
    EXPECT_THAT(j[0][1].to_vector(), ElementsAre(5, 0, 0, 5));
    EXPECT_EQ(j[1][0].dtype(), DType::float32);
    EXPECT_THAT(j[1][0].to_vector(), ElementsAre(2, 0, 0, 2));
    EXPECT_EQ(to_string(j[1][1].shape()), "[2, 2, 1]");
    EXPECT_THAT(j[1][1].to_vector(), Each(0)) << "an input that is ignored";
    EXPECT_THAT(j[2][0].to_vector(), Each(0)) << "a constant output";
    EXPECT_EQ(to_string(j[3][1].shape()), "[2, 1, 2, 1]");
    EXPECT_THAT(j[3][1].to_vector(), Each(0)) << "a boolean output";
  }
}

TEST(Jacobian, OfScalarsEmptiesAndTheIdentity) {
  for (JacobianMode mode : {JacobianMode::forward, JacobianMode::reverse}) {
    const JacobianOptions options{.mode = mode};
    EXPECT_EQ(jacobian([](const Tensor& x) { return x * x; }, tensor(3), options).item(), 6);
    EXPECT_EQ(
        to_string(jacobian([](const Tensor& x) { return exp(x); }, zeros({0, 2}), options).shape()),
        "[0, 2, 0, 2]");
    EXPECT_EQ(
        to_string(jacobian([](const Tensor& x) { return sum(x); }, zeros({0}), options).shape()),
        "[0]");
    EXPECT_EQ(
        to_string(jacobian([](const Tensor& x) { return slice(x, 0, 0, 0); }, a, options).shape()),
        "[0, 2]");
    EXPECT_THAT(jacobian([](const Tensor& x) { return x; }, a, options).to_vector(),
                ElementsAre(1, 0, 0, 1));
    EXPECT_TRUE(jacobian([](const Many&) { return tensor({1, 2}); }, {}, options).empty());
  }
}

// 5 outputs of 7 inputs, each of all.
Tensor mixed(const Tensor& x) {
  const Tensor m = sin(reshape(from_vector(std::vector<double>(35, 1.0)), {5, 7}) *
                       unsqueeze(tensor({1, 2, 3, 4, 5}), 1) * x);
  return sum(m * m, {1});
}
const Tensor seven = tensor({0.1, -0.4, 0.9, 1.3, -2.1, 0.01, 3});

TEST(Jacobian, IsTheSameInBlocksOfAnySize) {
  for (JacobianMode mode : {JacobianMode::forward, JacobianMode::reverse}) {
    const std::vector<double> all = jacobian(mixed, seven, {.mode = mode}).to_vector();
    for (std::int64_t together : {1, 2, 3, 7, 100})
      EXPECT_EQ(jacobian(mixed, seven, {.mode = mode, .max_directions = together}).to_vector(),
                all);
  }
  const ScalarFunction f = [](const Tensor& x) { return sum(exp(mixed(x))); };
  const std::vector<double> all = hessian(f, seven).to_vector();
  for (std::int64_t together : {1, 2, 3, 7, 100})
    EXPECT_EQ(hessian(f, seven, {.max_directions = together}).to_vector(), all);
  expect_close(hessian(f, seven, HessianMethod::rows), hessian(f, seven), 1e-12);
}

TEST(Hessian, OfSeveralInputsInBlocks) {
  const Tensor x = tensor({1, 2}), y = float32(tensor({{3}})), ignored = tensor({1, 2, 3});
  const FunctionOfSeveral f = [](const Many& in) {
    return square(sum(in[0])) * square(sum(to(in[1], DType::float64))) + select(in[0], 0, 0);
  };
  for (HessianMethod method : {HessianMethod::batched, HessianMethod::rows}) {
    const auto all = value_gradient_and_hessian(f, {x, y, ignored}, {.method = method});
    EXPECT_EQ(all.value.item(), 82);
    EXPECT_THAT(all.gradient[0].to_vector(), ElementsAre(55, 54));
    EXPECT_EQ(all.gradient[1].dtype(), DType::float32);
    const auto& h = all.hessian;
    EXPECT_THAT(h[0][0].to_vector(), Each(18));
    EXPECT_EQ(to_string(h[0][1].shape()), "[2, 1, 1]");
    EXPECT_THAT(h[0][1].to_vector(), Each(36));
    EXPECT_EQ(to_string(h[1][0].shape()), "[1, 1, 2]");
    EXPECT_EQ(h[1][0].dtype(), DType::float64);
    EXPECT_THAT(h[1][0].to_vector(), Each(36));
    EXPECT_EQ(h[1][1].dtype(), DType::float32);
    EXPECT_THAT(h[1][1].to_vector(), Each(18));
    EXPECT_EQ(to_string(h[0][2].shape()), "[2, 3]");
    EXPECT_THAT(h[0][2].to_vector(), Each(0));
    EXPECT_EQ(to_string(h[2][2].shape()), "[3, 3]");
    EXPECT_THAT(h[2][2].to_vector(), Each(0));
  }
}

TEST(Scores, AreTheGradientsOfEachTerm) {
  std::mt19937 random(3);
  std::vector<double> x, t;
  for (int i = 0; i < 12; ++i) x.push_back(static_cast<double>(random()) / 4294967296.0 - 0.5);
  for (int i = 0; i < 4; ++i) t.push_back(1 + i);
  const Tensor design = from_vector(x, {4, 3}), time = from_vector(t),
               beta = tensor({0.1, 0.2, -1});
  // Exponential regression, all events: term = eta - t exp(eta), score = (1 - t exp(eta)) x.
  const TensorFunction terms = [&](const Tensor& theta) {
    const Tensor eta = matmul(design, theta);
    return eta - time * exp(eta);
  };
  const Tensor wanted = unsqueeze(1 - time * exp(matmul(design, beta)), 1) * design;
  const Tensor got = scores(terms, beta);
  expect_close(got, wanted);
  EXPECT_TRUE(got.is_contiguous());
  for (std::int64_t together : {1, 2, 3})
    EXPECT_EQ(scores(terms, beta, {.max_directions = together}).to_vector(), got.to_vector());
  const Many parts = scores(
      [&](const Many& in) {
        return terms(cat({in[0], unsqueeze(in[1], 0)}));
      },
      {tensor({0.1, 0.2}), tensor(-1)});
  expect_close(parts[0], slice(wanted, 1, 0, 2));
  expect_close(parts[1], select(wanted, 1, 2));
  EXPECT_EQ(to_string(scores([](const Tensor& z) { return slice(z, 0, 0, 0); }, a).shape()),
            "[0, 2]");
  EXPECT_EQ(to_string(scores(
                          [](const Tensor&) {
                            return tensor({1, 2, 3});
                          },
                          zeros({0}))
                          .shape()),
            "[3, 0]");
  EXPECT_THAT(message_of<ShapeError>([] { scores([](const Tensor& z) { return sum(z); }, a); }),
              AllOf(HasSubstr("scores"), HasSubstr("[n]")));
}

TEST(Nesting, ThirdDerivativesByEveryRoute) {
  // f = sum(x)^4 / 24 + sum(x^4) / 24: third derivatives sum(x) everywhere, x_i added on the
  // diagonal.
  const ScalarFunction f = [](const Tensor& x) {
    return (square(square(sum(x))) + sum(square(square(x)))) / 24;
  };
  const Tensor x = tensor({1, 2, 4});
  std::vector<double> values;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 3; ++k) values.push_back(7 + (i == j && j == k ? 1 << i : 0));
  const Tensor wanted = from_vector(values, {3, 3, 3});
  for (HessianMethod method : {HessianMethod::batched, HessianMethod::rows})
    for (JacobianMode mode : {JacobianMode::forward, JacobianMode::reverse})
      for (std::int64_t together : {0, 2}) {
        const TensorFunction h = [&](const Tensor& z) {
          return hessian(f, z, {.method = method, .max_directions = together});
        };
        expect_close(jacobian(h, x, {.mode = mode, .max_directions = together}), wanted);
      }
  const TensorFunction gradient = [&](const Tensor& z) {
    return value_and_gradient(f, z).gradient;
  };
  const TensorFunction forward_forward = [&](const Tensor& z) {
    return jacobian(gradient, z, {.mode = JacobianMode::forward});
  };
  expect_close(jacobian(forward_forward, x), wanted);
  const TensorFunction reverse_reverse = [&](const Tensor& z) {
    return jacobian(gradient, z, {.mode = JacobianMode::reverse});
  };
  expect_close(jacobian(reverse_reverse, x), wanted);
  // A Hessian of a directional derivative, one of a product with a fixed vector.
  const Tensor v = tensor({1, -1, 2});
  const Tensor contracted = matmul(wanted, v);
  expect_close(hessian([&](const Tensor& z) { return jvp(f, z, v).jvp; }, x), contracted);
  expect_close(jacobian([&](const Tensor& z) { return hvp(f, z, v).product; }, x), contracted);
  expect_close(jacobian([&](const Tensor& z) { return vhp(f, z, v).product; }, x), contracted);
  expect_close(hessian([&](const Tensor& z) { return sum(vjp(f, z).vjp * v); }, x), contracted);
  // Fourth order: jacobian of jacobian of hessian.
  const Tensor fourth = jacobian(
      [&](const Tensor& z) { return jacobian([&](const Tensor& w) { return hessian(f, w); }, z); },
      x);
  EXPECT_EQ(select(reshape(fourth, {81}), 0, 0).item(), 2);
  EXPECT_EQ(select(reshape(fourth, {81}), 0, 1).item(), 1);
}

TEST(Nesting, AFunctionThatUsesItsOwnGradient) {
  // g(x) = |grad f|^2 with f = sum(exp(x)): Hessian 4 exp(2x) on the diagonal.
  const ScalarFunction g = [](const Tensor& x) {
    const Tensor y = sum(exp(x));
    return sum(square(grad(y, x, {.create_graph = true})));
  };
  const Tensor x = tensor({0.1, -0.3});
  const Tensor wanted = 4 * exp(2 * x);
  const Tensor h = hessian(g, x);
  EXPECT_NEAR(select(reshape(h, {4}), 0, 0).item(), select(wanted, 0, 0).item(), 1e-14);
  EXPECT_NEAR(select(reshape(h, {4}), 0, 3).item(), select(wanted, 0, 1).item(), 1e-14);
  EXPECT_EQ(select(reshape(h, {4}), 0, 1).item(), 0);
}

TEST(CreateGraph, FollowsTheInputsUnlessSaid) {
  const ScalarFunction f = [](const Tensor& x) { return sum(x * x * x); };
  const Tensor x = tensor({1, 2}).requires_grad_();
  const Tensor h = hessian(f, x);
  EXPECT_TRUE(h.requires_grad());
  EXPECT_THAT(grad(sum(h), x).to_vector(), ElementsAre(6, 6));
  EXPECT_FALSE(x.grad().defined());
  EXPECT_FALSE(hessian(f, x, {.create_graph = false}).requires_grad());
  EXPECT_FALSE(hessian(f, x.detach()).requires_grad());
  {
    const NoGradGuard off;
    EXPECT_FALSE(jacobian(f, x).requires_grad());
    const auto forced = value_and_gradient(f, x, {.create_graph = true});
    const EnableGradGuard on;
    EXPECT_THAT(grad(sum(forced.gradient), x).to_vector(), ElementsAre(6, 12));
  }
  const Tensor v = tensor({1, 1}).requires_grad_();
  const Tensor pushed = jvp(f, x.detach(), v).jvp;
  EXPECT_THAT(grad(pushed, v).to_vector(), ElementsAre(3, 12)) << "by the direction";
}

TEST(CreateGraph, RecordsWhatTheFunctionCaptures) {
  const Tensor scale = tensor(3).requires_grad_(), x = tensor({1, 2});
  const ScalarFunction f = [&](const Tensor& z) { return scale * sum(z * z); };
  EXPECT_FALSE(value_and_gradient(f, x).gradient.requires_grad());
  const Tensor g = value_and_gradient(f, x, {.create_graph = true}).gradient;
  EXPECT_EQ(grad(sum(g), scale).item(), 6);
  const Tensor j =
      jacobian([&](const Tensor& z) { return scale * z * z; }, x, {.create_graph = true});
  EXPECT_EQ(grad(sum(j), scale).item(), 6);
  // The derivative is by the argument alone, though the function captures the same tensor.
  const Tensor y = tensor(2).requires_grad_();
  EXPECT_EQ(value_and_gradient([&](const Tensor& z) { return z * y; }, y).gradient.item(), 2);
  const Tensor cross = value_and_gradient([&](const Tensor& z) { return z * z * y; }, y).gradient;
  EXPECT_EQ(grad(cross, y).item(), 2 * 2 + 2 * 2);
}

TEST(Budget, AnErrorStatesTheEstimateAndTheBudget) {
  const Tensor x = ones({1000});
  const ScalarFunction f = [](const Tensor& z) { return sum(exp(z)); };
  EXPECT_THAT(message_of<Error>([&] { hessian(f, x, {.max_bytes = 100}); }),
              AllOf(HasSubstr("hessian"), HasSubstr("100 bytes"), HasSubstr("max_bytes")));
  const TensorFunction g = [](const Tensor& z) { return exp(z); };
  const std::string forward = message_of<Error>(
      [&] { jacobian(g, x, {.mode = JacobianMode::forward, .max_bytes = 15999}); });
  EXPECT_THAT(forward, AllOf(HasSubstr("16000 bytes"), HasSubstr("15999 bytes")))
      << "a tangent and its exp's";
  EXPECT_NO_THROW(jacobian(g, x, {.mode = JacobianMode::forward, .max_bytes = 16000}));
  EXPECT_THROW(jacobian(g, x, {.mode = JacobianMode::reverse, .max_bytes = 8000}), Error);
  EXPECT_THROW(scores(g, x, {.max_bytes = 10}), Error);
  EXPECT_GT(default_max_bytes(), std::size_t{1} << 20);
}

TEST(Budget, EstimatesFollowWhatIsCarriedAtOnce) {
  const Tensor x = ones({1000}).requires_grad_();
  Tensor chain = x;
  for (int i = 0; i < 20; ++i) chain = sin(chain);
  EXPECT_EQ(forward_sweep_bytes({chain}, {x}), 16000u) << "a chain carries two values at a time";
  EXPECT_EQ(reverse_sweep_bytes({chain}, {x}), 16000u);
  const Tensor wide = expand(sum(x), {1000});
  EXPECT_EQ(forward_sweep_bytes({wide}, {x}), 8008u) << "a view takes nothing";
  EXPECT_EQ(forward_sweep_bytes({chain}, {ones({2}).requires_grad_()}), 0u);
  EXPECT_EQ(reverse_sweep_bytes({chain}, {}), 8000u);
}

TEST(Budget, TheCheapBoundIsOne) {
  const Tensor x = ones({1000}).requires_grad_(), z = ones({3}).requires_grad_();
  const Tensor product = x * x * sin(x), sum_of_all = sum(product) + z;
  for (const std::vector<Tensor>& outputs : std::vector<std::vector<Tensor>>{
           {x}, {product}, {cat({x, x, product})}, {sum_of_all, product}, {expand(sum(x), {1000})}})
    for (const std::vector<Tensor>& inputs : std::vector<std::vector<Tensor>>{{x}, {z}, {x, z}}) {
      const double bound = sweep_bytes_bound(Graph(outputs), outputs, inputs);
      EXPECT_GE(bound, static_cast<double>(forward_sweep_bytes(outputs, inputs)));
      EXPECT_GE(bound, static_cast<double>(reverse_sweep_bytes(outputs, inputs)));
    }
}

/// The processor, but for a count of the bytes in use.
struct Counting : kernels::CpuBackend {
  static inline std::atomic<std::int64_t> live{0}, largest{0};

  Counting() : CpuBackend("counting") {}
  void* allocate(std::size_t bytes) const override {
    live += static_cast<std::int64_t>(bytes);
    largest = std::max(largest.load(), live.load());
    return CpuBackend::allocate(bytes);
  }
  void release(void* p, std::size_t bytes) const override {
    live -= static_cast<std::int64_t>(bytes);
    CpuBackend::release(p, bytes);
  }
  static const Counting& backend() {
    static const Counting counting;
    return counting;
  }
  static Tensor copy(const Tensor& x) {
    Tensor out = wald::allocate(backend(), x.shape(), x.dtype());
    return out.copy_(x);
  }
};

TEST(Budget, BoundsTheMemoryThatIsReallyUsed) {
  // The sweep's memory shows as what comes on top of the graph; the data lie on the counting
  // device, so all that is computed from them does.
  constexpr std::int64_t n = 20000, k = 12;
  std::mt19937 random(5);
  std::vector<double> x;
  for (std::int64_t i = 0; i < n * k; ++i)
    x.push_back(static_cast<double>(random()) / 4294967296.0);
  const Tensor design = Counting::copy(from_vector(x, {n, k}));
  const Tensor theta = Counting::copy(full({k}, 0.01)).requires_grad_();
  const Tensor eta = matmul(design, theta);
  const Tensor y = log(1 + exp(sin(eta)) * softplus(eta));
  const std::size_t one = forward_sweep_bytes({y}, {theta});
  EXPECT_GE(one, n * sizeof(double));
  const NoGradGuard off;
  for (std::int64_t count : {1, 4, 12}) {
    const Tensor tangents = Counting::copy(slice(eye(k), 0, 0, count));
    Counting::largest = Counting::live.load();
    const std::int64_t before = Counting::live;
    const Tensor pushed = forward_sweep({y}, {theta}, {tangents})[0];
    const auto used = static_cast<double>(Counting::largest - before);
    const double estimate = static_cast<double>(one) * static_cast<double>(count);
    // Partial derivatives, of the size of one direction, come on top.
    EXPECT_LE(used, estimate + 5.0 * n * sizeof(double)) << count << " directions";
    EXPECT_GE(used, 0.5 * estimate) << count << " directions";
  }
  const Tensor point = theta.detach();
  const TensorFunction terms = [&](const Tensor& beta) {
    const Tensor e = matmul(design, beta);
    return log(1 + exp(sin(e)) * softplus(e));
  };
  auto used_by = [&](std::size_t budget) {
    Counting::largest = Counting::live.load();
    const std::int64_t before = Counting::live;
    scores(terms, point, {.max_bytes = budget});
    return Counting::largest - before;
  };
  const std::int64_t narrow = used_by(2 * one), whole = used_by(100 * one);
  EXPECT_GE(whole - narrow, static_cast<std::int64_t>(7 * one))
      << "twelve directions at once against two";
}

}  // namespace
}  // namespace wald
