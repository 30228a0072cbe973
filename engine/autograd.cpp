// The sweeps over a recorded graph. Both are loops over an array of nodes: no recursion, whatever
// the depth.
#include "autograd.h"

#include <fmt/format.h>

#include "anomaly_check.h"
#include "creation.h"
#include "op.h"
#include "ops/pointwise.h"
#include "ops/shape.h"
#include "sweep.h"
#include "tensor_impl.h"

namespace wald {
namespace {

thread_local bool grad_enabled = true;

/// Adds a contribution to what is there.
void accumulate(Tensor& total, Tensor term) {
  if (!term.defined()) return;
  total = total.defined() ? total + term : std::move(term);
}

/// The cotangent that a sweep begins with at an output.
Tensor initial_cotangent(const Tensor& output, const Tensor& given) {
  if (!given.defined()) {
    if (output.numel() != 1)
      throw ShapeError(fmt::format(
          "backward: a gradient can be made up only for a scalar; the output has shape {}: give "
          "the gradient, of that shape",
          to_string(output.shape())));
    return ones_like(output);
  }
  if (!(given.shape() == output.shape()))
    throw ShapeError(fmt::format("backward: a gradient of shape {} for an output of shape {}",
                                 to_string(given.shape()), to_string(output.shape())));
  if (!(given.device() == output.device()))
    throw DeviceError(fmt::format("backward: a gradient on {} for an output on {}",
                                  given.device().name(), output.device().name()));
  return to(given, output.dtype());
}

/// What a gradient becomes when it is stored: memory of its own, unless a graph of it is wanted.
Tensor stored(const Tensor& g, bool create_graph) {
  if (create_graph) return g;
  const bool is_only_owner =
      g.is_contiguous() && g.impl()->use_count() == 1 && g.impl()->storage->use_count() == 1;
  return is_only_owner ? g : clone(g).detach();
}

void free_saved(Node& node) {
  if (node.is_leaf()) return;
  node.saved.clear();
  node.is_freed = true;
}

/// What a sweep to some inputs goes through.
struct Path {
  Marks wanted;  // values: the inputs
  Marks items;   // those from which an input can be reached
  Marks needed;  // values whose cotangents lead to an input

  Path(const Graph& graph, const std::vector<Tensor>& inputs) : wanted(graph.values()) {
    for (const Tensor& input : inputs)
      if (const std::int64_t value = graph.value_of(input); value >= 0)
        wanted[static_cast<std::size_t>(value)] = true;
    items = graph.items_reaching(wanted);
    needed = wanted;
    for (std::size_t i = 0; i < items.size(); ++i)
      if (items[i])
        for (std::uint32_t o = 0; o < graph.items()[i].node->outputs; ++o)
          needed[graph.items()[i].first_value + o] = true;
  }
};

/// One sweep backward. `cotangents` holds one tensor for each value of the graph.
struct ReverseSweep {
  const Graph& graph;
  InlineVector<Tensor, 32> cotangents;
  bool retain_graph, create_graph, checks_derivatives = false;

  explicit ReverseSweep(const Graph& g, const GradOptions& options)
      : graph(g),
        cotangents(g.values()),
        retain_graph(options.retain_graph || options.create_graph),
        create_graph(options.create_graph) {}

  void start(const Tensor& output, Tensor cotangent) {
    accumulate(cotangents[static_cast<std::size_t>(graph.value_of(output))], std::move(cotangent));
  }
  void start(const std::vector<Tensor>& outputs, const GradOptions& options) {
    for (std::size_t i = 0; i < outputs.size(); ++i)
      start(outputs[i],
            initial_cotangent(outputs[i],
                              options.grad_outputs.empty() ? Tensor() : options.grad_outputs[i]));
  }

  /// Shows the gradients by a node's outputs to their hooks.
  void call_hooks(const Graph::Item& item) {
    if (!item.node->hooks) return;
    for (const Node::Hook& hook : hooks_of(*item.node)) {
      Tensor& g = cotangents[item.first_value + hook.output];
      if (!g.defined()) continue;
      const Tensor made = hook.function(g);
      if (!made.defined()) continue;
      if (!(made.shape() == g.shape()))
        throw ShapeError(
            fmt::format("{}: a hook returned a gradient of shape {} in place of one of shape {}",
                        item.node->name(), to_string(made.shape()), to_string(g.shape())));
      g = to(made, g.dtype());
    }
  }

