// Rows of gathering and scattering.
#include <wald/engine/ops/ops.h>

#include "row_helpers.h"

namespace wald::testing {
namespace {

const Sampler values = between(-2, 2);

const Sampler up_to_2 = places(0, 2);

Tensor ints(std::vector<std::int64_t> list) { return from_vector(list); }
Tensor ints(std::vector<std::int64_t> list, const Dims& shape) { return from_vector(list, shape); }

/// x with source put, or added, at the index.
Reference scattered(std::size_t axis, bool add) {
  return [axis, add](Arrays in) {
    Array out = in[0];
    for_each(in[1].shape, [&](const Index& at) {
      double& to = out.values[place_of(out.shape, with(at, axis, whole_at(in[1], at)))];
      to = value_at(in[2], at) + (add ? to : 0);
    });
    return out;
  };
}

/// in[1] names the slice of the result, of `count`, to which each slice of in[0] is added.
Reference segments(std::size_t axis, std::int64_t count) {
  return [axis, count](Arrays in) {
    Array out = make_array(with(in[0].shape, axis, count), [](const Index&) { return 0.0; });
    for_each(in[0].shape, [&](const Index& at) {
      const std::int64_t id = whole_at(in[1], {at[axis]});
      out.values[place_of(out.shape, with(at, axis, id))] += value_at(in[0], at);
    });
    return out;
  };
}

std::int64_t from_start(double place, std::int64_t size) {
  return static_cast<std::int64_t>(place) + (place < 0 ? size : 0);
}

std::vector<OpRow> gathering_rows() {
  return {
      row("gather", "gather", {values, up_to_2}, [](In in) { return gather(in[0], 0, in[1]); },
          gathered(0),
          {{{3, 3}, {3, 3}},
           {{3}, {4}},
           {{3, 2}, {5, 2}},
           {{3, 3}, {2, 2}},
           {{3, 3}, {0, 3}},
           {{3, 1, 3}, {1, 1, 1}}},
          {throws<IndexError>(
               [] {
                 gather(ones({3}), 0, ints({0, 3}));
               },
               {"gather", "index 3", "[1]", "size 3"}),
           throws<IndexError>([] { gather(ones({3}), 0, ints({-1})); }, {"gather", "-1", "[0]"}),
           throws<DTypeError>([] { gather(ones({3}), 0, ones({2})); }, {"gather", "int64"}),
           throws<ShapeError>(
               [] {
                 gather(ones({3, 3}), 0, ints({0}));
               },
               {"gather", "[1]", "[3, 3]"}),
           throws<ShapeError>(
               [] {
                 gather(ones({3, 1}), 0, ints({0, 0}, {1, 2}));
               },
               {"gather", "[1, 2]", "[3, 1]"}),
           throws<IndexError>([] { gather(ones({3}), 1, ints({0})); }, {"gather", "axis 1"})}),
      row(
          "gather along the last axis", "gather", {values, up_to_2},
          [](In in) { return gather(in[0], -1, in[1]); },
          [](Arrays in) { return gathered(in[0].shape.size() - 1)(in); },
          {{{3, 3}, {3, 3}},
           {{3}, {1}},
           {{2, 3}, {2, 5}},
           {{3, 3, 3}, {3, 1, 4}},
           {{0, 3}, {0, 2}}}),
      row(
          "index_select", "gather", {values, up_to_2},
          [](In in) { return index_select(in[0], 1, in[1]); },
          [](Arrays in) {
            return make_array(with(in[0].shape, 1, in[1].shape[0]), [&](const Index& at) {
              return value_at(in[0], with(at, 1, whole_at(in[1], {at[1]})));
            });
          },
          {{{3, 3}, {3}}, {{2, 3, 3}, {4}}, {{0, 3}, {2}}, {{3, 3}, {0}}, {{1, 3, 1}, {1}}},
          {throws<IndexError>(
               [] {
                 index_select(ones({2, 3}), 1, ints({0, 1, -2}));
               },
               {"index_select", "-2", "[2]", "size 3"}),
           throws<DTypeError>([] { index_select(ones({3}), 0, ones({3}) > 0); },
                              {"index_select", "int64", "boolean"}),
           throws<ShapeError>(
               [] {
                 index_select(ones({3}), 0, ints({0}, {1, 1}));
               },
               {"index_select", "[1, 1]"})}),
      row(
          "take", "gather", {values, places(-3, 2)}, [](In in) { return take(in[0], in[1]); },
          [](Arrays in) {
            return make_array(in[1].shape, [&](const Index& at) {
              const auto n = static_cast<std::int64_t>(in[0].values.size());
              return in[0].values[static_cast<std::size_t>(from_start(value_at(in[1], at), n))];
            });
          },
          {{{3}, {3}}, {{3, 3}, {2, 3}}, {{3}, {}}, {{3}, {0}}, {{1, 3}, {1}}},
          {throws<IndexError>(
               [] {
                 take(ones({2, 2}), ints({0, -5}));
               },
               {"take", "-5", "[1]", "size 4"}),
           throws<IndexError>([] { take(ones({0}), ints({0})); }, {"take", "size 0"}),
           throws<DTypeError>([] { take(ones({3}), ones({2})); }, {"take", "int64"})}),
      row(
          "index", "gather", {values, places(-3, 2), places(-3, 2)},
          [](In in) {
            return index(in[0], {in[1], in[2]});
          },
          [](Arrays in) {
            return make_array({2, 3, in[0].shape[2]}, [&](const Index& at) {
              return in[0].at(
                  {from_start(in[1].at({at[0], 0}), 3), from_start(in[2].at({at[1]}), 3), at[2]});
            });
          },
          {{{3, 3, 3}, {2, 1}, {3}}, {{3, 3, 1}, {2, 1}, {3}}, {{3, 3, 0}, {2, 1}, {3}}},
          {throws<ShapeError>([] { index(ones({3}), {}); }, {"index", "at least one"}),
           throws<IndexError>(
               [] {
                 index(ones({3}), {ints({0}), ints({0})});
               },
               {"index", "2 indices", "[3]"}),
           throws<ShapeError>(
               [] {
                 index(ones({3, 3}), {ints({0, 1}), ints({0, 1, 2})});
               },
               {"index", "[2]", "[3]"}),
           throws<IndexError>([] { index(ones({3}), {ints({3})}); }, {"index", "3", "size 3"}),
           throws<DTypeError>([] { index(ones({3}), {ones({1})}); }, {"index", "int64"})}),
      row(
          "index of a later axis", "gather", {values, places(-3, 2)},
          [](In in) { return index(in[0], {in[1]}, -2); },
          [](Arrays in) {
            return make_array({in[0].shape[0], 2, 3, in[0].shape[2]}, [&](const Index& at) {
              return in[0].at({at[0], from_start(in[1].at({at[1], at[2]}), 3), at[3]});
            });
          },
          {{{3, 3, 3}, {2, 3}}, {{2, 3, 1}, {2, 3}}, {{0, 3, 2}, {2, 3}}}),
  };
}

std::vector<OpRow> scattering_rows() {
  const std::vector<Sampler> put = {values, up_to_2, values};
  const Calls shapes = {{{3, 3}, {3, 3}, {3, 3}}, {{3}, {4}, {4}},
                        {{3, 2}, {2, 1}, {3, 2}}, {{3, 3}, {0, 3}, {0, 3}},
                        {{3, 1}, {1, 1}, {1, 1}}, {{3, 2, 3}, {3, 2, 3}, {3, 2, 3}}};
  return {
      row("scatter", "scatter", put, [](In in) { return scatter(in[0], 0, in[1], in[2]); },
          scattered(0, false), shapes,
          {throws<IndexError>(
               [] {
                 scatter(ones({2}), 0, ints({0, 2}), ones({2}));
               },
               {"scatter", "2", "[1]", "size 2"}),
           throws<ShapeError>(
               [] {
                 scatter(ones({2}), 0, ints({0, 1}), ones({1}));
               },
               {"scatter", "[2]", "[1]"}),
           throws<DTypeError>([] { scatter(ones({2}), 0, ones({2}), ones({2})); },
                              {"scatter", "int64"})}),
      row("scatter along the last axis", "scatter", put,
          [](In in) { return scatter(in[0], -1, in[1], in[2]); }, scattered(1, false),
          {{{3, 3}, {3, 4}, {3, 4}}, {{2, 3}, {2, 3}, {2, 3}}, {{0, 3}, {0, 2}, {0, 2}}}),
      row(
          "scatter of a number", "scatter", {values, up_to_2},
          [](In in) { return scatter(in[0], 0, in[1], 2.0); },
          [](Arrays in) {
            const Array twos = make_array(in[1].shape, [](const Index&) { return 2.0; });
            return scattered(0, false)({in[0], in[1], twos});
          },
          {{{3, 3}, {2, 3}}, {{3}, {3}}, {{3}, {0}}}),
      row("scatter_add", "scatter_add", put,
          [](In in) { return scatter_add(in[0], 0, in[1], in[2]); }, scattered(0, true), shapes,
          {throws<IndexError>([] { scatter_add(ones({2}), 0, ints({-1}), ones({1})); },
                              {"scatter_add", "-1", "[0]", "size 2"}),
           throws<ShapeError>(
               [] {
                 scatter_add(ones({2, 2}), 0, ints({0}), ones({1}));
               },
               {"scatter_add", "[1]", "[2, 2]"}),
           throws<DTypeError>([] { scatter_add(ones({2}), 0, ones({2}), ones({2})); },
                              {"scatter_add", "int64"})}),
      row("scatter_add along the last axis", "scatter_add", put,
          [](In in) { return scatter_add(in[0], -1, in[1], in[2]); }, scattered(1, true),
          {{{3, 3}, {3, 4}, {3, 4}}, {{2, 3}, {2, 3}, {2, 3}}, {{0, 3}, {0, 2}, {0, 2}}}),
      row(
          "index_add", "scatter_add", put, [](In in) { return index_add(in[0], 1, in[1], in[2]); },
          [](Arrays in) {
            Array out = in[0];
            for_each(in[2].shape, [&](const Index& at) {
              out.values[place_of(out.shape, with(at, 1, whole_at(in[1], {at[1]})))] +=
                  value_at(in[2], at);
            });
            return out;
          },
          {{{3, 3}, {3}, {3, 3}}, {{2, 3, 2}, {4}, {2, 4, 2}}, {{3, 3}, {0}, {3, 0}}},
          {throws<ShapeError>(
               [] {
                 index_add(ones({2, 3}), 1, ints({0}), ones({2, 3}));
               },
               {"index_add", "[2, 3]", "[1]"}),
           throws<IndexError>([] { index_add(ones({2}), 0, ints({2}), ones({1})); },
                              {"index_add", "2", "[0]"})}),
      row(
          "index_put", "scatter", {values, places(-3, 2), places(-3, 2), values},
          [](In in) {
            return index_put(in[0], {in[1], in[2]}, in[3]);
          },
          [](Arrays in) {
            Array out = in[0];
            for_each({2, 3, 3}, [&](const Index& at) {
              const Index to = {from_start(in[1].at({at[0], 0}), 3),
                                from_start(in[2].at({at[1]}), 3), at[2]};
              out.values[place_of(out.shape, to)] = in[3].at({at[1], at[2]});
            });
            return out;
          },
          {{{3, 3, 3}, {2, 1}, {3}, {3, 3}}},
          {throws<ShapeError>(
               [] {
                 index_put(ones({3}), {ints({0, 1})}, ones({3}));
               },
               {"index_put", "[3]", "[2]"}),
           throws<IndexError>([] { index_put(ones({3}), {ints({-4})}, ones({1})); },
                              {"index_put", "-4", "[0]", "size 3"})}),
      row(
          "index_put with accumulation", "scatter_add", {values, places(-3, 2), values},
          [](In in) { return index_put(in[0], {in[1]}, in[2], true, 1); },
          [](Arrays in) {
            Array out = in[0];
            for_each(in[2].shape, [&](const Index& at) {
              const std::int64_t to = from_start(in[1].at({at[1]}), 3);
              out.values[place_of(out.shape, {at[0], to})] += value_at(in[2], at);
            });
            return out;
          },
          {{{3, 3}, {3}, {3, 3}}, {{2, 3}, {5}, {2, 5}}, {{2, 3}, {0}, {2, 0}}}),
      row("segment_sum", "scatter_add", {values, up_to_2},
          [](In in) { return segment_sum(in[0], in[1], 4); }, segments(0, 4),
          {{{3}, {3}}, {{3, 3}, {3}}, {{7, 2}, {7}}, {{0, 3}, {0}}, {{1}, {1}}},
          {throws<IndexError>(
               [] {
                 segment_sum(ones({2}), ints({0, 1}), 1);
               },
               {"segment_sum", "1", "[1]", "size 1"}),
           throws<ShapeError>([] { segment_sum(ones({2}), ints({0}), 1); },
                              {"segment_sum", "[1]", "[2]"}),
           throws<ShapeError>([] { segment_sum(ones({0}), from_vector(Index{}), -1); },
                              {"segment_sum", "-1"}),
           throws<DTypeError>([] { segment_sum(ones({2}), ones({2}), 1); },
                              {"segment_sum", "int64"})}),
      row("segment_sum along the last axis", "scatter_add", {values, up_to_2},
          [](In in) { return segment_sum(in[0], in[1], 3, -1); }, segments(1, 3),
          {{{3, 3}, {3}}, {{2, 6}, {6}}, {{3, 0}, {0}}}),
      whole_numbered(row(
          "bincount", "scatter_add", {up_to_2}, [](In in) { return bincount(in[0], 4); },
          [](Arrays in) {
            Array out{{4}, {0, 0, 0, 0}};
            for (double x : in[0].values) ++out.values[static_cast<std::size_t>(x)];
            return out;
          },
          {{{3}}, {{3, 3}}, {{}}, {{0}}},
          {throws<IndexError>(
               [] {
                 bincount(ints({2, -1}));
               },
               {"bincount", "-1"}),
           throws<DTypeError>([] { bincount(ones({2})); }, {"bincount", "int64"})})),
      row(
          "bincount of weights", "scatter_add", {up_to_2, values},
          [](In in) { return bincount(in[0], in[1], 3); },
          [](Arrays in) {
            return segments(0,
                            3)({{{static_cast<std::int64_t>(in[1].values.size())}, in[1].values},
                                {{static_cast<std::int64_t>(in[0].values.size())}, in[0].values}});
          },
          {{{3}, {3}}, {{2, 3}, {2, 3}}, {{0}, {0}}},
          {throws<ShapeError>([] { bincount(ints({1}), ones({2})); }, {"bincount", "[1]", "[2]"})}),
      whole_numbered(row(
          "one_hot", "scatter", {up_to_2}, [](In in) { return one_hot(in[0], 3); },
          [](Arrays in) {
            Dims shape = in[0].shape;
            shape.push_back(3);
            return make_array(shape, [&](const Index& at) {
              const Index i(at.begin(), at.end() - 1);
              return value_at(in[0], i) == static_cast<double>(at.back()) ? 1.0 : 0.0;
            });
          },
          {{{3}}, {{2, 3}}, {{}}, {{0}}},
          {throws<IndexError>(
               [] {
                 one_hot(ints({0, 3}), 3);
               },
               {"one_hot", "3", "[1]"}),
           throws<ShapeError>([] { one_hot(ints({0}), -2); }, {"one_hot", "-2"}),
           throws<DTypeError>([] { one_hot(ones({2})); }, {"one_hot", "int64"})})),
  };
}

}  // namespace

std::vector<OpRow> indexing_rows() {
  std::vector<OpRow> all;
  for (auto& rows : {gathering_rows(), scattering_rows()})
    all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace wald::testing
