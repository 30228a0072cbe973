// A state that is saved and loaded goes on to the bit, for every optimizer and schedule.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include <wald/engine/creation.h>
#include <wald/optim/optim.h>

#include "../engine/message_of.h"
#include "../temp_path.h"
#include "problems.h"

namespace wald::optim {
namespace {

using ::testing::HasSubstr;
using testing::message_of;
using testing::temp_path;

/// An optimizer at work on 300 elements in two parameters, and one that is not used.
struct Fit {
  Tensor x, y, unused;
  std::unique_ptr<Optimizer> optimizer;

  Tensor loss() const {
    const Tensor z = cat({reshape(x, {-1}), y});
    return rosenbrock(z) / 100;
  }
  void steps(int n) {
    for (int i = 0; i < n; ++i) optimizer->step(closure_of(*optimizer, [this] { return loss(); }));
  }
};

Fit begin(DType dtype) {
  const Tensor start = sin(linspace(0, 40, 300, dtype));
  return {clone(reshape(slice(start, 0, 0, 200), {20, 10})).requires_grad_(),
          clone(slice(start, 0, 200, 300)).requires_grad_(),
          ones({3}, dtype).requires_grad_(),
          {}};
}

/// An optimizer with one group for each parameter but the last two.
template <class Kind, class Options>
auto with(Options options) {
  return [options](DType dtype) {
    Fit run = begin(dtype);
    auto optimizer = std::make_unique<Kind>(std::vector<Tensor>{run.x}, options);
    Options other = options;
    other.lr *= 0.5;
    optimizer->add_param_group({run.y, run.unused}, other);
    run.optimizer = std::move(optimizer);
    return run;
  };
}

auto with_lbfgs(const LBFGSOptions& options) {
  return [options](DType dtype) {
    Fit run = begin(dtype);
    run.optimizer = std::make_unique<LBFGS>(std::vector<Tensor>{run.x, run.y, run.unused}, options);
    return run;
  };
}

using Maker = std::function<Fit(DType)>;

std::vector<Maker> makers() {
  return {
      with<SGD>(SGDOptions{.lr = 1e-3}),
      with<SGD>(SGDOptions{.lr = 1e-4, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true}),
      with<Rprop>(RpropOptions{}),
      with<Adam>(AdamOptions{.lr = 0.01}),
      with<AdamW>(AdamWOptions{.lr = 0.01, .amsgrad = true}),
      with<Adagrad>(AdagradOptions{.lr_decay = 0.1, .initial_accumulator_value = 0.5}),
      with<RMSprop>(RMSpropOptions{.momentum = 0.5, .centered = true}),
      with_lbfgs({.lr = 0.1, .max_iter = 3, .history_size = 4}),
      with_lbfgs({.max_iter = 2, .line_search = LineSearch::strong_wolfe})};
}

void expect_resumes(const Maker& make, DType dtype, int before, const std::string& path) {
  Fit whole = make(dtype);
  SCOPED_TRACE(whole.optimizer->kind() + " after " + std::to_string(before));
  whole.steps(before);
  whole.optimizer->save(path);

  Fit resumed = make(dtype);
  resumed.steps(1);  // what is loaded replaces whatever was there
  resumed.optimizer->set_lr(0.77);
  resumed.optimizer->load(path);
  resumed.x.requires_grad_(false).copy_(whole.x.detach()).requires_grad_();
  resumed.y.requires_grad_(false).copy_(whole.y.detach()).requires_grad_();
  EXPECT_EQ(resumed.optimizer->lr(), whole.optimizer->lr());

  const std::vector<double> start = whole.x.to_vector();
  whole.steps(7);
  resumed.steps(7);
  EXPECT_NE(whole.x.to_vector(), start);
  EXPECT_EQ(whole.x.to_vector(), resumed.x.to_vector());
  EXPECT_EQ(whole.y.to_vector(), resumed.y.to_vector());
  const NamedTensors a = whole.optimizer->state(), b = resumed.optimizer->state();
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    EXPECT_EQ(a[i].second.to_vector(), b[i].second.to_vector()) << a[i].first;
}

TEST(Resume, GoesOnToTheBit) {
  const std::string path = temp_path("optimizer.npz");
  for (const Maker& make : makers())
    for (const DType dtype : {DType::float64, DType::float32})
      for (const int before : {0, 1, 6}) expect_resumes(make, dtype, before, path);
}

TEST(Resume, AStateIsApartFromLaterSteps) {
  Fit run = with<Adam>(AdamOptions{})(DType::float64);
  run.steps(2);
  const NamedTensors state = run.optimizer->state();
  std::vector<std::vector<double>> values;
  for (const auto& [name, value] : state) values.push_back(value.to_vector());
  run.steps(2);
  for (std::size_t i = 0; i < state.size(); ++i)
    EXPECT_EQ(state[i].second.to_vector(), values[i]) << state[i].first;
}

/// What loading a changed state says; the optimizer must be as it was.
std::string refusal(const std::function<void(NamedTensors&)>& change) {
  Fit run = with<Adam>(AdamOptions{})(DType::float64),
      other = with<Adam>(AdamOptions{})(DType::float64);
  run.steps(2);
  other.steps(3);
  NamedTensors state = run.optimizer->state();
  change(state);
  const NamedTensors before = other.optimizer->state();
  const std::string said = message_of<InputError>([&] { other.optimizer->load(state); });
  const NamedTensors after = other.optimizer->state();
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_EQ(before[i].second.to_vector(), after[i].second.to_vector()) << before[i].first;
  return said;
}

Tensor& entry(NamedTensors& state, const std::string& name) {
  for (auto& [key, value] : state)
    if (key == name) return value;
  throw InputError("the test names no entry: " + name);
}

TEST(Resume, RefusesAStateThatDoesNotFit) {
  EXPECT_EQ(refusal([](auto& s) { s.pop_back(); }),
            "Adam: the state lacks Adam.group.1.parameter.1.max_exp_avg_sq");
  EXPECT_EQ(refusal([](auto& s) { s.emplace_back("Adam.more", ones({1})); }),
            "Adam: the state has Adam.more, which is not expected");
  EXPECT_EQ(refusal([](auto& s) { entry(s, "Adam.group.1.parameter.0.exp_avg") = ones({7}); }),
            "Adam: Adam.group.1.parameter.0.exp_avg has shape [7] in the state, where [100] is "
            "expected");
  EXPECT_EQ(refusal([](auto& s) { entry(s, "Adam.group.1.betas.0") = tensor(2); }),
            "Adam: betas.0 is 2, but must be at least 0 and below 1");
  EXPECT_EQ(refusal([](auto& s) { entry(s, "Adam.group.0.parameter.0.steps") = tensor(0.5); }),
            "Adam: steps is 0.5, but must be whole");
  EXPECT_EQ(refusal([](auto& s) {
              for (auto& [name, value] : s) name = "AdamW" + name.substr(4);
            }),
            "Adam: the state lacks Adam.group.0.lr");
}

TEST(Resume, RefusesAFileThatDoesNotFitByItsName) {
  const std::string path = temp_path("adam.npz");
  Adam adam({parameter({1})});
  adam.save(path);
  EXPECT_THAT(message_of<InputError>([&] { Rprop({parameter({1})}).load(path); }),
              HasSubstr(path + ": Rprop: the state lacks Rprop.group.0.lr"));
  EXPECT_THROW(adam.load(temp_path("none.npz")), InputError);
}

TEST(Resume, SchedulesGoOnToo) {
  const std::string path = temp_path("schedule.npz");
  const auto check = [&](const auto& make) {
    SGD whole({parameter({1})}, {.lr = 0.1}), resumed({parameter({1})}, {.lr = 0.1});
    auto [a, step_a] = make(whole);
    for (int i = 0; i < 4; ++i) step_a(i);
    a->save(path);
    const NamedTensors rates = whole.state();
    auto [b, step_b] = make(resumed);
    resumed.load(rates);
    b->load(path);
    SCOPED_TRACE(a->kind());
    for (int i = 4; i < 12; ++i) {
      step_a(i);
      step_b(i);
      EXPECT_EQ(whole.lr(), resumed.lr()) << "epoch " << i;
    }
    EXPECT_NE(whole.lr(), 0.1);
  };
  const auto by_epoch = [](auto schedule) {
    return std::pair(schedule, [schedule](int) { schedule->step(); });
  };
  check([&](auto& o) { return by_epoch(std::make_shared<StepLR>(o, 3)); });
  check([&](auto& o) {
    return by_epoch(std::make_shared<MultiStepLR>(o, std::vector<std::int64_t>{3, 6}));
  });
  check([&](auto& o) { return by_epoch(std::make_shared<ExponentialLR>(o, 0.9)); });
  check([&](auto& o) { return by_epoch(std::make_shared<CosineAnnealingLR>(o, 5, 0.01)); });
  check([](auto& o) {
    auto schedule = std::make_shared<ReduceLROnPlateau>(
        o, ReduceLROnPlateauOptions{.patience = 2, .cooldown = 1});
    return std::pair(schedule, [schedule](int i) { schedule->step(i < 2 ? 5 - i : 4); });
  });
}

}  // namespace
}  // namespace wald::optim
