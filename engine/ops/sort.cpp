// Ordering: the places are found by a kernel, the values gathered from there, so that they are
// differentiated as gather is.
#include <fmt/format.h>

#include <algorithm>

#include <wald/engine/ops/shape.h>
#include <wald/engine/tensor_impl.h>

#include "index.h"
#include "index_ops.h"

namespace wald {
namespace {

/// The places of the first `keep` elements along the last axis in order.
struct Argsort final : WholeNumbered<Argsort> {
  Argsort(bool down, std::int64_t k) : descending(down), keep(k) {}
  bool descending;
  std::int64_t keep;

  std::string_view name() const override { return "argsort"; }
  Metas infer(Inputs in) const override {
    Dims shape = in[0].shape();
    shape.back() = keep;
    return {{shape, DType::int64}};
  }
  void run(Inputs in, std::span<Tensor> out) const override {
    backend_of(in[0]).argsort(in[0].dtype(), kernel_shape(in[0].shape()), in[0].impl()->view(),
                              descending, keep,
                              reinterpret_cast<std::int64_t*>(out[0].impl()->data()));
  }
};

struct SearchSorted final : WholeNumbered<SearchSorted> {
  explicit SearchSorted(bool r) : right(r) {}
  bool right;

  std::string_view name() const override { return "searchsorted"; }
  Metas infer(Inputs in) const override { return {{in[1].shape(), DType::int64}}; }
  void run(Inputs in, std::span<Tensor> out) const override {
    const Tensor &sequence = in[0], &values = in[1];
    Dims begins = sequence.strides();  // each value's sequence; it stays along the last axis
    begins.back() = 0;
    if (sequence.dim() == 1) begins = Dims(values.shape().size(), 0);
    backend_of(values).searchsorted(values.dtype(), kernel_shape(values.shape()),
                                    {sequence.impl()->data(), begins.data()}, sequence.size(-1),
                                    sequence.strides().back(), values.impl()->view(), right,
                                    reinterpret_cast<std::int64_t*>(out[0].impl()->data()));
  }
};

Tensor first_places(const Tensor& x, std::int64_t from_end, bool descending, std::int64_t keep) {
  if (from_end == -1) return record(Argsort(descending, keep), {x.detach()});
  const Tensor turned = transpose(x.detach(), from_end, -1);
  return transpose(record(Argsort(descending, keep), {turned}), from_end, -1);
}

Sorted picked(const Tensor& x, std::int64_t from_end, const Tensor& places) {
  return {record(Gather(from_end, x.shape()), {x, places}), places};
}

}  // namespace

Sorted sort(const Tensor& x, std::int64_t axis, bool descending) {
  const std::int64_t from_end = axis_from_end(axis, x.dim(), "sort");
  return picked(x, from_end, first_places(x, from_end, descending, x.size(from_end)));
}

Tensor argsort(const Tensor& x, std::int64_t axis, bool descending) {
  const std::int64_t from_end = axis_from_end(axis, x.dim(), "argsort");
  return first_places(x, from_end, descending, x.size(from_end));
}

Sorted topk(const Tensor& x, std::int64_t k, std::int64_t axis, bool largest) {
  const std::int64_t from_end = axis_from_end(axis, x.dim(), "topk");
  if (k < 0 || k > x.size(from_end))
    throw IndexError(fmt::format("topk: {} elements were asked for of axis {} of shape {}", k, axis,
                                 to_string(x.shape())));
  return picked(x, from_end, first_places(x, from_end, largest, k));
}

Unique unique(const Tensor& x) {
  const std::int64_t n = x.numel();
  const Sorted sorted = sort(reshape(x.detach(), {n}));
  // How many values there are is known on the processor alone, so the rest is done there.
  const Tensor indices = to(sorted.indices, Device()), values = to(sorted.values, Device());
  const auto* place = indices.data<std::int64_t>();
  Tensor inverse = empty(x.shape(), DType::int64, Device());
  auto* which = inverse.mutable_data<std::int64_t>();
  std::vector<std::int64_t> firsts, counts;
  visit_dtype(x.dtype(), [&](auto type) {
    using T = decltype(type);
    const T* value = values.data<T>();
    auto differs = [](T a, T b) { return a != b && (a == a || b == b); };
    for (std::int64_t i = 0; i < n; ++i) {
      if (i == 0 || differs(value[i - 1], value[i])) {
        firsts.push_back(i);
        counts.push_back(0);
      }
      ++counts.back();
      which[place[i]] = static_cast<std::int64_t>(firsts.size()) - 1;
    }
  });
  const Device device = x.device();
  return {index_select(sorted.values, 0, to(from_vector(firsts), device)), to(inverse, device),
          to(from_vector(counts), device)};
}

Tensor searchsorted(const Tensor& sequence, const Tensor& values, bool right) {
  Dims beside = values.shape();
  if (!beside.empty() && sequence.dim() > 0) beside.back() = sequence.shape().back();
  if (sequence.dim() != 1 && (sequence.dim() == 0 || !(sequence.shape() == beside)))
    throw ShapeError(fmt::format(
        "searchsorted: a sequence of shape {} does not have the leading axes of values of shape {}",
        to_string(sequence.shape()), to_string(values.shape())));
  const DType dtype = std::max(sequence.dtype(), values.dtype());
  return record(SearchSorted(right), {to(sequence, dtype).detach(), to(values, dtype).detach()});
}

}  // namespace wald
