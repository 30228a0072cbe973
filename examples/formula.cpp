// A formula over columns in memory: the design matrix as a tensor, a fit, and the same columns for
// new data.
#include <cmath>
#include <iostream>

#include <wald/wald.h>

int main() {
  using namespace wald;
  const std::vector<std::string> arm = {"new", "old", "new", "old", "new", "old", "old", "new"};
  const Table trial("trial", {{"time", tensor({4, 3.5, 7, 1.25, 9, 2, 5, 12})},
                              {"seen", tensor({1, 1, 0, 1, 1, 1, 1, 0})},
                              {"age", tensor({50, 61, 47, 70, 44, 66, 52, 39})},
                              {"arm", arm}});
  const Formula formula = parse_formula("Surv(time, seen) ~ log(age) + C(arm, ref = old)");
  const Design design = make_design(trial, formula);
  const SurvivalValues values =
      read_survival(trial, survival_response(formula), design.rows, /*allows_zero=*/false);

  SurvivalData data;
  data.x = to(design.x, default_device());  // tables lie on the processor
  data.names = design.names;
  data.time = from_vector(values.time);
  data.event = from_vector(values.event);
  const SurvivalFit fit = fit_exponential(data);
  std::cout << summary(fit);

  const Table others("others",
                     {{"age", tensor({50, 60})}, {"arm", std::vector<std::string>{"old", "new"}}});
  const Design fresh = make_design(others, design.terms);
  const Tensor log_hazard = matmul(to(fresh.x, default_device()), from_vector(fit.estimate));
  std::cout << "log hazard of others:\n" << log_hazard << "\n";
  const double expected = fit.estimate[0] + fit.estimate[1] * std::log(60.) + fit.estimate[2];
  return std::abs(log_hazard.to_vector()[1] - expected) < 1e-12 ? 0 : 1;
}
