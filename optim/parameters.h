// Named parameters on their natural scales, and their minimization as one unconstrained vector.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <wald/optim/minimize.h>
#include <wald/optim/transform.h>

namespace wald::optim {

/// Natural values by name.
class ParameterValues {
 public:
  explicit ParameterValues(std::vector<std::pair<std::string, Tensor>> values)
      : values_(std::move(values)) {}

  /// Throws InputError that lists the names.
  const Tensor& operator[](const std::string& name) const;
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }
  /// All values as one vector, in order, each row by row.
  Tensor flat() const;

 private:
  std::vector<std::pair<std::string, Tensor>> values_;
};

class Parameters {
 public:
  /// Adds a parameter with its value at the start, of any shape that the transform has; it is
  /// counted in float64. Throws InputError for a name that is empty or there already and for a
  /// value outside the domain, ShapeError for a shape.
  Parameters& add(const std::string& name, const Tensor& initial,
                  TransformPtr transform = unconstrained());

  std::int64_t size() const { return size_; }  ///< Of the unconstrained vector.
  /// The start, unconstrained [size].
  Tensor initial() const;
  /// The natural values at an unconstrained vector [size], recorded as operations on it.
  ParameterValues natural(const Tensor& vector) const;
  /// The unconstrained vector at natural values, which must have all names.
  Tensor unconstrained_vector(const ParameterValues& values) const;
  /// The logarithm of |d natural / d unconstrained|, a scalar: to be added to a log density of the
  /// natural values that is to be one of the vector. Maximum likelihood does not want it.
  Tensor log_jacobian(const Tensor& vector) const;

  /// Of the elements of the unconstrained vector, and of ParameterValues::flat: "beta[2]".
  std::vector<std::string> vector_names() const;
  std::vector<std::string> natural_names() const;

 private:
  struct Entry {
    std::string name;
    Tensor initial;
    TransformPtr transform;
    std::int64_t begin, size;  // in the vector
  };
  Tensor part(const Tensor& vector, const Entry& entry) const;

  std::vector<Entry> entries_;
  std::int64_t size_ = 0;
};

/// A scalar function of the natural values.
using FunctionOfParameters = std::function<Tensor(const ParameterValues& values)>;

struct NamedResult {
  ParameterValues values;          ///< At the minimum, on the natural scale.
  std::vector<std::string> names;  ///< Of the rows of `covariance`.
  /// Of values.flat(), if f is the negative logarithm of a likelihood: J H^-1 J' with the Hessian H
  /// by the unconstrained vector and J = d natural / d unconstrained (the delta method). Undefined
  /// where the Hessian is unknown or not positive definite.
  Tensor covariance;
  MinimizeResult result;  ///< By the unconstrained vector.
};

/// Minimizes f over the parameters. Messages name them. Throws InputError for bounds in the
/// options, which transforms state, and if there are no parameters; else as minimize().
NamedResult minimize(const FunctionOfParameters& f, const Parameters& parameters,
                     const MinimizeOptions& options = {});
/// Goes on from a checkpoint of such a run, with the same f, parameters and options; see resume().
NamedResult resume(const FunctionOfParameters& f, const Parameters& parameters,
                   const std::string& checkpoint, const MinimizeOptions& options = {});

}  // namespace wald::optim
