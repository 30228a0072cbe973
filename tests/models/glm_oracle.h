// The generalized linear fits of the reference data: designs as tensors, and the exact solutions.
// Knows no model.
#pragma once

#include <wald/engine/ops/ops.h>
#include <wald/engine/tensor.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "../oracles.h"

namespace wald::testing {

/// A fit of `glm/<item>.json` with the columns of its design.
struct GlmOracle {
  nlohmann::json fit;
  std::vector<std::string> header;
  std::vector<std::vector<double>> columns;

  bool has(const std::string& name) const {
    return std::find(header.begin(), header.end(), name) != header.end();
  }
  Tensor column(const std::string& name) const {
    const auto at = std::find(header.begin(), header.end(), name) - header.begin();
    return from_vector(columns.at(static_cast<std::size_t>(at)));
  }
  std::vector<std::string> names() const {
    return fit.at("columns").get<std::vector<std::string>>();
  }
  Tensor x() const {
    std::vector<Tensor> all;
    for (const std::string& name : names()) all.push_back(column(name));
    return stack(all, 1);
  }
};

/// Numbers written as texts, a list or a list of rows.
inline std::vector<double> exact_numbers(const nlohmann::json& list) {
  std::vector<double> out;
  for (const auto& element : list) {
    if (element.is_array())
      for (double v : exact_numbers(element)) out.push_back(v);
    else
      out.push_back(element.is_string() ? std::stod(element.get<std::string>())
                                        : element.get<double>());
  }
  return out;
}

inline GlmOracle read_glm_oracle(const std::string& item, const std::string& name) {
  GlmOracle oracle;
  oracle.fit = read_oracle("glm/" + item + ".json").at("fits").at(name);
  std::ifstream file(oracle_path("glm/" + oracle.fit.at("design_csv").get<std::string>()));
  std::string line, cell;
  std::getline(file, line);
  for (std::istringstream cells(line); std::getline(cells, cell, ',');)
    oracle.header.push_back(cell);
  oracle.columns.resize(oracle.header.size());
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    for (auto& column : oracle.columns) {
      std::getline(cells, cell, ',');
      column.push_back(std::stod(cell));
    }
  }
  return oracle;
}

}  // namespace wald::testing
