// Fits as text, for people: a head of facts, and the table of coefficients. Knows no model; the
// head of each model's summary is declared with the model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <wald/models/inference.h>

namespace wald {

/// A fact: its label and its value as text.
struct SummaryEntry {
  std::string label, value;
};

/// What stands around the table of coefficients.
struct SummaryHead {
  std::string title;                     ///< "Logistic regression"
  std::vector<SummaryEntry> about_data;  ///< Of the rows: the left column.
  std::vector<SummaryEntry> about_fit;   ///< Of the fit: the right column.
  std::string ratio;               ///< What exp(coefficient) is, "Odds ratio"; empty: not shown.
  std::size_t n_other = 0;         ///< Parameters at the end that are no coefficients: no ratio.
  std::vector<std::string> notes;  ///< Sentences under the table.

  /// Whether exp(estimate) of parameter i, of k, is a ratio: not of intercepts.
  bool has_ratio(const Fit& fit, std::size_t i) const;
};

/// Number of rows and status; log-likelihood, AIC and BIC; how the maximum was reached, and the
/// fit's message if it has one. Models add to it.
SummaryHead summary_head(const Fit& fit, std::string title);

/// The head and the table: coefficients with standard errors, z (or t), p with stars and Wald
/// intervals at `level`, ratios with theirs beside them. A fit without covariance (`vcov` empty)
/// shows estimates only.
std::string summary(const Fit& fit, const SummaryHead& head, double level = 0.95);

/// The same for a likelihood of which nothing more is known.
std::string summary(const Fit& fit, double level = 0.95);

/// For entries: 12,345 or 0.25; four decimals; a p value, `<0.001` or `0.043`.
std::string count_text(double x);
std::string decimal_text(double x);
std::string p_text(double p);

}  // namespace wald
