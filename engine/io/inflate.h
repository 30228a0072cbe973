// Decompression of DEFLATE (RFC 1951), as members of .npz files may be.
#pragma once

#include <optional>
#include <vector>

#include <wald/engine/io/mapped_file.h>

namespace wald {

/// The `size` bytes that a deflated stream holds; nothing if it is not one, or holds fewer or more.
/// A stream of any bytes is safe.
std::optional<std::vector<unsigned char>> inflate(Bytes deflated, std::size_t size);

}  // namespace wald
