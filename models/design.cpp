// Finds out which columns are factors, chooses the complete rows, settles the levels, and fills the
// matrix term by term.
#include <wald/engine/creation.h>
#include <wald/engine/error.h>
#include <wald/models/covariate_list.h>
#include <wald/models/design.h>
#include <wald/models/design_coding.h>
#include <wald/models/levels.h>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace wald {
namespace {

using References = std::map<std::string, std::string>;  // of factors, by column

[[noreturn]] void refuse_all_rows(const Table& table, std::span<const std::size_t> used) {
  for (std::size_t c : used) {
    std::size_t row = 0;
    while (row < table.rows() && table.is_missing(row, c)) ++row;
    if (row == table.rows()) {
      throw InputError(
          fmt::format("{}: column '{}' has no value at all", table.file(), table.names()[c]));
    }
  }
  throw InputError(
      fmt::format("{}: every row lacks a value in a column that is used", table.file()));
}

// Writes a formula in terms of the table: text columns become factors, `.` becomes names, and the
// references of factors are taken out of C().
class Resolver {
 public:
  Resolver(const Table& table, const Formula& formula, const DesignOptions& options)
      : table_(table), formula_(formula), options_(options) {}

  Expression resolve(const Expression& e) {
    if (e.kind == Expression::Kind::name) return e.name == "." ? all_others() : variable(e);
    if (const auto factor = factor_call(e, formula_.text)) return as_factor(e, *factor);
    constexpr std::string_view operators[] = {"+", "-", "*", "/", ":", "^", "("};
    if (e.kind != Expression::Kind::call || std::ranges::count(operators, e.name) == 0) return e;
    Expression result = e;
    for (std::size_t i = 0; i < result.arguments.size(); ++i)
      if (i == 0 || !e.is_call("^")) result.arguments[i] = resolve(result.arguments[i]);
    return result;
  }

  const References& references() const { return references_; }

 private:
  Expression variable(const Expression& name) const {
    return table_.is_factor(table_.column(name.name)) ? Expression::call("C", {name}) : name;
  }

  Expression all_others() const {
    std::set<std::string> taken(options_.also_used.begin(), options_.also_used.end());
    if (formula_.response) taken.merge(as_set(columns_of(*formula_.response)));
    std::vector<Expression> others;
    for (const std::string& name : table_.names())
      if (!taken.contains(name)) others.push_back(variable(Expression::column(name)));
    if (others.empty())
      throw InputError(
          fmt::format("{}: '.' stands for no column, since all are used elsewhere", table_.file()));
    Expression sum =
        others.size() == 1 ? std::move(others[0]) : Expression::call("+", std::move(others));
    return Expression::call("(", {std::move(sum)});
  }
  static std::set<std::string> as_set(const std::vector<std::string>& names) {
    return {names.begin(), names.end()};
  }

  Expression as_factor(const Expression& call, const FactorCall& factor) {
    Expression column = Expression::call("C", {call.arguments[0]});
    column.position = call.position;
    if (!factor.reference) return column;
    const auto [known, is_new] = references_.try_emplace(factor.column, *factor.reference);
    if (!is_new && known->second != *factor.reference)
      refuse_expression(formula_.text, call.position,
                        fmt::format("'{}' has the reference '{}' before and '{}' here",
                                    factor.column, known->second, *factor.reference));
    return column;
  }

