// Parses the list of covariates, finds the complete rows, settles the levels of the factors, and
// fills the matrix term by term.
#include <wald/engine/error.h>
#include <wald/models/design.h>
#include <wald/models/levels.h>

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>

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

std::vector<Covariate> parse_covariates(std::string_view list) {
  std::vector<Covariate> covariates;
  if (trim(list).empty()) return covariates;
  for (std::string_view text : split(list)) {
    covariates.push_back(parse_covariate(list, text));
    const auto& added = covariates.back();
    const auto first = std::ranges::find(covariates, added.column, &Covariate::column);
    if (&*first != &added) refuse_list(list, fmt::format("'{}' is named twice", added.column));
  }
  return covariates;
}

// What the design needs to know of a covariate before it chooses the rows.
struct Source {
  std::size_t column;
  bool is_factor;
};

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

// Fills rows and dropped. A word in a column of numbers is refused in any row, kept or not.
void choose_rows(const Table& table, std::span<const Source> sources, const DesignOptions& options,
                 Design& design) {
  std::vector<std::size_t> used;
  for (const Source& source : sources) used.push_back(source.column);
  for (const std::string& name : options.also_used) used.push_back(table.column(name));
  const auto is_complete = [&](std::size_t row) {
    return std::ranges::none_of(used, [&](std::size_t c) { return table.is_missing(row, c); });
  };
  for (std::size_t row = 0; row < table.rows(); ++row) {
    if (is_complete(row)) {
      design.rows.push_back(row);
      continue;
    }
    for (const Source& source : sources) {
      if (!source.is_factor && !table.is_missing(row, source.column)) {
        table.number(row, source.column);
      }
    }
  }
  design.n = design.rows.size();
  design.dropped = table.rows() - design.n;
  if (design.rows.empty()) refuse_all_rows(table, used);
}

std::vector<std::string> levels_of(const Table& table, const Covariate& covariate,
                                   std::size_t column, std::span<const std::size_t> rows) {
  std::vector<std::string_view> cells;
  cells.reserve(rows.size());
  for (std::size_t row : rows) cells.push_back(table.cell(row, column));
  std::vector<std::string> levels = make_factor(cells).levels;
  if (covariate.reference) {
    const auto reference = find_level(levels, *covariate.reference);
    if (!reference) {
      throw InputError(fmt::format("{}: column '{}' has no level '{}' to refer to; it has {}",
                                   table.file(), covariate.column, *covariate.reference,
                                   comma_separated(levels)));
    }
    std::rotate(levels.begin(), levels.begin() + *reference, levels.begin() + *reference + 1);
  }
  if (levels.size() < 2) {
    throw NotIdentifiedError(
        fmt::format("{} has one level, '{}', in the rows used: its effect is "
                    "not identified",
                    covariate.text, levels[0]));
  }
  return levels;
}

std::string prefix_of(const Covariate& covariate, bool is_factor) {
  return is_factor ? fmt::format("C({})", covariate.column) : std::string(covariate.column);
}

void name_columns(bool intercept, Design& design) {
  if (intercept) design.names.emplace_back("(Intercept)");
  for (const DesignTerm& term : design.terms) {
    if (term.levels.empty()) design.names.push_back(term.prefix);
    for (std::size_t i = 1; i < term.levels.size(); ++i) {
      design.names.push_back(term.prefix + term.levels[i]);
    }
  }
  design.k = design.names.size();
}

std::uint32_t level_at(const Table& table, std::size_t row, std::size_t column,
                       const DesignTerm& term) {
  const auto level = find_level(term.levels, table.cell(row, column));
  if (!level) {
    throw InputError(fmt::format("{}: '{}' is not among the levels of the fit, {}",
                                 table.place(row, column), table.cell(row, column),
                                 comma_separated(term.levels)));
  }
  return *level;
}

// Fills the columns of a term from column `first` of X on; gives the column after them.
std::size_t fill_term(const Table& table, const DesignTerm& term, std::size_t first,
                      Design& design) {
  const std::size_t column = table.column(term.column);
  for (std::size_t i = 0; i < design.n; ++i) {
    double* x = &design.x[i * design.k + first];
    if (term.levels.empty()) {
      x[0] = table.number(design.rows[i], column);
    } else if (const auto level = level_at(table, design.rows[i], column, term); level > 0) {
      x[level - 1] = 1;
    }
  }
  return first + (term.levels.empty() ? 1 : term.levels.size() - 1);
}

void fill(const Table& table, bool intercept, Design& design) {
  name_columns(intercept, design);
  design.x.assign(design.n * design.k, 0);
  if (intercept) {
    for (std::size_t i = 0; i < design.n; ++i) design.x[i * design.k] = 1;
  }
  std::size_t next = intercept ? 1 : 0;
  for (const DesignTerm& term : design.terms) next = fill_term(table, term, next, design);
}

}  // namespace

Design make_design(const Table& table, std::string_view covariates, const DesignOptions& options) {
  const std::vector<Covariate> parsed = parse_covariates(covariates);
  std::vector<Source> sources;
  for (const Covariate& covariate : parsed) {
    const std::size_t column = table.column(covariate.column);
    sources.push_back({column, covariate.wrapped || table.is_factor(column)});
  }
  Design design;
  choose_rows(table, sources, options, design);
  for (std::size_t j = 0; j < parsed.size(); ++j) {
    const auto [column, is_factor] = sources[j];
    DesignTerm term{std::string(parsed[j].column), prefix_of(parsed[j], is_factor)};
    if (is_factor) term.levels = levels_of(table, parsed[j], column, design.rows);
    design.terms.push_back(std::move(term));
  }
  fill(table, options.intercept, design);
  return design;
}

Design make_design(const Table& table, std::span<const DesignTerm> terms,
                   const DesignOptions& options) {
  std::vector<Source> sources;
  for (const DesignTerm& term : terms) {
    sources.push_back({table.column(term.column), !term.levels.empty()});
  }
  Design design;
  design.terms.assign(terms.begin(), terms.end());
  choose_rows(table, sources, options, design);
  fill(table, options.intercept, design);
  return design;
}

std::vector<double> number_column(const Table& table, std::string_view column,
                                  std::span<const std::size_t> rows) {
  const std::size_t index = table.column(column);
  std::vector<double> values;
  values.reserve(rows.size());
  for (std::size_t row : rows) values.push_back(table.number(row, index));
  return values;
}

std::vector<std::string> text_column(const Table& table, std::string_view column,
                                     std::span<const std::size_t> rows) {
  const std::size_t index = table.column(column);
  std::vector<std::string> values;
  values.reserve(rows.size());
  for (std::size_t row : rows) values.emplace_back(table.cell(row, index));
  return values;
}

}  // namespace wald
