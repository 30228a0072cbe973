// A sample of covariates, the data of models made of it, and the same on the emulated device.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include <wald/engine/creation.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/random.h>
#include <wald/kernels/gpu/backend.h>
#include <wald/models/categorical.h>
#include <wald/models/conditional_logit.h>
#include <wald/models/cox.h>
#include <wald/models/glm.h>
#include <wald/models/survival.h>

#include "emulated.h"

namespace wald::testing {

inline Tensor there(const Tensor& values) {
  return values.defined() ? to(values, emulated()) : values;
}

inline GlmData there(GlmData data) {
  for (Tensor* column : {&data.x, &data.y, &data.trials, &data.offset, &data.weights})
    *column = there(*column);
  return data;
}
inline SurvivalData there(SurvivalData data) {
  for (Tensor* column :
       {&data.x, &data.time, &data.event, &data.entry, &data.time2, &data.offset, &data.weights})
    *column = there(*column);
  return data;
}
inline CoxData there(CoxData data) {
  for (Tensor* column :
       {&data.x, &data.time, &data.event, &data.entry, &data.weights, &data.offset, &data.strata})
    *column = there(*column);
  return data;
}
inline CategoricalData there(CategoricalData data) {
  for (Tensor* column : {&data.x, &data.y, &data.offset, &data.weights}) *column = there(*column);
  return data;
}
inline ConditionalLogitData there(ConditionalLogitData data) {
  for (Tensor* column : {&data.x, &data.y, &data.strata, &data.offset}) *column = there(*column);
  return data;
}

inline std::uint64_t copies_to_host() {
  return dynamic_cast<const kernels::GpuBackend&>(emulated().backend()).copies_to_host();
}

/// To about ten digits.
inline void expect_same(const std::vector<double>& found, const std::vector<double>& wanted,
                        const std::string& what, double tolerance = 1e-9) {
  ASSERT_EQ(found.size(), wanted.size()) << what;
  for (std::size_t i = 0; i < found.size(); ++i)
    if (std::isfinite(wanted[i]))
      EXPECT_NEAR(found[i], wanted[i], tolerance * std::max(1e-3, std::abs(wanted[i])))
          << what << " " << i;
    else
      EXPECT_EQ(std::isnan(found[i]), std::isnan(wanted[i])) << what << " " << i;
}

inline void expect_same(const Fit& found, const Fit& wanted) {
  EXPECT_EQ(found.status, wanted.status) << found.message;
  EXPECT_NEAR(found.loglik, wanted.loglik, 1e-11 * std::abs(wanted.loglik));
  expect_same(found.estimate, wanted.estimate, "estimate");
  expect_same(found.vcov, wanted.vcov, "vcov");
}

class DeviceFit : public ::testing::Test {
 protected:
  void SetUp() override {
    WALD_NEEDS_EMULATED_DEVICE();
    Generator random(3);
    const DeviceGuard here{Device()};
    const Tensor a = randn({n}, {DType::float64, &random}),
                 b = rand({n}, {DType::float64, &random});
    x = stack({ones({n}), a, b}, 1);
    eta = 0.3 + 0.7 * a - 0.5 * b;
    uniform = rand({n}, {DType::float64, &random});
  }

  GlmData binary() const {
    GlmData data;
    data.x = x;
    data.names = names;
    data.y = to(uniform < sigmoid(eta), DType::float64);
    return data;
  }
  GlmData counts() const {
    GlmData data = binary();
    data.y = floor(exp(eta) * uniform * 3.0);
    return data;
  }
  SurvivalData survival() const {
    SurvivalData data;
    data.x = x;
    data.names = names;
    const Tensor time = -log(uniform) * exp(-eta);
    data.event = to(time < 2.0, DType::float64);
    data.time = minimum(time, 2.0);
    return data;
  }
  /// Of a part of the rows, for emulated scans are slow.
  CoxData cox() const {
    CoxData data;
    const auto some = [](const Tensor& column) { return contiguous(slice(column, 0, 0, few)); };
    data.x = some(slice(x, 1, 1));
    data.names = {"a", "b"};
    data.time = some(ceil(-log(uniform) * exp(-eta) * 10.0));
    data.event = to(data.time < 20.0, DType::float64);
    return data;
  }
  CategoricalData categories() const {
    CategoricalData data;
    data.x = x;
    data.names = names;
    data.levels = {"low", "middle", "high"};
    data.y = to(floor(clamp(uniform + 0.2 * eta, 0.0, 0.999) * 3.0), DType::int64);
    return data;
  }
  ConditionalLogitData strata() const {
    ConditionalLogitData data;
    data.x = slice(x, 1, 1);
    data.names = {"a", "b"};
    data.y = binary().y;
    data.strata = to(floor(to(arange(n), DType::float64) / 5.0), DType::int64);
    return data;
  }

  static constexpr std::int64_t n = 200, few = 40;
  const std::vector<std::string> names = {"(Intercept)", "a", "b"};
  Tensor x, eta, uniform;
};

}  // namespace wald::testing
