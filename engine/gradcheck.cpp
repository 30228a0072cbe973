#include "gradcheck.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include "autograd.h"
#include "creation.h"
#include "evaluation.h"
#include "ops/ops.h"
#include "tensor_impl.h"

namespace wald {
namespace {

using Values = std::vector<double>;

/// "[1, 2]", the place of element `at` in row-major order.
std::string element(const Dims& shape, std::size_t at) {
  Dims index = shape;
  auto rest = static_cast<std::int64_t>(at);
  for (std::size_t axis = shape.size(); axis-- > 0; rest /= shape[axis])
    index[axis] = rest % shape[axis];
  return to_string(index);
}

Tensor random_like(const Tensor& x, std::mt19937& random) {
  Values values(static_cast<std::size_t>(x.numel()));
  for (double& v : values) {
    // Of either sign and away from 0, so that no element goes unnoticed.
    const double u = static_cast<double>(random()) / 4294967296.0;
    v = u < 0.5 ? -1.5 + 2 * u : 2 * u - 0.5;
  }
  return to(to(from_vector(values, x.shape()), x.dtype()), x.device());
}

/// A direction with 1 at one element.
Tensor unit(const Tensor& x, std::size_t at) {
  Values values(static_cast<std::size_t>(x.numel()));
  values[at] = 1;
  return to(to(from_vector(values, x.shape()), tangent_dtype(x)), x.device());
}

Values flat(const Tensor& x, std::size_t size) {
  return x.defined() ? x.to_vector() : Values(size);
}

class Check {
 public:
  Check(const char* name, const FunctionToSeveral& f, const std::vector<Tensor>& inputs,
        const GradcheckOptions& options)
      : name_(name), f_(f), options_(options), random_(options.seed) {
    for (const Tensor& x : inputs) {
      inputs_.push_back(clone(x).detach());
      if (is_floating(x.dtype())) places_.push_back(inputs_.size() - 1);
    }
    if (places_.empty())
      throw GraphError(
          fmt::format("{}: no input holds float64 or float32, by which alone a "
                      "function can be differentiated",
                      name_));
  }

  GradcheckReport run() {
    record();
    check_determinism();
    for (std::size_t o = 0; o < y_.size(); ++o) {
      if (!is_floating(y_[o].dtype())) continue;
      options_.is_projected ? check_projections(o) : check_elements(o);
      if (options_.check_batched) check_batches(o);
    }
    for (std::size_t p : places_)
      if (report_.message.empty() && inputs_[p].dtype() == DType::float32)
        report_.message = fmt::format(
            "{}: input {} is float32: differences of float32 values have few digits; use float64",
            name_, p);
    if (!report_.passed && options_.raise) throw GradcheckError(report_.message);
    return report_;
  }

 private:
  void record() {
    const EnableGradGuard guard;
    x_ = inputs_;
    leaves_.clear();
    for (std::size_t p : places_) leaves_.push_back(x_[p] = inputs_[p].detach().requires_grad_());
    y_ = f_(x_);
    for (std::size_t o = 0; o < y_.size(); ++o)
      if (!y_[o].defined())
        throw GraphError(
            fmt::format("{}: the function gave an undefined tensor as output {}", name_, o));
  }
  std::vector<Tensor> values(const std::vector<Tensor>& at) const {
    const NoGradGuard guard;
    return f_(at);
  }
  void fail(const std::string& what) {
    if (!report_.passed) return;
    report_.passed = false;
    report_.message = fmt::format("{}: {}", name_, what);
    for (std::size_t p : places_)
      if (inputs_[p].dtype() == DType::float32) {
        report_.message +=
            fmt::format("; input {} is float32, whose differences have few digits: use float64", p);
        break;
      }
  }
  /// Whether a passes for d; notes the difference.
  bool passes(double a, double d) {
    if (a == d || (std::isnan(a) && std::isnan(d))) return true;
    const double error = std::fabs(a - d);
    if (!(error <= report_.worst)) report_.worst = error;
    return error <= options_.atol + options_.rtol * std::fabs(d);
  }

