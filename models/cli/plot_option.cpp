#include "plot_option.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include <wald/engine/error.h>

namespace wald::cli {
namespace {

/// What the file is like is known before a fit that may take long.
PlotFile checked_file(const std::string& path) {
  PlotFile file(path);
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder))
    throw InputError(
        fmt::format("{} cannot be written: there is no folder {}", path, folder.string()));
  return file;
}

PlotRequest plot_request(const std::string& text, const std::vector<std::string>& kinds,
                         const std::string& command) {
  const auto colon = text.find(':');
  if (colon == text.npos) return {kinds[0], "", checked_file(text)};
  const std::string kind = text.substr(0, colon), rest = text.substr(colon + 1);
  if (std::ranges::find(kinds, kind) == kinds.end())
    throw InputError(fmt::format("--plot '{}': {} has no plot '{}', only {}", text, command, kind,
                                 fmt::join(kinds, ", ")));
  if (kind != "profile") return {kind, "", checked_file(rest)};
  // Names such as age:sex have colons.
  const auto last = rest.rfind(':');
  if (last == rest.npos || last == 0)
    throw InputError(fmt::format("--plot '{}': expected profile:PARAMETER:FILE", text));
  return {kind, rest.substr(0, last), checked_file(rest.substr(last + 1))};
}

std::string help_of(const std::vector<std::string>& kinds) {
  std::vector<std::string> forms;
  for (const std::string& kind : kinds)
    forms.push_back(kind == "profile" ? "profile:PARAMETER" : kind);
  return fmt::format("Draw into this SVG or PNG file: {}; FILE alone is of {}; may be repeated",
                     fmt::join(forms, ", "), kinds[0]);
}

}  // namespace

void add_plot_options(CLI::App& command, PlotArguments& o, const std::vector<std::string>& kinds) {
  command
      .add_option_function<std::vector<std::string>>(
          "--plot",
          [&o, kinds, name = command.get_name()](const std::vector<std::string>& texts) {
            for (const std::string& text : texts)
              o.plots.push_back(plot_request(text, kinds, name));
          },
          help_of(kinds))
      ->type_name("[KIND:]FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add_theme_option(command, o.theme);
}

void add_theme_option(CLI::App& command, PlotTheme& theme) {
  command
      .add_option_function<std::string>(
          "--theme",
          [&theme](const std::string& name) {
            theme = name == "dark" ? PlotTheme::dark : PlotTheme::light;
          },
          "The ground of plots")
      ->check(CLI::IsMember({"light", "dark"}));
}

}  // namespace wald::cli
