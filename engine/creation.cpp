#include "creation.h"

#include <fmt/format.h>

#include <cmath>

#include "ops/shape.h"
#include "tensor_impl.h"

namespace wald {
namespace {

void require_step(bool is_zero) {
  if (is_zero) throw IndexError("arange: a step of 0 never ends");
}

/// float64 values in row-major order, in the type asked for.
Tensor in_type(const std::vector<double>& values, DType dtype) {
  return to(from_vector(values), dtype);
}

}  // namespace

Tensor float_range(double start, double stop, double step, DType dtype) {
  require_step(step == 0);
  const double count = std::ceil((stop - start) / step);
  if (!std::isfinite(start) || !std::isfinite(step) || !(std::abs(count) < 0x1p53))
    throw IndexError(
        fmt::format("arange: from {} to {} by {} is no finite range", start, stop, step));
  Tensor out = empty({static_cast<std::int64_t>(std::max(count, 0.0))}, DType::float64, Device());
  auto* values = out.mutable_data<double>();
  for (std::int64_t i = 0; i < out.numel(); ++i) values[i] = start + static_cast<double>(i) * step;
  return to(to(out, dtype), default_device());
}

Tensor int_range(std::int64_t start, std::int64_t stop, std::int64_t step) {
  require_step(step == 0);
  // Unsigned: a distance may be larger than the largest int64.
  const auto from = static_cast<std::uint64_t>(start), until = static_cast<std::uint64_t>(stop);
  const auto by = static_cast<std::uint64_t>(step);
  std::uint64_t count = 0;
  if (step > 0 && start < stop) count = (until - from - 1) / by + 1;
  if (step < 0 && start > stop) count = (from - until - 1) / (0 - by) + 1;
  if (count > std::uint64_t{1} << 60)
    throw IndexError(fmt::format("arange: from {} to {} by {} is too long", start, stop, step));
  Tensor out = empty({static_cast<std::int64_t>(count)}, DType::int64, Device());
  auto* values = out.mutable_data<std::int64_t>();
  for (std::uint64_t i = 0; i < count; ++i) values[i] = static_cast<std::int64_t>(from + i * by);
  return to(out, default_device());
}

static std::vector<double> spaced(const char* name, double start, double stop, std::int64_t n) {
  if (n < 0) throw ShapeError(fmt::format("{}: {} numbers were asked for", name, n));
  std::vector<double> values(static_cast<std::size_t>(n), start);
  const double steps = static_cast<double>(n - 1);
  // From the nearer end, so that both are exact and the row is symmetric.
  for (std::int64_t i = 1; i < n; ++i) {
    const auto left = static_cast<double>(i), right = static_cast<double>(n - 1 - i);
    values[static_cast<std::size_t>(i)] = left < right ? start + (stop - start) * (left / steps)
                                                       : stop - (stop - start) * (right / steps);
  }
  return values;
}

Tensor linspace(double start, double stop, std::int64_t n, DType dtype) {
  return in_type(spaced("linspace", start, stop, n), dtype);
}

Tensor logspace(double start, double stop, std::int64_t n, double base, DType dtype) {
  std::vector<double> values = spaced("logspace", start, stop, n);
  for (double& value : values) value = std::pow(base, value);
  return in_type(values, dtype);
}

Tensor zeros_like(const Tensor& x) { return zeros(x.shape(), x.dtype(), x.device()); }
Tensor ones_like(const Tensor& x) { return ones(x.shape(), x.dtype(), x.device()); }
Tensor full_like(const Tensor& x, double value) {
  return full(x.shape(), value, x.dtype(), x.device());
}
Tensor empty_like(const Tensor& x) { return empty(x.shape(), x.dtype(), x.device()); }

Tensor tensor(const Literal& values, DType dtype) { return to(tensor(values), dtype); }

template <class T>
Tensor from_memory(const T* data, const Dims& shape, const Dims& strides,
                   std::function<void()> release) {
  if (shape.size() != strides.size())
    throw ShapeError(fmt::format("from_memory: {} strides for a shape of {} axes", strides.size(),
                                 shape.size()));
  return alias(from_memory(data, shape, std::move(release)), shape, strides, 0);
}
template Tensor from_memory(const double*, const Dims&, const Dims&, std::function<void()>);
template Tensor from_memory(const float*, const Dims&, const Dims&, std::function<void()>);
template Tensor from_memory(const std::int64_t*, const Dims&, const Dims&, std::function<void()>);
template Tensor from_memory(const bool*, const Dims&, const Dims&, std::function<void()>);

namespace detail {

void refuse_ragged(std::int64_t expected, std::int64_t found) {
  throw ShapeError(
      fmt::format("tensor_of: a container of {} values after one of {}", found, expected));
}

void refuse_large(std::uint64_t value) {
  throw DTypeError(fmt::format("tensor_of: {} does not fit int64", value));
}

Tensor from_bools(const std::vector<unsigned char>& values, const Dims& shape) {
  Tensor out = empty(shape, DType::boolean, Device());
  std::transform(values.begin(), values.end(), out.mutable_data<bool>(),
                 [](unsigned char value) { return value != 0; });
  return to(out, default_device());
}

}  // namespace detail
}  // namespace wald
