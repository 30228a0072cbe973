// MT19937 seeded and read as R does, and R's ways from its words to the distributions.
#include <wald/engine/error.h>
#include <wald/models/distributions.h>
#include <wald/models/random.h>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <unordered_set>

namespace wald {
namespace {

constexpr std::size_t kWords = 624;
constexpr std::size_t kShift = 397;

std::uint32_t scramble(std::uint32_t word) { return 69069 * word + 1; }

std::uint32_t twist(std::uint32_t high, std::uint32_t low) {
  const std::uint32_t joined = (high & 0x80000000U) | (low & 0x7fffffffU);
  return (joined >> 1) ^ ((joined & 1) != 0 ? 0x9908b0dfU : 0);
}

// By repeated squaring, as R does: the last bit of std::pow can differ.
double power(double base, int exponent) {
  double result = 1;
  for (; exponent > 0; exponent >>= 1, base *= base) {
    if ((exponent & 1) != 0) result *= base;
  }
  return result;
}

template <class Draw>
auto repeat(std::size_t count, Draw draw) {
  std::vector<decltype(draw())> values(count);
  std::generate(values.begin(), values.end(), draw);
  return values;
}

}  // namespace

RRandom::RRandom(std::uint32_t value) { seed(value); }

void RRandom::seed(std::uint32_t value) {
  // R scrambles 50 times, then fills its word of position, which is overwritten, and the state.
  for (int i = 0; i < 51; ++i) value = scramble(value);
  for (std::uint32_t& word : state_) word = value = scramble(value);
  position_ = kWords;
}

void RRandom::refill() {
  for (std::size_t i = 0; i < kWords; ++i) {
    state_[i] = state_[(i + kShift) % kWords] ^ twist(state_[i], state_[(i + 1) % kWords]);
  }
  position_ = 0;
}

std::uint32_t RRandom::next_word() {
  if (position_ == kWords) refill();
  std::uint32_t y = state_[position_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680U;
  y ^= (y << 15) & 0xefc60000U;
  return y ^ (y >> 18);
}

double RRandom::runif() {
  constexpr double kHalfStep = 0.5 * 2.328306437080797e-10;
  const double u = next_word() * 2.3283064365386963e-10;
  return std::clamp(u, kHalfStep, 1 - kHalfStep);
}

double RRandom::rnorm() {
  constexpr double kResolution = 134217728;  // 2^27: two uniforms give the 53 bits
  const double high = std::floor(kResolution * runif());
  return normal_quantile((high + runif()) / kResolution);
}

int RRandom::rbinom(int n, double p) {
  if (n < 0 || !(p >= 0 && p <= 1)) {
    throw InputError(fmt::format("rbinom needs n >= 0 and 0 <= p <= 1, not n = {}, p = {}", n, p));
  }
  const double rare = std::min(p, 1 - p);
  if (n * rare >= 30) {
    throw InputError(fmt::format(
        "rbinom draws by inversion and needs n min(p, 1-p) < 30, not n = {}, p = {}", n, p));
  }
  if (n == 0 || p == 0) return 0;
  if (p == 1) return n;
  const double odds = rare / (1 - rare);
  const double first = power(1 - rare, n);
  for (;;) {
    double u = runif();
    double mass = first;
    // Rounding may leave u above all the mass; R gives up at 110 and draws again.
    for (int k = 0; k <= 110;) {
      if (u < mass) return p > 0.5 ? n - k : k;
      u -= mass;
      ++k;
      mass *= odds * (n + 1) / k - odds;
    }
  }
}

std::int64_t RRandom::index_below(std::int64_t n) {
  const int bits = std::bit_width(static_cast<std::uint64_t>(n) - 1);
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  for (;;) {
    std::uint64_t drawn = 0;
    for (int have = 0; have <= bits; have += 16) {
      drawn = 65536 * drawn + static_cast<std::uint64_t>(std::floor(runif() * 65536));
    }
    const auto index = static_cast<std::int64_t>(drawn & mask);
    if (index < n) return index;
  }
}

std::vector<std::int64_t> RRandom::sample(std::int64_t n) { return sample(n, n); }

std::vector<std::int64_t> RRandom::sample(std::int64_t n, std::int64_t size) {
  if (size < 0 || size > n) {
    throw InputError(fmt::format("sample cannot take {} of {} without replacement", size, n));
  }
  // R's own threshold: the stream is read differently beyond it.
  if (n > 10'000'000 && size <= n / 2) return sample_by_rejection(n, size);
  std::vector<std::int64_t> left(n);
  std::iota(left.begin(), left.end(), 1);
  return repeat(size, [&] {
    std::int64_t& slot = left[index_below(static_cast<std::int64_t>(left.size()))];
    const std::int64_t taken = slot;
    slot = left.back();
    left.pop_back();
    return taken;
  });
}

std::vector<std::int64_t> RRandom::sample_by_rejection(std::int64_t n, std::int64_t size) {
  std::unordered_set<std::int64_t> seen;
  return repeat(size, [&] {
    std::int64_t drawn;
    do drawn = index_below(n) + 1;
    while (!seen.insert(drawn).second);
    return drawn;
  });
}

std::vector<double> RRandom::runif(std::size_t count) {
  return repeat(count, [this] { return runif(); });
}

std::vector<double> RRandom::rnorm(std::size_t count) {
  return repeat(count, [this] { return rnorm(); });
}

std::vector<int> RRandom::rbinom(std::size_t count, int n, double p) {
  return repeat(count, [this, n, p] { return rbinom(n, p); });
}

}  // namespace wald
