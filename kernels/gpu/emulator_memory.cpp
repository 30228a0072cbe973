#include "emulator_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string_view>

namespace wald::gpu::emulator {
namespace {

/// One range of addresses, so that one call closes all of it. Blocks given back serve others of
/// their size.
class GuardedRange {
 public:
  GuardedRange() {
    void* const p =
        mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p != MAP_FAILED) begin_ = static_cast<char*>(p);
  }

  void* allocate(std::size_t bytes) {
    bytes = rounded(bytes, 256);
    const std::lock_guard lock(mutex_);
    if (const auto found = free_.find(bytes); found != free_.end()) {
      void* const p = found->second;
      free_.erase(found);
      return p;
    }
    if (!begin_ || bytes > size - used_) return nullptr;
    char* const p = begin_ + used_;
    used_ += bytes;
    if (open_ > 0) protect(PROT_READ | PROT_WRITE);
    return p;
  }
  void release(void* p, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    free_.emplace(rounded(bytes, 256), p);
  }

  void open() {
    const std::lock_guard lock(mutex_);
    if (open_++ == 0) protect(PROT_READ | PROT_WRITE);
  }
  void close() {
    const std::lock_guard lock(mutex_);
    if (--open_ == 0) protect(PROT_NONE);
  }

 private:
  static constexpr std::size_t size = std::size_t{1} << 36;
  static std::size_t rounded(std::size_t bytes, std::size_t to) {
    return (std::max<std::size_t>(bytes, 1) + to - 1) / to * to;
  }
  void protect(int access) const {
    if (used_ > 0 && mprotect(begin_, rounded(used_, 4096), access) != 0) std::abort();
  }

  std::mutex mutex_;
  char* begin_ = nullptr;
  std::size_t used_ = 0;
  int open_ = 0;
  std::multimap<std::size_t, void*> free_;
};

/// Null unless it was asked for. Never destroyed: tensors may outlive main.
GuardedRange* guarded() {
  static GuardedRange* const range = [] {
    const char* const asked = std::getenv("WALD_EMULATED_GUARD");
    return asked && std::string_view(asked) == "1" ? new GuardedRange : nullptr;
  }();
  return range;
}

}  // namespace

void* allocate_memory(std::size_t bytes) {
  return guarded() ? guarded()->allocate(bytes) : std::malloc(std::max<std::size_t>(bytes, 1));
}
void release_memory(void* p, std::size_t bytes) {
  if (guarded())
    guarded()->release(p, bytes);
  else
    std::free(p);
}

MemoryAccess::MemoryAccess() {
  if (guarded()) guarded()->open();
}
MemoryAccess::~MemoryAccess() {
  if (guarded()) guarded()->close();
}

}  // namespace wald::gpu::emulator
