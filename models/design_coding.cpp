// Follows R's terms.formula() and model.matrix() in which factors are coded in full.
#include <wald/engine/creation.h>
#include <wald/engine/ops/shape.h>
#include <wald/models/column_values.h>
#include <wald/models/design.h>
#include <wald/models/design_coding.h>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace wald {

DesignCoding::DesignCoding(const ModelTerms& model)
    : model_(model),
      factors_(model.variables.size()),
      values_(model.variables.size()),
      uses_(model.variables.size()) {}

void DesignCoding::set_factor(std::size_t variable, Factor factor) {
  factors_[variable] = std::move(factor);
}

// Whether the term without one of its variables is empty or part of an earlier term. Then that
// variable's first level is there already.
bool DesignCoding::has_margin(std::size_t term, std::size_t without) const {
  Term margin = model_.terms[term];
  std::erase(margin, without);
  if (margin.empty()) return true;
  return std::any_of(model_.terms.begin(), model_.terms.begin() + static_cast<std::ptrdiff_t>(term),
                     [&](const Term& earlier) { return std::ranges::includes(earlier, margin); });
}

void DesignCoding::code_terms() {
  terms_.clear();
  for (std::size_t t = 0; t < model_.terms.size(); ++t) {
    Parts& parts = terms_.emplace_back();
    for (std::size_t variable : model_.terms[t]) {
      const bool has_all_levels = factors_[variable] && !has_margin(t, variable);
      parts.push_back({variable, has_all_levels});
      ++uses_[variable];
    }
  }
  if (model_.intercept) return;
  // The first factor of all stands in for the intercept.
  for (Parts& parts : terms_) {
    for (Part& part : parts) {
      if (!factors_[part.variable]) continue;
      part.has_all_levels = true;
      return;
    }
  }
}

std::vector<std::string> DesignCoding::names_of(const Part& part) const {
  const Expression& variable = model_.variables[part.variable];
  const auto& factor = factors_[part.variable];
  if (!factor)
    return {variable.kind == Expression::Kind::name ? variable.name : to_string(variable)};
  std::vector<std::string> names;
  for (std::size_t level = part.has_all_levels ? 0 : 1; level < factor->levels.size(); ++level)
    names.push_back(fmt::format("C({}){}", variable.arguments[0].name, factor->levels[level]));
  return names;
}

const std::vector<double>& DesignCoding::values_of(std::size_t variable, const Table& table,
                                                   const Design& design) {
  if (values_[variable].empty())
    values_[variable] = evaluate(model_.variables[variable], table, design.rows);
  return values_[variable];
}

// Each row has at most one column of a term that is not 0: that of its levels, which holds the
// product of its numbers.
void DesignCoding::fill_term(const Table& table, const Parts& parts, std::size_t first,
                             Design& design) {
  double* const x = design.x.mutable_data<double>();
  std::vector<std::size_t> columns(design.n, first);
  std::vector<double> products(design.n, 1.0);
  std::size_t stride = 1;  // the levels of the first factor vary fastest
  for (const Part& part : parts) {
    if (const auto& factor = factors_[part.variable]) {
      const std::size_t missing = part.has_all_levels ? 0 : 1;
      for (std::size_t i = 0; i < design.n; ++i) {
        if (factor->codes[i] < missing)
          products[i] = 0;
        else
          columns[i] += stride * (factor->codes[i] - missing);
      }
      stride *= factor->levels.size() - missing;
    } else {
      const std::vector<double>& values = values_of(part.variable, table, design);
      for (std::size_t i = 0; i < design.n; ++i) products[i] *= values[i];
    }
    if (--uses_[part.variable] == 0) values_[part.variable] = {};
  }
  for (std::size_t i = 0; i < design.n; ++i)
    if (products[i] != 0) x[i * design.k + columns[i]] = products[i];
}

void DesignCoding::fill(const Table& table, bool intercept, Design& design) {
  code_terms();
  const bool has_ones = intercept && model_.intercept;
  if (has_ones) design.names.emplace_back("(Intercept)");
  std::vector<std::size_t> firsts;
  for (const Parts& parts : terms_) {
    firsts.push_back(design.names.size());
    std::vector<std::string> names = {""};
    for (std::size_t p = 0; p < parts.size(); ++p) {
      std::vector<std::string> longer;
      for (const std::string& name : names_of(parts[p]))
        for (const std::string& before : names)
          longer.push_back(p == 0 ? name : before + ":" + name);
      names = std::move(longer);
    }
    std::ranges::move(names, std::back_inserter(design.names));
  }
  design.k = design.names.size();
  design.x = zeros({static_cast<std::int64_t>(design.n), static_cast<std::int64_t>(design.k)},
                   DType::float64, Device());
  if (has_ones) {
    double* const x = design.x.mutable_data<double>();
    for (std::size_t i = 0; i < design.n; ++i) x[i * design.k] = 1;
  }
  for (std::size_t t = 0; t < terms_.size(); ++t) fill_term(table, terms_[t], firsts[t], design);
  design.x = to(design.x, default_device());
}

}  // namespace wald
