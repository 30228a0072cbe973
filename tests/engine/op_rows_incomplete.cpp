// Rows of the incomplete gamma and beta functions, and of the formulas of their derivatives.
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include <wald/engine/autograd.h>
#include <wald/engine/op.h>
#include <wald/engine/ops/ops.h>

#include "op_incomplete_reference.h"
#include "op_table.h"

namespace wald::testing {
namespace {

using Real = long double;
using Reals = std::vector<Real>;

constexpr Real infinity = std::numeric_limits<Real>::infinity();
constexpr Real unknown = std::numeric_limits<Real>::quiet_NaN();
/// In its place the limit for x to 0 of derivatives is computed.
constexpr Real tiny = 1e-1500L;

bool is_log(Part part) { return part == Part::log_lower || part == Part::log_upper; }
Part other(Part part) {
  return part == Part::lower       ? Part::upper
         : part == Part::upper     ? Part::lower
         : part == Part::log_lower ? Part::log_upper
                                   : Part::log_lower;
}
/// The value where all of the distribution is below x, or nothing.
Real at_end(Part part, bool is_all_lower) {
  const bool is_one = is_all_lower == (part == Part::lower || part == Part::log_lower);
  return is_log(part) ? (is_one ? 0 : -infinity) : is_one;
}

Reckoned gamma_value(Part part, Real a, Real x) {
  if (!(a >= 0 && x >= 0) || (a == 0 && x == 0) || (a == infinity && x == infinity))
    return {unknown, 0};
  if (x == 0 || a == infinity || x == infinity || a == 0)
    return {at_end(part, x == infinity || a == 0), 0};
  const Reckoned found = gamma_reference(part, 0, 0, a, x);
  return {found.value, found.noise};
}

Reckoned beta_value(Part part, Real a, Real b, Real x) {
  if (!(a >= 0 && b >= 0 && x >= 0 && x <= 1) || (a == 0 && (b == 0 || x == 0)) ||
      (b == 0 && x == 1) || (a == infinity && b == infinity) || (x == 0 && b == infinity) ||
      (x == 1 && a == infinity))
    return {unknown, 0};
  if (x == 0 || x == 1 || a == 0 || b == 0 || a == infinity || b == infinity)
    return {at_end(part, x == 1 || (x > 0 && (a == 0 || b == infinity))), 0};
  return beta_reference(part, 0, 0, 0, a, b, x);
}

/// A noise of inf says that the kernels are not held to the value: the limits at the ends of the
/// domain that incomplete_test.cpp does not name.
Reckoned gamma_derivative(Part part, int code, Real a, Real x) {
  const int by_a = code % 3, by_x = code / 3;
  if (!(a >= 0 && x >= 0)) return {unknown, 0};
  if (a == 0 || a == infinity || x == infinity) return {0, infinity};
  if (x > 0) return gamma_reference(part, by_a, by_x, a, x);
  Real limit = gamma_reference(part, by_a, by_x, a, tiny).value;
  if (by_x == 0 && !is_log(part)) limit = 0;
  if (part == Part::log_lower && by_a == 1 && by_x == 0) limit = -infinity;
  if (part != Part::log_lower && a == 1 && by_a == 1 && by_x == 1)
    limit = part == Part::lower ? -infinity : infinity;
  return {limit, infinity};
}

Reckoned beta_derivative(Part part, int code, Real a, Real b, Real x) {
  const int by_a = code % 3, by_b = code / 3 % 3, by_x = code / 9;
  if (!(a >= 0 && b >= 0 && x >= 0 && x <= 1)) return {unknown, 0};
  if (a == 0 || b == 0 || a == infinity || b == infinity) return {0, infinity};
  if (x > 0 && x < 1) return beta_reference(part, by_a, by_b, by_x, a, b, x);
  if (x == 1) {
    const Real mirrored = beta_derivative(other(part), by_b + 3 * by_a + 9 * by_x, b, a, 0).value;
    return {by_x == 1 ? -mirrored : mirrored, infinity};
  }
  Real limit = beta_reference(part, by_a, by_b, by_x, a, b, tiny).value;
  if (by_x == 0 && part != Part::log_lower) limit = 0;
  if (part == Part::log_lower && by_a == 1 && by_b == 0 && by_x == 0) limit = -infinity;
  if (part == Part::log_lower && by_b == 1 && by_x == 1) limit = -a / (a + 1);
  if (part != Part::log_lower && a == 1 && by_a == 1 && by_x == 1)
    limit = part == Part::lower ? -infinity : infinity;
  return {limit, infinity};
}

/// The element of x that broadcasting puts at `index`.
double broadcast_at(const Array& x, const std::vector<std::int64_t>& index) {
  std::size_t place = 0;
  const std::size_t shift = index.size() - x.shape.size();
  for (std::size_t axis = 0; axis < x.shape.size(); ++axis) {
    const std::int64_t i = x.shape[axis] == 1 ? 0 : index[shift + axis];
    place = place * static_cast<std::size_t>(x.shape[axis]) + static_cast<std::size_t>(i);
  }
  return x.values[place];
}

/// Shapes that are ends of the domain, or no shapes, or those with the stated accuracy.
std::function<bool(const Reals&)> shapes_between(Real low, Real high, std::size_t first,
                                                 std::size_t end) {
  return [=](const Reals& in) {
    for (std::size_t i = first; i < end; ++i)
      if ((in[i] > 0 && in[i] < low) || (in[i] > high && in[i] < infinity)) return false;
    return true;
  };
}
/// Of all sizes.
Sampler log_between(double low, double high) {
  return {[=](double u) { return std::exp(std::log(low) + u * (std::log(high) - std::log(low))); }};
}
/// Inside (0, 1), often near an end.
Sampler proportion() {
  return {[](double u) {
    return u < 0.4   ? 3 * u / 2 + 0.2
           : u < 0.7 ? std::exp((u - 0.7) * 2450)
                     : -std::expm1((0.7 - u) * 120);
  }};
}

OpRow row_of(std::string name, Builder build, std::vector<Sampler> inputs,
             std::function<Reckoned(const Reals&)> reckon) {
  // Value, condition and magnitude are asked for one after the other, and slow to compute.
  reckon = [slow = std::move(reckon),
            last = std::make_shared<std::pair<Reals, Reckoned>>()](const Reals& in) {
    if (last->first != in) *last = {in, slow(in)};
    return last->second;
  };
  OpRow row{.name = std::move(name),
            .build = std::move(build),
            .inputs = std::move(inputs),
            .reference = {},
            .shapes = {}};
  row.scalar = [reckon](const Reals& in) { return reckon(in).value; };
  row.condition = [reckon](const Reals& in) {
    const Reckoned found = reckon(in);
    if (found.noise * 1e-18L > std::fabs(found.value)) return infinity;  // not a digit is certain
    return found.noise == infinity ? infinity : found.noise / std::fabs(found.value);
  };
  row.reference = [reckon](const std::vector<Array>& in) {
    Dims shape;
    for (const Array& x : in) shape = broadcast_shapes(shape, x.shape, "reference");
    return make_array(shape, [&](const std::vector<std::int64_t>& index) {
      Reals x;
      for (const Array& array : in) x.push_back(broadcast_at(array, index));
      return static_cast<double>(reckon(x).value);
    });
  };
  row.tolerance = 1e-8;
  row.ulps = 16;
  return row;
}

const std::vector<std::vector<Dims>> two = {
    {{4, 3}, {4, 3}}, {{3, 3}, {3}}, {{3}, {4, 3}}, {{3}, {}},  {{}, {3}},
    {{4, 1}, {1, 3}}, {{1}, {1}},    {{}, {}},      {{0}, {0}}, {{2, 0}, {2, 1}}};
const std::vector<std::vector<Dims>> three = {
    {{4, 3}, {4, 3}, {4, 3}}, {{3, 3}, {3}, {3, 1}}, {{}, {3}, {}},   {{3}, {}, {4, 3}},
    {{1}, {1}, {1}},          {{}, {}, {}},          {{0}, {0}, {0}}, {{2, 0}, {}, {2, 1}}};

OpRow gamma_row(const std::string& name, Tensor (*f)(const Tensor&, const Tensor&), Part part) {
  OpRow row = row_of(
      name, [f](const std::vector<Tensor>& in) { return f(in[0], in[1]); },
      {between(0.6, 4), between(0.5, 5)},
      [part](const Reals& in) { return gamma_value(part, in[0], in[1]); });
  row.shapes = two;
  row.within = shapes_between(1e-290L, 1e290L, 0, 1);
  row.wide = {log_between(1e-290, 1e290), log_between(1e-300, 1e300)};
  row.bad = {throws<ShapeError>([f] { f(ones({2}), ones({3})); }, {name, "[2]", "[3]"})};
  return row;
}

OpRow beta_row(const std::string& name, Tensor (*f)(const Tensor&, const Tensor&, const Tensor&),
               Part part) {
  OpRow row = row_of(
      name, [f](const std::vector<Tensor>& in) { return f(in[0], in[1], in[2]); },
      {between(0.6, 4), between(0.6, 4), between(0.3, 0.7)},
      [part](const Reals& in) { return beta_value(part, in[0], in[1], in[2]); });
  row.shapes = three;
  row.within = shapes_between(1e-290L, 1e30L, 0, 2);
  row.wide = {log_between(1e-290, 1e30), log_between(1e-290, 1e30), proportion()};
  row.bad = {throws<ShapeError>([f] { f(ones({2}), ones({3}), ones({})); }, {name, "[2]", "[3]"}),
             throws<ShapeError>([f] { f(ones({2}), ones({}), ones({3})); }, {name, "[2]", "[3]"})};
  return row;
}

/// One of the whole numbers that say orders.
Sampler one_of(std::vector<double> codes) {
  return {[codes](double u) {
    return codes[static_cast<std::size_t>(u * static_cast<double>(codes.size()))];
  }};
}

/// The formula that the rules call, called by itself.
OpRow formula_row(const char* op, const char* formula, std::vector<Sampler> inputs,
                  std::function<Reckoned(const Reals&)> reckon) {
  const std::size_t count = inputs.size();
  const auto pointwise = std::make_shared<Pointwise>(
      op, formula,
      count == 3 ? std::initializer_list<Pointwise::Rule>{nullptr, nullptr, nullptr}
                 : std::initializer_list<Pointwise::Rule>{nullptr, nullptr, nullptr, nullptr});
  OpRow row = row_of(
      formula,
      [pointwise, count](const std::vector<Tensor>& in) {
        const NoGradGuard guard;
        return count == 3 ? (*pointwise)(in[0], in[1], in[2])
                          : (*pointwise)(in[0], in[1], in[2], in[3]);
      },
      std::move(inputs), std::move(reckon));
  row.op = op;
  row.is_differentiable = false;
  row.sampled = 1;
  row.value_tolerance = 1e-10;  // the limits' too, taken at x = tiny
  row.ulps = 256;
  row.shapes = three;
  // That one underflows is all that is asked, not with which sign.
  row.magnitude = [scalar = row.scalar](const Reals& in) {
    return std::max(std::fabs(scalar(in)), Real(std::numeric_limits<double>::denorm_min()));
  };
  if (count == 4)
    for (auto& shapes : row.shapes) shapes.push_back(shapes.back());
  return row;
}

OpRow gamma_formula_row(const char* op, const char* formula, Part part) {
  const Sampler orders = one_of({1, 2, 3, 4, 6});
  OpRow row =
      formula_row(op, formula, {orders, between(0.6, 4), between(0.5, 5)}, [part](const Reals& in) {
        return gamma_derivative(part, static_cast<int>(in[0]), in[1], in[2]);
      });
  row.within = shapes_between(1e-10L, 1e10L, 1, 2);
  row.wide = {orders, log_between(1e-10, 1e10), log_between(1e-300, 1e300)};
  return row;
}

OpRow beta_formula_row(const char* op, const char* formula, Part part) {
  const Sampler orders = one_of({1, 2, 3, 4, 6, 9, 10, 12, 18});
  OpRow row =
      formula_row(op, formula, {orders, between(0.6, 4), between(0.6, 4), between(0.3, 0.7)},
                  [part](const Reals& in) {
                    return beta_derivative(part, static_cast<int>(in[0]), in[1], in[2], in[3]);
                  });
  row.within = shapes_between(1e-6L, 1e6L, 1, 3);
  row.wide = {orders, log_between(1e-6, 1e6), log_between(1e-6, 1e6), proportion()};
  return row;
}

}  // namespace

std::vector<OpRow> incomplete_rows() {
  return {
      gamma_row("gammainc", gammainc, Part::lower),
      gamma_row("gammaincc", gammaincc, Part::upper),
      gamma_row("log_gammainc", log_gammainc, Part::log_lower),
      gamma_row("log_gammaincc", log_gammaincc, Part::log_upper),
      gamma_formula_row("gammainc", "gammainc_derivative", Part::lower),
      gamma_formula_row("log_gammainc", "log_gammainc_derivative", Part::log_lower),
      gamma_formula_row("log_gammaincc", "log_gammaincc_derivative", Part::log_upper),
      beta_row("betainc", betainc, Part::lower),
      beta_row("betaincc", betaincc, Part::upper),
      beta_row("log_betainc", log_betainc, Part::log_lower),
      beta_row("log_betaincc", log_betaincc, Part::log_upper),
      beta_formula_row("betainc", "betainc_derivative", Part::lower),
      beta_formula_row("log_betainc", "log_betainc_derivative", Part::log_lower),
      beta_formula_row("log_betaincc", "log_betaincc_derivative", Part::log_upper),
  };
}

}  // namespace wald::testing
