// Host memory for tensors: 64-byte aligned, and kept for reuse, since a fresh page costs more to
// map than to fill.
#pragma once

#include <cstddef>

namespace wald::kernels {

/// Null when there is no memory. The size is rounded up to a multiple of 64 bytes.
void* allocate(std::size_t bytes);
void release(void* p, std::size_t bytes);

/// Gives kept memory back to the system; bytes given back.
std::size_t release_kept_memory();

}  // namespace wald::kernels
