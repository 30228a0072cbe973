#include <wald/engine/error.h>
#include <wald/models/gnuplot.h>
#include <wald/models/plot_script.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace wald {
namespace {

constexpr std::size_t most_curves = 7;

struct Colours {
  const char *ground, *text, *border, *quiet;
  std::array<const char*, most_curves> curves;
};

// Okabe and Ito's palette, darkened and lightened to a contrast of 3 or more with the ground.
constexpr Colours on_light = {
    "#ffffff",
    "#222222",
    "#444444",
    "#6E6E6E",
    {"#0072B2", "#D55E00", "#00835F", "#B0558F", "#9A6B00", "#2C86BC", "#000000"}};
constexpr Colours on_dark = {
    "#16191D",
    "#E6E6E6",
    "#A8A8A8",
    "#9A9A9A",
    {"#56B4E9", "#FF8F45", "#2FC79B", "#E59ACB", "#F2C14E", "#9DB7FF", "#FFFFFF"}};

const Colours& colours_of(PlotTheme theme) { return theme == PlotTheme::dark ? on_dark : on_light; }

// The last byte of a character, and the first of the next, are told apart by these bits.
bool begins_character(char c) { return (c & 0xC0) != 0x80; }

/// The byte at which the i-th character begins.
std::size_t place_of(const std::string& text, std::size_t i) {
  std::size_t seen = 0;
  for (std::size_t at = 0; at < text.size(); ++at)
    if (begins_character(text[at]) && seen++ == i) return at;
  return text.size();
}

/// 1, 2 or 5 times a power of ten, for six ticks at most.
double tick_step(double span) {
  constexpr double most = 5.5;
  const double power = std::pow(10, std::floor(std::log10(span / most)));
  for (double digit : {1.0, 2.0, 5.0})
    if (span / (digit * power) <= most) return digit * power;
  return 10 * power;
}

}  // namespace

PlotFile::PlotFile(std::string name, PlotTheme ground) : path(std::move(name)), theme(ground) {
  if (!path.ends_with(".svg") && !is_png())
    throw InputError(fmt::format(
        "a plot is SVG or PNG: the file's name must end in .svg or .png, not '{}'", path));
}

std::string CurveStyle::line() const {
  return fmt::format("linewidth {} {} linecolor rgb '{}'", width, dashes, colour);
}

PlotScript::PlotScript(const PlotFile& file, const PlotOptions& options, int width, int height)
    : file_(file) {
  const Colours& colours = colours_of(file.theme);
  add("set encoding utf8\n");
  if (file.is_png())
    add("set terminal pngcairo size {},{} noenhanced font 'Liberation Sans,15' fontscale 2 "
        "linewidth 2 dashlength 2 pointscale 2 background '{}'\n",
        2 * width, 2 * height, colours.ground);
  else
    add("set terminal svg size {},{} noenhanced font 'Helvetica,Arial,sans-serif,15' background "
        "'{}'\n",
        width, height, colours.ground);
  // About as many characters as the plot is wide and high.
  const auto across = static_cast<std::size_t>(width / 13),
             up = static_cast<std::size_t>(height / 11);
  add("set clip two\n"
      "set border 3 linecolor '{0}'\n"
      "set tics nomirror out textcolor '{1}'\n"
      "set style fill transparent solid {2} noborder\n"
      "set key reverse Left samplen 3.6 spacing 1.15 textcolor '{1}'\n"
      "set xlabel {3} textcolor '{1}'\nset ylabel {4} textcolor '{1}'\n",
      colours.border, colours.text, file.theme == PlotTheme::dark ? 0.3 : 0.2,
      gnuplot_quoted(shortened(options.x_label, across)),
      gnuplot_quoted(shortened(options.y_label, up)));
  if (!options.title.empty())
    add("set title {} font ',18' textcolor '{}'\n",
        gnuplot_quoted(shortened(options.title, across * 5 / 6)), colours.text);
}

