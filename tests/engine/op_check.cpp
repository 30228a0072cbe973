// Checks of derivatives by differences and by the identities that they must keep.
#include "op_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>

namespace wald::testing {
namespace {

/// The derivative of value(h) at 0, to fourth order.
double difference(const std::function<double(double)>& value, double h) {
  return (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h);
}

Tensor difference_gradient(const Builder& f, const std::vector<Tensor>& in, std::size_t i,
                           const Tensor& g) {
  std::vector<double> x = in[i].to_vector(), out(x.size());
  for (std::size_t j = 0; j < x.size(); ++j) {
    const double at = x[j];
    out[j] = difference(
        [&](double step) {
          std::vector<Tensor> moved = in;
          x[j] = at + step;
          moved[i] = to(from_vector(x, in[i].shape()), in[i].dtype());
          return inner(g, f(moved));
        },
        1e-3);
    x[j] = at;
  }
  return from_vector(out, in[i].shape());
}

Tensor zeros_like(const Tensor& x) { return zeros(x.shape(), x.dtype()); }

void check_adjoint(const Tensor& y, const std::vector<Tensor>& in, const Tensor& g,
                   const std::vector<Tensor>& gradient, std::int64_t count, double tolerance,
                   std::mt19937& random) {
  if (!y.requires_grad()) return;
  std::vector<Tensor> inputs, tangents, cotangents;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (!is_floating(in[i].dtype())) continue;
    Dims shape = in[i].shape();
    shape.insert(0, count);
    inputs.push_back(in[i]);
    cotangents.push_back(gradient[i]);
    tangents.push_back(random_like(zeros(shape, in[i].dtype()), random));
  }
  const Tensor pushed = forward_sweep({y}, inputs, tangents)[0];
  if (pushed.defined()) {
    Dims shape = y.shape();
    shape.insert(0, count);
    ASSERT_EQ(to_string(pushed.shape()), to_string(shape)) << "of the tangents of the output";
  }
  for (std::int64_t k = 0; k < count; ++k) {
    double forward = pushed.defined() ? inner(g, select(pushed, 0, k)) : 0, backward = 0, scale = 1;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const double part = inner(cotangents[i], select(tangents[i], 0, k));
      backward += part;
      scale += std::fabs(part);
    }
    EXPECT_NEAR(forward, backward, tolerance * scale)
        << "<g, J t> and <J'g, t>, tangent " << k << " of " << count;
  }
}

}  // namespace

/// Several cotangents in one sweep give what each gives alone.
static void check_batched_cotangents(const Tensor& y, const std::vector<Tensor>& in,
                                     std::int64_t count, double tolerance, std::mt19937& random) {
  if (!y.requires_grad()) return;
  std::vector<Tensor> inputs;
  for (const Tensor& x : in)
    if (is_floating(x.dtype())) inputs.push_back(x);
  Dims shape = y.shape();
  shape.insert(0, count);
  const Tensor g = random_like(zeros(shape, y.dtype()), random);
  const NoGradGuard guard;
  const std::vector<Tensor> together = reverse_sweep({y}, inputs, {g});
  for (std::int64_t k = 0; k < count; ++k) {
    const std::vector<Tensor> alone = gradients(y, inputs, select(g, 0, k));
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (together[i].defined())
        expect_near(select(together[i], 0, k), alone[i], tolerance, "one of several cotangents");
  }
}

std::vector<Tensor> leaves_of(const std::vector<Tensor>& in) {
  std::vector<Tensor> leaves;
  for (const Tensor& x : in) {
    leaves.push_back(x.detach());
    if (is_floating(x.dtype())) leaves.back().requires_grad_();
  }
  return leaves;
}

Tensor random_like(const Tensor& x, std::mt19937& random) {
  return to(sample(between(-1.5, 1.5), x.shape(), random), x.dtype());
}

std::vector<Tensor> gradients(const Tensor& y, const std::vector<Tensor>& in, const Tensor& g,
                              bool create_graph) {
  std::vector<Tensor> floating, out(in.size());
  for (const Tensor& x : in)
    if (is_floating(x.dtype())) floating.push_back(x);
  std::vector<Tensor> found(floating.size());
  if (y.requires_grad())
    found = grad({y}, floating,
                 {.grad_outputs = {g},
                  .retain_graph = true,
                  .create_graph = create_graph,
                  .allow_unused = true});
  for (std::size_t i = 0, at = 0; i < in.size(); ++i) {
    if (!is_floating(in[i].dtype())) continue;
    out[i] = found[at].defined() ? found[at] : zeros_like(in[i]);
    ++at;
  }
  return out;
}

