#include "categorical_summary.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/models/distributions.h>

namespace wald {
namespace {

void add_categories(SummaryHead& head, const std::vector<std::string>& levels,
                    const std::vector<double>& totals) {
  constexpr std::size_t most = 12;
  for (std::size_t j = 0; j < levels.size() && levels.size() <= most; ++j)
    head.about_data.push_back({"  in " + levels[j], count_text(totals[j])});
}

void add_test(SummaryHead& head, double statistic, int df) {
  if (std::isnan(statistic) || df == 0) return;
  head.about_fit.push_back(
      {fmt::format("LR chi2({}), p {}", df, p_text(chi_squared_sf(statistic, df))),
       decimal_text(statistic)});
}

}  // namespace

SummaryHead summary_head(const MultinomialFit& fit) {
  SummaryHead head =
      summary_head(fit, fmt::format("Multinomial logit, baseline {}", fit.levels[0]));
  add_categories(head, fit.levels, fit.totals);
  add_test(head, fit.lr_statistic(), fit.lr_df);
  head.ratio = "Odds ratio";
  return head;
}

SummaryHead summary_head(const OrderedFit& fit) {
  const bool is_logit = fit.link == OrderedLink::logit;
  SummaryHead head =
      summary_head(fit, is_logit ? "Ordered logit (proportional odds)" : "Ordered probit");
  add_categories(head, fit.levels, fit.totals);
  add_test(head, fit.lr_statistic(), fit.lr_df);
  if (is_logit) head.ratio = "Odds ratio";
  head.n_other = fit.levels.size() - 1;
  return head;
}

std::string summary(const MultinomialFit& fit, double level) {
  return summary(fit, summary_head(fit), level);
}

std::string summary(const OrderedFit& fit, double level) {
  return summary(fit, summary_head(fit), level);
}

}  // namespace wald
