// The pointwise kernels of every instruction set that this machine has, against the formulas of the
// table of operations in extended precision: a row there is tested here too.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include <wald/kernels/cpu/simd.h>

#include "../engine/op_table.h"

namespace wald::kernels {
namespace {

using testing::OpRow;
using Reals = std::vector<long double>;

std::vector<const Simd*> sets() {
  __builtin_cpu_init();
  std::vector<const Simd*> out = {&simd_baseline()};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) out.push_back(&simd_avx2());
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    out.push_back(&simd_avx512());
  return out;
}

const RowKernels& kernel_of(const Simd& set, const std::string& name) {
  for (int i = 0; i < set.pointwise_count; ++i)
    if (set.pointwise[i].name == name) return set.pointwise[i];
  throw std::out_of_range("no kernel " + name);
}

/// Elements begin .. begin + n of the operands through the kernel; operand i is one value, that at
/// begin, if bit i of splat is set. Fails if the element after the last is written.
template <class T>
std::vector<T> run(const RowKernels& kernel, const std::vector<std::vector<T>>& in,
                   std::size_t begin, std::size_t n, unsigned splat = 0) {
  const void* pointers[4];
  for (std::size_t i = 0; i < in.size(); ++i) pointers[i] = in[i].data() + begin;
  std::vector<std::uint8_t> mask;
  if (kernel.kind == PointwiseKind::choose) {
    const auto first = in[0].begin() + static_cast<std::ptrdiff_t>(begin);
    mask.assign(first, first + static_cast<std::ptrdiff_t>(n));
    pointers[0] = mask.data();
  }
  const RowKernel row = kernel.of(dtype_of<T>::value);
  if (kernel.kind == PointwiseKind::compare) {
    std::vector<std::uint8_t> out(n + 1, 77);
    row(pointers, splat, out.data(), static_cast<std::int64_t>(n));
    EXPECT_EQ(out[n], 77) << "written past the end";
    return {out.begin(), out.end() - 1};
  }
  std::vector<T> out(n + 1, T(77));
  row(pointers, splat, out.data(), static_cast<std::int64_t>(n));
  EXPECT_EQ(out[n], T(77)) << "written past the end";
  out.pop_back();
  return out;
}

template <class T>
std::vector<T> hostile() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> out = {T(0),
                        T(1),
                        T(2),
                        T(0.5),
                        T(3),
                        T(1e-3),
                        T(0.75),
                        T(1e-10),
                        T(20),
                        T(37),
                        T(80),
                        T(88),
                        T(103),
                        T(708),
                        T(745),
                        T(1e5),
                        T(1e10),
                        T(1e22),
                        T(1e30),
                        Limits::min(),
                        T(3.14159265358979),
                        T(1.5707963),
                        Limits::max(),
                        Limits::infinity(),
                        Limits::denorm_min(),
                        Limits::min() / 3,
                        Limits::quiet_NaN(),
                        Limits::max() / 2,
                        T(1) + Limits::epsilon(),
                        T(1) - Limits::epsilon() / 2};
  for (std::size_t i = 0, n = out.size(); i < n; ++i) out.push_back(-out[i]);
  return out;
}
template <>
std::vector<std::int64_t> hostile<std::int64_t>() {
  std::vector<std::int64_t> out = {
      0, 1, 2, 3, 17, (1LL << 31) + 5, (1LL << 53) + 1, (1LL << 62) + 1};
  for (std::size_t i = 0, n = out.size(); i < n; ++i) out.push_back(-out[i]);
  return out;
}

