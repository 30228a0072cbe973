// Rows of masks, sorting and searching.
#include <algorithm>
#include <numeric>

#include <wald/engine/ops/ops.h>

#include "row_helpers.h"

namespace wald::testing {
namespace {

const Sampler values = between(-2, 2);

std::vector<double> kept_by(const Array& x, const Array& mask) {
  std::vector<double> out;
  for (std::size_t i = 0; i < x.values.size(); ++i)
    if (mask.values[i] != 0) out.push_back(x.values[i]);
  return out;
}

std::vector<OpRow> mask_rows() {
  const std::vector<BadCall> needs_mask = {
      throws<DTypeError>([] { masked_select(ones({2}), ones({2})); },
                         {"masked_select", "boolean", "float64"}),
      throws<ShapeError>([] { masked_select(ones({2}), ones({3}) > 0); },
                         {"masked_select", "[2]", "[3]"})};
  return {
      row(
          "masked_select", "gather", {values, coin()},
          [](In in) { return masked_select(in[0], in[1]); },
          [](Arrays in) { return as_vector(kept_by(in[0], in[1])); },
          {{{3, 3}, {3, 3}}, {{3}, {3}}, {{}, {}}, {{0}, {0}}, {{2, 5}, {2, 5}}}, needs_mask),
      row(
          "masked_select of a mask that broadcasts", "gather", {values, coin()},
          [](In in) { return masked_select(in[0], in[1]); },
          [](Arrays in) {
            return as_vector(kept_by(in[0], make_array(in[0].shape, [&](const Index& at) {
                                       return in[1].at({at[1]});
                                     })));
          },
          {{{3, 3}, {3}}, {{2, 4}, {4}}}),
      row(
          "masked_fill", "where", {values, coin()},
          [](In in) { return masked_fill(in[0], in[1], 2.0); },
          [](Arrays in) {
            Array out = in[0];
            for (std::size_t i = 0; i < out.values.size(); ++i)
              if (in[1].values[i] != 0) out.values[i] = 2;
            return out;
          },
          {{{3, 3}, {3, 3}}, {{3}, {3}}, {{}, {}}, {{0}, {0}}},
          {throws<DTypeError>([] { masked_fill(ones({2}), ones({2}), 0.0); },
                              {"masked_fill", "boolean"}),
           throws<ShapeError>([] { masked_fill(ones({2}), ones({2}) > 0, ones({2})); },
                              {"masked_fill", "scalar", "[2]"})}),
      row(
          "masked_fill with a tensor", "where", {values, coin(), values},
          [](In in) { return masked_fill(in[0], in[1], in[2]); },
          [](Arrays in) {
            return make_array(in[0].shape, [&](const Index& at) {
              return in[1].at({at[1]}) != 0 ? in[2].values[0] : value_at(in[0], at);
            });
          },
          {{{3, 3}, {3}, {}}, {{0, 3}, {3}, {}}}),
      row(
          "masked_scatter", "scatter", {values, coin(), values},
          [](In in) { return masked_scatter(in[0], in[1], in[2]); },
          [](Arrays in) {
            Array out = in[0];
            std::size_t next = 0;
            for (std::size_t i = 0; i < out.values.size(); ++i)
              if (in[1].values[i] != 0) out.values[i] = in[2].values[next++];
            return out;
          },
          {{{3, 3}, {3, 3}, {9}}, {{3}, {3}, {2, 3}}, {{0}, {0}, {0}}},
          {throws<ShapeError>([] { masked_scatter(ones({2}), ones({2}) > 0, ones({1})); },
                              {"masked_scatter", "2 places", "1 elements"}),
           throws<ShapeError>([] { masked_scatter(ones({1}), ones({2}) > 0, ones({2})); },
                              {"masked_scatter", "[2]", "[1]"}),
           throws<DTypeError>([] { masked_scatter(ones({2}), ones({2}), ones({2})); },
                              {"masked_scatter", "boolean"})}),
      whole_numbered(row(
          "nonzero", "nonzero", {whole(-1, 1)}, [](In in) { return nonzero(in[0]); },
          [](Arrays in) {
            Array out{{0, static_cast<std::int64_t>(in[0].shape.size())}, {}};
            for_each(in[0].shape, [&](const Index& at) {
              if (value_at(in[0], at) == 0) return;
              ++out.shape[0];
              out.values.insert(out.values.end(), at.begin(), at.end());
            });
            return out;
          },
          {{{3, 3}}, {{7}}, {{2, 3, 2}}, {{}}, {{0, 3}}})),
      whole_numbered(row(
          "where as indices", "nonzero", {values}, [](In in) { return stack(where(in[0] > 0), 0); },
          [](Arrays in) {
            Array out{{2, 0}, {}};
            for (std::size_t axis : {0, 1})
              for_each(in[0].shape, [&](const Index& at) {
                if (value_at(in[0], at) > 0) out.values.push_back(static_cast<double>(at[axis]));
              });
            out.shape[1] = static_cast<std::int64_t>(out.values.size() / 2);
            return out;
          },
          {{{3, 3}}, {{2, 4}}, {{0, 2}}},
          {throws<DTypeError>([] { where(ones({2})); }, {"where", "boolean"})})),
  };
}

/// The places of an axis in order, in that axis's stead.
Array order_along(const Array& x, std::size_t axis, bool descending) {
  return make_array(x.shape, [&](const Index& at) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(x.shape[axis]));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
      const double left = value_at(x, with(at, axis, a)), right = value_at(x, with(at, axis, b));
      return descending ? left > right : left < right;
    });
    return static_cast<double>(order[static_cast<std::size_t>(at[axis])]);
  });
}
Array ordered(const Array& x, std::size_t axis, bool descending) {
  return gathered(axis)({x, order_along(x, axis, descending)});
}
/// The first `keep` slices along an axis of a matrix.
Array first_of(const Array& x, std::size_t axis, std::int64_t keep) {
  return make_array(with(x.shape, axis, keep), [&](const Index& at) { return value_at(x, at); });
}

