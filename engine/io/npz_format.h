// The zip archives that .npz files are, for npz.cpp and its tests.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <wald/engine/io/mapped_file.h>
#include <wald/engine/io/npy.h>

namespace wald::npy {

/// A member as the directory at the archive's end has it.
struct ZipMember {
  std::string name;
  Bytes bytes;  // as they are in the file
  bool is_deflated = false;
  std::uint64_t size = 0;  // of what they hold
  std::uint32_t crc = 0;
};

/// The members of an archive. Throws InputError naming the file and what is wrong.
std::vector<ZipMember> read_zip_directory(Bytes file, const std::string& path);

/// The `size` bytes that a deflated stream (RFC 1951) holds; nothing if `deflated` is not one such
/// stream, or it holds fewer or more. Any bytes and any size are safe.
std::optional<std::vector<unsigned char>> inflated(Bytes deflated, std::size_t size);

/// save_npz; sizes and places of `zip64_from` on are written in 64 bits.
void write_npz(const std::string& path, const NamedTensors& arrays,
               std::uint64_t zip64_from = 0xFFFFFFFF);

}  // namespace wald::npy
