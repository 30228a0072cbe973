// Schedules against the rates that PyTorch 1.13.1 sets.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include <wald/optim/optim.h>

#include "../engine/message_of.h"
#include "problems.h"

namespace wald::optim {
namespace {

using testing::message_of;
using Rates = std::vector<double>;
using PlateauOptions = ReduceLROnPlateauOptions;
constexpr auto max = PlateauOptions::Mode::max;
constexpr auto absolute = PlateauOptions::Threshold::absolute;

/// An optimizer whose two groups begin with the rates 0.1 and 0.5.
struct Schedules : ::testing::Test {
  Schedules() { optimizer.add_param_group({parameter({1})}, {.lr = 0.5}); }

  void expect_rates(const Rates& first, const Rates& second,
                    const std::function<void(std::size_t)>& step) {
    for (std::size_t i = 0; i < first.size(); ++i) {
      step(i);
      EXPECT_DOUBLE_EQ(optimizer.lr(0), first[i]) << "epoch " << i + 1;
      EXPECT_DOUBLE_EQ(optimizer.lr(1), second[i]) << "epoch " << i + 1;
    }
  }
  void expect_rates(LRScheduler& schedule, const Rates& first, const Rates& second) {
    expect_rates(first, second, [&](std::size_t) { schedule.step(); });
    EXPECT_EQ(schedule.epoch(), static_cast<std::int64_t>(first.size()));
  }
  void expect_rates(const PlateauOptions& options, const Rates& metrics, const Rates& first,
                    const Rates& second) {
    ASSERT_EQ(metrics.size(), first.size());
    ReduceLROnPlateau schedule(optimizer, options);
    expect_rates(first, second, [&](std::size_t i) { schedule.step(metrics[i]); });
    EXPECT_EQ(schedule.epoch(), static_cast<std::int64_t>(metrics.size()));
  }

