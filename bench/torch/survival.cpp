// The cases of bench/survival.cpp as a user of libtorch writes them. Each is first held to wald's
// value, gradient and Hessian on the same data.
#include <torch/torch.h>

#include <benchmark/benchmark.h>

#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>

#include <algorithm>
#include <cmath>

#include "../data.h"

namespace wald::bench {
namespace {

struct Model {
  at::Tensor x, time, event;

  explicit Model(const Survival& data)
      : x(tensor_over(data.x, {data.n, 2})),
        time(tensor_over(data.time, {data.n})),
        event(tensor_over(data.event, {data.n})) {}

  static at::Tensor tensor_over(const std::vector<double>& values, at::IntArrayRef shape) {
    return torch::from_blob(const_cast<double*>(values.data()), shape, torch::kFloat64);
  }

  at::Tensor operator()(const at::Tensor& beta) const {
    const at::Tensor eta = torch::mv(x, beta);
    return -(event * eta - exp(eta) * time + event * log(time)).sum();
  }
};

at::Tensor fresh_point() { return torch::tensor(survival_point, torch::kFloat64).requires_grad_(); }

struct ValueAndGradient {
  at::Tensor value, gradient;
};
ValueAndGradient value_and_gradient(const Model& model, const at::Tensor& beta) {
  const at::Tensor value = model(beta);
  return {value.detach(), torch::autograd::grad({value}, {beta})[0]};
}

at::Tensor hessian(const Model& model, const at::Tensor& beta) {
  const at::Tensor gradient =
      torch::autograd::grad({model(beta)}, {beta}, {}, c10::nullopt, /*create_graph=*/true)[0];
  std::vector<at::Tensor> rows;
  for (std::int64_t i = 0; i < beta.numel(); ++i)
    rows.push_back(
        torch::autograd::grad({gradient[i]}, {beta}, {}, /*retain_graph=*/i + 1 < beta.numel())[0]);
  return torch::stack(rows);
}

bool is_close(const at::Tensor& theirs, const Tensor& ours) {
  const std::vector<double> expected = ours.to_vector();
  const at::Tensor flat = theirs.contiguous();
  const double* obtained = flat.data_ptr<double>();
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (!(std::abs(obtained[i] - expected[i]) <= 1e-10 * std::abs(expected[i]))) return false;
  return static_cast<std::size_t>(flat.numel()) == expected.size();
}

/// Whether both libraries obtain the same value, gradient and Hessian; known after the first call.
bool agrees(const Survival& data) {
  static std::map<std::int64_t, bool> known;
  const auto [found, is_new] = known.try_emplace(data.n);
  if (!is_new) return found->second;
  const Tensor x = from_memory(data.x.data(), {data.n, 2});
  const Tensor time = from_memory(data.time.data(), {data.n});
  const Tensor event = from_memory(data.event.data(), {data.n});
  const auto f = [&](const Tensor& beta) {
    const Tensor eta = mv(x, beta);
    return -sum(event * eta - exp(eta) * time + event * log(time));
  };
  const Tensor point = from_vector(survival_point);
  const auto ours = wald::value_and_gradient(f, point);
  const Model model(data);
  const auto theirs = value_and_gradient(model, fresh_point());
  found->second = is_close(theirs.value, ours.value) && is_close(theirs.gradient, ours.gradient) &&
                  is_close(hessian(model, fresh_point()), wald::hessian(f, point));
  return found->second;
}

template <class Run>
void run_case(benchmark::State& state, Run run) {
  const Survival& data = survival_data(state.range(0));
  if (!agrees(data)) {
    state.SkipWithError("wald and libtorch disagree");
    return;
  }
  const Model model(data);
  for (auto _ : state) benchmark::DoNotOptimize(run(model, fresh_point()));
  set_least_bytes(state, data.bytes());
}

void run_value_and_gradient(benchmark::State& state) { run_case(state, value_and_gradient); }
void run_hessian(benchmark::State& state) { run_case(state, hessian); }

BENCHMARK(run_value_and_gradient)->Name("survival/value_and_gradient")->Apply(survival_sizes);
BENCHMARK(run_hessian)->Name("survival/hessian")->Apply(survival_sizes);

}  // namespace
}  // namespace wald::bench
