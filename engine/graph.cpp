#include "graph.h"

#include <algorithm>

#include "tensor_impl.h"

namespace wald {
namespace {

/// Where the search for a node begins.
std::size_t first_slot(const Node* node, std::size_t slots) {
  const auto key = reinterpret_cast<std::uintptr_t>(node);
  return (key >> 4) * 0x9e3779b97f4a7c15ULL >> 20 & (slots - 1);
}

}  // namespace

Graph::Graph(std::span<const Tensor> roots) : table_(32) {
  // Found in any order, then sorted: a node's number in the sequence is larger than its inputs'.
  for (const Tensor& root : roots)
    if (root.impl()->node && find(root.impl()->node.get()) < 0) insert(root.impl()->node.get());
  for (std::size_t at = 0; at < items_.size(); ++at) {
    const Node* node = items_[at].node;
    for (const Edge& edge : node->edges)
      if (edge.node && find(edge.node.get()) < 0) insert(edge.node.get());
  }
  auto later = [](const Item& a, const Item& b) { return a.node->sequence > b.node->sequence; };
  if (!std::is_sorted(items_.begin(), items_.end(), later)) {
    std::sort(items_.begin(), items_.end(), later);
    for (std::size_t i = 0; i < items_.size(); ++i)
      table_[slot(items_[i].node)].second = static_cast<std::uint32_t>(i);
  }
  std::size_t edges = 0;
  for (Item& item : items_) {
    item.first_value = static_cast<std::uint32_t>(values_);
    values_ += item.node->outputs;
    edges += item.node->edges.size();
  }
  sources_.reserve(edges);
  for (Item& item : items_) {
    item.first_edge = static_cast<std::uint32_t>(sources_.size());
    for (const Edge& edge : item.node->edges)
      sources_.push_back(edge.node ? value_number(find(edge.node.get()), edge.output) : -1);
  }
}

std::size_t Graph::slot(const Node* node) const {
  std::size_t i = first_slot(node, table_.size());
  while (table_[i].first && table_[i].first != node) i = (i + 1) & (table_.size() - 1);
  return i;
}

std::int64_t Graph::find(const Node* node) const {
  const auto& entry = table_[slot(node)];
  return entry.first ? std::int64_t{entry.second} : -1;
}

std::uint32_t Graph::insert(Node* node) {
  if (2 * ++found_ > table_.size()) grow();
  const auto number = static_cast<std::uint32_t>(items_.size());
  table_[slot(node)] = {node, number};
  items_.push_back({node, 0, 0});
  return number;
}

void Graph::grow() {
  const auto old = std::move(table_);
  table_ = decltype(table_)(2 * old.size());
  for (const auto& entry : old)
    if (entry.first) table_[slot(entry.first)] = entry;
}

std::int64_t Graph::value_of(const Tensor& x) const {
  if (!x.impl()->node) return -1;
  const std::int64_t place = find(x.impl()->node.get());
  return place < 0 ? -1 : value_number(place, x.impl()->output);
}

std::int64_t Graph::value_number(std::int64_t place, std::uint32_t output) const {
  return std::int64_t{items_[static_cast<std::size_t>(place)].first_value} + output;
}

Marks Graph::items_reaching(const Marks& marked) const {
  Marks reaches(items_.size()), value_reaches = marked;
  for (std::size_t i = items_.size(); i-- > 0;) {
    const Item& item = items_[i];
    for (std::size_t e = 0; e < item.node->edges.size(); ++e) {
      const std::int64_t from = source(item, e);
      if (from >= 0 && value_reaches[static_cast<std::size_t>(from)]) reaches[i] = true;
    }
    if (reaches[i])
      for (std::uint32_t o = 0; o < item.node->outputs; ++o)
        value_reaches[item.first_value + o] = true;
  }
  return reaches;
}

}  // namespace wald
