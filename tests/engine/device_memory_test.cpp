// What a program can ask and say about a GPU's memory. The emulated device stands for all.
#include <gtest/gtest.h>

#include <algorithm>

#include <wald/engine/device.h>
#include <wald/engine/error.h>
#include <wald/kernels/backend.h>

namespace wald {
namespace {

bool has_emulated() {
  const std::vector<Device> all = devices();
  return std::any_of(all.begin(), all.end(),
                     [](const Device& device) { return device.name() == "emulated"; });
}

TEST(DeviceMemory, IsCountedLimitedAndReleased) {
  if (!has_emulated()) GTEST_SKIP() << "no emulated device in this build";
  const Device device("emulated");
  release_memory(device);
  const std::size_t before = device_memory(device).in_use;
  void* const p = device.backend().allocate(1024);
  ASSERT_NE(p, nullptr);
  EXPECT_EQ(device_memory(device).in_use, before + 1024);
  EXPECT_GE(device_memory(device).most, before + 1024);
  set_memory_limit(device, before + 2048);
  EXPECT_EQ(device_memory(device).limit, before + 2048);
  EXPECT_EQ(device.backend().allocate(2048), nullptr);
  set_memory_limit(device, 0);
  device.backend().release(p, 1024);
  synchronize(device);
  EXPECT_EQ(device_memory(device).kept, 1024u);
  release_memory(device);
  EXPECT_EQ(device_memory(device).kept, 0u);
}

TEST(DeviceMemory, OfTheProcessorIsNotCounted) {
  EXPECT_THROW(device_memory(Device()), DeviceError);
  EXPECT_THROW(set_memory_limit(Device(), 1), DeviceError);
  release_memory(Device());
  synchronize(Device());
}

}  // namespace
}  // namespace wald
