#include "levenberg_marquardt.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <wald/engine/autograd.h>
#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>
#include <wald/optim/one_copy.h>

namespace wald::optim {
namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();

/// The lengths of the columns, 1 for those that are zero.
Tensor column_lengths(const Tensor& matrix) {
  const Tensor lengths = norm(matrix, 2, {0});
  return masked_fill(lengths, lengths <= 0, 1.0);
}

/// Which singular values are zero but for rounding.
Tensor is_rounding(const Tensor& s, const Tensor& matrix) {
  const double size = static_cast<double>(std::max(matrix.size(0), matrix.size(1)));
  return s <= size * epsilon * max(s).item<double>();
}

/// Minimizes |c + r p|^2 + damping |scale p|^2, by the singular values s of r / scale.
class Damped {
 public:
  Damped(const Tensor& r, const Tensor& scale)
      : parts_(svd(r / scale)), is_zero_(is_rounding(parts_.s, r)), scale_(scale) {}

  /// Chooses the damping so that |scale p| is the radius, up to a tenth more, or 0 if p is shorter.
  /// Newton's method for 1 / length = 1 / radius, from below (Hebden 1973).
  void bound(const Tensor& c, double radius) {
    constexpr int most = 30;
    for (int i = 0; i < most; ++i) {
      const Tensor q = turned(c);
      const double length = norm(q).item<double>();
      if (length <= (damping_ > 0 ? 1.1 : 1.0) * radius) break;
      const Tensor fall = masked_fill(square(q) / (square(parts_.s) + damping_), is_zero_, 0.0);
      damping_ += (length / radius - 1) * length * length / sum(fall).item<double>();
    }
  }
  Tensor solve(const Tensor& c) const { return mv(t(parts_.vh), turned(c)) / scale_; }
  bool is_bounded() const { return damping_ > 0; }
  double length(const Tensor& p) const { return norm(scale_ * p).item<double>(); }

 private:
  /// scale p in the coordinates of the singular vectors; 0 where s is.
  Tensor turned(const Tensor& c) const {
    const Tensor q = -parts_.s * mv(t(parts_.u), c) / (square(parts_.s) + damping_);
    return masked_fill(q, is_zero_, 0.0);
  }

  Svd parts_;
  Tensor is_zero_, scale_;
  double damping_ = 0;
};

/// What the residuals' second derivative along p adds to a step p, or zero if that is too much of
/// it to be believed: geodesic acceleration, Transtrum and Sethna (2012), arXiv:1201.5885.
Tensor bend(const TensorFunction& residuals, const Linearization& here, const Damped& model,
            const Tensor& p) {
  constexpr double most = 0.75;
  const Device device = here.residuals.device();
  const Tensor x = to(here.point.x, device), direction = to(p, device);
  const EnableGradGuard recording;  // the outer transform differentiates the inner one
  const TensorFunction along_p = [&](const Tensor& b) { return jvp(residuals, b, direction).jvp; };
  const Tensor second = jvp(along_p, x, direction, {.create_graph = false}).jvp;
  const NoGradGuard guard;
  const Tensor bent = 0.5 * model.solve(to(mv(t(here.basis), second), Device()));
  return model.length(bent) <= 0.5 * most * model.length(p) ? bent : zeros(p.shape());
}

}  // namespace

Tensor is_free(const Bounds& bounds, const Point& point) {
  const std::vector<bool> held = bounds.held(point);
  return held.empty() ? full(point.x.shape(), 1, DType::boolean) : ~tensor_of(held);
}

LevenbergMarquardt::LevenbergMarquardt(TensorFunction residuals, Bounds bounds,
                                       const Device& device)
    : residuals_(std::move(residuals)), device_(device), bounds_(std::move(bounds)) {}

const Linearization& LevenbergMarquardt::at(Objective& objective, const Tensor& x) {
  if (here_.point.x.defined() && here_.point.x.is_same(x)) return here_;
  objective.count(&Evaluations::values);
  objective.count(&Evaluations::gradients);
  const auto [r, j] = value_and_jacobian(residuals_, to(x, device_), {.create_graph = false});
  const NoGradGuard guard;
  Linearization there;
  const Tensor gradient = mv(t(j), r);
  const std::vector<double> read =
      read_numbers({dot(r, r), all(isfinite(gradient)) & all(isfinite(j))});
  there.point = {x, 0.5 * read[0], {}};
  there.residuals = r;
  there.jacobian = j;
  if (std::isfinite(read[0]) && read[1] != 0) {
    const Qr factors = qr(j);
    there.basis = factors.q;
    const std::vector<Tensor> parts =
        brought({gradient, factors.r, mv(t(factors.q), r)}, x.device());
    there.point.gradient = parts[0];
    there.triangle = parts[1];
    there.projected = parts[2];
  } else {
    there.point.gradient = to(gradient, x.device());
    there.point.value = std::numeric_limits<double>::quiet_NaN();
  }
  here_ = there;
  return here_;
}

