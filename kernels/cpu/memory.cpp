#include "memory.h"

#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include <sys/mman.h>

namespace wald::kernels {
namespace {

// Under a sanitizer nothing is kept, so that it sees each block's end and life.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool keeps_blocks = false;
#elif defined(__has_feature)
constexpr bool keeps_blocks = !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer);
#else
constexpr bool keeps_blocks = true;
#endif
// Smaller blocks are kept by the thread that released them, larger ones for all threads.
constexpr std::size_t smallest_shared = 16 * 1024;
constexpr std::size_t most_kept = std::size_t{1} << 30;
constexpr std::size_t most_kept_by_thread = std::size_t{4} << 20;
constexpr int size_classes = 256;
constexpr std::size_t most_bytes = ~std::size_t{0} / 4;  // so that rounding up cannot wrap around

/// Four classes to a doubling, so that rounding up wastes at most a quarter.
std::size_t class_of(std::size_t bytes) {
  const int log = std::bit_width(bytes - 1);
  const std::size_t quarter = std::size_t{1} << (log - 3);
  return 4 * log + (bytes - 1) / quarter % 4;
}
std::size_t class_bytes(std::size_t bytes) {
  const std::size_t quarter = std::size_t{1} << (std::bit_width(bytes - 1) - 3);
  return (bytes + quarter - 1) / quarter * quarter;
}

struct Kept {
  std::mutex mutex;
  std::vector<void*> free[size_classes];
  std::size_t bytes = 0;
};

// Never destroyed: tensors with static lifetime may be released after it would be.
Kept& kept() {
  static Kept* const instance = new Kept;
  return *instance;
}

std::size_t rounded(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

bool is_shared_size(std::size_t bytes) { return keeps_blocks && bytes >= smallest_shared; }
bool is_small(std::size_t bytes) { return keeps_blocks && bytes < smallest_shared; }

/// Blocks of one thread, in lists that run through the blocks themselves. Lists go up to 1 KiB in
/// steps of 64 bytes, then by class_of.
struct SmallBlocks {
  struct Block {
    Block* next;
  };
  static constexpr std::size_t fine = 1024;
  static constexpr int lists = 64;
  Block* free[lists] = {};
  std::size_t bytes = 0;
  std::size_t most = 0;  // bytes kept: none until the thread's end is provided for, nor after it
  bool has_ended = false;

  static std::size_t list_of(std::size_t size) {
    return size <= fine ? size / 64 : 16 + class_of(size) - class_of(fine);
  }
  static std::size_t block_bytes(std::size_t size) {
    return size <= fine ? size : class_bytes(size);
  }
  void* take(std::size_t size) { return take(list_of(size), block_bytes(size)); }
  bool give(void* p, std::size_t size) { return give(p, list_of(size), block_bytes(size)); }
  void* take(std::size_t list, std::size_t block) {
    Block* const head = free[list];
    if (!head) return nullptr;
    bytes -= block;
    free[list] = head->next;
    return head;
  }
  bool give(void* p, std::size_t list, std::size_t block) {
    if (bytes + block > most) return false;
    free[list] = new (p) Block{free[list]};
    bytes += block;
    return true;
  }
  std::size_t clear() {
    for (Block*& head : free)
      while (head) std::free(std::exchange(head, head->next));
    return std::exchange(bytes, 0);
  }
};
// Trivially destructible, so that tensors which outlive the thread's other variables may still come
// here; what it keeps is freed by the guard beside it.
thread_local constinit SmallBlocks small_blocks;
struct FreesSmallBlocks {
  FreesSmallBlocks() { small_blocks.most = most_kept_by_thread; }
  ~FreesSmallBlocks() {
    small_blocks.clear();
    small_blocks.most = 0;
    small_blocks.has_ended = true;
  }
};
void free_small_blocks_at_thread_end() { thread_local const FreesSmallBlocks guard; }

void* allocate_or_null(std::size_t bytes) {
  constexpr std::size_t huge = std::size_t{2} << 20;
  if (bytes < 2 * huge) return std::aligned_alloc(64, bytes);
  // Large pages: fewer faults, and fewer misses of the table of pages. Only a wish.
  void* p = std::aligned_alloc(huge, (bytes + huge - 1) / huge * huge);
  if (p) madvise(p, bytes, MADV_HUGEPAGE);
  return p;
}

[[gnu::noinline]] void* allocate_any(std::size_t bytes) {
  if (bytes > most_bytes) return nullptr;
  bytes = rounded(bytes == 0 ? 1 : bytes);
  if (is_small(bytes)) {
    void* p = small_blocks.take(bytes);
    if (p) return p;
    // aligned_alloc is slow at small blocks, and they gain nothing by their alignment.
    if (bytes <= SmallBlocks::fine) return std::malloc(bytes);
    return allocate_or_null(SmallBlocks::block_bytes(bytes));
  }
  if (!is_shared_size(bytes)) return allocate_or_null(bytes);
  Kept& k = kept();
  {
    std::lock_guard lock(k.mutex);
    auto& list = k.free[class_of(bytes)];
    if (!list.empty()) {
      void* p = list.back();
      list.pop_back();
      k.bytes -= class_bytes(bytes);
      return p;
    }
  }
  void* p = allocate_or_null(class_bytes(bytes));
  if (!p && release_kept_memory() > 0) p = allocate_or_null(class_bytes(bytes));
  return p;
}

[[gnu::noinline]] void release_any(void* p, std::size_t bytes) {
  bytes = rounded(bytes == 0 ? 1 : bytes);
  if (is_small(bytes)) {
    if (!small_blocks.has_ended) free_small_blocks_at_thread_end();
    if (small_blocks.give(p, bytes)) return;
  } else if (is_shared_size(bytes)) {
    Kept& k = kept();
    std::lock_guard lock(k.mutex);
    if (k.bytes + class_bytes(bytes) <= most_kept) {
      k.free[class_of(bytes)].push_back(p);
      k.bytes += class_bytes(bytes);
      return;
    }
  }
  std::free(p);
}

/// Whether a block may lie in the finely graded lists, whose number is then rounded(bytes) / 64.
bool is_fine(std::size_t bytes) { return keeps_blocks && bytes > 0 && bytes <= SmallBlocks::fine; }

}  // namespace

// What nearly every call asks for comes first and short: a tensor is two or three such blocks.
void* allocate(std::size_t bytes) {
  if (is_fine(bytes))
    if (void* p = small_blocks.take(rounded(bytes) / 64, rounded(bytes))) return p;
  return allocate_any(bytes);
}

void release(void* p, std::size_t bytes) {
  if (is_fine(bytes) && small_blocks.give(p, rounded(bytes) / 64, rounded(bytes))) return;
  release_any(p, bytes);
}

std::size_t release_kept_memory() {
  Kept& k = kept();
  std::lock_guard lock(k.mutex);
  for (auto& list : k.free) {
    for (void* p : list) std::free(p);
    list.clear();
  }
  return std::exchange(k.bytes, 0) + small_blocks.clear();
}

void* Pooled::operator new(std::size_t bytes) {
  void* p = allocate(bytes);
  if (!p) throw std::bad_alloc();
  return p;
}

}  // namespace wald::kernels
