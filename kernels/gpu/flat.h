// One function of the elements of memory that is contiguous or constant, in packs of 16 bytes.
#pragma once

#include <algorithm>
#include <utility>

#include "elements.h"

#define WALD_ALL WALD_DEVICE inline

namespace wald::gpu {
namespace {

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

/// out[i] = F()(in[0][i], ...) over the elements of a nest in which all operands are contiguous or
/// the same throughout.
template <class F, int packs, class Out, class... In>
Status launch_flat(const kernels::Nest& nest, const void* const* in, void* out, Stream stream) {
  using Kernel = Flat<F, packs, Out, In...>;
  Kernel kernel{{}, {}, static_cast<Out*>(out), nest.count, true};
  const auto is_aligned = [](const void* p, std::size_t bytes) {
    return reinterpret_cast<std::uintptr_t>(p) % (bytes * Kernel::width) == 0;
  };
  constexpr std::size_t bytes[] = {sizeof(In)...};
  for (int j = 0; j < Kernel::arity; ++j) {
    kernel.in[j] = in[j];
    kernel.is_constant[j] = nest.is_splat(j);
    kernel.is_aligned &= kernel.is_constant[j] || is_aligned(in[j], bytes[j]);
  }
  kernel.is_aligned &= is_aligned(out, sizeof(Out));
  const int of_thread = kernel.is_aligned ? packs * Kernel::width : 1;
  return launch(kernel, grid_for((nest.count + of_thread - 1) / of_thread), stream);
}

}  // namespace
}  // namespace wald::gpu
