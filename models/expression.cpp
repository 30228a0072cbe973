// A lexer, a parser by recursive descent with one function per level of precedence, and the way
// back to text.
#include "expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>

#include <wald/engine/error.h>

namespace wald {
namespace {

// The tree is walked by recursion; but for sums, a chain of n operators is a tree n deep.
constexpr std::size_t kDeepest = 200;

struct Function {
  std::string_view name;
  double (*of)(double);
};
constexpr Function functions[] = {
    {"abs", std::fabs}, {"cos", std::cos},     {"exp", std::exp},   {"expm1", std::expm1},
    {"log", std::log},  {"log10", std::log10}, {"log2", std::log2}, {"log1p", std::log1p},
    {"sin", std::sin},  {"sqrt", std::sqrt},   {"tan", std::tan},   {"tanh", std::tanh},
};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_part(char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '_'; }

bool is_plain_name(std::string_view name) {
  return !name.empty() && (is_letter(name[0]) || name[0] == '.') &&
         !(name.size() > 1 && name[0] == '.' && is_digit(name[1])) &&
         std::ranges::all_of(name, is_name_part);
}

std::string quoted(std::string_view text, char quote) {
  std::string result(1, quote);
  for (char c : text) {
    if (c == quote || c == '\\') result += '\\';
    result += c;
  }
  return result + quote;
}

struct Token {
  enum class Kind { number, text, name, symbol, end };
  Kind kind = Kind::end;
  std::string text;
  double number = 0;
  std::size_t position = 1;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) { advance(); }

  Expression parse() {
    Expression result = tilde();
    if (next_.kind != Token::Kind::end) refuse("an operator or the end");
    return result;
  }

 private:
  // Operators of one level, from the left.
  template <class Operand>
  Expression from_left(std::span<const std::string_view> symbols, Operand operand) {
    Expression left = (this->*operand)();
    while (const auto symbol = next_is(symbols)) {
      const std::size_t position = next_.position;
      advance();
      // A chain of sums is one call, so that a model of thousands of terms is no deep tree.
      std::vector<Expression> operands;
      if (*symbol == "+" && left.is_call("+") && left.arguments.size() > 1)
        operands = std::move(left.arguments);
      else
        operands.push_back(std::move(left));
      operands.push_back((this->*operand)());
      left = made(*symbol, std::move(operands), position);
    }
    return left;
  }

  Expression tilde() {
    if (!next_is("~")) {
      static constexpr std::string_view symbols[] = {"~"};
      return from_left(symbols, &Parser::comparison);
    }
    const std::size_t position = next_.position;
    advance();
    std::vector<Expression> operands;
    operands.push_back(comparison());
    return made("~", std::move(operands), position);
  }
  Expression comparison() {
    static constexpr std::string_view symbols[] = {"==", "!=", "<=", ">=", "<", ">"};
    return from_left(symbols, &Parser::sum);
  }
  Expression sum() {
    static constexpr std::string_view symbols[] = {"+", "-"};
    return from_left(symbols, &Parser::product);
  }
  Expression product() {
    static constexpr std::string_view symbols[] = {"*", "/"};
    return from_left(symbols, &Parser::interaction);
  }
  Expression interaction() {
    static constexpr std::string_view symbols[] = {":"};
    return from_left(symbols, &Parser::sign);
  }
  Expression sign();
  Expression power();
  Expression primary();
  Expression parenthesized();
  Expression call_of(Token function);

  void advance();
  Token quoted_token(char quote);
  Token number_token();

