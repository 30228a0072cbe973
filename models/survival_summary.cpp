#include "survival_summary.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/models/distributions.h>

namespace wald {

SummaryHead summary_head(const SurvivalFit& fit) {
  const bool is_ph = fit.form == SurvivalForm::ph;
  SummaryHead head = summary_head(
      fit, fmt::format("Exponential regression, {}",
                       is_ph ? "log relative-hazard form" : "accelerated failure-time form"));
  head.about_data.insert(head.about_data.begin() + 1,
                         {{"Number of events", count_text(fit.events)},
                          {"Time at risk", fmt::format("{:.10g}", fit.time_at_risk)}});
  head.about_fit.insert(head.about_fit.begin() + 1,
                        {"  of log time (streg)", decimal_text(fit.loglik_logtime)});
  if (!std::isnan(fit.loglik_null) && fit.lr_df() > 0)
    head.about_fit.push_back({fmt::format("LR chi2({}), p {}", fit.lr_df(),
                                          p_text(chi_squared_sf(fit.lr_statistic(), fit.lr_df()))),
                              decimal_text(fit.lr_statistic())});
  head.ratio = is_ph ? "Haz. ratio" : "Time ratio";
  return head;
}

std::string summary(const SurvivalFit& fit, double level) {
  return summary(fit, summary_head(fit), level);
}

}  // namespace wald