  SGD optimizer{{parameter({1})}, {.lr = 0.1}};
};

// The rates are group['lr'] after each step() of torch.optim.lr_scheduler's class of that name, for
// torch.optim.SGD with two groups of lr 0.1 and 0.5.
TEST_F(Schedules, StepLR) {
  StepLR schedule(optimizer, 3, 0.5);
  expect_rates(schedule, {0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025},
               {0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125});
}

TEST_F(Schedules, MultiStepLR) {
  MultiStepLR schedule(optimizer, {5, 2, 6, 5}, 0.1);
  expect_rates(schedule, {0.1, 0.01, 0.01, 0.01, 1e-4, 1e-5, 1e-5, 1e-5},
               {0.5, 0.05, 0.05, 0.05, 5e-4, 5e-5, 5e-5, 5e-5});
}

TEST_F(Schedules, ExponentialLR) {
  ExponentialLR schedule(optimizer, 0.9);
  expect_rates(schedule, {0.09, 0.081, 0.0729, 0.06561, 0.059049},
               {0.45, 0.405, 0.3645, 0.32805, 0.295245});
}

TEST_F(Schedules, CosineAnnealingLR) {
  CosineAnnealingLR schedule(optimizer, 4, 0.01);
  expect_rates(schedule,
               {0.08681980515339464, 0.05500000000000001, 0.023180194846605363, 0.01,
                0.023180194846605363, 0.05500000000000002, 0.08681980515339469, 0.10000000000000006,
                0.0868198051533947, 0.05500000000000005, 0.023180194846605412},
               {0.4282411613907041, 0.255, 0.08175883860929586, 0.01, 0.08175883860929584, 0.255,
                0.42824116139070423, 0.5000000000000001, 0.4282411613907043, 0.2550000000000001,
                0.08175883860929607});
}

const Rates metrics = {5, 4, 4, 4, 4, 3.9999, 3.9999, 3.9999, 1, 1, 1, 1, 1, 1};

TEST_F(Schedules, ReduceLROnPlateauWithPatience) {
  expect_rates({.factor = 0.5, .patience = 1}, metrics,
               {0.1, 0.1, 0.1, 0.05, 0.05, 0.025, 0.025, 0.0125, 0.0125, 0.0125, 0.00625, 0.00625,
                0.003125, 0.003125},
               {0.5, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125, 0.0625, 0.0625, 0.0625, 0.03125, 0.03125,
                0.015625, 0.015625});
}

TEST_F(Schedules, ReduceLROnPlateauWithCooldown) {
  expect_rates(
      {.factor = 0.5, .patience = 1, .cooldown = 2}, metrics,
      {0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025, 0.025, 0.0125, 0.0125, 0.0125},
      {0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125, 0.125, 0.0625, 0.0625, 0.0625});
}

TEST_F(Schedules, ReduceLROnPlateauOfAnAbsoluteThresholdForTheMost) {
  expect_rates(
      {.mode = max, .factor = 0.5, .patience = 0, .threshold = 0.5, .threshold_mode = absolute},
      {1, 1.5, 1.6, 2.2, 2.3, 2.9, NAN, 9}, {0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.0125, 0.0125},
      {0.5, 0.25, 0.25, 0.25, 0.125, 0.125, 0.0625, 0.0625});
}

TEST_F(Schedules, ReduceLROnPlateauOfARelativeThresholdForTheMost) {
  // Of metrics below 0 every one is better than 1.0001 times itself: PyTorch's formula, kept.
  expect_rates({.mode = max, .factor = 0.5, .patience = 0}, {-5, -5, -5}, {0.1, 0.1, 0.1},
               {0.5, 0.5, 0.5});
}

TEST_F(Schedules, ReduceLROnPlateauWithTheLeastRateOfEachGroup) {
  expect_rates({.factor = 0.1,
                .patience = 0,
                .threshold = 1.5,
                .threshold_mode = absolute,
                .min_lr = {0.005, 0.2}},
               {5, 4, 4, 4}, {0.1, 0.01, 0.005, 0.005}, {0.5, 0.2, 0.2, 0.2});
}

TEST_F(Schedules, ReduceLROnPlateauOfALargeRelativeThreshold) {
  expect_rates({.factor = 0.5, .patience = 0, .threshold = 0.1}, {10, 9.5, 8.9, 8.5, 8.0, NAN, 7},
               {0.1, 0.05, 0.05, 0.025, 0.025, 0.0125, 0.0125},
               {0.5, 0.25, 0.25, 0.125, 0.125, 0.0625, 0.0625});
}

TEST_F(Schedules, ReduceLROnPlateauLeavesOutSmallReductions) {
  expect_rates({.factor = 0.5, .patience = 0, .eps = 0.06}, {1, 1, 1, 1, 1},
               {0.1, 0.1, 0.1, 0.1, 0.1}, {0.5, 0.25, 0.125, 0.0625, 0.0625});
}

TEST_F(Schedules, KeepARateThatIsSetInBetween) {
  StepLR halving(optimizer, 2, 0.5);
  ExponentialLR falling(optimizer, 0.9);
  halving.step();
  optimizer.set_lr(1, 0);
  falling.step();
  halving.step();
  EXPECT_DOUBLE_EQ(optimizer.lr(0), 0.45) << "of both, from 1";
  EXPECT_DOUBLE_EQ(optimizer.lr(1), 0.5 * 0.45);
}

TEST_F(Schedules, TakeInGroupsThatJoinLater) {
  CosineAnnealingLR schedule(optimizer, 2);
  schedule.step();
  optimizer.add_param_group({parameter({1})}, {.lr = 0.5});
  schedule.step();
  EXPECT_NEAR(optimizer.lr(2), 0, 1e-16);
  schedule.step();
  EXPECT_DOUBLE_EQ(optimizer.lr(0), 0.05);
  EXPECT_DOUBLE_EQ(optimizer.lr(2), 0.25) << "back to where it joined";
}

TEST_F(Schedules, RefuseOptionsOutOfRange) {
  const auto refusal = [](const std::function<void()>& call) {
    return message_of<InputError>(call);
  };
  EXPECT_EQ(refusal([&] { StepLR(optimizer, 0); }).substr(0, 40),
            "StepLR: step_size is 0, but must be at l");
  EXPECT_EQ(refusal([&] { StepLR(optimizer, 1, -1); }),
            "StepLR: gamma is -1, but must be at least 0 and finite");
  EXPECT_EQ(refusal([&] {
              MultiStepLR(optimizer, {3, 0});
            }).substr(0, 32),
            "MultiStepLR: milestones.1 is 0, ");
  EXPECT_THROW(ExponentialLR(optimizer, NAN), InputError);
  EXPECT_THROW(CosineAnnealingLR(optimizer, 0), InputError);
  EXPECT_EQ(refusal([&] { ReduceLROnPlateau(optimizer, {.factor = 1}); }),
            "ReduceLROnPlateau: factor is 1, but must be at least 0 and below 1");
  EXPECT_EQ(refusal([&] {
              ReduceLROnPlateau(optimizer, {.min_lr = {0, 0, 0}});
            }),
            "ReduceLROnPlateau: there are 3 values of min_lr for 2 groups");
  EXPECT_THROW(ReduceLROnPlateau(optimizer, {.min_lr = {}}), InputError);
  EXPECT_THROW(ReduceLROnPlateau(optimizer, {.patience = -1}), InputError);
}

}  // namespace
}  // namespace wald::optim
