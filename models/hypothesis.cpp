#include "hypothesis.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include <wald/engine/error.h>

namespace wald {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Letters, digits, `.`, `_` and any byte beyond ASCII, as in names of formulas.
bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || (c & 0x80) != 0;
}

/// A number and a coefficient for each parameter.
struct Linear {
  std::vector<double> coefficients;
  double constant = 0;

  bool is_constant() const {
    return std::ranges::all_of(coefficients, [](double c) { return c == 0; });
  }
  void add(const Linear& other, double times) {
    constant += times * other.constant;
    for (std::size_t i = 0; i < coefficients.size(); ++i)
      coefficients[i] += times * other.coefficients[i];
  }
  void scale(double by) {
    constant *= by;
    for (double& c : coefficients) c *= by;
  }
};

class HypothesisParser {
 public:
  HypothesisParser(std::string_view text, const std::vector<std::string>& names)
      : text_(text), names_(names) {}

  LinearHypothesis parse() {
    do equation();
    while (take(','));
    if (at_ < text_.size()) expected("'=', ',' or an operator");
    return std::move(result_);
  }

 private:
  void equation() {
    skip_blanks();
    std::size_t begin = at_;
    Linear left = sum();
    if (!take('=')) expected("'='");
    do {
      take('=');  // as in ==
      skip_blanks();
      const std::size_t middle = at_;
      const Linear right = sum();
      left.add(right, -1);
      add_row(left, std::string(text_.substr(begin, at_ - begin)));
      left = right;
      begin = middle;
    } while (take('='));
  }

  void add_row(const Linear& difference, std::string equation) {
    while (is_blank(equation.back())) equation.pop_back();
    if (difference.is_constant())
      throw InputError(fmt::format("hypothesis '{}': '{}' {} whatever the parameters are", text_,
                                   equation, difference.constant == 0 ? "holds" : "fails"));
    result_.r.insert(result_.r.end(), difference.coefficients.begin(),
                     difference.coefficients.end());
    result_.q.push_back(0 - difference.constant);
    result_.texts.push_back(std::move(equation));
  }

  Linear sum() {
    Linear total = signed_product();
    for (;;) {
      if (take('+'))
        total.add(product(), 1);
      else if (take('-'))
        total.add(product(), -1);
      else
        return total;
    }
  }

  Linear signed_product() {
    double sign = 1;
    while (take('-') || take('+')) sign = text_[at_ - 1] == '-' ? -sign : sign;
    Linear first = product();
    first.scale(sign);
    return first;
  }

  Linear product() {
    Linear left = factor();
    for (;;) {
      const std::size_t begin = at_;
      if (take('*')) {
        Linear right = factor();
        if (!left.is_constant() && !right.is_constant())
          refuse(begin, "a product of parameters is not linear");
        if (!left.is_constant()) std::swap(left, right);
        right.scale(left.constant);
        left = std::move(right);
      } else if (take('/')) {
        const Linear right = factor();
        if (!right.is_constant() || right.constant == 0)
          refuse(begin, "only a number other than 0 can divide");
        left.scale(1 / right.constant);
      } else {
        return left;
      }
    }
  }

  Linear factor() {
    skip_blanks();
    Linear value{std::vector<double>(names_.size(), 0.0)};
    if (const std::size_t parameter = take_name(); parameter < names_.size()) {
      value.coefficients[parameter] = 1;
      return value;
    }
    if (take('(')) {
      value = sum();
      if (!take(')')) expected("')'");
      return value;
    }
    const char* const begin = text_.data() + at_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value.constant);
    const bool is_number = peek() != '-' && error == std::errc() && std::isfinite(value.constant);
    if (!is_number) refuse_factor();
    at_ += static_cast<std::size_t>(end - begin);
    return value;
  }

  /// The parameter with the longest name that stands here, if it is not a part of a longer word;
  /// names_.size() if there is none.
  std::size_t take_name() {
    std::size_t best = names_.size(), best_end = at_;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const std::size_t end = end_of(names_[i]);
      if (end > best_end) {
        best = i;
        best_end = end;
      }
    }
    at_ = best_end;
    return best;
  }

  /// Where the name ends that begins here; 0 if another text stands here.
  std::size_t end_of(std::string_view name) const {
    const bool is_quoted = peek() == '`';
    std::size_t at = at_ + (is_quoted ? 1 : 0), i = 0;
    for (; i < name.size(); ++i) {
      while (i < name.size() && is_blank(name[i])) ++i;
      while (at < text_.size() && is_blank(text_[at])) ++at;
      if (i == name.size() || at == text_.size() || text_[at] != name[i]) break;
      ++at;
    }
    if (i < name.size()) return 0;
    if (is_quoted) return at < text_.size() && text_[at] == '`' ? at + 1 : 0;
    const bool goes_on = at < text_.size() && (text_[at] == ':' || text_[at] == '(' ||
                                               (is_word(text_[at]) && is_word(text_[at - 1])));
    return goes_on ? 0 : at;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_blanks() {
    while (is_blank(peek())) ++at_;
  }
  bool take(char c) {
    skip_blanks();
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  [[noreturn]] void refuse(std::size_t at, const std::string& why) const {
    throw InputError(fmt::format("hypothesis '{}', column {}: {}", text_, at + 1, why));
  }
  [[noreturn]] void expected(const std::string& what) const {
    const std::string_view rest = text_.substr(at_, 12);
    refuse(at_, fmt::format("{} was expected, not {}", what,
                            rest.empty() ? "the end" : fmt::format("'{}'", rest)));
  }
  [[noreturn]] void refuse_factor() const {
    const std::size_t end = std::min(text_.find_first_of(" \t=,+-*/)", at_), text_.size());
    if (end == at_) expected("a parameter or a number");
    refuse(at_, fmt::format("there is no parameter '{}'; there are {}",
                            text_.substr(at_, end - at_), fmt::join(names_, ", ")));
  }

  std::string_view text_;
  const std::vector<std::string>& names_;
  std::size_t at_ = 0;
  LinearHypothesis result_;
};

}  // namespace

LinearHypothesis parse_hypothesis(std::string_view text, const std::vector<std::string>& names) {
  return HypothesisParser(text, names).parse();
}

}  // namespace wald
