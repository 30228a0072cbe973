#include "emulator_fiber.h"

#include <cstring>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

#if defined(WALD_WATCHES_RACES)
#include <sanitizer/tsan_interface.h>

// Of ThreadSanitizer, in no header of it.
extern "C" {
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
void AnnotateIgnoreSyncBegin(const char* file, int line);
void AnnotateIgnoreSyncEnd(const char* file, int line);
}
#endif

namespace wald::gpu::emulator {
namespace {

// What ThreadSanitizer watches runs all kernels here, and needs more of a stack.
constexpr std::size_t stack_bytes = (watches_races ? 256 : 64) * 1024;

/// The last switch of the thread: makecontext passes only ints.
thread_local Fiber* switched_from = nullptr;
thread_local Fiber* switched_to = nullptr;

}  // namespace

// What passes from fiber to fiber at a switch is no business of the kernels'.
#define WALD_UNWATCHED __attribute__((no_sanitize("thread")))

#if defined(WALD_WATCHES_RACES)

constexpr unsigned no_order = __tsan_switch_to_fiber_no_sync;

Actor this_actor() { return __tsan_get_current_fiber(); }
Actor make_actor(const char* name) {
  void* const actor = __tsan_create_fiber(0);
  __tsan_set_fiber_name(actor, name);
  return actor;
}
void end(Actor actor) { __tsan_destroy_fiber(actor); }
void leave(void* place) { __tsan_release(place); }
void enter(void* place) { __tsan_acquire(place); }

// In the following each function ends as the actor that it began as: ThreadSanitizer counts.
void Actors::enter(void* place) const {
  void* const caller = this_actor();
  for (void* const actor : all_) {
    __tsan_switch_to_fiber(actor, no_order);
    __tsan_acquire(place);
  }
  __tsan_switch_to_fiber(caller, no_order);
}
void Actors::leave(void* place) const {
  void* const caller = this_actor();
  for (void* const actor : all_) {
    __tsan_switch_to_fiber(actor, no_order);
    __tsan_release(place);
  }
  __tsan_switch_to_fiber(caller, no_order);
}
void act(Actor actor, void* place, void* other, void* to, const void* from, std::size_t bytes,
         void* third) {
  void* const caller = this_actor();
  __tsan_switch_to_fiber(actor, no_order);
  __tsan_acquire(place);
  if (other) __tsan_acquire(other);
  if (bytes > 0) std::memmove(to, from, bytes);
  if (third) __tsan_release(third);
  __tsan_release(place);
  __tsan_switch_to_fiber(caller, no_order);
}

Unwatched::Unwatched() {
  AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
  AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  AnnotateIgnoreSyncBegin(__FILE__, __LINE__);
}
Unwatched::~Unwatched() {
  AnnotateIgnoreSyncEnd(__FILE__, __LINE__);
  AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
  AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
}

#else

Actor this_actor() { return nullptr; }
Actor make_actor(const char*) { return nullptr; }
void end(Actor) {}
void leave(void*) {}
void enter(void*) {}
void Actors::enter(void*) const {}
void Actors::leave(void*) const {}
void act(Actor, void*, void*, void* to, const void* from, std::size_t bytes, void*) {
  if (bytes > 0) std::memmove(to, from, bytes);
}
Unwatched::Unwatched() = default;
Unwatched::~Unwatched() = default;

#endif

Actors::Actors() {
  for (Actor& actor : all_) actor = make_actor("thread of a kernel");
}
Actors::~Actors() {
  for (const Actor actor : all_) end(actor);
}

Fiber::Fiber(Actor actor, void (*start)()) : actor_(actor), start_(start) { prepare(); }

/// Apart from its callers, since to the compiler getcontext() may return twice.
__attribute__((noinline)) void Fiber::prepare() {
  stack_ = std::make_unique_for_overwrite<char[]>(stack_bytes);
  bottom_ = stack_.get();
  bytes_ = stack_bytes;
  getcontext(&context_);
  context_.uc_stack.ss_sp = stack_.get();
  context_.uc_stack.ss_size = stack_bytes;
  context_.uc_link = nullptr;
  makecontext(&context_, begin, 0);
}

WALD_UNWATCHED void Fiber::begin() {
  switched_to->arrive();
  switched_to->start_();
}

WALD_UNWATCHED void Fiber::switch_to(Fiber& to) {
  switched_from = this;
  switched_to = &to;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&fake_stack_, to.bottom_, to.bytes_);
#elif defined(WALD_WATCHES_RACES)
  __tsan_switch_to_fiber(to.actor_, __tsan_switch_to_fiber_no_sync);
#endif
  swapcontext(&context_, &to.context_);
  arrive();
}

WALD_UNWATCHED void Fiber::arrive() {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake_stack_, &switched_from->bottom_, &switched_from->bytes_);
#endif
}

}  // namespace wald::gpu::emulator
