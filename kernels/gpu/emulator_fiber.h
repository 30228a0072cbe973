// Flows of control with a stack each, between which a thread of the host switches, and what the
// sanitizers must be told of them. To ThreadSanitizer they are threads; a switch orders nothing.
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <cstdint>
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

/// Whom ThreadSanitizer takes for threads: one that calls, the host, and others, which it makes.
/// They are null where it does not watch.
class Actors {
 public:
  Actors();
  ~Actors();
  Actors(const Actors&) = delete;
  Actors& operator=(const Actors&) = delete;

  void* host() const { return host_; }
  /// One of the others. ThreadSanitizer tells 255 apart at a time, for all threads of the host. So
  /// they are fewer than the threads of a large block, and a prime number: threads that share one
  /// are not those that a kernel lets meet, a power of two apart.
  void* at(std::size_t i) const { return others_[i % count]; }

  /// What the host did is before what the others will do.
  void begin();
  /// What the others did is before what the host will do.
  void end();

 private:
  static constexpr std::size_t count = 61;
  void* host_ = nullptr;
  void* others_[count] = {};
  std::int64_t place_ = 0;
};

class Fiber {
 public:
  /// The calling thread of the host.
  explicit Fiber(void* actor) : actor_(actor) {}
  /// Begins in `start`, which never returns, at the first switch to it.
  Fiber(void* actor, void (*start)());
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// From this one, which runs, to another, until somebody switches back.
  void switch_to(Fiber& to);

 private:
  static void begin();
  void prepare();
  void arrive();

  [[maybe_unused]] void* actor_;
  void (*start_)() = nullptr;
  std::unique_ptr<char[]> stack_;
  ucontext_t context_;
  // What AddressSanitizer wants to know.
  [[maybe_unused]] void* fake_stack_ = nullptr;
  const void* bottom_ = nullptr;
  std::size_t bytes_ = 0;
};

/// What was done before leave(place) is before what is done after enter(place).
void leave(void* place);
void enter(void* place);

/// While one lives, nobody asks whether what its maker reads and writes is in order.
class Unwatched {
 public:
  Unwatched();
  ~Unwatched();
  Unwatched(const Unwatched&) = delete;
  Unwatched& operator=(const Unwatched&) = delete;
};

}  // namespace wald::gpu::emulator
