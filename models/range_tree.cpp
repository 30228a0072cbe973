#include "range_tree.h"

#include <algorithm>
#include <cmath>

#include <wald/engine/autograd.h>
#include <wald/engine/creation.h>
#include <wald/engine/op.h>
#include <wald/engine/ops/ops.h>
#include <wald/kernels/cpu/parallel.h>
#include <wald/optim/one_copy.h>

namespace wald {

/// Node v has the children 2v and 2v + 1, the root is 1, and set t is node leaves + t. The pairs of
/// a row and a node of its range lie row by row.
struct RangeTree::Nodes {
  std::int64_t sets, leaves = 1;    // a power of two
  std::vector<std::int64_t> begin;  // of each row's pairs; their number at the end
  std::vector<std::int32_t> node;   // of each pair
  Tensor pair_rows, pair_nodes;     // int64 [pairs], on the device if that is not the processor

  std::int64_t rows() const { return static_cast<std::int64_t>(begin.size()) - 1; }
  std::int64_t pairs() const { return static_cast<std::int64_t>(node.size()); }
};

namespace {

using Nodes = RangeTree::Nodes;

/// The sums as a linear map of the rows' values: each goes to the nodes of its range, times a
/// factor for the pair, and the sum of a node to its children, times a factor for the child.
struct SumsByNode {
  std::shared_ptr<const Nodes> nodes;
  Tensor of_pair, of_child;  // [pairs], [2 leaves]; undefined: 1
};

/// One of the factors; `values` null: 1.
double factor(const double* values, std::int64_t i) { return values ? values[i] : 1; }

const double* values_of(const Tensor& factors) {
  return factors.defined() ? factors.data<double>() : nullptr;
}

/// So many vectors are taken at once, side by side, that the tree is walked once for all.
constexpr std::int64_t together = 8;

/// From the rows' values x to the sums y. `count` vectors, at most `width`; `sum` is 0 and has room
/// for as many numbers for each node.
template <int width>
void rows_to_sets(const SumsByNode& map, const double* x, double* y, double* sum,
                  std::int64_t count) {
  const Nodes& tree = *map.nodes;
  const double *pair = values_of(map.of_pair), *child = values_of(map.of_child);
  const std::int64_t rows = tree.rows();
  for (std::int64_t i = 0; i < rows; ++i) {
    double value[width] = {};
    for (std::int64_t j = 0; j < count; ++j) value[j] = x[j * rows + i];
    for (std::int64_t p = tree.begin[i]; p < tree.begin[i + 1]; ++p) {
      double* const at = sum + static_cast<std::int64_t>(tree.node[p]) * width;
      for (int j = 0; j < width; ++j) at[j] += factor(pair, p) * value[j];
    }
  }
  for (std::int64_t v = 2; v < 2 * tree.leaves; ++v)
    for (int j = 0; j < width; ++j) sum[v * width + j] += factor(child, v) * sum[v / 2 * width + j];
  for (std::int64_t t = 0; t < tree.sets; ++t)
    for (std::int64_t j = 0; j < count; ++j)
      y[j * tree.sets + t] = sum[(tree.leaves + t) * width + j];
}

/// The transpose: from values x of the sets to the sums y of each row's.
template <int width>
void sets_to_rows(const SumsByNode& map, const double* x, double* y, double* sum,
                  std::int64_t count) {
  const Nodes& tree = *map.nodes;
  const double *pair = values_of(map.of_pair), *child = values_of(map.of_child);
  const std::int64_t rows = tree.rows();
  for (std::int64_t t = 0; t < tree.sets; ++t)
    for (std::int64_t j = 0; j < count; ++j)
      sum[(tree.leaves + t) * width + j] = x[j * tree.sets + t];
  for (std::int64_t v = 2 * tree.leaves - 1; v > 1; --v)
    for (int j = 0; j < width; ++j) sum[v / 2 * width + j] += factor(child, v) * sum[v * width + j];
  for (std::int64_t i = 0; i < rows; ++i) {
    double total[width] = {};
    for (std::int64_t p = tree.begin[i]; p < tree.begin[i + 1]; ++p) {
      const double* const at = sum + static_cast<std::int64_t>(tree.node[p]) * width;
      for (int j = 0; j < width; ++j) total[j] += factor(pair, p) * at[j];
    }
    for (std::int64_t j = 0; j < count; ++j) y[j * rows + i] = total[j];
  }
}

using Walk = void (*)(const SumsByNode& map, const double* x, double* y, double* sum,
                      std::int64_t count);

/// Applies the map to each vector along the last axis of `in`.
void along_last_axis(const SumsByNode& map, const Tensor& in, Tensor& out, Walk one, Walk several) {
  const NoGradGuard guard;
  const Tensor x = contiguous(in);
  const std::int64_t n = in.size(-1), m = out.size(-1);
  if (n == 0 || m == 0) return;
  const std::int64_t vectors = x.numel() / n, width = vectors == 1 ? 1 : together;
  const std::int64_t blocks = (vectors + width - 1) / width, room = 2 * map.nodes->leaves * width;
  Tensor sums = zeros({blocks, room});
  double *const to = out.mutable_data<double>(), *const sum = sums.mutable_data<double>();
  kernels::parallel_for(blocks, [&](std::int64_t block) {
    const std::int64_t begin = block * width;
    (vectors == 1 ? one : several)(map, x.data<double>() + begin * n, to + begin * m,
                                   sum + block * room, std::min(width, vectors - begin));
  });
}

Metas with_last_axis(const Tensor& in, std::int64_t size) {
  Dims shape = in.shape();
  shape.back() = size;
  return {{shape, in.dtype()}};
}

struct SumOfSets final : Linear<SumOfSets> {
  explicit SumOfSets(SumsByNode by) : map(std::move(by)) {}
  SumsByNode map;