  std::optional<std::string> next_is(std::span<const std::string_view> symbols) const {
    if (next_.kind != Token::Kind::symbol || std::ranges::count(symbols, next_.text) == 0)
      return {};
    return next_.text;
  }
  bool next_is(std::string_view symbol) const {
    return next_.kind == Token::Kind::symbol && next_.text == symbol;
  }
  void expect(std::string_view symbol, const std::string& expected) {
    if (!next_is(symbol)) refuse(expected);
    advance();
  }
  Expression made(std::string name, std::vector<Expression> arguments, std::size_t position) const {
    Expression result = Expression::call(std::move(name), std::move(arguments));
    result.position = position;
    if (result.depth > kDeepest)
      refuse_expression(text_, position,
                        fmt::format("more than {} operators are nested or in one "
                                    "chain",
                                    kDeepest));
    return result;
  }
  [[noreturn]] void refuse(const std::string& expected) const {
    const std::string found =
        next_.kind == Token::Kind::end ? "the end" : fmt::format("'{}'", next_.text);
    refuse_expression(text_, next_.position,
                      fmt::format("{} was expected, not {}", expected, found));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t nesting_ = 0;
  Token next_;
};

// Unary signs bind looser than ^ and tighter than all else: -x^2 is -(x^2).
Expression Parser::sign() {
  if (!next_is("-") && !next_is("+")) return power();
  const Token symbol = next_;
  advance();
  if (++nesting_ > kDeepest) refuse("fewer signs");
  std::vector<Expression> operand;
  operand.push_back(sign());
  --nesting_;
  return made(symbol.text, std::move(operand), symbol.position);
}

// From the right; the exponent may have a sign.
Expression Parser::power() {
  Expression base = primary();
  if (!next_is("^")) return base;
  const std::size_t position = next_.position;
  advance();
  if (++nesting_ > kDeepest) refuse("fewer powers");
  std::vector<Expression> operands;
  operands.push_back(std::move(base));
  operands.push_back(sign());
  --nesting_;
  return made("^", std::move(operands), position);
}

Expression Parser::primary() {
  if (next_is("(")) return parenthesized();
  if (next_.kind == Token::Kind::symbol || next_.kind == Token::Kind::end)
    refuse("a name, a number or '('");
  Token token = next_;
  advance();
  if (token.kind == Token::Kind::name && next_is("(")) return call_of(std::move(token));
  Expression leaf;
  leaf.kind = token.kind == Token::Kind::number ? Expression::Kind::number
              : token.kind == Token::Kind::text ? Expression::Kind::text
                                                : Expression::Kind::name;
  leaf.number = token.number;
  if (token.kind != Token::Kind::number) leaf.name = std::move(token.text);
  leaf.position = token.position;
  return leaf;
}

Expression Parser::parenthesized() {
  const std::size_t position = next_.position;
  advance();
  if (++nesting_ > kDeepest) refuse("fewer parentheses");
  std::vector<Expression> inside;
  inside.push_back(comparison());
  --nesting_;
  expect(")", "an operator or ')'");
  return made("(", std::move(inside), position);
}

Expression Parser::call_of(Token function) {
  advance();
  if (++nesting_ > kDeepest) refuse("fewer parentheses");
  std::vector<Expression> arguments;
  std::vector<std::string> labels;
  while (!next_is(")")) {
    if (!arguments.empty()) expect(",", "an operator, ',' or ')'");
    arguments.push_back(comparison());
    labels.emplace_back();
    if (arguments.back().kind == Expression::Kind::name && next_is("=")) {
      advance();
      labels.back() = arguments.back().name;
      arguments.back() = comparison();
    }
  }
  --nesting_;
  advance();
  Expression result = made(std::move(function.text), std::move(arguments), function.position);
  result.labels = std::move(labels);
  return result;
}

Token Parser::quoted_token(char quote) {
  Token token{quote == '`' ? Token::Kind::name : Token::Kind::text, "", 0, at_ + 1};
  for (++at_; at_ < text_.size(); ++at_) {
    if (text_[at_] == quote) {
      ++at_;
      return token;
    }
    if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
    token.text += text_[at_];
  }
  refuse_expression(text_, token.position, fmt::format("the quote {} is never closed", quote));
}

Token Parser::number_token() {
  Token token{Token::Kind::number, "", 0, at_ + 1};
  const auto [end, error] =
      std::from_chars(text_.data() + at_, text_.data() + text_.size(), token.number);
  const std::size_t size = end - (text_.data() + at_);
  token.text = text_.substr(at_, size);
  at_ += size;
  if (error != std::errc())
    refuse_expression(text_, token.position, fmt::format("'{}' is beyond double", token.text));
  return token;
}

void Parser::advance() {
  at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
  next_ = {Token::Kind::end, "", 0, at_ + 1};
  if (at_ == text_.size()) return;
  const char c = text_[at_];
  if (c == '`' || c == '"' || c == '\'') {
    next_ = quoted_token(c);
  } else if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) {
    next_ = number_token();
  } else if (is_letter(c) || c == '.') {
    const auto rest = text_.substr(at_);
    const auto end = std::ranges::find_if_not(rest, is_name_part);
    next_ = {Token::Kind::name, std::string(rest.begin(), end), 0, at_ + 1};
    at_ += next_.text.size();
  } else {
    const auto two = text_.substr(at_, 2);
    const bool is_double = two == "==" || two == "!=" || two == "<=" || two == ">=";
    next_ = {Token::Kind::symbol, std::string(is_double ? two : two.substr(0, 1)), 0, at_ + 1};
    at_ += next_.text.size();
  }
}

bool is_operator(const Expression& e) {
  return e.kind == Expression::Kind::call && !is_letter(e.name[0]) && e.name[0] != '.' &&
         e.name != "(";
}

void collect_columns(const Expression& e, std::vector<std::string>& columns) {
  if (e.kind == Expression::Kind::name && std::ranges::count(columns, e.name) == 0)
    columns.push_back(e.name);
  for (std::size_t i = 0; i < e.arguments.size(); ++i) {
    const bool is_option = !e.labels.empty() && (e.labels[i] == "ref" || e.labels[i] == "type");
    if (!is_option) collect_columns(e.arguments[i], columns);
  }
}

}  // namespace

