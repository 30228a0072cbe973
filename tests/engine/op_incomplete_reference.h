// The incomplete gamma and beta functions and their derivatives in extended precision, by numerical
// integration of the density and of its derivatives: slow, and independent of what is tested.
#pragma once

namespace wald::testing {

/// A number, and the sum of the sizes of its terms times the exponent in front of them: what one
/// unit in the last place of each would change.
struct Reckoned {
  long double value;
  long double noise;
};

enum class Part { lower, upper, log_lower, log_upper };

/// The derivative of P, Q or their logarithms, by_a times by a and by_x times by x, at most 2 in
/// all. Inside the domain only: a > 0 and x > 0, finite.
Reckoned gamma_reference(Part part, int by_a, int by_x, long double a, long double x);
/// The same of I, 1 - I or their logarithms; a > 0, b > 0, 0 < x < 1.
Reckoned beta_reference(Part part, int by_a, int by_b, int by_x, long double a, long double b,
                        long double x);

}  // namespace wald::testing
