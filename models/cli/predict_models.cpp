#include "predict.h"

namespace wald::cli {

const std::vector<PredictModel>& predict_models() {
  static const std::vector<PredictModel> models = {
      {"ols", {"response"}, predict_ols},
      {"survival", {"quantile", "survival", "hazard", "cumulative-hazard"}, predict_survival},
  };
  return models;
}

}  // namespace wald::cli
