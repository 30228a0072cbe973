// .npz: a zip archive (APPNOTE 6.3) of .npy arrays.
#include "npy.h"

#include <fmt/format.h>
#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <set>

#include <wald/engine/tensor_impl.h>

#include "npy_format.h"
#include "npz_format.h"

namespace wald {
namespace npy {
namespace {

constexpr std::uint32_t local_mark = 0x04034b50, central_mark = 0x02014b50, end_mark = 0x06054b50,
                        end64_mark = 0x06064b50, locator64_mark = 0x07064b50;
constexpr std::uint16_t zip64_field = 1, padding_field = 0xD935;
constexpr std::uint64_t in_zip64 = 0xFFFFFFFF;

std::uint32_t crc32_of(std::uint32_t before, Bytes bytes) {
  if (bytes.empty()) return before;  // zlib would begin anew at a null pointer
  return static_cast<std::uint32_t>(crc32_z(before, bytes.data(), bytes.size()));
}

/// Little-endian fields, one after the other, of a part of the file.
class Fields {
 public:
  Fields(Bytes bytes, std::size_t at) : rest_(bytes.subspan(std::min(at, bytes.size()))) {}
  std::uint64_t take(std::size_t size) {
    if (rest_.size() < size) {
      is_short = true;
      return 0;
    }
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8 | rest_[i];
    rest_ = rest_.subspan(size);
    return value;
  }
  Bytes bytes(std::size_t size) {
    is_short |= rest_.size() < size;
    const Bytes out = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(out.size());
    return out;
  }
  bool is_empty() const { return rest_.empty(); }

  bool is_short = false;

 private:
  Bytes rest_;
};

/// A zip archive's directory, read from the end of the file.
class Directory {
 public:
  Directory(Bytes file, const std::string& path) : file_(file), path_(path) {}

  std::vector<ZipMember> read() {
    find();
    std::vector<ZipMember> members;
    Fields fields(file_, begin_);
    for (std::uint64_t i = 0; i < count_; ++i) members.push_back(member(fields));
    return members;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw InputError(fmt::format("{} {}", path_, what));
  }

  void find() {
    constexpr std::size_t shortest = 22, longest_comment = 0xFFFF;
    if (file_.size() < shortest) refuse("is not a .npz archive: it is too short");
    std::size_t end = file_.size() - shortest;
    const std::size_t last = end > longest_comment ? end - longest_comment : 0;
    while (Fields(file_, end).take(4) != end_mark) {
      if (end == last) refuse("is not a .npz archive, or is truncated: it has no directory");
      --end;
    }
    Fields fields(file_, end + 4);
    fields.take(6);
    count_ = fields.take(2);
    std::uint64_t size = fields.take(4);
    begin_ = fields.take(4);
    if (count_ == 0xFFFF || size == in_zip64 || begin_ == in_zip64) size = find64(end);
    if (begin_ > end || size > end - begin_) refuse("is truncated: its directory is not there");
    if (count_ > size / 46) refuse("has a directory shorter than its number of members");
  }

  std::uint64_t find64(std::size_t end) {
    if (end < 20) refuse("has no ZIP64 directory where one was announced");
    Fields locator(file_, end - 20);
    const bool is_locator = locator.take(4) == locator64_mark;
    locator.take(4);
    const std::uint64_t at = locator.take(8);
    if (!is_locator || at >= end) refuse("has no ZIP64 directory where one was announced");
    Fields fields(file_, static_cast<std::size_t>(at));
    if (fields.take(4) != end64_mark) refuse("has no ZIP64 directory where one was announced");
    fields.take(28);
    count_ = fields.take(8);
    const std::uint64_t size = fields.take(8);
    begin_ = fields.take(8);
    return size;
  }

  ZipMember member(Fields& fields) {
    if (fields.take(4) != central_mark) refuse("has a directory that cannot be read");
    fields.take(4);
    const std::uint64_t flags = fields.take(2), method = fields.take(2);
    fields.take(4);
    ZipMember out;
    out.crc = static_cast<std::uint32_t>(fields.take(4));
    std::uint64_t stored = fields.take(4);
    out.size = fields.take(4);
    const std::uint64_t name_size = fields.take(2), extra_size = fields.take(2),
                        comment_size = fields.take(2);
    fields.take(8);
    std::uint64_t at = fields.take(4);
    const Bytes name = fields.bytes(name_size);
    out.name.assign(name.begin(), name.end());
    take_zip64(fields.bytes(extra_size), out.size, stored, at);
    fields.bytes(comment_size);
    if (fields.is_short) refuse("is truncated in its directory");
    if (flags & 1) refuse(fmt::format("holds the member {} encrypted", out.name));
    if (method != 0 && method != 8)
      refuse(fmt::format("holds the member {} in a compression other than deflate", out.name));
    out.is_deflated = method == 8;
    if (!out.is_deflated && out.size != stored)
      refuse(fmt::format("gives two sizes for the stored member {}", out.name));
    out.bytes = contents(out.name, at, stored);
    return out;
  }

