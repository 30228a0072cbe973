#include "lbfgs.h"

#include <algorithm>
#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/optim/one_copy.h>

namespace wald::optim {
namespace {

/// The largest |element|, where the vector lies; NaN if one is.
Tensor largest(const Tensor& x) { return x.numel() > 0 ? max(abs(x)) : number_like(0, x); }

/// a'b times a number, in float64 until the end; where the vectors lie, so that the two loops do
/// not wait for a device.
Tensor share(const Tensor& a, const Tensor& b, double rho) {
  return to(to(dot(a, b), DType::float64) * rho, a.dtype());
}

}  // namespace

NumberFields LBFGSOptions::fields() {
  return {{"lr", lr, above(0)},
          {"max_iter", max_iter, at_least(0)},
          {"max_eval", max_eval, at_least(0)},
          {"tolerance_grad", tolerance_grad, any_number()},
          {"tolerance_change", tolerance_change, any_number()},
          {"history_size", history_size, at_least(1)},
          {"line_search", line_search}};
}

NumberFields LBFGS::Progress::fields() {
  return {{"iterations", iterations, at_least(0)},
          {"evaluations", evaluations, at_least(0)},
          {"diagonal", diagonal, any_number()},
          {"length", length, any_number()}};
}

LBFGS::LBFGS(std::vector<Tensor> parameters, const LBFGSOptions& options) : OptimizerOf("LBFGS") {
  add_group(std::move(parameters), options);
  for (const Tensor& p : this->parameters())
    if (p.dtype() != this->parameters()[0].dtype())
      throw DTypeError("LBFGS: the parameters must share one element type");
}

Tensor LBFGS::flat_gradient() const {
  std::vector<Tensor> parts;
  for (const Tensor& p : parameters()) {
    const Tensor g = p.grad();
    parts.push_back(g.defined() ? reshape(g.detach(), {-1})
                                : zeros({p.numel()}, p.dtype(), p.device()));
  }
  return clone(cat(parts));
}

std::vector<Tensor> LBFGS::copy_parameters() const {
  std::vector<Tensor> copies;
  for (const Tensor& p : parameters()) copies.push_back(clone(p));
  return copies;
}

void LBFGS::set_parameters(const std::vector<Tensor>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) Tensor(parameters()[i]).copy_(values[i]);
}

void LBFGS::move(double length, const Tensor& direction) {
  std::int64_t at = 0;
  for (Tensor p : parameters()) {
    const Tensor part = reshape(slice(direction, 0, at, at + p.numel()), p.shape());
    p.copy_(p + part * length);
    at += p.numel();
  }
}

Tensor LBFGS::evaluate_with(const Closure& closure, Tensor& gradient) {
  const Tensor loss = evaluate(closure);
  ++progress_.evaluations;
  gradient = flat_gradient();
  return loss;
}

void LBFGS::update_direction(const Tensor& gradient) {
  if (progress_.iterations == 1) {
    direction_ = -gradient;
    history_.clear();
    progress_.diagonal = 1;
    return;
  }
  const Tensor y = gradient - previous_gradient_, s = direction_ * progress_.length;
  const std::vector<double> products = read_numbers({dot(y, s), dot(y, y)});
  const double ys = products[0];
  if (ys > 1e-10) {
    while (history_.size() >= static_cast<std::size_t>(options().history_size))
      history_.pop_front();
    history_.push_back({y, s, 1 / ys});
    progress_.diagonal = ys / products[1];
  }
  // The two loops over the history.
  std::vector<Tensor> alpha(history_.size());
  Tensor q = -gradient;
  for (std::size_t i = history_.size(); i-- > 0;) {
    alpha[i] = share(history_[i].step, q, history_[i].rho);
    q = q - history_[i].gradient_change * alpha[i];
  }
  Tensor r = q * progress_.diagonal;
  for (std::size_t i = 0; i < history_.size(); ++i) {
    const Tensor beta = share(history_[i].gradient_change, r, history_[i].rho);
    r = r + history_[i].step * (alpha[i] - beta);
  }
  direction_ = r;
}

Trial LBFGS::search(const Closure& closure, const Trial& start, double first_length,
                    double direction_size) {
  const std::vector<Tensor> values = copy_parameters();
  auto trial = [&](double length) {
    Trial at{length, 0, {}, 0, 0};
    move(length, direction_);
    Tensor value;
    try {
      value = evaluate_with(closure, at.gradient);
    } catch (...) {
      set_parameters(values);
      throw;
    }
    set_parameters(values);
    const std::vector<double> read =
        read_numbers({value, dot(at.gradient, direction_), largest(at.gradient)});
    at.value = read[0];
    at.slope = read[1];
    at.largest = read[2];
    return at;
  };
  const Trial best = strong_wolfe(trial, start, first_length, direction_size).best;
  move(best.length, direction_);
  return best;
}

