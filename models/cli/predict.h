// Predictions from a saved fit for new data. Knows no model: each tells, in its own file, what it
// predicts, and is named in predict_models.cpp.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/models/design.h>

#include "saved_fit.h"

namespace wald::cli {

/// A quantity for each row of the data: inverse(scale(parameters)) with [n] values. Intervals are
/// symmetric on the scale, where estimates are nearer to normal; standard errors, by the delta
/// method, are those of the quantity itself.
struct PredictedQuantity {
  std::string label;  ///< Which one, where there are several: a time, an outcome.
  std::function<Tensor(const Tensor& parameters)> scale;
  std::function<Tensor(const Tensor& on_scale)> inverse{};  ///< Element by element; none: itself.
  Tensor variance{};  ///< Of the scale besides that of the parameters [n]; undefined: 0.
};

struct PredictedQuantities {
  std::string label_name;  ///< Of the column of labels; empty: there is none.
  std::vector<PredictedQuantity> quantities;
};

/// What is wanted. `type` is one of the model's.
struct PredictRequest {
  const SavedFit& fit;
  const Design& design;  ///< Of the new data, its columns those of the fit.
  const Table& table;    ///< The new data, for columns that are not of the design.
  std::string type;
  std::vector<double> at{};  ///< --at

  /// --at as times: at least one, positive. Throws InputError.
  const std::vector<double>& times() const;
  /// --at as probabilities in (0, 1); 0.5 if there are none. Throws InputError.
  std::vector<double> probabilities() const;

  /// x'b + offset of these parameters, of the equation of this number.
  Tensor linear_predictor(const Tensor& parameters, std::size_t equation = 0) const;
};

struct PredictModel {
  const char* model;               ///< As in `wald fit MODEL`.
  std::vector<const char*> types;  ///< Besides "link", the linear predictor; first: default.
  PredictedQuantities (*predict)(const PredictRequest&);
};

/// Of each model that can be predicted from.
const std::vector<PredictModel>& predict_models();

/// The shortest text of a number, for labels.
std::string label_of(double value);

/// One for each model, in its own file.
PredictedQuantities predict_multinomial(const PredictRequest& request);
PredictedQuantities predict_glm(const PredictRequest& request);
PredictedQuantities predict_clogit(const PredictRequest& request);
PredictedQuantities predict_cox(const PredictRequest& request);
PredictedQuantities predict_ols(const PredictRequest& request);
PredictedQuantities predict_pln(const PredictRequest& request);
PredictedQuantities predict_ordered(const PredictRequest& request);
PredictedQuantities predict_survival(const PredictRequest& request);

}  // namespace wald::cli
