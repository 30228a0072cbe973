// Likelihoods of a user's own that have no maximum: none may be called converged, wherever a plain
// of finite numbers ends the search; and maxima close to such plains, which are found.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/inference.h>

namespace wald {
namespace {

using Values = std::vector<double>;
using Names = std::vector<std::string>;

const Tensor& weights() {
  static const Tensor w = tensor({1.0, 2.0, 0.5, 1.5});
  return w;
}

Tensor parameter(const Tensor& b, std::int64_t i) { return select(b, 0, i); }

struct Likelihood {
  const char* about;
  LogLikelihood terms;
  Values start;
  Names names;
  std::string without_end;  // the parameter that runs away
};

std::vector<Likelihood> without_maximum() {
  const Tensor w = weights();
  const auto saturating = [=](const Tensor& x) { return w * (x / sqrt(square(x) + 1.0)); };
  const auto b = parameter;
  return {
      {"exponential approach",
       [=](const Tensor& p) { return -w * exp(-b(p, 0)); },
       {0},
       {"theta"},
       "theta"},
      {"beside a parameter with a maximum",
       [=](const Tensor& p) { return -w * exp(-b(p, 0)) - square(b(p, 1) - w); },
       {0, 0},
       {"theta", "mu"},
       "theta"},
      {"below the rounding of a large sum",
       [=](const Tensor& p) { return -w * exp(-b(p, 0)) - 1e9; },
       {0},
       {"theta"},
       "theta"},
      {"approach by a power",
       [=](const Tensor& p) { return -w / (square(b(p, 0)) + 1.0) - 1e5; },
       {1},
       {"theta"},
       "theta"},
      {"approach whose derivatives cancel",
       [=](const Tensor& p) { return saturating(b(p, 0)) - square(b(p, 1) - w); },
       {0.5, 0},
       {"theta", "mu"},
       "theta"},
      {"slow approach",
       [=](const Tensor& p) { return -w / log(b(p, 0) + 2.0); },
       {1},
       {"theta"},
       "theta"},
      {"a combination",
       [=](const Tensor& p) {
         return -w * exp(-b(p, 0) - 2.0 * b(p, 1)) - square(b(p, 1) - b(p, 0) * 0.5 - w);
       },
       {0, 0},
       {"alpha", "beta"},
       "alpha, beta"},
      {"a variance that is nil",
       [=](const Tensor& p) {
         const Tensor v = 1.0 + exp(b(p, 0));
         return -0.5 * log(v) - 0.5 * square(0.1 * w - b(p, 1)) / v;
       },
       {0, 1},
       {"log(tau2)", "mu"},
       "log(tau2)"},
      {"a hazard that does not change",
       [=](const Tensor& p) {
         const Tensor c = exp(b(p, 1));
         return -w * exp(b(p, 0)) * (-expm1(-c) / c) + (b(p, 0) - c);
       },
       {0, 0},
       {"eta", "log(c)"},
       "log(c)"},
      {"a mixture of a point",
       [=](const Tensor& p) {
         const Tensor y = tensor({0.3, -1.2, 0.8, 2.1, -0.4});
         const Tensor z = (y - b(p, 0)) * exp(-b(p, 1));
         return logaddexp(square(y) * -0.5, square(z) * -0.5 - b(p, 1));
       },
       {0.31, -2},
       {"mu", "log(sigma)"},
       ""},
      {"residuals of 0",
       [=](const Tensor& p) {
         const Tensor z = (2.0 * w + 1.0 - b(p, 0) - b(p, 1) * w) * exp(-b(p, 2));
         return square(z) * -0.5 - b(p, 2);
       },
       {0, 0, 0},
       {"a", "b", "log(sigma)"},
       "log(sigma)"},
  };
}

TEST(NoMaximum, IsRefusedNamingWhatRunsAway) {
  for (const Likelihood& l : without_maximum()) {
    try {
      const Fit fit = maximize(l.terms, l.start, l.names, 4);
      ADD_FAILURE() << l.about << ": " << name_of(fit.status) << " at " << fit.estimate[0];
    } catch (const NotIdentifiedError& error) {
      const std::string message = error.what();
      EXPECT_NE(message.find(l.without_end), message.npos) << l.about << ": " << message;
      for (const std::string& name : l.names) {
        const bool is_named =
            l.without_end.empty() || l.without_end.find(name) != l.without_end.npos;
        EXPECT_TRUE(is_named || message.find(" " + name) == message.npos)
            << l.about << ": " << message;
      }
    }
  }
}

TEST(NoMaximum, OnACurvedRidgeIsNotCalledConverged) {
  const Tensor w = weights();
  const Fit fit = maximize(
      [=](const Tensor& p) {
        const Tensor a = parameter(p, 0);
        return -w * square(a * parameter(p, 1) - 1.0) - exp(-a);
      },
      {1, 1}, {"a", "b"}, 4);
  EXPECT_EQ(fit.status, FitStatus::failed);
}

// The plain beyond is lower by 1e-5 only, or slopes as gently.
TEST(NoMaximum, MaximaBesideAPlainAreFound) {
  const Fit slope =
      maximize([](const Tensor& p) { return -exp(-parameter(p, 0)) - 1e-6 * parameter(p, 0); }, {0},
               {"theta"}, 1);
  EXPECT_EQ(slope.status, FitStatus::converged);
  EXPECT_NEAR(slope.estimate[0], std::log(1e6), 1e-7);
  const Fit hill =
      maximize([](const Tensor& p) { return 1e-5 * exp(-square(parameter(p, 0) - 3.0)) - 1e3; },
               {2.5}, {"theta"}, 1);
  EXPECT_NE(hill.status, FitStatus::failed);
  EXPECT_NEAR(hill.estimate[0], 3, 1e-4);
}

}  // namespace
}  // namespace wald
