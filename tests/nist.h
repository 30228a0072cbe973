// The Statistical Reference Datasets of NIST (https://www.itl.nist.gov/div898/strd/): data,
// certified values, and the measure of agreement with them. Knows no model.
#pragma once

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include "oracles.h"

namespace wald::testing {

/// Numbers that the reference data holds as text.
inline std::vector<double> nist_numbers(const nlohmann::json& list) {
  std::vector<double> out;
  for (const auto& text : list) out.push_back(std::stod(text.get<std::string>()));
  return out;
}

/// The entry of one problem in the index.
inline const nlohmann::json& nist_entry(const std::string& name) {
  static const nlohmann::json index = read_oracle("nist/index.json");
  for (const auto& problem : index.at("problems"))
    if (problem.at("name") == name) return problem;
  throw std::runtime_error("the index of nist has no " + name);
}

/// The columns of a problem's data, in the order of its entry.
inline std::vector<std::vector<double>> nist_columns(const std::string& name) {
  const nlohmann::json& entry = nist_entry(name);
  std::ifstream file(oracle_path("nist/" + entry.at("csv").get<std::string>()));
  std::vector<std::vector<double>> columns(entry.at("columns").size());
  std::string line, cell;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    for (auto& column : columns) {
      std::getline(cells, cell, ',');
      column.push_back(std::stod(cell));
    }
  }
  return columns;
}

/// Digits in which a number agrees with the certified one: minus the logarithm of the relative
/// error, or of the absolute one where 0 is certified, at most 16; -inf for nan.
inline double log_relative_error(double got, double certified) {
  if (got == certified) return 16;
  const double error = std::abs(got - certified) / (certified == 0 ? 1 : std::abs(certified));
  return std::isnan(error) ? -INFINITY : std::min(16.0, -std::log10(error));
}

/// The least of them.
inline double log_relative_error(const std::vector<double>& got,
                                 const std::vector<double>& certified) {
  if (got.size() != certified.size()) return -INFINITY;
  double least = 16;
  for (std::size_t i = 0; i < got.size(); ++i)
    least = std::min(least, log_relative_error(got[i], certified[i]));
  return least;
}

}  // namespace wald::testing
