// Rows of products of tensors: outer, addmm, kron, einsum and their kin.
#include <map>

#include <wald/engine/ops/ops.h>

#include "dense_reference.h"

namespace wald::testing {
namespace {

using Index = std::vector<std::int64_t>;
using In = const std::vector<Tensor>&;
using Arrays = const std::vector<Array>&;
using Mats = const std::vector<Dense>&;

const Sampler values = between(-2, 2);

OpRow row(std::string name, std::string op, Builder build, Reference reference,
          std::vector<std::vector<Dims>> shapes, std::vector<BadCall> bad = {}) {
  return floats_row(std::move(name), std::move(op), values, std::move(build), std::move(reference),
                    std::move(shapes), std::move(bad));
}

/// A sum of products over all values of all letters: operands and result are words of letters.
Reference sum_of_products(std::vector<std::string> words, std::string result) {
  return [=](Arrays in) {
    std::map<char, std::int64_t> size;
    for (std::size_t o = 0; o < words.size(); ++o)
      for (std::size_t i = 0; i < words[o].size(); ++i) {
        std::int64_t& n = size.try_emplace(words[o][i], 1).first->second;
        if (in[o].shape[i] != 1) n = in[o].shape[i];
      }
    Dims shape;
    std::string summed;
    for (char c : result) shape.push_back(size[c]);
    for (const auto& [c, n] : size)
      if (result.find(c) == std::string::npos) summed += c;
    return make_array(shape, [&](const Index& index) {
      std::map<char, std::int64_t> at;
      for (std::size_t i = 0; i < result.size(); ++i) at[result[i]] = index[i];
      std::int64_t count = 1;
      for (char c : summed) count *= size[c];
      long double total = 0;
      for (std::int64_t k = 0; k < count; ++k) {
        std::int64_t rest = k;
        for (char c : summed) at[c] = rest % size[c], rest /= size[c];
        long double term = 1;
        for (std::size_t o = 0; o < words.size(); ++o) {
          std::int64_t place = 0;
          for (std::size_t i = 0; i < words[o].size(); ++i)
            place = place * in[o].shape[i] + (in[o].shape[i] == 1 ? 0 : at[words[o][i]]);
          term *= in[o].values[static_cast<std::size_t>(place)];
        }
        total += term;
      }
      return static_cast<double>(total);
    });
  };
}

OpRow einsum_row(std::string about, std::string text, std::string op,
                 std::vector<std::string> words, std::string result,
                 std::vector<std::vector<Dims>> shapes) {
  return row(
      "einsum" + about, std::move(op), [text](In in) { return einsum(text, in); },
      sum_of_products(std::move(words), std::move(result)), std::move(shapes));
}

std::vector<OpRow> einsum_rows() {
  std::vector<OpRow> rows = {
      einsum_row("", "ij, jk -> ik", "matmul", {"ij", "jk"}, "ik",
                 {{{3, 3}, {3, 3}},
                  {{2, 4}, {4, 3}},
                  {{2, 0}, {0, 3}},
                  {{0, 2}, {2, 1}},
                  {{1, 1}, {1, 1}},
                  {{2, 1}, {3, 2}}}),
      einsum_row(" of a diagonal", "aab->ba", "slice", {"aab"}, "ba",
                 {{{3, 3, 3}}, {{2, 2, 4}}, {{0, 0, 2}}, {{1, 1, 1}}}),
      einsum_row(" of a trace", "aa", "sum", {"aa"}, "", {{{3, 3}}, {{1, 1}}, {{0, 0}}}),
      einsum_row(" of three on a diagonal", "abaa->ab", "slice", {"abaa"}, "ab",
                 {{{3, 3, 3, 3}}, {{2, 3, 2, 2}}}),
      einsum_row(" of three", "ab,bc,dc->ad", "matmul", {"ab", "bc", "dc"}, "ad",
                 {{{3, 3}, {3, 3}, {3, 3}}, {{2, 3}, {3, 4}, {1, 4}}}),
      einsum_row(" of four", "a,ab,b,cb->c", "matmul", {"a", "ab", "b", "cb"}, "c",
                 {{{3}, {3, 3}, {3}, {3, 3}}, {{2}, {2, 3}, {3}, {4, 3}}}),
      einsum_row(" with the result implied", "ba,cb", "matmul", {"ba", "cb"}, "ac",
                 {{{3, 3}, {3, 3}}, {{2, 3}, {4, 2}}}),
      einsum_row(" with further axes", "...ij,...jk->...ik", "matmul", {"xij", "jk"}, "xik",
                 {{{3, 3, 3}, {3, 3}}, {{2, 3, 2}, {2, 4}}}),
      einsum_row(" with further axes that broadcast", "i...j,...j->...i", "matmul", {"ixyj", "xyj"},
                 "xyi", {{{3, 2, 1, 2}, {1, 3, 2}}, {{2, 1, 1, 3}, {2, 2, 3}}}),
      einsum_row(" with further axes implied", "...i,...i", "matmul", {"xi", "i"}, "x",
                 {{{3, 3}, {3}}, {{2, 4}, {4}}}),
      einsum_row(" of an outer product", "i,j->ji", "mul", {"i", "j"}, "ji",
                 {{{3}, {3}}, {{2}, {4}}, {{0}, {3}}}),
      einsum_row(" of products in batches", "bik,bjk->bij", "matmul", {"bik", "bjk"}, "bij",
                 {{{3, 3, 3}, {3, 3, 3}}, {{2, 3, 4}, {2, 2, 4}}, {{0, 2, 2}, {0, 1, 2}}}),
      einsum_row(" of elements", "ij,ij->ij", "mul", {"ij", "ij"}, "ij",
                 {{{3, 3}, {3, 3}}, {{2, 1}, {2, 3}}}),
      einsum_row(" of a sum", "ijk->j", "sum", {"ijk"}, "j", {{{3, 3, 3}}, {{2, 3, 4}}}),
      einsum_row(" of a sum apart", "ij,k->i", "sum", {"ij", "k"}, "i",
                 {{{3, 3}, {3}}, {{2, 3}, {4}}}),
      einsum_row(" of a quadratic form", "i,ij,j->", "matmul", {"i", "ij", "j"}, "",
                 {{{3}, {3, 3}, {3}}, {{2}, {2, 4}, {4}}}),
      einsum_row(" over two axes", "aibj,jcib->ac", "matmul", {"aibj", "jcib"}, "ac",
                 {{{2, 3, 2, 3}, {3, 2, 3, 2}}}),
      einsum_row(" of permuted axes", "abc->cab", "transpose", {"abc"}, "cab",
                 {{{3, 3, 3}}, {{2, 3, 4}}})};
  const auto call = [](std::string text, std::vector<Dims> shapes) {
    return [=] {
      std::vector<Tensor> in;
      for (const Dims& shape : shapes) in.push_back(ones(shape));
      einsum(text, in);
    };
  };
  rows[0].bad = {
      throws<ShapeError>(call("ij,jk->ik", {{2, 3}, {4, 2}}), {"einsum", "'j'", "3", "4"}),
      throws<ShapeError>(call("ij,jk->ik", {{2, 3}}), {"einsum", "2 operands", "there are 1"}),
      throws<ShapeError>(call("ij", {{2, 3}, {2, 3}}), {"1 operands", "there are 2"}),
      throws<ShapeError>(call("ij->ii", {{2, 3}}), {"'i' twice"}),
      throws<ShapeError>(call("ij->ik", {{2, 3}}), {"'k' in the result alone"}),
      throws<ShapeError>(call("ii->i", {{2, 3}}), {"diagonal", "2", "3"}),
      throws<ShapeError>(call("i1->i", {{2, 3}}), {"'1'"}),
      throws<ShapeError>(call("i.j->i", {{2, 3}}), {"'.'"}),
      throws<ShapeError>(call("ijk->i", {{2, 3}}), {"3 axes", "[2, 3]"}),
      throws<ShapeError>(call("", {}), {"no operands"})};
  return rows;
}

/// beta c + alpha a b.
Reference added(double beta, double alpha) {
  return for_each_matrix([=](Mats m) {
    Dense out = m[1] * m[2];
    for (std::int64_t i = 0; i < out.rows; ++i)
      for (std::int64_t j = 0; j < out.cols; ++j)
        out(i, j) = alpha * out(i, j) +
                    (beta == 0 ? 0 : beta * m[0](m[0].rows == 1 ? 0 : i, m[0].cols == 1 ? 0 : j));
    return out;
  });
}
/// The same with a vector along the rows.
Reference added_row(Reference f) {
  return [f](Arrays in) {
    std::vector<Array> all = in;
    all[0].shape.insert(0, 1);
    return f(all);
  };
}

OpRow promoted(OpRow of) {
  of.integers = Integers::become_float64;
  return of;
}

std::vector<OpRow> addmm_rows() {
  const std::vector<std::vector<Dims>> flat = {{{3, 3}, {3, 3}, {3, 3}}, {{2, 4}, {2, 3}, {3, 4}},
                                               {{1, 4}, {2, 3}, {3, 4}}, {{2, 1}, {2, 3}, {3, 3}},
                                               {{2, 3}, {2, 0}, {0, 3}}, {{0, 3}, {0, 2}, {2, 3}}};
  const std::vector<std::vector<Dims>> batched = {{{3, 3, 3}, {3, 3, 3}, {3, 3, 3}},
                                                  {{2, 2, 4}, {2, 2, 3}, {2, 3, 4}},
                                                  {{2, 4}, {3, 2, 3}, {3, 3, 4}}};
  const auto call = [](Dims c, Dims a, Dims b) {
    return [=] { addmm(ones(c), ones(a), ones(b)); };
  };
  return {
      row("addmm", "addmm", [](In in) { return addmm(in[0], in[1], in[2]); }, added(1, 1), flat,
          {throws<ShapeError>(call({2, 2}, {2, 3}, {2, 3}), {"addmm", "[2, 3]"}),
           throws<ShapeError>(call({3, 2}, {2, 3}, {3, 2}), {"addmm", "[3, 2]", "[2, 2]"}),
           throws<ShapeError>(call({2, 2}, {1, 2, 3}, {3, 2}), {"two matrices", "[1, 2, 3]"}),
           throws<ShapeError>(call({1, 2, 2}, {2, 3}, {3, 2}), {"addmm", "[1, 2, 2]"})}),
      row(
          "addmm with factors", "addmm", [](In in) { return addmm(in[0], in[1], in[2], 0.5, -2); },
          added(0.5, -2), flat),
      promoted(row("addmm without the input", "addmm",
                   [](In in) { return addmm(in[0] * NAN, in[1], in[2], 0, 2); }, added(0, 2),
                   {{{3, 3}, {3, 3}, {3, 3}}})),
      row("addmm of a vector", "addmm", [](In in) { return addmm(in[0], in[1], in[2]); },
          added_row(added(1, 1)), {{{3}, {3, 3}, {3, 3}}, {{4}, {2, 3}, {3, 4}}}),
      row("baddbmm", "baddbmm", [](In in) { return baddbmm(in[0], in[1], in[2], 2, 0.5); },
          added(2, 0.5), batched,
          {throws<ShapeError>(
               [] {
                 baddbmm(ones({2, 2}), ones({2, 2}), ones({2, 2}));
               },
               {"baddbmm", "batches", "[2, 2]"}),
           throws<ShapeError>(
               [] {
                 baddbmm(ones({2, 2}), ones({2, 2, 2}), ones({3, 2, 2}));
               },
               {"[2, 2, 2]", "[3, 2, 2]"})}),
      row("bmm", "matmul", [](In in) { return bmm(in[0], in[1]); },
          for_each_matrix([](Mats m) { return m[0] * m[1]; }),
          {{{3, 3, 3}, {3, 3, 3}}, {{2, 3, 1}, {2, 1, 4}}, {{0, 2, 2}, {0, 2, 2}}},
          {throws<ShapeError>(
               [] {
                 bmm(ones({2, 2, 2}), ones({3, 2, 2}));
               },
               {"bmm", "[2, 2, 2]", "[3, 2, 2]"}),
           throws<ShapeError>(
               [] {
                 bmm(ones({2, 2}), ones({2, 2}));
               },
               {"bmm", "[2, 2]"})}),
  };
}

OpRow with_integers(OpRow of) {
  of.integers = Integers::stay;
  return of;
}

std::vector<OpRow> elementwise_rows() {
  return {
      with_integers(row("outer", "mul", [](In in) { return outer(in[0], in[1]); },
                        sum_of_products({"i", "j"}, "ij"),
                        {{{3}, {3}}, {{2}, {4}}, {{0}, {2}}, {{1}, {1}}},
                        {throws<ShapeError>(
                            [] {
                              outer(ones({2, 2}), ones({2}));
                            },
                            {"outer", "[2, 2]", "[2]"})})),
      with_integers(row(
          "kron", "reshape", [](In in) { return kron(in[0], in[1]); }, for_each_matrix([](Mats m) {
            Dense out(m[0].rows * m[1].rows, m[0].cols * m[1].cols);
            for (std::int64_t i = 0; i < out.rows; ++i)
              for (std::int64_t j = 0; j < out.cols; ++j)
                out(i, j) = m[0](i / m[1].rows, j / m[1].cols) * m[1](i % m[1].rows, j % m[1].cols);
            return out;
          }),
          {{{3, 3}, {3, 3}},
           {{2, 1}, {3, 2}},
           {{3, 2, 2}, {2, 2}},
           {{2, 2}, {2, 1, 3}},
           {{0, 2}, {2, 2}}},
          {throws<ShapeError>(
              [] {
                kron(ones({2, 2}), ones({2}));
              },
              {"kron", "[2, 2]", "[2]"})})),
      with_integers(row(
          "kron of vectors", "reshape", [](In in) { return kron(in[0], in[1]); },
          [](Arrays in) {
            Array out{{in[0].shape[0] * in[1].shape[0]}, {}};
            for (double x : in[0].values)
              for (double y : in[1].values) out.values.push_back(x * y);
            return out;
          },
          {{{3}, {3}}, {{2}, {4}}, {{0}, {3}}})),
      with_integers(row(
          "cross", "cat", [](In in) { return cross(in[0], in[1]); },
          [](Arrays in) {
            const Dims shape = broadcast_shapes(in[0].shape, in[1].shape, "reference");
            const auto at = [&](const Array& a, const Index& i, std::int64_t k) {
              std::int64_t place = 0;
              for (std::size_t axis = 0; axis < a.shape.size(); ++axis) {
                const std::int64_t j = i[i.size() - a.shape.size() + axis];
                place = place * a.shape[axis] + (axis + 1 == a.shape.size() ? k % 3
                                                 : a.shape[axis] == 1       ? 0
                                                                            : j);
              }
              return a.values[static_cast<std::size_t>(place)];
            };
            return make_array(shape, [&](const Index& i) {
              const std::int64_t k = i.back();
              return at(in[0], i, k + 1) * at(in[1], i, k + 2) -
                     at(in[0], i, k + 2) * at(in[1], i, k + 1);
            });
          },
          {{{3}, {3}}, {{3, 3}, {3, 3}}, {{2, 3}, {3}}, {{4, 1, 3}, {2, 3}}, {{0, 3}, {3}}},
          {throws<ShapeError>(
               [] {
                 cross(ones({2, 2}), ones({2, 2}));
               },
               {"cross", "[2, 2]"}),
           throws<IndexError>([] { cross(ones({3}), ones({3}), 1); }, {"cross"})})),
      with_integers(row(
          "cross along the first axis", "cat", [](In in) { return cross(in[0], in[1], 0); },
          [](Arrays in) {
            const std::size_t n = static_cast<std::size_t>(in[0].shape[1]);
            return make_array(in[0].shape, [&](const Index& i) {
              const auto at = [&](const Array& a, std::int64_t k) {
                return a
                    .values[static_cast<std::size_t>(k % 3) * n + static_cast<std::size_t>(i[1])];
              };
              return at(in[0], i[0] + 1) * at(in[1], i[0] + 2) -
                     at(in[0], i[0] + 2) * at(in[1], i[0] + 1);
            });
          },
          {{{3, 3}, {3, 3}}, {{3, 2}, {3, 2}}})),
      with_integers(row(
          "vander", "cat", [](In in) { return vander(in[0], 4); },
          [](Arrays in) {
            Dims shape = in[0].shape;
            shape.push_back(4);
            Array out{shape, {}};
            for (double x : in[0].values)
              for (double power : {1.0, x, x * x, x * x * x}) out.values.push_back(power);
            return out;
          },
          {{{3}}, {{2, 3}}, {{0}}, {{1}}, {{}}},
          {throws<ShapeError>([] { vander(ones({2}), 0); }, {"vander", "0"})})),
  };
}

std::vector<OpRow> tensordot_rows() {
  return {
      row("tensordot", "matmul", [](In in) { return tensordot(in[0], in[1], 2); },
          sum_of_products({"aij", "ijb"}, "ab"),
          {{{3, 3, 3}, {3, 3, 3}}, {{2, 3, 4}, {3, 4, 1}}, {{2, 0, 2}, {0, 2, 3}}},
          {throws<ShapeError>(
               [] {
                 tensordot(ones({2, 3}), ones({3, 2}));
               },
               {"tensordot", "[2, 3]"}),
           throws<ShapeError>([] { tensordot(ones({2}), ones({2}), 2); },
                              {"tensordot", "2", "[2]"}),
           throws<IndexError>(
               [] {
                 tensordot(ones({2, 2}), ones({2, 2}), {0, 0}, {0, 1});
               },
               {"twice", "[0, 0]"}),
           throws<ShapeError>(
               [] {
                 tensordot(ones({2, 2}), ones({2, 2}), {0}, {0, 1});
               },
               {"pair", "[0]"})}),
      row("tensordot of chosen axes", "matmul",
          [](In in) {
            return tensordot(in[0], in[1], {0, -1}, {2, 0});
          },
          sum_of_products({"iaj", "jbi"}, "ab"), {{{3, 3, 3}, {3, 3, 3}}, {{2, 3, 4}, {4, 1, 2}}}),
      row("tensordot of no axes", "mul", [](In in) { return tensordot(in[0], in[1], 0); },
          sum_of_products({"ab", "c"}, "abc"), {{{3, 3}, {3}}, {{2, 3}, {4}}}),
  };
}

}  // namespace

std::vector<OpRow> product_rows() {
  std::vector<OpRow> rows;
  for (auto& more : {addmm_rows(), elementwise_rows(), tensordot_rows(), einsum_rows()})
    rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace wald::testing
