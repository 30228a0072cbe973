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
    WALD_NOT_UNROLLED for (std::int64_t i = first(t); i < nest.count; i += step(t)) {
      std::int64_t at[arity];
      find_offsets(nest, i, at);
      this->out[i] = this->call(at, std::make_index_sequence<arity>());
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
        WALD_NOT_UNROLLED for (int k = 0; k < packs; ++k)
          if (i + k * t.count() < whole) compute<1>(i + k * t.count(), 0, operands);
      }
    }
    WALD_NOT_UNROLLED for (std::int64_t i = whole * width + first(t); i < n; i += step(t))
      one(i, operands);
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
  using Kernel = Flat<F, packs, Out, In...>;
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

/// Computed in double. Long formulas are not worth a second kernel for contiguous memory.
template <class F, class T>
constexpr PointwiseLaunch in_double_of() {
  if constexpr (arity_of<F, double>() == 1)
    return launch_strided<F, double, T, T>;
  else if constexpr (arity_of<F, double>() == 2)
    return launch_strided<F, double, T, T, T>;
  else if constexpr (arity_of<F, double>() == 3)
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
    add(name, arity_of<F, double>(), kernels::PointwiseKind::value, in_double_of<F, double>(),
        in_double_of<F, float>(), nullptr);
  }
  template <class F>
  void lanewise(const char* name, F formula) {
    in_double(name, formula);
  }
};

}  // namespace
}  // namespace wald::gpu
