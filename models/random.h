// R's random numbers, to the bit: what set.seed(), runif(), rnorm(), rbinom() and sample() give in
// R >= 3.6 with the default kinds (Mersenne-Twister, Inversion, Rejection). Knows no model.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace wald {

/// One stream of R's default generator. Each draw takes from the stream exactly what R takes, so
/// any mixture of draws in R's order gives R's numbers.
///
/// Matsumoto & Nishimura (1998), MT19937, ACM TOMACS 8, 3-30; normals by inversion
/// (normal_quantile).
class RRandom {
 public:
  /// The stream after R's set.seed(seed).
  explicit RRandom(std::uint32_t seed);

  /// Starts the stream anew, as R's set.seed(value).
  void seed(std::uint32_t value);

  /// Uniform on the open interval (0, 1); a multiple of 2^-32 but for the two ends.
  double runif();
  std::vector<double> runif(std::size_t count);

  /// Standard normal; takes two uniforms.
  double rnorm();
  std::vector<double> rnorm(std::size_t count);

  /// Binomial of `n` >= 0 trials of probability `p` in [0, 1], by inversion of one uniform.
  /// Throws InputError outside this domain, and where n min(p, 1-p) >= 30: there R uses another
  /// algorithm, which is not here.
  int rbinom(int n, double p);
  std::vector<int> rbinom(std::size_t count, int n, double p);

  /// A random permutation of 1..n, or its first `size` elements: R's sample(n, size), without
  /// replacement. Throws InputError unless 0 <= size <= n.
  std::vector<std::int64_t> sample(std::int64_t n);
  std::vector<std::int64_t> sample(std::int64_t n, std::int64_t size);

 private:
  std::uint32_t next_word();
  void refill();
  std::int64_t index_below(std::int64_t n);
  std::vector<std::int64_t> sample_by_rejection(std::int64_t n, std::int64_t size);

  std::array<std::uint32_t, 624> state_;
  std::size_t position_;
};

}  // namespace wald