/// Operands of the row: all combinations of hostile values, then ordinary ones of many sizes.
template <class T>
std::vector<std::vector<T>> operands(const OpRow& row) {
  std::vector<std::vector<T>> in(row.inputs.size());
  const std::vector<T> values = hostile<T>();
  const bool has_mask = row.inputs[0].dtype == DType::boolean;
  if (row.inputs.size() == 1) in[0] = values;
  for (std::size_t i = 0; row.inputs.size() > 1 && i < values.size(); ++i)
    for (std::size_t j = 0; j < values.size(); ++j) {
      if (has_mask) in[0].push_back(T((i + j) % 2));
      in[in.size() - 2].push_back(values[i]);
      in[in.size() - 1].push_back(values[j]);
      for (std::size_t other = 0; !has_mask && other + 2 < in.size(); ++other)
        in[other].push_back(values[(i + j * (7 + other)) % values.size()]);
    }
  if (has_mask) in[0].resize(in[1].size());
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> uniform(-1, 1), exponent(-8, 8);
  for (int i = 0; i < 4000; ++i)
    for (std::size_t operand = 0; operand < in.size(); ++operand) {
      double v = uniform(random) * std::exp(exponent(random));
      if (has_mask && operand == 0) v = uniform(random) < 0 ? 0 : 1;
      // Few of several numbers that are anything would lie in the domain together.
      if (!has_mask && in.size() > 2 && uniform(random) < 0.5)
        v = row.inputs[operand].place(uniform(random) / 2 + 0.5);
      if (!row.wide.empty() && uniform(random) < 0.5)
        v = row.wide[operand].place(uniform(random) / 2 + 0.5);
      in[operand].push_back(static_cast<T>(v));
    }
  for (std::size_t operand = 0; operand < static_cast<std::size_t>(row.sampled); ++operand)
    for (T& v : in[operand])
      v = static_cast<T>(row.inputs[operand].place(uniform(random) / 2 + 0.5));
  return in;
}

/// The distance of `got` from the exact value in units of T's last place there, or, if it is given,
/// of that of `magnitude`.
template <class T>
long double ulps_from(T got, long double exact, const long double* magnitude) {
  const T rounded = static_cast<T>(exact);
  if (std::isnan(rounded) || std::isnan(got))
    return std::isnan(rounded) && std::isnan(got) ? 0 : 1e30L;
  if (got == rounded && std::isinf(got)) return 0;
  // Where only one of them overflows they may still lie next to each other.
  if (std::isinf(got) && std::isfinite(exact) && (got > 0) == (exact > 0))
    return 1 + ulps_from(std::copysign(std::numeric_limits<T>::max(), got), exact, magnitude);
  if (std::isinf(exact) || std::isinf(got)) return 1e30L;
  if (got == 0 && rounded == 0 && !magnitude)
    return std::signbit(got) == std::signbit(rounded) ? 0 : 1e30L;
  int power = 0;
  std::frexp(magnitude ? *magnitude : exact, &power);
  const int least = std::numeric_limits<T>::min_exponent;
  const long double place =
      std::ldexp(1.0L, std::max(power, least) - std::numeric_limits<T>::digits);
  return std::fabs(static_cast<long double>(got) - exact) / place;
}

template <class T>
bool same_bits(T a, T b) {
  if constexpr (std::is_floating_point_v<T>)
    if (std::isnan(a) && std::isnan(b)) return true;
  return std::memcmp(&a, &b, sizeof a) == 0;
}

template <class T>
Reals at(const std::vector<std::vector<T>>& in, std::size_t i) {
  Reals x;
  for (const auto& operand : in) x.push_back(static_cast<long double>(operand[i]));
  return x;
}

std::string text(const Reals& x) {
  std::string out;
  for (long double v : x) out += " " + ::testing::PrintToString(static_cast<double>(v));
  return out;
}

class EachFormula : public ::testing::TestWithParam<OpRow> {
 protected:
  const OpRow row = GetParam();

