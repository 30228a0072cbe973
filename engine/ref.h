// Reference counting inside the object: one word, one allocation, no control block.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace wald {

/// Base of objects held by Ref. When the last Ref goes, T::release(T*) is called, or the object is
/// deleted if T has no such function.
class RefCounted {
 public:
  RefCounted() = default;
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;

  std::uint32_t use_count() const { return refs_.load(std::memory_order_relaxed); }

 private:
  template <class T>
  friend class Ref;
  mutable std::atomic<std::uint32_t> refs_{0};
};

template <class T>
class Ref {
 public:
  Ref() = default;
  Ref(std::nullptr_t) {}
  explicit Ref(T* p) : p_(p) { retain(); }
  Ref(const Ref& other) : p_(other.p_) { retain(); }
  Ref(Ref&& other) noexcept : p_(std::exchange(other.p_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(p_, other.p_);
    return *this;
  }
  /// Of an object that nobody else knows yet.
  static Ref adopt(T* fresh) {
    fresh->refs_.store(1, std::memory_order_relaxed);
    Ref ref;
    ref.p_ = fresh;
    return ref;
  }
  ~Ref() {
    // Nobody can take another reference while this is the only one: no need for an atomic step
    // then.
    if (p_ && (p_->refs_.load(std::memory_order_acquire) == 1 ||
               p_->refs_.fetch_sub(1, std::memory_order_acq_rel) == 1))
      destroy(p_);
  }

  T* get() const { return p_; }
  T* operator->() const { return p_; }
  T& operator*() const { return *p_; }
  explicit operator bool() const { return p_ != nullptr; }

 private:
  void retain() {
    if (p_) p_->refs_.fetch_add(1, std::memory_order_relaxed);
  }
  static void destroy(T* p) {
    if constexpr (requires { T::release(p); })
      T::release(p);
    else
      delete p;
  }

  T* p_ = nullptr;
};

}  // namespace wald
