// Plots of plain lines.
#include <wald/engine/error.h>
#include <wald/models/plot.h>
#include <wald/models/plot_script.h>

namespace wald {

PlotLine function_line(std::string label, const std::function<double(double)>& f, double lower,
                       double upper, int points) {
  PlotLine line{std::move(label), {}, {}};
  for (int i = 0; i < points; ++i) {
    line.x.push_back(lower + (upper - lower) * i / (points - 1));
    line.y.push_back(f(line.x.back()));
  }
  return line;
}

void plot_lines(const std::string& path, std::span<const PlotLine> lines,
                const PlotOptions& options) {
  if (lines.empty()) throw InputError("there is no line to plot");
  check_lines(lines);
  PlotScript script(path, options);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string name = fmt::format("line{}", i);
    script.add_data(name, {lines[i].x, lines[i].y});
    const CurveStyle style = curve_style(i);
    script.add_clause(fmt::format("${} using 1:2 with lines linewidth 1.8 {} linecolor rgb '{}' {}",
                                  name, style.dashes, style.colour, title_clause(lines[i].label)));
  }
  script.draw();
}

}  // namespace wald
