// A vector whose first N elements need no allocation: shapes, inputs of an op, edges of a node.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace wald {

template <class T, std::size_t N>
class InlineVector {
 public:
  InlineVector() = default;
  InlineVector(std::initializer_list<T> values) { assign(values.begin(), values.size()); }
  explicit InlineVector(std::size_t n, const T& value = T()) {
    reserve(n);
    std::uninitialized_fill_n(data_, n, value);
    size_ = n;
  }
  explicit InlineVector(std::span<const T> values) { assign(values.data(), values.size()); }
  InlineVector(const InlineVector& other) { copy(other); }
  InlineVector(InlineVector&& other) noexcept { take(other); }
  InlineVector& operator=(const InlineVector& other) {
    if (this != &other) {
      clear();
      copy(other);
    }
    return *this;
  }
  InlineVector& operator=(InlineVector&& other) noexcept {
    if (this != &other) {
      clear();
      free_heap();
      take(other);
    }
    return *this;
  }
  ~InlineVector() {
    clear();
    free_heap();
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  T& back() { return data_[size_ - 1]; }
  const T& back() const { return data_[size_ - 1]; }
  operator std::span<const T>() const { return {data_, size_}; }

  void push_back(T value) {
    if (size_ == capacity_) reserve(2 * capacity_);
    std::construct_at(data_ + size_, std::move(value));
    ++size_;
  }
  void insert(std::size_t at, T value) {
    push_back(std::move(value));
    std::rotate(begin() + at, end() - 1, end());
  }
  void erase(std::size_t at) {
    std::move(begin() + at + 1, end(), begin() + at);
    std::destroy_at(data_ + --size_);
  }
  void clear() {
    std::destroy_n(data_, size_);
    size_ = 0;
  }
  void reserve(std::size_t n) {
    if (n <= capacity_) return;
    T* fresh = std::allocator<T>().allocate(n);
    std::uninitialized_move_n(data_, size_, fresh);
    std::destroy_n(data_, size_);
    adopt(fresh, n);
  }

  friend bool operator==(const InlineVector& a, const InlineVector& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  T* inline_data() { return reinterpret_cast<T*>(inline_); }
  /// Memory for n elements instead of what there was.
  void adopt(T* fresh, std::size_t n) {
    free_heap();
    data_ = fresh;
    capacity_ = n;
  }
  /// Of an empty vector: there is nothing to move, which GCC 14 does not see in reserve().
  void assign(const T* values, std::size_t n) {
    if (n > capacity_) adopt(std::allocator<T>().allocate(n), n);
    std::uninitialized_copy_n(values, n, data_);
    size_ = n;
  }
  // A short list of numbers is copied whole, used or not: a few instructions, without a loop.
  static constexpr bool is_copied_whole = std::is_trivially_copyable_v<T> && N * sizeof(T) <= 64;
  void copy_whole(const InlineVector& other) {
    std::memcpy(data_, other.data_, N * sizeof(T));
    size_ = other.size_;
  }
  void copy(const InlineVector& other) {
    if constexpr (is_copied_whole)
      if (other.size_ <= N) return copy_whole(other);
    assign(other.data(), other.size());
  }
  void take(InlineVector& other) {
    if (other.data_ != other.inline_data()) {
      data_ = std::exchange(other.data_, other.inline_data());
      capacity_ = std::exchange(other.capacity_, N);
      size_ = std::exchange(other.size_, 0);
      return;
    }
    if constexpr (is_copied_whole) {
      copy_whole(other);
    } else {
      std::uninitialized_move_n(other.data_, other.size_, data_);
      size_ = other.size_;
    }
    other.clear();
  }
  void free_heap() {
    if (data_ == inline_data()) return;
    std::allocator<T>().deallocate(data_, capacity_);
    data_ = inline_data();
    capacity_ = N;
  }

  T* data_ = inline_data();
  std::size_t size_ = 0;
  std::size_t capacity_ = N;
  alignas(T) std::byte inline_[N * sizeof(T)];
};

}  // namespace wald
