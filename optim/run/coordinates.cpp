#include "coordinates.h"

#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/optim/run/certificate.h>

namespace wald::optim {

Coordinates::Coordinates(const Tensor& x0)
    : shape_(x0.shape()),
      dtype_(x0.dtype()),
      users_device_(x0.device()),
      device_(x0.numel() <= dense_limit ? Device() : x0.device()) {}

void Coordinates::set_scale(const Tensor& scale) {
  scale_ = to(scale, device_);
  users_scale_ = to(scale, users_device_);
}

Tensor Coordinates::shaped(const Tensor& vector) const {
  return to(to(reshape(vector, shape_), dtype_), users_device_);
}

Tensor Coordinates::evaluate(const ScalarFunction& f, const Tensor& u) const {
  const Tensor value = f(shaped(scale_.defined() ? u * users_scale_ : u));
  if (value.numel() != 1)
    throw ShapeError("minimize: the function must give one number, not the shape " +
                     to_string(value.shape()));
  return to(reshape(value, {}), DType::float64);
}

Tensor Coordinates::from_user(const Tensor& x) const {
  const Tensor vector = clone(reshape(to(to(x.detach(), DType::float64), device_), {-1}));
  return scale_.defined() ? vector / scale_ : vector;
}

Tensor Coordinates::to_user(const Tensor& u) const {
  return clone(shaped(scale_.defined() ? u * scale_ : u));
}

Point Coordinates::to_user(const Point& point) const {
  Point user{to_user(point.x), point.value, {}};
  if (point.gradient.defined())
    user.gradient = clone(shaped(scale_.defined() ? point.gradient / scale_ : point.gradient));
  return user;
}

Point Coordinates::from_user(const Point& point) const {
  if (!scale_.defined()) return point;
  return {point.x / scale_, point.value, point.gradient * scale_};
}

Tensor Coordinates::hessian_to_user(const Tensor& hessian) const {
  if (!hessian.defined()) return {};
  const Tensor users = scale_.defined() ? hessian / scale_ / unsqueeze(scale_, 1) : hessian;
  return to(users, users_device_);
}

Tensor Coordinates::hessian_from_user(const Tensor& hessian) const {
  return scale_.defined() ? hessian * scale_ * unsqueeze(scale_, 1) : hessian;
}

Tensor Coordinates::inverse_hessian_to_user(const Tensor& inverse) const {
  return inverse.defined() ? to(hessian_from_user(inverse), users_device_) : Tensor();
}

Tensor scale_of_start(const Point& start, const Tensor& hessian) {
  const std::vector<double> g = start.gradient.to_vector(), curvature = curvatures(hessian);
  double reference = 0;
  int unit = 0;  // the exponent of the scale of a parameter with that curvature
  bool has_unit = false;
  for (std::size_t i = 0; i < g.size(); ++i) {
    if (!std::isfinite(curvature[i])) return {};
    if (reference == 0) reference = curvature[i];
    // What Newton's step along this coordinate alone changes the objective by.
    const double change = g[i] * (g[i] / curvature[i]);
    if (has_unit || change == 0 || !std::isfinite(change)) continue;
    unit = (std::ilogb(change) - std::ilogb(reference)) >> 1;
    has_unit = true;
  }
  std::vector<double> scale;
  for (const double c : curvature) {
    // Ratios do not turn with units that all parameters share. They are rounded where those that
    // are met often, as 1, 2 and 4, are far away, so that no last digit decides.
    const double steps = std::floor(std::log2(reference / c) / 2 + 0.43);
    scale.push_back(std::ldexp(1.0, unit + (c > 0 ? static_cast<int>(steps) : 0)));
  }
  return from_vector(scale);
}

}  // namespace wald::optim
