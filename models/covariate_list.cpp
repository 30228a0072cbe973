// Splits at commas and reads each piece.
#include "covariate_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include <wald/engine/error.h>

namespace wald {
namespace {

// A covariate as written, before the data say what it is.
struct Covariate {
  std::string_view text;
  std::string_view column;
  std::optional<std::string_view> reference;
  bool wrapped = false;  // in C()
};

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

[[noreturn]] void refuse_list(std::string_view list, const std::string& why) {
  throw InputError(fmt::format("covariates '{}': {}", list, why));
}

// Splits at the commas that stand outside parentheses.
std::vector<std::string_view> split(std::string_view list) {
  std::vector<std::string_view> pieces;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] == '(') ++depth;
    if (list[i] == ')' && --depth < 0)
      refuse_list(list, "a parenthesis closes that was not opened");
    if (list[i] == ',' && depth == 0) {
      pieces.push_back(trim(list.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  if (depth != 0) refuse_list(list, "a parenthesis is not closed");
  pieces.push_back(trim(list.substr(begin)));
  return pieces;
}

Covariate parse_covariate(std::string_view list, std::string_view text) {
  if (text.empty()) refuse_list(list, "a name is missing beside a comma");
  if (!text.starts_with("C(")) return {text, text, {}, false};
  if (text.back() != ')') refuse_list(list, fmt::format("'{}' goes on after C()", text));
  const std::string_view inside = text.substr(2, text.size() - 3);
  const auto comma = inside.find(',');
  Covariate covariate{text, trim(inside.substr(0, comma)), {}, true};
  if (covariate.column.empty()) refuse_list(list, "C() needs the name of a column");
  if (comma == inside.npos) return covariate;
  const std::string_view option = trim(inside.substr(comma + 1));
  const auto equals = option.find('=');
  if (equals == option.npos || trim(option.substr(0, equals)) != "ref" ||
      trim(option.substr(equals + 1)).empty()) {
    refuse_list(list, fmt::format("'{}' is not of the form C(column, ref=level)", text));
  }
  covariate.reference = trim(option.substr(equals + 1));
  return covariate;
}

Expression expression_of(const Covariate& covariate) {
  Expression column = Expression::column(std::string(covariate.column));
  if (!covariate.wrapped) return column;
  Expression factor = Expression::call("C", {std::move(column)});
  if (covariate.reference) {
    Expression level = Expression::column(std::string(*covariate.reference));
    level.kind = Expression::Kind::text;
    factor.arguments.push_back(std::move(level));
    factor.labels.emplace_back("ref");
  }
  return factor;
}

}  // namespace

Formula covariate_list(std::string_view list) {
  std::vector<Covariate> covariates;
  std::vector<Expression> terms;
  if (!trim(list).empty()) {
    for (std::string_view text : split(list)) {
      covariates.push_back(parse_covariate(list, text));
      const auto& added = covariates.back();
      const auto first = std::ranges::find(covariates, added.column, &Covariate::column);
      if (&*first != &added) refuse_list(list, fmt::format("'{}' is named twice", added.column));
      terms.push_back(expression_of(added));
    }
  }
  Formula formula;
  formula.terms.kind = Expression::Kind::number;
  formula.terms.number = 1;  // an empty list
  if (terms.size() == 1) formula.terms = std::move(terms[0]);
  if (terms.size() > 1) formula.terms = Expression::call("+", std::move(terms));
  formula.text = to_string(formula);
  return formula;
}

}  // namespace wald
