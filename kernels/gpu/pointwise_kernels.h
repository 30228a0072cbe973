// Makes kernels of formulas: over memory that is contiguous or constant in packs of 16 bytes, over
// other memory element by element. For the files pointwise_*.cu alone.
#pragma once

#include <algorithm>
#include <type_traits>
#include <utility>

#include <wald/kernels/arity.h>

#include "elements.h"
#include "pointwise.h"

#define WALD_ALL WALD_DEVICE inline

namespace wald::gpu {
namespace {

/// Operands in `In...`, which may differ for a mask. The formula is computed in `Scalar`, if that
/// is not void.
template <class F, class Scalar, class Out, class... In>
struct Pointwise1 {
  static constexpr int arity = sizeof...(In);
  const void* in[arity];
  Out* out;

  template <std::size_t... j>
  WALD_ALL Out call(const std::int64_t (&at)[arity], std::index_sequence<j...>) const {
    if constexpr (std::is_void_v<Scalar>)
      return static_cast<Out>(F{}(static_cast<const In*>(in[j])[at[j]]...));
    else
      return static_cast<Out>(F{}(static_cast<Scalar>(static_cast<const In*>(in[j])[at[j]])...));
  }
};

template <class F, class Scalar, class Out, class... In>
struct Strided : Pointwise1<F, Scalar, Out, In...> {
  static constexpr int arity = sizeof...(In);
  kernels::Nest nest;

  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t i = first(t); i < nest.count; i += step(t)) {
      std::int64_t at[arity];
      find_offsets(nest, i, at);
      this->out[i] = this->call(at, std::make_index_sequence<arity>());
    }
  }
};

/// Operands that are contiguous, or the same number throughout.
template <class F, class Out, class... In>
struct Flat {
  static constexpr int arity = sizeof...(In);
  // A pack of the widest type is what a thread takes at a time.
  static constexpr int width = 16 / static_cast<int>(std::max({sizeof(Out), sizeof(In)...}));
  const void* in[arity];
  bool is_constant[arity];
  Out* out;
  std::int64_t n;
  bool is_aligned;

  template <class T>
  struct alignas(sizeof(T) * width) Several {
    T at[width];
  };

  template <class T>
  WALD_ALL Several<T> load(int j, std::int64_t i) const {
    const T* p = static_cast<const T*>(in[j]);
    if (!is_constant[j]) return *reinterpret_cast<const Several<T>*>(p + i);
    Several<T> same;
    for (int l = 0; l < width; ++l) same.at[l] = *p;
    return same;
  }
  template <std::size_t... j>
  WALD_ALL void several(std::int64_t i, std::index_sequence<j...>) const {
    several_of(i, load<In>(j, i)...);
  }
  WALD_ALL void several_of(std::int64_t i, const Several<In>&... x) const {
    Several<Out> y;
    for (int l = 0; l < width; ++l) y.at[l] = F{}(x.at[l]...);
    *reinterpret_cast<Several<Out>*>(out + i) = y;
  }
  template <std::size_t... j>
  WALD_ALL void one(std::int64_t i, std::index_sequence<j...>) const {
    out[i] = F{}(static_cast<const In*>(in[j])[is_constant[j] ? 0 : i]...);
  }

  WALD_DEVICE void operator()(const Thread& t) const {
    constexpr auto operands = std::make_index_sequence<arity>();
    const std::int64_t packs = is_aligned ? n / width : 0;
    for (std::int64_t i = first(t); i < packs; i += step(t)) several(i * width, operands);
    for (std::int64_t i = packs * width + first(t); i < n; i += step(t)) one(i, operands);
  }
};

template <class F, class Scalar, class Out, class... In>
Status launch_strided(const kernels::Nest& nest, const void* const* in, void* out, Stream stream) {
  Strided<F, Scalar, Out, In...> kernel{{{}, static_cast<Out*>(out)}, nest};
  for (std::size_t j = 0; j < sizeof...(In); ++j) kernel.in[j] = in[j];
  return launch(kernel, grid_for(nest.count), stream);
}

