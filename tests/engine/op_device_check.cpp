// Runs a row's function, and its sweeps, on two devices and compares.
#include "op_device_check.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <sstream>

#include <wald/engine/autograd.h>
#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/random.h>

namespace wald::testing {
namespace {

/// The parts of a sentence.
template <class... Parts>
std::string said(const Parts&... parts) {
  std::ostringstream out;
  out.precision(17);
  (out << ... << parts);
  return out.str();
}

struct Result {
  std::string what;
  Tensor value;  // undefined: zero
  bool is_derivative;
};

/// Directions for the sweeps, on the processor: the same for both devices.
struct Directions {
  Tensor g;               // like the output
  std::vector<Tensor> t;  // like each floating input
};

Tensor random_like(const Tensor& x, std::mt19937& random) {
  return to(sample(between(-1.5, 1.5), x.shape(), random), x.dtype());
}

std::vector<Tensor> on(const Device& device, const std::vector<Tensor>& in) {
  std::vector<Tensor> there;
  for (const Tensor& x : in) there.push_back(to(x.detach(), device));
  return there;
}

Tensor with_columns_together(const Tensor& x) {
  return x.dim() < 2 ? x : transpose(clone(transpose(x, -1, -2)), -1, -2);
}

std::vector<Tensor> leading_axis(const std::vector<Tensor>& in) {
  std::vector<Tensor> out;
  for (const Tensor& x : in) out.push_back(unsqueeze(x, 0));
  return out;
}

/// The gradient of <v, gradient by each input> and the tangents of the gradients, where they depend
/// on the inputs.
void add_second_derivatives(const std::vector<Tensor>& gradients, const std::vector<Tensor>& by,
                            const std::vector<Tensor>& v, std::vector<Result>& out) {
  std::vector<Tensor> outputs, weights;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (!gradients[i].defined() || !gradients[i].requires_grad()) continue;
    outputs.push_back(gradients[i]);
    weights.push_back(v[i]);
  }
  if (outputs.empty()) return;
  const std::vector<Tensor> second =
      grad(outputs, by, {.grad_outputs = weights, .retain_graph = true, .allow_unused = true});
  for (const Tensor& part : second) out.push_back({"second derivative", part, true});
  for (const Tensor& part : forward_sweep(outputs, by, leading_axis(v)))
    out.push_back({"tangent of the gradient", part, true});
}

/// All that is compared. Constants of the row are made on the device of its inputs; those of
/// derivative rules must find their way there themselves.
std::vector<Result> results(const Builder& f, std::vector<Tensor> in, const Device& device,
                            const Directions& directions) {
  std::vector<Tensor> by;
  for (Tensor& x : in)
    if (is_floating(x.dtype())) by.push_back(x.requires_grad_());
  Tensor y;
  {
    const DeviceGuard guard(device);
    y = f(in);
  }
  std::vector<Result> out = {{"value", y.detach(), false}};
  if (!(y.device() == device)) out.push_back({"value that lies elsewhere", Tensor(), false});
  if (!y.requires_grad()) return out;
  const std::vector<Tensor> t = on(device, directions.t);
  const std::vector<Tensor> gradients = grad({y}, by,
                                             {.grad_outputs = {to(directions.g, device)},
                                              .retain_graph = true,
                                              .create_graph = true,
                                              .allow_unused = true});
  for (const Tensor& part : gradients) out.push_back({"gradient", part, true});
  out.push_back({"tangent", forward_sweep({y}, by, leading_axis(t))[0], true});
  add_second_derivatives(gradients, by, t, out);
  return out;
}

/// The first element that differs, in words; empty if none does.
std::string difference(const Result& got, const Result& wanted, double tolerance) {
  if (got.what != wanted.what) return said(got.what, " in place of ", wanted.what);
  if (got.value.defined() != wanted.value.defined())
    return said(got.what, " is there on one device alone");
  if (!got.value.defined()) return "";
  const Tensor &x = got.value, &y = wanted.value;
  if (!(x.shape() == y.shape()) || x.dtype() != y.dtype())
    return said(got.what, " of shape ", to_string(x.shape()), " for ", to_string(y.shape()),
                ", or of another type");
  const std::vector<double> a = x.to_vector(), b = y.to_vector();
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double allowed = is_floating(x.dtype()) ? tolerance * std::max(1.0, std::fabs(b[i])) : 0;
    const bool is_same = a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]));
    if (!is_same && !(std::fabs(a[i] - b[i]) <= allowed))
      return said(got.what, ", element ", i, ": ", a[i], " for ", b[i]);
  }
  return "";
}

