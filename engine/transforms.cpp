// Transforms of one direction: gradients, and products with Jacobian and Hessian.
#include "transforms.h"

#include <fmt/format.h>

#include <algorithm>

#include "creation.h"
#include "evaluation.h"
#include "ops/shape.h"
#include "tensor_impl.h"

namespace wald {
namespace {

/// A value of its own in the graph, through which the caller's tensor can be reached.
Tensor fresh(const Tensor& x, bool is_recorded) {
  if (!is_recorded || !x.requires_grad()) return x.detach().requires_grad_();
  return squeeze(unsqueeze(x, 0), 0);
}

/// The directions with the types of the values, and zeros for undefined ones.
std::vector<Tensor> checked(const char* name, const char* what, const std::vector<Tensor>& values,
                            const std::vector<Tensor>& directions) {
  if (directions.size() != values.size())
    throw ShapeError(fmt::format("{}: {} {}s were given where {} are expected", name,
                                 directions.size(), what, values.size()));
  std::vector<Tensor> out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!directions[i].defined()) {
      out.push_back(zeros_like(values[i]));
      continue;
    }
    if (!(directions[i].shape() == values[i].shape()))
      throw ShapeError(
          fmt::format("{}: {} {} has shape {}, where that of its value, {}, is expected", name,
                      what, i, to_string(directions[i].shape()), to_string(values[i].shape())));
    if (!(directions[i].device() == values[i].device()))
      throw DeviceError(fmt::format("{}: {} {} lies on {}, its value on {}", name, what, i,
                                    directions[i].device().name(), values[i].device().name()));
    out.push_back(to(directions[i], values[i].dtype()));
  }
  return out;
}

/// The tangents of `values`, of one direction.
std::vector<Tensor> pushed(const Evaluation& at, const std::vector<Tensor>& values,
                           const std::vector<Tensor>& tangents) {
  const GradMode mode(at.is_recorded);
  std::vector<Tensor> batch, out;
  for (const Tensor& tangent : checked(at.name, "tangent", at.x, tangents))
    batch.push_back(unsqueeze(tangent, 0));
  for (const Tensor& tangent : forward_sweep(values, at.x, batch)) {
    const Tensor& value = values[out.size()];
    out.push_back(tangent.defined() ? squeeze(tangent, 0)
                                    : zeros(value.shape(), tangent_dtype(value), value.device()));
  }
  return out;
}

Jvp<std::vector<Tensor>> jvp_at(const Evaluation& at, const std::vector<Tensor>& tangents) {
  return {at.finished(at.y), pushed(at, at.y, tangents)};
}

Vjp<std::vector<Tensor>, std::vector<Tensor>> vjp_at(const Evaluation& at,
                                                     const std::vector<Tensor>& cotangents) {
  const GradMode mode(at.is_recorded);
  const bool is_one = at.y.size() == 1 && cotangents.size() == 1 && !cotangents[0].defined();
  if (is_one && at.y[0].numel() != 1)
    throw ShapeError(
        fmt::format("{}: the function gives shape {}; a cotangent of that shape is "
                    "needed, and only that of a scalar can be made up",
                    at.name, to_string(at.y[0].shape())));
  const std::vector<Tensor> given =
      is_one ? cotangents : checked(at.name, "cotangent", at.y, cotangents);
  return {at.finished(at.y), at.gradients(given, at.is_recorded)};
}

enum class Side { left, right };

HessianProduct<std::vector<Tensor>> hessian_product(const Evaluation& at,
                                                    const std::vector<Tensor>& v, Side side) {
  at.require_scalar();
  const std::vector<Tensor> gradient = at.gradients({Tensor()}, true);
  HessianProduct<std::vector<Tensor>> result{at.finished(at.y[0]), at.finished(gradient), {}};
  if (side == Side::right) {
    result.product = pushed(at, gradient, v);
    return result;
  }
  std::vector<Tensor> weights;
  {
    const GradMode mode(at.is_recorded);
    weights = checked(at.name, "vector", at.x, v);
  }
  std::vector<Tensor> outputs, cotangents;
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    if (!gradient[i].requires_grad()) continue;
    outputs.push_back(gradient[i]);
    cotangents.push_back(weights[i]);
  }
  std::vector<Tensor> found(at.x.size());
  if (!outputs.empty())
    found = grad(outputs, at.x,
                 {.grad_outputs = cotangents,
                  .retain_graph = true,
                  .create_graph = at.is_recorded,
                  .allow_unused = true});
  for (std::size_t i = 0; i < found.size(); ++i)
    result.product.push_back(found[i].defined() ? found[i] : zeros_like(at.x[i]));
  return result;
}

HessianProduct<Tensor> first(const HessianProduct<std::vector<Tensor>>& all) {
  return {all.value, all.gradient[0], all.product[0]};
}

}  // namespace

Evaluation::Evaluation(const char* transform, const FunctionToSeveral& f,
                       const std::vector<Tensor>& inputs, const std::optional<bool>& create_graph,
                       const std::vector<Tensor>& directions)
    : name(transform) {
  auto wants_grad = [](const Tensor& t) { return t.defined() && t.requires_grad(); };
  is_recorded = create_graph.value_or(
      is_grad_enabled() && (std::any_of(inputs.begin(), inputs.end(), wants_grad) ||
                            std::any_of(directions.begin(), directions.end(), wants_grad)));
  const EnableGradGuard guard;
  for (const Tensor& input : inputs) {
    if (!input.defined())
      throw GraphError(fmt::format("{}: input {} is undefined", name, x.size()));
    if (!is_floating(input.dtype()))
      throw DTypeError(
          fmt::format("{}: input {} holds {}; only float64 and float32 can be differentiated by: "
                      "let the function capture it instead",
                      name, x.size(), name_of(input.dtype())));
    x.push_back(fresh(input, is_recorded));
  }
  y = f(x);
  for (std::size_t i = 0; i < y.size(); ++i)
    if (!y[i].defined())
      throw GraphError(
          fmt::format("{}: the function gave an undefined tensor as output {}", name, i));
}

