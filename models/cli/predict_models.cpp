#include "predict.h"

namespace wald::cli {

const std::vector<PredictModel>& predict_models() {
  static const std::vector<PredictModel> models = {
      {"clogit", {"odds"}, predict_clogit},
      {"cox", {"survival", "cumhaz", "risk"}, predict_cox},
      {"ols", {"response"}, predict_ols},
      {"survival", {"quantile", "survival", "hazard"}, predict_survival},
  };
  return models;
}

}  // namespace wald::cli
