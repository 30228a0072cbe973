// Maps between parameters on their natural scale and unconstrained numbers, as Stan defines them
// (Stan Reference Manual, "Constraint Transforms").
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <wald/engine/tensor.h>

namespace wald::optim {

/// A domain and its map from unconstrained vectors [m]. All maps are tensor operations, so that
/// derivatives of any order go through; both ways keep relative accuracy near the borders.
class Transform {
 public:
  virtual ~Transform() = default;

  /// How many unconstrained numbers stand for a natural value of this shape. Throws ShapeError for
  /// one that the domain has not; the message ends a sentence that begins with the name.
  virtual std::int64_t size(const Dims& shape) const = 0;
  /// What keeps a value out of the domain, as "is not positive"; empty if nothing does.
  virtual std::string objection(const Tensor& natural) const = 0;
  /// [m] to the shape.
  virtual Tensor to_natural(const Tensor& unconstrained, const Dims& shape) const = 0;
  /// The inverse, [m], inside the domain.
  virtual Tensor to_unconstrained(const Tensor& natural) const = 0;
  /// The logarithm of |d natural / d unconstrained|, a scalar: of the free natural elements where
  /// some are determined by others (the last of a simplex, the diagonal of a Cholesky factor).
  virtual Tensor log_jacobian(const Tensor& unconstrained, const Dims& shape) const = 0;
};
using TransformPtr = std::shared_ptr<const Transform>;

/// Any number.
TransformPtr unconstrained();
/// y = exp(u).
TransformPtr positive();
/// y between the two: low + (high - low) / (1 + exp(-u)), with one infinite end low + exp(u) or
/// high - exp(u). Throws InputError unless low < high.
TransformPtr interval(double low, double high);
/// Vectors [K], K >= 2, of positive numbers that add up to 1, by K - 1 breaks of a stick: u = 0 is
/// the middle, all 1/K.
TransformPtr simplex();
/// Vectors [K] of increasing numbers: the first, then logarithms of the differences.
TransformPtr ordered();
/// Lower triangular L [K, K] with positive diagonal and rows of length 1, so that L L' is a
/// correlation matrix: canonical partial correlations tanh(u), row by row (Lewandowski, Kurowicka
/// and Joe 2009).
TransformPtr correlation_cholesky();

}  // namespace wald::optim