  /// Goes through the nodes in order: hooks, then `visit`, then, for those with a bit in `items`,
  /// on to the inputs.
  template <class Visit>
  void run(const Marks& items, const Marks& needed_values, const Marks& kept, const Visit& visit) {
    checks_derivatives = anomaly::checks_derivatives();
    const anomaly::RuleScope scope;
    for (std::size_t i = 0; i < graph.items().size(); ++i) {
      const Graph::Item& item = graph.items()[i];
      call_hooks(item);
      visit(item);
      if (items[i]) step(item, needed_values, kept);
    }
  }
  void run(const Path& path) {
    run(path.items, path.needed, path.wanted, [](const Graph::Item&) {});
  }

  /// Takes the cotangents of a node's outputs to those of its inputs. They are dropped, but for
  /// those in `kept`.
  void step(const Graph::Item& item, const Marks& needed_values, const Marks& kept) {
    Node& node = *item.node;
    Tensors g;
    bool any = false;
    for (std::uint32_t o = 0; o < node.outputs; ++o) {
      Tensor& value = cotangents[item.first_value + o];
      any |= value.defined();
      g.push_back(kept[item.first_value + o] ? value : std::move(value));
    }
    if (any) {
      const Call call(node);
      constexpr std::size_t at_once = 64;
      std::uint64_t wanted = 0;
      for (std::size_t e = 0; e < node.edges.size(); ++e) {
        const std::int64_t from = graph.source(item, e);
        if (from < 0 || !needed_values[static_cast<std::size_t>(from)]) continue;
        if (node.edges.size() <= at_once)
          wanted |= std::uint64_t{1} << e;
        else
          accumulate(cotangents[static_cast<std::size_t>(from)],
                     node.op->vjp(call, static_cast<int>(e), g));
      }
      Tensors terms = wanted ? node.op->vjps(call, wanted, g) : Tensors();
      if (checks_derivatives)
        for (std::size_t e = 0; e < terms.size(); ++e)
          anomaly::check_derivative(node.name(), g, static_cast<int>(e), terms[e]);
      for (std::size_t e = 0; e < terms.size(); ++e)
        if (wanted >> e & 1)
          accumulate(cotangents[static_cast<std::size_t>(graph.source(item, e))],
                     std::move(terms[e]));
    }
    if (!retain_graph) free_saved(node);
  }
};

void check_outputs(const std::vector<Tensor>& outputs, const GradOptions& options) {
  if (!options.grad_outputs.empty() && options.grad_outputs.size() != outputs.size())
    throw ShapeError(fmt::format("backward: {} gradients given for {} outputs",
                                 options.grad_outputs.size(), outputs.size()));
  for (const Tensor& output : outputs)
    if (!output.requires_grad())
      throw GraphError(
          "backward: the output does not require grad: it was not computed from a "
          "tensor that does, or recording was off");
}

/// Each direction has its value's shape behind one axis, of the same K for all.
void check_batch(const std::vector<Tensor>& values, const std::vector<Tensor>& directions,
                 const char* sweep) {
  if (values.size() != directions.size())
    throw ShapeError(
        fmt::format("{}: {} directions for {} values", sweep, directions.size(), values.size()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Dims& shape = directions[i].shape();
    Dims expected = values[i].shape();
    expected.insert(0, shape.empty() ? 0 : directions[0].shape()[0]);
    if (!(shape == expected))
      throw ShapeError(
          fmt::format("{}: a direction of shape {} for a value of shape {}; "
                      "[K, shape of the value] is expected",
                      sweep, to_string(shape), to_string(values[i].shape())));
  }
}

}  // namespace

bool is_grad_enabled() { return grad_enabled; }

GradMode::GradMode(bool enabled) : before_(grad_enabled) { grad_enabled = enabled; }
GradMode::~GradMode() { grad_enabled = before_; }

void backward(const std::vector<Tensor>& outputs, const GradOptions& options) {
  check_outputs(outputs, options);
  const GradMode mode(options.create_graph);
  const Graph graph(outputs);
  ReverseSweep sweep(graph, options);
  sweep.start(outputs, options);
  const Marks every_item(graph.items().size(), true), all(graph.values(), true),
      none(graph.values(), false);
  sweep.run(every_item, all, none, [&](const Graph::Item& item) {
    if (item.node->sinks.empty()) return;
    for (std::uint32_t o = 0; o < item.node->outputs; ++o) {
      Tensor& g = sweep.cotangents[item.first_value + o];
      if (!g.defined()) continue;
      deliver(*item.node, o, [&](const Tensor& before) {
        return before.defined() ? before + g : stored(g, options.create_graph);
      });
    }
  });
}

std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                         const GradOptions& options) {
  check_outputs(outputs, options);
  const GradMode mode(options.create_graph);
  const Graph graph(outputs);
  const Path path(graph, inputs);
  ReverseSweep sweep(graph, options);
  sweep.start(outputs, options);
  sweep.run(path);

  std::vector<Tensor> gradients;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::int64_t value = graph.value_of(inputs[i]);
    gradients.push_back(value < 0 ? Tensor() : sweep.cotangents[static_cast<std::size_t>(value)]);
    if (gradients.back().defined()) continue;
    if (value >= 0)  // in the graph, but every way to it has derivative 0
      gradients.back() = zeros_like(inputs[i]);
    else if (!options.allow_unused)
      throw GraphError(
          fmt::format("grad: the outputs do not depend on input {}; allow_unused gives "
                      "an undefined gradient for it",
                      i));
  }
  return gradients;
}

