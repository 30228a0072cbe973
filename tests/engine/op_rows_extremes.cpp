// Rows of reductions that are not sums, and of what is computed along one axis.
#include <algorithm>
#include <cmath>
#include <limits>

#include <wald/engine/ops/ops.h>

#include "op_table.h"

namespace wald::testing {
namespace {

using In = const std::vector<Tensor>&;
using Arrays = const std::vector<Array>&;
using Numbers = std::vector<long double>;
using Lines = std::vector<std::vector<std::size_t>>;

const Sampler values = between(-2, 2);
constexpr long double infinity = std::numeric_limits<long double>::infinity();

/// The elements of an array apart by their place on the axes that are not `gone`, as places in
/// row-major order.
Lines lines_of(const Dims& shape, const std::vector<bool>& gone) {
  std::size_t count = 1;
  for (std::size_t axis = 0; axis < shape.size(); ++axis)
    if (!gone[axis]) count *= static_cast<std::size_t>(shape[axis]);
  Lines lines(count);
  const std::int64_t n = numel(shape);
  for (std::int64_t i = 0; i < n; ++i) {
    std::int64_t rest = i, line = 0, step = 1;
    for (std::size_t axis = shape.size(); axis-- > 0; rest /= shape[axis])
      if (!gone[axis]) {
        line += rest % shape[axis] * step;
        step *= shape[axis];
      }
    lines[static_cast<std::size_t>(line)].push_back(static_cast<std::size_t>(i));
  }
  return lines;
}

/// A function of the elements along the axes that are `gone`; the others stay.
Reference reduced(std::vector<bool> gone, bool keepdim,
                  std::function<long double(const Numbers&)> f) {
  return [=](Arrays in) {
    Array out;
    for (std::size_t axis = 0; axis < gone.size(); ++axis)
      if (!gone[axis] || keepdim) out.shape.push_back(gone[axis] ? 1 : in[0].shape[axis]);
    for (const auto& line : lines_of(in[0].shape, gone)) {
      Numbers x;
      for (std::size_t i : line) x.push_back(in[0].values[i]);
      out.values.push_back(static_cast<double>(f(x)));
    }
    return out;
  };
}

/// A function from the elements along an axis to as many.
Reference along(std::size_t axis, std::function<Numbers(const Numbers&)> f) {
  return [=](Arrays in) {
    std::vector<bool> gone(in[0].shape.size(), false);
    gone[axis] = true;
    Array out = in[0];
    for (const auto& line : lines_of(in[0].shape, gone)) {
      Numbers x;
      for (std::size_t i : line) x.push_back(in[0].values[i]);
      const Numbers y = f(x);
      for (std::size_t i = 0; i < line.size(); ++i) out.values[line[i]] = static_cast<double>(y[i]);
    }
    return out;
  };
}

const std::vector<bool> all_gone{true, true, true}, ends_gone{true, false, true},
    middle_gone{false, true, false}, first_gone{true, false, false};
const std::vector<std::vector<Dims>> some = {{{3, 3, 3}}, {{2, 4, 3}}, {{1, 1, 1}}};
const std::vector<std::vector<Dims>> some_or_none = {
    {{3, 3, 3}}, {{2, 4, 3}}, {{1, 1, 1}}, {{2, 0, 3}}, {{0, 2, 2}}};

OpRow row(std::string name, Builder build, Reference reference, std::string op, Integers integers,
          std::vector<std::vector<Dims>> shapes = some) {
  return {.name = std::move(name),
          .build = std::move(build),
          .inputs = {values},
          .reference = std::move(reference),
          .shapes = std::move(shapes),
          .op = std::move(op),
          .integers = integers};
}

OpRow with_bad(OpRow row, std::vector<BadCall> bad) {
  row.bad = std::move(bad);
  return row;
}

long double product(const Numbers& x) {
  long double total = 1;
  for (long double v : x) total *= v;
  return total;
}

std::vector<OpRow> products() {
  const auto of_axes = [](In in) { return prod(in[0], {0, -1}); };
  std::vector<OpRow> rows = {
      row("prod", [](In in) { return prod(in[0]); }, reduced(all_gone, false, product), "prod",
          Integers::stay, {{{3, 1, 3}}, {{1, 1, 1}}, {{2, 0, 3}}, {{0, 2, 2}}, {{2, 2, 2}}}),
      row("prod of axes", of_axes, reduced(ends_gone, false, product), "prod", Integers::stay,
          some_or_none),
      row(
          "prod, keepdim", [](In in) { return prod(in[0], {1}, true); },
          reduced(middle_gone, true, product), "prod", Integers::stay, some_or_none),
      row("prod with zeros", of_axes, reduced(ends_gone, false, product), "prod", Integers::stay,
          {{{3, 3, 1}}, {{2, 3, 2}}, {{1, 3, 3}}}),
  };
  rows.back().inputs = {whole(-1, 1)};
  rows[0].bad = {throws<IndexError>([] { prod(ones({2, 3}), {0, 0}); }, {"prod", "[0, 0]"})};
  return rows;
}

std::function<long double(const Numbers&)> variance(double correction, bool is_root) {
  return [=](const Numbers& x) {
    long double mean = 0, total = 0;
    for (long double v : x) mean += v / static_cast<long double>(x.size());
    for (long double v : x) total += (v - mean) * (v - mean);
    const long double left = std::max(static_cast<long double>(x.size()) - correction, 0.0L);
    return is_root ? std::sqrt(total / left) : total / left;
  };
}

std::vector<OpRow> spreads() {
  const std::vector<std::vector<Dims>> shapes = {{{3, 3, 3}}, {{2, 4, 3}}};
  const BadCall integers =
      throws<DTypeError>([] { var(to(ones({2}), DType::int64)); }, {"var", "int64"});
  return {
      with_bad(row(
                   "var", [](In in) { return var(in[0]); },
                   reduced(all_gone, false, variance(1, false)), "sum", Integers::refused, shapes),
               {integers, throws<IndexError>([] { var(ones({2}), {1}); }, {"var", "1"})}),
      row(
          "var of axes", [](In in) { return var(in[0], {1}, 0); },
          reduced(middle_gone, false, variance(0, false)), "sum", Integers::refused),
      row(
          "var, keepdim",
          [](In in) {
            return var(in[0], {0, 2}, 1, true);
          },
          reduced(ends_gone, true, variance(1, false)), "sum", Integers::refused, shapes),
      row(
          "var without correction", [](In in) { return var(in[0], 0); },
          reduced(all_gone, false, variance(0, false)), "sum", Integers::refused),
      with_bad(row(
                   "std", [](In in) { return std(in[0]); },
                   reduced(all_gone, false, variance(1, true)), "sqrt", Integers::refused, shapes),
               {throws<DTypeError>([] { std(to(ones({2}), DType::int64)); }, {"std", "int64"})}),
      row(
          "std of axes",
          [](In in) {
            return std(in[0], {0, 2}, 1, true);
          },
          reduced(ends_gone, true, variance(1, true)), "sqrt", Integers::refused, shapes),
      row(
          "std without correction", [](In in) { return std(in[0], 0); },
          reduced(all_gone, false, variance(0, true)), "sqrt", Integers::refused, shapes),
  };
}

std::function<long double(const Numbers&)> norm_of(long double p) {
  return [=](const Numbers& x) {
    long double total = p == -infinity ? infinity : 0;
    for (long double v : x) {
      const long double size = std::fabs(v);
      if (p == infinity)
        total = std::max(total, size);
      else if (p == -infinity)
        total = std::min(total, size);
      else if (p == 0)
        total += size != 0;
      else
        total += std::pow(size, p);
    }
    return std::isinf(p) || p == 0 ? total : std::pow(total, 1 / p);
  };
}

std::vector<OpRow> norms() {
  std::vector<OpRow> rows;
  const auto add = [&](const std::string& name, double p, const std::string& op) {
    rows.push_back(row(
        "norm, p = " + name, [p](In in) { return norm(in[0], p); },
        reduced(all_gone, false, norm_of(p)), op, Integers::refused));
    rows.push_back(row(
        "norm of axes, p = " + name,
        [p](In in) {
          return norm(in[0], p, {0, -1}, true);
        },
        reduced(ends_gone, true, norm_of(p)), op, Integers::refused));
  };
  add("1", 1, "abs");
  add("inf", INFINITY, "max");
  add("minus inf", -INFINITY, "min");
  add("3", 3, "pow");
  add("1.5", 1.5, "pow");
  add("half", 0.5, "pow");
  add("minus 2", -2, "pow");
  rows.push_back(row("norm", [](In in) { return norm(in[0]); },
                     reduced(all_gone, false, norm_of(2)), "norm", Integers::refused,
                     {{{3, 3, 3}}, {{2, 4, 3}}, {{1, 1, 1}}, {{2, 0, 3}}}));
  rows.back().bad = {
      throws<DTypeError>([] { norm(to(ones({2}), DType::int64)); }, {"norm", "int64"}),
      throws<ShapeError>([] { norm(ones({0}), INFINITY); }, {"norm", "[0]"}),
      throws<Error>([] { norm(ones({2}), NAN); }, {"norm", "nan"})};
  rows.push_back(row(
      "norm of axes", [](In in) { return norm(in[0], 2, {1}); },
      reduced(middle_gone, false, norm_of(2)), "norm", Integers::refused, some_or_none));
  for (OpRow& r : rows) {
    r.inputs = {away_from_zero(0.3, 2)};
    r.tolerance = 1e-8;
    if (r.op == "min")
      r.shapes[1] = {{2, 2, 3}};  // sizes further apart than the differences' steps
  }
  rows.push_back(row(
      "norm, p = 0", [](In in) { return norm(in[0], 0); }, reduced(all_gone, false, norm_of(0)),
      "sum", Integers::refused));
  rows.back().is_differentiable = false;
  rows.back().inputs = {whole(-1, 1)};
  return rows;
}

long double largest(const Numbers& x) { return *std::max_element(x.begin(), x.end()); }
long double smallest(const Numbers& x) { return *std::min_element(x.begin(), x.end()); }
long double at_largest(const Numbers& x) {
  return static_cast<long double>(std::max_element(x.begin(), x.end()) - x.begin());
}
long double at_smallest(const Numbers& x) {
  return static_cast<long double>(std::min_element(x.begin(), x.end()) - x.begin());
}

std::vector<OpRow> extremes() {
  const std::vector<std::vector<Dims>> shapes = {
      {{3, 3, 3}}, {{2, 4, 3}}, {{1, 1, 1}}, {{0, 2, 2}}, {{2, 3, 0}}};
  const auto none = [](auto f, const char* name) {
    return throws<ShapeError>([f] { f(ones({2, 0})); }, {name, "no elements", "[2, 0]"});
  };
  return {
      with_bad(row(
                   "max", [](In in) { return max(in[0]); }, reduced(all_gone, false, largest),
                   "max", Integers::stay),
               {none([](const Tensor& x) { max(x); }, "max"),
                throws<ShapeError>(
                    [] {
                      max(ones({2, 0}), {1});
                    },
                    {"max", "[2, 0]"}),
                throws<IndexError>([] { max(ones({2}), {1}); }, {"max", "1"})}),
      row(
          "max of axes", [](In in) { return max(in[0], {1}); },
          reduced(middle_gone, false, largest), "max", Integers::stay, shapes),
      row(
          "max, keepdim",
          [](In in) {
            return max(in[0], {-1, 0}, true);
          },
          reduced(ends_gone, true, largest), "max", Integers::stay),
      with_bad(row(
                   "min", [](In in) { return min(in[0]); }, reduced(all_gone, false, smallest),
                   "min", Integers::stay),
               {none([](const Tensor& x) { min(x); }, "min")}),
      row("min of axes", [](In in) { return min(in[0], {0}, true); },
          reduced(first_gone, true, smallest), "min", Integers::stay,
          {{{3, 3, 3}}, {{2, 4, 3}}, {{2, 0, 3}}}),
  };
}

std::vector<OpRow> places() {
  const auto none = [](auto f, const char* name) {
    return throws<ShapeError>([f] { f(ones({2, 0})); }, {name, "no elements"});
  };
  std::vector<OpRow> rows = {
      with_bad(row(
                   "argmax", [](In in) { return argmax(in[0]); },
                   reduced(all_gone, false, at_largest), "argmax", Integers::stay),
               {none([](const Tensor& x) { argmax(x); }, "argmax"),
                throws<IndexError>([] { argmax(ones({2}), 1); }, {"argmax", "1"})}),
      row(
          "argmax of an axis", [](In in) { return argmax(in[0], 1); },
          reduced(middle_gone, false, at_largest), "argmax", Integers::stay),
      row("argmax, keepdim", [](In in) { return argmax(in[0], -3, true); },
          reduced(first_gone, true, at_largest), "argmax", Integers::stay,
          {{{3, 3, 3}}, {{2, 4, 3}}, {{2, 0, 3}}}),
      with_bad(row(
                   "argmin", [](In in) { return argmin(in[0]); },
                   reduced(all_gone, false, at_smallest), "argmin", Integers::stay),
               {none([](const Tensor& x) { argmin(x); }, "argmin")}),
      row(
          "argmin of an axis", [](In in) { return argmin(in[0], 1); },
          reduced(middle_gone, false, at_smallest), "argmin", Integers::stay),
  };
  const auto any_of = [](const Numbers& x) {
    return std::any_of(x.begin(), x.end(), [](long double v) { return v != 0; }) ? 1.0L : 0.0L;
  };
  const auto all_of = [](const Numbers& x) {
    return std::all_of(x.begin(), x.end(), [](long double v) { return v != 0; }) ? 1.0L : 0.0L;
  };
  const auto count = [](const Numbers& x) {
    return static_cast<long double>(
        std::count_if(x.begin(), x.end(), [](long double v) { return v != 0; }));
  };
  const auto add = [&](OpRow r, const Sampler& sampler) {
    r.inputs = {sampler};
    rows.push_back(std::move(r));
  };
  for (const Sampler& sampler : {whole(-1, 1), coin()}) {
    const std::string kind = sampler.dtype == DType::boolean ? " booleans" : "";
    add(row(
            "any" + kind, [](In in) { return any(in[0]); }, reduced(all_gone, false, any_of), "any",
            Integers::stay, some_or_none),
        sampler);
    add(row(
            "any of axes" + kind, [](In in) { return any(in[0], {1}, true); },
            reduced(middle_gone, true, any_of), "any", Integers::stay, some_or_none),
        sampler);
    add(row(
            "all" + kind, [](In in) { return all(in[0]); }, reduced(all_gone, false, all_of), "all",
            Integers::stay, some_or_none),
        sampler);
    add(row(
            "all of axes" + kind,
            [](In in) {
              return all(in[0], {0, 2});
            },
            reduced(ends_gone, false, all_of), "all", Integers::stay, some_or_none),
        sampler);
    add(row(
            "count_nonzero" + kind, [](In in) { return count_nonzero(in[0]); },
            reduced(all_gone, false, count), "sum", Integers::stay, some_or_none),
        sampler);
    add(row(
            "count_nonzero of axes" + kind,
            [](In in) {
              return count_nonzero(in[0], {0, 2}, true);
            },
            reduced(ends_gone, true, count), "sum", Integers::stay, some_or_none),
        sampler);
  }
  for (OpRow& r : rows) r.is_differentiable = false;
  return rows;
}

long double log_sum(const Numbers& x) {
  long double m = -infinity, total = 0;
  for (long double v : x) m = std::max(m, v);
  for (long double v : x) total += std::exp(v - m);
  return x.empty() ? -infinity : m + std::log(total);
}

std::vector<OpRow> exponentials() {
  const auto weights = [](bool is_log) {
    return [is_log](const Numbers& x) {
      Numbers y;
      for (long double v : x) y.push_back(is_log ? v - log_sum(x) : std::exp(v - log_sum(x)));
      return y;
    };
  };
  const auto running = [](const Numbers& x) {
    Numbers y, before;
    for (long double v : x) {
      before.push_back(v);
      y.push_back(log_sum(before));
    }
    return y;
  };
  const Integers floats = Integers::become_float64;
  return {
      with_bad(row(
                   "logsumexp", [](In in) { return logsumexp(in[0]); },
                   reduced(all_gone, false, log_sum), "logsumexp", floats, some_or_none),
               {throws<IndexError>([] { logsumexp(ones({2}), {1}); }, {"logsumexp", "1"})}),
      row(
          "logsumexp of axes",
          [](In in) {
            return logsumexp(in[0], {0, -1});
          },
          reduced(ends_gone, false, log_sum), "logsumexp", floats, some_or_none),
      row(
          "logsumexp of neighbouring axes",
          [](In in) {
            return logsumexp(in[0], {2, 1}, true);
          },
          reduced({false, true, true}, true, log_sum), "logsumexp", floats, some_or_none),
      row(
          "logsumexp, keepdim", [](In in) { return logsumexp(in[0], {1}, true); },
          reduced(middle_gone, true, log_sum), "logsumexp", floats, some_or_none),
      with_bad(row(
                   "softmax", [](In in) { return softmax(in[0], -1); }, along(2, weights(false)),
                   "softmax", floats, some_or_none),
               {throws<IndexError>([] { softmax(ones({2}), 1); }, {"softmax", "1"})}),
      row(
          "softmax of the first axis", [](In in) { return softmax(in[0], 0); },
          along(0, weights(false)), "softmax", floats, some_or_none),
      with_bad(row(
                   "log_softmax", [](In in) { return log_softmax(in[0], -1); },
                   along(2, weights(true)), "log_softmax", floats, some_or_none),
               {throws<IndexError>([] { log_softmax(ones({2}), -2); }, {"log_softmax", "-2"})}),
      row(
          "log_softmax of a middle axis", [](In in) { return log_softmax(in[0], 1); },
          along(1, weights(true)), "log_softmax", floats, some_or_none),
      with_bad(row(
                   "logcumsumexp", [](In in) { return logcumsumexp(in[0], -1); }, along(2, running),
                   "logcumsumexp", floats, some_or_none),
               {throws<IndexError>([] { logcumsumexp(ones({2}), 1); }, {"logcumsumexp", "1"})}),
      row(
          "logcumsumexp of the first axis", [](In in) { return logcumsumexp(in[0], 0); },
          along(0, running), "logcumsumexp", floats, some_or_none),
  };
}

std::vector<OpRow> scans() {
  const auto running = [](bool multiplies) {
    return [multiplies](const Numbers& x) {
      Numbers y;
      long double total = multiplies ? 1 : 0;
      for (long double v : x) y.push_back(total = multiplies ? total * v : total + v);
      return y;
    };
  };
  std::vector<OpRow> rows = {
      with_bad(row(
                   "cumsum", [](In in) { return cumsum(in[0], -1); }, along(2, running(false)),
                   "cumsum", Integers::stay, some_or_none),
               {throws<IndexError>([] { cumsum(ones({2}), 1); }, {"cumsum", "1"})}),
      row(
          "cumsum of a middle axis", [](In in) { return cumsum(in[0], 1); },
          along(1, running(false)), "cumsum", Integers::stay, some_or_none),
      with_bad(row(
                   "cumprod", [](In in) { return cumprod(in[0], -1); }, along(2, running(true)),
                   "cumprod", Integers::stay, some_or_none),
               {throws<IndexError>([] { cumprod(ones({2}), 1); }, {"cumprod", "1"})}),
      row("cumprod with zeros", [](In in) { return cumprod(in[0], 0); }, along(0, running(true)),
          "cumprod", Integers::stay, {{{5, 2, 1}}, {{3, 3, 3}}, {{1, 2, 2}}, {{0, 2, 2}}}),
  };
  rows.back().inputs = {whole(-1, 2)};
  for (bool reverse : {false, true}) {
    OpRow r{.name = reverse ? "linear_recurrence, reverse" : "linear_recurrence",
            .build = [reverse](In in) { return linear_recurrence(in[0], in[1], 1, reverse); },
            .inputs = {values, between(-1.2, 1.2)},
            .reference =
                [reverse](Arrays in) {
                  Array out = in[0];
                  for (const auto& line : lines_of(in[0].shape, middle_gone)) {
                    long double y = 0;
                    for (std::size_t k = 0; k < line.size(); ++k) {
                      const std::size_t i = line[reverse ? line.size() - 1 - k : k];
                      y = in[1].values[i] * y + in[0].values[i];
                      out.values[i] = static_cast<double>(y);
                    }
                  }
                  return out;
                },
            .shapes = {{{2, 4, 3}, {2, 4, 3}},
                       {{3, 3, 3}, {3, 3, 3}},
                       {{1, 1, 1}, {1, 1, 1}},
                       {{2, 0, 3}, {2, 0, 3}},
                       {{0, 2, 2}, {0, 2, 2}}}};
    r.op = "linear_recurrence";
    rows.push_back(r);
  }
  rows.back().bad = {throws<ShapeError>([] { linear_recurrence(ones({2}), ones({3}), 0); },
                                        {"linear_recurrence", "[2]", "[3]"}),
                     throws<IndexError>([] { linear_recurrence(ones({2}), ones({2}), 1); },
                                        {"linear_recurrence", "1"})};
  const auto differences = [](std::size_t order) {
    return [order](Arrays in) {
      const Array& x = in[0];
      const auto n = static_cast<std::int64_t>(order);
      Dims shape = x.shape;
      shape[2] = std::max<std::int64_t>(0, shape[2] - n);
      return make_array(shape, [&](const std::vector<std::int64_t>& at) {
        Numbers line;
        for (std::int64_t i = 0; i <= n; ++i) line.push_back(x.at({at[0], at[1], at[2] + i}));
        for (std::size_t i = 0; i < order; ++i)
          for (std::size_t j = 0; j + 1 < line.size(); ++j) line[j] = line[j + 1] - line[j];
        return static_cast<double>(line[0]);
      });
    };
  };
  const std::vector<std::vector<Dims>> shapes = {
      {{3, 3, 3}}, {{2, 1, 4}}, {{1, 1, 2}}, {{0, 2, 2}}};
  rows.push_back(with_bad(
      row(
          "diff", [](In in) { return diff(in[0]); }, differences(1), "sub", Integers::stay, shapes),
      {throws<IndexError>([] { diff(ones({2}), -1); }, {"diff", "-1"}),
       throws<IndexError>([] { diff(ones({2}), 1, 1); }, {"diff", "1"})}));
  rows.push_back(row(
      "diff of second order", [](In in) { return diff(in[0], 2); }, differences(2), "sub",
      Integers::stay, shapes));
  return rows;
}

}  // namespace

std::vector<OpRow> extreme_rows() {
  std::vector<OpRow> rows = products();
  for (auto& more : {spreads(), norms(), extremes(), places(), exponentials(), scans()})
    rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace wald::testing
