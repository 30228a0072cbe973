// Runs a row kernel over strided operands: contiguous and constant ones are read in place, the
// others are gathered into a buffer a few hundred elements at a time.
#include "pointwise.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "loops.h"
#include "parallel.h"
#include "simd.h"

namespace wald::kernels {
namespace {

constexpr std::int64_t buffer_elements = 512;

template <class T>
void gather_as(const Nest& nest, int operand, const void* data, std::int64_t begin, std::int64_t n,
               void* buffer) {
  const T* from = static_cast<const T*>(data);
  T* to = static_cast<T*>(buffer);
  Cursor cursor(nest, operand, begin);
  while (n > 0) {
    const std::int64_t run = std::min(n, cursor.run());
    const T* p = from + cursor.offset();
    const std::int64_t stride = cursor.stride();
    if (stride == 1)
      std::memcpy(to, p, run * sizeof(T));
    else
      for (std::int64_t i = 0; i < run; ++i) to[i] = p[i * stride];
    cursor.advance(run);
    to += run;
    n -= run;
  }
}

struct Loop {
  const Nest& nest;
  RowKernel kernel;
  int arity;
  const View* in;
  int in_bytes[4];
  char* out;
  int out_bytes;
  bool has_buffered;
  bool is_by_rows;  // every operand is contiguous or constant along a long innermost axis

  void run(std::int64_t begin, std::int64_t end) const {
    if (is_by_rows) {
      const std::int64_t row = nest.size[nest.rank - 1];
      for (std::int64_t n; begin < end; begin += n) {
        n = std::min(end - begin, row - begin % row);
        run_row(begin, n);
      }
      return;
    }
    const std::int64_t step = has_buffered ? buffer_elements : end - begin;
    for (; begin < end; begin += step) run_piece(begin, std::min(step, end - begin));
  }

  void run_piece(std::int64_t begin, std::int64_t n) const {
    alignas(64) char buffer[4][buffer_elements * 8];
    const void* p[4];
    unsigned splat = 0;
    for (int i = 0; i < arity; ++i) {
      if (nest.is_splat(i)) {
        p[i] = in[i].data;
        splat |= 1u << i;
      } else if (nest.is_contiguous(i)) {
        p[i] = static_cast<const char*>(in[i].data) + begin * in_bytes[i];
      } else {
        gather(i, begin, n, buffer[i]);
        p[i] = buffer[i];
      }
    }
    kernel(p, splat, out + begin * out_bytes, n);
  }

  void run_row(std::int64_t begin, std::int64_t n) const {
    const void* p[4];
    unsigned splat = 0;
    for (int i = 0; i < arity; ++i) {
      const Cursor cursor(nest, i, begin);
      p[i] = static_cast<const char*>(in[i].data) + cursor.offset() * in_bytes[i];
      splat |= (cursor.stride() == 0 ? 1u : 0u) << i;
    }
    kernel(p, splat, out + begin * out_bytes, n);
  }

  void gather(int i, std::int64_t begin, std::int64_t n, void* buffer) const {
    switch (in_bytes[i]) {
      case 1:
        return gather_as<std::uint8_t>(nest, i, in[i].data, begin, n, buffer);
      case 4:
        return gather_as<float>(nest, i, in[i].data, begin, n, buffer);
      default:
        return gather_as<double>(nest, i, in[i].data, begin, n, buffer);
    }
  }
};

/// Whether an operand's elements follow each other in memory, or are all the same one.
enum class Layout { contiguous, constant, strided };
Layout layout_of(Shape shape, const std::int64_t* stride) {
  std::int64_t expected = 1;
  bool is_contiguous = true, is_constant = true;
  for (int axis = shape.rank; axis-- > 0;) {
    if (shape.size[axis] == 1) continue;
    is_contiguous &= stride[axis] == expected;
    is_constant &= stride[axis] == 0;
    expected *= shape.size[axis];
  }
  return is_contiguous ? Layout::contiguous : is_constant ? Layout::constant : Layout::strided;
}

/// A small call whose operands need no walk: straight to the kernel. False if it is not one.
bool run_small(const RowKernels& kernel, DType dtype, Shape shape, const View* in, void* out) {
  constexpr std::int64_t most = 8192;
  std::int64_t count = 1;
  for (int axis = 0; axis < shape.rank; ++axis) count *= shape.size[axis];
  if (count > most) return false;
  const void* p[4];
  unsigned splat = 0;
  for (int i = 0; i < kernel.arity; ++i) {
    const Layout layout = layout_of(shape, in[i].stride);
    if (layout == Layout::strided) return false;
    if (layout == Layout::constant) splat |= 1u << i;
    p[i] = in[i].data;
  }
  if (count > 0) kernel.of(dtype)(p, splat, out, count);
  return true;
}

}  // namespace

const PointwiseKernel* find_pointwise(const char* name) {
  static const auto* const by_name = [] {
    auto* map = new std::unordered_map<std::string_view, const PointwiseKernel*>;
    const Simd& set = simd();
    for (int i = 0; i < set.pointwise_count; ++i)
      map->emplace(set.pointwise[i].name, &set.pointwise[i]);
    return map;
  }();
  const auto found = by_name->find(name);
  return found == by_name->end() ? nullptr : found->second;
}

void apply_in_place(const char* formula, double* x, std::int64_t n) {
  const void* in[] = {x};
  static_cast<const RowKernels&>(*find_pointwise(formula)).f64(in, 0, x, n);
}

void pointwise(const PointwiseKernel& of_cpu, DType dtype, Shape shape, const View* in, void* out) {
  const auto& kernel = static_cast<const RowKernels&>(of_cpu);
  if (run_small(kernel, dtype, shape, in, out)) return;
  const Nest nest(shape, in, kernel.arity);
  if (nest.count == 0) return;
  Loop loop{nest, kernel.of(dtype), kernel.arity, in, {}, static_cast<char*>(out), 0, false, true};
  const int bytes = static_cast<int>(size_of(dtype));
  for (int i = 0; i < kernel.arity; ++i) {
    loop.in_bytes[i] = kernel.kind == PointwiseKind::choose && i == 0 ? 1 : bytes;
    const std::int64_t inner = nest.stride[i][nest.rank - 1];
    loop.is_by_rows &= inner == 0 || inner == 1;
    loop.has_buffered |= !nest.is_contiguous(i) && !nest.is_splat(i);
  }
  loop.is_by_rows &= loop.has_buffered && nest.size[nest.rank - 1] >= buffer_elements;
  loop.out_bytes = kernel.kind == PointwiseKind::compare ? 1 : bytes;
  parallel_ranges(nest.count, [&](std::int64_t begin, std::int64_t end) { loop.run(begin, end); });
}

}  // namespace wald::kernels
