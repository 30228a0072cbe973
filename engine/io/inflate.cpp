#include "inflate.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace wald {
namespace {

struct Corrupt {};

/// Bits of a stream, the lowest of each byte first.
class Bits {
 public:
  explicit Bits(Bytes bytes) : bytes_(bytes) {}

  std::uint32_t take(int count) {
    while (held_ < count) {
      if (at_ == bytes_.size()) throw Corrupt();
      window_ |= std::uint64_t{bytes_[at_++]} << held_;
      held_ += 8;
    }
    const auto value = static_cast<std::uint32_t>(window_ & ((std::uint64_t{1} << count) - 1));
    window_ >>= count;
    held_ -= count;
    return value;
  }
  void to_next_byte() {
    window_ >>= held_ % 8;
    held_ -= held_ % 8;
  }

 private:
  Bytes bytes_;
  std::size_t at_ = 0;
  std::uint64_t window_ = 0;
  int held_ = 0;
};

/// A canonical Huffman code: shorter codes first, among equals by symbol.
class Code {
 public:
  explicit Code(std::span<const unsigned char> lengths) {
    for (unsigned char length : lengths) ++count_[length];
    count_[0] = 0;
    int open = 1;
    std::array<std::uint16_t, 17> next{};
    for (std::size_t length = 1; length < 16; ++length) {
      open = 2 * open - count_[length];
      if (open < 0) throw Corrupt();  // more codes than there are
      next[length + 1] = static_cast<std::uint16_t>(next[length] + count_[length]);
    }
    symbols_.resize(lengths.size());
    for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol)
      if (lengths[symbol]) symbols_[next[lengths[symbol]]++] = static_cast<std::uint16_t>(symbol);
  }

  std::uint32_t read(Bits& bits) const {
    int code = 0, first = 0, index = 0;
    for (std::size_t length = 1; length < 16; ++length) {
      code |= static_cast<int>(bits.take(1));
      const int count = count_[length];
      if (code - first < count) return symbols_[static_cast<std::size_t>(index + code - first)];
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw Corrupt();
  }

 private:
  std::array<std::uint16_t, 16> count_{};
  std::vector<std::uint16_t> symbols_;
};

class Inflater {
 public:
  Inflater(Bytes deflated, std::size_t size) : bits_(deflated), size_(size) { out_.reserve(size); }

  std::vector<unsigned char> run() {
    for (bool is_last = false; !is_last;) {
      is_last = bits_.take(1);
      switch (bits_.take(2)) {
        case 0:
          stored();
          break;
        case 1:
          fixed();
          break;
        case 2:
          dynamic();
          break;
        default:
          throw Corrupt();
      }
    }
    if (out_.size() != size_) throw Corrupt();
    return std::move(out_);
  }

 private:
  void put(unsigned char byte) {
    if (out_.size() == size_) throw Corrupt();
    out_.push_back(byte);
  }

  void stored() {
    bits_.to_next_byte();
    const std::uint32_t size = bits_.take(16), check = bits_.take(16);
    if (size != (check ^ 0xFFFF)) throw Corrupt();
    for (std::uint32_t i = 0; i < size; ++i) put(static_cast<unsigned char>(bits_.take(8)));
  }

  void fixed() {
    std::array<unsigned char, 288> literal;
    std::fill(literal.begin(), literal.begin() + 144, 8);
    std::fill(literal.begin() + 144, literal.begin() + 256, 9);
    std::fill(literal.begin() + 256, literal.begin() + 280, 7);
    std::fill(literal.begin() + 280, literal.end(), 8);
    std::array<unsigned char, 30> distance;
    distance.fill(5);
    block(Code(literal), Code(distance));
  }

  void dynamic() {
    const std::size_t literals = bits_.take(5) + 257, distances = bits_.take(5) + 1;
    const std::size_t described = bits_.take(4) + 4;
    if (literals > 286 || distances > 30) throw Corrupt();
    constexpr unsigned char order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                         11, 4,  12, 3, 13, 2, 14, 1, 15};
    std::array<unsigned char, 19> code_lengths{};
    for (std::size_t i = 0; i < described; ++i)
      code_lengths[order[i]] = static_cast<unsigned char>(bits_.take(3));
    const Code lengths_code(code_lengths);
    std::array<unsigned char, 316> lengths{};
    for (std::size_t i = 0; i < literals + distances;) {
      const std::uint32_t symbol = lengths_code.read(bits_);
      if (symbol < 16) {
        lengths[i++] = static_cast<unsigned char>(symbol);
        continue;
      }
      if (symbol == 16 && i == 0) throw Corrupt();
      const unsigned char repeated = symbol == 16 ? lengths[i - 1] : 0;
      std::size_t times = symbol == 16   ? 3 + bits_.take(2)
                          : symbol == 17 ? 3 + bits_.take(3)
                                         : 11 + bits_.take(7);
      if (i + times > literals + distances) throw Corrupt();
      while (times-- > 0) lengths[i++] = repeated;
    }
    const std::span<const unsigned char> all(lengths);
    block(Code(all.first(literals)), Code(all.subspan(literals, distances)));
  }

  void block(const Code& literal, const Code& distance) {
    constexpr std::uint16_t length_from[29] = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                               15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                               67, 83, 99, 115, 131, 163, 195, 227, 258};
    constexpr unsigned char length_bits[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                               2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
    constexpr std::uint16_t distance_from[30] = {
        1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
        193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
    for (;;) {
      const std::uint32_t symbol = literal.read(bits_);
      if (symbol == 256) return;
      if (symbol < 256) {
        put(static_cast<unsigned char>(symbol));
        continue;
      }
      if (symbol > 285) throw Corrupt();
      const std::size_t length = length_from[symbol - 257] + bits_.take(length_bits[symbol - 257]);
      const std::uint32_t which = distance.read(bits_);
      if (which > 29) throw Corrupt();
      const int extra = which < 2 ? 0 : static_cast<int>(which / 2) - 1;
      const std::size_t back = distance_from[which] + bits_.take(extra);
      if (back > out_.size() || length > size_ - out_.size()) throw Corrupt();
      for (std::size_t i = 0; i < length; ++i) out_.push_back(out_[out_.size() - back]);
    }
  }

  Bits bits_;
  std::size_t size_;
  std::vector<unsigned char> out_;
};

}  // namespace

std::optional<std::vector<unsigned char>> inflate(Bytes deflated, std::size_t size) {
  // No stream holds more than 258 bytes for two bits.
  if (size / 1032 > deflated.size() + 1) return {};
  try {
    return Inflater(deflated, size).run();
  } catch (const Corrupt&) {
    return {};
  }
}

}  // namespace wald
