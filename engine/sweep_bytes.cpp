// What a batched sweep takes in memory for each direction: the sweep is gone through with sizes in
// place of tensors.
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "op.h"
#include "sweep.h"
#include "tensor_impl.h"
#include "transforms.h"

namespace wald {
namespace {

std::size_t bytes_of(const Tensor& x) {
  return static_cast<std::size_t>(x.numel()) * size_of(x.dtype());
}

struct Sizes {
  const Graph& graph;
  Marks given;                        // values: the inputs
  std::vector<std::size_t> bytes;     // of each value
  Marks items;                        // those that depend on an input
  std::size_t live = 0, largest = 0;  // what is carried now, and at most so far

  Sizes(const Graph& all, const std::vector<Tensor>& inputs)
      : graph(all), given(graph.values()), bytes(graph.values()) {
    for (const Graph::Item& item : graph.items())
      for (std::uint32_t o = 0; o < item.node->outputs; ++o)
        bytes[item.first_value + o] = item.node->output_bytes / item.node->outputs;
    for (const Tensor& x : inputs) {
      const std::int64_t value = graph.value_of(x);
      if (value < 0) continue;
      given[static_cast<std::size_t>(value)] = true;
      bytes[static_cast<std::size_t>(value)] = bytes_of(x);
    }
    items = graph.items_reaching(given);
  }
  void note(std::size_t more) { largest = std::max(largest, live + more); }
};

}  // namespace

std::size_t forward_sweep_bytes(const std::vector<Tensor>& outputs,
                                const std::vector<Tensor>& inputs) {
  return forward_sweep_bytes(Graph(outputs), outputs, inputs);
}
std::size_t forward_sweep_bytes(const Graph& graph, const std::vector<Tensor>& outputs,
                                const std::vector<Tensor>& inputs) {
  Sizes sizes(graph, inputs);
  // A tangent is dropped after its last use; a view of it keeps its memory.
  std::vector<std::uint32_t> uses(graph.values()), holders(graph.values());
  std::vector<std::size_t> memory(graph.values());  // the value whose memory this one is
  Marks carried = sizes.given;
  for (const Tensor& y : outputs)
    if (const std::int64_t value = graph.value_of(y); value >= 0)
      ++uses[static_cast<std::size_t>(value)];
  for (std::size_t i = 0; i < sizes.items.size(); ++i)
    for (std::size_t e = 0; sizes.items[i] && e < graph.items()[i].node->edges.size(); ++e)
      if (const std::int64_t from = graph.source(graph.items()[i], e); from >= 0)
        ++uses[static_cast<std::size_t>(from)];
  for (std::size_t v = 0; v < memory.size(); ++v) {
    memory[v] = v;
    if (!sizes.given[v]) continue;
    holders[v] = 1;
    sizes.live += sizes.bytes[v];
  }
  sizes.note(0);

  for (std::size_t i = sizes.items.size(); i-- > 0;) {
    if (!sizes.items[i]) continue;
    const Graph::Item& item = graph.items()[i];
    std::size_t terms = 0, source = 0;
    for (std::size_t e = 0; e < item.node->edges.size(); ++e) {
      const std::int64_t from = graph.source(item, e);
      if (from < 0 || !carried[static_cast<std::size_t>(from)]) continue;
      source = static_cast<std::size_t>(from);
      ++terms;
    }
    const bool is_view = item.node->op->is_view() && terms == 1;
    // Each input gives a term, and their sum is the output.
    if (terms > 0 && !is_view) sizes.note(item.node->output_bytes * (terms == 1 ? 1 : terms + 1));
    for (std::uint32_t o = 0; terms > 0 && o < item.node->outputs; ++o) {
      const std::size_t v = item.first_value + o;
      if (sizes.given[v]) continue;
      carried[v] = true;
      if (is_view) memory[v] = memory[source];
      if (holders[memory[v]]++ == 0) sizes.live += sizes.bytes[v];
    }
    for (std::size_t e = 0; e < item.node->edges.size(); ++e) {
      const std::int64_t from = graph.source(item, e);
      if (from < 0) continue;
      const auto v = static_cast<std::size_t>(from);
      if (--uses[v] == 0 && carried[v] && --holders[memory[v]] == 0)
        sizes.live -= sizes.bytes[memory[v]];
    }
  }
  return sizes.largest;
}

std::size_t reverse_sweep_bytes(const std::vector<Tensor>& outputs,
                                const std::vector<Tensor>& inputs) {
  return reverse_sweep_bytes(Graph(outputs), outputs, inputs);
}
std::size_t reverse_sweep_bytes(const Graph& graph, const std::vector<Tensor>& outputs,
                                const std::vector<Tensor>& inputs) {
  Sizes sizes(graph, inputs);
  Marks carried(graph.values()), needed = sizes.given;
  for (std::size_t i = 0; i < sizes.items.size(); ++i)
    for (std::uint32_t o = 0; sizes.items[i] && o < graph.items()[i].node->outputs; ++o)
      needed[graph.items()[i].first_value + o] = true;
  auto carry = [&](std::size_t v, std::size_t bytes) {
    if (!carried[v]) sizes.live += sizes.bytes[v] = bytes;
    carried[v] = true;
  };
  for (const Tensor& y : outputs)
    if (const std::int64_t value = graph.value_of(y); value >= 0)
      carry(static_cast<std::size_t>(value), bytes_of(y));
  sizes.note(0);

  for (std::size_t i = 0; i < sizes.items.size(); ++i) {
    if (!sizes.items[i]) continue;
    const Graph::Item& item = graph.items()[i];
    bool any = false;
    for (std::uint32_t o = 0; o < item.node->outputs; ++o) any |= carried[item.first_value + o];
    if (!any) continue;
    std::size_t terms = 0;
    std::vector<std::size_t> sources;
    for (std::size_t e = 0; e < item.node->edges.size(); ++e) {
      const std::int64_t from = graph.source(item, e);
      if (from < 0 || !needed[static_cast<std::size_t>(from)]) continue;
      sources.push_back(static_cast<std::size_t>(from));
      // What was there, the term, and their sum are there at once.
      terms += sizes.bytes[sources.back()] * (carried[sources.back()] ? 2 : 1);
    }
    sizes.note(terms);
    for (std::size_t v : sources) carry(v, sizes.bytes[v]);
    for (std::uint32_t o = 0; o < item.node->outputs; ++o) {
      const std::size_t v = item.first_value + o;
      if (carried[v] && !sizes.given[v]) sizes.live -= sizes.bytes[v];
    }
  }
  return sizes.largest;
}

double sweep_bytes_bound(const Graph& graph, const std::vector<Tensor>& outputs,
                         const std::vector<Tensor>& inputs) {
  double all = 0;  // every value carried at once
  std::size_t edges = 0;
  for (const std::vector<Tensor>* ends : {&outputs, &inputs})
    for (const Tensor& x : *ends) all += static_cast<double>(bytes_of(x));
  for (const Graph::Item& item : graph.items()) {
    all += static_cast<double>(item.node->output_bytes);
    edges = std::max(edges, item.node->edges.size());
  }
  // The terms of one step: two for each edge backward, one and their sum forward.
  return all * static_cast<double>(1 + std::max(2 * edges, edges + 1));
}

std::size_t default_max_bytes() {
  static const std::size_t quarter = [] {
    auto total = static_cast<unsigned long long>(sysconf(_SC_PHYS_PAGES)) *
                 static_cast<unsigned long long>(sysconf(_SC_PAGESIZE));
    if (std::FILE* file = std::fopen("/sys/fs/cgroup/memory.max", "r")) {
      unsigned long long limit = 0;
      if (std::fscanf(file, "%llu", &limit) == 1) total = std::min(total, limit);
      std::fclose(file);
    }
    return static_cast<std::size_t>(total / 4);
  }();
  return quarter;
}

}  // namespace wald
