// How terms become columns of a design matrix: the coding of factors, the names of the columns and
// their numbers. A part of design.cpp.
#pragma once

#include <wald/models/formula.h>
#include <wald/models/levels.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wald {

class Table;
struct Design;

/// The columns of the terms of a model. Factors are told first, then fill() makes the matrix.
class DesignCoding {
 public:
  /// Keeps a reference to `model`.
  explicit DesignCoding(const ModelTerms& model);

  /// The variable at this position is a factor with these levels, reference first, and these codes
  /// of the kept rows.
  void set_factor(std::size_t variable, Factor factor);

  /// Fills names, k and x of a design whose rows are chosen. `intercept`: whether the model's
  /// intercept, if it has one, gets its column.
  void fill(const Table& table, bool intercept, Design& design);

 private:
  // A variable in a term, with an indicator for every level of a factor, or for all but the first.
  struct Part {
    std::size_t variable;
    bool has_all_levels;
  };
  using Parts = std::vector<Part>;

  void code_terms();
  bool has_margin(std::size_t term, std::size_t without) const;
  std::vector<std::string> names_of(const Part& part) const;
  void fill_term(const Table& table, const Parts& parts, std::size_t first, Design& design);
  const std::vector<double>& values_of(std::size_t variable, const Table& table,
                                       const Design& design);

  const ModelTerms& model_;
  std::vector<std::optional<Factor>> factors_;  // by variable; nothing: numbers
  std::vector<std::vector<double>> values_;     // of the variables that are numbers, while needed
  std::vector<std::size_t> uses_;               // by variable, in terms not yet filled
  std::vector<Parts> terms_;
};

}  // namespace wald
