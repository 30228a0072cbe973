// wald table: saved fits beside each other, for publication.
#include <fmt/format.h>

#include <wald/engine/error.h>
#include <wald/models/regression_table.h>

#include "saved_fit.h"

namespace wald::cli {
namespace {

struct TableCommand {
  std::vector<std::string> fits, titles;
  std::string format = "markdown", out;
  double level = 0.95;
  bool no_stars = false;
  TableOptions options;
};

/// What the standard errors of the fits are, for the note below the table; empty: the usual ones.
std::string kinds_of(const std::vector<SavedFit>& fits) {
  std::vector<std::string> kinds;
  for (const SavedFit& fit : fits)
    if (std::ranges::find(kinds, fit.se) == kinds.end()) kinds.push_back(fit.se);
  if (kinds.size() == 1 && kinds[0] == "information") return "";
  return fmt::format("{}", fmt::join(kinds, ", "));
}

int run_table(const TableCommand& o) {
  if (!o.titles.empty() && o.titles.size() != o.fits.size())
    throw InputError(
        fmt::format("--titles: {} titles for {} fits", o.titles.size(), o.fits.size()));
  std::vector<SavedFit> fits;
  std::vector<TableModel> models;
  for (std::size_t i = 0; i < o.fits.size(); ++i) {
    SavedFit saved = read_saved_fit(o.fits[i]);
    models.push_back(table_model(saved.fit, o.titles.empty() ? "" : o.titles[i], o.level));
    fits.push_back(std::move(saved));
  }
  TableOptions options = o.options;
  options.format = table_format_named(o.format);
  options.stars = !o.no_stars;
  options.std_errors = kinds_of(fits);
  write_output(o.out, regression_table(models, options));
  return done;
}

}  // namespace

void add_table(CLI::App& app, int& exit_code) {
  auto o = std::make_shared<TableCommand>();
  CLI::App* command =
      app.add_subcommand("table", "Saved fits beside each other as LaTeX, Markdown or CSV");
  command->add_option("FITS", o->fits, "Files of wald fit --save")
      ->required()
      ->type_name("FIT.json ...");
  command->add_option("--format", o->format, "How to write the table")
      ->check(CLI::IsMember({"latex", "markdown", "csv"}));
  command->add_option("--titles", o->titles, "Of the columns (default: their numbers)")
      ->delimiter(',')
      ->type_name("A,B,...");
  command->add_option("--decimals", o->options.decimals, "At least so many")
      ->check(CLI::Range(0, 12));
  command->add_flag("--no-stars", o->no_stars, "Leave out the stars of significance");
  command->add_option("--caption", o->options.caption, "Caption of a LaTeX table");
  command->add_option("--label", o->options.label, "Label of a LaTeX table");
  command->add_option("--level", o->level, "Level of the confidence intervals of CSV")
      ->check(CLI::Range(0.5, 0.9999));
  command->add_option("--out", o->out, "File to write (default: standard output)")
      ->type_name("FILE");
  command->callback([o, &exit_code] { exit_code = run_table(*o); });
}

}  // namespace wald::cli
