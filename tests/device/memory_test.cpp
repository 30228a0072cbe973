// What a program can ask and say about a GPU's memory. The emulated device stands for all.
#include <wald/engine/error.h>
#include <wald/engine/ops/ops.h>
#include <wald/kernels/backend.h>

#include "emulated.h"

namespace wald {
namespace {

TEST(DeviceMemory, IsCountedLimitedAndReleased) {
  WALD_NEEDS_EMULATED_DEVICE();
  const Device device = testing::emulated();
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

TEST(DeviceMemory, OfTwoDevicesIsApartAndCopiedBetween) {
  WALD_NEEDS_EMULATED_DEVICE();
  const Device first = testing::emulated(), second("emulated:1");
  const Tensor x = to(arange(0, 1000), first);
  const std::size_t before = device_memory(second).in_use;
  const Tensor y = to(x, second);
  EXPECT_EQ(y.device(), second);
  EXPECT_GT(device_memory(second).in_use, before);
  const Tensor back = to(y, Device());
  for (std::int64_t i = 0; i < 1000; i += 37)
    EXPECT_EQ(select(back, 0, i).item(), static_cast<double>(i));
}

TEST(DeviceMemory, OfTheProcessorIsNotCounted) {
  EXPECT_THROW(device_memory(Device()), DeviceError);
  EXPECT_THROW(set_memory_limit(Device(), 1), DeviceError);
  release_memory(Device());
  synchronize(Device());
}

}  // namespace
}  // namespace wald
