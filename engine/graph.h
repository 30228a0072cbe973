// The part of a graph that one sweep goes through, in topological order. For autograd.cpp and
// transforms.
#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include <wald/engine/inline_vector.h>
#include <wald/engine/node.h>

namespace wald {

/// A mark for each item, or each value, of a graph.
using Marks = InlineVector<bool, 64>;

/// Every node that the given values depend on, which keep the nodes alive and must outlive this.
/// Nodes and their outputs have numbers, so that a sweep keeps what it carries in plain arrays.
class Graph {
 public:
  explicit Graph(std::span<const Tensor> values);

  struct Item {
    Node* node;
    std::uint32_t first_edge;   // into targets
    std::uint32_t first_value;  // number of its first output
  };

  /// Latest first: every node stands before those it depends on.
  std::span<const Item> items() const { return items_; }
  std::size_t values() const { return values_; }
  /// Number of the value that an edge comes from; -1 for a constant.
  std::int64_t source(const Item& item, std::size_t edge) const {
    return sources_[item.first_edge + edge];
  }
  /// Number of a tensor's value; -1 if it is not in this graph.
  std::int64_t value_of(const Tensor& x) const;

  /// For each item, whether one of the marked values can be reached from it.
  Marks items_reaching(const Marks& marked) const;

 private:
  std::size_t slot(const Node* node) const;
  std::int64_t find(const Node* node) const;
  std::int64_t value_number(std::int64_t place, std::uint32_t output) const;
  std::uint32_t insert(Node* node);
  void grow();

  // Inline memory for a few dozen nodes: a small likelihood is differentiated without an
  // allocation.
  InlineVector<Item, 24> items_;
  InlineVector<std::int64_t, 32> sources_;
  std::size_t values_ = 0;
  // Open addressing from a node to its place in items_.
  InlineVector<std::pair<const Node*, std::uint32_t>, 32> table_;
  std::size_t found_ = 0;
};

}  // namespace wald
