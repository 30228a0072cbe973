#include "least_squares.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>
#include <wald/optim/methods/levenberg_marquardt.h>
#include <wald/optim/run/certificate.h>
#include <wald/optim/run/limits.h>
#include <wald/optim/run/outcome.h>

namespace wald::optim {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The linear model in the parameters that no bound holds.
struct FreePart {
  Tensor columns;                          ///< Their numbers, [f].
  Qr factors;                              ///< Of the columns of R that are theirs.
  std::vector<std::int64_t> undetermined;  ///< Those that the residuals do not determine.
};

FreePart free_part(const Linearization& here, const Bounds& bounds) {
  FreePart part{flatten(nonzero(is_free(bounds, here.point))), {}, {}};
  part.factors = qr(index_select(here.triangle, 1, part.columns));
  const Tensor& r = part.factors.r;
  const std::vector<double> length = norm(r, 2, {0}).to_vector(),
                            left = abs(diagonal(r)).to_vector();
  const double least = static_cast<double>(length.size()) * std::numeric_limits<double>::epsilon();
  for (std::size_t j = 0; j < length.size(); ++j)
    if (j >= left.size() || !(left[j] > least * length[j]))
      part.undetermined.push_back(
          select(part.columns, 0, static_cast<std::int64_t>(j)).item<std::int64_t>());
  return part;
}

/// What the exact second derivatives say of a point.
struct Newton {
  Linearization here;
  Tensor hessian;              ///< [k, k]
  Tensor step;                 ///< [k], zero for parameters that are held.
  double decrement = nan;      ///< NaN where parameters are undetermined.
  bool is_minimum = false;     ///< Whether the Hessian is positive definite.
  bool is_determined = false;  ///< Whether the residuals determine all parameters.
};

class Solver {
 public:
  Solver(const TensorFunction& residuals, const Tensor& x0, const MinimizeOptions& options);

  LeastSquaresResult run(const Tensor& x0);

 private:
  void iterate();
  bool notify(double expected_decrease);
  bool settle();
  void give_up();
  void give_up_undetermined();
  bool end_where_flat(const Certificate& found);
  void end(Status status, Reason reason);
  Newton newton_at(const Tensor& x);
  Newton polished();
  bool meets_tolerance(double decrement, const Tensor& step, const Point& at) const;
  bool is_vanishing(double decrement, const Tensor& step, const Tensor& x) const;
  void complete();
  void set_covariance(const FreePart& part);
  void set_message(const Linearization& here);

