#include "emulator.h"

#include <ucontext.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "emulator_memory.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace wald::gpu::emulator {
namespace {

int warp_threads = 32;

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

void set_warp_size(int threads) { warp_threads = threads; }

/// What a fiber waits for.
enum class Waits { nothing, warp, block, ended };

struct Fiber {
  ucontext_t context;
  std::unique_ptr<char[]> stack;
  Waits waits = Waits::nothing;
  unsigned char given[8];
#if defined(__SANITIZE_ADDRESS__)
  void* fake_stack = nullptr;
#endif
};

struct Block {
  const Body& body;
  std::int64_t index, blocks;
  int threads;
  std::vector<unsigned char> shared;
  std::vector<Fiber>& fibers;  // one for each thread, perhaps more
  ucontext_t scheduler;
  int running = -1;
#if defined(__SANITIZE_ADDRESS__)
  void* fake_stack = nullptr;
  const void* stack = nullptr;
  std::size_t stack_bytes = 0;
#endif

  /// From the scheduler into a fiber, until it waits or ends.
  void resume(int i);
  /// From the fiber that runs back to the scheduler.
  void wait(Waits what);
  /// Runs all threads to their end; false if some wait for others that never come.
  bool run();
  bool release_those_waiting(Waits what, int begin, int end);
};

namespace {

constexpr std::size_t fiber_stack_bytes = 64 * 1024;

/// The block whose fiber starts: makecontext passes only ints.
thread_local Block* starting = nullptr;

void start_fiber() {
  Block& block = *starting;
  const int i = block.running;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &block.stack, &block.stack_bytes);
#endif
  block.body.call(block.body.kernel, Thread(block, i));
  block.wait(Waits::ended);
}

/// Makes a fiber that begins in start_fiber(). Apart from its callers, since to the compiler
/// getcontext() may return twice.
__attribute__((noinline)) void prepare(Fiber& fiber) {
  if (!fiber.stack) fiber.stack = std::make_unique_for_overwrite<char[]>(fiber_stack_bytes);
  fiber.waits = Waits::nothing;
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack.get();
  fiber.context.uc_stack.ss_size = fiber_stack_bytes;
  fiber.context.uc_link = nullptr;
  makecontext(&fiber.context, start_fiber, 0);
}

}  // namespace

void Block::resume(int i) {
  running = i;
  starting = this;
  Fiber& fiber = fibers[static_cast<std::size_t>(i)];
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&fake_stack, fiber.stack.get(), fiber_stack_bytes);
#endif
  swapcontext(&scheduler, &fiber.context);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
#endif
}

void Block::wait(Waits what) {
  Fiber& fiber = fibers[static_cast<std::size_t>(running)];
  fiber.waits = what;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(what == Waits::ended ? nullptr : &fiber.fake_stack, stack,
                                 stack_bytes);
#endif
  swapcontext(&fiber.context, &scheduler);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fiber.fake_stack, &stack, &stack_bytes);
#endif
}

/// Lets threads go on that have all come to the same barrier, those that have ended apart.
bool Block::release_those_waiting(Waits what, int begin, int end) {
  bool any = false;
  for (int i = begin; i < end; ++i) {
    const Waits waits = fibers[static_cast<std::size_t>(i)].waits;
    if (waits == Waits::ended) continue;
    if (waits != what) return false;
    any = true;
  }
  for (int i = begin; i < end; ++i)
    if (fibers[static_cast<std::size_t>(i)].waits == what)
      fibers[static_cast<std::size_t>(i)].waits = Waits::nothing;
  return any;
}

bool Block::run() {
  for (;;) {
    bool any = false;
    for (int i = 0; i < threads; ++i)
      if (fibers[static_cast<std::size_t>(i)].waits == Waits::nothing) {
        any = true;
        resume(i);
      }
    if (any) continue;
    for (int warp = 0; warp < threads; warp += warp_threads)
      any |= release_those_waiting(Waits::warp, warp, std::min(warp + warp_threads, threads));
    if (any || release_those_waiting(Waits::block, 0, threads)) continue;
    return std::all_of(fibers.begin(), fibers.begin() + threads,
                       [](const Fiber& fiber) { return fiber.waits == Waits::ended; });
  }
}

int Thread::count() const { return block_->threads; }
std::int64_t Thread::block() const { return block_->index; }
std::int64_t Thread::blocks() const { return block_->blocks; }
void Thread::sync() const { block_->wait(Waits::block); }
int Thread::warp_size() const { return warp_threads; }
void* Thread::shared_memory() const { return block_->shared.data(); }

void Thread::exchange(const void* value, void* result, std::size_t bytes, int delta) const {
  auto& fibers = block_->fibers;
  std::memcpy(fibers[static_cast<std::size_t>(index_)].given, value, bytes);
  block_->wait(Waits::warp);
  const int from = index_ + delta;
  const bool is_there = from / warp_threads == index_ / warp_threads && from < block_->threads;
  if (is_there) std::memcpy(result, fibers[static_cast<std::size_t>(from)].given, bytes);
  block_->wait(Waits::warp);
}

Status launch(const Body& body, std::int64_t blocks, int threads, std::size_t shared_bytes,
              bool cooperates) {
  if (blocks < 1 || blocks > 0x7fffffff || threads < 1 || threads > 1024 ||
      shared_bytes > 48 * 1024)
    return Status::bad_launch;
  // Kept from launch to launch: their stacks take longer to make than most kernels to run.
  thread_local std::vector<Fiber> fibers;
  const MemoryAccess access;
  Block block{body, 0, blocks, threads, {}, fibers, {}};
  for (; block.index < blocks; ++block.index) {
    // Fresh for each block, so that what a kernel reads before it wrote does not look right.
    block.shared.assign(shared_bytes, 0xff);
    if (!cooperates) {
      for (int i = 0; i < threads; ++i) body.call(body.kernel, Thread(block, i));
      continue;
    }
    if (fibers.size() < static_cast<std::size_t>(threads))
      fibers.resize(static_cast<std::size_t>(threads));
    for (int i = 0; i < threads; ++i) prepare(fibers[static_cast<std::size_t>(i)]);
    if (!block.run()) return Status::deadlock;
  }
  return success;
}

}  // namespace wald::gpu::emulator