  std::vector<Tensor> gradients(std::size_t o, const Tensor& cotangent) const {
    std::vector<Tensor> found(leaves_.size());
    if (y_[o].requires_grad())
      found = grad({y_[o]}, leaves_,
                   {.grad_outputs = {cotangent}, .retain_graph = true, .allow_unused = true});
    return found;
  }

  void check_determinism() {
    const std::vector<Tensor> before = y_;
    std::vector<std::vector<Tensor>> gradient;
    auto gradient_of_each = [&] {
      std::vector<Tensor> all;
      for (std::size_t o = 0; o < y_.size(); ++o)
        for (const Tensor& g :
             is_floating(y_[o].dtype()) ? gradients(o, ones_like(y_[o])) : std::vector<Tensor>())
          all.push_back(g);
      return all;
    };
    const std::vector<Tensor> first = gradient_of_each();
    record();
    if (y_.size() != before.size())
      return fail("the function is not deterministic: it gives another number of outputs");
    for (std::size_t o = 0; o < y_.size(); ++o)
      compare_again(before[o], y_[o], fmt::format("output {}", o));
    if (!report_.passed) return;
    const std::vector<Tensor> second = gradient_of_each();
    for (std::size_t i = 0; i < first.size(); ++i)
      if (first[i].defined() && second[i].defined())
        compare_again(first[i], second[i],
                      fmt::format("the gradient by input {}", places_[i % places_.size()]));
  }
  void compare_again(const Tensor& a, const Tensor& b, const std::string& what) {
    if (!(a.shape() == b.shape()))
      return fail(fmt::format("the function is not deterministic: {} has shape {}, then {}", what,
                              to_string(a.shape()), to_string(b.shape())));
    const Values x = a.to_vector(), y = b.to_vector();
    for (std::size_t i = 0; i < x.size(); ++i)
      if (!(std::fabs(x[i] - y[i]) <= options_.nondeterminism_tol) && x[i] != y[i] &&
          !(std::isnan(x[i]) && std::isnan(y[i])))
        return fail(fmt::format("the function is not deterministic: {}, element {}, is {}, then {}",
                                what, element(a.shape(), i), x[i], y[i]));
  }

  /// The differences of all outputs along a direction of input p.
  std::vector<Values> differences(std::size_t p, const Tensor& direction) const {
    std::vector<Tensor> ahead = inputs_, behind = inputs_;
    const Tensor step = direction * options_.eps;
    ahead[p] = inputs_[p] + step;
    behind[p] = inputs_[p] - step;
    const std::vector<Tensor> high = values(ahead), low = values(behind);
    std::vector<Values> out;
    for (std::size_t o = 0; o < high.size(); ++o) {
      const Values a = high[o].to_vector(), b = low[o].to_vector();
      out.emplace_back(a.size());
      for (std::size_t i = 0; i < a.size(); ++i) out[o][i] = (a[i] - b[i]) / (2 * options_.eps);
    }
    return out;
  }
  /// The tangent of output o along a direction of leaf i.
  Values tangent(std::size_t o, std::size_t i, const Tensor& direction) const {
    const NoGradGuard guard;
    const Tensor found = forward_sweep({y_[o]}, {leaves_[i]}, {unsqueeze(direction, 0)})[0];
    return flat(found, static_cast<std::size_t>(y_[o].numel()));
  }

