// Schedules of the learning rate, in libtorch's form: step() once an epoch, after the optimizer's
// steps. Each rate is computed from the present one, so that schedules can be combined and a rate
// that is set in between is kept.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include <wald/optim/optimizer.h>

namespace wald::optim {

/// Of all groups of an optimizer, which must outlive the schedule. The state has the schedule's
/// options and progress; the rates themselves are part of the optimizer's.
class LRScheduler : public Stateful {
 public:
  /// Ends an epoch: sets the rates of the next one.
  void step();
  std::int64_t epoch() const { return epoch_; }  ///< Epochs ended so far.

 protected:
  LRScheduler(std::string kind, Optimizer& optimizer);
  /// The rate of this epoch, given that of the one before and the one that the group began with.
  virtual double next_lr(double lr, double first_lr) const = 0;
  /// Options under their names.
  virtual NumberFields fields() = 0;
  /// Throws InputError for options out of range.
  void check_options();

  void write(NamedTensors& state) const override;
  void read(StateReader& reader) override;

 private:
  NumberFields all_fields();

  Optimizer& optimizer_;
  std::int64_t epoch_ = 0;
  std::vector<double> first_lr_;  // of each group
};

/// Multiplies the rate by gamma (at least 0) every step_size (at least 1) epochs.
class StepLR : public LRScheduler {
 public:
  StepLR(Optimizer& optimizer, std::int64_t step_size, double gamma = 0.1);

 protected:
  double next_lr(double lr, double first_lr) const override;
  NumberFields fields() override;

 private:
  std::int64_t step_size_;
  double gamma_;
};

/// Multiplies the rate by gamma (at least 0) at each of the milestones, epochs from 1, in any
/// order.
class MultiStepLR : public LRScheduler {
 public:
  MultiStepLR(Optimizer& optimizer, std::vector<std::int64_t> milestones, double gamma = 0.1);

 protected:
  double next_lr(double lr, double first_lr) const override;
  NumberFields fields() override;

 private:
  std::vector<std::int64_t> milestones_;
  double gamma_;
};

/// Multiplies the rate by gamma (at least 0) every epoch.
class ExponentialLR : public LRScheduler {
 public:
  ExponentialLR(Optimizer& optimizer, double gamma);

 protected:
  double next_lr(double lr, double first_lr) const override;
  NumberFields fields() override;

 private:
  double gamma_;
};

/// From the first rate to eta_min (at least 0) in T_max (at least 1) epochs, and back, on half a
/// cosine wave: eta_min + (first - eta_min) (1 + cos(pi epoch / T_max)) / 2. Loshchilov and Hutter
/// (2017), without restarts.
class CosineAnnealingLR : public LRScheduler {
 public:
  CosineAnnealingLR(Optimizer& optimizer, std::int64_t T_max, double eta_min = 0);

 protected:
  double next_lr(double lr, double first_lr) const override;
  NumberFields fields() override;

 private:
  std::int64_t period_;
  double eta_min_;
};

struct ReduceLROnPlateauOptions {
  enum class Mode { min, max };
  enum class Threshold { relative, absolute };

  Mode mode = Mode::min;       ///< Whether less or more is better.
  double factor = 0.1;         ///< At least 0 and below 1: what the rate is multiplied with.
  std::int64_t patience = 10;  ///< At least 0: epochs without an improvement that change nothing.
  double threshold = 1e-4;     ///< At least 0: an improvement is one by more than this ...
  Threshold threshold_mode = Threshold::relative;  ///< ... relative to the best, or as it is.
  std::int64_t cooldown = 0;         ///< At least 0: epochs after a reduction that are not counted.
  std::vector<double> min_lr = {0};  ///< At least 0: of all groups, or one of each.
  double eps = 1e-8;                 ///< At least 0: a reduction by no more is left out.

  NumberFields fields();
};

/// Reduces the rate when a metric, such as the loss on validation data, no longer improves. A
/// metric that is not a number is no improvement. A relative threshold is a share of the best
/// metric with its sign, as in PyTorch, and so is of use only for metrics above 0.
class ReduceLROnPlateau : public Stateful {
 public:
  using Options = ReduceLROnPlateauOptions;
  /// Throws InputError for options out of range, and for another number of min_lr than groups.
  explicit ReduceLROnPlateau(Optimizer& optimizer, const Options& options = {});

  /// Ends an epoch with this value of the metric.
  void step(double metric);
  std::int64_t epoch() const { return progress_.epoch; }  ///< Epochs ended so far.

 protected:
  void write(NamedTensors& state) const override;
  void read(StateReader& reader) override;

 private:
  struct Progress {
    std::int64_t epoch = 0, bad_epochs = 0, cooldown_left = 0;
    double best;
    NumberFields fields();
  };

  bool is_better(double metric) const;
  void reduce();

  Optimizer& optimizer_;
  Options options_;
  Progress progress_;
};

}  // namespace wald::optim
