#include "predict.h"

namespace wald::cli {

const std::vector<PredictModel>& predict_models() {
  static const std::vector<PredictModel> models = {
      {"clogit", {"odds"}, predict_clogit},
      {"cox", {"survival", "cumhaz", "risk"}, predict_cox},
      {"ols", {"response"}, predict_ols},
      {"pln", {"response"}, predict_pln},
      {"logistic", {"response"}, predict_glm},
      {"poisson", {"response"}, predict_glm},
      {"negbin", {"response"}, predict_glm},
      {"gamma", {"response"}, predict_glm},
      {"survival", {"quantile", "survival", "hazard", "cumulative-hazard"}, predict_survival},
  };
  return models;
}

}  // namespace wald::cli
