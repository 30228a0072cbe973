// How a number is written in a text file. Knows no table and no file.
#pragma once

#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

namespace wald {

/// The finite number that `text` spells from its first to its last character, in C's decimal
/// notation with an optional sign; nothing for anything else, `inf`, `nan` and values beyond
/// double included. Independent of the locale.
inline std::optional<double> parse_number(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return {};
  return value;
}

}  // namespace wald
