#include "cox_summary.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/models/distributions.h>

namespace wald {
namespace {

SummaryEntry chi_squared_entry(const char* name, double statistic, int df) {
  return {fmt::format("{} chi2({}), p {}", name, df, p_text(chi_squared_sf(statistic, df))),
          decimal_text(statistic)};
}

}  // namespace

SummaryHead summary_head(const CoxFit& fit) {
  const char* ties = fit.ties == Ties::efron ? "Efron" : "Breslow";
  SummaryHead head = summary_head(fit, fmt::format("Cox regression, ties by {}", ties));
  head.about_data.insert(head.about_data.begin() + 1,
                         {{"Number of events", count_text(fit.events)},
                          {"Concordance", decimal_text(fit.concordance.index())}});
  head.about_fit.insert(head.about_fit.begin() + 1,
                        {"  without covariates", decimal_text(fit.loglik_null)});
  if (fit.contains_null && fit.df() > 0) {
    head.about_fit.push_back(chi_squared_entry("LR", fit.lr_statistic(), fit.df()));
    head.about_fit.push_back(chi_squared_entry("Wald", fit.wald_statistic(), fit.df()));
  }
  if (!std::isnan(fit.score_statistic))
    head.about_fit.push_back(chi_squared_entry("Score", fit.score_statistic, fit.df()));
  head.ratio = "Haz. ratio";
  return head;
}

std::string summary(const CoxFit& fit, double level) {
  return summary(fit, summary_head(fit), level);
}

SummaryHead summary_head(const ConditionalLogitFit& fit) {
  SummaryHead head = summary_head(fit, "Conditional logistic regression");
  head.about_data.insert(head.about_data.begin() + 1,
                         {{"Number of strata", count_text(static_cast<double>(fit.strata))},
                          {"Number of cases", count_text(fit.cases)}});
  head.about_fit.insert(head.about_fit.begin() + 1,
                        {"  without covariates", decimal_text(fit.loglik_null)});
  if (fit.contains_null && fit.df() > 0)
    head.about_fit.push_back(chi_squared_entry("LR", fit.lr_statistic(), fit.df()));
  head.ratio = "Odds ratio";
  if (fit.dropped_strata > 0)
    head.notes.push_back(
        fmt::format("{} strata are all of cases or without any, and say nothing of the "
                    "coefficients.",
                    fit.dropped_strata));
  return head;
}

std::string summary(const ConditionalLogitFit& fit, double level) {
  return summary(fit, summary_head(fit), level);
}

}  // namespace wald
