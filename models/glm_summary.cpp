#include "glm_summary.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/models/distributions.h>

namespace wald {
namespace {

std::string title(const GlmFit& fit) {
  switch (fit.family) {
    case GlmFamily::binomial:
      return fit.link == GlmLink::logit
                 ? "Logistic regression"
                 : fmt::format("Binomial regression, {} link", name_of(fit.link));
    case GlmFamily::poisson:
      return "Poisson regression";
    case GlmFamily::negative_binomial:
      return "Negative binomial regression (NB2)";
    case GlmFamily::gamma:
      return fmt::format("Gamma regression, {} link", name_of(fit.link));
    case GlmFamily::gaussian:
      break;
  }
  return "Normal linear model";
}

/// What the exponential of a coefficient multiplies; empty where it is nothing of its own.
std::string ratio(const GlmFit& fit) {
  if (fit.link == GlmLink::logit) return "Odds ratio";
  if (fit.link == GlmLink::cloglog) return "Haz. ratio";
  if (fit.link != GlmLink::log) return "";
  return fit.family == GlmFamily::gamma ? "Mean ratio" : "Rate ratio";
}

}  // namespace

SummaryHead summary_head(const GlmFit& fit) {
  SummaryHead head = summary_head(fit, title(fit));
  head.about_data.insert(head.about_data.begin() + 1,
                         {{"Residual df", count_text(fit.df_residual)},
                          {"Pearson X2 / df", fmt::format("{:.7g}", fit.dispersion())}});
  const std::string other = other_name(fit.family);
  if (!other.empty())  // log(theta): theta
    head.about_data.push_back(
        {other.substr(4, other.size() - 5), fmt::format("{:.7g}", std::exp(fit.other()))});
  head.about_fit.push_back({"Deviance", decimal_text(fit.deviance)});
  head.about_fit.push_back({"Null deviance", decimal_text(fit.null_deviance)});
  if (fit.has_lr_test())
    head.about_fit.push_back({fmt::format("LR chi2({}), p {}", fit.lr_df(),
                                          p_text(chi_squared_sf(fit.lr_statistic(), fit.lr_df()))),
                              decimal_text(fit.lr_statistic())});
  head.ratio = ratio(fit);
  head.n_other = other.empty() ? 0 : 1;
  return head;
}

std::string summary(const GlmFit& fit, double level) {
  return summary(fit, summary_head(fit), level);
}

}  // namespace wald
