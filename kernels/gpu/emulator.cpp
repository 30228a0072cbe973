#include "emulator.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#include "emulator_memory.h"

namespace wald::gpu::emulator {
namespace {

struct Allocation {
  int device;
  std::size_t bytes;
};
struct Memory {
  std::mutex mutex;
  std::size_t limit = 0;
  std::map<int, std::size_t> used;  // by device
  std::map<std::uintptr_t, Allocation> allocations;

  std::size_t left(int device) { return limit - std::min(limit, used[device]); }
};
Memory& memory() {
  static Memory devices;
  return devices;
}

bool lies_on(int device, const void* p) {
  Memory& all = memory();
  const std::lock_guard lock(all.mutex);
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  auto found = all.allocations.upper_bound(address);
  if (found == all.allocations.begin()) return false;
  --found;
  return found->second.device == device && address < found->first + found->second.bytes;
}

std::atomic<int>& count() {
  static std::atomic<int> devices = [] {
    const char* const asked = std::getenv("WALD_EMULATED_DEVICES");
    return std::max(1, asked ? std::atoi(asked) : 1);
  }();
  return devices;
}
thread_local int current = 0;

}  // namespace

const char* message_of(Status status) {
  switch (status) {
    case Status::success:
      return "no error";
    case Status::out_of_memory:
      return "out of memory";
    case Status::bad_launch:
      return "a grid that no device has";
    case Status::deadlock:
      return "threads of a block wait for one another at different places";
    case Status::no_such_device:
      return "no such device";
    case Status::wrong_memory:
      return "memory of another device";
    case Status::not_supported:
      return "not supported";
    case Status::unknown:
      break;
  }
  return "unknown error";
}

Status device_count(int* n) {
  *n = count();
  return success;
}
void set_device_count(int n) { count() = n; }

Status set_device(int device) {
  if (device < 0 || device >= count()) return Status::no_such_device;
  current = device;
  return success;
}
Status current_device(int* device) {
  *device = current;
  return success;
}

Status is_integrated(int, bool* is) {
  *is = true;
  return success;
}
Status describe(int device, DeviceFacts* facts) {
  if (device < 0 || device >= count()) return Status::no_such_device;
  Memory& all = memory();
  const std::lock_guard lock(all.mutex);
  *facts = {"the emulator, for tests", "", "", all.limit, all.left(device)};
  return success;
}

void set_memory_limit(std::size_t bytes) {
  const std::lock_guard lock(memory().mutex);
  memory().limit = bytes;
}

Status allocate(void** p, std::size_t bytes) {
  Memory& all = memory();
  const std::lock_guard lock(all.mutex);
  *p = nullptr;
  if (all.limit != 0 && bytes > all.left(current)) return Status::out_of_memory;
  *p = allocate_memory(bytes);
  if (!*p) return Status::out_of_memory;
  all.used[current] += bytes;
  all.allocations[reinterpret_cast<std::uintptr_t>(*p)] = {current, bytes};
  return success;
}

Status release(void* p) {
  if (!p) return success;
  Memory& all = memory();
  const std::lock_guard lock(all.mutex);
  const auto found = all.allocations.find(reinterpret_cast<std::uintptr_t>(p));
  if (found == all.allocations.end()) return Status::wrong_memory;
  all.used[found->second.device] -= found->second.bytes;
  release_memory(p, found->second.bytes);
  all.allocations.erase(found);
  return success;
}

Status allocate_host(void** p, std::size_t bytes) {
  *p = std::malloc(bytes);
  return *p ? success : Status::out_of_memory;
}

Status copy(void* to, const void* from, std::size_t bytes, Stream) {
  const MemoryAccess access;
  if (bytes > 0) std::memmove(to, from, bytes);
  return success;
}

Status copy_peer(void* to, int device, const void* from, int peer, std::size_t bytes,
                 Stream stream) {
  if (bytes > 0 && (!lies_on(device, to) || !lies_on(peer, from))) return Status::wrong_memory;
  return copy(to, from, bytes, stream);
}

}  // namespace wald::gpu::emulator
