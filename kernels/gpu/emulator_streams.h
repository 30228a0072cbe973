// The streams of emulated devices, as ThreadSanitizer sees them.
#pragma once

#include "emulator.h"

namespace wald::gpu::emulator {

/// Where the work of a stream, which has a queue, enters and leaves.
void* place_of(Stream stream);
/// Waits for all that is queued on a device, as a GPU does before it gives memory back.
void wait_for_device(int device);

}  // namespace wald::gpu::emulator
