#include "summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

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

}  // namespace

std::string summary(const SurvivalFit& fit, double level) {
  const bool is_ph = fit.form == SurvivalForm::ph;
  std::string out =
      fmt::format("Exponential regression, {}\n\n",
                  is_ph ? "log relative-hazard form" : "accelerated failure-time form");
  auto line = [&](std::string_view left, const std::string& value, std::string_view right,
                  double number) {
    out += fmt::format("  {:<20}{:>16}    {:<22}{:>16.4f}\n", left, value, right, number);
  };
  line("Number of rows", grouped(fit.n), "Log-likelihood", fit.loglik);
  line("Number of events", whole_or_decimal(fit.events), "  of log time (streg)",
       fit.loglik_logtime);
  line("Time at risk", fmt::format("{:.10g}", fit.time_at_risk), "AIC", fit.aic());
  line("Status", name_of(fit.status), "BIC", fit.bic());
  if (!std::isnan(fit.loglik_null) && fit.lr_df() > 0)
    line("", "",
         fmt::format("LR chi2({}), p {}", fit.lr_df(),
                     p_text(chi_squared_sf(fit.lr_statistic(), fit.lr_df()))),
         fit.lr_statistic());
  out += "\n";

  const auto rows = coefficient_table(fit, level);
  std::size_t width = 12;
  for (const auto& row : rows) width = std::max(width, display_width(row.name));
  const std::string interval = fmt::format("[{:g}% conf. interval]", 100 * level);
  const std::string header = fmt::format("{:>{}} | {:>12} {:>11} {:>9} {:>7} {:>24}  {:>11}  {}",
                                         "", width, "Coefficient", "Std. error", "z", "P>|z|",
                                         interval, is_ph ? "Haz. ratio" : "Time ratio", interval);
  const std::string rule =
      std::string(width + 1, '-') + "+" + std::string(header.size() - width - 2, '-');
  out += header + "\n" + rule + "\n";
  for (const auto& row : rows) {
    out += std::string(width - display_width(row.name), ' ') + row.name;
    out += fmt::format(" | {:>12.7g} {:>11.6g} {:>9.2f} {:>7} {:>12.7g} {:>11.7g}", row.estimate,
                       row.std_error, row.z, p_text(row.p), row.lower, row.upper);
    if (row.name != "(Intercept)")
      out += fmt::format("  {:>11.7g}  {:>11.7g} {:>11.7g}", std::exp(row.estimate),
                         std::exp(row.lower), std::exp(row.upper));
    out += "\n";
  }
  out += rule + "\n";
  out += fmt::format("Newton decrement {:.1e}; {} iterations, {} evaluations.\n",
                     fit.certificate.newton_decrement, fit.iterations, fit.evaluations);
  if (!fit.message.empty()) out += fit.message + "\n";
  return out;
}

}  // namespace wald
