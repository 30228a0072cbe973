#include "lbfgs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>
#include <wald/optim/line_search.h>

namespace wald::optim {
namespace {

double inner(const Tensor& a, const Tensor& b) { return dot(a, b).item(); }

double largest(const Tensor& x) {
  double most = 0;
  for (double v : x.to_vector()) most = std::isnan(v) ? v : std::max(most, std::abs(v));
  return most;
}

}  // namespace

LBFGS::LBFGS(std::vector<Tensor> parameters, const LBFGSOptions& options)
    : parameters_(std::move(parameters)), options_(options) {
  if (parameters_.empty()) throw InputError("LBFGS: there are no parameters to optimize");
  for (const Tensor& p : parameters_) {
    if (!p.is_leaf() || !p.requires_grad())
      throw GraphError("LBFGS: every parameter must be a leaf that requires grad");
    if (p.dtype() != parameters_[0].dtype())
      throw DTypeError("LBFGS: the parameters must share one element type");
  }
  const auto& o = options_;
  if (!(o.lr > 0) || o.max_iter < 0 || o.max_eval < 0 || o.history_size < 1)
    throw InputError(fmt::format(
        "LBFGS: lr {}, max_iter {}, max_eval {}, history_size {}: lr and history_size must be "
        "positive, the others not negative",
        o.lr, o.max_iter, o.max_eval, o.history_size));
  if (options_.max_eval == 0) options_.max_eval = options_.max_iter * 5 / 4;
}

void LBFGS::zero_grad() {
  for (Tensor& p : parameters_) p.set_grad(Tensor());
}

Tensor LBFGS::flat_gradient() const {
  std::vector<Tensor> parts;
  for (const Tensor& p : parameters_) {
    const Tensor g = p.grad();
    parts.push_back(g.defined() ? reshape(g.detach(), {-1}) : zeros({p.numel()}, p.dtype()));
  }
  return clone(cat(parts));
}

std::vector<Tensor> LBFGS::copy_parameters() const {
  std::vector<Tensor> copies;
  for (const Tensor& p : parameters_) copies.push_back(clone(p));
  return copies;
}

void LBFGS::set_parameters(const std::vector<Tensor>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) parameters_[i].copy_(values[i]);
}

void LBFGS::move(double length, const Tensor& direction) {
  std::int64_t at = 0;
  for (Tensor& p : parameters_) {
    const Tensor part = reshape(slice(direction, 0, at, at + p.numel()), p.shape());
    p.copy_(p + part * length);
    at += p.numel();
  }
}

double LBFGS::evaluate(const Closure& closure, Tensor& gradient) {
  Tensor loss;
  {
    const EnableGradGuard guard;
    loss = closure();
  }
  ++evaluations_;
  gradient = flat_gradient();
  return loss.item();
}

void LBFGS::update_direction(const Tensor& gradient) {
  if (iterations_ == 1) {
    direction_ = -gradient;
    history_.clear();
    diagonal_ = 1;
    return;
  }
  const Tensor y = gradient - previous_gradient_, s = direction_ * length_;
  const double ys = inner(y, s);
  if (ys > 1e-10) {
    if (history_.size() == static_cast<std::size_t>(options_.history_size)) history_.pop_front();
    history_.push_back({y, s, 1 / ys});
    diagonal_ = ys / inner(y, y);
  }
  // The two loops over the history.
  std::vector<double> alpha(history_.size());
  Tensor q = -gradient;
  for (std::size_t i = history_.size(); i-- > 0;) {
    alpha[i] = inner(history_[i].step, q) * history_[i].rho;
    q = q - history_[i].gradient_change * alpha[i];
  }
  Tensor r = q * diagonal_;
  for (std::size_t i = 0; i < history_.size(); ++i) {
    const double beta = inner(history_[i].gradient_change, r) * history_[i].rho;
    r = r + history_[i].step * (alpha[i] - beta);
  }
  direction_ = r;
}

Tensor LBFGS::step(const Closure& closure) {
  const NoGradGuard guard;
  Tensor first_loss;
  {
    const EnableGradGuard recording;
    first_loss = closure();
  }
  ++evaluations_;
  double loss = first_loss.item();
  Tensor gradient = flat_gradient();
  int evaluations = 1;
  bool is_stationary = largest(gradient) <= options_.tolerance_grad;
  // From where the objective is not a number there is no way down.
  if (std::isnan(loss) || std::isnan(largest(gradient))) return first_loss.detach();

  for (int iteration = 1; iteration <= options_.max_iter && !is_stationary; ++iteration) {
    ++iterations_;
    update_direction(gradient);
    previous_gradient_ = gradient;
    const double previous_loss = loss;

    length_ = options_.lr;
    if (iterations_ == 1) length_ *= std::min(1.0, 1 / sum(abs(gradient)).item());
    const double slope = inner(gradient, direction_);
    if (slope > -options_.tolerance_change) break;

    if (options_.line_search == LineSearch::strong_wolfe) {
      const std::vector<Tensor> start = copy_parameters();
      auto trial = [&](double length) {
        Trial at{length, 0, {}, 0};
        move(length, direction_);
        try {
          at.value = evaluate(closure, at.gradient);
        } catch (...) {
          set_parameters(start);
          throw;
        }
        set_parameters(start);
        at.slope = inner(at.gradient, direction_);
        return at;
      };
      const LineSearchResult found =
          strong_wolfe(trial, {0, loss, gradient, slope}, length_, largest(direction_));
      loss = found.best.value;
      gradient = found.best.gradient;
      length_ = found.best.length;
      evaluations += found.evaluations;
      move(length_, direction_);
    } else {
      move(length_, direction_);
      // The last evaluation of a step would be repeated by the next one.
      if (iteration != options_.max_iter) {
        loss = evaluate(closure, gradient);
        ++evaluations;
      }
    }
    is_stationary = largest(gradient) <= options_.tolerance_grad;
    if (evaluations >= options_.max_eval) break;
    if (largest(direction_) * std::abs(length_) <= options_.tolerance_change) break;
    if (std::abs(loss - previous_loss) < options_.tolerance_change) break;
  }
  return first_loss.detach();
}

}  // namespace wald::optim
