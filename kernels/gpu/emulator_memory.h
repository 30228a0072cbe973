// The memory of emulated devices. It is the host's, so that what reads it without asking for a copy
// would go unnoticed; with WALD_EMULATED_GUARD=1 the processor may touch it only while a kernel or
// a copy runs, and such a read ends the program at its place.
#pragma once

#include <cstddef>

namespace wald::gpu::emulator {

/// Null if there is none.
void* allocate_memory(std::size_t bytes);
void release_memory(void* p, std::size_t bytes);

/// While one lives, the processor may touch the memory.
class MemoryAccess {
 public:
  MemoryAccess();
  ~MemoryAccess();
  MemoryAccess(const MemoryAccess&) = delete;
  MemoryAccess& operator=(const MemoryAccess&) = delete;
};

}  // namespace wald::gpu::emulator
