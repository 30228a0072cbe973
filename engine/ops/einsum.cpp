// Sums of products of tensors whose axes have names: einsum and tensordot.
#include <fmt/format.h>

#include <algorithm>
#include <string>

#include <wald/engine/linalg_parts.h>
#include <wald/engine/ops/pointwise.h>
#include <wald/engine/ops/products.h>
#include <wald/engine/ops/reduce.h>
#include <wald/engine/ops/shape.h>

namespace wald {
namespace {

/// The axes of a tensor by name: a letter, or, of "...", a number from its end: -1, -2 ...
using Labels = std::vector<int>;

bool has(const Labels& labels, int label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}
std::int64_t place_of(const Labels& labels, int label) {
  return std::find(labels.begin(), labels.end(), label) - labels.begin();
}

struct Named {
  Tensor x;
  Labels labels;
};

/// Axes in the order of `labels`, all of which x has.
Tensor ordered(Named from, const Labels& labels) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::int64_t at = place_of(from.labels, labels[i]), to = static_cast<std::int64_t>(i);
    if (at == to) continue;
    from.x = transpose(from.x, to, at);
    std::swap(from.labels[i], from.labels[static_cast<std::size_t>(at)]);
  }
  return from.x;
}

Named summed(const Named& from, const Labels& kept) {
  Dims axes;
  Named out;
  for (std::size_t i = 0; i < from.labels.size(); ++i) {
    if (has(kept, from.labels[i]))
      out.labels.push_back(from.labels[i]);
    else
      axes.push_back(static_cast<std::int64_t>(i));
  }
  out.x = axes.empty() ? from.x : sum(from.x, axes);
  return out;
}

/// Axes of one name become one, the last.
Named with_diagonals(Named from) {
  for (std::size_t i = 0; i < from.labels.size(); ++i) {
    const int label = from.labels[i];
    const auto again = std::find(from.labels.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                 from.labels.end(), label);
    if (again == from.labels.end()) continue;
    const auto last = static_cast<std::int64_t>(from.labels.size()) - 1;
    const auto second = static_cast<std::int64_t>(again - from.labels.begin());
    from.x = transpose(from.x, second, last);
    std::swap(from.labels[static_cast<std::size_t>(second)], from.labels.back());
    from.x = transpose(from.x, static_cast<std::int64_t>(i), last - 1);
    std::swap(from.labels[i], from.labels[from.labels.size() - 2]);
    from.x = linalg::diagonal_of(from.x);
    from.labels.pop_back();
    --i;  // another label has come here
  }
  return from;
}

/// Drops axes of size 1 of names that are longer elsewhere: they broadcast.
Named without_repeated(const Named& from, const std::function<std::int64_t(int)>& size_of_label) {
  Named out = from;
  for (std::size_t i = out.labels.size(); i-- > 0;) {
    const auto axis = static_cast<std::int64_t>(i);
    if (out.x.size(axis) != 1 || size_of_label(out.labels[i]) == 1) continue;
    out.x = squeeze(out.x, axis);
    out.labels.erase(out.labels.begin() + axis);
  }
  return out;
}

std::int64_t product_of_sizes(const Named& of, const Labels& labels) {
  std::int64_t n = 1;
  for (int label : labels) n *= of.x.size(place_of(of.labels, label));
  return n;
}

