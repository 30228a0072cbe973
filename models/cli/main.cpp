// The program wald: parses the command line and turns exceptions into exit codes.
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <new>
#include <optional>

#include <wald/engine/device.h>
#include <wald/engine/error.h>
#include <wald/engine/io/number.h>
#include <wald/kernels/cpu/openblas.h>
#include <wald/kernels/cpu/parallel.h>

#include "commands.h"

namespace wald::cli {

void add_threads_option(CLI::App& command) {
  command
      .add_option_function<int>(
          "--threads", [](int n) { set_num_threads(n); },
          "Number of threads (default: all processors)")
      ->check(require_positive)
      ->type_name("N");
}

std::string require_positive(const std::string& text) {
  const auto value = parse_number(text);
  return value && *value > 0 ? "" : fmt::format("'{}' is not a number above 0", text);
}

void report_dropped(std::size_t dropped) {
  if (dropped > 0)
    std::cerr << fmt::format("wald: {} row{} with missing values left out\n", dropped,
                             dropped == 1 ? "" : "s");
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw InputError(fmt::format("{} cannot be written: {}", path, std::strerror(errno)));
}

void write_output(const std::string& path, const std::string& text) {
  if (path.empty())
    std::cout << text;
  else
    write_file(path, text);
}

// A file need not be UTF-8, JSON must.
void print_json(const Json& object) {
  std::cout << object.dump(2, ' ', false, Json::error_handler_t::replace) << std::endl;
}

namespace {

/// CLI11 says only that a command is missing where there is one that it does not know.
std::string complaint(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> rest = app.remaining(true);
  if (error.get_name() == "RequiredError" && !rest.empty())
    return fmt::format("there is no '{}' here", rest[0]);
  return error.what();
}

/// --device, which is the default device of the whole run, for each command below this one.
void add_device_option(CLI::App& command) {
  const auto below = command.get_subcommands([](const CLI::App*) { return true; });
  for (CLI::App* one : below) add_device_option(*one);
  const bool computes = command.get_name() != "info" && command.get_name() != "table";
  if (!below.empty() || !computes) return;
  command
      .add_option_function<std::string>(
          "--device",
          [](const std::string& name) {
            static std::optional<DeviceGuard> whole_run;
            whole_run.emplace(Device(name));
          },
          "Device that computes, as `wald info` names it (default: $WALD_DEVICE, or cpu)")
      ->type_name("DEVICE");
}

int run(int argc, char** argv) {
  CLI::App app("wald: maximum likelihood with exact derivatives", "wald");
  app.set_version_flag("--version", std::string("wald ") + WALD_VERSION);
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default();
  int exit_code = done;
  add_reproduce(app, exit_code);
  add_fit(app, exit_code);
  add_predict(app, exit_code);
  add_test(app, exit_code);

  add_table(app, exit_code);
  add_km(app, exit_code);
  add_simulate(app, exit_code);
  add_info(app, exit_code);
  add_selftest(app, exit_code);
  add_device_option(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) {
      std::cerr << "wald: " << complaint(app, error) << " (--help lists what there is)\n";
      return bad_input;
    }
    app.exit(error);  // prints the help
  }
  std::cout.flush();
  if (!std::cout) {
    std::cerr << "wald: standard output could not be written\n";
    return bad_input;
  }
  return exit_code;
}

}  // namespace
}  // namespace wald::cli

int main(int argc, char** argv) {
  using namespace wald;
  if (!kernels::openblas_uses_openmp())
    std::cerr << "wald: warning: this OpenBLAS is not the OpenMP build, its threads will compete "
                 "with ours: "
              << kernels::openblas_description() << "\n";
  try {
    return cli::run(argc, argv);
  } catch (const NotIdentifiedError& error) {
    std::cerr << "wald: " << error.what() << "\n";
    return cli::not_identified;
  } catch (const Error& error) {
    std::cerr << "wald: " << error.what() << "\n";
    return cli::bad_input;
  } catch (const std::bad_alloc&) {
    std::cerr << "wald: out of memory\n";
    return cli::bad_input;
  } catch (const std::exception& error) {
    std::cerr << "wald: " << error.what() << "\n";
    return cli::bad_input;
  }
}
