// The nonlinear regressions of NIST's Statistical Reference Datasets as functions of tensors.
#pragma once

#include <string>
#include <vector>

#include <wald/engine/tensor.h>

#include "../nist.h"

namespace wald::testing {

/// The mean of the response as a function of the parameters b [k] and the predictors [n].
using Mean = Tensor (*)(const std::vector<Tensor>& b, const std::vector<Tensor>& x);

struct NistProblem {
  std::string name;
  Mean mean;
  Tensor response;                  ///< [n]; the logarithm of the data's where NIST fits that.
  std::vector<Tensor> x;            ///< [n] each
  std::vector<double> starts[2];    ///< As published: far, near.
  std::vector<double> params, sd;   ///< Certified.
  std::vector<double> se_observed;  ///< From the Hessian of the log-likelihood.
  double sd_digits, se_digits;      ///< In which rounding the data to binary64 leaves them.
  double rss;

  /// mean - response at the parameters b [k].
  Tensor residuals(const Tensor& b) const;
};

/// The names of all problems here.
std::vector<std::string> nist_names();
NistProblem nist_problem(const std::string& name);

}  // namespace wald::testing
