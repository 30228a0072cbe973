// The published fit of the Poisson-lognormal model: 30 steps of Rprop on the variational bound, of
// as many samples and species as the published data have.
#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>
#include <wald/optim/rprop.h>

#include <benchmark/benchmark.h>

#include "data.h"
#include "device.h"

namespace wald::bench {
namespace {

void rprop_steps(benchmark::State& state) {
  const Abundance& data = abundance_data();
  const Tensor y = resident(data.counts, {data.n, data.p}), x = ones({data.n, 1});
  const double n = static_cast<double>(data.n);
  measure(state, [&] {
    Tensor b = zeros({1, data.p}).requires_grad_(), m = zeros(y.shape()).requires_grad_();
    Tensor s = ones(y.shape()).requires_grad_();
    optim::Rprop optimizer({b, m, s}, {.lr = 0.1});
    for (int step = 0; step < 30; ++step) {
      optimizer.zero_grad();
      const Tensor variance = square(s), latent = m + matmul(x, b);
      const Tensor squares = matmul(t(m), m) + diag(sum(variance, {0}));
      const Tensor omega = inverse(squares / n);
      const Tensor loss = 0.5 * sum(squares * omega) - n / 2 * logdet(omega) -
                          sum(y * latent - exp(latent + variance / 2) + 0.5 * log(variance));
      benchmark::DoNotOptimize(loss.item());
      loss.backward();
      optimizer.step();
    }
    return m;
  });
}
BENCHMARK(rprop_steps)
    ->Name("poisson_lognormal/30_rprop_steps")
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace wald::bench
