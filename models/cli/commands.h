// The commands of the program wald. Each adds itself to the parser; when it is chosen, its callback
// runs it and sets the exit code.
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace wald::cli {

using Json = nlohmann::ordered_json;

/// Exit codes of the program's contract.
enum ExitCode : int {
  done = 0,
  not_converged = 1,  // or a reproduced number differs
  bad_input = 2,
  not_identified = 3,
  data_needed = 4,
};

void add_reproduce(CLI::App& app, int& exit_code);
void add_fit(CLI::App& app, int& exit_code);
void add_predict(CLI::App& app, int& exit_code);
void add_test(CLI::App& app, int& exit_code);
void add_table(CLI::App& app, int& exit_code);
void add_km(CLI::App& app, int& exit_code);
void add_simulate(CLI::App& app, int& exit_code);
void add_info(CLI::App& app, int& exit_code);
void add_selftest(CLI::App& app, int& exit_code);

/// Under `wald fit`, one for each model; glm: logistic, poisson, negbin, gamma.
void add_fit_survival(CLI::App& fit, int& exit_code);
void add_fit_cox(CLI::App& fit, int& exit_code);
void add_fit_ols(CLI::App& fit, int& exit_code);
void add_fit_glm(CLI::App& fit, int& exit_code);
void add_fit_ordered(CLI::App& fit, int& exit_code);
void add_fit_multinomial(CLI::App& fit, int& exit_code);
void add_fit_clogit(CLI::App& fit, int& exit_code);
void add_fit_pln(CLI::App& fit, int& exit_code);

/// Likewise under `wald simulate`.
void add_simulate_survival(CLI::App& simulate, int& exit_code);
void add_simulate_cox(CLI::App& simulate, int& exit_code);
void add_simulate_glm(CLI::App& simulate, int& exit_code);
void add_simulate_ordered(CLI::App& simulate, int& exit_code);
void add_simulate_multinomial(CLI::App& simulate, int& exit_code);
void add_simulate_clogit(CLI::App& simulate, int& exit_code);
void add_simulate_pln(CLI::App& simulate, int& exit_code);

/// Adds --threads, which holds for the whole run.
void add_threads_option(CLI::App& command);

/// Accepts a finite number above 0 (CLI11's own names the whole range of double in its message).
std::string require_positive(const std::string& text);

/// Says on standard error how many rows were left out, if any.
void report_dropped(std::size_t dropped);

/// Writes a text file. Throws InputError where it cannot be written to its end.
void write_file(const std::string& path, const std::string& text);
/// The same, or to standard output where `path` is empty.
void write_output(const std::string& path, const std::string& text);

/// Writes one JSON object to standard output. NaN and infinities become null.
void print_json(const Json& object);

}  // namespace wald::cli
