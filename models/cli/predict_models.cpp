#include "predict.h"

namespace wald::cli {

const std::vector<PredictModel>& predict_models() {
  static const std::vector<PredictModel> models = {
      {"multinomial", {"probability"}, predict_multinomial},
      {"ols", {"response"}, predict_ols},
      {"ordered", {"probability"}, predict_ordered},
      {"survival", {"quantile", "survival", "hazard"}, predict_survival},
  };
  return models;
}

}  // namespace wald::cli