  /// What did not fit 32 bits, in this order.
  static void take_zip64(Bytes extra, std::uint64_t& size, std::uint64_t& stored,
                         std::uint64_t& at) {
    Fields fields(extra, 0);
    while (!fields.is_empty() && !fields.is_short) {
      const std::uint64_t id = fields.take(2), length = fields.take(2);
      Fields field(fields.bytes(length), 0);
      if (id != zip64_field) continue;
      for (std::uint64_t* value : {&size, &stored, &at})
        if (*value == in_zip64) *value = field.take(8);
    }
  }

  Bytes contents(const std::string& name, std::uint64_t at, std::uint64_t size) const {
    Fields local(file_, static_cast<std::size_t>(at));
    const bool is_local = at < file_.size() && local.take(4) == local_mark;
    local.take(22);
    const std::uint64_t before = 30 + local.take(2) + local.take(2);
    if (!is_local || local.is_short || before > file_.size() - at ||
        size > file_.size() - at - before)
      refuse(fmt::format("is truncated: the member {} is not where the directory says", name));
    return file_.subspan(static_cast<std::size_t>(at + before), static_cast<std::size_t>(size));
  }

  Bytes file_;
  const std::string& path_;
  std::uint64_t count_ = 0, begin_ = 0;
};

/// Fields of an archive to be written.
class Record {
 public:
  Record& put(std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) text_ += static_cast<char>(value >> 8 * i & 255);
    return *this;
  }
  Record& put(const std::string& text) {
    text_ += text;
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// Writes members one after the other, then the directory.
class Archive {
 public:
  Archive(const std::string& path, std::uint64_t zip64_from)
      : file_(path), zip64_from_(zip64_from) {}

  void add(const std::string& name, const Tensor& x) {
    const Tensor elements = contiguous_on(kernels::cpu_backend(), x);
    const std::string header = encode_header(x);
    const auto* data = reinterpret_cast<const unsigned char*>(elements.impl()->data());
    const auto bytes = static_cast<std::size_t>(x.numel()) * size_of(x.dtype());
    std::uint32_t crc =
        crc32_of(0, {reinterpret_cast<const unsigned char*>(header.data()), header.size()});
    crc = crc32_of(crc, {data, bytes});
    const std::uint64_t size = header.size() + bytes, at = written_;
    const bool is_large = size >= zip64_from_, is_far = at >= zip64_from_;
    const std::uint64_t size32 = is_large ? in_zip64 : size;

    Record fields;  // those that the local header and the directory share
    fields.put(0x0800, 2).put(0, 2).put(0, 2).put(0x21, 2);  // UTF-8, stored, 1980-01-01
    fields.put(crc, 4).put(size32, 4).put(size32, 4).put(name.size(), 2);
    const int version = is_large || is_far ? 45 : 20;

    std::string extra;
    if (is_large) extra = Record().put(zip64_field, 2).put(16, 2).put(size, 8).put(size, 8).text();
    // Padded, so that the elements can be mapped.
    constexpr std::uint64_t alignment = 64;
    const std::uint64_t begin = written_ + 30 + name.size() + extra.size() + 6;
    const std::uint64_t padding = (alignment - begin % alignment) % alignment;
    extra += Record().put(padding_field, 2).put(padding + 2, 2).put(alignment, 2).text();
    extra.append(padding, '\0');
    write(Record()
              .put(local_mark, 4)
              .put(static_cast<std::uint64_t>(version), 2)
              .put(fields.text())
              .put(extra.size(), 2)
              .put(name)
              .put(extra)
              .text());
    write(header);
    file_.write(data, bytes);
    written_ += bytes;

    Record large;
    if (is_large) large.put(size, 8).put(size, 8);
    if (is_far) large.put(at, 8);
    Record field;
    if (is_large || is_far) field.put(zip64_field, 2).put(large.text().size(), 2).put(large.text());
    directory_.put(central_mark, 4).put(45, 2).put(static_cast<std::uint64_t>(version), 2);
    directory_.put(fields.text()).put(field.text().size(), 2).put(0, 2).put(0, 4).put(0, 4);
    directory_.put(is_far ? in_zip64 : at, 4).put(name).put(field.text());
    ++count_;
  }

  void finish() {
    const std::uint64_t begin = written_, size = directory_.text().size();
    write(directory_.text());
    const bool is_large = begin >= zip64_from_ || size >= zip64_from_ || count_ >= 0xFFFF;
    if (is_large) {
      const std::uint64_t at = written_;
      Record end;
      end.put(end64_mark, 4).put(44, 8).put(45, 2).put(45, 2).put(0, 4).put(0, 4);
      end.put(count_, 8).put(count_, 8).put(size, 8).put(begin, 8);
      end.put(locator64_mark, 4).put(0, 4).put(at, 8).put(1, 4);
      write(end.text());
    }
    const std::uint64_t count16 = is_large ? 0xFFFF : count_;
    Record end;
    end.put(end_mark, 4).put(0, 4).put(count16, 2).put(count16, 2);
    end.put(is_large ? in_zip64 : size, 4).put(is_large ? in_zip64 : begin, 4).put(0, 2);
    write(end.text());
    file_.commit();
  }

 private:
  void write(const std::string& text) {
    file_.write(text.data(), text.size());
    written_ += text.size();
  }

  FileWriter file_;
  std::uint64_t zip64_from_, written_ = 0, count_ = 0;
  Record directory_;
};

}  // namespace

std::optional<std::vector<unsigned char>> inflated(Bytes deflated, std::size_t size) {
  // No stream holds more than 258 bytes for two bits.
  if (size / 1032 > deflated.size() + 1) return {};
  z_stream stream{};
  std::vector<unsigned char> out(size + 1);  // one more, to meet a stream that holds more
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  const unsigned char *const in_end = deflated.data() + deflated.size(), *const out_end =
                                                                             out.data() +
                                                                             out.size();
  stream.next_in = deflated.data();
  stream.next_out = out.data();
  const auto piece = [](const unsigned char* from, const unsigned char* end) {
    constexpr std::ptrdiff_t most = std::numeric_limits<uInt>::max();
    return static_cast<uInt>(std::min(end - from, most));
  };
  int status = Z_OK;
  while (status == Z_OK) {  // and not when it can go no further
    stream.avail_in = piece(stream.next_in, in_end);
    stream.avail_out = piece(stream.next_out, out_end);
    status = inflate(&stream, Z_NO_FLUSH);
  }
  const bool is_whole =
      status == Z_STREAM_END && stream.next_in == in_end && stream.next_out == out.data() + size;
  inflateEnd(&stream);
  if (!is_whole) return {};
  out.resize(size);
  return out;
}

std::vector<ZipMember> read_zip_directory(Bytes file, const std::string& path) {
  return Directory(file, path).read();
}

void write_npz(const std::string& path, const NamedTensors& arrays, std::uint64_t zip64_from) {
  std::set<std::string> names;
  for (const auto& [name, x] : arrays) {
    if (name.empty() || name.size() > 0xFF00)
      throw InputError(
          fmt::format("{} cannot be written: an array needs a name, of at most 65280 bytes", path));
    if (!names.insert(name).second)
      throw InputError(
          fmt::format("{} cannot be written: two arrays have the name {}", path, name));
    if (!x.defined())
      throw InputError(fmt::format("{} cannot be written: the array {} is undefined", path, name));
  }
  Archive archive(path, zip64_from);
  for (const auto& [name, x] : arrays) archive.add(name + ".npy", x);
  archive.finish();
}

}  // namespace npy

NamedTensors load_npz(const std::string& path, const NpyOptions& options) {
  const auto file = std::make_shared<const MappedFile>(path);
  NamedTensors out;
  for (const npy::ZipMember& member : npy::read_zip_directory(file->bytes(), path)) {
    const std::string where = fmt::format("{}, member {}", path, member.name);
    constexpr std::string_view ending = ".npy";
    if (!member.name.ends_with(ending))
      throw InputError(fmt::format("{} is not an array: its name does not end in .npy", where));
    const std::string name = member.name.substr(0, member.name.size() - ending.size());
    if (options.map && !member.is_deflated) {
      out.emplace_back(name, npy::decode(member.bytes, where, file));
      continue;
    }
    std::optional<std::vector<unsigned char>> held;
    if (member.is_deflated) {
      held = npy::inflated(member.bytes, static_cast<std::size_t>(member.size));
      if (!held)
        throw InputError(
            fmt::format("{} cannot be decompressed to the {} bytes that the archive says it holds",
                        where, member.size));
    }
    const Bytes bytes = held ? Bytes(*held) : member.bytes;
    if (npy::crc32_of(0, bytes) != member.crc)
      throw InputError(fmt::format("{} is damaged: its checksum differs", where));
    out.emplace_back(name, npy::decode(bytes, where, nullptr));
  }
  return out;
}

void save_npz(const std::string& path, const NamedTensors& arrays) { npy::write_npz(path, arrays); }

}  // namespace wald
