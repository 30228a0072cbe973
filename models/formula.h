// Model formulas in R's notation: what stands left and right of the tilde, and the terms that the
// right side expands into. Knows no data.
#pragma once

#include <wald/models/expression.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wald {

/// A formula as written: `log(y) ~ age * C(trt, ref = placebo) + offset(log(n))`.
struct Formula {
  std::string text;                    ///< For messages.
  std::optional<Expression> response;  ///< Left of the tilde.
  Expression terms;                    ///< Right of it.
};

/// Parses a formula. Throws InputError with the column of the text for bad syntax, and for a
/// formula without a tilde.
Formula parse_formula(std::string_view text);

/// The formula with R's blanks, as `y ~ x + C(g)`.
std::string to_string(const Formula& formula);

/// A product of variables, by their positions in ModelTerms::variables, ascending.
using Term = std::vector<std::size_t>;

/// What the right side of a formula means.
struct ModelTerms {
  std::vector<Expression> variables;  ///< In order of appearance.
  std::vector<Term> terms;            ///< Main effects first, then products of two, and so on.
  bool intercept = true;
  std::vector<Expression> offsets;  ///< What offset() holds.
};

/// Expands +, -, :, *, ^, / and parentheses as R's terms() does: a*b = a + b + a:b,
/// a/b = a + a:b, (a + b)^2 = a + b + a:b, `- 1` and `+ 0` take the intercept out. A variable is a
/// column, C() of one, or arithmetic inside I() or a function. Throws InputError for anything else,
/// and for more than 10000 terms.
ModelTerms expand_terms(const Formula& formula);

/// A factor as written, C(column) or C(column, ref = level); nothing if the variable is none.
struct FactorCall {
  std::string column;
  std::optional<std::string> reference;
};
std::optional<FactorCall> factor_call(const Expression& variable, std::string_view text);

/// Left sides of survival models: Surv(time, event), Surv(entry, time, event), or
/// Surv(time, time2, type = "interval2"), whose missing ends are open.
struct SurvivalResponse {
  Expression time;
  std::optional<Expression> event{}, entry{}, time2{};
};

/// The left side as a survival time. Throws InputError where it is none.
SurvivalResponse survival_response(const Formula& formula);

/// The left side as cbind(successes, failures). Throws InputError where it is not.
std::pair<Expression, Expression> counts_response(const Formula& formula);

/// The left side as one number for each row: y, log(y), y / n. Throws InputError where it is not.
Expression number_response(const Formula& formula);

/// The columns whose missing cells drop a row because of the left side.
std::vector<std::string> response_columns(const Formula& formula);

}  // namespace wald