  const Table& table_;
  const Formula& formula_;
  const DesignOptions& options_;
  References references_;
};

// Fills rows and dropped. A word in a column of numbers is refused in any row, kept or not.
void choose_rows(const Table& table, const ModelTerms& model, const std::set<std::string>& used,
                 Design& design) {
  std::vector<char> is_complete(table.rows(), 1);
  std::vector<std::size_t> columns;
  for (const std::string& name : used) {
    const std::size_t column = columns.emplace_back(table.column(name));
    for (std::size_t row = 0; row < table.rows(); ++row)
      if (table.is_missing(row, column)) is_complete[row] = 0;
  }
  for (std::size_t row = 0; row < table.rows(); ++row)
    if (is_complete[row]) design.rows.push_back(row);
  design.n = design.rows.size();
  design.dropped = table.rows() - design.n;
  for (const Expression& variable : model.variables) {
    if (variable.is_call("C")) continue;
    for (const std::string& name : columns_of(variable)) {
      const std::size_t column = table.column(name);
      for (std::size_t row = 0; design.dropped > 0 && row < table.rows(); ++row)
        if (!is_complete[row] && !table.is_missing(row, column)) table.number(row, column);
    }
  }
  if (design.rows.empty()) refuse_all_rows(table, columns);
}

Factor observed_factor(const Table& table, const std::string& column,
                       std::span<const std::size_t> rows) {
  const std::vector<std::string> cells = text_column(table, column, rows);
  return make_factor(std::vector<std::string_view>(cells.begin(), cells.end()));
}

// The levels that the data have, with the reference first.
std::vector<std::string> settle_levels(const Table& table, const std::string& column,
                                       const References& references,
                                       std::vector<std::string> levels) {
  if (const auto reference = references.find(column); reference != references.end()) {
    const auto found = find_level(levels, reference->second);
    if (!found) {
      throw InputError(fmt::format("{}: column '{}' has no level '{}' to refer to; it has {}",
                                   table.file(), column, reference->second,
                                   comma_separated(levels)));
    }
    std::rotate(levels.begin(), levels.begin() + *found, levels.begin() + *found + 1);
  }
  if (levels.size() < 2) {
    throw NotIdentifiedError(
        fmt::format("{} has one level, '{}', in the rows used: its effect is "
                    "not identified",
                    column, levels[0]));
  }
  return levels;
}

std::vector<std::string> known_levels(const DesignTerms& known, const std::string& column) {
  const auto fitted = std::ranges::find(known.factors, column, &FactorLevels::column);
  if (fitted == known.factors.end())
    throw InputError(fmt::format("the levels of factor '{}' are not given", column));
  return fitted->levels;
}

// Turns the codes of the data into codes of these levels.
void recode(const Table& table, const std::string& column, std::span<const std::size_t> rows,
            const std::vector<std::string>& levels, Factor& factor) {
  std::vector<std::optional<std::uint32_t>> codes;
  for (const std::string& level : factor.levels) codes.push_back(find_level(levels, level));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto code = codes[factor.codes[i]];
    if (!code) {
      const std::size_t at = table.column(column);
      throw InputError(fmt::format("{}: '{}' is not among the levels of the fit, {}",
                                   table.place(rows[i], at), table.cell(rows[i], at),
                                   comma_separated(levels)));
    }
    factor.codes[i] = *code;
  }
  factor.levels = levels;
}

void add_offset(const ModelTerms& model, const Table& table, Design& design) {
  if (model.offsets.empty()) return;
  std::vector<double> total(design.n, 0.0);
  for (const Expression& offset : model.offsets) {
    const std::vector<double> part = evaluate(offset, table, design.rows);
    for (std::size_t i = 0; i < design.n; ++i) total[i] += part[i];
  }
  design.offset = from_vector(total);
}

// Builds from a resolved formula. `known` has the levels of an earlier fit, or nothing.
Design build(const Table& table, const Formula& resolved, std::set<std::string> used,
             const References& references, const DesignTerms* known, bool intercept) {
  const ModelTerms model = expand_terms(resolved);
  for (const auto* expressions : {&model.variables, &model.offsets})
    for (const Expression& e : *expressions)
      for (std::string& name : columns_of(e)) used.insert(std::move(name));
  Design design;
  choose_rows(table, model, used, design);
  design.terms.formula = "~ " + to_string(resolved.terms);
  DesignCoding coding(model);
  for (std::size_t v = 0; v < model.variables.size(); ++v) {
    const auto call = factor_call(model.variables[v], resolved.text);
    if (!call) continue;
    Factor factor = observed_factor(table, call->column, design.rows);
    const std::vector<std::string> levels =
        known ? known_levels(*known, call->column)
              : settle_levels(table, call->column, references, factor.levels);
    recode(table, call->column, design.rows, levels, factor);
    design.terms.factors.push_back({call->column, levels});
    coding.set_factor(v, std::move(factor));
  }
  coding.fill(table, intercept, design);
  add_offset(model, table, design);
  return design;
}

}  // namespace

Design make_design(const Table& table, const Formula& formula, const DesignOptions& options) {
  expand_terms(formula);  // complains with positions in the text as it was written
  Resolver resolver(table, formula, options);
  Formula resolved = formula;
  resolved.terms = resolver.resolve(formula.terms);
  std::set<std::string> used(options.also_used.begin(), options.also_used.end());
  for (std::string& name : response_columns(formula)) used.insert(std::move(name));
  return build(table, resolved, std::move(used), resolver.references(), nullptr, options.intercept);
}

Design make_design(const Table& table, std::string_view covariates, const DesignOptions& options) {
  return make_design(table, covariate_list(covariates), options);
}

Design make_design(const Table& table, const DesignTerms& terms, const DesignOptions& options) {
  const std::set<std::string> used(options.also_used.begin(), options.also_used.end());
  return build(table, parse_formula(terms.formula), used, {}, &terms, options.intercept);
}

}  // namespace wald
