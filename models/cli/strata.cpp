#include "strata.h"

#include <fmt/format.h>

#include <wald/engine/error.h>
#include <wald/models/column_values.h>
#include <wald/models/levels.h>

namespace wald::cli {
namespace {

std::string column_of_strata(const Expression& call, const std::string& text) {
  if (call.arguments.size() != 1 || call.arguments[0].kind != Expression::Kind::name)
    refuse_expression(text, call.position, "strata() is of one column, as in strata(site)");
  return call.arguments[0].name;
}

Expression constant() {
  Expression one;
  one.kind = Expression::Kind::number;
  one.number = 1;
  return one;
}

}  // namespace

std::string take_strata(Formula& formula) {
  Expression& terms = formula.terms;
  std::string column;
  if (terms.is_call("strata")) {
    column = column_of_strata(terms, formula.text);
    terms = constant();
  }
  if (!terms.is_call("+")) return column;
  std::vector<Expression> kept;
  for (Expression& term : terms.arguments) {
    if (!term.is_call("strata")) {
      kept.push_back(std::move(term));
      continue;
    }
    if (!column.empty())
      refuse_expression(formula.text, term.position, "there are strata() already");
    column = column_of_strata(term, formula.text);
  }
  if (kept.empty()) kept.push_back(constant());
  terms = kept.size() == 1 ? Expression(kept[0]) : Expression::call("+", std::move(kept));
  return column;
}

std::string strata_of(Formula& formula, const std::string& named) {
  const std::string column = take_strata(formula);
  if (!column.empty() && !named.empty())
    throw InputError(
        fmt::format("formula '{}': --strata and strata() are one too many", formula.text));
  return column.empty() ? named : column;
}

Strata read_strata(const Table& table, const std::string& column,
                   std::span<const std::size_t> rows) {
  if (column.empty()) return {};
  const std::vector<std::string> cells = text_column(table, column, rows);
  const std::vector<std::string_view> labels(cells.begin(), cells.end());
  const Factor factor = make_factor(labels);
  const std::vector<std::int64_t> codes(factor.codes.begin(), factor.codes.end());
  return {from_vector(codes, {static_cast<std::int64_t>(codes.size())}), factor.levels};
}

std::vector<std::size_t> find_strata(const Table& table, const std::string& column,
                                     const std::vector<std::string>& labels,
                                     std::span<const std::size_t> rows) {
  std::vector<std::size_t> found(rows.size(), 0);
  if (column.empty()) return found;
  const std::vector<std::string> cells = text_column(table, column, rows);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto level = find_level(labels, cells[i]);
    if (!level)
      throw InputError(fmt::format("{}: '{}' is no stratum of the fit",
                                   table.place(rows[i], table.column(column)), cells[i]));
    found[i] = *level;
  }
  return found;
}

}  // namespace wald::cli
