// The case of bench/poisson_lognormal.cpp as a user of libtorch writes it. libtorch has no Rprop in
// C++: its update is written here with tensor operations in place, as in torch.optim.
#include <torch/torch.h>

#include <benchmark/benchmark.h>

#include "../data.h"

namespace wald::bench {
namespace {

struct Rprop {
  std::vector<at::Tensor> parameters, previous, size;

  explicit Rprop(std::vector<at::Tensor> leaves) : parameters(std::move(leaves)) {
    for (const at::Tensor& x : parameters) {
      previous.push_back(torch::zeros_like(x));
      size.push_back(torch::full_like(x, 0.1));
    }
  }

  void step() {
    const torch::NoGradGuard guard;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      at::Tensor gradient = parameters[i].grad().clone();
      at::Tensor factor = gradient.mul(previous[i]).sign();
      factor.masked_fill_(factor.gt(0), 1.2);
      factor.masked_fill_(factor.lt(0), 0.5);
      factor.masked_fill_(factor.eq(0), 1);
      size[i].mul_(factor).clamp_(1e-6, 50);
      gradient.masked_fill_(factor.eq(0.5), 0);
      parameters[i].addcmul_(gradient.sign(), size[i], -1);
      previous[i].copy_(gradient);
      parameters[i].mutable_grad() = at::Tensor();
    }
  }
};

void rprop_steps(benchmark::State& state) {
  const Abundance& data = abundance_data();
  const at::Tensor y =
      torch::from_blob(const_cast<double*>(data.counts.data()), {data.n, data.p}, torch::kFloat64);
  const at::Tensor x = torch::ones({data.n, 1}, torch::kFloat64);
  const double n = static_cast<double>(data.n);
  for (auto _ : state) {
    const at::Tensor b = torch::zeros({1, data.p}, torch::kFloat64).requires_grad_();
    const at::Tensor m = torch::zeros_like(y).requires_grad_();
    const at::Tensor s = torch::ones_like(y).requires_grad_();
    Rprop optimizer({b, m, s});
    for (int step = 0; step < 30; ++step) {
      const at::Tensor variance = s.square(), latent = m + torch::matmul(x, b);
      const at::Tensor squares = torch::matmul(m.t(), m) + torch::diag(variance.sum(0));
      const at::Tensor omega = torch::inverse(squares / n);
      const at::Tensor loss =
          0.5 * (squares * omega).sum() - n / 2 * torch::logdet(omega) -
          (y * latent - (latent + variance / 2).exp() + 0.5 * variance.log()).sum();
      benchmark::DoNotOptimize(loss.item<double>());
      loss.backward();
      optimizer.step();
    }
  }
}
BENCHMARK(rprop_steps)
    ->Name("poisson_lognormal/30_rprop_steps")
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace wald::bench
