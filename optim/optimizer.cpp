#include "optimizer.h"

#include <fmt/format.h>

#include <set>

#include <wald/engine/autograd.h>

namespace wald::optim {

Tensor Optimizer::step(const Closure& closure) {
  const NoGradGuard guard;
  const Tensor loss = take_step(closure);
  return loss.defined() ? loss.detach() : loss;
}

void Optimizer::zero_grad() {
  for (auto& group : groups_)
    for (Tensor& p : group) p.set_grad(Tensor());
}

const std::vector<Tensor>& Optimizer::parameters(std::size_t group) const {
  require_group(group);
  return groups_[group];
}

void Optimizer::add_parameters(std::vector<Tensor> parameters) {
  if (parameters.empty())
    throw InputError(fmt::format("{}: there are no parameters to optimize", kind()));
  std::set<const TensorImpl*> known;
  for (const auto& group : groups_)
    for (const Tensor& p : group) known.insert(p.impl());
  for (const Tensor& p : parameters) {
    if (!p.is_leaf() || !p.requires_grad())
      throw GraphError(
          fmt::format("{}: every parameter must be a leaf that requires grad", kind()));
    if (!known.insert(p.impl()).second)
      throw InputError(fmt::format("{}: a parameter of shape {} is given twice", kind(),
                                   wald::to_string(p.shape())));
  }
  groups_.push_back(std::move(parameters));
}

Tensor Optimizer::evaluate(const Closure& closure) {
  const EnableGradGuard guard;
  return closure();
}

void Optimizer::require_group(std::size_t group) const {
  if (group >= groups_.size())
    throw IndexError(
        fmt::format("{}: there is no group {}, only {}", kind(), group, groups_.size()));
}

}  // namespace wald::optim
