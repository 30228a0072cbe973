// Launches of the emulator: the threads of a block by turns, until each has ended.
#include <algorithm>
#include <cstring>
#include <deque>
#include <memory>
#include <vector>

#include "emulator.h"
#include "emulator_fiber.h"
#include "emulator_memory.h"

namespace wald::gpu::emulator {
namespace {

int warp_threads = 32;

/// What a lane waits for.
enum class Waits { nothing, warp, block, ended };

void run_threads();

/// A fiber on which threads run, one after the other.
struct Lane {
  explicit Lane(void* actor) : fiber(actor, run_threads) {}

  Fiber fiber;
  Waits waits = Waits::nothing;
  int barriers = 0;  // that its thread has come to
  unsigned char given[8];
};

/// The lanes of a thread of the host. They are kept from launch to launch: their stacks take longer
/// to make than most kernels to run.
struct Lanes {
  Actors actors;
  Fiber host{actors.host()};
  std::deque<Lane> all;
};

}  // namespace

struct Block {
  const Body& body;
  const std::int64_t index, blocks;
  const int threads;
  Lanes& lanes;
  const std::size_t first;  // the lane of the first thread
  // Fresh for each block, so that what a kernel reads before it wrote does not look right.
  std::vector<unsigned char> shared;
  int running = -1;
  std::int64_t barrier[2] = {};  // places where threads meet, by turns

  Lane& lane(int thread) const {
    const std::size_t turn = first + static_cast<std::size_t>(thread);
    return lanes.all[turn < lanes.all.size() ? turn : turn - lanes.all.size()];
  }
  /// From the thread that runs back to the scheduler.
  void wait(Waits what) const;
  /// Runs all threads to their end; false if some wait for others that never come.
  bool run();
  bool release_those_waiting(Waits what, int begin, int end) const;
};

namespace {

thread_local Block* at_work = nullptr;

void run_threads() {
  for (;;) {
    const Body& body = at_work->body;
    body.call(body.kernel, Thread(*at_work, at_work->running));
    at_work->wait(Waits::ended);
  }
}

}  // namespace

void Block::wait(Waits what) const {
  Lane& mine = lane(running);
  mine.waits = what;
  mine.fiber.switch_to(lanes.host);
}

/// Lets threads go on that have all come to the same barrier, those that have ended apart.
bool Block::release_those_waiting(Waits what, int begin, int end) const {
  bool any = false;
  for (int i = begin; i < end; ++i) {
    const Waits waits = lane(i).waits;
    if (waits == Waits::ended) continue;
    if (waits != what) return false;
    any = true;
  }
  for (int i = begin; i < end; ++i)
    if (lane(i).waits == what) lane(i).waits = Waits::nothing;
  return any;
}

bool Block::run() {
  at_work = this;
  for (int i = 0; i < threads; ++i) {
    lane(i).waits = Waits::nothing;
    lane(i).barriers = 0;
  }
  for (;;) {
    bool any = false, have_ended = true;
    for (int i = 0; i < threads; ++i) {
      have_ended &= lane(i).waits == Waits::ended;
      if (lane(i).waits != Waits::nothing) continue;
      any = true;
      running = i;
      lanes.host.switch_to(lane(i).fiber);
    }
    if (any) continue;
    for (int warp = 0; warp < threads; warp += warp_threads)
      any |= release_those_waiting(Waits::warp, warp, std::min(warp + warp_threads, threads));
    if (!any && !release_those_waiting(Waits::block, 0, threads)) return have_ended;
  }
}

int Thread::count() const { return block_->threads; }
std::int64_t Thread::block() const { return block_->index; }
std::int64_t Thread::blocks() const { return block_->blocks; }
int Thread::warp_size() const { return warp_threads; }
void* Thread::shared_memory() const { return block_->shared.data(); }

// What threads do before a barrier is before what any does after it. Two places by turns: who is
// behind finds at his what was left there before the barrier, and not what others did since.
void Thread::sync() const {
  std::int64_t* const place = &block_->barrier[block_->lane(index_).barriers++ % 2];
  leave(place);
  block_->wait(Waits::block);
  enter(place);
}

// It orders nothing but the values themselves.
void Thread::exchange(const void* value, void* result, std::size_t bytes, int delta) const {
  const auto carry = [bytes](void* to, const void* from) {
    const Unwatched here;
    std::memcpy(to, from, bytes);
  };
  carry(block_->lane(index_).given, value);
  block_->wait(Waits::warp);
  const int from = index_ + delta;
  const bool is_there = from / warp_threads == index_ / warp_threads && from < block_->threads;
  if (is_there) carry(result, block_->lane(from).given);
  block_->wait(Waits::warp);
}

void set_warp_size(int threads) { warp_threads = threads; }

Status launch(const Body& body, std::int64_t blocks, int threads, std::size_t shared_bytes,
              bool cooperates) {
  if (blocks < 1 || blocks > 0x7fffffff || threads < 1 || threads > 1024 ||
      shared_bytes > 48 * 1024)
    return Status::bad_launch;
  const bool has_fibers = cooperates || watches_races;
  const MemoryAccess access;
  const Unwatched here;
  thread_local Lanes lanes;
  // They serve by turns, one more than a block has threads, so that neither a thread and its
  // namesake in the next block nor the last thread and its successor there share one: what two
  // blocks do is in no order.
  while (has_fibers && lanes.all.size() <= static_cast<std::size_t>(threads))
    lanes.all.emplace_back(lanes.actors.at(lanes.all.size()));
  lanes.actors.begin();
  Status status = success;
  std::size_t first = 0;
  for (std::int64_t index = 0; index < blocks && status == success; ++index) {
    // Made anew, so that no order remains from the last block.
    const auto block =
        std::make_unique<Block>(Block{body, index, blocks, threads, lanes, first,
                                      std::vector<unsigned char>(shared_bytes, 0xff)});
    if (has_fibers && !block->run()) status = Status::deadlock;
    for (int i = 0; !has_fibers && i < threads; ++i) body.call(body.kernel, Thread(*block, i));
    if (has_fibers) first = (first + static_cast<std::size_t>(threads)) % lanes.all.size();
  }
  lanes.actors.end();
  if (status != success) lanes.all.clear();  // some stand in the middle of a kernel
  return status;
}

}  // namespace wald::gpu::emulator
