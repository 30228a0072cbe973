// The texts of linear hypotheses.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include <wald/engine/io/number.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/hypothesis.h>

namespace wald {
namespace {

/// A sum of parameters and a number: weights [k], and the number last.
using Sum = std::vector<double>;

class Reader {
 public:
  Reader(const std::string& text, const std::vector<std::string>& names)
      : text_(text), names_(names) {}

  /// All equations, each as left minus right side.
  std::vector<Sum> equations() {
    std::vector<Sum> rows;
    do {
      const Sum first = sum();
      bool is_equation = false;
      while (take('=')) {
        Sum row = sum();
        for (std::size_t i = 0; i < row.size(); ++i) row[i] = first[i] - row[i];
        rows.push_back(row);
        is_equation = true;
      }
      if (!is_equation) rows.push_back(first);
    } while (take(','));
    skip_blanks();
    if (at_ < text_.size()) fail("'=', '+', '-' or ','");
    return rows;
  }

 private:
  [[noreturn]] void fail(const char* expected) const {
    throw InputError(
        fmt::format("the hypothesis '{}' cannot be read: {} was expected where '{}' "
                    "stands; the parameters are {}",
                    text_, expected, text_.substr(at_), fmt::join(names_, ", ")));
  }

  void skip_blanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }

  bool take(char c) {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Sum sum() {
    Sum total(names_.size() + 1, 0.0);
    double sign = take('-') ? -1 : 1;
    while (true) {
      add_term(total, sign);
      if (take('+'))
        sign = 1;
      else if (take('-'))
        sign = -1;
      else
        return total;
    }
  }

  void add_term(Sum& total, double sign) {
    // A name may begin with a digit: names come first.
    if (const auto name = take_name()) return void(total[*name] += sign);
    const std::optional<double> number = take_number();
    if (!number) fail("a parameter or a number");
    const bool has_star = take('*');
    const auto name = take_name();
    if (has_star && !name) fail("a parameter");
    total[name.value_or(names_.size())] += sign * *number;
  }

  /// The longest name that stands here.
  std::optional<std::size_t> take_name() {
    skip_blanks();
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < names_.size(); ++i)
      if (!names_[i].empty() && text_.compare(at_, names_[i].size(), names_[i]) == 0 &&
          (!found || names_[i].size() > names_[*found].size()))
        found = i;
    if (found) at_ += names_[*found].size();
    return found;
  }

  std::optional<double> take_number() {
    skip_blanks();
    std::size_t end = at_;
    while (end < text_.size() &&
           (std::isdigit(static_cast<unsigned char>(text_[end])) || text_[end] == '.'))
      ++end;
    if (end == at_) return std::nullopt;
    const auto number = parse_number(text_.substr(at_, end - at_));
    if (number) at_ = end;
    return number;
  }

  const std::string& text_;
  const std::vector<std::string>& names_;
  std::size_t at_ = 0;
};

}  // namespace

LinearHypothesis linear_hypothesis(const std::string& text, const std::vector<std::string>& names) {
  const std::vector<Sum> rows = Reader(text, names).equations();
  std::vector<double> r, q;
  for (const Sum& row : rows) {
    if (std::all_of(row.begin(), row.end() - 1, [](double w) { return w == 0; }))
      throw InputError(fmt::format("the hypothesis '{}' concerns no parameter", text));
    r.insert(r.end(), row.begin(), row.end() - 1);
    q.push_back(-row.back());
  }
  return {from_vector(
              r, {static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(names.size())}),
          from_vector(q)};
}

}  // namespace wald
