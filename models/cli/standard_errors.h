// `--se` and `--bread`: which covariance the standard errors come from.
#pragma once

#include <string>

#include "fit_command.h"

namespace wald::cli {

/// Adds --se and --bread.
void add_se_options(CLI::App& command, FitArguments& arguments);

/// The column of `cluster:COLUMN`; empty for other texts.
std::string cluster_column(const std::string& se);

/// Replaces the covariance of the fit by the one asked for, and says so in the head and the
/// results. Throws InputError where the model lacks what it takes.
void set_standard_errors(FittedModel& model, const FitDesign& data, const FitArguments& arguments);

}  // namespace wald::cli
