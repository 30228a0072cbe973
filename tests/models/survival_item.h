// Survival data of the reference data, as a Cox regression takes them, with the solutions.
#pragma once

#include <wald/engine/io/csv.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/column_values.h>
#include <wald/models/cox.h>

#include <cstdint>
#include <string>
#include <vector>

#include "../oracles.h"

namespace wald::testing {

/// A number, also one that is written as text.
inline double number(const nlohmann::json& value) {
  return value.is_string() ? std::stod(value.get<std::string>()) : value.get<double>();
}

inline Tensor column_of(const Table& table, const std::string& name) {
  std::vector<std::size_t> rows(table.rows());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
  return from_vector(number_column(table, name, rows));
}

/// One of shared/oracles/survival.
struct SurvivalItem {
  nlohmann::json json;
  CoxData data;
  std::vector<std::int64_t> cluster;
};

inline SurvivalItem read_item(const std::string& item) {
  SurvivalItem o;
  o.json = read_oracle("survival/" + item + ".json");
  const Table table = read_csv(oracle_path("survival/" + item + "_design.csv"));
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

}  // namespace wald::testing