Expression Expression::column(std::string name) {
  Expression result;
  result.name = std::move(name);
  return result;
}

Expression Expression::call(std::string function, std::vector<Expression> arguments) {
  Expression result;
  result.kind = Kind::call;
  result.name = std::move(function);
  result.labels.resize(arguments.size());
  for (const Expression& argument : arguments)
    result.depth = std::max(result.depth, argument.depth + 1);
  result.arguments = std::move(arguments);
  return result;
}

Expression parse_expression(std::string_view text) { return Parser(text).parse(); }

std::string to_string(const Expression& e) {
  if (e.kind == Expression::Kind::number) return fmt::format("{}", e.number);
  if (e.kind == Expression::Kind::text) return quoted(e.name, '"');
  if (e.kind == Expression::Kind::name) return is_plain_name(e.name) ? e.name : quoted(e.name, '`');
  if (is_operator(e)) {
    if (e.arguments.size() == 1) return e.name + to_string(e.arguments[0]);
    const bool is_tight = e.name == ":" || e.name == "/" || e.name == "^";
    std::string chain = to_string(e.arguments[0]);
    for (std::size_t i = 1; i < e.arguments.size(); ++i)
      chain += (is_tight ? e.name : " " + e.name + " ") + to_string(e.arguments[i]);
    return chain;
  }
  std::string list;
  for (std::size_t i = 0; i < e.arguments.size(); ++i) {
    if (i > 0) list += ", ";
    if (!e.labels[i].empty()) list += e.labels[i] + " = ";
    list += to_string(e.arguments[i]);
  }
  return fmt::format("{}({})", e.name == "(" ? "" : e.name, list);
}

std::vector<std::string> columns_of(const Expression& expression) {
  std::vector<std::string> columns;
  collect_columns(expression, columns);
  return columns;
}

void refuse_expression(std::string_view text, std::size_t position, const std::string& why) {
  constexpr std::size_t longest = 200;
  const std::string shown =
      text.size() > longest ? std::string(text.substr(0, longest)) + "..." : std::string(text);
  if (position == 0) throw InputError(fmt::format("formula '{}': {}", shown, why));
  throw InputError(fmt::format("formula '{}', column {}: {}", shown, position, why));
}

double (*find_function(std::string_view name))(double) {
  const auto found = std::ranges::find(functions, name, &Function::name);
  return found == std::end(functions) ? nullptr : found->of;
}

void require_arithmetic(const Expression& e, std::string_view text) {
  if (e.kind == Expression::Kind::text)
    refuse_expression(text, e.position, fmt::format("a number was expected, not \"{}\"", e.name));
  if (e.kind != Expression::Kind::call) return;
  if (e.is_call("~") || e.is_call(":"))
    refuse_expression(text, e.position, fmt::format("'{}' is no arithmetic", e.name));
  if (!is_operator(e) && e.name != "(" && e.name != "I") {
    if (!find_function(e.name)) {
      std::vector<std::string_view> known = {"C", "I", "offset"};
      for (const Function& function : functions) known.push_back(function.name);
      refuse_expression(text, e.position,
                        fmt::format("one of the functions {} was expected here, not '{}'",
                                    fmt::join(known, ", "), e.name));
    }
  }
  const bool is_labelled = std::ranges::any_of(e.labels, [](const auto& l) { return !l.empty(); });
  if (!is_operator(e) && (e.arguments.size() != 1 || is_labelled))
    refuse_expression(text, e.position,
                      fmt::format("one argument without a name was expected in {}()", e.name));
  for (const Expression& argument : e.arguments) require_arithmetic(argument, text);
}

}  // namespace wald
