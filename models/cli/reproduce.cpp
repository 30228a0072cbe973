#include "reproduce.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>
#include <utility>

#include "commands.h"
#include "plot_option.h"
#include "progress.h"

namespace wald::cli {

bool Figure::is_judged() const { return is_text || !std::isnan(exact); }
bool Figure::agrees() const {
  if (is_text) return obtained_text == exact_text;
  return !is_judged() || std::abs(obtained - exact) <= tolerance * std::abs(exact);
}

Figure text_figure(std::string name, std::string published, std::string exact,
                   std::string obtained) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  return {std::move(name),  std::move(published), none, none, 0, true,
          std::move(exact), std::move(obtained)};
}

namespace {

struct Reproduce {
  std::string example = "all", plot, data;
  PlotTheme theme = PlotTheme::light;
  bool json = false;

  /// The plot asked for, if it is this example's.
  std::optional<PlotFile> plot_of(const char* name) const {
    const bool is_its = example == name || (example == "all" && name == std::string("survival"));
    if (plot.empty() || !is_its) return std::nullopt;
    return PlotFile(plot, theme);
  }
};

struct Example {
  const char* name;
  bool needs_data;
  Reproduction (*run)(const Reproduce& o);
};
const Example examples[] = {
    {"survival", false,
     [](const Reproduce& o) { return reproduce_survival(o.plot_of("survival")); }},
    {"logistic", false,
     [](const Reproduce& o) { return reproduce_logistic(o.plot_of("logistic")); }},
    {"regression", false, [](const Reproduce&) { return reproduce_regression(); }},
    {"graph", false, [](const Reproduce&) { return reproduce_graph(); }},
    {"function", false, [](const Reproduce&) { return reproduce_function(); }},
    {"nn", false, [](const Reproduce&) { return reproduce_nn(); }},
    {"pln", true, [](const Reproduce& o) { return reproduce_pln(o.data, o.plot_of("pln")); }},
};

bool agrees(const Reproduction& r) {
  return std::all_of(r.figures.begin(), r.figures.end(),
                     [](const Figure& f) { return f.agrees(); });
}

std::string digits(double x) { return std::isnan(x) ? "" : fmt::format("{:.13g}", x); }
const char* verdict(const Figure& f) { return !f.is_judged() ? "" : f.agrees() ? "ok" : "DIFFERS"; }

/// One line of the table, its texts in the columns.
void print_row(const std::string& name, const std::string& published, const std::string& exact,
               const std::string& obtained, const char* judgement) {
  std::cout << fmt::format("  {:<44} {:>14} {:>20} {:>20}  {}\n", name, published, exact, obtained,
                           judgement);
}

bool fits(const std::string& text, std::size_t width) {
  return text.size() <= width && text.find('\n') == text.npos;
}

/// A text too long for the columns goes below, its lines one under the other.
void print_text(const Figure& f) {
  if (fits(f.published, 14) && fits(f.exact_text, 20) && fits(f.obtained_text, 20))
    return print_row(f.name, f.published, f.exact_text, f.obtained_text, verdict(f));
  print_row(f.name, "", "", "", verdict(f));
  auto block = [](const char* what, std::string text) {
    while (text.ends_with('\n')) text.pop_back();
    std::string out = fmt::format("    {:<11}", what);
    for (char c : text) out += c == '\n' ? "\n" + std::string(15, ' ') : std::string(1, c);
    std::cout << out << "\n";
  };
  if (!f.published.empty()) block("published", f.published);
  if (!f.agrees()) block("exact", f.exact_text);
  block("obtained", f.obtained_text);
}

void print(const Reproduction& r) {
  std::cout << r.title << "\n\n";
  print_row("", "published", "exact", "obtained", "");
  for (const Figure& f : r.figures)
    f.is_text ? print_text(f)
              : print_row(f.name, f.published, digits(f.exact), digits(f.obtained), verdict(f));
  std::cout << "\n";
}

Json to_json(const Reproduction& r) {
  Json out;
  out["example"] = r.example;
  out["agrees"] = agrees(r);
  out["figures"] = Json::array();
  for (const Figure& f : r.figures) {
    Json row{{"figure", f.name}, {"published", f.published}};
    if (f.is_text) {
      row["obtained"] = f.obtained_text;
      row["exact"] = f.exact_text;
    } else {
      row["obtained"] = f.obtained;
      if (f.is_judged()) row["exact"] = f.exact, row["tolerance"] = f.tolerance;
    }
    if (f.is_judged()) row["agrees"] = f.agrees();
    out["figures"].push_back(row);
  }
  return out;
}

/// Runs one and prints it, or keeps its row. The exit code.
ExitCode run_example(const Example& example, const Reproduce& o, Json& rows) {
  if (example.needs_data && o.data.empty()) {
    const char* why = "not run: it needs --data, the folder of its data";
    if (o.json)
      rows.push_back({{"example", example.name}, {"not_run", why}});
    else
      std::cout << example.name << " " << why << "\n\n";
    // What was not asked for by name is not missed.
    return o.example == example.name ? data_needed : done;
  }
  const Reproduction r = [&] {
    const Progress progress(std::string("reproducing ") + example.name);
    return example.run(o);
  }();
  if (o.json)
    rows.push_back(to_json(r));
  else
    print(r);
  return agrees(r) ? done : not_converged;
}

ExitCode run_reproduce(const Reproduce& o) {
  ExitCode worst = done;
  Json rows = Json::array();
  for (const Example& example : examples)
    if (o.example == "all" || o.example == example.name)
      worst = std::max(worst, run_example(example, o, rows));
  if (o.json)
    print_json(o.example == "all" ? Json{{"agrees", worst == done}, {"examples", rows}} : rows[0]);
  return worst;
}

}  // namespace

void add_reproduce(CLI::App& app, int& exit_code) {
  auto o = std::make_shared<Reproduce>();
  std::vector<std::string> names = {"all"};
  for (const Example& example : examples) names.push_back(example.name);
  CLI::App* reproduce = app.add_subcommand(
      "reproduce", "Recompute published examples; exit 1 if a figure differs from the exact one");
  reproduce->add_option("example", o->example, "Which example")->check(CLI::IsMember(names));
  reproduce
      ->add_option(
          "--plot", o->plot,
          "Write the plot of survival, logistic or pln to this SVG or PNG file; survival's of all")
      ->each([](const std::string& path) { PlotFile{path}; })
      ->type_name("OUT.svg");
  add_theme_option(*reproduce, o->theme);
  reproduce
      ->add_option("--data", o->data,
                   "Folder with oaks_abundance.csv and oaks_offset.csv, which pln needs")
      ->type_name("DIR");
  reproduce->add_flag("--json", o->json, "Print one JSON object");
  add_threads_option(*reproduce);
  reproduce->callback([o, &exit_code] { exit_code = run_reproduce(*o); });
}

}  // namespace wald::cli
