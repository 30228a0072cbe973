// --plot and --theme: what is drawn, into which file.
#pragma once

#include <string>
#include <vector>

#include <wald/models/plot.h>

#include "commands.h"

namespace wald::cli {

/// What --plot said: KIND:FILE, profile:PARAMETER:FILE or FILE.
struct PlotRequest {
  std::string kind;
  std::string parameter;  ///< Of profile.
  PlotFile file;
};

struct PlotArguments {
  std::vector<PlotRequest> plots;
  PlotTheme theme = PlotTheme::light;
};

/// Adds both; --plot may be repeated. `kinds` are the plots that the command has, the first of
/// which FILE alone stands for. What it has not is refused while the options are read.
void add_plot_options(CLI::App& command, PlotArguments& arguments,
                      const std::vector<std::string>& kinds);

/// Adds --theme alone.
void add_theme_option(CLI::App& command, PlotTheme& theme);

}  // namespace wald::cli
