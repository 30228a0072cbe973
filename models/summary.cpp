#include "summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

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

/// Characters, not bytes (UTF-8).
std::size_t display_width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string head_text(const SummaryHead& head) {
  std::string out = head.title + "\n\n";
  for (std::size_t i = 0; i < std::max(head.about_data.size(), head.about_fit.size()); ++i) {
    const SummaryEntry none, &left = i < head.about_data.size() ? head.about_data[i] : none,
                             &right = i < head.about_fit.size() ? head.about_fit[i] : none;
    std::string line = fmt::format("  {:<20}{:>16}", left.label, left.value);
    if (!right.label.empty()) line += fmt::format("    {:<22}{:>16}", right.label, right.value);
    out += line + "\n";
  }
  return out + "\n";
}

std::string statistic_text(double z) {
  if (std::isnan(z)) return ".";
  return std::abs(z) < 1e6 ? fmt::format("{:.2f}", z) : fmt::format("{:.3g}", z);
}

const char* stars(double p) {
  if (p < 0.001) return "***";
  if (p < 0.01) return "**";
  return p < 0.05 ? "*" : "";
}

/// The table is made of lines of cells that are as wide in the header as below it.
class CoefficientTable {
 public:
  CoefficientTable(const Fit& fit, const SummaryHead& head, double level)
      : fit_(fit), head_(head), rows_(coefficient_table(fit, level)) {
    for (const CoefficientRow& row : rows_) width_ = std::max(width_, display_width(row.name));
    interval_ = fmt::format("[{:g}% conf. interval]", 100 * level);
  }

  std::string text() const {
    const std::string top = header();
    const std::string rule =
        std::string(width_ + 1, '-') + "+" + std::string(top.size() - width_ - 2, '-') + "\n";
    std::string out = top + "\n" + rule;
    for (std::size_t i = 0; i < rows_.size(); ++i) out += line(i) + "\n";
    return out + rule;
  }

 private:
  bool has_errors() const { return !fit_.vcov.empty(); }

  std::string header() const {
    const char* statistic = std::isinf(fit_.degrees_of_freedom) ? "z" : "t";
    std::string out = fmt::format("{:>{}} | {:>12}", "", width_, "Coefficient");
    if (has_errors())
      out += fmt::format(" {:>11} {:>9} {:>7} {:<3} {:>24}", "Std. error", statistic,
                         fmt::format("P>|{}|", statistic), "", interval_);
    if (!head_.ratio.empty()) out += fmt::format("  {:>11}", head_.ratio);
    if (!head_.ratio.empty() && has_errors()) out += "  " + interval_;
    return out;
  }

  std::string line(std::size_t i) const {
    const CoefficientRow& row = rows_[i];
    std::string out = std::string(width_ - display_width(row.name), ' ') + row.name +
                      fmt::format(" | {:>12.7g}", row.estimate + 0.0);  // no -0
    if (fit_.is_fixed(i)) return out + "   (fixed)";
    if (has_errors())
      out += fmt::format(" {:>11.6g} {:>9} {:>7} {:<3} {:>12.7g} {:>11.7g}", row.std_error,
                         statistic_text(row.z), p_text(row.p), stars(row.p), row.lower, row.upper);
    if (!head_.has_ratio(fit_, i)) return out;
    out += fmt::format("  {:>11.7g}", std::exp(row.estimate));
    if (has_errors())
      out += fmt::format("  {:>11.7g} {:>11.7g}", std::exp(row.lower), std::exp(row.upper));
    return out;
  }

  const Fit& fit_;
  const SummaryHead& head_;
  std::vector<CoefficientRow> rows_;
  std::size_t width_ = 12;
  std::string interval_;
};

}  // namespace

std::string count_text(double x) {
  return x == std::trunc(x) && std::abs(x) < 1e15 ? grouped(static_cast<std::int64_t>(x))
                                                  : fmt::format("{:.6g}", x);
}

std::string decimal_text(double x) { return std::isnan(x) ? "." : fmt::format("{:.4f}", x); }

std::string p_text(double p) {
  if (std::isnan(p)) return ".";
  return p < 0.0005 ? "<0.001" : fmt::format("{:.3f}", p);
}

bool SummaryHead::has_ratio(const Fit& fit, std::size_t i) const {
  return !ratio.empty() && i + n_other < fit.names.size() && !fit.names[i].ends_with("(Intercept)");
}

SummaryHead summary_head(const Fit& fit, std::string title) {
  SummaryHead head;
  head.title = std::move(title);
  head.about_data = {{"Number of rows", grouped(fit.n)}, {"Status", name_of(fit.status)}};
  head.about_fit = {{"Log-likelihood", decimal_text(fit.loglik)},
                    {"AIC", decimal_text(fit.aic())},
                    {"BIC", decimal_text(fit.bic())}};
  head.notes = {verdict(fit), fmt::format("{} iteration{}, {} evaluations.", fit.iterations,
                                          fit.iterations == 1 ? "" : "s", fit.evaluations)};
  return head;
}

std::string summary(const Fit& fit, const SummaryHead& head, double level) {
  std::string out = head_text(head) + CoefficientTable(fit, head, level).text();
  if (!fit.vcov.empty()) out += "*** p < 0.001, ** p < 0.01, * p < 0.05\n";
  for (const std::string& note : head.notes) out += note + "\n";
  return out;
}

std::string summary(const Fit& fit, double level) {
  return summary(fit, summary_head(fit, "Maximum likelihood"), level);
}

}  // namespace wald
