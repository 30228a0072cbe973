#include "ols_summary.h"

#include <fmt/format.h>

#include <cmath>

namespace wald {

SummaryHead summary_head(const OlsFit& fit) {
  SummaryHead head;
  head.title = "Linear regression";
  head.about_data = {{"Number of rows", count_text(static_cast<double>(fit.n))},
                     {"Residual df", count_text(fit.degrees_of_freedom)},
                     {"Residual std. dev.", fmt::format("{:.7g}", fit.residual_std_dev)},
                     {"Residual squares", fmt::format("{:.7g}", fit.rss)},
                     {fit.has_constant ? "Squares about mean" : "Squares about 0",
                      fmt::format("{:.7g}", fit.total_squares)}};
  head.about_fit = {{"R-squared", decimal_text(fit.r_squared)},
                    {"  adjusted", decimal_text(fit.adjusted_r_squared())},
                    {"Log-likelihood", decimal_text(fit.loglik)},
                    {"AIC", decimal_text(fit.aic())},
                    {"BIC", decimal_text(fit.bic())}};
  if (!std::isnan(fit.f_statistic))
    head.about_fit.push_back({fmt::format("F({}, {:g}), p {}", fit.f_df, fit.degrees_of_freedom,
                                          p_text(fit.f_p_value())),
                              fmt::format("{:.7g}", fit.f_statistic)});
  if (fit.rss == 0)
    head.notes.push_back("The response is met exactly: there is nothing to estimate errors from.");
  return head;
}

std::string summary(const OlsFit& fit, double level) {
  return summary(fit, summary_head(fit), level);
}

}  // namespace wald
