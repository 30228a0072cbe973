// The published exponential survival model, differentiated eagerly: one value with its gradient,
// and one Hessian by either method.
#include <benchmark/benchmark.h>

#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>

#include "data.h"
#include "device.h"

namespace wald::bench {
namespace {

struct Model {
  Tensor x, time, event;

  explicit Model(const Survival& data)
      : x(resident(data.x, {data.n, 2})),
        time(resident(data.time, {data.n})),
        event(resident(data.event, {data.n})) {}

  Tensor operator()(const Tensor& beta) const {
    const Tensor eta = mv(x, beta);
    return -sum(event * eta - exp(eta) * time + event * log(time));
  }
};

void value_and_gradient(benchmark::State& state) {
  const Survival& data = survival_data(state.range(0));
  const Model model(data);
  const Tensor beta = from_vector(survival_point);
  measure(state, [&] { return wald::value_and_gradient(model, beta); });
  set_least_bytes(state, data.bytes());
}

void hessian_by(benchmark::State& state, HessianMethod method) {
  const Survival& data = survival_data(state.range(0));
  const Model model(data);
  const Tensor beta = from_vector(survival_point);
  measure(state, [&] { return hessian(model, beta, method); });
  set_least_bytes(state, data.bytes());
}
void hessian_batched(benchmark::State& state) { hessian_by(state, HessianMethod::batched); }
void hessian_rows(benchmark::State& state) { hessian_by(state, HessianMethod::rows); }

BENCHMARK(value_and_gradient)->Name("survival/value_and_gradient")->Apply(survival_sizes);
BENCHMARK(hessian_batched)->Name("survival/hessian")->Apply(survival_sizes);
BENCHMARK(hessian_rows)->Name("survival/hessian_rows")->Apply(survival_sizes);

}  // namespace
}  // namespace wald::bench
