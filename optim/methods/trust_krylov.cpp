// The trust-region subproblem solved exactly in Krylov spaces of growing dimension: Gould, Lucidi,
// Roma and Toint (1999). The Lanczos vectors are kept, orthogonal to rounding, so that a smaller
// radius at the same point costs no further product.
#include <algorithm>
#include <cmath>

#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>
#include <wald/optim/methods/conjugate_gradients.h>
#include <wald/optim/methods/decrease.h>
#include <wald/optim/methods/trust_region.h>
#include <wald/optim/one_copy.h>

namespace wald::optim {
namespace {

/// An orthonormal basis Q in which the Hessian is tridiagonal, and the gradient, if it is not zero,
/// a multiple of the first vector.
class LanczosBasis {
 public:
  explicit LanczosBasis(const Tensor& gradient)
      : gradient_size_(norm(gradient).item<double>()), coming_(gradient) {
    if (gradient_size_ > 0)
      coming_ = gradient / gradient_size_;
    else
      restart();
  }

  std::int64_t size() const { return static_cast<std::int64_t>(diagonal_.size()); }
  /// Nothing of the Hessian leads out of it.
  bool is_invariant() const { return size() > 0 && link_ == 0; }
  bool is_finite() const { return std::isfinite(diagonal_.back()) && std::isfinite(link_); }

  /// By `count` vectors, or until it is invariant.
  void extend(const Product& hessian_times, std::int64_t count) {
    do extend(hessian_times);
    while (--count > 0 && !is_invariant());
  }

  /// Goes on outside an invariant space.
  void restart() {
    const std::int64_t k = coming_.numel();
    const Tensor probe = orthogonal(sin(1 + square(float_range(0, static_cast<double>(k), 1))));
    coming_ = probe / norm(probe);
  }

  struct Solution {
    TrustStep step;
    double length = 0;
    double residual = 0;  ///< |(H + mu) s + g|, which lies outside the basis.
  };
  Solution minimize(double radius, double negligible) const {
    const DeviceGuard here{Device()};  // for the few numbers of the basis
    const Eigh parts = eigh(diag(from_vector(diagonal_)) + lower() + t(lower()));
    const Tensor slopes = gradient_size_ * select(parts.vectors, 0, 0);
    const EigenStep chosen =
        minimize_within({parts.values.to_vector(), slopes.to_vector()}, radius, negligible);
    const Tensor h = matmul(parts.vectors, from_vector(chosen.steps));
    return {{matmul(to(h, vectors_.device()), vectors_), chosen.decrease, chosen.is_model_minimum},
            norm(h).item<double>(),
            link_ * std::abs(select(h, 0, -1).item<double>())};
  }

 private:
  void extend(const Product& hessian_times) {
    if (size() > 0) below_.push_back(link_);
    vectors_ = vectors_.defined() ? cat({vectors_, unsqueeze(coming_, 0)}) : unsqueeze(coming_, 0);
    const Tensor whole = hessian_times(coming_), image = orthogonal(whole);
    const std::vector<double> read = read_numbers({dot(coming_, whole), norm(whole), norm(image)});
    diagonal_.push_back(read[0]);
    const double before = read[1];
    link_ = read[2];
    // What is left of rounding has no direction.
    if (!(link_ > 1e-14 * before) || size() == vectors_.size(1)) link_ = 0;
    if (link_ > 0) coming_ = image / link_;
  }

  Tensor lower() const { return below_.empty() ? zeros({1, 1}) : diag(from_vector(below_), -1); }
  Tensor orthogonal(Tensor v) const {
    if (!vectors_.defined()) return v;
    for (int twice = 0; twice < 2; ++twice) v = v - matmul(matmul(vectors_, v), vectors_);
    return v;
  }

  double gradient_size_;
  Tensor vectors_;                        // [m, k]
  std::vector<double> diagonal_, below_;  // [m], [m - 1]
  double link_ = 0;                       // from the last vector to the coming one
  Tensor coming_;
};

class TrustKrylov final : public TrustRegion {
 public:
  void reset() override {
    TrustRegion::reset();
    basis_.reset();
    basis_at_ = {};
  }

 private:
  static constexpr std::int64_t largest_basis = 500;

  TrustStep step(const QuadraticModel& model, double radius) override {
    const Point& here = model.here();
    if (!basis_at_.defined() || !basis_at_.is_same(here.x)) {
      basis_.emplace(model.gradient());
      basis_at_ = here.x;
    }
    const Product product = [&](const Tensor& v) { return model.hessian_times(v); };
    const std::int64_t limit = std::min(here.x.numel(), largest_basis);
    const double negligible = rounding_of(here.value);
    if (basis_->size() == 0) basis_->extend(product, 1);
    for (;;) {
      if (!basis_->is_finite()) return {};
      const LanczosBasis::Solution found = basis_->minimize(radius, negligible);
      if (basis_->size() == limit) return found.step;
      if (!(found.step.decrease > negligible) && basis_->is_invariant()) {
        // Nothing is to be gained along the gradient: only negative curvature elsewhere is left.
        basis_->restart();
        basis_->extend(product, limit - basis_->size());
        continue;
      }
      if (found.residual <= tolerance(model, found.length, radius)) return found.step;
      // A solution costs as much as many extensions.
      basis_->extend(product, std::min(1 + basis_->size() / 8, limit - basis_->size()));
    }
  }

  /// Rough where the radius decides, fine near the end.
  static double tolerance(const QuadraticModel& model, double length, double radius) {
    return (std::isinf(radius) ? 0.1 : std::min(0.1, length / radius)) *
           norm(model.gradient()).item<double>();
  }

  Tensor basis_at_;
  std::optional<LanczosBasis> basis_;
};

}  // namespace

std::unique_ptr<Descent> make_trust_krylov(const MinimizeOptions&) {
  return std::make_unique<TrustKrylov>();
}

}  // namespace wald::optim
