// The computation graph as text for Graphviz.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <wald/engine/tensor.h>

namespace wald {

struct DotOptions {
  /// Names of leaves or of other values, shown beside what is known of them.
  std::vector<std::pair<std::string, Tensor>> names = {};
  /// Operations nearest to the values, at most; a note says how many are left out.
  std::size_t max_nodes = 500;
};

/// The graph behind a value, in the language of Graphviz (dot -Tsvg): a box for each operation,
/// named as grad_fn()->name() has it, ellipses for leaves with shape and element type, boxes with
/// double border for the values asked for, arrows in the direction of computation. An input that is
/// constant has no node. Nodes are numbered by their place in the graph, so that the same
/// computation gives the same text in every run.
std::string graph_to_dot(const Tensor& value, const DotOptions& options = {});
std::string graph_to_dot(const std::vector<Tensor>& values, const DotOptions& options = {});

}  // namespace wald
