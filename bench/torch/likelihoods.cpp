// The cases of bench/likelihoods.cpp as a user of libtorch writes them, on the same data.
#include <torch/torch.h>

#include <benchmark/benchmark.h>

#include "../data.h"

namespace wald::bench {
namespace {

at::Tensor over(const std::vector<double>& values, at::IntArrayRef shape) {
  return torch::from_blob(const_cast<double*>(values.data()), shape, torch::kFloat64);
}

struct Model {
  at::Tensor x, y;

  explicit Model(const Regression& data)
      : x(over(data.x, {data.n, data.k})), y(over(data.y, {data.n})) {}
};

struct Logistic : Model {
  using Model::Model;
  at::Tensor operator()(const at::Tensor& beta) const {
    const at::Tensor o = torch::mv(x, beta);
    return torch::softplus(o).sum() - torch::dot(y, o);
  }
};

struct Linear : Model {
  using Model::Model;
  at::Tensor operator()(const at::Tensor& beta) const {
    const at::Tensor r = y - torch::mv(x, beta);
    return 0.5 * torch::square(r).sum();
  }
};

at::Tensor fresh(const Regression& data) {
  return torch::tensor(data.beta, torch::kFloat64).requires_grad_();
}

template <class Likelihood>
void value_and_gradient(benchmark::State& state) {
  const Regression& data = regression_data(state.range(0), state.range(1));
  const Likelihood f(data);
  for (auto _ : state) {
    const at::Tensor beta = fresh(data), value = f(beta);
    benchmark::DoNotOptimize(torch::autograd::grad({value}, {beta})[0]);
  }
  set_least_bytes(state, data.bytes());
}

template <class Likelihood>
void full_hessian(benchmark::State& state) {
  const Regression& data = regression_data(state.range(0), state.range(1));
  const Likelihood f(data);
  for (auto _ : state) {
    const at::Tensor beta = fresh(data);
    const at::Tensor gradient =
        torch::autograd::grad({f(beta)}, {beta}, {}, c10::nullopt, /*create_graph=*/true)[0];
    std::vector<at::Tensor> rows;
    for (std::int64_t i = 0; i < data.k; ++i)
      rows.push_back(
          torch::autograd::grad({gradient[i]}, {beta}, {}, /*retain_graph=*/i + 1 < data.k)[0]);
    benchmark::DoNotOptimize(torch::stack(rows));
  }
  set_least_bytes(state, data.bytes());
}

BENCHMARK(value_and_gradient<Logistic>)->Name("logistic/value_and_gradient")->Apply(logistic_sizes);
BENCHMARK(full_hessian<Logistic>)->Name("logistic/hessian")->Apply(logistic_sizes);
BENCHMARK(value_and_gradient<Linear>)->Name("linear/value_and_gradient")->Apply(linear_sizes);
BENCHMARK(full_hessian<Linear>)->Name("linear/hessian")->Apply(linear_sizes);

void square_matmul(benchmark::State& state) {
  const Regression& data = regression_data(state.range(0), state.range(0));
  const at::Tensor a = over(data.x, {data.n, data.n});
  for (auto _ : state) benchmark::DoNotOptimize(torch::matmul(a, a));
  set_least_bytes(state, 0);
}
BENCHMARK(square_matmul)->Name("matmul")->Apply(matmul_sizes);

}  // namespace
}  // namespace wald::bench
