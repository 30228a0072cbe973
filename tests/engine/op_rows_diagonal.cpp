// Rows of diagonals, triangles, and the transpose of select.
#include <algorithm>
#include <cstdlib>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>

#include "row_helpers.h"

namespace wald::testing {
namespace {

/// The transpose of select(x, 1, 1) on three columns, which only a derivative records.
Tensor select_scattered(In in) {
  const EnableGradGuard guard;
  Dims shape = in[0].shape();
  shape.push_back(3);
  const Tensor leaf = zeros(shape, in[0].dtype()).requires_grad_();
  return grad(select(leaf, 1, 1), leaf, {.grad_outputs = {in[0]}, .create_graph = true});
}

}  // namespace

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
            return make_array(shape.size() == 2 ? Dims{} : Dims{shape[0]}, [&](const Index& at) {
              double total = 0;
              Index place = at;
              place.resize(shape.size());
              const std::size_t last = shape.size() - 1;
              for (std::int64_t i = 0; i < std::min(shape[last], shape[last - 1]); ++i) {
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

}  // namespace wald::testing
