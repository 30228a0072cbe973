// Copies between a device, the host and other devices.
#pragma once

#include <cstddef>

#include "gpu.h"

namespace wald::gpu {

/// Both go through memory of the host that the device reads and writes by itself, in two pieces at
/// least: one is copied by the processor while the other is on its way.
///
/// The memory `to` holds the bytes on return.
Status copy_to_host(int device, const void* from, void* to, std::size_t bytes);
/// The memory `from` is free on return; work that is queued later finds the bytes.
Status copy_from_host(int device, const void* from, void* to, std::size_t bytes);

/// From the memory of `peer`, after all that is queued there, and before what will be: `from` may
/// be released on return.
Status copy_from_peer(int device, int peer, const void* from, void* to, std::size_t bytes);

/// Bytes of the host's memory that a device's copies hold.
std::size_t host_memory_kept(int device);
/// The most bytes that a piece has.
constexpr std::size_t transfer_piece = std::size_t{4} << 20;

}  // namespace wald::gpu
