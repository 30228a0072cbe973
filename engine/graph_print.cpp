#include "graph_print.h"

#include <fmt/format.h>

#include <algorithm>

#include "graph.h"
#include "op.h"
#include "tensor_impl.h"

namespace wald {
namespace {

/// The inside of a quoted string.
std::string escaped(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else if (c != '\r')
      out += c;
  }
  return out;
}

std::string kind(const Dims& shape, DType dtype) {
  return fmt::format("{} {}", to_string(shape), name_of(dtype));
}

class Drawing {
 public:
  Drawing(const std::vector<Tensor>& values, const DotOptions& options)
      : values_(values), options_(options), graph_(values), names_(graph_.values()) {
    for (const auto& [name, value] : options.names)
      if (const std::int64_t number = value.defined() ? graph_.value_of(value) : -1; number >= 0)
        names_[static_cast<std::size_t>(number)] = name;
    shown_ = std::min(graph_.items().size(), options.max_nodes);
    for (std::size_t i = 0; i < graph_.items().size(); ++i)
      for (std::uint32_t o = 0; o < graph_.items()[i].node->outputs; ++o) item_of_.push_back(i);
  }

  std::string text() {
    out_ = "digraph {\n  rankdir=TB;\n  node [shape=box, fontname=\"monospace\"];\n";
    for (std::size_t i = 0; i < values_.size(); ++i) add_value(i);
    for (std::size_t i = 0; i < shown_; ++i) add_node(i);
    const std::size_t left = graph_.items().size() - shown_;
    if (left > 0)
      out_ += fmt::format("  rest [shape=note, label=\"{} more node{} left out\"];\n", left,
                          left == 1 ? "" : "s");
    for (std::size_t i = 0; i < values_.size(); ++i)
      if (const std::int64_t number = graph_.value_of(values_[i]); number >= 0)
        add_arrow(static_cast<std::size_t>(number), fmt::format("y{}", i));
    for (std::size_t i = 0; i < shown_; ++i) {
      const Graph::Item& item = graph_.items()[i];
      for (std::size_t e = 0; e < item.node->edges.size(); ++e)
        if (const std::int64_t from = graph_.source(item, e); from >= 0)
          add_arrow(static_cast<std::size_t>(from), fmt::format("n{}", i));
    }
    return out_ + "}\n";
  }

 private:
  void add_value(std::size_t i) {
    std::string label = values_.size() == 1 ? "output" : fmt::format("output {}", i);
    for (const auto& [name, value] : options_.names)
      if (value.defined() && value.is_same(values_[i])) label = name;
    if (graph_.value_of(values_[i]) < 0) label += "\nconstant";
    out_ += fmt::format("  y{} [peripheries=2, label=\"{}\"];\n", i,
                        escaped(label + "\n" + kind(values_[i].shape(), values_[i].dtype())));
  }
  void add_node(std::size_t i) {
    const Graph::Item& item = graph_.items()[i];
    std::string label = item.node->is_leaf() ? "" : item.node->name();
    for (std::uint32_t o = 0; o < item.node->outputs; ++o) {
      const std::string& name = names_[item.first_value + o];
      if (!name.empty()) label += (label.empty() ? "" : "\n") + name;
    }
    if (item.node->is_leaf()) {
      if (label.empty()) label = item.node->name();
      // The graph does not keep a leaf's tensor: it may have ended.
      if (!item.node->sinks.empty()) {
        const TensorImpl& leaf = *item.node->sinks[0].tensor;
        label += "\n" + kind(leaf.shape, leaf.dtype);
      }
    }
    out_ += fmt::format("  n{} [{}label=\"{}\"];\n", i,
                        item.node->is_leaf() ? "shape=ellipse, " : "", escaped(label));
  }
  void add_arrow(std::size_t from, const std::string& to) {
    const std::size_t place = item_of_[from];
    if (place >= shown_) {
      out_ += fmt::format("  rest -> {} [style=dashed];\n", to);
      return;
    }
    const Graph::Item& item = graph_.items()[place];
    out_ += fmt::format("  n{} -> {}", place, to);
    if (item.node->outputs > 1) out_ += fmt::format(" [label=\"{}\"]", from - item.first_value);
    out_ += ";\n";
  }

  const std::vector<Tensor>& values_;
  const DotOptions& options_;
  const Graph graph_;
  std::vector<std::string> names_;    // of the graph's values
  std::vector<std::size_t> item_of_;  // of each value
  std::size_t shown_ = 0;
  std::string out_;
};

}  // namespace

std::string graph_to_dot(const std::vector<Tensor>& values, const DotOptions& options) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!values[i].defined())
      throw GraphError(fmt::format("graph_to_dot: value {} is undefined", i));
  return Drawing(values, options).text();
}

std::string graph_to_dot(const Tensor& value, const DotOptions& options) {
  return graph_to_dot(std::vector<Tensor>{value}, options);
}

}  // namespace wald
