// Makes kernels of formulas: over memory that is contiguous or constant in packs of 16 bytes, over
// other memory element by element. For the files pointwise_*.cu alone.
#pragma once

#include <type_traits>
#include <utility>

#include <wald/kernels/arity.h>

#include "elements.h"
#include "flat.h"
#include "pointwise.h"

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
  Nest nest;

  WALD_DEVICE void operator()(const Thread& t) const {
    WALD_NOT_UNROLLED
    for (std::int64_t i = first(t); i < nest.count; i += step(t)) {
      std::int64_t at[arity];
      find_offsets(nest, i, at);
      this->out[i] = this->call(at, std::make_index_sequence<arity>());
    }
  }
};

template <class F, class Scalar, class Out, class... In>
Status launch_strided(const kernels::Nest& nest, const void* const* in, void* out, Stream stream) {
  Strided<F, Scalar, Out, In...> kernel{{{}, static_cast<Out*>(out)}, nest};
  for (std::size_t j = 0; j < sizeof...(In); ++j) kernel.in[j] = in[j];
  return launch(kernel, grid_for(nest.count), stream);
}

template <class F, int packs, class Out, class... In>
Status launch_pointwise(const kernels::Nest& nest, const void* const* in, void* out,
                        Stream stream) {
  for (int j = 0; j < static_cast<int>(sizeof...(In)); ++j)
    if (!nest.is_contiguous(j) && !nest.is_splat(j))
      return launch_strided<F, void, Out, In...>(nest, in, out, stream);
  return launch_flat<F, packs, Out, In...>(nest, in, out, stream);
}

template <class F, int packs, class T, class Out>
constexpr PointwiseLaunch pointwise_of() {
  if constexpr (kernels::arity_of<F, T>() == 1)
    return launch_pointwise<F, packs, Out, T>;
  else if constexpr (kernels::arity_of<F, T>() == 2)
    return launch_pointwise<F, packs, Out, T, T>;
  else
    return launch_pointwise<F, packs, Out, T, T, T>;
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
  // What is computed in a few instructions waits for memory alone; the code of the rest is long.
  static constexpr int many = 2, one = 1;
  PointwiseSet& set;

  void add(const char* name, int arity, kernels::PointwiseKind kind, PointwiseLaunch f64,
           PointwiseLaunch f32, PointwiseLaunch i64) {
    set.add({{name, arity, kind, i64 != nullptr}, f64, f32, i64});
  }
  template <class F>
  void real(const char* name, F) {
    add(name, kernels::arity_of<F, double>(), kernels::PointwiseKind::value,
        pointwise_of<F, one, double, double>(), pointwise_of<F, one, float, float>(), nullptr);
  }
  template <class F>
  void any(const char* name, F) {
    add(name, kernels::arity_of<F, double>(), kernels::PointwiseKind::value,
        pointwise_of<F, many, double, double>(), pointwise_of<F, many, float, float>(),
        pointwise_of<F, many, std::int64_t, std::int64_t>());
  }
  template <class F>
  void compare(const char* name, F) {
    add(name, kernels::arity_of<F, double>(), kernels::PointwiseKind::compare,
        pointwise_of<F, many, double, bool>(), pointwise_of<F, many, float, bool>(),
        pointwise_of<F, many, std::int64_t, bool>());
  }
  template <class F>
  void choose(const char* name, F) {
    add(name, 3, kernels::PointwiseKind::choose,
        launch_pointwise<F, many, double, bool, double, double>,
        launch_pointwise<F, many, float, bool, float, float>,
        launch_pointwise<F, many, std::int64_t, bool, std::int64_t, std::int64_t>);
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
