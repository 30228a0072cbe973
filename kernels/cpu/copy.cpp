#include "copy.h"

#include <algorithm>

#include "loops.h"
#include "parallel.h"

namespace wald::kernels {
namespace {

template <class From, class To>
void copy_run(const From* from, std::int64_t from_stride, To* to, std::int64_t to_stride,
              std::int64_t n) {
  if constexpr (std::is_same_v<From, To>) {
    if (from_stride == 1 && to_stride == 1) {
      std::memcpy(to, from, n * sizeof(To));
      return;
    }
  }
  for (std::int64_t i = 0; i < n; ++i) to[i * to_stride] = static_cast<To>(from[i * from_stride]);
}

template <class From, class To>
void copy_range(const Nest& nest, const From* from, To* to, std::int64_t begin, std::int64_t end) {
  Cursor source(nest, 0, begin), target(nest, 1, begin);
  while (begin < end) {
    const std::int64_t run = std::min(end - begin, source.run());
    copy_run(from + source.offset(), source.stride(), to + target.offset(), target.stride(), run);
    source.advance(run);
    target.advance(run);
    begin += run;
  }
}

}  // namespace

void copy(DType from, DType to, Shape shape, View in, View out) {
  const View both[] = {in, out};
  const Nest nest(shape, both, 2);
  if (nest.count == 0) return;
  visit_dtype(from, [&](auto from_value) {
    visit_dtype(to, [&](auto to_value) {
      auto* source = static_cast<const decltype(from_value)*>(in.data);
      auto* target = static_cast<decltype(to_value)*>(const_cast<void*>(out.data));
      parallel_ranges(nest.count, [&](std::int64_t begin, std::int64_t end) {
        copy_range(nest, source, target, begin, end);
      });
    });
  });
}

void fill(DType dtype, void* out, std::int64_t n, double value) {
  visit_dtype(dtype, [&](auto type) {
    using T = decltype(type);
    T* to = static_cast<T*>(out);
    parallel_ranges(n, [&](std::int64_t begin, std::int64_t end) {
      std::fill(to + begin, to + end, static_cast<T>(value));
    });
  });
}

}  // namespace wald::kernels
