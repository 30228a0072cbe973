// What all optimizers share, in libtorch's form: groups of parameters with options of their own,
// step(), zero_grad(), and a state that is saved and loaded.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/optim/state.h>

namespace wald::optim {

/// Evaluates the objective at the parameters' present values, a scalar. It zeroes the gradients and
/// calls backward() on the loss itself, as in libtorch.
using Closure = std::function<Tensor()>;

/// Changes parameters, leaves that require grad, in the direction in which the loss falls. Groups
/// are counted from 0; a number that is none is an IndexError.
class Optimizer : public Stateful {
 public:
  /// One step from the gradients that the parameters have, or after the closure if one is given.
  /// The closure's loss, apart from its graph; undefined without.
  Tensor step(const Closure& closure = {});
  /// Makes the gradients undefined.
  void zero_grad();

  std::size_t group_count() const { return groups_.size(); }
  const std::vector<Tensor>& parameters(std::size_t group = 0) const;
  /// The learning rate, which schedules change. Throws InputError if it is out of range.
  virtual double lr(std::size_t group = 0) const = 0;
  virtual void set_lr(double lr, std::size_t group = 0) = 0;

 protected:
  using Stateful::Stateful;
  /// Throws InputError if there are none or one is there already, GraphError for those that are no
  /// leaves or do not require grad.
  void add_parameters(std::vector<Tensor> parameters);
  /// Runs while nothing is recorded; see step().
  virtual Tensor take_step(const Closure& closure) = 0;
  /// Calls the closure with recording on.
  static Tensor evaluate(const Closure& closure);
  void require_group(std::size_t group) const;

 private:
  std::vector<std::vector<Tensor>> groups_;
};

/// An optimizer whose groups have options of one type: a struct with `lr` and `fields()`, its
/// numbers under their names, and perhaps `check_together()` for what no field says alone.
template <class Options>
class OptimizerOf : public Optimizer {
 public:
  const Options& options(std::size_t group = 0) const {
    require_group(group);
    return options_[group];
  }
  /// Throws InputError, which names the option and its value, if one is out of range.
  void set_options(const Options& options, std::size_t group = 0) {
    require_group(group);
    options_[group] = checked(options);
  }
  double lr(std::size_t group = 0) const override { return options(group).lr; }
  void set_lr(double lr, std::size_t group = 0) override {
    Options changed = options(group);
    changed.lr = lr;
    set_options(changed, group);
  }

 protected:
  using Optimizer::Optimizer;

  void add_group(std::vector<Tensor> parameters, const Options& options) {
    const Options valid = checked(options);
    add_parameters(std::move(parameters));
    options_.push_back(valid);
  }

  void write(NamedTensors& state) const override {
    for (std::size_t g = 0; g < options_.size(); ++g) {
      Options copy = options_[g];
      write_numbers(state, prefix(g), copy.fields());
    }
  }
  void read(StateReader& reader) override {
    for (std::size_t g = 0; g < options_.size(); ++g) {
      Options loaded;
      reader.numbers(prefix(g), loaded.fields());
      options_[g] = checked(loaded);
    }
  }

 private:
  static std::string prefix(std::size_t group) { return "group." + std::to_string(group) + "."; }

  Options checked(Options options) const {
    for (const NumberField& field : options.fields()) field.check(kind());
    if constexpr (requires { options.check_together(kind()); }) options.check_together(kind());
    return options;
  }

  std::vector<Options> options_;  // of each group
};

}  // namespace wald::optim