  TensorFunction residuals_;
  Dims shape_;     // of x0
  Device device_;  // of x0; all but what has as many rows as residuals lies on the processor
  MinimizeOptions options_;
  Bounds bounds_;
  Objective objective_;
  LevenbergMarquardt method_;
  Limits limits_;
  ProgressLine progress_;
  Tensor begin_, reach_;  // the start, and how far from it each parameter has been
  double first_value_ = 0;
  Point here_;
  std::optional<Newton> newton_;            // at here_, once known
  std::optional<Certificate> certificate_;  // at here_, where parameters are undetermined
  LeastSquaresResult result_;
};

Solver::Solver(const TensorFunction& residuals, const Tensor& x0, const MinimizeOptions& options)
    : residuals_([residuals, shape = x0.shape(), device = x0.device()](const Tensor& x) {
        const DeviceGuard there(device);
        const Tensor r = residuals(reshape(x, shape));
        if (r.numel() == 0) throw ShapeError("least_squares: there are no residuals");
        return to(reshape(r, {-1}), DType::float64);
      }),
      shape_(x0.shape()),
      device_(x0.device()),
      options_(options),
      bounds_(bounds_of(options, x0.numel(), "least_squares")),
      objective_([this](const Tensor& x) { return 0.5 * sum(square(residuals_(x))); }, device_),
      method_(residuals_, bounds_, device_),
      limits_(options_, 0),
      progress_(options.show_progress) {
  if (options_.max_iterations == 0) options_.max_iterations = 1000 + 200 * x0.numel();
}

LeastSquaresResult Solver::run(const Tensor& x0) {
  begin_ = bounds_.project(x0);
  here_ = method_.at(objective_, begin_).point;
  first_value_ = here_.value;
  reach_ = zeros(begin_.shape());
  objective_.set_guard([this] {
    if (const auto reason = limits_.reached(objective_.evaluations())) throw Stop{*reason};
  });
  try {
    if (here_.is_finite())
      iterate();
    else
      end(Status::failed, Reason::not_finite);
  } catch (const Stop& stop) {
    end(Status::failed, stop.reason);
  }
  objective_.set_guard({});
  complete();
  return std::move(result_);
}

void Solver::iterate() {
  double enough = 1e-6;  // of the value: the decrement at which Newton's method is tried
  while (true) {
    const double expected = method_.expected_decrease(objective_, here_);
    if (notify(expected)) return end(Status::failed, Reason::callback);
    if (expected <= enough * here_.value) {
      if (settle()) return;
      enough *= 1e-3;
    }
    if (result_.iterations >= options_.max_iterations)
      return end(Status::failed, Reason::max_iterations);
    std::optional<Point> there = method_.next(objective_, here_);
    if (!there) {
      method_.reset();
      there = method_.next(objective_, here_);
    }
    if (!there) return give_up();
    here_ = *there;
    reach_ = maximum(reach_, abs(here_.x - begin_));
    ++result_.iterations;
  }
}

/// Whether the callback wants to stop.
bool Solver::notify(double expected_decrease) {
  if (!options_.callback && !options_.keep_history && !options_.show_progress) return false;
  const auto users_own = [this](const Tensor& v) { return to(reshape(v, shape_), device_); };
  const Point users{users_own(here_.x), here_.value, users_own(here_.gradient)};
  const Iteration now{result_.iterations, users, expected_decrease, objective_.evaluations(),
                      limits_.seconds()};
  if (options_.keep_history) result_.history.push_back(now);
  progress_.update(now);
  const DeviceGuard beside(device_);
  return now.iteration > 0 && options_.callback && options_.callback(now);
}

/// Whether this is a minimum by the tolerances, at the end of Newton's steps.
bool Solver::settle() {
  const Newton at = polished();
  if (!at.is_determined && here_.is_finite())
    return end_where_flat(certify(objective_, here_, bounds_));
  if (!at.is_minimum || !meets_tolerance(at.decrement, at.step, at.here.point)) return false;
  newton_ = at;
  end(Status::converged, Reason::tolerance);
  return true;
}

/// The same where the residuals do not determine all parameters, as minimize() has it.
bool Solver::end_where_flat(const Certificate& found) {
  if (found.smallest < -doubtful_curvature) return false;
  if (!meets_tolerance(found.decrement, found.step, here_)) return false;
  newton_.reset();
  certificate_ = found;
  end(Status::converged, Reason::tolerance);
  return true;
}

/// No lower point is found: there is none, or none that can be told from this one.
void Solver::give_up() {
  if (settle()) return;
  newton_ = polished();
  if (!newton_->is_determined) return give_up_undetermined();
  constexpr double rounding = 1e-8;  // of the value: about the root of that of the residuals
  const Newton& at = *newton_;
  if (at.is_minimum && is_vanishing(at.decrement, at.step, at.here.point.x))
    return end(Status::converged, Reason::tolerance);
  if (at.is_minimum && at.decrement <= rounding * at.here.point.value)
    return end(Status::precision, Reason::rounding);
  const double expected = method_.expected_decrease(objective_, at.here.point);
  const bool is_saddle = !std::isnan(at.decrement) && !at.is_minimum &&
                         expected <= options_.tolerance * at.here.point.value;
  end(Status::failed, is_saddle ? Reason::saddle : Reason::stalled);
}

void Solver::give_up_undetermined() {
  certificate_ = certify(objective_, here_, bounds_);
  newton_.reset();
  const bool is_convex = certificate_->smallest >= -doubtful_curvature;
  if (is_convex && is_vanishing(certificate_->decrement, certificate_->step, here_.x))
    return end(Status::converged, Reason::tolerance);
  const bool is_still = certificate_->decrement <= options_.tolerance * here_.value;
  end(Status::failed, is_still && !is_convex ? Reason::saddle : Reason::stalled);
}

void Solver::end(Status status, Reason reason) {
  result_.status = status;
  result_.reason = reason;
}

/// Newton's equations in the coordinates R p, in which J'J is the identity: what the curvature of
/// the residuals adds to it is then known to its own digits, as is the gradient, Q' residuals.
Newton Solver::newton_at(const Tensor& x) {
  Newton at;
  at.here = method_.at(objective_, x);
  if (!at.here.point.is_finite()) return at;
  objective_.count(&Evaluations::hessians);
  const Tensor r0 = at.here.residuals;
  const TensorFunction along_r0 = [&](const Tensor& b) { return dot(r0, residuals_(b)); };
  const Tensor curvature = to(hessian(along_r0, to(x, device_), {.create_graph = false}), Device());
  const NoGradGuard guard;
  at.hessian = matmul(t(at.here.triangle), at.here.triangle) + curvature;
  at.step = zeros(x.shape());
  const FreePart part = free_part(at.here, bounds_);
  at.is_determined = part.undetermined.empty();
  if (!at.is_determined || !all(isfinite(curvature)).item<bool>()) return at;
  const Tensor& r = part.factors.r;
  const Tensor s = index_select(index_select(curvature, 0, part.columns), 1, part.columns);
  const Triangular transposed{.upper = true, .transpose = true};
  const Tensor added = triangular_solve(r, t(triangular_solve(r, s, transposed)), transposed);
  const Eigh parts = eigh(eye(part.columns.numel()) + added);
  at.is_minimum = all(parts.values > 0).item<bool>();
  const Tensor along = mv(t(matmul(part.factors.q, parts.vectors)), at.here.projected);
  at.decrement = 0.5 * sum(square(along) / parts.values).item<double>();
  const Tensor p = triangular_solve(r, mv(parts.vectors, along / parts.values), {.upper = true});
  at.step = index_add(at.step, 0, part.columns, -p);
  return at;
}

/// Newton's steps from here while each at least halves the decrement.
Newton Solver::polished() {
  Newton best = newton_at(here_.x);
  constexpr int most = 50;
  for (int i = 0; i < most && best.is_minimum && best.decrement > 0; ++i) {
    const Tensor x = best.here.point.x + best.step;
    if (any(bounds_.project(x) != x).item<bool>()) break;
    const Newton there = newton_at(x);
    if (!(there.is_minimum && there.decrement < 0.5 * best.decrement)) break;
    best = there;
  }
  return best;
}

/// As minimize() has it: the decrement beside the value, or the step beside the parameters, and
/// beside their way where they have come to zero.
bool Solver::meets_tolerance(double decrement, const Tensor& step, const Point& at) const {
  if (decrement <= options_.tolerance * at.value) return true;
  const double root = std::sqrt(options_.tolerance);
  return all(abs(step) <= root * (abs(at.x) + root * abs(at.x - begin_))).item<bool>();
}

/// Whether what is left is the rounding of residuals as they were at the start, squared, and the
/// step is short beside the parameters or their way: where all residuals are 0 no decrement is
/// small beside the value.
bool Solver::is_vanishing(double decrement, const Tensor& step, const Tensor& x) const {
  constexpr double rounding = 16 * std::numeric_limits<double>::epsilon();
  const double root = std::sqrt(options_.tolerance);
  return decrement <= rounding * rounding * first_value_ &&
         all(abs(step) <= root * (abs(x) + reach_)).item<bool>();
}

/// Fills in what is known where the run ended.
void Solver::complete() {
  // Where a limit ended the run, there is no time for second derivatives.
  const bool may_take_time = result_.status != Status::failed ||
                             result_.reason == Reason::max_iterations || newton_.has_value();
  if (!newton_ && may_take_time) newton_ = newton_at(here_.x);
  result_.newton_decrement = certificate_ ? certificate_->decrement : nan;
  const Linearization here = newton_ ? newton_->here : method_.at(objective_, here_.x);
  result_.x = here.point.x;
  result_.value = here.point.value;
  result_.gradient = here.point.gradient;
  result_.residuals = here.residuals;
  result_.jacobian = here.jacobian;
  result_.rss = 2 * here.point.value;
  if (newton_) {
    result_.hessian = newton_->hessian;
    if (newton_->is_minimum) result_.newton_decrement = newton_->decrement;
  }
  if (here.triangle.defined()) set_covariance(free_part(here, bounds_));
  result_.evaluations = objective_.evaluations();
  result_.seconds = limits_.seconds();
  set_message(here);
  for (Tensor* own :
       {&result_.x, &result_.gradient, &result_.hessian, &result_.covariance, &result_.std_errors})
    if (own->defined()) *own = to(*own, device_);
}

void Solver::set_message(const Linearization& here) {
  const Outcome outcome{result_.status, result_.reason};
  if (newton_ && !certificate_) {
    certificate_.emplace();
    certificate_->decrement = newton_->decrement;
  }
  const Certificate* found = certificate_ ? &*certificate_ : nullptr;
  result_.along = directions_of(outcome, found);
  result_.message = message_of(outcome, found, options_.names);
  if (!here.triangle.defined() || !result_.along.empty()) return;
  const std::vector<std::int64_t> undetermined = free_part(here, bounds_).undetermined;
  if (!undetermined.empty())
    result_.message += "; the residuals do not determine " + list_of(undetermined, options_.names);
}

void Solver::set_covariance(const FreePart& part) {
  const std::int64_t k = result_.x.numel(), f = part.columns.numel();
  result_.degrees_of_freedom = result_.residuals.numel() - f;
  result_.covariance = full({k, k}, nan);
  if (part.undetermined.empty() && result_.degrees_of_freedom > 0) {
    const Tensor inverse = triangular_solve(part.factors.r, eye(f), {.upper = true});
    const Tensor rows = index_add(zeros({k, f}), 0, part.columns, inverse);
    const double variance = result_.rss / static_cast<double>(result_.degrees_of_freedom);
    result_.covariance = variance * matmul(rows, t(rows));
  }
  result_.std_errors = sqrt(diagonal(result_.covariance));
}

}  // namespace

double LeastSquaresResult::residual_std_dev() const {
  return std::sqrt(rss / static_cast<double>(degrees_of_freedom));
}

LeastSquaresResult least_squares(const TensorFunction& residuals, const Tensor& x0,
                                 const MinimizeOptions& options) {
  if (!x0.defined() || x0.numel() == 0) throw InputError("least_squares: x0 has no elements");
  if (x0.dtype() != DType::float64) throw DTypeError("least_squares: x0 must be float64");
  check_numbers(options, "least_squares");
  if (!options.checkpoint.empty()) throw InputError("least_squares: no checkpoints are written");
  const DeviceGuard here{Device()};
  const std::int64_t k = x0.numel();
  if (!options.names.empty() && std::ssize(options.names) != k)
    throw InputError(
        fmt::format("least_squares: {} names for {} parameters", options.names.size(), k));
  LeastSquaresResult result =
      Solver(residuals, x0, options).run(clone(reshape(to(x0.detach(), Device()), {-1})));
  result.x = reshape(result.x, x0.shape());
  result.gradient = reshape(result.gradient, x0.shape());
  return result;
}

}  // namespace wald::optim