Labels joined(std::initializer_list<Labels> parts) {
  Labels all;
  for (const Labels& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// How the axes of two operands go together.
struct Roles {
  Labels batch, left, right, inner;

  Roles(const Named& a, const Named& b, const Labels& kept) {
    for (int label : a.labels) {
      const bool is_shared = has(b.labels, label);
      (!is_shared ? left : has(kept, label) ? batch : inner).push_back(label);
    }
    for (int label : b.labels)
      if (!has(a.labels, label)) right.push_back(label);
  }
};

/// The product of two operands, summed over what neither `kept` names.
Named contracted(const Named& first, const Named& second, const Labels& kept) {
  const Named a = summed(first, joined({kept, second.labels}));
  const Named b = summed(second, joined({kept, first.labels}));
  const Roles roles(a, b, kept);
  Named out{{}, joined({roles.batch, roles.left, roles.right})};
  if (roles.inner.empty()) {
    Tensor x = ordered(a, joined({roles.batch, roles.left}));
    for (std::size_t i = 0; i < roles.right.size(); ++i) x = unsqueeze(x, -1);
    Tensor y = ordered(b, joined({roles.batch, roles.right}));
    for (std::size_t i = 0; i < roles.left.size(); ++i)
      y = unsqueeze(y, static_cast<std::int64_t>(roles.batch.size()));
    out.x = x * y;
    return out;
  }
  const std::int64_t inner = product_of_sizes(a, roles.inner);
  Dims left, right, shape;
  if (!roles.batch.empty()) left.push_back(product_of_sizes(a, roles.batch));
  right = left;
  left.push_back(product_of_sizes(a, roles.left));
  left.push_back(inner);
  right.push_back(inner);
  right.push_back(product_of_sizes(b, roles.right));
  const Tensor x = reshape(ordered(a, joined({roles.batch, roles.left, roles.inner})), left);
  const Tensor y = reshape(ordered(b, joined({roles.batch, roles.inner, roles.right})), right);
  for (int label : out.labels) {
    const Named& owner = has(a.labels, label) ? a : b;
    shape.push_back(owner.x.size(place_of(owner.labels, label)));
  }
  out.x = reshape(matmul(x, y), shape);
  return out;
}

/// The text of einsum, read.
class Equation {
 public:
  Equation(std::string_view text, const std::vector<Tensor>& tensors) : text_(text) {
    std::string plain;
    for (char c : text)
      if (c != ' ') plain += c;
    const std::size_t arrow = plain.find("->");
    const std::string left = plain.substr(0, arrow);
    std::size_t begin = 0;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      const std::size_t end = std::min(left.find(',', begin), left.size());
      if (begin > left.size()) break;
      read_operand(left.substr(begin, end - begin), tensors[i]);
      begin = end + 1;
    }
    const auto named = static_cast<std::size_t>(std::count(left.begin(), left.end(), ',')) + 1;
    if (named != tensors.size())
      fail(fmt::format("names {} operands, but there are {}", named, tensors.size()));
    if (arrow == std::string::npos)
      imply_result();
    else
      read_result(plain.substr(arrow + 2));
  }

  std::vector<Named> operands;
  Labels result;

  /// The size of a label over all operands.
  std::int64_t size_of_label(int label) const {
    return sizes_[static_cast<std::size_t>(place_of(known_, label))];
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw ShapeError(fmt::format("einsum: \"{}\" {}", text_, what));
  }

  /// The labels of a term, "..." standing for `dots` axes.
  Labels read(const std::string& term, std::int64_t dots) const {
    Labels labels;
    bool seen = false;
    for (std::size_t i = 0; i < term.size(); ++i) {
      const char c = term[i];
      if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
        labels.push_back(c);
      } else if (term.compare(i, 3, "...") == 0 && !seen) {
        seen = true;
        i += 2;
        for (std::int64_t d = dots; d > 0; --d) labels.push_back(static_cast<int>(-d));
      } else {
        fail(
            fmt::format("cannot be read at '{}': letters, one \"...\" for each operand, ',' and "
                        "\"->\" are expected",
                        c));
      }
    }
    return labels;
  }

  void read_operand(const std::string& term, const Tensor& x) {
    const bool has_dots = term.find("...") != std::string::npos;
    const auto letters = static_cast<std::int64_t>(read(term, 0).size());
    if (has_dots ? x.dim() < letters : x.dim() != letters)
      fail(fmt::format("names {} axes of operand {}, whose shape is {}", letters, operands.size(),
                       to_string(x.shape())));
    Named operand{x, read(term, x.dim() - letters)};
    if (has_dots) dots_ = std::max(dots_, x.dim() - letters);
    for (std::size_t i = 0; i < operand.labels.size(); ++i) {
      const auto first = static_cast<std::size_t>(place_of(operand.labels, operand.labels[i]));
      if (x.shape()[first] != x.shape()[i])
        fail(fmt::format("wants the diagonal of two axes of the sizes {} and {}", x.shape()[first],
                         x.shape()[i]));
      note(operand.labels[i], x.shape()[i]);
    }
    operands.push_back(std::move(operand));
  }

  void note(int label, std::int64_t size) {
    if (!has(known_, label)) {
      known_.push_back(label);
      sizes_.push_back(size);
      return;
    }
    std::int64_t& before = sizes_[static_cast<std::size_t>(place_of(known_, label))];
    if (before == 1) before = size;
    if (size != before && size != 1)
      fail(fmt::format("gives axis '{}' the sizes {} and {}",
                       label < 0 ? "..." : std::string(1, static_cast<char>(label)), before, size));
  }

  void imply_result() {
    for (std::int64_t d = dots_; d > 0; --d) result.push_back(static_cast<int>(-d));
    Labels letters = known_;
    std::sort(letters.begin(), letters.end());
    for (int label : letters) {
      std::ptrdiff_t count = 0;
      for (const Named& operand : operands)
        count += std::count(operand.labels.begin(), operand.labels.end(), label);
      if (label > 0 && count == 1) result.push_back(label);
    }
  }

  void read_result(const std::string& term) {
    result = read(term, dots_);
    for (std::size_t i = 0; i < result.size(); ++i) {
      if (place_of(result, result[i]) != static_cast<std::int64_t>(i))
        fail(fmt::format("names '{}' twice in the result", static_cast<char>(result[i])));
      if (!has(known_, result[i]))
        fail(fmt::format("names '{}' in the result alone", static_cast<char>(result[i])));
    }
  }

  std::string text_;
  std::int64_t dots_ = 0;
  Labels known_;
  std::vector<std::int64_t> sizes_;
};

