// Splits at the tilde, reads the left side, and expands the right one: an algebra of lists of
// terms, in which R's own (terms.formula) is followed to the order of the terms.
#include "formula.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>

#include <wald/engine/error.h>

namespace wald {
namespace {

constexpr std::size_t kMostTerms = 10000;

class Expansion {
 public:
  explicit Expansion(const Formula& formula)
      : text_(formula.text), response_(formula.response ? to_string(*formula.response) : "") {}

  ModelTerms expand(const Expression& e) {
    result_.terms = terms_of(e);
    take_offsets();
    forget_unused_variables();
    std::ranges::stable_sort(result_.terms, {}, &Term::size);
    return std::move(result_);
  }

 private:
  using Terms = std::vector<Term>;

  Terms terms_of(const Expression& e);
  Terms sum(const Expression& e);
  Terms difference(const Expression& e);
  Terms product(const Expression& e);
  Terms nest(const Expression& e);
  Terms power(const Expression& e);
  Terms variable(const Expression& e);
  Terms interactions(const Terms& left, const Terms& right, std::size_t position) const;
  void take_offsets();
  void forget_unused_variables();

  // `right` after `left`, each term once.
  Terms joined(Terms left, const Terms& right, std::size_t position) const {
    std::set<Term> seen(left.begin(), left.end());
    for (const Term& term : right)
      if (seen.insert(term).second) left.push_back(term);
    check_size(left, position);
    return left;
  }
  void check_size(const Terms& terms, std::size_t position) const {
    if (terms.size() > kMostTerms)
      refuse_expression(text_, position, fmt::format("this makes more than {} terms", kMostTerms));
  }

