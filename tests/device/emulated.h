// The device of these tests: the emulated one, whose memory the processor cannot touch outside of
// kernels and copies.
#pragma once

#include <gtest/gtest.h>

#include <optional>

#include <wald/engine/device.h>

namespace wald::testing {

/// The emulated device, if its kernels were found.
std::optional<Device> find_emulated();
inline Device emulated() { return *find_emulated(); }

}  // namespace wald::testing

#define WALD_NEEDS_EMULATED_DEVICE()   \
  if (!wald::testing::find_emulated()) \
  GTEST_SKIP() << "there is no libwald_emulated.so: configure with WALD_EMULATED"
