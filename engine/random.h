// Random tensors by a counter-based generator, Philox4x32-10: element i of a call depends on the
// seed, the generator's position and i alone, so the same numbers come for any number of threads.
// Uniforms, integers and the choices of the other samplers use only arithmetic that has one right
// answer (kernels/random_formulas.h): all numbers here have the same bits on every device that does
// not fuse products and sums; where one does, normals, exponentials and counts agree within
// rounding.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include <wald/engine/tensor.h>

namespace wald {

/// A stream of random numbers: a seed and how far it has been used. Safe to use from several
/// threads at once, whose calls then get parts of the stream in an order that is not fixed; a
/// thread that needs numbers of its own has a Generator of its own, with another seed.
class Generator {
 public:
  struct State {
    std::uint64_t seed = 0, position = 0;
    friend bool operator==(const State&, const State&) = default;
  };

  explicit Generator(std::uint64_t seed = 0) : state_{seed, 0} {}
  Generator(const Generator& other) : state_(other.state()) {}
  Generator& operator=(const Generator& other) {
    set_state(other.state());
    return *this;
  }

  /// Starts the stream of another seed, at its beginning.
  void manual_seed(std::uint64_t seed) { set_state({seed, 0}); }
  std::uint64_t seed() const { return state().seed; }
  /// Where the stream is: set_state() of it gives the same numbers again.
  State state() const;
  void set_state(const State& state);
  /// Takes `blocks` blocks of the stream (128 random bits each): where they begin.
  State take(std::uint64_t blocks);

 private:
  mutable std::mutex mutex_;
  State state_;
};

/// The generator of calls that name none. Begins with seed 0.
Generator& default_generator();
/// default_generator().manual_seed(seed).
void manual_seed(std::uint64_t seed);

struct RandomOptions {
  /// If none, float64, or for randint and randperm int64.
  std::optional<DType> dtype = {};
  /// If none, default_generator().
  Generator* generator = nullptr;
};

/// Uniform on the open interval (0, 1): odd multiples of 2^-53, or 2^-24 in float32. Both types
/// draw the same numbers, float32 fewer of their digits. DTypeError for integers, here and below.
Tensor rand(const Dims& shape, const RandomOptions& options = {});
Tensor rand_like(const Tensor& x, Generator* generator = nullptr);
/// Uniform between the bounds. The tensors broadcast; the result is differentiable by them.
Tensor uniform(const Tensor& low, const Tensor& high, Generator* generator = nullptr);
Tensor uniform(const Dims& shape, double low, double high, const RandomOptions& options = {});

/// Standard normal, by inversion. float32 has the numbers of float64, rounded.
Tensor randn(const Dims& shape, const RandomOptions& options = {});
Tensor randn_like(const Tensor& x, Generator* generator = nullptr);
/// Normal, mean + sd randn. The tensors broadcast; the result is differentiable by them.
Tensor normal(const Tensor& mean, const Tensor& sd, Generator* generator = nullptr);
Tensor normal(const Dims& shape, double mean, double sd, const RandomOptions& options = {});

/// Exponential of the given rate, above 0 (InputError): the mean is 1 / rate.
Tensor exponential(const Dims& shape, double rate = 1, const RandomOptions& options = {});

/// Integers low <= k < high, all equally likely, without bias, as int64 or another type; IndexError
/// if there is none. One bound is from 0.
Tensor randint(std::int64_t low, std::int64_t high, const Dims& shape,
               const RandomOptions& options = {});
Tensor randint(std::int64_t high, const Dims& shape, const RandomOptions& options = {});
/// A random order of 0 ... n - 1, all orders equally likely.
Tensor randperm(std::int64_t n, const RandomOptions& options = {});

/// 1 with the given probabilities, else 0; of their shape and type (integers: float64). InputError
/// outside [0, 1].
Tensor bernoulli(const Tensor& probability, Generator* generator = nullptr);
Tensor bernoulli(const Dims& shape, double probability, const RandomOptions& options = {});

/// Poisson counts with the given means, of their shape and type (integers: float64). Exact for all
/// means, small and large. InputError for one that is negative, infinite or nan.
Tensor poisson(const Tensor& mean, Generator* generator = nullptr);

}  // namespace wald