Tensor grad(const Tensor& output, const Tensor& input, const GradOptions& options) {
  return grad(std::vector<Tensor>{output}, std::vector<Tensor>{input}, options)[0];
}

std::vector<Tensor> reverse_sweep(const std::vector<Tensor>& outputs,
                                  const std::vector<Tensor>& inputs,
                                  const std::vector<Tensor>& cotangents) {
  check_outputs(outputs, {});
  return reverse_sweep(Graph(outputs), outputs, inputs, cotangents);
}

std::vector<Tensor> reverse_sweep(const Graph& graph, const std::vector<Tensor>& outputs,
                                  const std::vector<Tensor>& inputs,
                                  const std::vector<Tensor>& cotangents) {
  check_batch(outputs, cotangents, "reverse_sweep");
  const Path path(graph, inputs);
  ReverseSweep sweep(graph, {.retain_graph = true});
  for (std::size_t i = 0; i < outputs.size(); ++i) sweep.start(outputs[i], cotangents[i]);
  sweep.run(path);
  std::vector<Tensor> results;
  for (const Tensor& input : inputs) {
    const std::int64_t value = graph.value_of(input);
    results.push_back(value < 0 ? Tensor() : sweep.cotangents[static_cast<std::size_t>(value)]);
  }
  return results;
}

std::vector<Tensor> forward_sweep(const std::vector<Tensor>& outputs,
                                  const std::vector<Tensor>& inputs,
                                  const std::vector<Tensor>& tangents) {
  return forward_sweep(Graph(outputs), outputs, inputs, tangents);
}

std::vector<Tensor> forward_sweep(const Graph& graph, const std::vector<Tensor>& outputs,
                                  const std::vector<Tensor>& inputs,
                                  const std::vector<Tensor>& tangents) {
  check_batch(inputs, tangents, "forward_sweep");
  Marks given(graph.values());
  InlineVector<Tensor, 32> carried(graph.values());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::int64_t value = graph.value_of(inputs[i]);
    if (value < 0) continue;
    given[static_cast<std::size_t>(value)] = true;
    carried[static_cast<std::size_t>(value)] = tangents[i];
  }
  const Marks items = graph.items_reaching(given);

  // Each tangent is dropped after its last use.
  std::vector<std::uint32_t> uses(graph.values());
  for (const Tensor& output : outputs)
    if (const std::int64_t value = graph.value_of(output); value >= 0)
      ++uses[static_cast<std::size_t>(value)];
  auto for_each_source = [&](const Graph::Item& item, auto&& visit) {
    for (std::size_t e = 0; e < item.node->edges.size(); ++e)
      if (const std::int64_t from = graph.source(item, e); from >= 0)
        visit(e, static_cast<std::size_t>(from));
  };
  for (std::size_t i = 0; i < items.size(); ++i)
    if (items[i]) for_each_source(graph.items()[i], [&](std::size_t, std::size_t v) { ++uses[v]; });

  const bool checks_derivatives = anomaly::checks_derivatives();
  const anomaly::RuleScope scope;
  for (std::size_t i = items.size(); i-- > 0;) {
    if (!items[i]) continue;
    const Graph::Item& item = graph.items()[i];
    Tensors t(item.node->edges.size());
    bool any = false;
    for_each_source(item, [&](std::size_t e, std::size_t v) {
      t[e] = carried[v];
      any |= t[e].defined();
      if (--uses[v] == 0) carried[v] = Tensor();
    });
    if (!any) continue;
    const Tensors out = item.node->op->jvp(Call(*item.node), t);
    if (checks_derivatives)
      for (std::size_t o = 0; o < out.size(); ++o)
        anomaly::check_derivative(item.node->name(), t, static_cast<int>(o), out[o]);
    for (std::uint32_t o = 0; o < item.node->outputs; ++o)
      if (!given[item.first_value + o]) carried[item.first_value + o] = out[o];
  }

  std::vector<Tensor> results;
  for (const Tensor& output : outputs) {
    const std::int64_t value = graph.value_of(output);
    results.push_back(value < 0 ? Tensor() : carried[static_cast<std::size_t>(value)]);
  }
  return results;
}

}  // namespace wald