CurveStyle PlotScript::curve(std::size_t i) const {
  constexpr std::array dashes = {"dashtype solid", "dashtype (14,5)", "dashtype (3,4)",
                                 "dashtype (14,4,3,4)", "dashtype (7,4)"};
  const std::size_t weight = i / dashes.size() % 3;
  return {colours_of(file_.theme).curves[i % most_curves], dashes[i % dashes.size()],
          1.8 + 1.4 * static_cast<double>(weight)};
}

const char* PlotScript::quiet_colour() const { return colours_of(file_.theme).quiet; }
const char* PlotScript::text_colour() const { return colours_of(file_.theme).text; }

std::string PlotScript::quiet_line(const char* dashes, double width) const {
  return CurveStyle{quiet_colour(), dashes, width}.line();
}

void PlotScript::add_data(const std::string& name,
                          std::initializer_list<std::span<const double>> columns) {
  add("${} << EOD\n", name);
  for (std::size_t i = 0; i < columns.begin()->size(); ++i) {
    for (const auto& column : columns)
      if (std::isfinite(column[i]))
        add("{:.14g} ", column[i]);
      else
        add("NaN ");
    add("\n");
  }
  add("EOD\n");
}

void PlotScript::add_line(const std::string& name, std::span<const double> x,
                          std::span<const double> y, const std::string& look,
                          const std::string& label) {
  add_data(name, {x, y});
  add_clause(fmt::format("${} using 1:2 with lines {} {}", name, look, title_clause(label)));
}

void PlotScript::set_range(char axis, double low, double high) {
  const double size = std::max(std::abs(low), std::abs(high));
  // Closer than this is rounding, and gnuplot could not place ticks.
  if (high - low <= 1e-9 * size) {
    const double room = size > 0 ? 0.05 * size : 0.5;
    low -= room;
    high += room;
  }
  add("set {}range [{:.14g}:{:.14g}] noextend\n", axis, low, high);
  const double step = tick_step(high - low);
  const double digits = std::fmax(std::ceil(std::log10(size / step)) + 1, 6);
  const char* before = "";
  add("set {}tics (", axis);
  for (double i = std::ceil(low / step); i * step <= high; ++i) {
    add("{0}'{1:.{2}g}' {1:.14g}", before, i * step + 0.0, static_cast<int>(digits));
    before = ", ";
  }
  add(")\n");
}

void PlotScript::draw() {
  const char* before = "plot ";
  for (const std::string& clause : clauses_) {
    add("{}{}", before, clause);
    before = ", ";
  }
  add("\n");
  run_gnuplot({text_.data(), text_.size()}, file_.path);
}

std::string title_clause(const std::string& label) {
  constexpr std::size_t most = 48;
  return label.empty() ? "notitle" : "title " + gnuplot_quoted(shortened(label, most));
}

double drawn_width(const std::string& text) {
  double width = 0;
  for (char c : text) {
    if (!begins_character(c)) continue;
    const auto first = static_cast<unsigned char>(c);
    const bool is_ideograph = first >= 0xE3;
    width += is_ideograph || std::string_view("MW@%mw").find(c) != std::string_view::npos ? 1.8
             : c >= 'A' && c <= 'Z'                                                       ? 1.3
                                                                                          : 1;
  }
  return width;
}

std::string shortened(const std::string& text, std::size_t most) {
  const auto count = static_cast<std::size_t>(std::ranges::count_if(text, begins_character));
  if (count <= most) return text;
  const std::size_t head = (most - 1) / 2, tail = most - 1 - head;
  return text.substr(0, place_of(text, head)) + "…" + text.substr(place_of(text, count - tail));
}

void check_lines(std::span<const PlotLine> lines) {
  for (const PlotLine& line : lines)
    if (line.x.size() != line.y.size())
      throw InputError(fmt::format("line '{}' has {} x and {} y to plot", line.label, line.x.size(),
                                   line.y.size()));
}

}  // namespace wald