void Evaluation::require_scalar() const {
  if (y.size() != 1 || y[0].numel() != 1)
    throw ShapeError(
        fmt::format("{}: the function to differentiate must give a scalar, not shape {}", name,
                    to_string(y.at(0).shape())));
}

std::vector<Tensor> Evaluation::finished(std::vector<Tensor> values) const {
  for (Tensor& value : values) value = finished(value);
  return values;
}

std::vector<Tensor> Evaluation::gradients(const std::vector<Tensor>& cotangents,
                                          bool create_graph) const {
  std::vector<Tensor> outputs, weights, found(x.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (!y[i].requires_grad()) continue;
    outputs.push_back(y[i]);
    weights.push_back(cotangents[i].defined() ? cotangents[i] : ones_like(y[i]));
  }
  if (!outputs.empty() && !x.empty())
    found = grad(outputs, x,
                 {.grad_outputs = std::move(weights),
                  .retain_graph = create_graph || is_recorded,
                  .create_graph = create_graph,
                  .allow_unused = true});
  for (std::size_t i = 0; i < found.size(); ++i)
    if (!found[i].defined()) found[i] = zeros_like(x[i]);
  return found;
}

ValueAndGradient value_and_gradient(const ScalarFunction& f, const Tensor& x,
                                    const TransformOptions& options) {
  const Evaluation at("value_and_gradient", to_several(f), {x}, options.create_graph);
  at.require_scalar();
  return {at.finished(at.y[0]), std::move(at.gradients({Tensor()}, at.is_recorded)[0])};
}
ValueAndGradients value_and_gradient(const FunctionOfSeveral& f, const std::vector<Tensor>& inputs,
                                     const TransformOptions& options) {
  const Evaluation at("value_and_gradient", to_several(f), inputs, options.create_graph);
  at.require_scalar();
  return {at.finished(at.y[0]), at.gradients({Tensor()}, at.is_recorded)};
}

Vjp<Tensor, Tensor> vjp(const TensorFunction& f, const Tensor& x, const Tensor& cotangent,
                        const TransformOptions& options) {
  const auto all =
      vjp_at({"vjp", to_several(f), {x}, options.create_graph, {cotangent}}, {cotangent});
  return {all.value[0], all.vjp[0]};
}
Vjp<Tensor, std::vector<Tensor>> vjp(const FunctionOfSeveral& f, const std::vector<Tensor>& inputs,
                                     const Tensor& cotangent, const TransformOptions& options) {
  auto all = vjp_at({"vjp", to_several(f), inputs, options.create_graph, {cotangent}}, {cotangent});
  return {all.value[0], std::move(all.vjp)};
}
Vjp<std::vector<Tensor>, std::vector<Tensor>> vjp(const FunctionToSeveral& f,
                                                  const std::vector<Tensor>& inputs,
                                                  const std::vector<Tensor>& cotangents,
                                                  const TransformOptions& options) {
  return vjp_at({"vjp", f, inputs, options.create_graph, cotangents}, cotangents);
}

Jvp<Tensor> jvp(const TensorFunction& f, const Tensor& x, const Tensor& tangent,
                const TransformOptions& options) {
  const auto all = jvp_at({"jvp", to_several(f), {x}, options.create_graph, {tangent}}, {tangent});
  return {all.value[0], all.jvp[0]};
}
Jvp<Tensor> jvp(const FunctionOfSeveral& f, const std::vector<Tensor>& inputs,
                const std::vector<Tensor>& tangents, const TransformOptions& options) {
  const auto all = jvp_at({"jvp", to_several(f), inputs, options.create_graph, tangents}, tangents);
  return {all.value[0], all.jvp[0]};
}
Jvp<std::vector<Tensor>> jvp(const FunctionToSeveral& f, const std::vector<Tensor>& inputs,
                             const std::vector<Tensor>& tangents, const TransformOptions& options) {
  return jvp_at({"jvp", f, inputs, options.create_graph, tangents}, tangents);
}

HessianProduct<Tensor> hvp(const ScalarFunction& f, const Tensor& x, const Tensor& v,
                           const TransformOptions& options) {
  return first(
      hessian_product({"hvp", to_several(f), {x}, options.create_graph, {v}}, {v}, Side::right));
}
HessianProduct<std::vector<Tensor>> hvp(const FunctionOfSeveral& f,
                                        const std::vector<Tensor>& inputs,
                                        const std::vector<Tensor>& v,
                                        const TransformOptions& options) {
  return hessian_product({"hvp", to_several(f), inputs, options.create_graph, v}, v, Side::right);
}

HessianProduct<Tensor> vhp(const ScalarFunction& f, const Tensor& x, const Tensor& v,
                           const TransformOptions& options) {
  return first(
      hessian_product({"vhp", to_several(f), {x}, options.create_graph, {v}}, {v}, Side::left));
}
HessianProduct<std::vector<Tensor>> vhp(const FunctionOfSeveral& f,
                                        const std::vector<Tensor>& inputs,
                                        const std::vector<Tensor>& v,
                                        const TransformOptions& options) {
  return hessian_product({"vhp", to_several(f), inputs, options.create_graph, v}, v, Side::left);
}

}  // namespace wald
