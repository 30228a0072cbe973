#include "regression_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <wald/engine/error.h>

namespace wald {
namespace {

std::string escaped(std::string_view text, auto escape) {
  std::string out;
  for (char c : text) out += static_cast<unsigned char>(c) < ' ' ? " " : escape(c);
  return out;
}

/// For any encoding of fonts. `"` is active in babel's German; `[` and `*` would be taken as
/// options of the \\ before them; hyphens would join to a dash.
std::string latex_text(std::string_view text) {
  return escaped(text, [last = ' '](char c) mutable -> std::string {
    const bool joins = c == '-' && last == '-';
    last = c;
    if (joins) return "{}-";
    switch (c) {
      case '\\':
        return "\\textbackslash{}";
      case '~':
        return "\\textasciitilde{}";
      case '^':
        return "\\textasciicircum{}";
      case '<':
        return "\\textless{}";
      case '>':
        return "\\textgreater{}";
      case '|':
        return "\\textbar{}";
      case '"':
        return "\\char34{}";
      case '[':
      case '*':
        return std::string("{") + c + "}";
      case '&':
      case '%':
      case '$':
      case '#':
      case '_':
      case '{':
      case '}':
        return std::string("\\") + c;
      default:
        return std::string(1, c);
    }
  });
}

std::string markdown_text(std::string_view text) {
  return escaped(text, [](char c) {
    constexpr std::string_view special = "\\`*_{}[]<>|~$&#";
    return special.find(c) == special.npos ? std::string(1, c) : std::string("\\") + c;
  });
}

std::string csv_number(double x) { return std::isfinite(x) ? fmt::format("{}", x) : ""; }

/// Decimals that show two digits of the standard error, at least those asked for; -1 where that
/// takes a power of ten.
int decimals_of(const CoefficientRow& row, int least) {
  constexpr int most = 8;
  const double size = std::max(std::abs(row.estimate), std::abs(row.std_error));
  if (size >= 1e9) return -1;
  if (!(row.std_error > 0) || !std::isfinite(row.std_error)) return least;
  const int needed = 1 - static_cast<int>(std::floor(std::log10(row.std_error)));
  return needed <= std::max(least, most) ? std::max(least, needed) : -1;
}

std::string number_text(double x, int decimals) {
  if (!std::isfinite(x)) return "";
  return decimals < 0 ? fmt::format("{:.3e}", x) : fmt::format("{:.{}f}", x, decimals);
}

std::string stars_of(double p) { return p < 0.001 ? "***" : p < 0.01 ? "**" : p < 0.05 ? "*" : ""; }

/// What a table for reading is made of: a label and a cell for each model.
struct Line {
  std::string label;
  std::vector<std::string> cells;
};

/// How cells are written in a format.
struct Style {
  std::string (*text)(std::string_view);
  std::string (*estimate)(const std::string& number, const std::string& stars);
  std::string (*number)(const std::string& number);
};

// The minus sign of mathematics, and stars raised.
constexpr Style latex_style = {
    latex_text,
    [](const std::string& number, const std::string& stars) {
      return "$" + number + (stars.empty() ? "" : "^{" + stars + "}") + "$";
    },
    [](const std::string& number) { return number.empty() ? "" : "$" + number + "$"; }};
constexpr Style markdown_style = {markdown_text,
                                  [](const std::string& number, const std::string& stars) {
                                    std::string escaped_stars;
                                    for (std::size_t i = 0; i < stars.size(); ++i)
                                      escaped_stars += "\\*";
                                    return number + escaped_stars;
                                  },
                                  [](const std::string& number) { return number; }};

/// The terms of all models; one that earlier models have not stands behind the one before it in its
/// own.
std::vector<std::string> terms_of(std::span<const TableModel> models) {
  std::vector<std::string> terms;
  for (const TableModel& model : models) {
    auto place = terms.begin();
    for (const CoefficientRow& row : model.rows) {
      const auto found = std::ranges::find(terms, row.name);
      place = (found == terms.end() ? terms.insert(place, row.name) : found) + 1;
    }
  }
  return terms;
}

/// Estimates, and standard errors below them.
std::vector<Line> coefficient_lines(std::span<const TableModel> models, const TableOptions& options,
                                    const Style& style) {
  std::vector<Line> lines;
  for (const std::string& term : terms_of(models)) {
    Line estimates{style.text(term), {}}, errors;
    for (const TableModel& model : models) {
      const auto row = std::ranges::find(model.rows, term, &CoefficientRow::name);
      const bool is_there = row != model.rows.end() && std::isfinite(row->estimate);
      const int decimals = is_there ? decimals_of(*row, options.decimals) : 0;
      const std::string error = is_there ? number_text(row->std_error, decimals) : "";
      estimates.cells.push_back(is_there ? style.estimate(number_text(row->estimate, decimals),
                                                          options.stars ? stars_of(row->p) : "")
                                         : "");
      errors.cells.push_back(error.empty() ? "" : style.number("(" + error + ")"));
    }
    lines.push_back(std::move(estimates));
    lines.push_back(std::move(errors));
  }
  return lines;
}

std::vector<Line> model_lines(std::span<const TableModel> models, const TableOptions& options,
                              const Style& style) {
  std::vector<Line> lines = {{"n", {}}, {"Log-likelihood", {}}, {"AIC", {}}, {"BIC", {}}};
  const auto number = [&](double x) { return style.number(number_text(x, options.decimals)); };
  for (const TableModel& model : models) {
    lines[0].cells.push_back(std::to_string(model.n));
    lines[1].cells.push_back(number(model.loglik));
    lines[2].cells.push_back(number(model.aic));
    lines[3].cells.push_back(number(model.bic));
  }
  return lines;
}

Line heading(std::span<const TableModel> models, const Style& style) {
  Line line;
  for (std::size_t i = 0; i < models.size(); ++i)
    line.cells.push_back(models[i].title.empty() ? fmt::format("({})", i + 1)
                                                 : style.text(models[i].title));
  return line;
}

std::string note(const TableOptions& options, const Style& style) {
  std::string text = options.std_errors.empty()
                         ? "Standard errors in parentheses."
                         : style.text(options.std_errors) + " standard errors in parentheses.";
  if (options.stars)
    for (const auto& [stars, below] : {std::pair("*", "0.05"), {"**", "0.01"}, {"***", "0.001"}})
      text += fmt::format(
          "{} {} {}", below == std::string("0.05") ? "" : ",",
          &style == &latex_style ? fmt::format("$^{{{}}}$", stars) : markdown_text(stars),
          &style == &latex_style ? fmt::format("$p < {}$", below) : fmt::format("p \\< {}", below));
  return text;
}

std::string latex_rows(const std::vector<Line>& lines) {
  std::string out;
  for (const Line& line : lines)
    out += fmt::format("{} & {} \\\\\n", line.label, fmt::join(line.cells, " & "));
  return out;
}

std::string latex_table(std::span<const TableModel> models, const TableOptions& options) {
  const bool is_float = !options.caption.empty() || !options.label.empty();
  std::string out = "% needs \\usepackage{booktabs}\n";
  if (is_float) out += "\\begin{table}\n\\centering\n";
  if (!options.caption.empty())
    out += fmt::format("\\caption{{{}}}\n", latex_text(options.caption));
  if (options.label.find_first_of("\\{}%#~^$&") != std::string::npos)
    throw InputError(fmt::format(
        "the label '{}' of a LaTeX table has a sign that LaTeX takes for itself", options.label));
  if (!options.label.empty()) out += fmt::format("\\label{{{}}}\n", options.label);
  const std::size_t columns = models.size();
  out += fmt::format("\\begin{{tabular}}{{l{}}}\n\\toprule\n", std::string(columns, 'c'));
  out += latex_rows({heading(models, latex_style)}) + "\\midrule\n";
  out += latex_rows(coefficient_lines(models, options, latex_style)) + "\\midrule\n";
  out += latex_rows(model_lines(models, options, latex_style)) + "\\bottomrule\n";
  out += fmt::format("\\multicolumn{{{}}}{{l}}{{\\footnotesize {}}} \\\\\n", columns + 1,
                     note(options, latex_style));
  out += "\\end{tabular}\n";
  return is_float ? out + "\\end{table}\n" : out;
}

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

/// With columns that also line up as plain text.
std::string markdown_rows(const std::vector<Line>& lines) {
  std::vector<std::size_t> widths(lines[0].cells.size() + 1, 3);
  const auto cell = [](const Line& line, std::size_t i) -> const std::string& {
    return i == 0 ? line.label : line.cells[i - 1];
  };
  for (const Line& line : lines)
    for (std::size_t i = 0; i < widths.size(); ++i)
      widths[i] = std::max(widths[i], characters(cell(line, i)));
  std::string out;
  for (std::size_t row = 0; row < lines.size(); ++row) {
    out += "|";
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const std::string& text = cell(lines[row], i);
      const std::string blanks(widths[i] - characters(text), ' ');
      out += " " + (i == 0 ? text + blanks : blanks + text) + " |";
    }
    out += "\n";
    if (row > 0) continue;
    out += "|";
    for (std::size_t i = 0; i < widths.size(); ++i)
      out += (i == 0 ? ":" : "-") + std::string(widths[i], '-') + (i == 0 ? "-|" : ":|");
    out += "\n";
  }
  return out;
}

std::string markdown_table(std::span<const TableModel> models, const TableOptions& options) {
  std::vector<Line> lines = {heading(models, markdown_style)};
  for (auto& part : {coefficient_lines(models, options, markdown_style),
                     model_lines(models, options, markdown_style)})
    lines.insert(lines.end(), part.begin(), part.end());
  return markdown_rows(lines) + "\n" + note(options, markdown_style) + "\n";
}

std::string csv_table(std::span<const TableModel> models) {
  std::string out = "model,term,estimate,std_error,statistic,p,lower,upper,n,loglik,aic,bic\n";
  for (std::size_t i = 0; i < models.size(); ++i) {
    const TableModel& m = models[i];
    const std::string title = m.title.empty() ? std::to_string(i + 1) : m.title;
    for (const CoefficientRow& row : m.rows) {
      out += csv_field(title) + "," + csv_field(row.name);
      for (double x : {row.estimate, row.std_error, row.z, row.p, row.lower, row.upper,
                       static_cast<double>(m.n), m.loglik, m.aic, m.bic})
        out += "," + csv_number(x);
      out += "\n";
    }
  }
  return out;
}

}  // namespace

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return std::string(text);
  std::string out = "\"";
  for (char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

TableModel table_model(const Fit& fit, std::string title, double level) {
  return {std::move(title), coefficient_table(fit, level), fit.n, fit.loglik, fit.aic(), fit.bic()};
}

TableFormat table_format_named(std::string_view name) {
  if (name == "latex") return TableFormat::latex;
  if (name == "markdown") return TableFormat::markdown;
  if (name == "csv") return TableFormat::csv;
  throw InputError(fmt::format("the format '{}' is none of latex, markdown, csv", name));
}

std::string regression_table(std::span<const TableModel> models, const TableOptions& options) {
  if (models.empty()) throw InputError("a table needs at least one fit");
  if (options.decimals < 0 || options.decimals > 12)
    throw InputError(
        fmt::format("the decimals of a table are {}, not from 0 to 12", options.decimals));
  switch (options.format) {
    case TableFormat::latex:
      return latex_table(models, options);
    case TableFormat::markdown:
      return markdown_table(models, options);
    case TableFormat::csv:
      break;
  }
  return csv_table(models);
}

}  // namespace wald
