#include "parameters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>

namespace wald::optim {
namespace {

/// "x", "x[2]", "x[1,0]": one for each element.
void append_names(std::vector<std::string>& out, const std::string& name, const Dims& shape) {
  std::vector<std::int64_t> index(shape.size(), 0);
  for (std::int64_t i = 0; i < numel(shape); ++i) {
    std::int64_t rest = i;
    for (std::size_t axis = shape.size(); axis-- > 0; rest /= shape[axis])
      index[axis] = rest % shape[axis];
    out.push_back(index.empty() ? name : fmt::format("{}[{}]", name, fmt::join(index, ",")));
  }
}

/// J H^-1 J', symmetric and not negative to the last bit.
Tensor delta_method(const Tensor& hessian, const Tensor& jacobian) {
  if (!hessian.defined()) return {};
  const Tensor curvature = diagonal(hessian);
  if (!all((curvature > 0) & isfinite(curvature)).item<bool>()) return {};
  const Tensor scale = rsqrt(curvature);
  try {
    const Tensor l = cholesky(hessian * scale * unsqueeze(scale, 1));
    const Tensor root = triangular_solve(l, t(jacobian * scale));
    return matmul(t(root), root);
  } catch (const LinalgError&) {
    return {};
  }
}

ScalarFunction of_vector(const FunctionOfParameters& f, const Parameters& parameters) {
  return [&](const Tensor& u) { return f(parameters.natural(u)); };
}

MinimizeOptions with_names(const MinimizeOptions& options, const Parameters& parameters) {
  if (parameters.size() == 0) throw InputError("minimize: there are no parameters");
  if (options.lower.defined() || options.upper.defined())
    throw InputError("minimize: bounds of named parameters are stated by their transforms");
  MinimizeOptions named = options;
  if (named.names.empty()) named.names = parameters.vector_names();
  return named;
}

NamedResult named_result(MinimizeResult result, const Parameters& parameters) {
  const Tensor jacobian =
      wald::jacobian([&](const Tensor& u) { return parameters.natural(u).flat(); }, result.x);
  const NoGradGuard guard;
  return {parameters.natural(result.x), parameters.natural_names(),
          delta_method(result.hessian, jacobian), std::move(result)};
}

}  // namespace

const Tensor& ParameterValues::operator[](const std::string& name) const {
  std::vector<std::string> known;
  for (const auto& [key, value] : values_) {
    if (key == name) return value;
    known.push_back(key);
  }
  throw InputError(
      fmt::format("no parameter is called '{}'; there are {}", name, fmt::join(known, ", ")));
}

Tensor ParameterValues::flat() const {
  std::vector<Tensor> parts;
  for (const auto& [name, value] : values_) parts.push_back(flatten(value));
  return cat(parts);
}

Parameters& Parameters::add(const std::string& name, const Tensor& initial,
                            TransformPtr transform) {
  if (name.empty()) throw InputError("parameters: a name is empty");
  for (const Entry& entry : entries_)
    if (entry.name == name) throw InputError(fmt::format("parameters: there are two '{}'", name));
  if (!transform) throw InputError(fmt::format("parameters: '{}' has no transform", name));
  const Tensor value = to(initial.detach(), DType::float64);
  std::int64_t size = 0;
  try {
    size = transform->size(value.shape());
  } catch (const ShapeError& error) {
    throw ShapeError(fmt::format("parameters: '{}' {}", name, error.what()));
  }
  if (const std::string objection = transform->objection(value); !objection.empty())
    throw InputError(fmt::format("parameters: the initial value of '{}' {}", name, objection));
  entries_.push_back({name, value, std::move(transform), size_, size});
  size_ += size;
  return *this;
}

Tensor Parameters::initial() const {
  std::vector<Tensor> parts;
  for (const Entry& entry : entries_) {
    const DeviceGuard beside(entry.initial.device());
    parts.push_back(entry.transform->to_unconstrained(entry.initial));
  }
  return cat(parts);
}

Tensor Parameters::part(const Tensor& vector, const Entry& entry) const {
  if (vector.dim() != 1 || vector.size(0) != size_)
    throw ShapeError(fmt::format("parameters: a vector of shape {} for {} unconstrained numbers",
                                 to_string(vector.shape()), size_));
  return narrow(vector, 0, entry.begin, entry.size);
}

ParameterValues Parameters::natural(const Tensor& vector) const {
  const DeviceGuard beside(vector.device());
  std::vector<std::pair<std::string, Tensor>> values;
  for (const Entry& entry : entries_)
    values.emplace_back(entry.name,
                        entry.transform->to_natural(part(vector, entry), entry.initial.shape()));
  return ParameterValues(std::move(values));
}

Tensor Parameters::unconstrained_vector(const ParameterValues& values) const {
  std::vector<Tensor> parts;
  for (const Entry& entry : entries_) {
    const Tensor& value = values[entry.name];
    const DeviceGuard beside(value.device());
    if (value.shape() != entry.initial.shape())
      throw ShapeError(fmt::format("parameters: '{}' has shape {}, not {}", entry.name,
                                   to_string(value.shape()), to_string(entry.initial.shape())));
    if (const std::string objection = entry.transform->objection(value); !objection.empty())
      throw InputError(fmt::format("parameters: the value of '{}' {}", entry.name, objection));
    parts.push_back(entry.transform->to_unconstrained(value));
  }
  return cat(parts);
}

Tensor Parameters::log_jacobian(const Tensor& vector) const {
  const DeviceGuard beside(vector.device());
  Tensor total = zeros({});
  for (const Entry& entry : entries_)
    total = total + entry.transform->log_jacobian(part(vector, entry), entry.initial.shape());
  return total;
}

std::vector<std::string> Parameters::vector_names() const {
  std::vector<std::string> names;
  for (const Entry& entry : entries_) {
    const bool same_count = entry.size == entry.initial.numel();
    append_names(names, entry.name, same_count ? entry.initial.shape() : Dims{entry.size});
  }
  return names;
}

std::vector<std::string> Parameters::natural_names() const {
  std::vector<std::string> names;
  for (const Entry& entry : entries_) append_names(names, entry.name, entry.initial.shape());
  return names;
}

NamedResult minimize(const FunctionOfParameters& f, const Parameters& parameters,
                     const MinimizeOptions& options) {
  const MinimizeOptions named = with_names(options, parameters);
  return named_result(minimize(of_vector(f, parameters), parameters.initial(), named), parameters);
}

NamedResult resume(const FunctionOfParameters& f, const Parameters& parameters,
                   const std::string& checkpoint, const MinimizeOptions& options) {
  const MinimizeOptions named = with_names(options, parameters);
  return named_result(resume(of_vector(f, parameters), checkpoint, named), parameters);
}

}  // namespace wald::optim
