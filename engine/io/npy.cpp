#include "npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>

#include <wald/engine/ops/shape.h>
#include <wald/engine/tensor_impl.h>

#include "npy_format.h"

namespace wald {
namespace npy {
namespace {

static_assert(std::endian::native == std::endian::little, "files are written little-endian");

/// What a header says.
struct Header {
  char kind = 0;  // b, i, u or f
  std::size_t size = 0;
  bool is_swapped = false;
  bool is_fortran = false;
  Dims shape;
};

/// Reads the header, a literal of a Python dictionary with three keys.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  Header read() {
    expect('{');
    while (!take('}')) {
      const std::string_view key = string();
      expect(':');
      if (key == "descr")
        element_type();
      else if (key == "fortran_order")
        header_.is_fortran = boolean();
      else if (key == "shape")
        shape();
      else
        refuse(fmt::format("has the unknown key '{}'", key));
      seen_ |= 1U << (key == "descr" ? 0 : key == "shape" ? 1 : 2);
      if (take(',')) continue;
      expect('}');
      break;
    }
    skip_blanks();
    if (!text_.empty()) refuse("goes on after its end");
    if (seen_ != 7) refuse("lacks descr, fortran_order or shape");
    return header_;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw InputError(fmt::format("{}: the header of the array {}", where_, what));
  }
  void skip_blanks() {
    while (!text_.empty() && (text_[0] == ' ' || (text_[0] >= '\t' && text_[0] <= '\r')))
      text_.remove_prefix(1);
  }
  bool take(char c) {
    skip_blanks();
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c)) refuse(fmt::format("cannot be understood: '{}' is missing", c));
  }
  std::string_view string() {
    const char quote = take('\'') ? '\'' : '"';
    if (quote == '"') expect('"');
    const std::size_t end = text_.find(quote);
    if (end == text_.npos) refuse("has a string without an end");
    const std::string_view out = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return out;
  }
  bool boolean() {
    skip_blanks();
    for (std::string_view word : {"True", "False"})
      if (text_.starts_with(word)) {
        text_.remove_prefix(word.size());
        return word == "True";
      }
    refuse("has a fortran_order that is neither True nor False");
  }
  void shape() {
    header_.shape.clear();
    expect('(');
    while (!take(')')) {
      skip_blanks();
      std::uint64_t size = 0;
      std::size_t digits = 0;
      for (; digits < text_.size() && text_[digits] >= '0' && text_[digits] <= '9'; ++digits)
        if (__builtin_mul_overflow(size, 10, &size) ||
            __builtin_add_overflow(size, static_cast<std::uint64_t>(text_[digits] - '0'), &size) ||
            size > INT64_MAX)
          refuse("has a size that is too large");
      if (digits == 0) refuse("has a shape that is not a list of sizes");
      text_.remove_prefix(digits);
      if (!text_.empty() && text_[0] == 'L') text_.remove_prefix(1);  // Python 2
      header_.shape.push_back(static_cast<std::int64_t>(size));
      if (header_.shape.size() > max_rank)
        refuse(fmt::format("has more than {} axes, the limit here", max_rank));
      if (!take(',')) {
        expect(')');
        break;
      }
    }
  }
  void element_type() {
    skip_blanks();
    if (!text_.empty() && (text_[0] == '[' || text_[0] == '('))
      refuse("has a structured element type; numbers and booleans can be read");
    const std::string_view descr = string();
    std::string_view code = descr;
    if (!code.empty() && std::strchr("<>|=", code[0])) {
      header_.is_swapped = code[0] == '>';
      code.remove_prefix(1);
    }
    const bool is_known = code == "b1" || code == "i1" || code == "i2" || code == "i4" ||
                          code == "i8" || code == "u1" || code == "u2" || code == "u4" ||
                          code == "u8" || code == "f2" || code == "f4" || code == "f8";
    if (!is_known)
      refuse(fmt::format(
          "has the element type '{}'; booleans, integers and floats of up to 64 bits can be read",
          descr));
    header_.kind = code[0];
    header_.size = static_cast<std::size_t>(code[1] - '0');
  }

  std::string_view text_;
  const std::string& where_;
  Header header_;
  unsigned seen_ = 0;
};