  std::string_view text_;
  std::string response_;
  ModelTerms result_;
  std::map<std::string, std::size_t> known_;  // position of each variable, by its text
  bool adds_ = true;  // whether a 1 puts the intercept in, or, behind a minus, takes it out
};

Expansion::Terms Expansion::terms_of(const Expression& e) {
  if (e.kind == Expression::Kind::number && (e.number == 0 || e.number == 1)) {
    result_.intercept = (e.number == 1) == adds_;
    return {};
  }
  if (e.is_call("(")) return terms_of(e.arguments[0]);
  if (e.is_call("+")) return sum(e);
  if (e.is_call("-")) return difference(e);
  if (e.is_call("*")) return product(e);
  if (e.is_call("/")) return nest(e);
  if (e.is_call("^")) return power(e);
  if (e.is_call(":")) {
    const Terms left = terms_of(e.arguments[0]);
    return interactions(left, terms_of(e.arguments[1]), e.position);
  }
  return variable(e);
}

Expansion::Terms Expansion::sum(const Expression& e) {
  Terms all;
  for (const Expression& operand : e.arguments)
    std::ranges::move(terms_of(operand), std::back_inserter(all));
  return joined({}, all, e.position);
}

Expansion::Terms Expansion::difference(const Expression& e) {
  const bool has_left = e.arguments.size() == 2;
  Terms left = has_left ? terms_of(e.arguments[0]) : Terms();
  adds_ = !adds_;
  const Terms taken = terms_of(e.arguments.back());
  adds_ = !adds_;
  std::erase_if(left, [&](const Term& term) { return std::ranges::count(taken, term) > 0; });
  return left;
}

Expansion::Terms Expansion::product(const Expression& e) {
  const Terms left = terms_of(e.arguments[0]), right = terms_of(e.arguments[1]);
  return joined(joined(left, right, e.position), interactions(left, right, e.position), e.position);
}

// a/b: b within the levels of all variables of a.
Expansion::Terms Expansion::nest(const Expression& e) {
  const Terms left = terms_of(e.arguments[0]), right = terms_of(e.arguments[1]);
  std::set<std::size_t> all;
  for (const Term& term : left) all.insert(term.begin(), term.end());
  return joined(left, interactions({Term(all.begin(), all.end())}, right, e.position), e.position);
}

Expansion::Terms Expansion::power(const Expression& e) {
  const Expression& exponent = e.arguments[1];
  const double times = exponent.kind == Expression::Kind::number ? exponent.number : NAN;
  if (!(times >= 1 && times <= 100 && times == std::floor(times)))
    refuse_expression(text_, exponent.position,
                      fmt::format("a whole number from 1 to 100 was expected after '^', not '{}' "
                                  "(I() holds arithmetic)",
                                  to_string(exponent)));
  const Terms base = terms_of(e.arguments[0]);
  Terms result = base;
  for (int i = 1; i < static_cast<int>(times); ++i)
    result = joined(result, interactions(result, base, e.position), e.position);
  return result;
}

Expansion::Terms Expansion::interactions(const Terms& left, const Terms& right,
                                         std::size_t position) const {
  if (left.size() * right.size() > 100 * kMostTerms) check_size(Terms(kMostTerms + 1), position);
  Terms result;
  for (const Term& a : left) {
    for (const Term& b : right) {
      Term both;
      std::ranges::set_union(a, b, std::back_inserter(both));
      result.push_back(std::move(both));
    }
  }
  return joined({}, result, position);
}

Expansion::Terms Expansion::variable(const Expression& e) {
  if (e.kind == Expression::Kind::number || e.kind == Expression::Kind::text)
    refuse_expression(text_, e.position, fmt::format("a term was expected, not {}", to_string(e)));
  if (e.kind == Expression::Kind::call) {
    const bool is_function = e.is_call("I") || e.is_call("offset") || find_function(e.name);
    if (e.is_call("==") || e.is_call("!=") || e.is_call("<") || e.is_call(">") || e.is_call("<=") ||
        e.is_call(">="))
      refuse_expression(
          text_, e.position,
          fmt::format("a term was expected, not '{}', which needs I() around it", to_string(e)));
    if (is_function && e.arguments.size() == 1)
      require_arithmetic(e.arguments[0], text_);
    else if (!factor_call(e, text_))
      require_arithmetic(e, text_);  // says what is wrong
  }
  const std::string name = to_string(e);
  if (name == response_)
    refuse_expression(text_, e.position, fmt::format("'{}' is the response too", name));
  const auto [place, is_new] = known_.try_emplace(name, result_.variables.size());
  if (is_new) result_.variables.push_back(e);
  return {{place->second}};
}

void Expansion::take_offsets() {
  std::erase_if(result_.terms, [&](const Term& term) {
    const auto is_offset = [&](std::size_t v) { return result_.variables[v].is_call("offset"); };
    const auto offset = std::ranges::find_if(term, is_offset);
    if (offset == term.end()) return false;
    const Expression& variable = result_.variables[*offset];
    if (term.size() > 1)
      refuse_expression(text_, variable.position, "offset() cannot be part of an interaction");
    result_.offsets.push_back(variable.arguments[0]);
    return true;
  });
}

// Offsets, and what `- a` left in no term: R would still drop the rows where it is missing.
void Expansion::forget_unused_variables() {
  std::set<std::size_t> used;
  for (const Term& term : result_.terms) used.insert(term.begin(), term.end());
  std::map<std::size_t, std::size_t> places;
  std::vector<Expression> variables;
  for (std::size_t variable : used) {
    places[variable] = variables.size();
    variables.push_back(std::move(result_.variables[variable]));
  }
  result_.variables = std::move(variables);
  for (Term& term : result_.terms)
    for (std::size_t& variable : term) variable = places[variable];
}

bool has_labels(const Expression& call) {
  return std::ranges::any_of(call.labels, [](const std::string& label) { return !label.empty(); });
}

const Expression& response_of(const Formula& formula, std::string_view expected) {
  if (!formula.response)
    refuse_expression(formula.text, 1, fmt::format("{} was expected before '~'", expected));
  return *formula.response;
}

const Expression& unwrapped(const Expression& e) {
  return e.is_call("(") ? unwrapped(e.arguments[0]) : e;
}

}  // namespace

Formula parse_formula(std::string_view text) {
  Expression parsed = parse_expression(text);
  if (!parsed.is_call("~"))
    refuse_expression(text, text.size() + 1, "'~' was expected, as in 'y ~ x', before the end");
  const std::size_t position = parsed.position;
  Formula formula{std::string(text), {}, std::move(parsed.arguments.back())};
  if (parsed.arguments.size() == 2) formula.response = std::move(parsed.arguments[0]);
  if (formula.response && formula.response->is_call("~"))
    refuse_expression(text, position, "the end was expected, not a second '~'");
  return formula;
}

std::string to_string(const Formula& formula) {
  const std::string left = formula.response ? to_string(*formula.response) + " " : "";
  return fmt::format("{}~ {}", left, to_string(formula.terms));
}

ModelTerms expand_terms(const Formula& formula) { return Expansion(formula).expand(formula.terms); }

std::optional<FactorCall> factor_call(const Expression& variable, std::string_view text) {
  if (!variable.is_call("C")) return {};
  const auto& arguments = variable.arguments;
  const bool is_column = !arguments.empty() && variable.labels[0].empty() &&
                         arguments[0].kind == Expression::Kind::name;
  const bool has_reference = arguments.size() == 2 && variable.labels[1] == "ref" &&
                             arguments[1].kind != Expression::Kind::call;
  if (!is_column || !(arguments.size() == 1 || has_reference))
    refuse_expression(
        text, variable.position,
        "C(column) or C(column, ref = level) was expected (quotes around a level that "
        "is no name)");
  FactorCall factor{arguments[0].name, {}};
  if (has_reference)
    factor.reference = arguments[1].kind == Expression::Kind::number
                           ? fmt::format("{}", arguments[1].number)
                           : arguments[1].name;
  return factor;
}

SurvivalResponse survival_response(const Formula& formula) {
  const std::string expected = "Surv(time, event)";
  const Expression& call = unwrapped(response_of(formula, expected));
  if (!call.is_call("Surv"))
    refuse_expression(
        formula.text, call.position,
        fmt::format("{} was expected before '~', not '{}'", expected, to_string(call)));
  const auto& arguments = call.arguments;
  const bool has_type = arguments.size() == 3 && call.labels[2] == "type" &&
                        arguments[2].kind == Expression::Kind::text;
  const bool is_plain = !has_labels(call) && (arguments.size() == 2 || arguments.size() == 3);
  const bool is_interval = has_type && arguments[2].name == "interval2" && call.labels[0].empty() &&
                           call.labels[1].empty();
  if (!is_plain && !is_interval)
    refuse_expression(formula.text, call.position,
                      "Surv(time, event), Surv(entry, time, event) or "
                      "Surv(time, time2, type = \"interval2\") was expected");
  for (std::size_t i = 0; i < (is_interval ? 2 : arguments.size()); ++i)
    require_arithmetic(arguments[i], formula.text);
  if (is_interval) return {.time = arguments[0], .time2 = arguments[1]};
  if (arguments.size() == 2) return {.time = arguments[0], .event = arguments[1]};
  return {.time = arguments[1], .event = arguments[2], .entry = arguments[0]};
}

std::pair<Expression, Expression> counts_response(const Formula& formula) {
  const std::string expected = "cbind(successes, failures)";
  const Expression& call = unwrapped(response_of(formula, expected));
  if (!call.is_call("cbind") || call.arguments.size() != 2 || has_labels(call))
    refuse_expression(
        formula.text, call.position,
        fmt::format("{} was expected before '~', not '{}'", expected, to_string(call)));
  for (const Expression& argument : call.arguments) require_arithmetic(argument, formula.text);
  return {call.arguments[0], call.arguments[1]};
}

Expression number_response(const Formula& formula) {
  const Expression& response = response_of(formula, "a response");
  require_arithmetic(response, formula.text);
  return response;
}

std::vector<std::string> response_columns(const Formula& formula) {
  if (!formula.response) return {};
  const Expression& response = unwrapped(*formula.response);
  if (response.is_call("Surv") && survival_response(formula).time2) return {};
  return columns_of(response);
}

}  // namespace wald