std::vector<OpRow> sorting_rows() {
  const Calls shapes = {{{3, 3}}, {{2, 5}}, {{4, 1}}, {{0, 3}}, {{3, 0}}};
  return {
      row(
          "sort values", "gather", {values}, [](In in) { return sort(in[0]).values; },
          [](Arrays in) { return ordered(in[0], 1, false); }, shapes,
          {throws<IndexError>([] { sort(ones({2}), 1); }, {"sort", "axis 1"})}),
      row(
          "sort descending along the first axis", "gather", {values},
          [](In in) { return sort(in[0], 0, true).values; },
          [](Arrays in) { return ordered(in[0], 0, true); }, shapes),
      whole_numbered(row(
          "sort indices", "argsort", {whole(-1, 1)}, [](In in) { return sort(in[0], 0).indices; },
          [](Arrays in) { return order_along(in[0], 0, false); }, {{{3, 3}}, {{7, 2}}, {{0, 3}}})),
      whole_numbered(row(
          "argsort", "argsort", {whole(-1, 1)}, [](In in) { return argsort(in[0], 1, true); },
          [](Arrays in) { return order_along(in[0], 1, true); }, {{{3, 3}}, {{2, 9}}, {{0, 3}}},
          {throws<IndexError>([] { argsort(ones({2}), 1); }, {"argsort", "axis 1"})})),
      row(
          "topk values", "gather", {values}, [](In in) { return topk(in[0], 2).values; },
          [](Arrays in) { return first_of(ordered(in[0], 1, true), 1, 2); },
          {{{3, 3}}, {{2, 40}}, {{0, 3}}, {{3, 2}}},
          {throws<IndexError>([] { topk(ones({2}), 3); }, {"topk", "3", "[2]"}),
           throws<IndexError>([] { topk(ones({2}), -1); }, {"topk", "-1"})}),
      whole_numbered(row(
          "topk indices of the smallest", "argsort", {whole(-1, 1)},
          [](In in) { return topk(in[0], 2, 0, false).indices; },
          [](Arrays in) { return first_of(order_along(in[0], 0, false), 0, 2); },
          {{{3, 3}}, {{40, 2}}, {{2, 0}}})),
      whole_numbered(row(
          "unique values", "argsort", {whole(-1, 1)}, [](In in) { return unique(in[0]).values; },
          [](Arrays in) {
            std::vector<double> list = in[0].values;
            std::sort(list.begin(), list.end());
            list.erase(std::unique(list.begin(), list.end()), list.end());
            return as_vector(list);
          },
          {{{3, 3}}, {{5}}, {{}}, {{0}}})),
      whole_numbered(row(
          "unique inverse", "argsort", {whole(-1, 1)},
          [](In in) { return take(unique(in[0]).values, unique(in[0]).inverse); },
          [](Arrays in) { return in[0]; }, {{{3, 3}}, {{5}}, {{}}, {{0}}})),
      whole_numbered(row(
          "unique counts", "argsort", {whole(-1, 1)},
          [](In in) { return sort(unique(in[0]).counts).values; },
          [](Arrays in) {
            std::vector<double> list = in[0].values, counts;
            std::sort(list.begin(), list.end());
            for (std::size_t i = 0; i < list.size(); ++i) {
              if (i == 0 || list[i] != list[i - 1]) counts.push_back(0);
              ++counts.back();
            }
            std::sort(counts.begin(), counts.end());
            return as_vector(counts);
          },
          {{{3, 3}}, {{5}}, {{0}}})),
      whole_numbered(row(
          "searchsorted", "searchsorted", {whole(-1, 1), whole(-2, 2)},
          [](In in) { return searchsorted(sort(in[0]).values, in[1]); },
          [](Arrays in) {
            return make_array(in[1].shape, [&](const Index& at) {
              return static_cast<double>(
                  std::count_if(in[0].values.begin(), in[0].values.end(),
                                [&](double x) { return x < value_at(in[1], at); }));
            });
          },
          {{{3}, {3}}, {{5}, {2, 3}}, {{0}, {3}}, {{3}, {}}, {{3}, {0}}},
          {throws<ShapeError>(
               [] {
                 searchsorted(ones({2, 2}), ones({3, 2}));
               },
               {"searchsorted", "[2, 2]", "[3, 2]"}),
           throws<ShapeError>([] { searchsorted(ones({}), ones({3})); }, {"searchsorted", "[]"})})),
      whole_numbered(row(
          "searchsorted of rows to the right", "searchsorted", {whole(-1, 1), whole(-2, 2)},
          [](In in) { return searchsorted(sort(in[0]).values, in[1], true); },
          [](Arrays in) {
            return make_array(in[1].shape, [&](const Index& at) {
              double count = 0;
              for (std::int64_t j = 0; j < in[0].shape[1]; ++j)
                count += in[0].at({at[0], j}) <= value_at(in[1], at) ? 1 : 0;
              return count;
            });
          },
          {{{3, 3}, {3, 3}}, {{2, 5}, {2, 3}}, {{0, 3}, {0, 3}}})),
  };
}

}  // namespace

std::vector<OpRow> ordering_rows() {
  std::vector<OpRow> all;
  for (auto& rows : {mask_rows(), sorting_rows()}) all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace wald::testing
