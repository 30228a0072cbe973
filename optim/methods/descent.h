// One method's way from a point to a lower one. A method knows no stopping rule, no limit, no file:
// minimize() has those, once for all methods.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <wald/engine/io/npy.h>
#include <wald/optim/minimize.h>
#include <wald/optim/objective.h>

namespace wald::optim {

class Descent {
 public:
  virtual ~Descent() = default;

  /// The next point, from the last one or another to which the driver has moved: one whose value is
  /// lower, or, where the values differ by no more than the objective's rounding, whose gradient is
  /// smaller. Nothing if the method finds none; it is then reset and asked once more before the
  /// driver gives up.
  virtual std::optional<Point> next(Objective& objective, const Point& here) = 0;

  /// g' B g / 2 with the method's own model B of the inverse Hessian at `here`: by how much it
  /// expects the minimum to lie below. NaN if it has no model yet, or the model is not positive
  /// definite; the driver then asks the exact Hessian.
  virtual double expected_decrease(Objective& objective, const Point& here) = 0;

  /// Forgets what earlier points taught.
  virtual void reset() = 0;

  /// All that next() depends on, so that a run goes on identically from a file.
  virtual NamedTensors state() const = 0;
  virtual void load(const NamedTensors& state) = 0;

  /// The method's inverse Hessian [k, k]; undefined if it has none.
  virtual Tensor inverse_hessian() const { return {}; }
};

/// Whether the points that the method finds have no gradients.
bool uses_values_only(Method method);
/// The method that the options name.
std::unique_ptr<Descent> make_descent(const MinimizeOptions& options);

// One for each method; methods.cpp lists them.
std::unique_ptr<Descent> make_nelder_mead(const MinimizeOptions& options);
std::unique_ptr<Descent> make_cg(const MinimizeOptions& options);
std::unique_ptr<Descent> make_bfgs(const MinimizeOptions& options);
std::unique_ptr<Descent> make_lbfgs(const MinimizeOptions& options);
std::unique_ptr<Descent> make_lbfgsb(const MinimizeOptions& options);
std::unique_ptr<Descent> make_newton_cg(const MinimizeOptions& options);
std::unique_ptr<Descent> make_newton_exact(const MinimizeOptions& options);
std::unique_ptr<Descent> make_dogleg(const MinimizeOptions& options);
std::unique_ptr<Descent> make_trust_ncg(const MinimizeOptions& options);
std::unique_ptr<Descent> make_trust_krylov(const MinimizeOptions& options);
std::unique_ptr<Descent> make_trust_exact(const MinimizeOptions& options);

}  // namespace wald::optim