LevenbergMarquardt::Step LevenbergMarquardt::step_from(const Linearization& here) const {
  const Tensor& x = here.point.x;
  Tensor free = is_free(bounds_, here.point), to_bounds = zeros(x.shape());
  Tensor there = x, bent = to_bounds;
  bool is_bounded = false;
  for (std::int64_t pass = 0; pass <= x.numel(); ++pass) {
    const Tensor c = here.projected + mv(here.triangle, to_bounds);
    Damped model(here.triangle * free, scale_);
    model.bound(c, radius_);
    is_bounded = is_bounded || model.is_bounded();
    const Tensor p = model.solve(c);
    bent = pass == 0 ? bend(residuals_, here, model, p) : zeros(x.shape());
    there = x + to_bounds + p + bent;
    const Tensor inside = bounds_.project(there), is_beyond = free & (inside != there);
    there = inside;
    if (!any(is_beyond).item<bool>()) break;
    to_bounds = where(is_beyond, inside - x, to_bounds);
    free = free & ~is_beyond;
  }
  // The radius and the linear model are about the step before it is bent.
  const Tensor p = there - x - bent, change = mv(here.triangle, p);
  const double slope = dot(here.projected, change).item<double>();
  return {there, norm(scale_ * p).item<double>(), slope,
          -slope - 0.5 * dot(change, change).item<double>(), is_bounded};
}

/// More's rules; `change` of the value may be nan or infinite.
void LevenbergMarquardt::adapt_radius(const Step& step, double change) {
  const double ratio = -change / step.predicted;
  if (ratio >= 0.75 || (ratio > 0.25 && !step.is_bounded)) {
    radius_ = 2 * step.length;
  } else if (!(ratio > 0.25)) {
    // The minimum of the parabola through value, slope and the value there.
    double factor = change < 0 ? 0.5 : 0.5 * step.slope / (step.slope - change);
    if (!(factor > 0.1)) factor = 0.1;
    radius_ = std::min(factor, 0.5) * std::min(radius_, 10 * step.length);
  }
}

std::optional<Point> LevenbergMarquardt::next(Objective& objective, const Point& from) {
  const NoGradGuard guard;
  const Linearization here = at(objective, from.x);
  scale_ = scale_.defined() ? maximum(scale_, norm(here.triangle, 2, {0}))
                            : column_lengths(here.triangle);
  const bool is_first = radius_ < 0;
  if (is_first) {
    const double size = norm(scale_ * from.x).item<double>();
    radius_ = 0.1 * (size > 0 ? size : 1);
  }
  constexpr int most = 100;
  for (int trial = 0; trial < most; ++trial) {
    const Step step = step_from(here);
    if (!(step.length > 0)) break;
    if (is_first && trial == 0) radius_ = std::min(radius_, step.length);
    // Bounds may spoil a long step; a short one goes down.
    if (!(step.predicted > 0)) {
      radius_ = 0.25 * step.length;
      continue;
    }
    const double change = objective.value(step.x) - from.value;
    adapt_radius(step, change);
    if (!(-change > 1e-4 * step.predicted)) continue;
    const Point there = at(objective, step.x).point;
    if (there.is_finite()) return there;
    here_ = here;
    radius_ = 0.25 * step.length;
  }
  here_ = here;
  return std::nullopt;
}

double LevenbergMarquardt::expected_decrease(Objective& objective, const Point& point) {
  const NoGradGuard guard;
  const Linearization& here = at(objective, point.x);
  const Tensor r = here.triangle * is_free(bounds_, here.point);
  const Svd parts = svd(r / column_lengths(r));
  const Tensor along = mv(t(parts.u), here.projected);
  return 0.5 * sum(masked_fill(square(along), is_rounding(parts.s, r), 0.0)).item<double>();
}

void LevenbergMarquardt::reset() {
  scale_ = Tensor();
  radius_ = -1;
}

}  // namespace wald::optim