/// One call in one type and layout; empty if both devices agree.
std::string call_difference(const OpRow& row, const std::vector<Tensor>& in, DType dtype,
                            bool by_columns, const Device& device, std::mt19937& random) {
  std::vector<Tensor> here;
  for (const Tensor& x : in) {
    here.push_back(is_floating(x.dtype()) ? to(x, dtype) : x.detach());
    if (by_columns) here.back() = with_columns_together(here.back());
  }
  Directions directions;
  directions.g = random_like(row.build(here), random);
  for (const Tensor& x : here)
    if (is_floating(x.dtype())) directions.t.push_back(random_like(x, random));
  std::vector<Tensor> there = on(device, here);
  if (by_columns) std::transform(there.begin(), there.end(), there.begin(), with_columns_together);
  const std::vector<Result> wanted = results(row.build, on(Device(), here), Device(), directions);
  const std::vector<Result> got = results(row.build, there, device, directions);
  if (got.size() != wanted.size()) return said(got.size(), " results for ", wanted.size());
  const bool is_narrow = dtype == DType::float32;
  for (std::size_t i = 0; i < got.size(); ++i) {
    double tolerance =
        is_narrow ? 10 * row.float32_tolerance : std::max(1e-13, 10 * row.value_tolerance);
    if (got[i].is_derivative)
      tolerance = is_narrow ? 100 * row.float32_tolerance : std::max(1e-11, 1e-2 * row.tolerance);
    if (std::string text = difference(got[i], wanted[i], tolerance); !text.empty()) return text;
  }
  return "";
}

}  // namespace

std::vector<std::string> device_differences(const OpRow& row, const Device& device) {
  struct Form {
    const char* name;
    DType dtype;
    bool by_columns;
  };
  std::vector<std::string> out;
  std::mt19937 random(2026);
  const DeviceGuard guard{Device()};
  for (const std::vector<Dims>& shapes : row.shapes) {
    std::vector<Tensor> in;
    std::string text;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      in.push_back(sample(row.inputs[i], shapes[i], random));
      text += " " + to_string(shapes[i]);
    }
    for (const Form& form :
         {Form{"float64", DType::float64, false}, Form{"float64 by columns", DType::float64, true},
          Form{"float32", DType::float32, false}}) {
      std::string found;
      try {
        found = call_difference(row, in, form.dtype, form.by_columns, device, random);
      } catch (const Error& error) {
        found = error.what();
      }
      if (!found.empty()) out.push_back(said(row.name, " of", text, ", ", form.name, ": ", found));
    }
  }
  return out;
}

std::vector<std::string> random_differences(const Device& device) {
  using Draw = std::function<Tensor(Generator&)>;
  using Named = std::pair<std::string, Draw>;
  const Dims shape = {7, 143};
  const auto means = [&] { return linspace(0.1, 80, 1001); };
  const std::array<Named, random_draws> draws = {
      {{"rand",
        [&](Generator& g) {
          return rand(shape, {DType::float64, &g});
        }},
       {"rand of float32",
        [&](Generator& g) {
          return rand(shape, {DType::float32, &g});
        }},
       {"randn",
        [&](Generator& g) {
          return randn(shape, {DType::float64, &g});
        }},
       {"randn of float32",
        [&](Generator& g) {
          return randn(shape, {DType::float32, &g});
        }},
       {"exponential",
        [&](Generator& g) {
          return exponential(shape, 2, {DType::float64, &g});
        }},
       {"randint",
        [&](Generator& g) {
          return randint(-5, 1000, shape, {DType::int64, &g});
        }},
       {"randperm",
        [&](Generator& g) {
          return randperm(1001, {DType::int64, &g});
        }},
       {"bernoulli",
        [&](Generator& g) {
          return bernoulli(shape, 0.3, {DType::float64, &g});
        }},
       {"poisson", [&](Generator& g) { return poisson(means(), &g); }}}};
  std::vector<std::string> out;
  for (const auto& [name, draw] : draws) {
    const auto drawn = [&, &draw = draw](const Device& on) {
      const DeviceGuard guard(on);
      Generator generator;
      generator.manual_seed(7);
      return draw(generator);
    };
    const Tensor got = drawn(device), wanted = drawn(Device());
    if (!(got.device() == device)) out.push_back(name + ": the draw lies elsewhere");
    if (std::string text = difference({name, got, false}, {name, wanted, false}, 0); !text.empty())
      out.push_back(text);
  }
  return out;
}

}  // namespace wald::testing
