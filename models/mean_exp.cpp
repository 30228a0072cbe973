#include "mean_exp.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <wald/engine/autograd.h>
#include <wald/engine/creation.h>
#include <wald/engine/error.h>
#include <wald/engine/op.h>
#include <wald/engine/ops/ops.h>
#include <wald/kernels/cpu/parallel.h>

namespace wald {
namespace {

/// Of the series of the mean of u^k exp(u x), whose terms are x^j / (j! (j + k + 1)). What follows
/// is below 1e-18 for |x| < 1.
using Series = std::array<double, 19>;

Series series_of(int k) {
  Series c;
  double factorial = 1;
  for (int j = 0; j < static_cast<int>(c.size()); ++j) {
    if (j > 0) factorial *= j;
    c[j] = 1 / (factorial * (j + k + 1));
  }
  return c;
}

/// The series at `count` numbers x > -1, what is below being taken for -1: some at a time, side by
/// side, so that they are vector operations.
void near_zero(const double* x, double* y, std::int64_t count, const Series& c) {
  constexpr std::int64_t together = 16;
  for (std::int64_t begin = 0; begin < count; begin += together) {
    const std::int64_t size = std::min(together, count - begin);
    double at[together] = {}, sum[together];
    for (std::int64_t l = 0; l < size; ++l) at[l] = std::max(x[begin + l], -1.0);
    std::fill_n(sum, together, c.back());
    for (std::size_t j = c.size() - 1; j-- > 0;)
      for (std::int64_t l = 0; l < together; ++l) sum[l] = sum[l] * at[l] + c[j];
    std::copy_n(sum, size, y + begin);
  }
}

/// By parts, from the mean of exp(u x) on. Below -1 little cancels.
double far_from_zero(double x, int k) {
  double mean = std::expm1(x) / x;
  const double end = k > 0 ? std::exp(x) : 0;
  for (int i = 1; i <= k; ++i) mean = (end - i * mean) / x;
  return mean;
}

/// The same as operations, which any device has.
Tensor by_operations(const Tensor& x, int k) {
  const Series c = series_of(k);
  const Tensor at = maximum(x, -1.0);
  Tensor near = full_like(x, c.back());
  for (std::size_t j = c.size() - 1; j-- > 0;) near = near * at + c[j];
  const Tensor end = exp(x);
  Tensor far = expm1(x) / x;
  for (int i = 1; i <= k; ++i) far = (end - static_cast<double>(i) * far) / x;
  return where(x > -1.0, near, far);
}

/// The mean of u^k exp(u x), whose derivative is that of u^(k+1) exp(u x).
class MeanExp final : public Op {
 public:
  explicit MeanExp(int k) : k_(k) {}

  std::string_view name() const override { return "mean_exp"; }
  Metas infer(Inputs in) const override {
    if (in[0].dtype() != DType::float64) throw DTypeError("mean_exp: the tensor is not float64");
    return {{in[0].shape(), in[0].dtype()}};
  }
  void run(Inputs in, std::span<Tensor> out) const override {
    const NoGradGuard guard;
    if (in[0].device() != Device()) {
      out[0].copy_(by_operations(in[0], k_));
      return;
    }
    const Tensor values = contiguous(in[0]);
    const double* const x = values.data<double>();
    double* const y = out[0].mutable_data<double>();
    const Series series = series_of(k_);
    constexpr std::int64_t block = 4096;
    kernels::parallel_for((values.numel() + block - 1) / block, [&](std::int64_t b) {
      const std::int64_t begin = b * block, end = std::min(values.numel(), begin + block);
      near_zero(x + begin, y + begin, end - begin, series);
      for (std::int64_t i = begin; i < end; ++i)
        if (!(x[i] > -1)) y[i] = far_from_zero(x[i], k_);
    });
  }
  std::uint64_t uses(int) const override { return 1; }
  Tensor vjp(const Call& call, int, Inputs g) const override { return slope(call).times(g[0]); }
  Tensors jvp(const Call& call, Inputs t) const override { return {slope(call).times(t[0])}; }
  std::shared_ptr<const Op> keep() const override { return std::make_shared<MeanExp>(*this); }

 private:
  Partial slope(const Call& call) const { return record(MeanExp(k_ + 1), {call.in(0)}); }

  int k_;
};

}  // namespace

Tensor mean_exp(const Tensor& x) { return record(MeanExp(0), {x}); }

}  // namespace wald
