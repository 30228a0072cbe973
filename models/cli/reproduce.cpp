#include "reproduce.h"

#include <fmt/format.h>

#include <cmath>
#include <iostream>

#include "commands.h"

namespace wald::cli {

bool Figure::is_judged() const { return !std::isnan(exact); }
bool Figure::agrees() const {
  return !is_judged() || std::abs(obtained - exact) <= tolerance * std::abs(exact);
}

namespace {

std::string digits(double x) { return std::isnan(x) ? "" : fmt::format("{:.13g}", x); }

void print(const Reproduction& r) {
  std::cout << r.title << "\n\n";
  std::cout << fmt::format("  {:<44} {:>14} {:>20} {:>20}\n", "", "published", "exact", "obtained");
  for (const Figure& f : r.figures)
    std::cout << fmt::format("  {:<44} {:>14} {:>20} {:>20}  {}\n", f.name, f.published,
                             digits(f.exact), digits(f.obtained),
                             !f.is_judged() ? ""
                             : f.agrees()   ? "ok"
                                            : "DIFFERS");
  std::cout << "\n";
}

Json to_json(const Reproduction& r, bool agrees) {
  Json out;
  out["example"] = r.example;
  out["agrees"] = agrees;
  out["figures"] = Json::array();
  for (const Figure& f : r.figures) {
    Json row{{"figure", f.name}, {"published", f.published}, {"obtained", f.obtained}};
    if (f.is_judged()) {
      row["exact"] = f.exact;
      row["tolerance"] = f.tolerance;
      row["agrees"] = f.agrees();
    }
    out["figures"].push_back(row);
  }
  return out;
}

}  // namespace

void add_reproduce(CLI::App& app, int& exit_code) {
  struct Options {
    std::string example = "all", plot;
    bool json = false;
  };
  auto o = std::make_shared<Options>();
  CLI::App* reproduce = app.add_subcommand(
      "reproduce", "Recompute published examples; exit 1 if a figure differs from the exact one");
  reproduce->add_option("example", o->example, "Which example")
      ->check(CLI::IsMember({"survival", "all"}));
  reproduce->add_option("--plot", o->plot, "Write the example's plot to this SVG file")
      ->type_name("OUT.svg");
  reproduce->add_flag("--json", o->json, "Print one JSON object");
  add_threads_option(*reproduce);
  reproduce->callback([o, &exit_code] {
    const Reproduction r = reproduce_survival(o->plot);
    bool agrees = true;
    for (const Figure& f : r.figures) agrees &= f.agrees();
    if (o->json)
      print_json(to_json(r, agrees));
    else
      print(r);
    exit_code = agrees ? done : not_converged;
  });
}

}  // namespace wald::cli
