// Responses that are one of several categories: what the models of them share. Knows their data and
// probabilities, no likelihood.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/models/inference.h>
#include <wald/models/random.h>

namespace wald {

/// The categories of n rows and what they are regressed on.
struct CategoricalData {
  Tensor x;                         ///< Design matrix [n, k], float64.
  std::vector<std::string> names;   ///< Of its columns.
  Tensor y;                         ///< Position of each row's category in `levels` [n], int64.
  std::vector<std::string> levels;  ///< Of an ordered model: ascending; else the baseline first.
  Tensor offset;                    ///< Added to each linear predictor [n]; undefined: 0.
  Tensor weights;  ///< Multiplies each term [n], >= 0: how often the row was seen; undefined: 1.

  std::int64_t n() const { return y.numel(); }
  std::int64_t n_levels() const { return static_cast<std::int64_t>(levels.size()); }
};

/// Throws ShapeError, DTypeError for tensors that do not fit together; InputError for a category
/// out of range, or an offset or weight that is not finite or a negative weight, naming the row
/// (counted from 1); NotIdentifiedError naming categories without weight.
void check_categorical(const CategoricalData& data);

/// The weight of the rows of each category [levels].
std::vector<double> category_totals(const CategoricalData& data);

/// The weights of the rows, 1 where there are none.
std::vector<double> weights_of(const CategoricalData& data);

/// Throws NotIdentifiedError with the direction, as a combination of the names of the parameters,
/// if some change d of them makes no element of gains d ([rows, parameters]) negative and some
/// positive: where each element is one on which a concave log-likelihood rises to the end, it has
/// no maximum (Albert and Anderson 1984, Biometrika 71, 1-10).
void require_no_separation(const Tensor& gains, const std::vector<std::string>& names);

/// A concave likelihood of categories, for fit_unless_separated().
struct CategoricalFitting {
  std::vector<std::string> parameters;
  std::function<Fit(const FitOptions&)> fit;
  /// The lowest probability of a category in any row.
  std::function<double(const Fit&)> least_probability;
  std::function<Tensor()> gains;  ///< As require_no_separation() takes them.
};

/// The fit, unless the data are separated, which is asked where a fit takes many steps, fails, or
/// gives a category a vanishing probability somewhere. Throws as require_no_separation(), for the
/// parameters that are free, and as the fit.
Fit fit_unless_separated(const CategoricalFitting& model, const FitOptions& options);

/// The log-likelihood of the shares of the categories, the fit without covariates.
double loglik_of_shares(const CategoricalData& data);

/// The weighted number of rows in each category less their probabilities: y_ij - p_ij [n, levels],
/// where y_ij is 1 for the row's category and 0 for others.
Tensor category_residuals(const Tensor& probabilities, const Tensor& y);

/// A category for each row of `probabilities` [n, levels] by inversion of one uniform, int64 [n].
Tensor simulate_categories(RRandom& random, const Tensor& probabilities);

}  // namespace wald
