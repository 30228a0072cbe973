#include "summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include <wald/models/distributions.h>

namespace wald {
namespace {

/// A number with commas between its thousands.
std::string grouped(std::int64_t n) {
  const std::string digits = std::to_string(n);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && digits[i - 1] != '-' && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string whole_or_decimal(double x) {
  return x == std::trunc(x) && std::abs(x) < 1e15 ? grouped(static_cast<std::int64_t>(x))
                                                  : fmt::format("{:.6g}", x);
}

std::string p_text(double p) { return p < 0.0005 ? "<0.001" : fmt::format("{:.3f}", p); }

/// Characters, not bytes (UTF-8).
std::size_t display_width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

struct Pair {
  std::string left, value, right, number;
};

std::string head(const std::vector<Pair>& lines) {
  std::string out;
  for (const Pair& line : lines)
    out += fmt::format("  {:<20}{:>16}    {:<22}{:>16}\n", line.left, line.value, line.right,
                       line.number);
  return out + "\n";
}

std::string number(double x) { return fmt::format("{:.4f}", x); }

std::string statistic_text(double z) {
  return std::abs(z) < 1e6 ? fmt::format("{:.2f}", z) : fmt::format("{:.3g}", z);
}

/// The table of coefficients; `ratio` names the column of their exponentials, empty for none.
std::string table(const Fit& fit, double level, const std::string& ratio) {
  const auto rows = coefficient_table(fit, level);
  std::size_t width = 12;
  for (const auto& row : rows) width = std::max(width, display_width(row.name));
  const std::string interval = fmt::format("[{:g}% conf. interval]", 100 * level);
  const char* statistic = std::isinf(fit.degrees_of_freedom) ? "z" : "t";
  std::string header =
      fmt::format("{:>{}} | {:>12} {:>11} {:>9} {:>7} {:>24}", "", width, "Coefficient",
                  "Std. error", statistic, fmt::format("P>|{}|", statistic), interval);
  if (!ratio.empty()) header += fmt::format("  {:>11}  {}", ratio, interval);
  const std::string rule =
      std::string(width + 1, '-') + "+" + std::string(header.size() - width - 2, '-');
  std::string out = header + "\n" + rule + "\n";
  for (const auto& row : rows) {
    out += std::string(width - display_width(row.name), ' ') + row.name;
    out += fmt::format(" | {:>12.7g} {:>11.6g} {:>9} {:>7} {:>12.7g} {:>11.7g}", row.estimate,
                       row.std_error, statistic_text(row.z), p_text(row.p), row.lower, row.upper);
    if (!ratio.empty() && row.name != "(Intercept)")
      out += fmt::format("  {:>11.7g}  {:>11.7g} {:>11.7g}", std::exp(row.estimate),
                         std::exp(row.lower), std::exp(row.upper));
    out += "\n";
  }
  return out + rule + "\n";
}

}  // namespace

std::string summary(const SurvivalFit& fit, double level) {
  const bool is_ph = fit.form == SurvivalForm::ph;
  std::vector<Pair> lines = {
      {"Number of rows", grouped(fit.n), "Log-likelihood", number(fit.loglik)},
      {"Number of events", whole_or_decimal(fit.events), "  of log time (streg)",
       number(fit.loglik_logtime)},
      {"Time at risk", fmt::format("{:.10g}", fit.time_at_risk), "AIC", number(fit.aic())},
      {"Status", name_of(fit.status), "BIC", number(fit.bic())}};
  if (!std::isnan(fit.loglik_null) && fit.lr_df() > 0)
    lines.push_back({"", "",
                     fmt::format("LR chi2({}), p {}", fit.lr_df(),
                                 p_text(chi_squared_sf(fit.lr_statistic(), fit.lr_df()))),
                     number(fit.lr_statistic())});
  std::string out =
      fmt::format("Exponential regression, {}\n\n",
                  is_ph ? "log relative-hazard form" : "accelerated failure-time form");
  out += head(lines) + table(fit, level, is_ph ? "Haz. ratio" : "Time ratio");
  out += fmt::format("Newton decrement {:.1e}; {} iterations, {} evaluations.\n",
                     fit.certificate.newton_decrement, fit.iterations, fit.evaluations);
  if (!fit.message.empty()) out += fit.message + "\n";
  return out;
}

std::string summary(const OlsFit& fit, double level) {
  std::vector<Pair> lines = {
      {"Number of rows", grouped(fit.n), "R-squared", number(fit.r_squared)},
      {"Residual df", whole_or_decimal(fit.degrees_of_freedom), "  adjusted",
       number(fit.adjusted_r_squared())},
      {"Residual std. dev.", fmt::format("{:.7g}", fit.residual_std_dev), "Log-likelihood",
       number(fit.loglik)},
      {"Residual squares", fmt::format("{:.7g}", fit.rss), "AIC", number(fit.aic())},
      {fit.has_constant ? "Squares about mean" : "Squares about 0",
       fmt::format("{:.7g}", fit.total_squares), "BIC", number(fit.bic())}};
  if (!std::isnan(fit.f_statistic))
    lines.push_back({"", "",
                     fmt::format("F({}, {:g}), p {}", fit.f_df, fit.degrees_of_freedom,
                                 p_text(fit.f_p_value())),
                     fmt::format("{:.7g}", fit.f_statistic)});
  return "Linear regression\n\n" + head(lines) + table(fit, level, "");
}

}  // namespace wald
