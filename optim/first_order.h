// Optimizers that update each parameter on its own, from its gradient and what they keep of earlier
// ones.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <wald/engine/ops/pointwise.h>
#include <wald/engine/ops/shape.h>
#include <wald/optim/optimizer.h>

namespace wald::optim {

/// Parameters without a gradient are passed over; gradients are only read. Options have `maximize`,
/// which turns the gradients around.
template <class Options>
class FirstOrder : public OptimizerOf<Options> {
 public:
  /// Further parameters, with the options that the optimizer was made with or with their own. To
  /// change some: copy defaults(). Throws as the constructor does, and InputError for a parameter
  /// that is there already.
  void add_param_group(std::vector<Tensor> parameters) {
    add_param_group(std::move(parameters), defaults_);
  }
  void add_param_group(std::vector<Tensor> parameters, const Options& options) {
    const std::size_t count = parameters.size();
    this->add_group(std::move(parameters), options);
    progress_.emplace_back(count, Progress{0, std::vector<Tensor>(slot_names_.size())});
  }
  const Options& defaults() const { return defaults_; }

 protected:
  using Slots = std::span<Tensor>;

  /// `slot_names`: of the tensors kept for each parameter.
  FirstOrder(std::string kind, std::vector<std::string> slot_names, std::vector<Tensor> parameters,
             const Options& options)
      : OptimizerOf<Options>(std::move(kind)),
        slot_names_(std::move(slot_names)),
        defaults_(options) {
    add_param_group(std::move(parameters));
  }

  /// The new value of a parameter: from its value x, its gradient g and its slots, undefined at
  /// first, which are changed by assignment. `steps` counts this one, from 1.
  virtual Tensor update(const Tensor& x, const Tensor& g, Slots slots, std::int64_t steps,
                        const Options& options) const = 0;

  Tensor take_step(const Closure& closure) override {
    const Tensor loss = closure ? this->evaluate(closure) : Tensor();
    for (std::size_t group = 0; group < progress_.size(); ++group)
      for (std::size_t i = 0; i < progress_[group].size(); ++i) {
        Tensor x = this->parameters(group)[i];
        if (!x.grad().defined()) continue;
        const Options& options = this->options(group);
        const Tensor g = options.maximize ? -x.grad() : x.grad().detach();
        auto& [steps, slots] = progress_[group][i];
        x.copy_(update(x, g, slots, ++steps, options));
      }
    return loss;
  }

  void write(NamedTensors& state) const override {
    OptimizerOf<Options>::write(state);
    for (std::size_t group = 0; group < progress_.size(); ++group)
      for (std::size_t i = 0; i < progress_[group].size(); ++i) {
        Progress progress = progress_[group][i];
        write_numbers(state, prefix(group, i), progress.fields());
        for (std::size_t s = 0; s < slot_names_.size(); ++s)
          write_optional(state, prefix(group, i) + slot_names_[s], progress.slots[s]);
      }
  }

  void read(StateReader& reader) override {
    OptimizerOf<Options>::read(reader);
    for (std::size_t group = 0; group < progress_.size(); ++group)
      for (std::size_t i = 0; i < progress_[group].size(); ++i) {
        const Tensor& x = this->parameters(group)[i];
        Progress& progress = progress_[group][i];
        reader.numbers(prefix(group, i), progress.fields());
        for (std::size_t s = 0; s < slot_names_.size(); ++s) {
          const Tensor slot =
              reader.optional_tensor(prefix(group, i) + slot_names_[s], x.shape(), x.dtype());
          progress.slots[s] = slot.defined() ? to(slot, x.device()) : slot;
        }
      }
  }

 private:
  struct Progress {
    std::int64_t steps = 0;
    std::vector<Tensor> slots;
    NumberFields fields() { return {{"steps", steps, at_least(0)}}; }
  };

  static std::string prefix(std::size_t group, std::size_t parameter) {
    return "group." + std::to_string(group) + ".parameter." + std::to_string(parameter) + ".";
  }

  std::vector<std::string> slot_names_;
  Options defaults_;
  std::vector<std::vector<Progress>> progress_;  // of each parameter of each group
};

/// g with the gradient of decay / 2 |x|^2 added.
Tensor with_weight_decay(const Tensor& g, const Tensor& x, double decay);

}  // namespace wald::optim