  void report_element(const char* kind, std::size_t o, std::size_t row, std::size_t i,
                      std::size_t column, double got, double wanted) {
    fail(fmt::format(
        "the {} derivative of output {}, element {}, by input {}, element {}, is {:.9g}, "
        "but differences give {:.9g}",
        kind, o, element(y_[o].shape(), row), places_[i], element(leaves_[i].shape(), column), got,
        wanted));
  }
  void check_elements(std::size_t o) {
    const auto rows = static_cast<std::size_t>(y_[o].numel());
    std::vector<std::vector<Values>> reverse(rows);  // [row][leaf]
    for (std::size_t row = 0; row < rows; ++row) {
      const std::vector<Tensor> found = gradients(o, unit(y_[o], row));
      for (std::size_t i = 0; i < found.size(); ++i)
        reverse[row].push_back(flat(found[i], static_cast<std::size_t>(leaves_[i].numel())));
    }
    for (std::size_t i = 0; i < leaves_.size(); ++i)
      for (std::size_t column = 0; column < static_cast<std::size_t>(leaves_[i].numel());
           ++column) {
        const Tensor direction = unit(leaves_[i], column);
        const Values wanted = differences(places_[i], direction)[o];
        const Values forward = options_.check_forward ? tangent(o, i, direction) : Values();
        for (std::size_t row = 0; row < rows; ++row) {
          if (!passes(reverse[row][i][column], wanted[row]))
            report_element("reverse", o, row, i, column, reverse[row][i][column], wanted[row]);
          if (!forward.empty() && !passes(forward[row], wanted[row]))
            report_element("forward", o, row, i, column, forward[row], wanted[row]);
        }
      }
  }

  static double inner(const Values& a, const Values& b) {
    double total = 0;
    for (std::size_t i = 0; i < a.size(); ++i) total += a[i] * b[i];
    return total;
  }
  void check_projections(std::size_t o) {
    const Tensor u = random_like(y_[o], random_);
    const std::vector<Tensor> found = gradients(o, u);
    for (std::size_t i = 0; i < leaves_.size(); ++i) {
      const Tensor v = random_like(leaves_[i], random_);
      const double wanted = inner(u.to_vector(), differences(places_[i], v)[o]);
      auto compare = [&](const char* kind, double got) {
        if (!passes(got, wanted))
          fail(fmt::format(
              "the {} derivative of output {} by input {}, projected at random, is {:.9g}, "
              "but differences give {:.9g}",
              kind, o, places_[i], got, wanted));
      };
      const Values gradient = flat(found[i], static_cast<std::size_t>(leaves_[i].numel()));
      compare("reverse", inner(gradient, v.to_vector()));
      if (options_.check_forward) compare("forward", inner(u.to_vector(), tangent(o, i, v)));
    }
  }

  void compare_batch(const char* kind, std::size_t o, std::size_t i, std::int64_t k,
                     const Tensor& together, const Values& alone) {
    const Values got =
        together.defined() ? select(together, 0, k).to_vector() : Values(alone.size());
    if (got.size() != alone.size())
      return fail(fmt::format("a batched {} sweep from output {} to input {} gives shape {}", kind,
                              o, places_[i], to_string(together.shape())));
    for (std::size_t at = 0; at < alone.size(); ++at)
      if (!passes(got[at], alone[at]))
        return fail(
            fmt::format("a batched {} sweep between output {} and input {} gives {} for "
                        "element {} of direction {}, and {} one direction at a time",
                        kind, o, places_[i], got[at], at, k, alone[at]));
  }
  void check_batches(std::size_t o) {
    if (!y_[o].requires_grad()) return;
    constexpr std::int64_t count = 3;
    const NoGradGuard guard;
    std::vector<Tensor> cotangents;
    for (std::int64_t k = 0; k < count; ++k) cotangents.push_back(random_like(y_[o], random_));
    const std::vector<Tensor> together = reverse_sweep({y_[o]}, leaves_, {stack(cotangents)});
    for (std::int64_t k = 0; k < count; ++k) {
      const std::vector<Tensor> alone = gradients(o, cotangents[static_cast<std::size_t>(k)]);
      for (std::size_t i = 0; i < leaves_.size(); ++i)
        compare_batch("reverse", o, i, k, together[i],
                      flat(alone[i], static_cast<std::size_t>(leaves_[i].numel())));
    }
    if (!options_.check_forward) return;
    for (std::size_t i = 0; i < leaves_.size(); ++i) {
      std::vector<Tensor> tangents;
      for (std::int64_t k = 0; k < count; ++k) tangents.push_back(random_like(leaves_[i], random_));
      const Tensor pushed = forward_sweep({y_[o]}, {leaves_[i]}, {stack(tangents)})[0];
      for (std::int64_t k = 0; k < count; ++k)
        compare_batch("forward", o, i, k, pushed,
                      tangent(o, i, tangents[static_cast<std::size_t>(k)]));
    }
  }

