// The levels of a categorical variable: which there are, and in what order. Knows no table and no
// model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wald {

/// A categorical variable: its distinct levels in sort order, and for each observation the position
/// of its level there.
struct Factor {
  std::vector<std::string> levels;
  std::vector<std::uint32_t> codes;
};

/// Sorts out the levels of `labels`: by value where every label is a number, by their bytes
/// otherwise. Labels that spell one number differently (`1`, `1.0`) are then one level, named by
/// its shortest spelling.
Factor make_factor(std::span<const std::string_view> labels);

/// The position of the level that `label` names, by its text or, failing that, by its value.
std::optional<std::uint32_t> find_level(std::span<const std::string> levels,
                                        std::string_view label);

}  // namespace wald
