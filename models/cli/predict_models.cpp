#include "predict.h"

namespace wald::cli {

const std::vector<PredictModel>& predict_models() {
  static const std::vector<PredictModel> models = {
      {"clogit", {"odds"}, predict_clogit},
      {"cox", {"survival", "cumhaz", "risk"}, predict_cox},
      {"multinomial", {"probability"}, predict_multinomial},
      {"ols", {"response"}, predict_ols},
      {"ordered", {"probability"}, predict_ordered},
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
