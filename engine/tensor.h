// Tensor: a strided view of shared memory, with its place in the computation graph.
// Operations are free functions (ops/ops.h); differentiation is in autograd.h.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>
#include <vector>

#include <wald/engine/device.h>
#include <wald/engine/error.h>
#include <wald/engine/ref.h>
#include <wald/engine/shape.h>
#include <wald/kernels/dtype.h>

namespace wald {

class Node;
struct TensorImpl;

/// Takes a hook off again; see Tensor::register_hook.
class HookHandle {
 public:
  HookHandle();
  HookHandle(Ref<Node> node, std::uint64_t id);
  HookHandle(const HookHandle&);
  HookHandle& operator=(const HookHandle&);
  ~HookHandle();
  void remove();

 private:
  Ref<Node> node_;
  std::uint64_t id_ = 0;
};

/// A handle: copies share the same tensor. A default-constructed one is undefined.
///
/// Values that take part in a graph are immutable. Only a leaf (made by the user, not by an
/// operation) can be written in place, and one that requires grad only under NoGradGuard.
class Tensor {
 public:
  Tensor();
  explicit Tensor(Ref<TensorImpl> impl);
  Tensor(const Tensor&);
  Tensor(Tensor&&) noexcept;
  Tensor& operator=(const Tensor&);
  Tensor& operator=(Tensor&&) noexcept;
  ~Tensor();

  bool defined() const { return static_cast<bool>(impl_); }

  const Dims& shape() const;
  const Dims& strides() const;  ///< In elements.
  std::int64_t dim() const { return static_cast<std::int64_t>(shape().size()); }
  std::int64_t size(std::int64_t axis) const;  ///< Negative axes count from the end.
  std::int64_t numel() const { return wald::numel(shape()); }
  DType dtype() const;
  Device device() const;
  bool is_contiguous() const;

  /// The only element. Throws ShapeError if there is not exactly one.
  template <class T = double>
  T item() const;
  /// All elements in row-major order, converted to T.
  template <class T = double>
  std::vector<T> to_vector() const;
  /// The first element in memory; the others lie at strides(). T must be the element type, and the
  /// device the processor: DeviceError else.
  template <class T>
  const T* data() const;
  /// The same, for writing; counts as a write in place.
  template <class T>
  T* mutable_data();

  /// Writes in place, into a leaf; the source is broadcast, converted and brought to this device.
  Tensor& copy_(const Tensor& source);
  Tensor& fill_(double value);

  bool requires_grad() const;
  /// Marks a leaf as one to differentiate by. Only float64 and float32.
  Tensor& requires_grad_(bool value = true);
  bool is_leaf() const;
  /// The operation that made this value; null for a leaf.
  Ref<Node> grad_fn() const;
  /// What backward() has accumulated; undefined until then.
  Tensor grad() const;
  void set_grad(const Tensor& grad);
  /// Lets backward() keep the gradient of this intermediate value as well.
  void retain_grad();
  /// Calls `hook` with the gradient by this tensor in every sweep backward, before it is
  /// accumulated or carried on. What it returns, of the same shape, replaces the gradient; an
  /// undefined tensor leaves it. Hooks are called in the order of registration; in a batched sweep
  /// once for each cotangent. Throws GraphError if the tensor does not require grad.
  HookHandle register_hook(std::function<Tensor(const Tensor& gradient)> hook);
  /// The same memory, outside the graph.
  Tensor detach() const;

  /// Gradients of this scalar, accumulated into grad() of the leaves. A tensor of several elements
  /// needs `gradient`, of its shape. See autograd.h for the rest.
  void backward(const Tensor& gradient = Tensor(), bool retain_graph = false,
                bool create_graph = false) const;

  /// Whether both handles are the same tensor.
  bool is_same(const Tensor& other) const { return impl_.get() == other.impl_.get(); }
  TensorImpl* impl() const { return impl_.get(); }

 private:
  Ref<TensorImpl> impl_;
};

/// A number, or a list of lists of numbers.
class Literal {
 public:
  Literal(double value) : values_{value} {}
  Literal(std::initializer_list<Literal> parts);

  const Dims& shape() const { return shape_; }
  const std::vector<double>& values() const { return values_; }

 private:
  Dims shape_;
  std::vector<double> values_;
};

/// float64 from values: tensor(1.5) is a scalar, tensor({1, 2, 3}) a vector,
/// tensor({{1, 2}, {3, 4}}) a matrix. Throws ShapeError if rows differ in length.
Tensor tensor(const Literal& values);

/// A copy of `values` (row-major) as a tensor of the given shape; of one axis if none is given.
/// Like all that are made of numbers it lies on default_device(), unless another is given.
template <class T>
Tensor from_span(std::span<const T> values, const Dims& shape);
template <class T>
requires(!std::same_as<T, bool>) Tensor from_vector(const std::vector<T>& values) {
  return from_span<T>(values, {static_cast<std::int64_t>(values.size())});
}
template <class T>
requires(!std::same_as<T, bool>) Tensor
    from_vector(const std::vector<T>& values, const Dims& shape) {
  return from_span<T>(values, shape);
}
/// A tensor on the processor over memory of the caller's (row-major), without a copy. The memory
/// must stay as it is while any tensor uses it; `release` is called when none does.
template <class T>
Tensor from_memory(const T* data, const Dims& shape, std::function<void()> release = {});

Tensor full(const Dims& shape, double value, DType dtype = DType::float64,
            const Device& device = default_device());
Tensor zeros(const Dims& shape, DType dtype = DType::float64,
             const Device& device = default_device());
Tensor ones(const Dims& shape, DType dtype = DType::float64,
            const Device& device = default_device());
Tensor eye(std::int64_t n, DType dtype = DType::float64, const Device& device = default_device());
/// Memory with whatever it held.
Tensor empty(const Dims& shape, DType dtype = DType::float64,
             const Device& device = default_device());

}  // namespace wald
