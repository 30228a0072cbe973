// Flows of control with a stack each, between which a thread of the host switches, and what the
// sanitizers must be told of them. To ThreadSanitizer they are threads; a switch orders nothing.
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <memory>

namespace wald::gpu::emulator {

#if defined(__SANITIZE_THREAD__)
#define WALD_WATCHES_RACES 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WALD_WATCHES_RACES 1
#endif
#endif

#if defined(WALD_WATCHES_RACES)
constexpr bool watches_races = true;
#else
constexpr bool watches_races = false;
#endif

/// Whom ThreadSanitizer takes for a thread; null where it does not watch.
using Actor = void*;

/// The one that calls.
Actor this_actor();
Actor make_actor(const char* name);
void end(Actor actor);

/// What was done before leave(place) is before what is done after enter(place).
void leave(void* place);
void enter(void* place);

/// Those that run a kernel's threads for a thread of the host.
class Actors {
 public:
  Actors();
  ~Actors();
  Actors(const Actors&) = delete;
  Actors& operator=(const Actors&) = delete;

  /// ThreadSanitizer tells 255 apart at a time, for all threads of the host. So these are fewer
  /// than the threads of a large block, and a prime number: threads that share one are not those
  /// that a kernel lets meet, a power of two apart.
  Actor at(std::size_t i) const { return all_[i % count]; }

  /// Each enters a place, or leaves there.
  void enter(void* place) const;
  void leave(void* place) const;

 private:
  static constexpr std::size_t count = 61;
  Actor all_[count];
};

/// As an actor, which is not the calling one: enters a place and another, copies, leaves at a third
/// and at the first. The second and the third may be null.
void act(Actor actor, void* place, void* other, void* to, const void* from, std::size_t bytes,
         void* third);

class Fiber {
 public:
  /// The calling thread of the host.
  Fiber() : actor_(this_actor()) {}
  /// Begins in `start`, which never returns, at the first switch to it.
  Fiber(Actor actor, void (*start)());
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// From this one, which runs, to another, until somebody switches back.
  void switch_to(Fiber& to);

 private:
  static void begin();
  void prepare();
  void arrive();

  [[maybe_unused]] Actor actor_;
  void (*start_)() = nullptr;
  std::unique_ptr<char[]> stack_;
  ucontext_t context_;
  // What AddressSanitizer wants to know.
  [[maybe_unused]] void* fake_stack_ = nullptr;
  const void* bottom_ = nullptr;
  std::size_t bytes_ = 0;
};

/// While one lives, nobody asks whether what its maker reads and writes is in order, and no lock
/// that it takes puts anything in order.
class Unwatched {
 public:
  Unwatched();
  ~Unwatched();
  Unwatched(const Unwatched&) = delete;
  Unwatched& operator=(const Unwatched&) = delete;
};

}  // namespace wald::gpu::emulator
