// Rows of the functions that move elements.
#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>

#include "op_table.h"

namespace wald::testing {
namespace {

using Index = std::vector<std::int64_t>;
using In = const std::vector<Tensor>&;
using Arrays = const std::vector<Array>&;

const Sampler values = between(-2, 2);

OpRow moving(std::string name, Builder build, Reference reference, std::vector<Dims> shapes,
             std::vector<BadCall> bad = {}) {
  OpRow row{.name = std::move(name),
            .build = std::move(build),
            .inputs = {values},
            .reference = std::move(reference),
            .shapes = {}};
  for (Dims& shape : shapes) row.shapes.push_back({std::move(shape)});
  row.integers = Integers::stay;
  row.value_tolerance = 0;
  row.bad = std::move(bad);
  return row;
}

OpRow recorded_as(OpRow row, std::string op) {
  row.op = std::move(op);
  return row;
}

OpRow of_floats(OpRow row) {
  row.integers = Integers::refused;
  return row;
}

Array same(Arrays in) { return in[0]; }

/// The reference of cat (`is_new`: of stack) along axis 1 of matrices.
Array joined(Arrays in, bool is_new) {
  const std::int64_t rows = in[0].shape[0];
  std::int64_t columns = 0;
  for (const Array& x : in) columns += x.shape[1];
  Array out = make_array({rows, columns}, [&](const Index& i) {
    std::int64_t part = 0, j = i[1];
    for (; j >= in[static_cast<std::size_t>(part)].shape[1]; ++part)
      j -= in[static_cast<std::size_t>(part)].shape[1];
    return in[static_cast<std::size_t>(part)].at({i[0], j});
  });
  if (is_new) out.shape = {rows, static_cast<std::int64_t>(in.size()), in[0].shape[1]};
  return out;
}

OpRow joining(std::string name, Builder build, bool is_new, std::vector<std::vector<Dims>> shapes,
              std::vector<BadCall> bad) {
  OpRow row = moving(
      std::move(name), std::move(build), [is_new](Arrays in) { return joined(in, is_new); }, {},
      std::move(bad));
  row.shapes = std::move(shapes);
  row.inputs.assign(row.shapes[0].size(), values);
  return recorded_as(std::move(row), "cat");
}

OpRow to_row() {
  OpRow row = moving("to", [](In in) { return to(in[0], DType::float32); }, same,
                     {{3}, {3, 3}, {}, {0}, {1}});
  row.value_tolerance = 1e-7;  // float32's own rounding, and that of its differences
  row.tolerance = 1e-3;
  row.integers = Integers::as_floats;
  return row;
}

/// The transpose of slice(x, -1, 1, 6, 2) on six columns, which only a derivative records.
Tensor scattered(In in) {
  const EnableGradGuard guard;
  Dims shape = in[0].shape();
  shape[1] = 6;
  const Tensor leaf = zeros(shape, in[0].dtype()).requires_grad_();
  return grad(slice(leaf, 1, 1, 6, 2), leaf, {.grad_outputs = {in[0]}, .create_graph = true});
}

}  // namespace

std::vector<OpRow> moving_rows() {
  const auto shaped = [](Dims shape) {
    return [shape](Arrays in) { return Array{shape, in[0].values}; };
  };
  return {
      moving(
          "reshape",
          [](In in) {
            return reshape(in[0], {3, -1});
          },
          [](Arrays in) {
            return Array{{3, static_cast<std::int64_t>(in[0].values.size() / 3)}, in[0].values};
          },
          {{6}, {2, 3}, {3, 3}, {3}, {2, 3, 2}, {3, 0}},
          {throws<ShapeError>(
               [] {
                 reshape(ones({2, 3}), {4, 2});
               },
               {"reshape", "[2, 3]", "[4, 2]"}),
           throws<ShapeError>(
               [] {
                 reshape(ones({6}), {-1, -1});
               },
               {"reshape", "[-1, -1]"}),
           throws<ShapeError>(
               [] {
                 reshape(ones({6}), {-1, 4});
               },
               {"reshape", "[-1, 4]"})}),
      recorded_as(moving("reshape to a scalar", [](In in) { return reshape(in[0], {}); },
                         shaped({}), {{1}, {1, 1}}),
                  "reshape"),
      moving(
          "expand",
          [](In in) {
            return expand(in[0], {3, 2, 3});
          },
          [](Arrays in) {
            return make_array({3, 2, 3}, [&](const Index& i) {
              const Array& x = in[0];
              if (x.shape.empty()) return x.values[0];
              const std::int64_t j = x.shape.back() == 1 ? 0 : i[2];
              return x.shape.size() == 1 ? x.at({j}) : x.at({i[0], 0, j});
            });
          },
          {{3}, {1}, {}, {3, 1, 3}, {3, 1, 1}},
          {throws<ShapeError>([] { expand(ones({2}), {3}); }, {"expand", "[2]", "[3]"}),
           throws<ShapeError>(
               [] {
                 expand(ones({3, 2}), {2});
               },
               {"expand", "[3, 2]", "[2]"})}),
      moving(
          "unsqueeze", [](In in) { return unsqueeze(in[0], -1); },
          [](Arrays in) {
            Dims shape = in[0].shape;
            shape.push_back(1);
            return Array{shape, in[0].values};
          },
          {{3}, {3, 3}, {}, {0}, {1}},
          {throws<IndexError>([] { unsqueeze(ones({2}), 2); }, {"unsqueeze", "2"}),
           throws<IndexError>([] { unsqueeze(ones({2}), -3); }, {"unsqueeze", "-3"})}),
      moving(
          "squeeze", [](In in) { return squeeze(in[0], 1); },
          [](Arrays in) {
            Dims shape = in[0].shape;
            shape.erase(1);
            return Array{shape, in[0].values};
          },
          {{3, 1}, {3, 1, 3}, {0, 1}, {1, 1}},
          {throws<ShapeError>(
               [] {
                 squeeze(ones({2, 3}), 0);
               },
               {"squeeze", "[2, 3]"}),
           throws<IndexError>([] { squeeze(ones({2}), 1); }, {"squeeze", "1"})}),
      moving(
          "transpose", [](In in) { return transpose(in[0], 0, -1); },
          [](Arrays in) {
            const Array& x = in[0];
            return make_array({x.shape[2], x.shape[1], x.shape[0]}, [&](const Index& i) {
              return x.at({i[2], i[1], i[0]});
            });
          },
          {{3, 3, 3}, {2, 3, 4}, {2, 0, 3}, {1, 1, 1}},
          {throws<IndexError>(
              [] {
                transpose(ones({2, 3}), 0, 2);
              },
              {"transpose", "2"})}),
      recorded_as(
          moving(
              "t", [](In in) { return t(in[0]); },
              [](Arrays in) {
                const Array& x = in[0];
                return make_array({x.shape[1], x.shape[0]}, [&](const Index& i) {
                  return x.at({i[1], i[0]});
                });
              },
              {{3, 3}, {2, 3}, {0, 3}, {1, 1}},
              {throws<ShapeError>([] { t(ones({3})); }, {"t:", "[3]"}), throws<ShapeError>(
                                                                            [] {
                                                                              t(ones({2, 2, 2}));
                                                                            },
                                                                            {"[2, 2, 2]"})}),
          "transpose"),
      moving(
          "slice", [](In in) { return slice(in[0], 1, 1, -1, 2); },
          [](Arrays in) {
            const Array& x = in[0];
            return make_array({x.shape[0], (x.shape[1] - 1) / 2}, [&](const Index& i) {
              return x.at({i[0], 1 + 2 * i[1]});
            });
          },
          {{3, 3}, {3, 5}, {0, 3}, {2, 7}, {3, 1}},
          {throws<IndexError>(
               [] {
                 slice(ones({2, 3}), 2, 0, 1);
               },
               {"slice", "2"}),
           throws<IndexError>([] { slice(ones({3}), 0, 0, 3, 0); }, {"slice", "step", "0"}),
           throws<IndexError>([] { slice(ones({3}), 0, 3, 0, -1); }, {"slice", "-1"})}),
      recorded_as(moving("slice beyond the ends", [](In in) { return slice(in[0], -1, -100, 100); },
                         same, {{3}, {3, 3}, {0}, {1}}),
                  "slice"),
      of_floats(moving("slice_scatter", scattered,
                       [](Arrays in) {
                         return make_array({in[0].shape[0], 6}, [&](const Index& i) {
                           return i[1] % 2 ? in[0].at({i[0], i[1] / 2}) : 0.0;
                         });
                       },
                       {{3, 3}, {2, 3}, {0, 3}, {1, 3}})),
      moving(
          "select", [](In in) { return select(in[0], 1, -2); },
          [](Arrays in) {
            const Array& x = in[0];
            return make_array({x.shape[0]}, [&](const Index& i) {
              return x.at({i[0], x.shape[1] - 2});
            });
          },
          {{3, 3}, {3, 2}, {0, 3}, {1, 2}},
          {throws<IndexError>(
               [] {
                 select(ones({2, 3}), 1, 3);
               },
               {"select", "3", "[2, 3]"}),
           throws<IndexError>(
               [] {
                 select(ones({2, 3}), 1, -4);
               },
               {"select", "-4", "[2, 3]"}),
           throws<IndexError>(
               [] {
                 select(ones({2, 3}), -3, 0);
               },
               {"select", "-3"})}),
      joining("cat",
              [](In in) {
                return cat({in[0], in[1], in[2]}, -1);
              },
              false, {{{3, 3}, {3, 1}, {3, 2}}, {{3, 3}, {3, 0}, {3, 3}}, {{0, 1}, {0, 2}, {0, 0}}},
              {throws<ShapeError>([] { cat({}); }, {"cat"}),
               throws<ShapeError>(
                   [] {
                     cat({ones({2, 3}), ones({3, 3})}, 1);
                   },
                   {"cat", "[3, 3]"}),
               throws<ShapeError>(
                   [] {
                     cat({ones({2, 3}), ones({2})}, 0);
                   },
                   {"cat", "[2]"}),
               throws<IndexError>([] { cat({ones({2})}, 1); }, {"cat", "1"})}),
      joining("stack",
              [](In in) {
                return stack({in[0], in[1]}, 1);
              },
              true, {{{3, 3}, {3, 3}}, {{2, 3}, {2, 3}}, {{0, 3}, {0, 3}}, {{1, 1}, {1, 1}}},
              {throws<ShapeError>([] { stack({}); }, {"stack"}),
               throws<ShapeError>(
                   [] {
                     stack({ones({2}), ones({3})});
                   },
                   {"stack", "[2]", "[3]"}),
               throws<IndexError>([] { stack({ones({2})}, 2); }, {"stack", "2"})}),
      recorded_as(moving(
                      "contiguous", [](In in) { return contiguous(transpose(in[0], 0, 1)); },
                      [](Arrays in) {
                        const Array& x = in[0];
                        return make_array({x.shape[1], x.shape[0]}, [&](const Index& i) {
                          return x.at({i[1], i[0]});
                        });
                      },
                      {{3, 3}, {2, 3}}),
                  "clone"),
      moving("clone", [](In in) { return clone(in[0]); }, same, {{3}, {3, 3}, {}, {0}, {1}}),
      to_row(),
  };
}

}  // namespace wald::testing