  const char* name_;
  const FunctionToSeveral& f_;
  const GradcheckOptions& options_;
  std::mt19937 random_;
  std::vector<Tensor> inputs_;       // constants
  std::vector<std::size_t> places_;  // of the inputs that hold floats
  std::vector<Tensor> x_, leaves_, y_;
  GradcheckReport report_;
};

/// (x..., u...) to the gradients of <u, f(x)> by the x that hold floats.
FunctionToSeveral gradient_function(const FunctionToSeveral& f, std::size_t inputs) {
  return [&f, inputs](const std::vector<Tensor>& all) {
    const EnableGradGuard guard;
    std::vector<Tensor> x(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(inputs)), by;
    for (Tensor& value : x) {
      if (!is_floating(value.dtype())) continue;
      if (!value.requires_grad()) value = value.detach().requires_grad_();
      by.push_back(value);
    }
    std::vector<Tensor> outputs, weights, found(by.size());
    std::size_t at = inputs;
    for (const Tensor& y : f(x)) {
      if (!is_floating(y.dtype())) continue;
      if (y.requires_grad()) {
        outputs.push_back(y);
        weights.push_back(all[at]);
      }
      ++at;
    }
    if (!outputs.empty())
      found =
          grad(outputs, by, {.grad_outputs = weights, .create_graph = true, .allow_unused = true});
    for (std::size_t i = 0; i < found.size(); ++i)
      if (!found[i].defined()) found[i] = zeros_like(by[i]);
    return found;
  };
}

GradcheckReport check_second_order(const FunctionToSeveral& f, const std::vector<Tensor>& inputs,
                                   const GradcheckOptions& options) {
  std::mt19937 random(options.seed);
  std::vector<Tensor> all = inputs;
  {
    const NoGradGuard guard;
    for (const Tensor& y : f(inputs))
      if (is_floating(y.dtype())) all.push_back(random_like(y, random));
  }
  return Check("gradgradcheck", gradient_function(f, inputs.size()), all, options).run();
}

}  // namespace

GradcheckReport gradcheck(const TensorFunction& f, const Tensor& x,
                          const GradcheckOptions& options) {
  return Check("gradcheck", to_several(f), {x}, options).run();
}
GradcheckReport gradcheck(const FunctionOfSeveral& f, const std::vector<Tensor>& inputs,
                          const GradcheckOptions& options) {
  return Check("gradcheck", to_several(f), inputs, options).run();
}
GradcheckReport gradcheck(const FunctionToSeveral& f, const std::vector<Tensor>& inputs,
                          const GradcheckOptions& options) {
  return Check("gradcheck", f, inputs, options).run();
}

GradcheckReport gradgradcheck(const TensorFunction& f, const Tensor& x,
                              const GradcheckOptions& options) {
  return check_second_order(to_several(f), {x}, options);
}
GradcheckReport gradgradcheck(const FunctionOfSeveral& f, const std::vector<Tensor>& inputs,
                              const GradcheckOptions& options) {
  return check_second_order(to_several(f), inputs, options);
}
GradcheckReport gradgradcheck(const FunctionToSeveral& f, const std::vector<Tensor>& inputs,
                              const GradcheckOptions& options) {
  return check_second_order(f, inputs, options);
}

}  // namespace wald