template <class F, class Out, class... In>
Status launch_pointwise(const kernels::Nest& nest, const void* const* in, void* out,
                        Stream stream) {
  using Kernel = Flat<F, Out, In...>;
  Kernel kernel{{}, {}, static_cast<Out*>(out), nest.count, true};
  const auto is_aligned = [](const void* p, std::size_t bytes) {
    return reinterpret_cast<std::uintptr_t>(p) % (bytes * Kernel::width) == 0;
  };
  constexpr std::size_t bytes[] = {sizeof(In)...};
  for (int j = 0; j < Kernel::arity; ++j) {
    if (!nest.is_contiguous(j) && !nest.is_splat(j))
      return launch_strided<F, void, Out, In...>(nest, in, out, stream);
    kernel.in[j] = in[j];
    kernel.is_constant[j] = nest.is_splat(j);
    kernel.is_aligned &= kernel.is_constant[j] || is_aligned(in[j], bytes[j]);
  }
  kernel.is_aligned &= is_aligned(out, sizeof(Out));
  return launch(kernel, grid_for((nest.count + Kernel::width - 1) / Kernel::width), stream);
}

template <class F, class T, class Out>
constexpr PointwiseLaunch pointwise_of() {
  if constexpr (kernels::arity_of<F, T>() == 1)
    return launch_pointwise<F, Out, T>;
  else if constexpr (kernels::arity_of<F, T>() == 2)
    return launch_pointwise<F, Out, T, T>;
  else
    return launch_pointwise<F, Out, T, T, T>;
}

/// Computed in double. Long formulas are not worth a second kernel for contiguous memory.
template <class F, class T>
constexpr PointwiseLaunch in_double_of() {
  if constexpr (kernels::arity_of<F, double>() == 1)
    return launch_strided<F, double, T, T>;
  else if constexpr (kernels::arity_of<F, double>() == 2)
    return launch_strided<F, double, T, T, T>;
  else if constexpr (kernels::arity_of<F, double>() == 3)
    return launch_strided<F, double, T, T, T, T>;
  else
    return launch_strided<F, double, T, T, T, T, T>;
}

/// Adds a kernel for each formula that a list of them passes to it by name.
struct Collect {
  PointwiseSet& set;

  void add(const char* name, int arity, kernels::PointwiseKind kind, PointwiseLaunch f64,
           PointwiseLaunch f32, PointwiseLaunch i64) {
    set.add({{name, arity, kind, i64 != nullptr}, f64, f32, i64});
  }
  template <class F>
  void real(const char* name, F) {
    add(name, kernels::arity_of<F, double>(), kernels::PointwiseKind::value,
        pointwise_of<F, double, double>(), pointwise_of<F, float, float>(), nullptr);
  }
  template <class F>
  void any(const char* name, F) {
    add(name, kernels::arity_of<F, double>(), kernels::PointwiseKind::value,
        pointwise_of<F, double, double>(), pointwise_of<F, float, float>(),
        pointwise_of<F, std::int64_t, std::int64_t>());
  }
  template <class F>
  void compare(const char* name, F) {
    add(name, kernels::arity_of<F, double>(), kernels::PointwiseKind::compare,
        pointwise_of<F, double, bool>(), pointwise_of<F, float, bool>(),
        pointwise_of<F, std::int64_t, bool>());
  }
  template <class F>
  void choose(const char* name, F) {
    add(name, 3, kernels::PointwiseKind::choose, launch_pointwise<F, double, bool, double, double>,
        launch_pointwise<F, float, bool, float, float>,
        launch_pointwise<F, std::int64_t, bool, std::int64_t, std::int64_t>);
  }
  template <class F>
  void in_double(const char* name, F) {
    add(name, kernels::arity_of<F, double>(), kernels::PointwiseKind::value,
        in_double_of<F, double>(), in_double_of<F, float>(), nullptr);
  }
  template <class F>
  void lanewise(const char* name, F formula) {
    in_double(name, formula);
  }
};

}  // namespace
}  // namespace wald::gpu
