// Cox regression against solutions in 220-bit arithmetic, by brute force over small risk sets, and
// its refusals.
#include <wald/engine/error.h>
#include <wald/engine/gradcheck.h>
#include <wald/engine/io/csv.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/models/column_values.h>
#include <wald/models/cox.h>
#include <wald/models/random.h>

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdio>

#include "../oracles.h"

namespace wald {
namespace {

using Json = nlohmann::json;
using Values = std::vector<double>;

double number(const Json& value) {
  return value.is_string() ? std::stod(value.get<std::string>()) : value.get<double>();
}

Tensor column_of(const Table& table, const std::string& name) {
  std::vector<std::size_t> rows(table.rows());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
  return from_vector(number_column(table, name, rows));
}

struct Oracle {
  Json json;
  CoxData data;
  std::vector<std::int64_t> cluster;
};

Oracle read_item(const std::string& item) {
  Oracle o;
  o.json = testing::read_oracle("survival/" + item + ".json");
  const Table table = read_csv(testing::oracle_path("survival/" + item + "_design.csv"));
  std::vector<Tensor> columns;
  o.data.names = o.json.at("covariates").get<std::vector<std::string>>();
  for (const std::string& name : o.data.names) columns.push_back(column_of(table, name));
  o.data.x = stack(columns, 1);
  o.data.time = column_of(table, "time");
  o.data.event = column_of(table, "status");
  if (o.json.at("delayed_entry").get<bool>()) o.data.entry = column_of(table, "start");
  if (!o.json.at("strata").is_null()) o.data.strata = to(column_of(table, "strata"), DType::int64);
  if (!o.json.at("cluster").is_null())
    o.cluster = to(column_of(table, "cluster"), DType::int64).to_vector<std::int64_t>();
  return o;
}

/// The sandwich with the sums of the scores by cluster, or by row.
Values sandwich(const Fit& fit, const LogLikelihood& loglik,
                const std::vector<std::int64_t>& cluster) {
  const auto k = static_cast<std::int64_t>(fit.names.size());
  Tensor scores_by_row = scores(loglik, from_vector(fit.estimate));
  if (!cluster.empty()) {
    std::int64_t count = 0;
    for (std::int64_t c : cluster) count = std::max(count, c + 1);
    scores_by_row = segment_sum(scores_by_row, from_vector(cluster), count);
  }
  const Tensor bread = from_vector(fit.vcov, {k, k});
  const Tensor half = matmul(scores_by_row, bread);
  return matmul(t(half), half).to_vector();
}

/// The largest difference of two matrices in units of the roots of the second's diagonal.
double distance(const Values& matrix, const Json& reference) {
  const std::size_t k = reference.size();
  double most = 0;
  for (std::size_t i = 0; i < k; ++i)
    for (std::size_t j = 0; j < k; ++j)
      most = std::max(most, std::abs(matrix[i * k + j] - number(reference[i][j])) /
                                std::sqrt(number(reference[i][i]) * number(reference[j][j])));
  return most;
}

class CoxOracle : public ::testing::TestWithParam<std::tuple<const char*, Ties>> {};

TEST_P(CoxOracle, IsTheExactSolution) {
  WALD_NEEDS_ORACLE("survival/index.json");
  const auto [item, ties] = GetParam();
  const Oracle o = read_item(item);
  const auto start = std::chrono::steady_clock::now();
  const CoxFit fit = fit_cox(o.data, ties);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const Json &reference = o.json.at("cox").at(name_of(ties)), &hp = reference.at("hp"),
             &r = reference.at("r");
  EXPECT_EQ(fit.status, FitStatus::converged) << fit.message;
  double off = 0;
  for (std::size_t j = 0; j < fit.names.size(); ++j)
    off = std::max(off,
                   std::abs(fit.estimate[j] - number(hp.at("coef")[j])) / number(hp.at("se")[j]));
  const auto relative = [](double x, const Json& y) { return std::abs(x / number(y) - 1); };
  const LogLikelihood loglik = cox_log_likelihood(o.data, ties);
  const double covariance = distance(fit.vcov, hp.at("vcov")),
               robust = distance(sandwich(fit, loglik, {}), r.at("vcov_robust"));
  std::printf("%-16s %-7s %.3f s  b %.0e s.e.  vcov %.0e  loglik %.0e  robust %.0e\n", item,
              name_of(ties), seconds.count(), off, covariance,
              relative(fit.loglik, hp.at("loglik")), robust);
  EXPECT_LE(off, 1e-8);
  EXPECT_LE(covariance, 1e-7);
  EXPECT_LE(relative(fit.loglik, hp.at("loglik")), 1e-10);
  EXPECT_LE(relative(fit.loglik_null, hp.at("loglik_null")), 1e-10);
  EXPECT_LE(relative(fit.score_statistic, hp.at("score_test")), 1e-9);
  EXPECT_LE(relative(fit.wald_statistic(), r.at("wald_test")), 1e-7);
  EXPECT_LE(robust, 1e-7);
  EXPECT_LE(std::abs(sum(loglik(from_vector(fit.estimate))).item() / fit.loglik - 1), 1e-12);
  EXPECT_EQ(fit.events, o.json.at("events").get<double>());
  EXPECT_EQ(fit.n, o.json.at("n").get<std::int64_t>());
  if (!o.cluster.empty()) {
    EXPECT_LE(distance(sandwich(fit, loglik, o.cluster), r.at("vcov_cluster")), 1e-7);
  }
}

INSTANTIATE_TEST_SUITE_P(All, CoxOracle,
                         ::testing::Combine(::testing::Values("aml", "colon", "colon_two_events",
                                                              "flchain", "heart", "kidney", "lung",
                                                              "mgus2", "ovarian", "rotterdam",
                                                              "veteran"),
                                            ::testing::Values(Ties::efron, Ties::breslow)),
                         [](const auto& item) {
                           return std::string(std::get<0>(item.param)) + "_" +
                                  name_of(std::get<1>(item.param));
                         });

}  // namespace
}  // namespace wald
