// Codes labels by first appearance, then sorts the distinct ones and renumbers.
#include <wald/engine/io/number.h>
#include <wald/models/levels.h>

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace wald {
namespace {

struct Appearance {
  std::vector<std::string_view> labels;  // distinct, in order of first appearance
  std::vector<std::uint32_t> codes;
};

Appearance code_by_appearance(std::span<const std::string_view> labels) {
  Appearance result;
  result.codes.reserve(labels.size());
  std::unordered_map<std::string_view, std::uint32_t> seen;
  for (std::string_view label : labels) {
    const auto [place, is_new] = seen.try_emplace(label, result.labels.size());
    if (is_new) result.labels.push_back(label);
    result.codes.push_back(place->second);
  }
  return result;
}

// The value of each label, or nothing unless all are numbers.
std::vector<double> values_of(const std::vector<std::string_view>& labels) {
  std::vector<double> values;
  for (std::string_view label : labels) {
    const auto value = parse_number(label);
    if (!value) return {};
    values.push_back(*value + 0.0);  // -0 becomes 0
  }
  return values;
}

// For each key, how many distinct keys are smaller.
template <class Key>
std::vector<std::uint32_t> rank(const std::vector<Key>& keys) {
  std::vector<std::uint32_t> order(keys.size()), ranks(keys.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, {}, [&](std::uint32_t i) { return keys[i]; });
  for (std::size_t i = 1; i < order.size(); ++i) {
    const bool is_new = keys[order[i]] != keys[order[i - 1]];
    ranks[order[i]] = ranks[order[i - 1]] + (is_new ? 1 : 0);
  }
  return ranks;
}

}  // namespace

Factor make_factor(std::span<const std::string_view> labels) {
  Appearance appearance = code_by_appearance(labels);
  const std::vector<double> values = values_of(appearance.labels);
  const std::vector<std::uint32_t> ranks = values.empty() ? rank(appearance.labels) : rank(values);
  Factor factor{{}, std::move(appearance.codes)};
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    if (ranks[i] >= factor.levels.size()) factor.levels.resize(ranks[i] + 1);
    factor.levels[ranks[i]] =
        values.empty() ? std::string(appearance.labels[i]) : fmt::format("{}", values[i]);
  }
  for (std::uint32_t& code : factor.codes) code = ranks[code];
  return factor;
}

std::optional<std::uint32_t> find_level(std::span<const std::string> levels,
                                        std::string_view label) {
  auto found = std::ranges::find(levels, label);
  if (found == levels.end()) {
    const auto value = parse_number(label);
    if (!value) return {};
    found = std::ranges::find(levels, value, parse_number);
  }
  if (found == levels.end()) return {};
  return static_cast<std::uint32_t>(found - levels.begin());
}

}  // namespace wald