  /// How far the value moves, in ulps, if an argument moves by half a unit in its last place: what
  /// no formula can be better than where it must round its argument.
  template <class T>
  long double movement(const Reals& x) const {
    const long double exact = row.scalar(x);
    long double most = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      Reals moved = x;
      moved[i] = x[i] * (1 + std::numeric_limits<T>::epsilon() / 2.0L);
      const long double other = row.scalar(moved);
      if (std::isfinite(other) && std::isfinite(exact) && std::isfinite(static_cast<T>(exact)))
        most = std::max(most, std::fabs(other - exact));
    }
    int power = 0;
    std::frexp(exact, &power);
    return std::ldexp(most, std::numeric_limits<T>::digits - power);
  }

  /// What the kernels must give: of every set the same, and slow to compute for some rows.
  struct Wanted {
    Reals x;
    long double exact, magnitude, condition;
    bool counts;
  };
  template <class T>
  std::vector<Wanted> wanted(const std::vector<std::vector<T>>& in) const {
    std::vector<Wanted> out;
    for (std::size_t i = 0; i < in[0].size(); ++i) {
      Wanted w{at(in, i), 0, 0, 1, true};
      w.counts = !row.within || row.within(w.x);
      if (w.counts) {
        w.exact = row.scalar(w.x);
        if (row.magnitude) w.magnitude = row.magnitude(w.x);
        if (row.condition) w.condition = std::max(1.0L, row.condition(w.x));
      }
      out.push_back(std::move(w));
    }
    return out;
  }

  template <class T>
  void check_values() const {
    const auto in = operands<T>(row);
    const std::vector<Wanted> all = wanted(in);
    for (const Simd* set : sets()) {
      const auto out = run(kernel_of(*set, row.name), in, 0, in[0].size());
      long double worst = 0;
      Reals worst_at;
      T worst_value = 0;
      for (std::size_t i = 0; i < out.size(); ++i) {
        const Wanted& w = all[i];
        if (!w.counts || std::fabs(out[i] - w.exact) <= row.absolute) continue;
        long double error = ulps_from(out[i], w.exact, row.magnitude ? &w.magnitude : nullptr);
        if (error > row.ulps && row.input_ulps > 0) error -= row.input_ulps * movement<T>(w.x);
        error /= w.condition;
        if (!(error > worst)) continue;
        worst = error, worst_at = w.x, worst_value = out[i];
      }
      EXPECT_LE(worst, row.ulps) << set->name << ", " << (sizeof(T) == 4 ? "float32" : "float64")
                                 << " at" << text(worst_at) << " gives " << worst_value;
    }
  }

  void check_integers(const Simd& set) const {
    const RowKernels& kernel = kernel_of(set, row.name);
    if (!kernel.i64) return;
    const auto in = operands<std::int64_t>(row);
    const auto out = run(kernel, in, 0, in[0].size());
    for (std::size_t i = 0; i < out.size(); ++i) {
      const long double exact = row.scalar(at(in, i));
      if (std::fabs(exact) >= 0x1p63L) continue;  // wraps around
      ASSERT_EQ(out[i], static_cast<std::int64_t>(exact)) << set.name << text(at(in, i));
    }
  }

  /// The first 97 hostile and ordinary values, in pieces of every length and place.
  template <class T>
  void check_pieces(const Simd& set) const {
    const RowKernels& kernel = kernel_of(set, row.name);
    if (!kernel.of(dtype_of<T>::value)) return;
    auto in = operands<T>(row);
    for (auto& operand : in) operand.erase(operand.begin(), operand.end() - 97);
    const auto whole = run(kernel, in, 0, 97);
    for (std::size_t n = 1; n <= 40; ++n)
      for (std::size_t begin = 0; begin + n <= 97; begin += 1 + n / 2) {
        const auto piece = run(kernel, in, begin, n);
        for (std::size_t i = 0; i < n; ++i)
          ASSERT_TRUE(same_bits(piece[i], whole[begin + i])) << set.name << ", length " << n;
      }
    for (unsigned splat = 1; splat < 1u << in.size(); ++splat) {
      auto repeated = in;
      for (std::size_t i = 0; i < in.size(); ++i)
        if (splat >> i & 1) std::fill(repeated[i].begin() + 3, repeated[i].end(), in[i][3]);
      const auto wanted = run(kernel, repeated, 3, 41), got = run(kernel, in, 3, 41, splat);
      for (std::size_t i = 0; i < 41; ++i)
        ASSERT_TRUE(same_bits(got[i], wanted[i])) << set.name << ", splat " << splat;
    }
  }

  /// Ordinary values between hostile ones, against each value alone: a vector with one value that
  /// takes a slow path must not take the others along.
  template <class T>
  void check_neighbours(const Simd& set) const {
    const RowKernels& kernel = kernel_of(set, row.name);
    if (!kernel.of(dtype_of<T>::value)) return;
    const auto values = operands<T>(row);
    auto in = values;
    const std::size_t n = std::min<std::size_t>(values[0].size() - 4000, 60), total = 2 * 4000;
    for (std::size_t operand = 0; operand < in.size(); ++operand) {
      in[operand].clear();
      for (std::size_t i = 0; i < total; ++i)
        in[operand].push_back(values[operand][i % 2 ? i / 2 % n : values[0].size() - 4000 + i / 2]);
    }
    const auto together = run(kernel, in, 0, total);
    int differences = 0;
    Reals first;
    for (std::size_t i = 0; i < total; ++i) {
      if (same_bits(run(kernel, in, i, 1)[0], together[i])) continue;
      if (differences++ == 0) first = at(in, i);
    }
    EXPECT_EQ(differences, 0) << set.name << ", " << sizeof(T) << " bytes, first at" << text(first);
  }

  template <class T>
  void check_same_bits(const Simd& a, const Simd& b) const {
    if (!kernel_of(a, row.name).of(dtype_of<T>::value)) return;
    const auto in = operands<T>(row);
    const auto x = run(kernel_of(a, row.name), in, 0, in[0].size());
    const auto y = run(kernel_of(b, row.name), in, 0, in[0].size());
    for (std::size_t i = 0; i < x.size(); ++i)
      ASSERT_TRUE(same_bits(x[i], y[i])) << text(at(in, i)) << ": " << x[i] << " and " << y[i];
  }
};

