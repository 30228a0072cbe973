// Plots: the SVG that gnuplot draws holds what was asked for; labels are inert; failures are clear.
#include <wald/engine/error.h>
#include <wald/models/gnuplot.h>
#include <wald/models/plot.h>
#include <wald/models/plot_script.h>
#include <wald/models/simulate.h>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "../gnuplot.h"
#include "../temp_path.h"

namespace wald {
namespace {

// For the life of a test, programs are looked up here instead.
class SearchPath {
 public:
  explicit SearchPath(const std::string& folder) { setenv("PATH", folder.c_str(), 1); }
  ~SearchPath() { setenv("PATH", before_.c_str(), 1); }

 private:
  std::string before_ = std::getenv("PATH");
};

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

KaplanMeier small_curve(const std::string& label = "") {
  const std::vector<double> time = {1, 2, 3, 4, 6}, event = {1, 0, 1, 1, 1};
  KaplanMeier curve = kaplan_meier(time, event);
  curve.label = label;
  return curve;
}

template <class Refusal, class Action>
void expect_refusal(Action action, const std::string& part) {
  try {
    action();
    FAIL() << "nothing was thrown for: " << part;
  } catch (const Refusal& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(Plot, SurvivalCurvesBandAndFit) {
  WALD_NEEDS_GNUPLOT();
  const std::string path = testing::temp_path("plot.svg");
  const std::vector<KaplanMeier> curves = {small_curve("control"), small_curve("treated")};
  const std::vector<PlotLine> fit = {function_line(
      "exponential", [](double t) { return std::exp(-0.3 * t); }, 0, 6)};
  plot_survival(path, curves, fit, {.title = "A trial", .x_label = "Months"});
  const std::string svg = contents(path);
  for (const char* text :
       {"<svg", "</svg>", "A trial", "Months", "Survival probability", "control", "treated",
        "exponential", "95% confidence limits", "stroke-dasharray", "Number at risk"}) {
    EXPECT_NE(svg.find(text), std::string::npos) << text;
  }
}

TEST(Plot, NumbersAtRiskStandBelowTheTicks) {
  WALD_NEEDS_GNUPLOT();
  const std::string path = testing::temp_path("plot_risk.svg");
  const std::vector<KaplanMeier> curves = {small_curve()};
  plot_survival(path, curves);
  const std::string svg = contents(path);
  const std::size_t table = svg.find("Number at risk");
  ASSERT_NE(table, std::string::npos);
  // At 0, 1, 2 ... 6 months, of exits at 1, 2, 3, 4, 6.
  std::size_t at = table;
  for (const char* number : {"5", "5", "4", "3", "2", "1", "1"}) {
    at = svg.find(std::string(">") + number + "<", at);
    ASSERT_NE(at, std::string::npos) << number;
    ++at;
  }
  plot_survival(path, curves, {}, {.numbers_at_risk = false});
  EXPECT_EQ(contents(path).find("Number at risk"), std::string::npos);
}

TEST(Plot, LargeCurvesAreThinned) {
  WALD_NEEDS_GNUPLOT();
  const SurvivalSample sample = published_survival_data();
  const std::vector<KaplanMeier> curves = {kaplan_meier(sample.time, sample.event)};
  const std::string path = testing::temp_path("plot_large.svg");
  plot_survival(path, curves);
  EXPECT_LT(std::filesystem::file_size(path), 400000U);
}

TEST(Plot, LinesWithGaps) {
  WALD_NEEDS_GNUPLOT();
  const std::string path = testing::temp_path("plot_lines.svg");
  const std::vector<PlotLine> lines = {{"loss", {0, 1, 2, 3}, {5, NAN, 2, 1}}};
  plot_lines(path, lines, {.x_label = "Iteration", .y_label = "Loss"});
  EXPECT_NE(contents(path).find("Iteration"), std::string::npos);
}

TEST(Plot, LabelsAreInert) {
  WALD_NEEDS_GNUPLOT();
  const std::string path = testing::temp_path("plot_labels.svg"),
                    trap = testing::temp_path("plot_trap");
  std::filesystem::remove(trap);
  // Short enough not to be shortened.
  const std::string label = "it's `touch " + trap + "`";
  const std::vector<KaplanMeier> curves = {small_curve("'; system('touch " + trap + "') #")};
  plot_survival(path, curves, {},
                {.title = label, .x_label = "@x\n<b> & \"q\" \\n {/=50 big}_2 %s"});
  EXPECT_FALSE(std::filesystem::exists(trap));
  EXPECT_NE(contents(path).find("it’s `touch"), std::string::npos);
  EXPECT_NE(contents(path).find("@x &lt;b"), std::string::npos);
  EXPECT_NE(contents(path).find("’; system(’touch"), std::string::npos);
  EXPECT_EQ(gnuplot_quoted("''it's\na"), "'’’it’s a'");
  EXPECT_EQ(gnuplot_quoted("caf\xe9 \xc3\xa9 \xf0\x9f\x98\x80 \xe2\x82 z"), "'caf? é 😀 ?? z'");
}

TEST(Plot, LongLabelsAreShortenedInTheMiddle) {
  EXPECT_EQ(shortened("short", 5), "short");
  EXPECT_EQ(shortened("abcdefghij", 5), "ab…ij");
  EXPECT_EQ(shortened("äöüäöüäöüß", 4), "ä…üß");
  WALD_NEEDS_GNUPLOT();
  const std::string path = testing::temp_path("plot_long.svg");
  const std::vector<KaplanMeier> curves = {small_curve("a" + std::string(200, 'x') + "z"),
                                           small_curve("b")};
  plot_survival(path, curves, {}, {.title = std::string(300, 't')});
  const std::string svg = contents(path);
  EXPECT_EQ(svg.find(std::string(60, 'x')), std::string::npos);
  EXPECT_EQ(svg.find(std::string(60, 't')), std::string::npos);
  EXPECT_NE(svg.find("xxxz<"), std::string::npos);
}

TEST(Plot, NarrowRangesHaveTicksThatDiffer) {
  WALD_NEEDS_GNUPLOT();
  const std::string path = testing::temp_path("plot_narrow.svg");
  for (const auto& [low, high] : {std::pair(1234567.25, 1234567.75),
                                  {1e300, 2e300},
                                  {-3e-300, 3e-300},
                                  {5.0, 5.0},
                                  {0.0, 0.0},
                                  {1.0, 1.0 + 1e-15}}) {
    PlotScript script(path, {});
    script.set_range('x', low, high);
    script.set_range('y', low, high);
    script.add_line("line", std::vector{low, high}, std::vector{low, high}, script.curve(0).line());
    script.draw();
    EXPECT_NE(contents(path).find("</svg>"), std::string::npos) << low;
    if (low == 1234567.25) {
      EXPECT_NE(contents(path).find(">1234567.3<"), std::string::npos);
      EXPECT_NE(contents(path).find(">1234567.4<"), std::string::npos);
    }
  }
}

// By dashes, and by weight where the dashes begin again.
TEST(Plot, CurvesDifferWithoutColour) {
  for (PlotTheme theme : {PlotTheme::light, PlotTheme::dark}) {
    const PlotScript script({testing::temp_path("plot_curves.svg"), theme}, {});
    std::set<std::pair<std::string, double>> looks;
    for (std::size_t i = 0; i < 15; ++i)
      looks.emplace(script.curve(i).dashes, script.curve(i).width);
    EXPECT_EQ(looks.size(), 15U);
  }
}

TEST(Plot, OtherFilesAreRefused) {
  for (const char* name : {"a.pdf", "a", "svg", ""})
    expect_refusal<InputError>([&] { PlotFile file(name); }, ".svg or .png");
}

TEST(Plot, FailuresAreClear) {
  const std::vector<KaplanMeier> curves = {small_curve()};
  const std::string nowhere = testing::temp_path("no/such/folder/plot.svg");
  expect_refusal<InputError>([&] { plot_survival(nowhere, curves); }, "cannot be written");
  const std::string path = testing::temp_path("plot_failed.svg");
  expect_refusal<InputError>([&] { plot_survival(path, {}); }, "no survival curve");
  expect_refusal<InputError>([&] { plot_lines(path, {}, {}); }, "no line");
  const std::vector<PlotLine> ragged = {{"a", {1, 2}, {1}}};
  expect_refusal<InputError>([&] { plot_survival(path, curves, ragged); }, "2 x and 1 y");
  {
    const SearchPath empty(testing::temp_path("no_programs_here"));
    expect_refusal<Error>([&] { plot_survival(path, curves); }, "gnuplot-nox");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  if (testing::have_gnuplot()) {
    expect_refusal<Error>([&] { run_gnuplot("plot nonsense(", path); }, "gnuplot failed");
    EXPECT_FALSE(std::filesystem::exists(path));
  }
}

}  // namespace
}  // namespace wald
