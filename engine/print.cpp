#include "print.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <ostream>

#include "node.h"

namespace wald {
namespace {

const char* type_name(DType dtype) {
  switch (dtype) {
    case DType::boolean:
      return "CPUBoolType";
    case DType::int64:
      return "CPULongType";
    case DType::float32:
      return "CPUFloatType";
    case DType::float64:
      break;
  }
  return "CPUDoubleType";
}

/// How all elements of one tensor are written: whole numbers, four decimals, or with exponents.
struct Format {
  enum { whole, fixed, exponent } style = whole;

  explicit Format(const std::vector<double>& values) {
    double largest = 0, smallest = INFINITY;
    bool is_whole = true;
    for (double v : values) {
      if (!std::isfinite(v)) continue;
      is_whole &= v == std::trunc(v);
      if (v != 0) {
        largest = std::max(largest, std::abs(v));
        smallest = std::min(smallest, std::abs(v));
      }
    }
    if (!is_whole || largest >= 1e8)
      style = largest >= 1e5 || (largest > 0 && smallest < 1e-4) ? exponent : fixed;
  }

  std::string text(double v) const {
    if (!std::isfinite(v) || style == whole) return fmt::format("{:.0f}", v);
    return style == fixed ? fmt::format("{:.4f}", v) : fmt::format("{:.4e}", v);
  }
};

class Printer {
 public:
  explicit Printer(const Tensor& x) : shape_(x.shape()) {
    if (is_floating(x.dtype())) {
      const std::vector<double> values = x.to_vector<double>();
      const Format format(values);
      for (double v : values) cells_.push_back(format.text(v));
    } else {
      for (std::int64_t v : x.to_vector<std::int64_t>()) cells_.push_back(std::to_string(v));
    }
    for (const std::string& cell : cells_) width_ = std::max(width_, cell.size());
  }

  std::string text() {
    if (shape_.empty()) return cells_[0] + "\n";
    if (cells_.empty()) return "";
    slices(0, 0, {});
    return out_;
  }

 private:
  /// Matrices of the last two axes, each under its place, as in `(1,2,.,.) =`.
  void slices(std::size_t axis, std::size_t begin, std::vector<std::size_t> place) {
    if (axis + 2 >= shape_.size()) {
      if (!place.empty())
        out_ += fmt::format("{}({},.,.) =\n", out_.empty() ? "" : "\n", fmt::join(place, ","));
      return matrix(begin);
    }
    std::size_t step = 1;
    for (std::size_t i = axis + 1; i < shape_.size(); ++i)
      step *= static_cast<std::size_t>(shape_[i]);
    for (std::int64_t i = 0; i < shape_[axis]; ++i) {
      auto here = place;
      here.push_back(static_cast<std::size_t>(i) + 1);
      slices(axis + 1, begin + static_cast<std::size_t>(i) * step, here);
    }
  }

  void matrix(std::size_t begin) {
    const auto columns = static_cast<std::size_t>(shape_.size() > 1 ? shape_.back() : 1);
    const auto rows = static_cast<std::size_t>(shape_[shape_.size() > 1 ? shape_.size() - 2 : 0]);
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < columns; ++j)
        out_ += fmt::format(" {:>{}}", cells_[begin + i * columns + j], width_);
      out_ += "\n";
    }
  }

  const Dims shape_;
  std::vector<std::string> cells_;
  std::size_t width_ = 1;
  std::string out_;
};

}  // namespace

std::string to_string(const Tensor& x) {
  if (!x.defined()) return "[ Tensor (undefined) ]";
  std::string out = Printer(x).text();
  out += fmt::format("[ {}{{{}}} ]", type_name(x.dtype()), fmt::join(x.shape(), ","));
  if (x.grad_fn())
    out += fmt::format("[ grad_fn = <{}> ]", x.grad_fn()->name());
  else if (x.requires_grad())
    out += "[ requires_grad = TRUE ]";
  return out;
}

std::ostream& operator<<(std::ostream& out, const Tensor& x) { return out << to_string(x); }

}  // namespace wald
