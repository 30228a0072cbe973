// Regression likelihoods, differentiated eagerly: logistic, small and large, and linear with many
// coefficients.
#include <benchmark/benchmark.h>

#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>

#include "data.h"
#include "device.h"

namespace wald::bench {
namespace {

struct Model {
  Tensor x, y;

  explicit Model(const Regression& data)
      : x(resident(data.x, {data.n, data.k})), y(resident(data.y, {data.n})) {}
};

struct Logistic : Model {
  using Model::Model;
  Tensor operator()(const Tensor& beta) const {
    const Tensor o = mv(x, beta);
    return sum(softplus(o)) - dot(y, o);
  }
};

struct Linear : Model {
  using Model::Model;
  Tensor operator()(const Tensor& beta) const {
    const Tensor r = y - mv(x, beta);
    return 0.5 * sum(square(r));
  }
};

template <class Likelihood>
void value_and_gradient(benchmark::State& state) {
  const Regression& data = regression_data(state.range(0), state.range(1));
  const Likelihood f(data);
  const Tensor beta = from_vector(data.beta);
  measure(state, [&] { return wald::value_and_gradient(f, beta); });
  set_least_bytes(state, data.bytes());
}

template <class Likelihood>
void full_hessian(benchmark::State& state) {
  const Regression& data = regression_data(state.range(0), state.range(1));
  const Likelihood f(data);
  const Tensor beta = from_vector(data.beta);
  measure(state, [&] { return hessian(f, beta); });
  set_least_bytes(state, data.bytes());
}

BENCHMARK(value_and_gradient<Logistic>)->Name("logistic/value_and_gradient")->Apply(logistic_sizes);
BENCHMARK(full_hessian<Logistic>)->Name("logistic/hessian")->Apply(logistic_sizes);
BENCHMARK(value_and_gradient<Linear>)->Name("linear/value_and_gradient")->Apply(linear_sizes);
BENCHMARK(full_hessian<Linear>)->Name("linear/hessian")->Apply(linear_sizes);

void square_matmul(benchmark::State& state) {
  const Regression& data = regression_data(state.range(0), state.range(0));
  const Tensor a = resident(data.x, {data.n, data.n});
  measure(state, [&] { return matmul(a, a); });
  set_least_bytes(state, 0);
}
BENCHMARK(square_matmul)->Name("matmul")->Apply(matmul_sizes);

}  // namespace
}  // namespace wald::bench