/// The names that are still wanted beside operands i and j.
Labels wanted_elsewhere(const Equation& equation, std::size_t i, std::size_t j) {
  Labels kept = equation.result;
  for (std::size_t o = 0; o < equation.operands.size(); ++o)
    if (o != i && o != j) kept = joined({kept, equation.operands[o].labels});
  return kept;
}

/// The number of elements of the product of operands i and j.
double product_size(const Equation& equation, std::size_t i, std::size_t j) {
  const Labels kept = wanted_elsewhere(equation, i, j);
  Labels both = equation.operands[i].labels;
  for (int label : equation.operands[j].labels)
    if (!has(both, label)) both.push_back(label);
  double size = 1;
  for (int label : both)
    if (has(kept, label)) size *= static_cast<double>(equation.size_of_label(label));
  return size;
}

}  // namespace

Tensor einsum(std::string_view text, const std::vector<Tensor>& operands) {
  if (operands.empty()) throw ShapeError("einsum: there are no operands");
  DType dtype = DType::float32;
  for (const Tensor& x : operands) dtype = std::max(dtype, linalg::require_floating({x}, "einsum"));
  Equation equation(text, operands);
  for (Named& operand : equation.operands) {
    operand.x = to(operand.x, dtype);
    operand = without_repeated(with_diagonals(operand),
                               [&](int label) { return equation.size_of_label(label); });
  }
  std::vector<Named>& left = equation.operands;
  while (left.size() > 1) {
    std::size_t best_i = 0, best_j = 1;
    for (std::size_t i = 0; i < left.size(); ++i)
      for (std::size_t j = i + 1; j < left.size(); ++j)
        if (product_size(equation, i, j) < product_size(equation, best_i, best_j))
          best_i = i, best_j = j;
    left[best_i] =
        contracted(left[best_i], left[best_j], wanted_elsewhere(equation, best_i, best_j));
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(best_j));
  }
  return ordered(summed(left[0], equation.result), equation.result);
}

Tensor tensordot(const Tensor& a, const Tensor& b, const Dims& axes_a, const Dims& axes_b) {
  const DType dtype = linalg::require_floating({a, b}, "tensordot");
  if (axes_a.size() != axes_b.size())
    throw ShapeError(fmt::format("tensordot: axes {} and {} do not pair up", to_string(axes_a),
                                 to_string(axes_b)));
  // Axes of a have the labels 1 ..., those of b that are not summed over the ones after them.
  Named x{to(a, dtype), {}}, y{to(b, dtype), {}};
  for (std::int64_t i = 0; i < a.dim(); ++i) x.labels.push_back(static_cast<int>(i + 1));
  for (std::int64_t i = 0; i < b.dim(); ++i) y.labels.push_back(static_cast<int>(a.dim() + i + 1));
  Labels kept = joined({x.labels, y.labels});
  for (std::size_t i = 0; i < axes_a.size(); ++i) {
    const std::size_t p = axis_at(axis_from_end(axes_a[i], a.dim(), "tensordot"), x.labels.size());
    const std::size_t q = axis_at(axis_from_end(axes_b[i], b.dim(), "tensordot"), y.labels.size());
    if (!has(kept, x.labels[p]) || !has(kept, y.labels[q]))
      throw IndexError(fmt::format("tensordot: an axis stands twice in {} or {}", to_string(axes_a),
                                   to_string(axes_b)));
    if (a.shape()[p] != b.shape()[q])
      throw ShapeError(fmt::format("tensordot: axis {} of shape {} and axis {} of shape {} differ",
                                   axes_a[i], to_string(a.shape()), axes_b[i],
                                   to_string(b.shape())));
    std::erase(kept, x.labels[p]);
    std::erase(kept, y.labels[q]);
    y.labels[q] = x.labels[p];
  }
  return ordered(contracted(x, y, kept), kept);
}

Tensor tensordot(const Tensor& a, const Tensor& b, std::int64_t count) {
  if (count < 0 || count > a.dim() || count > b.dim())
    throw ShapeError(fmt::format("tensordot: {} axes cannot be summed over in shapes {} and {}",
                                 count, to_string(a.shape()), to_string(b.shape())));
  Dims last, first;
  for (std::int64_t i = 0; i < count; ++i) {
    last.push_back(i - count);
    first.push_back(i);
  }
  return tensordot(a, b, last, first);
}

}  // namespace wald
