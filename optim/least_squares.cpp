#include "least_squares.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <limits>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>
#include <wald/optim/levenberg_marquardt.h>

namespace wald::optim {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The linearization in the parameters that are free, and Newton's step there.
struct Newton {
  Linearization here;
  Tensor free;              ///< Numbers of the free parameters, [f].
  Tensor triangle;          ///< R of the free columns of the Jacobian, [f, f].
  Tensor hessian;           ///< [k, k]
  Tensor step;              ///< [k], zero for those that are held.
  double decrement = nan;   ///< NaN where the Jacobian has not full rank.
  bool is_minimum = false;  ///< Whether the Hessian is positive definite.

  bool is_converged(double tolerance) const;
};

class Solver {
 public:
  Solver(const TensorFunction& residuals, const Tensor& x0, const MinimizeOptions& options)
      : residuals_([residuals, shape = x0.shape()](const Tensor& x) {
          return flatten(unsqueeze(residuals(reshape(x, shape)), 0));
        }),
        options_(options),
        box_(Box::of(options, x0.numel())),
        objective_([this](const Tensor& x) { return 0.5 * sum(square(residuals_(x))); }),
        method_(residuals_, box_) {}

  LeastSquaresResult run(const Tensor& x0);

 private:
  std::optional<Reason> limit(const LeastSquaresResult& result) const;
  bool finish(const Newton& at, LeastSquaresResult& result, Reason otherwise) const;
  double seconds() const;
  Newton newton_at(const Tensor& x);
  Newton polish(const Tensor& from);

