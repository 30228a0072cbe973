// The coordinates that methods work in: one vector of float64, each element in units in which the
// objective's curvature at the start is about 1. The user's have a shape, an element type, units,
// and a device.
#pragma once

#include <vector>

#include <wald/optim/minimize.h>
#include <wald/optim/run/spectrum.h>

namespace wald::optim {

class Coordinates {
 public:
  explicit Coordinates(const Tensor& x0);
  /// Where vectors lie: of few parameters on the processor, which is done with its arithmetic on
  /// them before another device has begun.
  const Device& device() const { return device_; }
  /// From here on element i is in units of 2^scale[i] of the user's. Powers of two, so that no
  /// number is rounded on the way.
  void set_scale(const Tensor& scale);
  /// The scale [k]; undefined if it is 1.
  const Tensor& scale() const { return scale_; }

  /// The user's function of this vector, which lies on the user's device.
  Tensor evaluate(const ScalarFunction& f, const Tensor& u) const;

  Tensor from_user(const Tensor& x) const;  ///< Of any shape, to [k].
  Tensor to_user(const Tensor& u) const;    ///< In the user's shape and type.
  /// A point with x and gradient as the user knows them.
  Point to_user(const Point& point) const;
  /// In coordinates that had no scale until now.
  Point from_user(const Point& point) const;
  Tensor hessian_to_user(const Tensor& hessian) const;
  /// In coordinates that had no scale until now.
  Tensor hessian_from_user(const Tensor& hessian) const;
  Tensor inverse_hessian_to_user(const Tensor& inverse) const;

 private:
  Tensor shaped(const Tensor& vector) const;

  Dims shape_;
  DType dtype_;
  Device users_device_, device_;
  Tensor scale_, users_scale_;  // on either device
};

/// The powers of two that make the diagonal of a Hessian [k, k] at the start about equal, in units
/// in which the first step is about 1. Undefined if it is not finite.
Tensor scale_of_start(const Point& start, const Tensor& hessian);

}  // namespace wald::optim
