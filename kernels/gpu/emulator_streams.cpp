#include "emulator_streams.h"

#include <cstring>
#include <mutex>
#include <utility>
#include <vector>

#include "emulator_fiber.h"
#include "emulator_memory.h"

namespace wald::gpu::emulator {

struct Queue {
  int device;
  Actor actor = make_actor("stream of a device");
  std::mutex mutex = {};  // one thread of the host at a time is the actor
  std::int64_t place = 0;
};

namespace {

struct Queues {
  std::mutex mutex;
  std::vector<Queue*> all;
};
Queues& queues() {
  static Queues* const made = new Queues;  // never destroyed: tensors may outlive main
  return *made;
}

/// After all that is in the queue and what `waits_for` says, a copy; then what `recorded` says.
void put(Queue& queue, Event waits_for, void* to, const void* from, std::size_t bytes,
         Event recorded) {
  leave(&queue.place);
  const Unwatched here;
  const MemoryAccess access;
  const std::lock_guard lock(queue.mutex);
  act(queue.actor, &queue.place, waits_for.place, to, from, bytes, recorded.place);
}

}  // namespace

void* place_of(Stream stream) { return &stream.queue->place; }

void wait_for_device(int device) {
  const std::vector<Queue*> all = [] {
    const Unwatched here;
    const std::lock_guard lock(queues().mutex);
    return queues().all;
  }();
  for (Queue* queue : all)
    if (queue->device == device) enter(&queue->place);
}

Status make_stream(Stream* stream) {
  int device = 0;
  current_device(&device);
  stream->queue = new Queue{device};
  const std::lock_guard lock(queues().mutex);
  queues().all.push_back(stream->queue);
  return success;
}
Status make_event(Event* event) {
  event->place = new std::int64_t(0);
  return success;
}
Status destroy(Event event) {
  delete event.place;
  return success;
}

Status record(Event event, Stream stream) {
  if (stream.queue) put(*stream.queue, {}, nullptr, nullptr, 0, event);
  return success;
}
Status wait(Stream stream, Event event) {
  if (stream.queue) put(*stream.queue, event, nullptr, nullptr, 0, {});
  return success;
}
Status synchronize(Stream stream) {
  if (stream.queue) enter(&stream.queue->place);
  return success;
}
Status synchronize(Event event) {
  enter(event.place);
  return success;
}

Status copy(void* to, const void* from, std::size_t bytes, Stream stream) {
  if (stream.queue) {
    put(*stream.queue, {}, to, from, bytes, {});
    return success;
  }
  const MemoryAccess access;
  if (bytes > 0) std::memmove(to, from, bytes);
  return success;
}

}  // namespace wald::gpu::emulator
