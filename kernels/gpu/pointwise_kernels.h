// Makes kernels of formulas: over memory that is contiguous or constant in packs of 16 bytes, over
// other memory element by element. For the files pointwise_*.cu alone.
#pragma once

#include <algorithm>
#include <type_traits>
#include <utility>

#include "elements.h"
#include "pointwise.h"

#define WALD_ALL WALD_DEVICE inline

namespace wald::gpu {
namespace {

template <class F, class T>
constexpr int arity_of() {
  if constexpr (requires(F f, T x) { f(x); })
    return 1;
  else if constexpr (requires(F f, T x) { f(x, x); })
    return 2;
  else if constexpr (requires(F f, T x) { f(x, x, x); })
    return 3;
  else
    return 4;
}

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
    WALD_NOT_UNROLLED for (std::int64_t i = first(t); i < nest.count; i += step(t)) {
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
    WALD_NOT_UNROLLED for (std::int64_t i = first(t); i < nest.count; i += step(t)) {
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

/// Operands that are contiguous, or the same number throughout. A thread loads `packs` packs of
/// each operand before it computes, a block's threads side by side: a GPU's memory is fast only
/// while many loads are on their way.
template <class F, int packs, class Out, class... In>
struct Flat {
  static constexpr int arity = sizeof...(In);
  // A pack of the widest type has 16 bytes.
  static constexpr int width = 16 / static_cast<int>(std::max({sizeof(Out), sizeof(In)...}));
  const void* in[arity];
  bool is_constant[arity];
  Out* out;
  std::int64_t n;
  bool is_aligned;

  template <class T>
  struct alignas(sizeof(T) * width) Pack {
    T at[width];
  };
  template <class T, int count>
  struct Packs {
    Pack<T> pack[count];
  };

  /// Of operand j, from pack i on, `apart` from one another.
  template <class T, int count>
  WALD_ALL Packs<T, count> load(int j, std::int64_t i, int apart) const {
    const T* const p = static_cast<const T*>(in[j]);
    Packs<T, count> loaded;
    if (is_constant[j]) {
      const T same = *p;
      for (int k = 0; k < count; ++k)
        for (int l = 0; l < width; ++l) loaded.pack[k].at[l] = same;
    } else {
      for (int k = 0; k < count; ++k)
        loaded.pack[k] = reinterpret_cast<const Pack<T>*>(p)[i + k * apart];
    }
    return loaded;
  }
  template <int count, std::size_t... j>
  WALD_ALL void compute(std::int64_t i, int apart, std::index_sequence<j...>) const {
    write<count>(i, apart, load<In, count>(j, i, apart)...);
  }
  template <int count>
  WALD_ALL void write(std::int64_t i, int apart, const Packs<In, count>&... x) const {
    for (int k = 0; k < count; ++k) {
      Pack<Out> y;
      for (int l = 0; l < width; ++l) y.at[l] = F{}(x.pack[k].at[l]...);
      reinterpret_cast<Pack<Out>*>(out)[i + k * apart] = y;
    }
  }
  template <std::size_t... j>
  WALD_ALL void one(std::int64_t i, std::index_sequence<j...>) const {
    out[i] = F{}(static_cast<const In*>(in[j])[is_constant[j] ? 0 : i]...);
  }

  WALD_DEVICE void operator()(const Thread& t) const {
    constexpr auto operands = std::make_index_sequence<arity>();
    const std::int64_t whole = is_aligned ? n / width : 0, of_block = packs * t.count();
    WALD_NOT_UNROLLED for (std::int64_t i = t.block() * of_block + t.index(); i < whole;
                           i += t.blocks() * of_block) {
      if (i + (packs - 1) * t.count() < whole) {
        compute<packs>(i, t.count(), operands);
      } else {
        WALD_NOT_UNROLLED for (int k = 0; k < packs; ++k) if (i + k * t.count() < whole)
            compute<1>(i + k * t.count(), 0, operands);
      }
    }
    WALD_NOT_UNROLLED for (std::int64_t i = whole * width + first(t); i < n; i += step(t))
        one(i, operands);
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
  constexpr int arity = arity_of<F, double>();
  InDouble<F, arity> kernel{{}, out, sizeof(T) == sizeof(float), nest};
  for (int j = 0; j < arity; ++j) kernel.in[j] = in[j];
  return launch(kernel, grid_for(nest.count), stream);
}

template <class F, int packs, class Out, class... In>
Status launch_pointwise(const kernels::Nest& nest, const void* const* in, void* out,
                        Stream stream) {
  using Kernel = Flat<F, packs, Out, In...>;
  Kernel kernel{{}, {}, static_cast<Out*>(out), nest.count, true};
  const auto is_aligned = [](const void* p, std::size_t bytes) {
    return reinterpret_cast<std::uintptr_t>(p) % (bytes * Kernel::width) == 0;
  };
  constexpr std::size_t bytes[] = {sizeof(In)...};
  for (int j = 0; j < Kernel::arity; ++j) {
    if (!nest.is_contiguous(j) && !nest.is_splat(j))
      return launch_strided<F, Out, In...>(nest, in, out, stream);
    kernel.in[j] = in[j];
    kernel.is_constant[j] = nest.is_splat(j);
    kernel.is_aligned &= kernel.is_constant[j] || is_aligned(in[j], bytes[j]);
  }
  kernel.is_aligned &= is_aligned(out, sizeof(Out));
  const int of_thread = kernel.is_aligned ? packs * Kernel::width : 1;
  return launch(kernel, grid_for((nest.count + of_thread - 1) / of_thread), stream);
}

template <class F, int packs, class T, class Out>
constexpr PointwiseLaunch pointwise_of() {
  if constexpr (arity_of<F, T>() == 1)
    return launch_pointwise<F, packs, Out, T>;
  else if constexpr (arity_of<F, T>() == 2)
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
    add(name, arity_of<F, double>(), kernels::PointwiseKind::value,
        pointwise_of<F, one, double, double>(), pointwise_of<F, one, float, float>(), nullptr);
  }
  template <class F>
  void any(const char* name, F) {
    add(name, arity_of<F, double>(), kernels::PointwiseKind::value,
        pointwise_of<F, many, double, double>(), pointwise_of<F, many, float, float>(),
        pointwise_of<F, many, std::int64_t, std::int64_t>());
  }
  template <class F>
  void compare(const char* name, F) {
    add(name, arity_of<F, double>(), kernels::PointwiseKind::compare,
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
    add(name, arity_of<F, double>(), kernels::PointwiseKind::value, launch_in_double<F, double>,
        launch_in_double<F, float>, nullptr);
  }
  template <class F>
  void lanewise(const char* name, F formula) {
    in_double(name, formula);
  }
};

}  // namespace
}  // namespace wald::gpu
