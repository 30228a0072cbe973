#include "node.h"

#include <fmt/format.h>

#include <atomic>
#include <cctype>
#include <mutex>
#include <utility>

#include "autograd.h"
#include "op.h"
#include "tensor_impl.h"

namespace wald {
namespace {

std::atomic<std::uint64_t> next_sequence{0};
std::mutex sink_mutex;

/// The place of a leaf in the graph: nothing to run, nothing to differentiate.
class Leaf final : public Op {
 public:
  std::string_view name() const override { return "leaf"; }
  Metas infer(Inputs) const override { return {}; }
  std::uint64_t uses(int) const override { return 0; }
  Tensor vjp(const Call&, int, Inputs) const override { return {}; }
  Tensors jvp(const Call&, Inputs) const override { return {}; }
  std::shared_ptr<const Op> keep() const override { return {std::shared_ptr<void>(), this}; }
};
const Leaf leaf_op;

}  // namespace

Node::Node(std::shared_ptr<const Op> what, std::size_t n)
    : op(std::move(what)), sequence(next_sequence++), outputs(static_cast<std::uint32_t>(n)) {}
Node::~Node() = default;

void Node::release(Node* node) {
  // Deleting a node lets go of its inputs' nodes, which come here in turn: a queue in place of
  // recursion, since a chain may be a million long. It needs no end of its own: a tensor of static
  // lifetime may come here after the thread's other variables have ended.
  thread_local Node* queue = nullptr;
  thread_local bool is_draining = false;
  node->next_released_ = std::exchange(queue, node);
  if (is_draining) return;
  is_draining = true;
  while (queue) delete std::exchange(queue, queue->next_released_);
  is_draining = false;
}

bool Node::is_leaf() const { return op.get() == &leaf_op; }

std::string Node::name() const {
  if (is_leaf()) return "AccumulateGrad";
  if (op->is_users()) return std::string(op->name()) + "Backward";
  std::string camel;
  bool upper = true;
  for (char c : op->name()) {
    if (c == '_') {
      upper = true;
      continue;
    }
    camel += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = false;
  }
  return camel + "Backward0";
}

const Tensor& unwritten(const Node& node, const Saved& saved) {
  if (saved.tensor.impl()->storage->version != saved.version)
    throw GraphError(
        fmt::format("{}: a value that its derivative needs was written in place "
                    "after it had been used",
                    node.name()));
  return saved.tensor;
}

Tensor connected(const Tensor& kept, const Node& node, std::uint32_t output) {
  if (!is_grad_enabled()) return kept;
  Tensor value = kept.detach();
  value.impl()->node = Ref<Node>(const_cast<Node*>(&node));
  value.impl()->output = output;
  return value;
}

void refuse_freed(const Node& node) {
  throw GraphError(fmt::format(
      "{}: the graph was freed by an earlier backward; pass retain_graph to go through it again",
      node.name()));
}

Ref<Node> make_leaf_node(TensorImpl* leaf) {
  Ref<Node> node(new Node(leaf_op.keep(), 1));
  add_sink(*node, 0, leaf);
  return node;
}

void add_sink(Node& node, std::uint32_t output, TensorImpl* tensor) {
  std::lock_guard lock(sink_mutex);
  node.sinks.push_back({output, tensor});
}

void remove_sink(Node& node, TensorImpl* tensor) {
  std::lock_guard lock(sink_mutex);
  for (std::size_t i = node.sinks.size(); i-- > 0;)
    if (node.sinks[i].tensor == tensor) node.sinks.erase(i);
}

std::uint64_t add_hook(Node& node, std::uint32_t output, std::function<Tensor(const Tensor&)> f) {
  static std::uint64_t last_id = 0;
  std::lock_guard lock(sink_mutex);
  if (!node.hooks) node.hooks = std::make_unique<std::vector<Node::Hook>>();
  node.hooks->push_back({output, ++last_id, std::move(f)});
  return last_id;
}

void remove_hook(Node& node, std::uint64_t id) {
  std::function<Tensor(const Tensor&)> removed;  // ends after the lock: it may own tensors
  std::lock_guard lock(sink_mutex);
  if (!node.hooks) return;
  for (Node::Hook& hook : *node.hooks)
    if (hook.id == id) removed.swap(hook.function);
  std::erase_if(*node.hooks, [id](const Node::Hook& hook) { return hook.id == id; });
}

std::vector<Node::Hook> hooks_of(const Node& node) {
  std::lock_guard lock(sink_mutex);
  return node.hooks ? *node.hooks : std::vector<Node::Hook>();
}

void deliver(Node& node, std::uint32_t output,
             const std::function<Tensor(const Tensor& before)>& accumulated) {
  // A gradient replaced under the lock ends after it: its end may come back here.
  InlineVector<Tensor, 1> replaced;
  std::lock_guard lock(sink_mutex);
  for (Node::Sink& sink : node.sinks) {
    if (sink.output != output || (node.is_leaf() && !sink.tensor->requires_grad)) continue;
    replaced.push_back(sink.tensor->grad);
    sink.tensor->grad = accumulated(sink.tensor->grad);
  }
}

}  // namespace wald
