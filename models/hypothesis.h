// Linear hypotheses about parameters as people write them, `age = 2 * C(sex)m = 0`, as a matrix.
// Knows names, no fit.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wald {

/// m equations R b = q in k parameters.
struct LinearHypothesis {
  std::vector<double> r;           ///< [m, k]
  std::vector<double> q;           ///< [m]
  std::vector<std::string> texts;  ///< Of each equation: `age = 2 * C(sex)m`.
};

/// Parses equations with commas between them: sums and differences of parameters, numbers, and
/// products of a number and a sum in parentheses; `a = b = 0` is a = b and b = 0. Parameters stand
/// as they are named, `(Intercept)`, `age:C(sex)male`, `I(x^2)`, with blanks anywhere, or in
/// backquotes. Throws InputError that says at which column what was expected, for products of
/// parameters and for an equation that holds, or fails, whatever the parameters are.
LinearHypothesis parse_hypothesis(std::string_view text, const std::vector<std::string>& names);

}  // namespace wald
