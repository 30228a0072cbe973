// Expressions in R's notation: the language of formulas and transforms, as a tree. Knows neither
// terms nor data.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wald {

/// A node: a number, a text in quotes, the name of a column, or a call. As in R, everything but
/// these leaves is a call: of a function, of an operator (`+`, `~`), of a pair of parentheses
/// (`(`). A chain a + b + c is one call of `+` with three arguments.
struct Expression {
  enum class Kind { number, text, name, call };

  Kind kind = Kind::name;
  double number = 0;
  std::string name;  ///< Of the column, function or operator; the text itself.
  std::vector<Expression> arguments{};
  std::vector<std::string>
      labels{};              ///< `ref` of an argument `ref = b`; empty where there is none.
  std::size_t position = 0;  ///< In the text, in bytes, from 1; 0 if made by hand.
  std::size_t depth = 1;     ///< Of the tree under it, in nodes.

  /// The column of this name.
  static Expression column(std::string name);
  static Expression call(std::string function, std::vector<Expression> arguments);

  bool is_call(std::string_view function) const { return kind == Kind::call && name == function; }
};

/// Parses with R's precedence: ^, unary - and +, :, * /, + -, comparisons, ~, from the tightest
/// down. Names hold letters, digits, `.`, `_` and any byte beyond ASCII; all others stand in
/// backquotes. Throws InputError that says at which column of the text what was expected.
Expression parse_expression(std::string_view text);

/// The expression as R prints it: `log(age) + I(x^2)`. Parses back to the same tree.
std::string to_string(const Expression& expression);

/// The columns that an expression names, each once, in order of appearance.
std::vector<std::string> columns_of(const Expression& expression);

/// Throws InputError: what is wrong at a position (0: none is known) of a formula or an expression.
[[noreturn]] void refuse_expression(std::string_view text, std::size_t position,
                                    const std::string& why);

/// A function of one number that expressions may call, such as log; null if there is none.
double (*find_function(std::string_view name))(double);

/// Throws InputError, with `text` as the formula, for what cannot be computed row by row: unknown
/// functions, a wrong number of arguments, texts.
void require_arithmetic(const Expression& expression, std::string_view text);

}  // namespace wald
