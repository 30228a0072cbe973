// Node: one recorded operation, the link from a value to those it was computed from.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <wald/engine/inline_vector.h>
#include <wald/engine/ref.h>
#include <wald/engine/tensor.h>
#include <wald/kernels/cpu/memory.h>

namespace wald {

class Op;

/// The node that made an input, and which of its outputs the input is. Null for a constant.
struct Edge {
  Ref<Node> node;
  std::uint32_t output = 0;
};

/// A value kept for the derivative rule, with the version of its memory at that time.
struct Saved {
  Tensor tensor;
  std::uint32_t version;
  std::int16_t slot;  // input number, or Call::output_slot(i)
};

class Node : public RefCounted, public kernels::Pooled {
 public:
  Node(std::shared_ptr<const Op> op, std::size_t outputs);
  ~Node();
  /// Frees a node and, without recursion, every node that only it kept alive.
  static void release(Node* node);

  /// As libtorch prints it: "ExpBackward0", "AccumulateGrad" for a leaf.
  std::string name() const;
  /// The nodes of the inputs; null where an input is a constant.
  std::vector<Edge> next_functions() const { return {edges.begin(), edges.end()}; }

  bool is_leaf() const;

  const std::shared_ptr<const Op> op;
  const std::uint64_t sequence;  // later nodes have larger numbers: a topological order
  const std::uint32_t outputs;
  std::uint64_t output_bytes = 0;  // size of all outputs, for estimates of memory
  bool is_freed = false;           // the saved values are gone: backward has been through
  InlineVector<Edge, 2> edges;
  InlineVector<Saved, 2> saved;

  /// A tensor that wants its gradient: the leaf itself, or a value that retains it.
  struct Sink {
    std::uint32_t output;
    TensorImpl* tensor;
  };
  InlineVector<Sink, 1> sinks;

  /// A function that sees, and may replace, the gradient by one of the outputs.
  struct Hook {
    std::uint32_t output;
    std::uint64_t id;
    std::function<Tensor(const Tensor&)> function;
  };
  std::unique_ptr<std::vector<Hook>> hooks;  // most nodes have none

 private:
  Node* next_released_ = nullptr;  // in the queue of release()
};

/// The value that was saved. Throws GraphError if its memory has been written since.
const Tensor& unwritten(const Node& node, const Saved& saved);
/// A saved output with its place in the graph again: kept without its node, lest the two keep each
/// other alive. As it is if recording is off.
Tensor connected(const Tensor& kept, const Node& node, std::uint32_t output);
/// Throws the GraphError of a node whose saved values an earlier sweep has freed.
[[noreturn]] void refuse_freed(const Node& node);

/// The node of a leaf.
Ref<Node> make_leaf_node(TensorImpl* leaf);

/// Sinks are read and unhooked under this lock, since a tensor may end while another thread's sweep
/// is on its way to it.
void add_sink(Node& node, std::uint32_t output, TensorImpl* tensor);
void remove_sink(Node& node, TensorImpl* tensor);
/// Hooks are changed and copied under the same lock, and called outside it.
std::uint64_t add_hook(Node& node, std::uint32_t output, std::function<Tensor(const Tensor&)> f);
void remove_hook(Node& node, std::uint64_t id);
std::vector<Node::Hook> hooks_of(const Node& node);

/// Calls deliver(grad so far) for each sink of an output and stores what it returns.
void deliver(Node& node, std::uint32_t output,
             const std::function<Tensor(const Tensor& before)>& accumulated);

}  // namespace wald
