// Random numbers: those of the CPU, to the bit, if products and sums are not fused (-fmad=false).
#include "elements.h"  // first: hipcc's memcpy, which the formulas call

#include <wald/kernels/random_formulas.h>

namespace wald::gpu {
namespace {

using kernels::RandomLaw;
using kernels::RandomPlace;

template <RandomLaw law, class T>
WALD_DEVICE T number_of(std::uint64_t word) {
  if constexpr (law == RandomLaw::normal)
    return static_cast<T>(kernels::normal_of(word));
  else if constexpr (law == RandomLaw::exponential)
    return static_cast<T>(kernels::exponential_of(word));
  else if constexpr (sizeof(T) == 4)
    return kernels::uniform_float_of(word);
  else
    return kernels::uniform_of(word);
}

/// Two numbers of a block of words to a thread.
template <RandomLaw law, class T>
struct Real {
  RandomPlace place;
  std::int64_t n;
  T* out;

  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t pair = first(t); 2 * pair < n; pair += step(t)) {
      const kernels::PhiloxBlock block =
          kernels::philox(place.seed, place.position + static_cast<std::uint64_t>(pair), 0);
      for (int half = 0; half < 2 && 2 * pair + half < n; ++half)
        out[2 * pair + half] = number_of<law, T>(kernels::random_word(block, half));
    }
  }
};

struct Integers {
  RandomPlace place;
  std::uint64_t low, range;
  std::int64_t n;
  std::int64_t* out;

  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t i = first(t); i < n; i += step(t)) {
      kernels::ElementStream stream(place.seed, place.position + static_cast<std::uint64_t>(i));
      out[i] = static_cast<std::int64_t>(low + kernels::integer_below(stream, range));
    }
  }
};

struct Poisson {
  RandomPlace place;
  const double* mean;
  std::int64_t n;
  double* out;

  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t i = first(t); i < n; i += step(t)) {
      kernels::ElementStream stream(place.seed, place.position + static_cast<std::uint64_t>(i));
      out[i] = kernels::poisson_of(stream, mean[i]);
    }
  }
};

template <class T>
Status random_real_as(RandomLaw law, RandomPlace place, std::int64_t n, void* out, Stream stream) {
  T* const to = static_cast<T*>(out);
  const Grid grid = grid_for((n + 1) / 2);
  switch (law) {
    case RandomLaw::uniform:
      return launch(Real<RandomLaw::uniform, T>{place, n, to}, grid, stream);
    case RandomLaw::normal:
      return launch(Real<RandomLaw::normal, T>{place, n, to}, grid, stream);
    case RandomLaw::exponential:
      break;
  }
  return launch(Real<RandomLaw::exponential, T>{place, n, to}, grid, stream);
}

}  // namespace

Status random_real(RandomLaw law, DType dtype, RandomPlace place, std::int64_t n, void* out,
                   Stream stream) {
  if (n == 0) return success;
  return dtype == DType::float32 ? random_real_as<float>(law, place, n, out, stream)
                                 : random_real_as<double>(law, place, n, out, stream);
}

Status random_integers(RandomPlace place, std::int64_t low, std::uint64_t range, std::int64_t n,
                       std::int64_t* out, Stream stream) {
  if (n == 0) return success;
  return launch(Integers{place, static_cast<std::uint64_t>(low), range, n, out}, grid_for(n),
                stream);
}

Status random_poisson(RandomPlace place, const double* mean, std::int64_t n, double* out,
                      Stream stream) {
  if (n == 0) return success;
  return launch(Poisson{place, mean, n, out}, grid_for(n), stream);
}

}  // namespace wald::gpu