  std::string_view name() const override { return "sum_of_sets"; }
  Metas infer(Inputs in) const override { return with_last_axis(in[0], map.nodes->rows()); }
  void run(Inputs in, std::span<Tensor> out) const override {
    along_last_axis(map, in[0], out[0], sets_to_rows<1>, sets_to_rows<together>);
  }
  Tensor transpose(const Tensor& g) const;
};

struct SumOfRows final : Linear<SumOfRows> {
  explicit SumOfRows(SumsByNode by) : map(std::move(by)) {}
  SumsByNode map;

  std::string_view name() const override { return "sum_of_rows"; }
  Metas infer(Inputs in) const override { return with_last_axis(in[0], map.nodes->sets); }
  void run(Inputs in, std::span<Tensor> out) const override {
    along_last_axis(map, in[0], out[0], rows_to_sets<1>, rows_to_sets<together>);
  }
  Tensor transpose(const Tensor& g) const { return record(SumOfSets(map), {g}); }
};

Tensor SumOfSets::transpose(const Tensor& g) const { return record(SumOfRows(map), {g}); }

/// rows_to_sets() as operations, which any device has: values of the rows to those of the sets.
Tensor sets_by_operations(const SumsByNode& map, const Tensor& x) {
  const Nodes& tree = *map.nodes;
  const auto times = [](const Tensor& values, const Tensor& factors) {
    return factors.defined() ? values * factors : values;
  };
  const Tensor of_pairs = times(index_select(x, 0, tree.pair_rows), map.of_pair);
  const Tensor own =
      index_add(zeros({2 * tree.leaves}, x.dtype(), x.device()), 0, tree.pair_nodes, of_pairs);
  const auto level = [](const Tensor& of_nodes, std::int64_t size) {
    return slice(of_nodes, 0, size, 2 * size);
  };
  Tensor sum = level(own, 1);
  for (std::int64_t size = 2; size <= tree.leaves; size *= 2) {
    const Tensor parents = reshape(expand(unsqueeze(sum, 1), {size / 2, 2}), {size});
    sum = level(own, size) +
          times(parents, map.of_child.defined() ? level(map.of_child, size) : Tensor());
  }
  return slice(sum, 0, 0, tree.sets);
}

/// For each node the largest value of its rows and of those of the nodes above it.
std::vector<double> largest_by_node(const Nodes& tree, const double* value) {
  std::vector<double> largest(static_cast<std::size_t>(2 * tree.leaves), -INFINITY);
  for (std::int64_t i = 0; i < tree.rows(); ++i)
    for (std::int64_t p = tree.begin[i]; p < tree.begin[i + 1]; ++p)
      largest[tree.node[p]] = std::max(largest[tree.node[p]], value[i]);
  for (std::size_t v = 2; v < largest.size(); ++v)
    largest[v] = std::max(largest[v], largest[v / 2]);
  return largest;
}

/// Of a value of each node, those of the sets.
std::vector<double> of_sets(const Nodes& tree, const std::vector<double>& by_node) {
  const auto leaf = by_node.begin() + tree.leaves;
  return {leaf, leaf + tree.sets};
}

/// Factors for values that are 1 in size: exp(value - scale of the node).
SumsByNode scaled(std::shared_ptr<const Nodes> nodes, const double* value,
                  const std::vector<double>& scale) {
  const Nodes& tree = *nodes;
  const DeviceGuard here{Device()};
  Tensor of_pair = empty({tree.pairs()}), of_child = full({2 * tree.leaves}, -INFINITY);
  double *pair = of_pair.mutable_data<double>(), *child = of_child.mutable_data<double>();
  for (std::int64_t i = 0; i < tree.rows(); ++i)
    for (std::int64_t p = tree.begin[i]; p < tree.begin[i + 1]; ++p)
      pair[p] = value[i] - scale[tree.node[p]];
  for (std::size_t v = 2; v < scale.size(); ++v)
    if (scale[v / 2] > -INFINITY) child[v] = scale[v / 2] - scale[v];
  return {std::move(nodes), exp(of_pair), exp(of_child)};
}

}  // namespace

RangeTree::RangeTree(const std::vector<std::int64_t>& first, const std::vector<std::int64_t>& last,
                     std::int64_t sets) {
  auto tree = std::make_shared<Nodes>();
  tree->sets = sets;
  while (tree->leaves < sets) tree->leaves *= 2;
  tree->begin.push_back(0);
  for (std::size_t i = 0; i < first.size(); ++i) {
    std::int64_t from = first[i] + tree->leaves, to = last[i] + tree->leaves;
    for (; from < to; from /= 2, to /= 2) {
      if (from % 2 == 1) tree->node.push_back(static_cast<std::int32_t>(from++));
      if (to % 2 == 1) tree->node.push_back(static_cast<std::int32_t>(--to));
    }
    tree->begin.push_back(tree->pairs());
  }
  if (default_device() != Device()) {
    std::vector<std::int64_t> rows;
    for (std::int64_t i = 0; i < tree->rows(); ++i)
      rows.insert(rows.end(), static_cast<std::size_t>(tree->begin[i + 1] - tree->begin[i]), i);
    tree->pair_rows = from_vector(rows);
    tree->pair_nodes = from_vector(std::vector<std::int64_t>(tree->node.begin(), tree->node.end()));
  }
  nodes_ = std::move(tree);
}

std::optional<double> common_scale(const Tensor& eta) {
  // A sum this small has an inverse whose third power, as of second derivatives, is a number.
  constexpr double narrow = 200;
  const NoGradGuard guard;
  const std::vector<double> ends = optim::read_numbers({max(eta), min(eta)});
  return ends[0] - ends[1] <= narrow ? std::optional(ends[0]) : std::nullopt;
}

RangeTree::Sums RangeTree::sums(const Tensor& eta, const Tensor& weights) const {
  const Device device = eta.device();
  const std::optional<double> largest = common_scale(eta.detach());
  Tensor scale, terms;
  SumsByNode map{nodes_, {}, {}};
  if (largest) {
    scale = full({nodes_->sets}, *largest, DType::float64, device);
    terms = exp(eta - *largest);
  } else {
    const Tensor value = contiguous(to(eta.detach(), Device()));
    const std::vector<double> by_node = largest_by_node(*nodes_, value.data<double>());
    scale = from_vector(of_sets(*nodes_, by_node));
    map = scaled(nodes_, value.data<double>(), by_node);
    map.of_pair = to(map.of_pair, device);
    map.of_child = to(map.of_child, device);
    // The factors have the exponentials; what is left of them here is their derivatives.
    terms = exp(eta - eta.detach());
  }
  if (weights.defined()) terms = terms * weights;
  return {scale, device == Device() ? record(SumOfRows(std::move(map)), {terms})
                                    : sets_by_operations(map, terms)};
}

std::vector<double> RangeTree::largest(const std::vector<double>& values) const {
  return of_sets(*nodes_, largest_by_node(*nodes_, values.data()));
}

}  // namespace wald