float half_to_float(std::uint16_t bits) {
  const std::uint32_t sign = std::uint32_t{bits} >> 15 << 31, exponent = bits >> 10 & 31;
  const std::uint32_t mantissa = bits & 1023;
  if (exponent == 0) {  // zero or subnormal: a whole number of 2^-24
    const float size = static_cast<float>(mantissa) * 0x1p-24F;
    return sign ? -size : size;
  }
  const std::uint32_t wide = exponent == 31 ? 255 : exponent + 112;
  return std::bit_cast<float>(sign | wide << 23 | mantissa << 13);
}

template <class Raw>
Raw raw_at(const unsigned char* from, bool is_swapped) {
  unsigned char bytes[sizeof(Raw)];
  for (std::size_t i = 0; i < sizeof(Raw); ++i)
    bytes[i] = from[is_swapped ? sizeof(Raw) - 1 - i : i];
  Raw value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

/// Copies every element, converted by `convert`.
template <class Raw, class T, class Convert>
Tensor converted(const unsigned char* from, const Dims& shape, bool is_swapped,
                 const Convert& convert) {
  Tensor out = empty(shape, dtype_of<T>::value, Device());
  T* to = out.mutable_data<T>();
  const std::int64_t n = out.numel();
  for (std::int64_t i = 0; i < n; ++i)
    to[i] = convert(raw_at<Raw>(from + static_cast<std::size_t>(i) * sizeof(Raw), is_swapped));
  return out;
}

template <class Raw, class T>
Tensor cast(const unsigned char* from, const Dims& shape, bool is_swapped) {
  if constexpr (std::is_same_v<Raw, T>) {
    if (!is_swapped) {
      Tensor out = empty(shape, dtype_of<T>::value, Device());
      if (out.numel() > 0)
        std::memcpy(out.mutable_data<T>(), from, static_cast<std::size_t>(out.numel()) * sizeof(T));
      return out;
    }
  }
  return converted<Raw, T>(from, shape, is_swapped, [](Raw v) { return static_cast<T>(v); });
}

Tensor copy_of(const Header& h, const unsigned char* from, const Dims& shape,
               const std::string& where) {
  const bool swap = h.is_swapped;
  if (h.kind == 'b')
    return converted<unsigned char, bool>(from, shape, false,
                                          [](unsigned char v) { return v != 0; });
  if (h.kind == 'f') {
    if (h.size == 8) return cast<double, double>(from, shape, swap);
    if (h.size == 4) return cast<float, float>(from, shape, swap);
    return converted<std::uint16_t, float>(from, shape, swap, half_to_float);
  }
  const bool is_signed = h.kind == 'i';
  switch (h.size) {
    case 1:
      return is_signed ? cast<std::int8_t, std::int64_t>(from, shape, swap)
                       : cast<std::uint8_t, std::int64_t>(from, shape, swap);
    case 2:
      return is_signed ? cast<std::int16_t, std::int64_t>(from, shape, swap)
                       : cast<std::uint16_t, std::int64_t>(from, shape, swap);
    case 4:
      return is_signed ? cast<std::int32_t, std::int64_t>(from, shape, swap)
                       : cast<std::uint32_t, std::int64_t>(from, shape, swap);
    default:
      break;
  }
  if (is_signed) return cast<std::int64_t, std::int64_t>(from, shape, swap);
  return converted<std::uint64_t, std::int64_t>(from, shape, swap, [&](std::uint64_t v) {
    if (v > static_cast<std::uint64_t>(INT64_MAX))
      throw InputError(fmt::format("{}: {} does not fit int64", where, v));
    return static_cast<std::int64_t>(v);
  });
}

/// The elements as they lie in memory, if they can be used so.
std::optional<Tensor> borrowed(const Header& h, const unsigned char* from, const Dims& shape,
                               std::size_t bytes, const std::shared_ptr<const void>& owner) {
  const auto address = reinterpret_cast<std::uintptr_t>(from);
  if (h.is_swapped || bytes == 0 || address % h.size != 0) return {};
  auto as = [&](auto type) {
    using T = decltype(type);
    return from_memory(reinterpret_cast<const T*>(from), shape, [owner] {});
  };
  if (h.kind == 'f' && h.size == 8) return as(double{});
  if (h.kind == 'f' && h.size == 4) return as(float{});
  if (h.kind == 'i' && h.size == 8) return as(std::int64_t{});
  if (h.kind != 'b') return {};
  // C++ allows no other bytes in a bool.
  for (std::size_t i = 0; i < bytes; ++i)
    if (from[i] > 1) return {};
  return as(bool{});
}

/// The bytes that the elements take. Throws InputError if they are more than there are.
std::size_t bytes_wanted(const Header& h, std::size_t there, const std::string& where) {
  bool is_empty = false, overflows = false;
  std::uint64_t total = h.size;
  for (std::int64_t size : h.shape)
    if (size == 0)
      is_empty = true;
    else
      overflows |= __builtin_mul_overflow(total, static_cast<std::uint64_t>(size), &total);
  if (overflows || total > INT64_MAX)
    throw InputError(fmt::format("{}: the header of the array has the shape {}, which is too large",
                                 where, to_string(h.shape)));
  if (is_empty) return 0;
  if (total > there)
    throw InputError(fmt::format("{} is truncated: {} bytes of elements, where shape {} takes {}",
                                 where, there, to_string(h.shape), total));
  return static_cast<std::size_t>(total);
}

}  // namespace

