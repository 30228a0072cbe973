// Reference tables of special functions (oracles/special): arguments, and 25 digits of the function
// and its derivatives.
#pragma once

#include <string>
#include <vector>

#include "op_table.h"

namespace wald::testing {

/// One file of the tables and the function that must give its columns.
struct SpecialTable {
  std::string file;  // without .csv
  Builder f;
  std::vector<std::string> arguments;
  /// A column of results: how often it is differentiated by each argument.
  struct Column {
    std::string name;
    std::vector<int> orders;
  };
  std::vector<Column> columns;
  /// Relative, by the order of the derivative; times the condition where that is above 1.
  double tolerance[3] = {1e-14, 1e-12, 1e-10};
  std::string name = file;  // of the test
  /// Derivatives go through numbers that over- or underflow with the value.
  bool goes_through_value = false;
  /// Whether a column is not met at x, and why that is so is said where this is set.
  bool (*exempts)(const std::string& column, const std::vector<double>& x) = nullptr;
};

/// With the columns f, d1, d2.
SpecialTable unary_table(const std::string& file, Tensor (*f)(const Tensor&));
/// With the columns f, fx, fy, fxx, fxy, fyy; `first` and `second` name the arguments.
SpecialTable binary_table(const std::string& file, Tensor (*f)(const Tensor&, const Tensor&),
                          const std::string& first = "x", const std::string& second = "y");

std::vector<SpecialTable> elementary_tables();
std::vector<SpecialTable> special_tables();
std::vector<SpecialTable> incomplete_tables();

}  // namespace wald::testing
