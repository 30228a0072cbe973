// Summaries of models of categories, for people.
#pragma once

#include <wald/models/multinomial_logit.h>
#include <wald/models/ordered_logit.h>
#include <wald/models/summary.h>

namespace wald {

/// Counts of the categories, the test against the shares alone, odds ratios against the baseline.
SummaryHead summary_head(const MultinomialFit& fit);
/// The same; with the logistic link odds ratios of being above any cut point.
SummaryHead summary_head(const OrderedFit& fit);

std::string summary(const MultinomialFit& fit, double level = 0.95);
std::string summary(const OrderedFit& fit, double level = 0.95);

}  // namespace wald
