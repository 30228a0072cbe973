// The table of operations under test: a row for each public function says how it is called, on what
// domain, and what it must give, in plain loops. The checks, which know no operation, are in
// op_table_test.cpp. A new pointwise operation takes one row of op_rows_pointwise.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include <wald/engine/tensor.h>

namespace wald::testing {

/// Row-major numbers, for references.
struct Array {
  Dims shape;
  std::vector<double> values;

  double at(std::initializer_list<std::int64_t> index) const;
};
Array to_array(const Tensor& x);
/// The array of `shape` whose element at a multi-index is value(index).
Array make_array(const Dims& shape,
                 const std::function<double(const std::vector<std::int64_t>& index)>& value);

/// Where an input's values come from: `place` takes [0, 1) to the domain.
struct Sampler {
  std::function<double(double)> place;
  DType dtype = DType::float64;
};
Sampler between(double low, double high);
/// Of either sign, at least `low` from 0.
Sampler away_from_zero(double low, double high);
/// Whole numbers, few enough that equal ones meet.
Sampler whole(double low, double high);
Sampler coin();
/// Values at `shape`; the same for the same state of `random`.
Tensor sample(const Sampler& sampler, const Dims& shape, std::mt19937& random);

using Builder = std::function<Tensor(const std::vector<Tensor>& in)>;
using Reference = std::function<Array(const std::vector<Array>& in)>;
/// One element of a pointwise function, in extended precision.
using ScalarReference = std::function<long double(const std::vector<long double>& in)>;

/// What a function does with int64; `as_floats` gives the type that floats give.
enum class Integers { become_float64, stay, as_floats, refused };

/// A call that must throw: what went wrong instead, or nothing.
using BadCall = std::function<std::string()>;
/// A call that must throw an E whose message holds each of `says`.
template <class E>
BadCall throws(std::function<void()> call, std::vector<std::string> says) {
  return [call = std::move(call), says = std::move(says)]() -> std::string {
    try {
      call();
    } catch (const E& error) {
      const std::string message = error.what();
      for (const std::string& part : says)
        if (message.find(part) == std::string::npos)
          return "the message \"" + message + "\" does not say \"" + part + "\"";
      return "";
    } catch (const std::exception& error) {
      return std::string("another exception: ") + error.what();
    }
    return "nothing was thrown";
  };
}

struct OpRow {
  std::string name;  // of the function; of its formula too, if it is pointwise
  Builder build;
  std::vector<Sampler> inputs;
  Reference reference;
  std::vector<std::vector<Dims>> shapes;  // each a call
  std::string op = name;                  // the name that the engine records
  Integers integers = Integers::become_float64;
  bool is_differentiable = true;
  double tolerance = 1e-9;          // of derivatives against differences
  double value_tolerance = 1e-14;   // of values against the reference
  double float32_tolerance = 1e-6;  // of float32 values; gradients get ten times as much
  std::vector<BadCall> bad = {};
  ScalarReference scalar = {};  // of pointwise functions alone
  double ulps = 2;              // of the kernels against it
  // Whose last place those are, where not the value's: of terms that cancel, for instance.
  ScalarReference magnitude = {};
  ScalarReference condition = {};  // by which the ulps are multiplied, if set
  double input_ulps = 0;           // and as much as so many half ulps of an argument move the value
  int sampled = 0;  // so many of the first inputs are only ever sampled, in tests of the kernels
  double absolute = 0;  // what is not counted as an error of theirs
  // Where they are held to it, if not everywhere; and operands that they get besides the others.
  std::function<bool(const std::vector<long double>&)> within = {};
  std::vector<Sampler> wide = {};

  bool is_pointwise() const { return static_cast<bool>(scalar); }
  friend void PrintTo(const OpRow& row, std::ostream* out) { *out << row.name; }
};

std::vector<OpRow> pointwise_rows();
std::vector<OpRow> reducing_rows();
std::vector<OpRow> extreme_rows();
std::vector<OpRow> moving_rows();
std::vector<OpRow> arranging_rows();
std::vector<OpRow> diagonal_rows();
std::vector<OpRow> indexing_rows();
std::vector<OpRow> ordering_rows();
std::vector<OpRow> linalg_rows();
std::vector<OpRow> product_rows();
std::vector<OpRow> special_rows();
std::vector<OpRow> incomplete_rows();
/// All of them.
const std::vector<OpRow>& op_rows();

}  // namespace wald::testing
