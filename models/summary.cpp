#include "summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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

/// What a line of the table holds, in this order; empty where it has none.
enum Column { estimate, error, statistic, p, lower, upper, ratio, ratio_lower, ratio_upper };
using Cells = std::array<std::string, ratio_upper + 1>;

/// The columns are as wide in all lines as their widest number needs.
class CoefficientTable {
 public:
  CoefficientTable(const Fit& fit, const SummaryHead& head, double level)
      : fit_(fit), head_(head), rows_(coefficient_table(fit, level)) {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      name_width_ = std::max(name_width_, display_width(rows_[i].name));
      lines_.push_back(cells(i));
      for (std::size_t j = 0; j < widths_.size(); ++j)
        widths_[j] = std::max(widths_[j], lines_[i][j].size());
    }
    interval_ = fmt::format("[{:g}% conf. interval]", 100 * level);
  }

  std::string text() const {
    const std::string top = header();
    const std::string rule = std::string(name_width_ + 1, '-') + "+" +
                             std::string(top.size() - name_width_ - 2, '-') + "\n";
    std::string out = top + "\n" + rule;
    for (std::size_t i = 0; i < rows_.size(); ++i) out += line(i) + "\n";
    return out + rule;
  }

 private:
  bool has_errors() const { return !fit_.vcov.empty(); }

  Cells cells(std::size_t i) const {
    const CoefficientRow& row = rows_[i];
    Cells c;
    c[estimate] = fmt::format("{:.7g}", row.estimate + 0.0);  // no -0
    if (fit_.is_fixed(i)) return c;
    if (has_errors()) {
      c[error] = fmt::format("{:.6g}", row.std_error);
      c[statistic] = statistic_text(row.z);
      c[p] = p_text(row.p);
      c[lower] = fmt::format("{:.7g}", row.lower);
      c[upper] = fmt::format("{:.7g}", row.upper);
    }
    if (!head_.has_ratio(fit_, i)) return c;
    c[ratio] = fmt::format("{:.7g}", std::exp(row.estimate));
    if (!has_errors()) return c;
    c[ratio_lower] = fmt::format("{:.7g}", std::exp(row.lower));
    c[ratio_upper] = fmt::format("{:.7g}", std::exp(row.upper));
    return c;
  }

  std::string padded(const std::string& text, Column column) const {
    return fmt::format("{:>{}}", text, widths_[column]);
  }

  std::string header() const {
    const char* symbol = std::isinf(fit_.degrees_of_freedom) ? "z" : "t";
    std::string out = fmt::format("{:>{}} | ", "", name_width_) + padded("Coefficient", estimate);
    if (has_errors())
      out += fmt::format(" {} {} {} {:<3} {:>{}}", padded("Std. error", error),
                         padded(symbol, statistic), padded(fmt::format("P>|{}|", symbol), p), "",
                         interval_, widths_[lower] + 1 + widths_[upper]);
    if (!head_.ratio.empty()) out += "  " + padded(head_.ratio, ratio);
    if (!head_.ratio.empty() && has_errors()) out += "  " + interval_;
    return out;
  }

  std::string line(std::size_t i) const {
    const Cells& c = lines_[i];
    std::string out = std::string(name_width_ - display_width(rows_[i].name), ' ') + rows_[i].name +
                      " | " + padded(c[estimate], estimate);
    if (fit_.is_fixed(i)) return out + "   (fixed)";
    if (has_errors())
      out += fmt::format(" {} {} {} {:<3} {} {}", padded(c[error], error),
                         padded(c[statistic], statistic), padded(c[p], p), stars(rows_[i].p),
                         padded(c[lower], lower), padded(c[upper], upper));
    if (c[ratio].empty()) return out;
    out += "  " + padded(c[ratio], ratio);
    if (has_errors())
      out += fmt::format("  {} {}", padded(c[ratio_lower], ratio_lower),
                         padded(c[ratio_upper], ratio_upper));
    return out;
  }

  const Fit& fit_;
  const SummaryHead& head_;
  std::vector<CoefficientRow> rows_;
  std::vector<Cells> lines_;
  std::size_t name_width_ = 12;
  std::array<std::size_t, ratio_upper + 1> widths_ = {12, 11, 9, 7, 12, 11, 11, 11, 11};
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
