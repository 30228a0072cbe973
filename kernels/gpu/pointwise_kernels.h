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

/// Operands in `In...`, which may differ for a mask.
template <class F, class Out, class... In>
struct Strided {
  static constexpr int arity = sizeof...(In);
  const void* in[arity];
  Out* out;
  Nest nest;

  template <std::size_t... j>
  WALD_ALL Out call(const std::int64_t (&at)[arity], std::index_sequence<j...>) const {
    return static_cast<Out>(F{}(static_cast<const In*>(in[j])[at[j]]...));
  }
  WALD_DEVICE void operator()(const Thread& t) const {
    WALD_NOT_UNROLLED
    for (std::int64_t i = first(t); i < nest.count; i += step(t)) {
      std::int64_t at[arity];
      find_offsets(nest, i, at);
      out[i] = call(at, std::make_index_sequence<arity>());
    }
  }
};

/// Computed in double, of float64 or of float32. The formulas are so long that neither a second
/// kernel for float32 nor one for contiguous memory is worth its code.
template <class F, int arity>
struct InDouble {
  const void* in[arity];
  void* out;
  bool is_float;
  Nest nest;

  WALD_ALL double load(std::size_t j, std::int64_t at) const {
    return is_float ? static_cast<double>(static_cast<const float*>(in[j])[at])
                    : static_cast<const double*>(in[j])[at];
  }
  template <std::size_t... j>
  WALD_ALL double call(const std::int64_t (&at)[arity], std::index_sequence<j...>) const {
    return F{}(load(j, at[j])...);
  }
  WALD_DEVICE void operator()(const Thread& t) const {
    WALD_NOT_UNROLLED
    for (std::int64_t i = first(t); i < nest.count; i += step(t)) {
      std::int64_t at[arity];
      find_offsets(nest, i, at);
      const double y = call(at, std::make_index_sequence<arity>());
      if (is_float)
        static_cast<float*>(out)[i] = static_cast<float>(y);
      else
        static_cast<double*>(out)[i] = y;
    }
  }
};

template <class F, class Out, class... In>
Status launch_strided(const kernels::Nest& nest, const void* const* in, void* out, Stream stream) {
  Strided<F, Out, In...> kernel{{}, static_cast<Out*>(out), nest};
  for (std::size_t j = 0; j < sizeof...(In); ++j) kernel.in[j] = in[j];
  return launch(kernel, grid_for(nest.count), stream);
}

template <class F, class T>
Status launch_in_double(const kernels::Nest& nest, const void* const* in, void* out,
                        Stream stream) {
  constexpr int arity = kernels::arity_of<F, double>();
  InDouble<F, arity> kernel{{}, out, sizeof(T) == sizeof(float), nest};
  for (int j = 0; j < arity; ++j) kernel.in[j] = in[j];
  return launch(kernel, grid_for(nest.count), stream);
}

template <class F, int packs, class Out, class... In>
Status launch_pointwise(const kernels::Nest& nest, const void* const* in, void* out,
                        Stream stream) {
  for (int j = 0; j < static_cast<int>(sizeof...(In)); ++j)
    if (!nest.is_contiguous(j) && !nest.is_splat(j))
      return launch_strided<F, Out, In...>(nest, in, out, stream);
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
        launch_in_double<F, double>, launch_in_double<F, float>, nullptr);
  }
  template <class F>
  void lanewise(const char* name, F formula) {
    in_double(name, formula);
  }
};

}  // namespace
}  // namespace wald::gpu