double inner(const Tensor& a, const Tensor& b) {
  const std::vector<double> x = a.to_vector(), y = b.to_vector();
  EXPECT_EQ(to_string(a.shape()), to_string(b.shape())) << "of an inner product";
  long double total = 0;
  for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i)
    total += static_cast<long double>(x[i]) * y[i];
  return static_cast<double>(total);
}

void expect_near(const Tensor& got, const Tensor& wanted, double tolerance, const char* what) {
  ASSERT_EQ(to_string(got.shape()), to_string(wanted.shape())) << what;
  const std::vector<double> a = got.to_vector(), b = wanted.to_vector();
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(b[i])) {
      EXPECT_TRUE(std::isnan(a[i])) << what << ", element " << i << " is " << a[i] << ", not nan";
    } else if (a[i] != b[i]) {
      EXPECT_LE(std::fabs(a[i] - b[i]), tolerance * std::max(1.0, std::fabs(b[i])))
          << what << ", element " << i << ": " << a[i] << " for " << b[i];
    }
  }
}

void check_first_order(const Builder& f, const std::vector<Tensor>& in, double tolerance,
                       std::mt19937& random) {
  const std::vector<Tensor> leaves = leaves_of(in);
  const Tensor y = f(leaves);
  if (!is_floating(y.dtype())) return;
  const Tensor g = random_like(y, random);
  const std::vector<Tensor> gradient = gradients(y, leaves, g);
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (!is_floating(in[i].dtype())) continue;
    const std::string what = "gradient by input " + std::to_string(i);
    expect_near(gradient[i], difference_gradient(f, in, i, g), tolerance, what.c_str());
  }
  for (std::int64_t count : {1, 3})
    check_adjoint(y, leaves, g, gradient, count, std::max(1e-12, tolerance * 1e-3), random);
  for (std::int64_t count : {1, 3})
    check_batched_cotangents(y, leaves, count, std::max(1e-12, tolerance * 1e-3), random);
}

Builder vjp_of(const Builder& f) {
  return [f](const std::vector<Tensor>& in) {
    const EnableGradGuard guard;
    std::vector<Tensor> x(in.begin(), in.end() - 1), parts;
    for (Tensor& value : x)
      if (is_floating(value.dtype()) && !value.requires_grad())
        value = value.detach().requires_grad_();
    for (const Tensor& part : gradients(f(x), x, in.back(), true))
      if (part.defined()) parts.push_back(reshape(part, {part.numel()}));
    return cat(parts);
  };
}

void check_second_order_agrees(const Builder& f, const std::vector<Tensor>& in, double tolerance,
                               std::mt19937& random) {
  const std::vector<Tensor> leaves = leaves_of(in);
  std::vector<Tensor> with_cotangent = leaves;
  const Tensor y = f(leaves);
  if (!is_floating(y.dtype())) return;
  with_cotangent.push_back(random_like(y, random));
  const Tensor gradient = vjp_of(f)(with_cotangent);
  const Tensor direction = random_like(gradient, random);

  std::vector<Tensor> inputs, tangents;
  std::int64_t at = 0;
  for (const Tensor& x : leaves) {
    if (!is_floating(x.dtype())) continue;
    Dims shape = x.shape();
    shape.insert(0, 1);
    inputs.push_back(x);
    tangents.push_back(reshape(slice(direction, 0, at, at + x.numel()), shape));
    at += x.numel();
  }
  Tensor reverse;
  for (const Tensor& part : gradients(gradient, inputs, direction)) {
    const Tensor flat = reshape(part, {part.numel()});
    reverse = reverse.defined() ? cat({reverse, flat}) : flat;
  }
  Tensor forward =
      gradient.requires_grad() ? forward_sweep({gradient}, inputs, tangents)[0] : Tensor();
  forward = forward.defined() ? select(forward, 0, 0) : zeros_like(gradient);
  expect_near(forward, reverse, tolerance, "forward over reverse against reverse over reverse");
}

}  // namespace wald::testing
