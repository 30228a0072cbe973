#include "schedules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include <wald/engine/error.h>

namespace wald::optim {

LRScheduler::LRScheduler(std::string kind, Optimizer& optimizer)
    : Stateful(std::move(kind)), optimizer_(optimizer) {
  for (std::size_t g = 0; g < optimizer.group_count(); ++g) first_lr_.push_back(optimizer.lr(g));
}

void LRScheduler::step() {
  ++epoch_;
  for (std::size_t g = 0; g < optimizer_.group_count(); ++g) {
    // A group that has joined the optimizer since.
    if (g == first_lr_.size()) first_lr_.push_back(optimizer_.lr(g));
    optimizer_.set_lr(next_lr(optimizer_.lr(g), first_lr_[g]), g);
  }
}

void LRScheduler::check_options() {
  for (const NumberField& field : fields()) field.check(kind());
}

NumberFields LRScheduler::all_fields() {
  NumberFields all = fields();
  all.push_back({"epoch", epoch_, at_least(0)});
  for (std::size_t g = 0; g < first_lr_.size(); ++g)
    all.push_back({fmt::format("group.{}.first_lr", g), first_lr_[g], at_least(0)});
  return all;
}

void LRScheduler::write(NamedTensors& state) const {
  // Fields can be set, but are only read here.
  write_numbers(state, "", const_cast<LRScheduler*>(this)->all_fields());
}
void LRScheduler::read(StateReader& reader) { reader.numbers("", all_fields()); }

StepLR::StepLR(Optimizer& optimizer, std::int64_t step_size, double gamma)
    : LRScheduler("StepLR", optimizer), step_size_(step_size), gamma_(gamma) {
  check_options();
}
double StepLR::next_lr(double lr, double) const {
  return epoch() % step_size_ == 0 ? lr * gamma_ : lr;
}
NumberFields StepLR::fields() {
  return {{"step_size", step_size_, at_least(1)}, {"gamma", gamma_, at_least(0)}};
}

MultiStepLR::MultiStepLR(Optimizer& optimizer, std::vector<std::int64_t> milestones, double gamma)
    : LRScheduler("MultiStepLR", optimizer), milestones_(std::move(milestones)), gamma_(gamma) {
  check_options();
}
double MultiStepLR::next_lr(double lr, double) const {
  const auto count = std::count(milestones_.begin(), milestones_.end(), epoch());
  return lr * std::pow(gamma_, static_cast<double>(count));
}
NumberFields MultiStepLR::fields() {
  NumberFields all = {{"gamma", gamma_, at_least(0)}};
  for (std::size_t i = 0; i < milestones_.size(); ++i)
    all.push_back({fmt::format("milestones.{}", i), milestones_[i], at_least(1)});
  return all;
}

ExponentialLR::ExponentialLR(Optimizer& optimizer, double gamma)
    : LRScheduler("ExponentialLR", optimizer), gamma_(gamma) {
  check_options();
}
double ExponentialLR::next_lr(double lr, double) const { return lr * gamma_; }
NumberFields ExponentialLR::fields() { return {{"gamma", gamma_, at_least(0)}}; }

CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, std::int64_t T_max, double eta_min)
    : LRScheduler("CosineAnnealingLR", optimizer), period_(T_max), eta_min_(eta_min) {
  check_options();
}
double CosineAnnealingLR::next_lr(double lr, double first_lr) const {
  auto wave = [&](std::int64_t at) {
    return 1 + std::cos(std::numbers::pi * static_cast<double>(at) / static_cast<double>(period_));
  };
  // On from the bottom of the wave, where a ratio would be one of zeros.
  if ((epoch() - 1 - period_) % (2 * period_) == 0)
    return lr + (first_lr - eta_min_) * (2 - wave(1)) / 2;
  return wave(epoch()) / wave(epoch() - 1) * (lr - eta_min_) + eta_min_;
}
NumberFields CosineAnnealingLR::fields() {
  return {{"T_max", period_, at_least(1)}, {"eta_min", eta_min_, at_least(0)}};
}

NumberFields ReduceLROnPlateauOptions::fields() {
  NumberFields all = {{"mode", mode},
                      {"factor", factor, at_least(0).below(1)},
                      {"patience", patience, at_least(0)},
                      {"threshold", threshold, at_least(0)},
                      {"threshold_mode", threshold_mode},
                      {"cooldown", cooldown, at_least(0)},
                      {"eps", eps, at_least(0)}};
  for (std::size_t i = 0; i < min_lr.size(); ++i)
    all.push_back({fmt::format("min_lr.{}", i), min_lr[i], at_least(0)});
  return all;
}

NumberFields ReduceLROnPlateau::Progress::fields() {
  return {{"epoch", epoch, at_least(0)},
          {"bad_epochs", bad_epochs, at_least(0)},
          {"cooldown_left", cooldown_left, at_least(0)},
          {"best", best, any_number()}};
}

ReduceLROnPlateau::ReduceLROnPlateau(Optimizer& optimizer, const Options& options)
    : Stateful("ReduceLROnPlateau"), optimizer_(optimizer), options_(options) {
  for (const NumberField& field : options_.fields()) field.check(kind());
  const std::size_t count = options.min_lr.size();
  if (count != 1 && count != optimizer.group_count())
    throw InputError(fmt::format("{}: there are {} values of min_lr for {} groups", kind(), count,
                                 optimizer.group_count()));
  constexpr double infinity = std::numeric_limits<double>::infinity();
  progress_.best = options.mode == Options::Mode::min ? infinity : -infinity;
}

bool ReduceLROnPlateau::is_better(double metric) const {
  const bool is_relative = options_.threshold_mode == Options::Threshold::relative;
  const double best = progress_.best, threshold = options_.threshold;
  if (options_.mode == Options::Mode::min)
    return metric < (is_relative ? best * (1 - threshold) : best - threshold);
  return metric > (is_relative ? best * (1 + threshold) : best + threshold);
}

void ReduceLROnPlateau::step(double metric) {
  auto& [epoch, bad_epochs, cooldown_left, best] = progress_;
  ++epoch;
  ++bad_epochs;
  if (is_better(metric)) {
    best = metric;
    bad_epochs = 0;
  }
  if (cooldown_left > 0) {
    --cooldown_left;
    bad_epochs = 0;
  }
  if (bad_epochs > options_.patience) {
    reduce();
    cooldown_left = options_.cooldown;
    bad_epochs = 0;
  }
}

void ReduceLROnPlateau::reduce() {
  for (std::size_t g = 0; g < optimizer_.group_count(); ++g) {
    // The least rate of all groups also holds for one that has joined since.
    const double least = options_.min_lr[std::min(g, options_.min_lr.size() - 1)];
    const double lr = optimizer_.lr(g), reduced = std::max(lr * options_.factor, least);
    if (lr - reduced > options_.eps) optimizer_.set_lr(reduced, g);
  }
}

void ReduceLROnPlateau::write(NamedTensors& state) const {
  Options options = options_;
  Progress progress = progress_;
  write_numbers(state, "", options.fields());
  write_numbers(state, "", progress.fields());
}

void ReduceLROnPlateau::read(StateReader& reader) {
  reader.numbers("", options_.fields());
  reader.numbers("", progress_.fields());
}

}  // namespace wald::optim