Tensor LBFGS::take_step(const Closure& closure) {
  if (!closure) throw InputError("LBFGS: step needs a closure, to evaluate the loss again");
  const LBFGSOptions& o = options();
  const std::int64_t last_evaluation =
      progress_.evaluations + (o.max_eval > 0 ? o.max_eval : std::int64_t{o.max_iter} * 5 / 4);
  double& length = progress_.length;
  Tensor gradient, first_loss = evaluate_with(closure, gradient);
  std::vector<double> read = read_numbers({first_loss, largest(gradient)});
  double loss = read[0], largest_slope = read[1];
  bool is_stationary = largest_slope <= o.tolerance_grad;
  // From where the objective is not a number there is no way down.
  if (std::isnan(loss) || std::isnan(largest_slope)) return first_loss;

  for (int iteration = 1; iteration <= o.max_iter && !is_stationary; ++iteration) {
    const bool is_first = ++progress_.iterations == 1;
    update_direction(gradient);
    previous_gradient_ = gradient;
    const double previous_loss = loss;

    read = read_numbers({dot(gradient, direction_), largest(direction_),
                         is_first ? sum(abs(gradient)) : number_like(1, gradient)});
    const double slope = read[0], direction_size = read[1];
    length = is_first ? o.lr * std::min(1.0, 1 / read[2]) : o.lr;
    if (slope > -o.tolerance_change) break;

    if (o.line_search == LineSearch::strong_wolfe) {
      const Trial best =
          search(closure, {0, loss, gradient, slope, largest_slope}, length, direction_size);
      loss = best.value;
      gradient = best.gradient;
      largest_slope = best.largest;
      length = best.length;
    } else {
      move(length, direction_);
      // The last evaluation of a step would be repeated by the next one.
      if (iteration != o.max_iter) {
        const Tensor value = evaluate_with(closure, gradient);
        read = read_numbers({value, largest(gradient)});
        loss = read[0];
        largest_slope = read[1];
      }
    }
    is_stationary = largest_slope <= o.tolerance_grad;
    if (progress_.evaluations >= last_evaluation) break;
    if (direction_size * std::abs(length) <= o.tolerance_change ||
        std::abs(loss - previous_loss) < o.tolerance_change)
      break;
  }
  return first_loss;
}

void LBFGS::write(NamedTensors& state) const {
  OptimizerOf::write(state);
  Progress progress = progress_;
  write_numbers(state, "", progress.fields());
  write_optional(state, "direction", direction_);
  write_optional(state, "previous_gradient", previous_gradient_);
  std::vector<Tensor> changes, steps;
  std::vector<double> rho;
  for (const Pair& pair : history_) {
    changes.push_back(pair.gradient_change);
    steps.push_back(pair.step);
    rho.push_back(pair.rho);
  }
  write_optional(state, "history.gradient_changes", rho.empty() ? Tensor() : stack(changes));
  write_optional(state, "history.steps", rho.empty() ? Tensor() : stack(steps));
  write_optional(state, "history.rho", rho.empty() ? Tensor() : from_vector(rho));
}

void LBFGS::read(StateReader& reader) {
  OptimizerOf::read(reader);
  reader.numbers("", progress_.fields());
  std::int64_t n = 0;
  for (const Tensor& p : parameters()) n += p.numel();
  const DType dtype = parameters()[0].dtype();
  const auto read = [&](const char* name, const Dims& shape) {
    const Tensor value = reader.optional_tensor(name, shape, dtype);
    return value.defined() ? to(value, parameters()[0].device()) : value;
  };
  direction_ = read("direction", {n});
  previous_gradient_ = read("previous_gradient", {n});
  const std::vector<double> rho = reader.tensor("history.rho").to_vector();
  const auto count = static_cast<std::int64_t>(rho.size());
  const Dims shape = {count, n};
  const Tensor changes = read("history.gradient_changes", shape);
  const Tensor steps = read("history.steps", shape);
  history_.clear();
  for (std::int64_t i = 0; i < count; ++i)
    history_.push_back({clone(select(changes, 0, i)), clone(select(steps, 0, i)), rho[i]});
}

}  // namespace wald::optim
