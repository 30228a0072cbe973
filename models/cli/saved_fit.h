// The file of `wald fit --save`: a fit with all that it takes to predict from it, test hypotheses
// about it and start another from it.
#pragma once

#include <string>
#include <vector>

#include <wald/models/design.h>
#include <wald/models/inference.h>

#include "fit_command.h"

namespace wald::cli {

/// A fit as it was saved. Numbers come back to the last bit.
struct SavedFit {
  std::string path;               ///< Of the file, for messages.
  std::string model;              ///< As in `wald fit MODEL`.
  std::string formula, response;  ///< The whole, and its left side.
  std::string weights, se;        ///< Options.
  std::string rows;               ///< A fingerprint of the rows of the data that were used.
  Fit fit;                        ///< Without information and certificate.
  DesignTerms terms;
  bool intercept = true;               ///< As in DesignOptions.
  std::vector<std::string> equations;  ///< As in FittedModel.
  Json settings, saved;                ///< As in FittedModel.
};

/// Throws InputError where the file cannot be written.
void save_fit(const std::string& path, const FittedModel& model, const FitDesign& data,
              const FitArguments& arguments);

/// Throws InputError for a file that cannot be read or holds no such fit.
SavedFit read_saved_fit(const std::string& path);

}  // namespace wald::cli