TEST_P(EachFormula, IsExactToTheStatedUlps) {
  check_values<double>();
  check_values<float>();
  for (const Simd* set : sets()) check_integers(*set);
}

TEST_P(EachFormula, GivesTheSameBitsWhereverAValueStands) {
  for (const Simd* set : sets()) {
    check_pieces<double>(*set);
    check_pieces<float>(*set);
    check_pieces<std::int64_t>(*set);
    check_neighbours<double>(*set);
    check_neighbours<float>(*set);
  }
}

TEST_P(EachFormula, GivesTheSameBitsOnAvx2AndAvx512) {
  if (sets().size() < 3) GTEST_SKIP() << "needs a processor with AVX-512";
  check_same_bits<double>(*sets()[1], *sets()[2]);
  check_same_bits<float>(*sets()[1], *sets()[2]);
  check_same_bits<std::int64_t>(*sets()[1], *sets()[2]);
}

std::vector<OpRow> formulas() {
  std::vector<OpRow> rows;
  for (const OpRow& row : testing::op_rows())
    if (row.is_pointwise()) rows.push_back(row);
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Table, EachFormula, ::testing::ValuesIn(formulas()),
                         [](const auto& param_info) { return param_info.param.name; });

TEST(Sets, OfferTheSameFormulas) {
  for (const Simd* set : sets()) {
    ASSERT_EQ(set->pointwise_count, static_cast<int>(formulas().size())) << set->name;
    for (int i = 0; i < set->pointwise_count; ++i)
      EXPECT_STREQ(set->pointwise[i].name, sets()[0]->pointwise[i].name);
  }
}

TEST(Sets, SumToTheSameBits) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<double> x(4096);
  for (double& v : x) v = uniform(random);
  const std::vector<float> y(x.begin(), x.end());
  for (std::int64_t n = 0; n <= 4096; n += n < 100 ? 1 : 333)
    for (const Simd* set : sets()) {
      auto sum = [n](const Simd* its, const auto& values, DType dtype) {
        double total = -1;
        its->fold[static_cast<int>(Fold::sum)][static_cast<int>(dtype)].row(values.data(), n,
                                                                            &total);
        return total;
      };
      EXPECT_EQ(sum(set, x, DType::float64), sum(sets()[0], x, DType::float64))
          << set->name << " " << n;
      EXPECT_EQ(sum(set, y, DType::float32), sum(sets()[0], y, DType::float32))
          << set->name << " " << n;
    }
}

}  // namespace
}  // namespace wald::kernels
