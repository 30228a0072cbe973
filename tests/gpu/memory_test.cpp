// Memory of devices, copies between them and the host, and whose device the calling thread's is.
// The emulator stands for several devices.
#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <thread>
#include <vector>

#include <wald/kernels/gpu/memory.h>
#include <wald/kernels/gpu/streams.h>
#include <wald/kernels/gpu/transfers.h>

namespace wald::gpu {
namespace {

TEST(GpuMemory, IsKeptForTheNextUseAndGivenBackWhenShort) {
  trim(0);
  void *a = nullptr, *b = nullptr;
  ASSERT_EQ(take(0, &a, 1000), success);
  EXPECT_EQ(memory_use(0).in_use, 1024u);
  give(0, a, 1000);
  EXPECT_EQ(memory_use(0).in_use, 0u);
  EXPECT_EQ(memory_use(0).kept, 1024u);
  ASSERT_EQ(take(0, &b, 1010), success);
  EXPECT_EQ(a, b);
  give(0, b, 1010);
  emulator::set_memory_limit(1 << 20);
  void* large = nullptr;
  EXPECT_EQ(take(0, &large, 1 << 20), success) << "what was kept is in the way";
  EXPECT_EQ(memory_use(0).kept, 0u);
  EXPECT_EQ(take(0, &a, 1), out_of_memory);
  give(0, large, 1 << 20);
  trim(0);
  emulator::set_memory_limit(0);
  set_memory_limit(0, 4096);
  EXPECT_EQ(take(0, &a, 8192), out_of_memory);
  EXPECT_EQ(take(0, &a, 4096), success);
  give(0, a, 4096);
  set_memory_limit(0, 0);
  trim(0);
  EXPECT_EQ(memory_use(0).kept, 0u);
}

/// Two devices while it lives.
struct TwoDevices {
  TwoDevices() { emulator::set_device_count(2); }
  ~TwoDevices() {
    set_device(0);
    for (int device = 0; device < 2; ++device) trim(device);
    emulator::set_device_count(1);
  }
};

/// Memory of a device for the time of a test.
class Held {
 public:
  Held(int device, std::size_t bytes) : device_(device), bytes_(bytes) {
    status = on_device(device, [&](Stream) { return take(device, &p, bytes); });
  }
  ~Held() { give(device_, p, bytes_); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  void* p = nullptr;
  Status status;

 private:
  int device_;
  std::size_t bytes_;
};

std::vector<unsigned char> pattern(std::size_t bytes, unsigned seed) {
  std::vector<unsigned char> x(bytes);
  for (std::size_t i = 0; i < bytes; ++i)
    x[i] = static_cast<unsigned char>((i * 2654435761u + seed) >> 7);
  return x;
}

TEST(GpuMemory, IsOfTheDeviceThatWasAsked) {
  const TwoDevices two;
  {
    const Held a(0, 5000), b(1, 300);
    ASSERT_EQ(a.status, success);
    ASSERT_EQ(b.status, success);
    EXPECT_EQ(memory_use(0).in_use, 5120u);
    EXPECT_EQ(memory_use(1).in_use, 512u);
  }
  EXPECT_EQ(memory_use(0).kept, 5120u);
  EXPECT_EQ(memory_use(1).kept, 512u);
  trim(1);
  EXPECT_EQ(memory_use(0).kept, 5120u);
  EXPECT_EQ(memory_use(1).kept, 0u);
}

TEST(GpuMemory, BeyondALimitIsGivenBackWhenTheLimitIsSet) {
  trim(0);
  { const Held a(0, 4096), b(0, 4096); }
  set_memory_limit(0, 8192);
  EXPECT_EQ(memory_use(0).kept, 8192u);
  set_memory_limit(0, 8191);
  EXPECT_EQ(memory_use(0).kept, 0u);
  EXPECT_EQ(memory_use(0).limit, 8191u);
  set_memory_limit(0, 0);
}

TEST(GpuMemory, RemembersTheMostThatWasInUse) {
  const std::size_t before = memory_use(0).most;
  { const Held a(0, before + 1); }
  EXPECT_GT(memory_use(0).most, before);
  EXPECT_EQ(memory_use(0).in_use, 0u);
  trim(0);
}

TEST(GpuStreams, TheThreadFindsTheDeviceThatItHadChosen) {
  const TwoDevices two;
  ASSERT_EQ(set_device(1), success);
  int inside = -1, after = -1;
  const Status status = on_device(0, [&](Stream) { return current_device(&inside); });
  EXPECT_EQ(status, success);
  EXPECT_EQ(inside, 0);
  ASSERT_EQ(current_device(&after), success);
  EXPECT_EQ(after, 1);
  EXPECT_EQ(on_device(2, [](Stream) { return success; }), emulator::Status::no_such_device);
  ASSERT_EQ(current_device(&after), success);
  EXPECT_EQ(after, 1);
}

TEST(GpuTransfers, KeepBytesWhateverTheNumberOfPieces) {
  for (const std::size_t bytes :
       {std::size_t{0}, std::size_t{1}, transfer_piece - 1, transfer_piece, transfer_piece + 1,
        2 * transfer_piece, 3 * transfer_piece + 17}) {
    const Held device(0, bytes);
    ASSERT_EQ(device.status, success);
    const std::vector<unsigned char> sent = pattern(bytes, 1);
    std::vector<unsigned char> found(bytes);
    ASSERT_EQ(copy_from_host(0, sent.data(), device.p, bytes), success);
    ASSERT_EQ(copy_to_host(0, device.p, found.data(), bytes), success);
    EXPECT_TRUE(sent == found) << bytes << " bytes";
  }
  trim(0);
}

TEST(GpuTransfers, ThreadsShareTheHostsMemory) {
  const std::size_t bytes = 2 * transfer_piece + 5;
  std::vector<std::thread> threads;
  std::vector<int> is_same(8);
  for (unsigned i = 0; i < is_same.size(); ++i)
    threads.emplace_back([&, i] {
      const Held device(0, bytes);
      const std::vector<unsigned char> sent = pattern(bytes, i);
      std::vector<unsigned char> found(bytes);
      const bool is_copied = copy_from_host(0, sent.data(), device.p, bytes) == success &&
                             copy_to_host(0, device.p, found.data(), bytes) == success;
      is_same[i] = is_copied && sent == found;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(is_same, std::vector<int>(is_same.size(), 1));
  EXPECT_LE(host_memory_kept(0), 8 * transfer_piece);
  trim(0);
}

TEST(GpuTransfers, GoFromDeviceToDevice) {
  const TwoDevices two;
  const std::size_t bytes = 1000;
  const Held a(0, bytes), b(1, bytes);
  const std::vector<unsigned char> sent = pattern(bytes, 9);
  std::vector<unsigned char> found(bytes);
  ASSERT_EQ(copy_from_host(0, sent.data(), a.p, bytes), success);
  ASSERT_EQ(copy_from_peer(1, 0, a.p, b.p, bytes), success);
  ASSERT_EQ(copy_to_host(1, b.p, found.data(), bytes), success);
  EXPECT_TRUE(sent == found);
  EXPECT_EQ(copy_from_peer(0, 1, a.p, b.p, bytes), emulator::Status::wrong_memory)
      << "the devices are the other way round";
}

}  // namespace
}  // namespace wald::gpu
