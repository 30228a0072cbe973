// Rows of functions that arrange axes and blocks of elements anew.
#include <algorithm>
#include <cstdlib>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>

#include "row_helpers.h"

namespace wald::testing {
namespace {

const Sampler values = between(-2, 2);

OpRow arranging(std::string name, std::string op, Builder build, Reference reference,
                std::vector<Dims> shapes, std::vector<BadCall> bad = {}) {
  Calls calls;
  for (Dims& shape : shapes) calls.push_back({std::move(shape)});
  return row(std::move(name), std::move(op), {values}, std::move(build), std::move(reference),
             std::move(calls), std::move(bad));
}

/// The reference of a function whose element `at` is the input's at from(at).
Reference moved(std::function<Dims(const Dims& shape)> shape,
                std::function<Index(const Index& at, const Dims& shape)> from) {
  return [=](Arrays in) {
    const Array& x = in[0];
    return make_array(shape(x.shape),
                      [&](const Index& at) { return value_at(x, from(at, x.shape)); });
  };
}
/// The same for one that keeps the shape.
Reference moved(std::function<Index(const Index& at, const Dims& shape)> from) {
  return moved([](const Dims& shape) { return shape; }, std::move(from));
}
Reference shaped(std::function<Dims(const Dims& shape)> shape) {
  return [=](Arrays in) { return Array{shape(in[0].shape), in[0].values}; };
}
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

/// The transpose of select(x, 1, 1) on three columns, which only a derivative records.
Tensor select_scattered(In in) {
  const EnableGradGuard guard;
  Dims shape = in[0].shape();
  shape.push_back(3);
  const Tensor leaf = zeros(shape, in[0].dtype()).requires_grad_();
  return grad(select(leaf, 1, 1), leaf, {.grad_outputs = {in[0]}, .create_graph = true});
}

std::vector<OpRow> diagonal_rows() {
  const auto embedded = [](std::int64_t offset) {
    return [offset](Arrays in) {
      Dims shape = in[0].shape;
      const std::int64_t n = shape.back() + std::abs(offset);
      shape.back() = n;
      shape.push_back(n);
      const std::size_t rank = shape.size();
      return make_array(shape, [&](const Index& at) {
        if (at[rank - 1] - at[rank - 2] != offset) return 0.0;
        return value_at(in[0], with(Index(at.begin(), at.end() - 1), rank - 2,
                                    std::min(at[rank - 1], at[rank - 2])));
      });
    };
  };
  const auto triangle = [](std::int64_t offset, bool lower) {
    return [=](Arrays in) {
      return make_array(in[0].shape, [&](const Index& at) {
        const std::int64_t off = at[at.size() - 1] - at[at.size() - 2] - offset;
        return (lower ? off <= 0 : off >= 0) ? value_at(in[0], at) : 0.0;
      });
    };
  };
  const std::vector<Dims> matrices = {{3, 3}, {2, 3}, {4, 2}, {3, 3, 3}, {0, 3}, {1, 1}};
  OpRow select_scatter = arranging("select_scatter", "select_scatter", select_scattered,
                                   [](Arrays in) {
                                     return make_array({in[0].shape[0], 3}, [&](const Index& at) {
                                       return at[1] == 1 ? in[0].at({at[0]}) : 0.0;
                                     });
                                   },
                                   {{3}, {1}, {0}});
  select_scatter.integers = Integers::refused;
  return {
      select_scatter,
      arranging("diagonal", "diagonal", [](In in) { return diagonal(in[0], 1, -1, 0); },
                moved(
                    [](const Dims& shape) {
                      const std::int64_t n = std::min(shape[2], shape[0] - 1);
                      return Dims{shape[1], std::max<std::int64_t>(n, 0)};
                    },
                    [](const Index& at, const Dims&) {
                      return Index{at[1] + 1, at[0], at[1]};
                    }),
                {{3, 3, 3}, {4, 2, 2}, {2, 3, 4}, {0, 3, 2}, {1, 1, 1}},
                {throws<IndexError>(
                     [] {
                       diagonal(ones({2, 2}), 0, 1, -1);
                     },
                     {"diagonal", "twice"}),
                 throws<IndexError>([] { diagonal(ones({2})); }, {"diagonal", "axis 1"})}),
      arranging("diagonal below", "diagonal", [](In in) { return diagonal(in[0], -1); },
                moved(
                    [](const Dims& shape) {
                      const std::int64_t n = std::min(shape[0] - 1, shape[1]);
                      return Dims{std::max<std::int64_t>(n, 0)};
                    },
                    [](const Index& at, const Dims&) {
                      return Index{at[0] + 1, at[0]};
                    }),
                {{3, 3}, {3, 2}, {1, 4}, {0, 2}}),
      arranging("diag_embed", "diag_embed", [](In in) { return diag_embed(in[0]); }, embedded(0),
                {{3}, {3, 3}, {2, 1}, {0}, {2, 0}},
                {throws<ShapeError>([] { diag_embed(ones({})); }, {"diag_embed"}),
                 throws<IndexError>([] { diag_embed(ones({2}), 0, 0, 2); }, {"diag_embed", "2"})}),
      arranging(
          "diag_embed above, other axes", "diag_embed",
          [](In in) {
            return permute(diag_embed(in[0], 2, -1, 0), {1, 2, 0});
          },
          [embedded](Arrays in) {
            // With rows last and columns first, brought back to columns last.
            return embedded(2)(in);
          },
          {{3, 3}, {2, 1}}),
      arranging("diag of a vector", "diag_embed", [](In in) { return diag(in[0], -1); },
                embedded(-1), {{3}, {1}, {0}},
                {throws<ShapeError>([] { diag(ones({})); }, {"diag:", "[]"}),
                 throws<ShapeError>(
                     [] {
                       diag(ones({2, 2, 2}));
                     },
                     {"diag:", "[2, 2, 2]"})}),
      arranging("diag of a matrix", "diagonal", [](In in) { return diag(in[0]); },
                moved([](const Dims& shape) { return Dims{std::min(shape[0], shape[1])}; },
                      [](const Index& at, const Dims&) {
                        return Index{at[0], at[0]};
                      }),
                {{3, 3}, {2, 3}, {0, 2}}),
      arranging(
          "trace", "sum", [](In in) { return trace(in[0]); },
          [](Arrays in) {
            const Dims& shape = in[0].shape;
            return make_array(with(shape, 0, shape[0]).size() == 2 ? Dims{} : Dims{shape[0]},
                              [&](const Index& at) {
                                double total = 0;
                                Index place = at;
                                place.resize(shape.size());
                                const std::size_t last = shape.size() - 1;
                                for (std::int64_t i = 0; i < std::min(shape[last], shape[last - 1]);
                                     ++i) {
                                  place[last] = place[last - 1] = i;
                                  total += value_at(in[0], place);
                                }
                                return total;
                              });
          },
          {{3, 3}, {2, 3}, {3, 3, 3}, {0, 3}},
          {throws<ShapeError>([] { trace(ones({3})); }, {"trace", "[3]"})}),
      arranging("tril", "where", [](In in) { return tril(in[0]); }, triangle(0, true), matrices,
                {throws<ShapeError>([] { tril(ones({3})); }, {"tril", "[3]"})}),
      arranging(
          "tril below", "where", [](In in) { return tril(in[0], -1); }, triangle(-1, true),
          matrices),
      arranging("triu", "where", [](In in) { return triu(in[0], 1); }, triangle(1, false), matrices,
                {throws<ShapeError>([] { triu(ones({3})); }, {"triu", "[3]"})}),
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
  for (auto& rows : {axis_rows(), diagonal_rows(), block_rows()})
    all.insert(all.end(), rows.begin(), rows.end());
  return all;
}

}  // namespace wald::testing
