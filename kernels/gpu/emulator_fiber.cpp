#include "emulator_fiber.h"

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

// A function ends as whom it began.
Actors::Actors() : host_(__tsan_get_current_fiber()) {
  for (void*& other : others_) other = __tsan_create_fiber(0);
}
Actors::~Actors() {
  for (void* const other : others_) __tsan_destroy_fiber(other);
}
void Actors::begin() {
  __tsan_release(&place_);
  for (void* const other : others_) {
    __tsan_switch_to_fiber(other, __tsan_switch_to_fiber_no_sync);
    __tsan_acquire(&place_);
  }
  __tsan_switch_to_fiber(host_, __tsan_switch_to_fiber_no_sync);
}
void Actors::end() {
  for (void* const other : others_) {
    __tsan_switch_to_fiber(other, __tsan_switch_to_fiber_no_sync);
    __tsan_release(&place_);
  }
  __tsan_switch_to_fiber(host_, __tsan_switch_to_fiber_no_sync);
  __tsan_acquire(&place_);
}

void leave(void* place) { __tsan_release(place); }
void enter(void* place) { __tsan_acquire(place); }

Unwatched::Unwatched() {
  AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
  AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
}
Unwatched::~Unwatched() {
  AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
  AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
}

#else

Actors::Actors() = default;
Actors::~Actors() = default;
void Actors::begin() {}
void Actors::end() {}
void leave(void*) {}
void enter(void*) {}
Unwatched::Unwatched() = default;
Unwatched::~Unwatched() = default;

#endif

Fiber::Fiber(void* actor, void (*start)()) : actor_(actor), start_(start) { prepare(); }

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
