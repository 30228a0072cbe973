// The table of a summary keeps its columns for numbers of any size.
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include <wald/models/summary.h>

namespace wald {
namespace {

std::vector<std::string> table_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (line.find(" | ") != line.npos) lines.push_back(line);
  return lines;
}

/// Where each run of characters other than blanks ends, right of the bar.
std::vector<std::size_t> ends_of_cells(const std::string& line) {
  std::vector<std::size_t> ends;
  for (std::size_t i = line.find('|') + 1; i < line.size(); ++i)
    if (line[i] != ' ' && line[i] != '*' && (i + 1 == line.size() || line[i + 1] == ' '))
      ends.push_back(i + 1);
  return ends;
}

Fit fit_of(const std::vector<double>& estimate, const std::vector<double>& std_error) {
  Fit fit;
  const std::size_t k = estimate.size();
  fit.estimate = estimate;
  fit.vcov.assign(k * k, 0.0);
  for (std::size_t i = 0; i < k; ++i) {
    fit.names.push_back(std::string(1, static_cast<char>('a' + i)));
    fit.vcov[i * k + i] = std_error[i] * std_error[i];
  }
  fit.information = fit.vcov;
  fit.n = 10;
  fit.status = FitStatus::converged;
  return fit;
}

TEST(Summary, ColumnsStayInPlaceForHugeAndTinyNumbers) {
  const Fit fit = fit_of({-1.457429e9, -1.234567e-205, 0.5, -1.457429e150, -3e-5, 12345.678},
                         {2.345678e8, 3.21e-206, 0.1, 1.23456e-140, 1.2345678e-5, 1e-3});
  SummaryHead head = summary_head(fit, "Any");
  for (const char* ratio : {"", "Odds ratio"}) {
    head.ratio = ratio;
    const std::vector<std::string> lines = table_lines(summary(fit, head));
    ASSERT_EQ(lines.size(), 7u);
    const std::vector<std::size_t> ends = ends_of_cells(lines[1]);
    ASSERT_EQ(ends.size(), head.ratio.empty() ? 6u : 9u) << lines[1];
    for (std::size_t i = 1; i < lines.size(); ++i)
      EXPECT_EQ(ends_of_cells(lines[i]), ends) << lines[1] << "\n" << lines[i];
    for (std::size_t column = 0; column < 4; ++column)  // and those of the header
      EXPECT_NE(lines[0].substr(0, ends[column]).back(), ' ') << lines[0];
  }
}

TEST(Summary, OrdinaryNumbersHaveTheUsualWidths) {
  const std::vector<std::string> lines =
      table_lines(summary(fit_of({0.4934324, -0.002973663}, {0.004196, 0.003905})));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(
      lines[0],
      "             |  Coefficient  Std. error         z   P>|z|         [95% conf. interval]");
  EXPECT_EQ(
      lines[1],
      "           a |    0.4934324    0.004196    117.60  <0.001 ***    0.4852084   0.5016564");
}

}  // namespace
}  // namespace wald
