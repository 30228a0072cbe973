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

void plot_lines(const PlotFile& file, std::span<const PlotLine> lines, const PlotOptions& options) {
  if (lines.empty()) throw InputError("there is no line to plot");
  check_lines(lines);
  PlotScript script(file, options);
  for (std::size_t i = 0; i < lines.size(); ++i)
    script.add_line(fmt::format("line{}", i), lines[i].x, lines[i].y, script.curve(i).line(),
                    lines[i].label);
  script.draw();
}

}  // namespace wald
