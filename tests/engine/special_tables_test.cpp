// Values and derivatives against the reference tables, every row of every file.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>

#include "special_table.h"

namespace wald::testing {

SpecialTable unary_table(const std::string& file, Tensor (*f)(const Tensor&)) {
  return {.file = file,
          .f = [f](const std::vector<Tensor>& in) { return f(in[0]); },
          .arguments = {"x"},
          .columns = {{"f", {0}}, {"d1", {1}}, {"d2", {2}}}};
}

SpecialTable binary_table(const std::string& file, Tensor (*f)(const Tensor&, const Tensor&),
                          const std::string& first, const std::string& second) {
  return {.file = file,
          .f = [f](const std::vector<Tensor>& in) { return f(in[0], in[1]); },
          .arguments = {first, second},
          .columns = {{"f", {0, 0}},
                      {"f" + first, {1, 0}},
                      {"f" + second, {0, 1}},
                      {"f" + first + first, {2, 0}},
                      {"f" + first + second, {1, 1}},
                      {"f" + second + second, {0, 2}}}};
}

namespace {

const std::string folder = std::string(WALD_SOURCE_DIR) + "/../shared/oracles/special/";

using Row = std::map<std::string, std::string>;

std::vector<Row> read(const std::string& file) {
  std::ifstream in(folder + file + ".csv");
  std::string line, cell;
  std::vector<std::string> names;
  std::vector<Row> rows;
  while (std::getline(in, line)) {
    std::stringstream cells(line);
    std::vector<std::string> found;
    while (std::getline(cells, cell, ',')) found.push_back(cell);
    if (names.empty()) {
      names = found;
      continue;
    }
    Row row;
    for (std::size_t i = 0; i < names.size(); ++i) row[names[i]] = found.at(i);
    rows.push_back(row);
  }
  return rows;
}

double number(const Row& row, const std::string& column) {
  return std::strtod(row.at(column).c_str(), nullptr);
}

/// The derivative of f at scalars x, taken as often as `orders` says.
double derivative(const Builder& f, const std::vector<double>& at, const std::vector<int>& orders) {
  std::vector<Tensor> x;
  for (double value : at) x.push_back(tensor(value).requires_grad_());
  Tensor y = f(x);
  for (std::size_t i = 0; i < x.size(); ++i)
    for (int order = 0; order < orders[i]; ++order) {
      if (!y.requires_grad()) return 0;
      y = grad(y, x[i], {.create_graph = true, .allow_unused = true});
      if (!y.defined()) return 0;
    }
  return y.item();
}

class EachSpecialTable : public ::testing::TestWithParam<SpecialTable> {};

TEST_P(EachSpecialTable, GivesItsColumns) {
  const SpecialTable& table = GetParam();
  if (!std::filesystem::exists(folder))
    GTEST_SKIP() << "no reference data (../shared/oracles/special)";
  const std::vector<Row> rows = read(table.file);
  ASSERT_GT(rows.size(), 10u);
  for (const Row& row : rows) {
    std::vector<double> x;
    std::string where = row.at("regime") + ":";
    for (const std::string& name : table.arguments) {
      x.push_back(std::strtod(row.at(name + "_hex").c_str(), nullptr));
      where += " " + name + " = " + row.at(name);
    }
    // How much a relative change of an argument moves what has been differentiated `orders` times.
    std::map<std::vector<int>, double> known;
    for (const auto& column : table.columns) known[column.orders] = number(row, column.name);
    auto condition = [&](std::vector<int> orders) {
      const double value = known[orders];
      double total = 1;
      for (std::size_t i = 0; i < x.size(); ++i) {
        ++orders[i];
        const auto next = known.find(orders);
        if (next != known.end() && value != 0 && std::isfinite(next->second / value))
          total += std::fabs(x[i] * (next->second / value));
        --orders[i];
      }
      return total;
    };
    for (const auto& column : table.columns) {
      const double wanted = number(row, column.name);
      if (std::isnan(wanted)) continue;
      if (table.exempts && table.exempts(column.name, x)) continue;
      const double got = derivative(table.f, x, column.orders);
      int order = 0;
      for (int by : column.orders) order += by;
      double scale = condition(column.orders);
      for (std::size_t i = 0; i < x.size(); ++i) {  // of second derivatives: as their first ones
        if (order < 2 || column.orders[i] == 0) continue;
        std::vector<int> lower = column.orders;
        --lower[i];
        scale = std::max(scale, condition(lower));
      }
      if (got == wanted) continue;
      double relative = table.tolerance[order] * scale;
      if (table.goes_through_value && order > 0) {
        // A subnormal value has few digits to hand on, and one that overflowed none.
        const double value = number(row, "f");
        if (std::isinf(value) && std::isinf(got) && std::signbit(got) == std::signbit(wanted))
          continue;
        if (value != 0) relative += std::min(1.0, 5e-324 / std::fabs(value));
      }
      const double allowed = std::max(relative * std::fabs(wanted), 5e-324 * (order + 4));
      EXPECT_LE(std::fabs(got - wanted), allowed)
          << table.name << ", " << column.name << " at " << where << ": " << got << " for "
          << row.at(column.name) << ", relative error " << std::fabs(got / wanted - 1)
          << ", condition " << scale;
    }
  }
}

std::vector<SpecialTable> all_tables() {
  std::vector<SpecialTable> all = elementary_tables();
  for (auto& more : {special_tables(), incomplete_tables()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

INSTANTIATE_TEST_SUITE_P(Oracle, EachSpecialTable, ::testing::ValuesIn(all_tables()),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace wald::testing
