#include "memory.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "streams.h"

namespace wald::gpu {
namespace {

struct Pool {
  std::mutex mutex;
  MemoryUse use;
  std::multimap<std::size_t, void*> kept;
};
Pool& pool_of(int device) {
  static Pool* const pools = new Pool[max_devices];  // never destroyed: tensors may outlive main
  return pools[device];
}

/// Few different sizes, so that what is kept fits again: whole parts of an eighth of the power of
/// two below.
std::size_t rounded(std::size_t bytes) {
  std::size_t part = 256;
  while (part * 16 <= bytes) part *= 2;
  return std::max<std::size_t>(part, (bytes + part - 1) / part * part);
}

void give_back_kept(Pool& pool) {
  for (const auto& [bytes, p] : pool.kept) {
    release(p);
    pool.use.kept -= bytes;
  }
  pool.kept.clear();
}

bool is_within_limit(const Pool& pool, std::size_t bytes) {
  const MemoryUse& use = pool.use;
  return use.limit == 0 || bytes + use.in_use + use.kept <= use.limit;
}

void hold(Pool& pool, std::size_t bytes) {
  pool.use.in_use += bytes;
  pool.use.most = std::max(pool.use.most, pool.use.in_use);
}

}  // namespace

Status take(int device, void** p, std::size_t bytes) {
  *p = nullptr;
  bytes = rounded(bytes);
  Pool& pool = pool_of(device);
  const std::lock_guard lock(pool.mutex);
  const auto found = pool.kept.find(bytes);
  if (found != pool.kept.end()) {
    *p = found->second;
    pool.kept.erase(found);
    pool.use.kept -= bytes;
    hold(pool, bytes);
    return success;
  }
  if (!is_within_limit(pool, bytes)) give_back_kept(pool);
  if (!is_within_limit(pool, bytes)) return out_of_memory;
  Status status = allocate(p, bytes);
  if (status != success) {
    give_back_kept(pool);
    status = allocate(p, bytes);
  }
  if (status == success) hold(pool, bytes);
  return status;
}

void give(int device, void* p, std::size_t bytes) {
  if (!p) return;
  bytes = rounded(bytes);
  Pool& pool = pool_of(device);
  const std::lock_guard lock(pool.mutex);
  pool.kept.emplace(bytes, p);
  pool.use.in_use -= bytes;
  pool.use.kept += bytes;
}

MemoryUse memory_use(int device) {
  Pool& pool = pool_of(device);
  const std::lock_guard lock(pool.mutex);
  return pool.use;
}

void set_memory_limit(int device, std::size_t bytes) {
  Pool& pool = pool_of(device);
  const std::lock_guard lock(pool.mutex);
  pool.use.limit = bytes;
  if (!is_within_limit(pool, 0)) give_back_kept(pool);
}

void trim(int device) {
  Pool& pool = pool_of(device);
  const std::lock_guard lock(pool.mutex);
  give_back_kept(pool);
}

}  // namespace wald::gpu
