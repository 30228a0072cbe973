// Rows of products and sums.
#include <wald/engine/ops/ops.h>

#include "op_table.h"

namespace wald::testing {
namespace {

using Index = std::vector<std::int64_t>;
using In = const std::vector<Tensor>&;
using Arrays = const std::vector<Array>&;

const Sampler values = between(-2, 2);

/// A matrix product of [..., m, k] and [..., k, n] in plain loops; vectors as matmul has them.
Array product(const Array& a, const Array& b) {
  const bool is_row = a.shape.size() == 1, is_column = b.shape.size() == 1;
  Dims as = a.shape, bs = b.shape;
  if (is_row) as.insert(0, 1);
  if (is_column) bs.push_back(1);
  const std::int64_t m = as[as.size() - 2], k = as.back(), n = bs.back();
  const Dims lead_a({as.data(), as.size() - 2}), lead_b({bs.data(), bs.size() - 2});
  Dims shape = broadcast_shapes(lead_a, lead_b, "reference");
  const std::size_t leading = shape.size();
  auto matrix_at = [&](const Dims& lead, const Index& i) {
    std::int64_t place = 0;
    for (std::size_t axis = 0; axis < lead.size(); ++axis)
      place = place * lead[axis] + (lead[axis] == 1 ? 0 : i[leading - lead.size() + axis]);
    return place;
  };
  if (!is_row) shape.push_back(m);
  if (!is_column) shape.push_back(n);
  return make_array(shape, [&](const Index& i) {
    const std::int64_t row = is_row ? 0 : i[leading], col = is_column ? 0 : i.back();
    const std::int64_t pa = matrix_at(lead_a, i) * m * k, pb = matrix_at(lead_b, i) * k * n;
    long double total = 0;
    for (std::int64_t l = 0; l < k; ++l)
      total += static_cast<long double>(a.values[static_cast<std::size_t>(pa + row * k + l)]) *
               b.values[static_cast<std::size_t>(pb + l * n + col)];
    return static_cast<double>(total);
  });
}

OpRow product_row(const std::string& name, Builder build, std::vector<std::vector<Dims>> shapes,
                  std::vector<BadCall> bad) {
  return {.name = name,
          .build = std::move(build),
          .inputs = {values, values},
          .reference = [](Arrays in) { return product(in[0], in[1]); },
          .shapes = std::move(shapes),
          .op = name,
          .integers = Integers::refused,
          .bad = std::move(bad)};
}

/// Sums over the axes of a tensor of three axes that `summed` marks, divided by their number if
/// `is_mean`.
Reference sum_of(std::vector<bool> summed, bool keepdim, bool is_mean) {
  return [=](Arrays in) {
    const Array& x = in[0];
    Dims shape;
    std::int64_t count = 1;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (summed[axis]) count *= x.shape[axis];
      if (!summed[axis] || keepdim) shape.push_back(summed[axis] ? 1 : x.shape[axis]);
    }
    Array out = make_array(shape, [](const Index&) { return 0.0; });
    for (std::int64_t i = 0, from = 0; i < x.shape[0]; ++i)
      for (std::int64_t j = 0; j < x.shape[1]; ++j)
        for (std::int64_t l = 0; l < x.shape[2]; ++l, ++from) {
          std::int64_t to = 0;
          const std::int64_t at[] = {i, j, l};
          for (std::size_t axis = 0; axis < 3; ++axis)
            if (!summed[axis]) to = to * x.shape[axis] + at[axis];
          out.values[static_cast<std::size_t>(to)] += x.values[static_cast<std::size_t>(from)];
        }
    if (is_mean)
      for (double& v : out.values) v /= static_cast<double>(count);
    return out;
  };
}

OpRow sum_row(std::string name, Builder build, Reference reference) {
  return {.name = std::move(name),
          .build = std::move(build),
          .inputs = {values},
          .reference = std::move(reference),
          .shapes = {{{3, 3, 3}}, {{2, 4, 3}}, {{1, 1, 1}}, {{2, 0, 3}}, {{0, 2, 2}}},
          .op = "sum",
          .integers = Integers::stay};
}

OpRow mean_row(std::string name, Builder build, Reference reference) {
  OpRow row = sum_row(std::move(name), std::move(build), std::move(reference));
  row.shapes = {{{3, 3, 3}}, {{2, 4, 3}}, {{1, 1, 1}}};
  row.integers = Integers::refused;
  return row;
}

std::vector<OpRow> products() {
  const auto two = [](Dims a, Dims b) { return [a, b] { matmul(ones(a), ones(b)); }; };
  return {
      product_row("matmul", [](In in) { return matmul(in[0], in[1]); },
                  {{{2, 3}, {3, 4}},
                   {{3, 3}, {3, 3}},
                   {{3}, {3, 3}},
                   {{3, 3}, {3}},
                   {{3}, {3}},
                   {{2, 3, 3}, {3, 3}},
                   {{3, 3}, {3, 3, 3}},
                   {{2, 1, 3, 2}, {3, 2, 3}},
                   {{3, 2, 3}, {3}},
                   {{3}, {2, 3, 2}},
                   {{0, 3}, {3, 2}},
                   {{2, 0}, {0, 3}},
                   {{0, 2, 3}, {3, 2}},
                   {{1, 1}, {1, 1}}},
                  {throws<ShapeError>(two({2, 3}, {2, 3}), {"matmul", "[2, 3]"}),
                   throws<ShapeError>(two({3}, {2, 3}), {"matmul", "[3]", "[2, 3]"}),
                   throws<ShapeError>(two({2, 3, 3}, {4, 3, 3}), {"matmul", "[2]", "[4]"}),
                   throws<ShapeError>(two({}, {3, 3}), {"matmul", "scalar"})}),
      product_row("mv", [](In in) { return mv(in[0], in[1]); },
                  {{{3, 3}, {3}}, {{4, 3}, {3}}, {{0, 3}, {3}}, {{3, 0}, {0}}, {{1, 1}, {1}}},
                  {throws<ShapeError>(
                       [] {
                         mv(ones({2, 3}), ones({2}));
                       },
                       {"[2, 3]", "[2]"}),
                   throws<ShapeError>([] { mv(ones({3}), ones({3})); }, {"mv", "[3]"})}),
      product_row("dot", [](In in) { return dot(in[0], in[1]); },
                  {{{3}, {3}}, {{1}, {1}}, {{0}, {0}}},
                  {throws<ShapeError>([] { dot(ones({2}), ones({3})); }, {"dot", "[2]", "[3]"}),
                   throws<ShapeError>(
                       [] {
                         dot(ones({2, 2}), ones({2, 2}));
                       },
                       {"dot", "[2, 2]"})}),
  };
}

std::vector<OpRow> sums() {
  OpRow axes = sum_row(
      "sum of axes",
      [](In in) {
        return sum(in[0], {0, -1});
      },
      sum_of({true, false, true}, false, false));
  axes.bad = {throws<IndexError>(
                  [] {
                    sum(ones({2, 3}), {2});
                  },
                  {"sum", "2"}),
              throws<IndexError>(
                  [] {
                    sum(ones({2, 3}), {-3});
                  },
                  {"sum", "-3"}),
              throws<IndexError>(
                  [] {
                    sum(ones({2, 3}), {1, -1});
                  },
                  {"sum", "[1, -1]"})};
  OpRow mean_axes = mean_row(
      "mean of axes", [](In in) { return mean(in[0], {1}); },
      sum_of({false, true, false}, false, true));
  mean_axes.bad = {
      throws<IndexError>([] { mean(ones({2}), {1}); }, {"1"}),
      throws<DTypeError>([] { mean(to(ones({2}), DType::int64)); }, {"mean", "int64"})};
  return {
      sum_row(
          "sum", [](In in) { return sum(in[0]); }, sum_of({true, true, true}, false, false)),
      axes,
      sum_row(
          "sum of an axis", [](In in) { return sum(in[0], {1}); },
          sum_of({false, true, false}, false, false)),
      sum_row(
          "sum, keepdim",
          [](In in) {
            return sum(in[0], {-3, 1}, true);
          },
          sum_of({true, true, false}, true, false)),
      mean_row(
          "mean", [](In in) { return mean(in[0]); }, sum_of({true, true, true}, false, true)),
      mean_axes,
      mean_row(
          "mean, keepdim",
          [](In in) {
            return mean(in[0], {2, 0}, true);
          },
          sum_of({true, false, true}, true, true)),
  };
}

}  // namespace

std::vector<OpRow> reducing_rows() {
  std::vector<OpRow> rows = products();
  for (OpRow& row : sums()) rows.push_back(std::move(row));
  return rows;
}

}  // namespace wald::testing
