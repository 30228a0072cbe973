// Rows of functions that arrange axes and blocks of elements anew.
#include <wald/engine/ops/ops.h>

#include "row_helpers.h"

namespace wald::testing {
namespace {

const Sampler values = between(-2, 2);

Dims without_ones(const Dims& shape) {
  Dims out;
  for (std::int64_t size : shape)
    if (size != 1) out.push_back(size);
  return out;
}

std::vector<OpRow> axis_rows() {
  return {
      arranging("view", "reshape",
                [](In in) {
                  return view(in[0], {2, 2, -1});
                },
                shaped([](const Dims& shape) {
                  return Dims{2, 2, shape[1]};
                }),
                {{4, 3}, {4, 1}},
                {throws<ShapeError>(
                     [] {
                       view(t(ones({2, 3})), {6});
                     },
                     {"view", "[3, 2]", "[1, 3]", "[6]", "reshape"}),
                 throws<ShapeError>(
                     [] {
                       view(ones({2, 3}), {4});
                     },
                     {"view", "[2, 3]", "[4]"})}),
      arranging("flatten", "reshape", [](In in) { return flatten(in[0], 1, -1); },
                shaped([](const Dims& shape) {
                  return Dims{shape[0], shape[1] * shape[2]};
                }),
                {{3, 3, 3}, {2, 3, 2}, {0, 3, 2}, {1, 1, 1}},
                {throws<IndexError>(
                     [] {
                       flatten(ones({2, 3}), 1, 0);
                     },
                     {"flatten", "[2, 3]"}),
                 throws<IndexError>(
                     [] {
                       flatten(ones({2, 3}), 2);
                     },
                     {"flatten", "axis 2"})}),
      arranging("flatten of everything", "reshape", [](In in) { return flatten(in[0]); },
                shaped([](const Dims& shape) { return Dims{numel(shape)}; }),
                {{3, 3}, {}, {2, 0}, {2, 1, 3}}),
      arranging("broadcast_to", "expand",
                [](In in) {
                  return broadcast_to(in[0], {3, -1, 3});
                },
                moved(
                    [](const Dims& shape) {
                      return Dims{3, shape[0], 3};
                    },
                    [](const Index& at, const Dims&) {
                      return Index{at[1], 0};
                    }),
                {{3, 1}, {1, 1}, {0, 1}},
                {throws<ShapeError>([] { broadcast_to(ones({2}), {3}); }, {"[2]", "[3]"}),
                 throws<ShapeError>(
                     [] {
                       broadcast_to(ones({2}), {-1, 2});
                     },
                     {"[-1, 2]"})}),
      arranging("repeat", "clone",
                [](In in) {
                  return repeat(in[0], {2, 3, 2});
                },
                moved(
                    [](const Dims& shape) {
                      return Dims{2, 3 * shape[0], 2 * shape[1]};
                    },
                    [](const Index& at, const Dims& shape) {
                      return Index{at[1] % shape[0], at[2] % shape[1]};
                    }),
                {{1, 3}, {1, 1}},
                {throws<ShapeError>(
                     [] {
                       repeat(ones({2, 3}), {2});
                     },
                     {"repeat", "[2]", "[2, 3]"}),
                 throws<ShapeError>([] { repeat(ones({2}), {-1}); }, {"repeat", "[-1]"})}),
      arranging("repeat of rows", "reshape",
                [](In in) {
                  return repeat(in[0], {3, 1});
                },
                moved(
                    [](const Dims& shape) {
                      return Dims{3 * shape[0], shape[1]};
                    },
                    [](const Index& at, const Dims& shape) {
                      return Index{at[0] % shape[0], at[1]};
                    }),
                {{3, 3}, {2, 3}, {0, 3}, {2, 1}}),
      arranging("squeeze of several axes", "squeeze",
                [](In in) {
                  return squeeze(in[0], {0, -1});
                },
                shaped([](const Dims& shape) { return Dims{shape[1]}; }), {{1, 3, 1}, {1, 0, 1}},
                {throws<IndexError>(
                     [] {
                       squeeze(ones({1, 1}), {0, -2});
                     },
                     {"squeeze", "twice"}),
                 throws<ShapeError>(
                     [] {
                       squeeze(ones({1, 2}), {0, 1});
                     },
                     {"squeeze", "2"})}),
      arranging("squeeze of all axes", "squeeze", [](In in) { return squeeze(in[0]); },
                shaped(without_ones), {{1, 3, 1, 3}, {1}, {1, 0}}),
      arranging("permute", "permute",
                [](In in) {
                  return permute(in[0], {1, -1, 0});
                },
                moved(
                    [](const Dims& shape) {
                      return Dims{shape[1], shape[2], shape[0]};
                    },
                    [](const Index& at, const Dims&) {
                      return Index{at[2], at[0], at[1]};
                    }),
                {{3, 3, 3}, {2, 3, 4}, {0, 3, 2}, {1, 1, 1}},
                {throws<ShapeError>(
                     [] {
                       permute(ones({2, 3}), {0});
                     },
                     {"permute", "[0]", "[2, 3]"}),
                 throws<IndexError>(
                     [] {
                       permute(ones({2, 3}), {0, 0});
                     },
                     {"permute", "twice"}),
                 throws<IndexError>(
                     [] {
                       permute(ones({2, 3}), {0, 2});
                     },
                     {"permute", "axis 2"})}),
      arranging("movedim", "permute", [](In in) { return movedim(in[0], 0, -1); },
                moved(
                    [](const Dims& shape) {
                      return Dims{shape[1], shape[2], shape[0]};
                    },
                    [](const Index& at, const Dims&) {
                      return Index{at[2], at[0], at[1]};
                    }),
                {{3, 3, 3}, {2, 3, 4}, {0, 3, 2}},
                {throws<IndexError>([] { movedim(ones({2}), 1, 0); }, {"movedim", "axis 1"})}),
      arranging("movedim of several axes", "permute",
                [](In in) {
                  return movedim(in[0], Dims{0, 1}, Dims{2, 0});
                },
                moved(
                    [](const Dims& shape) {
                      return Dims{shape[1], shape[2], shape[0]};
                    },
                    [](const Index& at, const Dims&) {
                      return Index{at[2], at[0], at[1]};
                    }),
                {{3, 3, 3}, {2, 3, 4}, {0, 3, 2}},
                {throws<ShapeError>([] { movedim(ones({2}), Dims{0}, Dims{}); }, {"movedim"}),
                 throws<IndexError>(
                     [] {
                       movedim(ones({2, 2}), Dims{0, 0}, Dims{0, 1});
                     },
                     {"movedim", "twice"})}),
      arranging("narrow", "slice", [](In in) { return narrow(in[0], 1, -2, 2); },
                moved([](const Dims& shape) { return with(shape, 1, 2); },
                      [](const Index& at, const Dims& shape) {
                        return with(at, 1, at[1] + shape[1] - 2);
                      }),
                {{3, 3}, {2, 2, 3}, {0, 5}},
                {throws<IndexError>([] { narrow(ones({3}), 0, 2, 2); }, {"narrow", "2", "[3]"}),
                 throws<IndexError>([] { narrow(ones({3}), 0, -4, 1); }, {"narrow", "-4"}),
                 throws<IndexError>([] { narrow(ones({3}), 0, 1, -1); }, {"narrow", "-1"})}),
  };
}

/// Parts taken apart, put together in the opposite order.
Tensor reversed(std::vector<Tensor> parts, std::int64_t axis) {
  return cat({parts.rbegin(), parts.rend()}, axis);
}
/// The reference of that: parts that begin at begins[i] and the end.
Reference reversed_parts(std::size_t axis, std::function<Index(std::int64_t size)> begins) {
  return moved([=](const Index& at, const Dims& shape) {
    Index starts = begins(shape[axis]);
    starts.push_back(shape[axis]);
    std::int64_t place = at[axis];
    for (std::size_t i = starts.size() - 1; i-- > 0;) {
      const std::int64_t size = starts[i + 1] - starts[i];
      if (place < size) return with(at, axis, starts[i] + place);
      place -= size;
    }
    return at;
  });
}

std::vector<OpRow> block_rows() {
  return {
      arranging("flip", "flip",
                [](In in) {
                  return flip(in[0], {0, -1});
                },
                moved([](const Index& at, const Dims& shape) {
                  Index from = with(at, 0, shape[0] - 1 - at[0]);
                  return with(from, at.size() - 1, shape.back() - 1 - at.back());
                }),
                {{3, 3}, {2, 3, 4}, {0, 3}, {1, 1}},
                {throws<IndexError>(
                     [] {
                       flip(ones({2, 2}), {0, -2});
                     },
                     {"flip", "twice"}),
                 throws<IndexError>([] { flip(ones({2}), {1}); }, {"flip", "axis 1"})}),
      arranging("roll", "cat",
                [](In in) {
                  return roll(in[0], {1, -5}, {0, 1});
                },
                moved([](const Index& at, const Dims& shape) {
                  return Index{(at[0] + shape[0] - 1) % shape[0], (at[1] + 5) % shape[1]};
                }),
                {{3, 3}, {2, 4}, {0, 3}, {1, 1}},
                {throws<ShapeError>(
                     [] {
                       roll(ones({2}), {1, 2}, {0});
                     },
                     {"roll", "[1, 2]", "[0]"}),
                 throws<IndexError>([] { roll(ones({2}), {1}, {1}); }, {"roll", "axis 1"})}),
      arranging("split", "slice", [](In in) { return reversed(split(in[0], 2, 1), 1); },
                reversed_parts(1,
                               [](std::int64_t size) {
                                 Index begins;
                                 for (std::int64_t at = 0; at < size; at += 2) begins.push_back(at);
                                 return begins;
                               }),
                {{3, 3}, {2, 5}, {2, 4, 3}, {3, 0}},
                {throws<ShapeError>([] { split(ones({3}), 0); }, {"split", "0"}),
                 throws<IndexError>([] { split(ones({3}), 2, 1); }, {"split", "axis 1"})}),
      arranging("split into sizes", "slice",
                [](In in) {
                  return reversed(split(in[0], {1, 0, 2}, -1), -1);
                },
                reversed_parts(1,
                               [](std::int64_t) {
                                 return Index{0, 1, 1};
                               }),
                {{3, 3}, {0, 3}},
                {throws<ShapeError>(
                     [] {
                       split(ones({3}), {1, 1});
                     },
                     {"split", "[1, 1]", "[3]"}),
                 throws<ShapeError>(
                     [] {
                       split(ones({3}), {-1, 4});
                     },
                     {"split", "[-1, 4]"})}),
      arranging("chunk", "slice", [](In in) { return reversed(chunk(in[0], 2, 0), 0); },
                reversed_parts(0,
                               [](std::int64_t size) {
                                 return size < 2 ? Index{0} : Index{0, (size + 1) / 2};
                               }),
                {{3, 3}, {5}, {1, 2}, {0, 2}},
                {throws<ShapeError>([] { chunk(ones({3}), 0); }, {"chunk", "0"})}),
      row(
          "hstack", "cat", {values, values},
          [](In in) {
            return hstack({in[0], in[1]});
          },
          [](Arrays in) {
            if (in[0].shape.size() < 2) {
              std::vector<double> all = in[0].values;
              all.insert(all.end(), in[1].values.begin(), in[1].values.end());
              return as_vector(all);
            }
            const std::int64_t n = in[0].shape[1];
            return make_array({in[0].shape[0], n + in[1].shape[1]}, [&](const Index& at) {
              return at[1] < n ? value_at(in[0], at) : in[1].at({at[0], at[1] - n});
            });
          },
          {{{3, 3}, {3, 2}}, {{3}, {2}}, {{}, {}}, {{0, 2}, {0, 1}}},
          {throws<ShapeError>([] { hstack({}); }, {"hstack"}),
           throws<ShapeError>(
               [] {
                 hstack({ones({2, 3}), ones({3, 3})});
               },
               {"hstack", "[3, 3]"})}),
      row(
          "vstack", "cat", {values, values},
          [](In in) {
            return vstack({in[0], in[1]});
          },
          [](Arrays in) {
            Array out = in[0];
            out.values.insert(out.values.end(), in[1].values.begin(), in[1].values.end());
            const std::int64_t n = in[1].shape.empty() ? 1 : in[1].shape.back();
            const std::int64_t own = in[0].shape.size() < 2 ? 1 : in[0].shape[0];
            out.shape = {own + (in[1].shape.size() < 2 ? 1 : in[1].shape[0]), n};
            return out;
          },
          {{{3, 3}, {2, 3}}, {{3}, {3}}, {{}, {}}, {{3}, {2, 3}}, {{0, 3}, {3}}},
          {throws<ShapeError>([] { vstack({}); }, {"vstack"}),
           throws<ShapeError>(
               [] {
                 vstack({ones({2, 3}), ones({2})});
               },
               {"vstack", "[1, 2]"})}),
      row(
          "meshgrid", "expand", {values, values},
          [](In in) {
            return stack(meshgrid({in[0], in[1]}), 0);
          },
          [](Arrays in) {
            return make_array({2, in[0].shape[0], in[1].shape[0]}, [&](const Index& at) {
              return at[0] == 0 ? in[0].at({at[1]}) : in[1].at({at[2]});
            });
          },
          {{{3}, {3}}, {{2}, {4}}, {{0}, {3}}},
          {throws<ShapeError>(
              [] {
                meshgrid({ones({2, 2})});
              },
              {"meshgrid", "[2, 2]"})}),
  };
}

}  // namespace

std::vector<OpRow> arranging_rows() {
  std::vector<OpRow> all;
  for (auto& rows : {axis_rows(), block_rows()}) all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace wald::testing
