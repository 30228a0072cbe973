#include "random.h"

#include <algorithm>

#include <wald/kernels/random_formulas.h>

#include "parallel.h"

namespace wald::kernels {
namespace {

// Even, so that a block of two numbers lies in one part.
constexpr std::int64_t numbers_a_task = 1 << 14;

/// Calls body(begin, end) for each part of [0, n).
template <class Body>
void in_parts(std::int64_t n, const Body& body) {
  parallel_for((n + numbers_a_task - 1) / numbers_a_task, [&](std::int64_t part) {
    body(part * numbers_a_task, std::min(n, (part + 1) * numbers_a_task));
  });
}

/// out[i] = transform(word i), words being the halves of successive blocks.
template <class T, class Transform>
void fill_from_words(RandomPlace place, std::int64_t n, T* out, const Transform& transform) {
  in_parts(n, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; i += 2) {
      const PhiloxBlock block =
          philox(place.seed, place.position + static_cast<std::uint64_t>(i / 2), 0);
      out[i] = transform(random_word(block, 0));
      if (i + 1 < end) out[i + 1] = transform(random_word(block, 1));
    }
  });
}

template <class T>
void random_real_as(RandomLaw law, RandomPlace place, std::int64_t n, T* out) {
  switch (law) {
    case RandomLaw::uniform:
      return fill_from_words(place, n, out, [](std::uint64_t word) {
        if constexpr (std::is_same_v<T, float>)
          return uniform_float_of(word);
        else
          return uniform_of(word);
      });
    case RandomLaw::normal:
      return fill_from_words(place, n, out,
                             [](std::uint64_t word) { return static_cast<T>(normal_of(word)); });
    case RandomLaw::exponential:
      return fill_from_words(
          place, n, out, [](std::uint64_t word) { return static_cast<T>(exponential_of(word)); });
  }
}

}  // namespace

void random_real(RandomLaw law, DType dtype, RandomPlace place, std::int64_t n, void* out) {
  if (dtype == DType::float32)
    random_real_as(law, place, n, static_cast<float*>(out));
  else
    random_real_as(law, place, n, static_cast<double*>(out));
}

void random_integers(RandomPlace place, std::int64_t low, std::uint64_t range, std::int64_t n,
                     std::int64_t* out) {
  in_parts(n, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      ElementStream stream(place.seed, place.position + static_cast<std::uint64_t>(i));
      out[i] =
          static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + integer_below(stream, range));
    }
  });
}

void random_poisson(RandomPlace place, const double* mean, std::int64_t n, double* out) {
  in_parts(n, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      ElementStream stream(place.seed, place.position + static_cast<std::uint64_t>(i));
      out[i] = poisson_of(stream, mean[i]);
    }
  });
}

}  // namespace wald::kernels
