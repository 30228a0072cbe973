#include "graph.h"

#include <algorithm>

#include "tensor_impl.h"

namespace wald {
namespace {

std::size_t slot_of(const Node* node, std::size_t slots) {
  const auto key = reinterpret_cast<std::uintptr_t>(node);
  return (key >> 4) * 0x9e3779b97f4a7c15ULL >> 20 & (slots - 1);
}

}  // namespace

Graph::Graph(std::span<const Tensor> roots) : table_(64) {
  // Found in any order, then sorted: a node's number in the sequence is larger than its inputs'.
  for (const Tensor& root : roots)
    if (root.impl()->node && find(root.impl()->node.get()) < 0) insert(root.impl()->node.get());
  for (std::size_t at = 0; at < items_.size(); ++at) {
    const Node* node = items_[at].node;
    for (const Edge& edge : node->edges)
      if (edge.node && find(edge.node.get()) < 0) insert(edge.node.get());
  }
  std::vector<std::uint32_t> order(items_.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  auto later = [&](std::uint32_t a, std::uint32_t b) {
    return items_[a].node->sequence > items_[b].node->sequence;
  };
  if (!std::is_sorted(order.begin(), order.end(), later))
    std::sort(order.begin(), order.end(), later);
  std::vector<Item> sorted;
  sorted.reserve(items_.size());
  place_.resize(items_.size());
  for (std::uint32_t i : order) {
    place_[i] = static_cast<std::uint32_t>(sorted.size());
    sorted.push_back(items_[i]);
    sorted.back().first_value = static_cast<std::uint32_t>(values_);
    values_ += sorted.back().node->outputs;
  }
  items_ = std::move(sorted);
  for (Item& item : items_) {
    item.first_edge = static_cast<std::uint32_t>(sources_.size());
    for (const Edge& edge : item.node->edges)
      sources_.push_back(edge.node ? value_number(find(edge.node.get()), edge.output) : -1);
  }
}

std::int64_t Graph::find(const Node* node) const {
  for (std::size_t i = slot_of(node, table_.size());; i = (i + 1) & (table_.size() - 1)) {
    if (!table_[i].first) return -1;
    if (table_[i].first == node)
      return place_.empty() ? table_[i].second : place_[table_[i].second];
  }
}

std::uint32_t Graph::insert(Node* node) {
  if (2 * ++found_ > table_.size()) grow();
  std::size_t i = slot_of(node, table_.size());
  while (table_[i].first) i = (i + 1) & (table_.size() - 1);
  const auto number = static_cast<std::uint32_t>(items_.size());
  table_[i] = {node, number};
  items_.push_back({node, 0, 0});
  return number;
}

void Graph::grow() {
  const auto old = std::move(table_);
  table_.assign(2 * old.size(), {});
  for (const auto& entry : old) {
    if (!entry.first) continue;
    std::size_t i = slot_of(entry.first, table_.size());
    while (table_[i].first) i = (i + 1) & (table_.size() - 1);
    table_[i] = entry;
  }
}

std::int64_t Graph::value_of(const Tensor& x) const {
  if (!x.impl()->node) return -1;
  const std::int64_t place = find(x.impl()->node.get());
  return place < 0 ? -1 : value_number(place, x.impl()->output);
}

std::int64_t Graph::value_number(std::int64_t place, std::uint32_t output) const {
  return std::int64_t{items_[static_cast<std::size_t>(place)].first_value} + output;
}

std::vector<bool> Graph::items_reaching(const std::vector<bool>& marked) const {
  std::vector<bool> reaches(items_.size()), value_reaches = marked;
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
