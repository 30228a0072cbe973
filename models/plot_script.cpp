#include <wald/engine/error.h>
#include <wald/models/gnuplot.h>
#include <wald/models/plot_script.h>

#include <cmath>

namespace wald {

CurveStyle curve_style(std::size_t i) {
  constexpr std::array colours = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                  "#E69F00", "#56B4E9", "#000000"};
  constexpr std::array dashes = {"dashtype solid", "dashtype (14,5)", "dashtype (3,4)",
                                 "dashtype (14,4,3,4)", "dashtype (7,4)"};
  return {colours[i % colours.size()], dashes[i % dashes.size()]};
}

PlotScript::PlotScript(std::string path, const PlotOptions& options, int width, int height)
    : path_(std::move(path)) {
  const std::string font = "'Helvetica,Arial,sans-serif,15'";
  add("set encoding utf8\n");
  if (path_.ends_with(".png"))
    add("set terminal pngcairo size {},{} noenhanced font 'Liberation Sans,15' fontscale 2 "
        "linewidth 2 dashlength 2 pointscale 2 background '#ffffff'\n",
        2 * width, 2 * height);
  else
    add("set terminal svg size {},{} noenhanced font {} background '#ffffff'\n", width, height,
        font);
  add("set clip two\n"
      "set border 3 linecolor '#444444'\n"
      "set tics nomirror out textcolor '#222222'\n"
      "set style fill transparent solid 0.20 noborder\n"
      "set key reverse Left samplen 3.6 spacing 1.15 textcolor '#222222'\n"
      "set xlabel {}\nset ylabel {}\n",
      gnuplot_quoted(options.x_label), gnuplot_quoted(options.y_label));
  if (!options.title.empty()) add("set title {} font ',18'\n", gnuplot_quoted(options.title));
}

void PlotScript::add_data(const std::string& name,
                          std::initializer_list<std::span<const double>> columns) {
  add("${} << EOD\n", name);
  for (std::size_t i = 0; i < columns.begin()->size(); ++i) {
    for (const auto& column : columns)
      if (std::isfinite(column[i]))
        add("{:.8g} ", column[i]);
      else
        add("NaN ");
    add("\n");
  }
  add("EOD\n");
}

void PlotScript::draw() {
  const char* before = "plot ";
  for (const std::string& clause : clauses_) {
    add("{}{}", before, clause);
    before = ", ";
  }
  add("\n");
  run_gnuplot({text_.data(), text_.size()}, path_);
}

std::string title_clause(const std::string& label) {
  return label.empty() ? "notitle" : "title " + gnuplot_quoted(label);
}

void check_lines(std::span<const PlotLine> lines) {
  for (const PlotLine& line : lines)
    if (line.x.size() != line.y.size())
      throw InputError(fmt::format("line '{}' has {} x and {} y to plot", line.label, line.x.size(),
                                   line.y.size()));
}

}  // namespace wald
