// Parameters that are fixed or tied: the map from those that are free to all. Knows no likelihood.
#pragma once

#include <string>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/models/inference.h>

namespace wald {

/// theta [k] = directions phi + constant, for the p parameters phi that `fixed` and `tied` of
/// FitOptions leave free. Each is named as the first parameter of its group.
class FreeParameters {
 public:
  /// Throws InputError for a name that is not among `names`, stands in two groups, or is fixed at a
  /// value that is not finite or not that of its group.
  FreeParameters(const std::vector<std::string>& names, const FitOptions& options);

  std::size_t size() const { return free_.size(); }
  /// How many of them are among the first parameters, up to this place.
  std::size_t count_before(std::int64_t place) const;
  std::vector<std::string> names() const;
  Tensor directions() const;  ///< [k, p]
  Tensor constant() const;    ///< [k]

  /// Columns and what they are called.
  struct Columns {
    Tensor x;
    std::vector<std::string> names;
  };
  /// Of columns [n, m] that the first m parameters multiply, those that the free ones among them
  /// do: in what follows from these, as collinearity and separation, what is held has no part.
  Columns columns(const Tensor& x) const;

  Tensor all(const Tensor& free) const;                               ///< theta of phi.
  std::vector<double> free_of(const std::vector<double>& all) const;  ///< phi of theta.

  /// Turns a fit of phi into one of theta. Its information is the Hessian of `loglik`, of theta.
  void expand(Fit& fit, const LogLikelihood& loglik) const;

 private:
  std::vector<std::string> descriptions() const;

  std::vector<std::string> names_;
  std::vector<int> group_;         // of each parameter: its place in free_; -1: fixed
  std::vector<std::size_t> free_;  // the first parameter of each group
  std::vector<double> constant_;
};

/// Whether a model with nothing but `intercepts`, beside the `others` that are no coefficients, is
/// a special case of the one with these constraints: no intercept is held, no coefficient is held
/// at an effect, none is tied to one of those.
bool has_null_model(const FitOptions& options, const std::vector<std::string>& intercepts,
                    const std::vector<std::string>& others = {});

}  // namespace wald
