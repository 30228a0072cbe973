// The table of pointwise kernels.
#include "pointwise.h"

#include <string_view>
#include <unordered_map>

namespace wald::gpu {

void PointwiseSet::add(const Pointwise& kernel) {
  if (count == capacity) __builtin_trap();
  kernels[count++] = kernel;
}

const PointwiseSet& pointwise_kernels() {
  // Made at the first call: hipcc cannot link a table of kernels that stands at namespace scope.
  static const PointwiseSet* const set = [] {
    auto* all = new PointwiseSet;
    add_arithmetic(*all);
    add_elementary(*all);
    add_special(*all);
    add_incomplete(*all);
    return all;
  }();
  return *set;
}

const Pointwise* find_pointwise(const char* name) {
  static const auto* const by_name = [] {
    auto* map = new std::unordered_map<std::string_view, const Pointwise*>;
    const PointwiseSet& set = pointwise_kernels();
    for (int i = 0; i < set.count; ++i) map->emplace(set.kernels[i].name, &set.kernels[i]);
    return map;
  }();
  const auto found = by_name->find(name);
  return found == by_name->end() ? nullptr : found->second;
}

Status pointwise(const Pointwise& kernel, DType dtype, kernels::Shape shape,
                 const kernels::View* in, void* out, Stream stream) {
  const kernels::Nest nest(shape, in, kernel.arity);
  if (nest.count == 0) return success;
  const void* data[4];
  for (int i = 0; i < kernel.arity; ++i) data[i] = in[i].data;
  const PointwiseLaunch run = dtype == DType::float64   ? kernel.f64
                              : dtype == DType::float32 ? kernel.f32
                                                        : kernel.i64;
  return run(nest, data, out, stream);
}

}  // namespace wald::gpu
