// A logistic regression fitted by Adam with a falling learning rate, saved half way, and resumed.
#include <cmath>
#include <cstdio>
#include <filesystem>

#include <wald/wald.h>

namespace nn = wald::nn;
namespace optim = wald::optim;
using wald::Tensor;

/// What a fit is made of, and what has to be saved to go on with it.
struct Fit {
  nn::Linear model = nn::Linear(3, 1);
  optim::Adam adam = optim::Adam(model.parameters(), {.lr = 0.1});
  optim::CosineAnnealingLR schedule = optim::CosineAnnealingLR(adam, 100, 1e-4);

  double run(int epochs, const Tensor& x, const Tensor& y) {
    Tensor loss;
    for (int epoch = 0; epoch < epochs; ++epoch) {
      loss = adam.step([&] {
        adam.zero_grad();
        const Tensor eta = squeeze(model(x), 1);
        const Tensor negative_log_likelihood = mean(softplus(eta) - y * eta);
        negative_log_likelihood.backward();
        return negative_log_likelihood;
      });
      schedule.step();
    }
    return loss.item();
  }
  template <class Do>
  void with_files(const std::filesystem::path& folder, Do act) {
    act(model, folder / "model.npz");
    act(adam, folder / "adam.npz");
    act(schedule, folder / "schedule.npz");
  }
};

int main() {
  wald::manual_seed(1);
  const Tensor x = wald::randn({500, 3}), truth = wald::tensor({1, -2, 0.5});
  const Tensor y = to(wald::rand({500}) < sigmoid(mv(x, truth)), wald::DType::float64);

  Fit fit;
  double loss = fit.run(50, x, y);
  std::printf("loss %.6f, learning rate %.4f\n", loss, fit.adam.lr());
  const auto folder = std::filesystem::temp_directory_path() / "wald_example_optimizer";
  std::filesystem::create_directories(folder);
  fit.with_files(folder, [](const auto& part, const auto& file) { part.save(file); });

  Fit resumed;
  resumed.with_files(folder, [](auto& part, const auto& file) { part.load(file); });
  std::filesystem::remove_all(folder);
  loss = fit.run(50, x, y);
  std::printf("loss %.6f, learning rate %.4f\n", loss, fit.adam.lr());
  const bool is_same = resumed.run(50, x, y) == loss;
  std::printf("resumed from the files: %s\n", is_same ? "the same" : "different");

  const std::vector<double> slopes = fit.model.parameters()[0].to_vector();
  std::printf("slopes %.3f %.3f %.3f (true 1 -2 0.5)\n", slopes[0], slopes[1], slopes[2]);
  bool is_near = true;
  for (std::size_t i = 0; i < 3; ++i) is_near &= std::abs(slopes[i] - truth.to_vector()[i]) < 0.5;
  return is_same && is_near ? 0 : 1;
}
