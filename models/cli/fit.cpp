// wald fit: the models that it fits.
#include "commands.h"

namespace wald::cli {

void add_fit(CLI::App& app, int& exit_code) {
  CLI::App* fit = app.add_subcommand("fit", "Fit a model to a CSV file");
  fit->require_subcommand(1);
  add_fit_survival(*fit, exit_code);
  add_fit_cox(*fit, exit_code);
  add_fit_ols(*fit, exit_code);
  add_fit_glm(*fit, exit_code);
  add_fit_ordered(*fit, exit_code);
  add_fit_multinomial(*fit, exit_code);
  add_fit_clogit(*fit, exit_code);
  add_fit_pln(*fit, exit_code);
}

}  // namespace wald::cli