  TensorFunction residuals_;
  MinimizeOptions options_;
  Box box_;
  Objective objective_;
  LevenbergMarquardt method_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// Whether no element of a triangle's diagonal is lost in the rounding of its column.
bool has_full_rank(const Tensor& r) {
  if (r.size(0) < r.size(1)) return false;
  const double least = static_cast<double>(r.size(1)) * std::numeric_limits<double>::epsilon();
  return all(abs(diagonal(r)) > least * norm(r, 2, {0})).item<bool>();
}

bool Newton::is_converged(double tolerance) const {
  return is_minimum && (decrement <= tolerance * here.point.value ||
                        all(abs(step) <= std::sqrt(tolerance) * abs(here.point.x)).item<bool>());
}

/// Newton's equations in the coordinates R p, in which J'J is the identity: what the residuals'
/// curvature S adds to it is then known to its own digits, as is the gradient, Q' residuals.
Newton Solver::newton_at(const Tensor& x) {
  Newton at;
  at.here = method_.at(objective_, x);
  if (!at.here.point.is_finite()) return at;
  const Tensor& r0 = at.here.residuals;
  const Tensor curvature =
      hessian([&](const Tensor& b) { return dot(r0, residuals_(b)); }, x, {.create_graph = false});
  Evaluations count = objective_.evaluations();
  ++count.hessians;
  objective_.set_evaluations(count);
  const NoGradGuard guard;
  at.hessian = matmul(t(at.here.triangle), at.here.triangle) + curvature;
  at.free = flatten(nonzero(box_.is_free(x, at.here.point.gradient)));
  at.step = zeros(x.shape());
  const Qr factors = qr(index_select(at.here.triangle, 1, at.free));
  at.triangle = factors.r;
  if (!has_full_rank(at.triangle)) return at;
  const Triangular transposed{.upper = true, .transpose = true};
  const Tensor s = index_select(index_select(curvature, 0, at.free), 1, at.free);
  const Tensor half = triangular_solve(at.triangle, s, transposed);
  const Eigh parts =
      eigh(eye(at.free.numel()) + triangular_solve(at.triangle, t(half), transposed));
  at.is_minimum = all(parts.values > 0).item<bool>();
  const Tensor along = mv(t(matmul(factors.q, parts.vectors)), at.here.projected);
  at.decrement = 0.5 * sum(square(along) / parts.values).item<double>();
  const Tensor p =
      triangular_solve(at.triangle, mv(parts.vectors, along / parts.values), {.upper = true});
  at.step = index_add(at.step, 0, at.free, -p);
  return at;
}

/// Newton's steps while each at least halves the next one's decrement.
Newton Solver::polish(const Tensor& from) {
  Newton best = newton_at(from);
  constexpr int most = 50;
  for (int i = 0; i < most && best.is_minimum && best.decrement > 0; ++i) {
    const Tensor x = best.here.point.x + best.step;
    if (any(box_.project(x) != x).item<bool>()) break;
    const Newton there = newton_at(x);
    if (!(there.is_minimum && there.decrement < 0.5 * best.decrement)) break;
    best = there;
  }
  return best;
}

double Solver::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
}

std::optional<Reason> Solver::limit(const LeastSquaresResult& result) const {
  constexpr std::int64_t usual = 1000;
  const std::int64_t most = options_.max_iterations > 0 ? options_.max_iterations : usual;
  if (result.iterations >= most) return Reason::max_iterations;
  if (options_.max_evaluations > 0 && objective_.evaluations().values >= options_.max_evaluations)
    return Reason::max_evaluations;
  if (options_.max_seconds > 0 && seconds() >= options_.max_seconds) return Reason::max_seconds;
  return std::nullopt;
}

void set_covariance(const Newton& at, LeastSquaresResult& result) {
  const std::int64_t k = result.x.numel();
  result.degrees_of_freedom = at.here.residuals.numel() - at.free.numel();
  result.covariance = full({k, k}, nan);
  if (has_full_rank(at.triangle) && result.degrees_of_freedom > 0) {
    const Tensor half = triangular_solve(at.triangle, eye(at.free.numel()), {.upper = true});
    const Tensor rows = index_add(zeros({k, at.free.numel()}), 0, at.free, half);
    const double variance = result.rss / static_cast<double>(result.degrees_of_freedom);
    result.covariance = variance * matmul(rows, t(rows));
  }
  result.std_errors = sqrt(diagonal(result.covariance));
}

/// Fills in what is known at a point; whether the tolerances are met there.
bool Solver::finish(const Newton& at, LeastSquaresResult& result, Reason otherwise) const {
  const Point& point = at.here.point;
  result.x = point.x;
  result.value = point.value;
  result.gradient = point.gradient;
  result.residuals = at.here.residuals;
  result.jacobian = at.here.jacobian;
  result.rss = 2 * point.value;
  result.hessian = at.hessian;
  result.newton_decrement = at.is_minimum ? at.decrement : nan;
  result.evaluations = objective_.evaluations();
  result.seconds = seconds();
  if (at.triangle.defined()) set_covariance(at, result);
  constexpr double representable = 1e-8;  // of the value: the rounding of residuals
  if (at.is_converged(options_.tolerance)) {
    result.status = Status::converged;
    result.reason = Reason::tolerance;
  } else if (otherwise == Reason::stalled && at.is_minimum &&
             at.decrement <= representable * point.value) {
    result.status = Status::precision;
    result.reason = Reason::rounding;
  } else {
    result.status = Status::failed;
    result.reason = otherwise;
  }
  return result.status == Status::converged;
}

LeastSquaresResult Solver::run(const Tensor& x0) {
  LeastSquaresResult result;
  Point here = method_.at(objective_, box_.project(x0)).point;
  double enough = 1e-6;  // the decrement, relative to the value, at which Newton's method is tried
  Reason reason = Reason::not_finite;
  while (here.is_finite()) {
    const double expected = method_.expected_decrease(objective_, here);
    if (expected <= enough * here.value) {
      if (finish(polish(here.x), result, Reason::stalled)) return result;
      enough *= 1e-3;
    }
    reason = Reason::stalled;
    if (const auto met = limit(result)) {
      reason = *met;
      break;
    }
    std::optional<Point> there = method_.next(objective_, here);
    if (!there) {
      method_.reset();
      there = method_.next(objective_, here);
    }
    if (!there) break;
    here = *there;
    ++result.iterations;
  }
  finish(polish(here.x), result, reason);
  return result;
}

}  // namespace

double LeastSquaresResult::residual_std_dev() const {
  return std::sqrt(rss / static_cast<double>(degrees_of_freedom));
}

LeastSquaresResult least_squares(const TensorFunction& residuals, const Tensor& x0,
                                 const MinimizeOptions& options) {
  return Solver(residuals, x0, options).run(flatten(unsqueeze(x0.detach(), 0)));
}

}  // namespace wald::optim