Tensor decode(Bytes bytes, const std::string& where, const std::shared_ptr<const void>& owner) {
  constexpr std::string_view magic = "\x93NUMPY";
  const std::string_view start(reinterpret_cast<const char*>(bytes.data()),
                               std::min(bytes.size(), magic.size()));
  if (start != magic.substr(0, start.size()) || start.empty())
    throw InputError(
        fmt::format("{} is not a .npy array: it does not begin with \\x93NUMPY", where));
  auto truncated = [&] { return InputError(fmt::format("{} is truncated in its header", where)); };
  if (bytes.size() < 12) throw truncated();
  const int version = bytes[6];
  if (version < 1 || version > 3)
    throw InputError(fmt::format("{}: version {}.{} of the .npy format is not known here", where,
                                 version, bytes[7]));
  const std::size_t begin = version == 1 ? 10 : 12;
  const std::size_t size = version == 1 ? raw_at<std::uint16_t>(bytes.data() + 8, false)
                                        : raw_at<std::uint32_t>(bytes.data() + 8, false);
  if (size > bytes.size() - begin) throw truncated();
  const Header header =
      HeaderReader({reinterpret_cast<const char*>(bytes.data()) + begin, size}, where).read();
  const Bytes rest = bytes.subspan(begin + size);
  const std::size_t wanted = bytes_wanted(header, rest.size(), where);

  // Fortran order is that of the transposed array, row by row.
  Dims shape = header.shape;
  if (header.is_fortran) std::reverse(shape.begin(), shape.end());
  std::optional<Tensor> shared;
  if (owner) shared = borrowed(header, rest.data(), shape, wanted, owner);
  const Tensor out = shared ? *shared : copy_of(header, rest.data(), shape, where);
  if (!header.is_fortran || shape.size() < 2) return out;
  Dims strides = out.strides();
  std::reverse(strides.begin(), strides.end());
  return alias(out, header.shape, strides, 0);
}

std::string encode_header(const Tensor& x) {
  const char* descr = x.dtype() == DType::boolean   ? "|b1"
                      : x.dtype() == DType::int64   ? "<i8"
                      : x.dtype() == DType::float32 ? "<f4"
                                                    : "<f8";
  std::string sizes;
  for (std::int64_t size : x.shape()) sizes += fmt::format("{}, ", size);
  if (sizes.size() > 2) sizes.resize(sizes.size() - (x.dim() > 1 ? 2 : 1));
  std::string text =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr, sizes);
  // At most 16 axes: always short enough for version 1.0.
  constexpr std::size_t prefix = 10, alignment = 64;
  text.append((alignment - (prefix + text.size() + 1) % alignment) % alignment, ' ');
  text += '\n';
  std::string out = "\x93NUMPY";
  out += '\x01';
  out += '\0';
  out += static_cast<char>(text.size() & 255);
  out += static_cast<char>(text.size() >> 8);
  return out + text;
}

}  // namespace npy

Tensor load_npy(const std::string& path, const NpyOptions& options) {
  const auto file = std::make_shared<const MappedFile>(path);
  return npy::decode(file->bytes(), path,
                     options.map ? std::shared_ptr<const void>(file) : nullptr);
}

void save_npy(const std::string& path, const Tensor& x) {
  const Tensor elements = contiguous_on(kernels::cpu_backend(), x);
  FileWriter file(path);
  const std::string header = npy::encode_header(x);
  file.write(header.data(), header.size());
  file.write(elements.impl()->data(),
             static_cast<std::size_t>(elements.numel()) * size_of(x.dtype()));
  file.commit();
}

}  // namespace wald
