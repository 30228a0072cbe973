#include "module.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/shape.h>
#include <wald/engine/tensor_impl.h>

namespace wald::nn {

struct Module::State {
  std::string kind;
  NamedTensors parameters, buffers;
  std::vector<std::pair<std::string, Module>> children;
  bool is_training = true;
};

Module::Module(std::string kind) : state_(std::make_shared<State>()) {
  state_->kind = std::move(kind);
}

const std::string& Module::kind() const { return state_->kind; }
bool Module::is_training() const { return state_->is_training; }
std::vector<std::pair<std::string, Module>> Module::children() const { return state_->children; }

void Module::require_free(const std::string& name) const {
  if (name.empty() || name.find('.') != name.npos)
    throw InputError(
        fmt::format("{}: '{}' is no name here: one is not empty and has no dot", kind(), name));
  auto has = [&](const auto& list) {
    for (const auto& entry : list)
      if (entry.first == name) return true;
    return false;
  };
  if (has(state_->parameters) || has(state_->buffers) || has(state_->children))
    throw InputError(fmt::format("{}: the name '{}' is taken", kind(), name));
}

Tensor Module::register_parameter(const std::string& name, const Tensor& value) {
  require_free(name);
  Tensor parameter = value;
  parameter.requires_grad_();
  state_->parameters.emplace_back(name, parameter);
  return parameter;
}

Tensor Module::register_buffer(const std::string& name, const Tensor& value) {
  require_free(name);
  if (value.requires_grad())
    throw GraphError(
        fmt::format("{}: the buffer '{}' requires grad; register it as a parameter, or detach() it",
                    kind(), name));
  state_->buffers.emplace_back(name, value);
  return value;
}

bool Module::contains(const Module& other) const {
  if (is_same(other)) return true;
  for (const auto& [name, child] : state_->children)
    if (child.contains(other)) return true;
  return false;
}

void Module::add_child(const std::string& name, const Module& module) {
  require_free(name);
  if (module.contains(*this))
    throw GraphError(
        fmt::format("{}: as its own submodule '{}' it would contain itself", kind(), name));
  state_->children.emplace_back(name, module);
}

template <class Visit>
void Module::walk(const std::string& prefix, bool recurse, const Visit& visit) const {
  visit(prefix, *state_);
  if (!recurse) return;
  for (const auto& [name, child] : state_->children) child.walk(prefix + name + ".", true, visit);
}

NamedTensors Module::collect(bool recurse, bool with_parameters, bool with_buffers) const {
  NamedTensors out;
  std::set<const TensorImpl*> known;
  auto add = [&](const std::string& prefix, const NamedTensors& list) {
    for (const auto& [name, tensor] : list)
      if (known.insert(tensor.impl()).second) out.emplace_back(prefix + name, tensor);
  };
  walk("", recurse, [&](const std::string& prefix, const State& state) {
    if (with_parameters) add(prefix, state.parameters);
    if (with_buffers) add(prefix, state.buffers);
  });
  return out;
}

static std::vector<Tensor> without_names(const NamedTensors& named) {
  std::vector<Tensor> out;
  for (const auto& [name, tensor] : named) out.push_back(tensor);
  return out;
}

NamedTensors Module::named_parameters(bool recurse) const { return collect(recurse, true, false); }
NamedTensors Module::named_buffers(bool recurse) const { return collect(recurse, false, true); }
NamedTensors Module::state() const { return collect(true, true, true); }
std::vector<Tensor> Module::parameters(bool recurse) const {
  return without_names(named_parameters(recurse));
}
std::vector<Tensor> Module::buffers(bool recurse) const {
  return without_names(named_buffers(recurse));
}

std::int64_t Module::parameter_count() const {
  std::int64_t count = 0;
  for (const Tensor& parameter : parameters()) count += parameter.numel();
  return count;
}

void Module::apply(const std::function<void(Module&)>& f) {
  for (auto& [name, child] : state_->children) child.apply(f);
  f(*this);
}

void Module::train(bool is_training) {
  apply([&](Module& module) { module.state_->is_training = is_training; });
}

void Module::zero_grad() {
  for (Tensor& parameter : parameters()) parameter.set_grad(Tensor());
}

void Module::to(DType dtype) {
  if (!is_floating(dtype))
    throw DTypeError(
        fmt::format("{}: parameters are float64 or float32, not {}", kind(), name_of(dtype)));
  replace_each([&](const Tensor& x) { return is_floating(x.dtype()) ? wald::to(x, dtype) : x; });
}

void Module::to(const Device& device) {
  replace_each([&](const Tensor& x) { return wald::to(x, device); });
}

/// Puts `changed(x)` in the place of each tensor x of the state, and of its gradient.
void Module::replace_each(const std::function<Tensor(const Tensor&)>& changed) {
  const NoGradGuard guard;
  for (const auto& [name, tensor] : state()) {
    const Tensor made = changed(tensor);
    if (made.is_same(tensor)) continue;
    const Tensor fresh = contiguous_detached(made);
    TensorImpl& impl = *tensor.impl();
    // Counts as a write: a graph made before is refused, whether it kept this tensor or a view.
    fresh.impl()->storage->version = ++impl.storage->version;
    impl.storage = fresh.impl()->storage;
    impl.strides = fresh.strides();
    impl.offset = 0;
    impl.is_compressed = false;
    impl.dtype = fresh.dtype();
    if (impl.grad.defined()) impl.grad = changed(impl.grad);
  }
}

namespace {

/// "a, b and c".
std::string listed(const std::vector<std::string>& names) {
  if (names.size() < 2) return fmt::format("{}", fmt::join(names, ""));
  return fmt::format("{} and {}", fmt::join(names.begin(), names.end() - 1, ", "), names.back());
}

}  // namespace

LoadReport Module::load(const NamedTensors& state, bool strict) {
  NamedTensors own = this->state();
  std::map<std::string, Tensor> given(state.begin(), state.end());
  LoadReport report;
  std::vector<std::pair<Tensor, Tensor>> copies;
  for (const auto& [name, tensor] : own) {
    const auto found = given.find(name);
    if (found == given.end()) {
      report.missing.push_back(name);
      continue;
    }
    if (!(found->second.shape() == tensor.shape()))
      throw InputError(fmt::format("{}: {} has shape {} in the state, and {} in the module", kind(),
                                   name, wald::to_string(found->second.shape()),
                                   wald::to_string(tensor.shape())));
    copies.emplace_back(tensor, found->second.detach());
    given.erase(found);
  }
  for (const auto& [name, tensor] : given) report.unexpected.push_back(name);
  if (strict && (!report.missing.empty() || !report.unexpected.empty())) {
    std::string what;
    if (!report.missing.empty()) what = fmt::format("lacks {}", listed(report.missing));
    if (!report.unexpected.empty())
      what += fmt::format("{}has {}, which the module has not", what.empty() ? "" : ", and ",
                          listed(report.unexpected));
    throw InputError(fmt::format("{}: the state {}", kind(), what));
  }
  const NoGradGuard guard;
  for (auto& [into, from] : copies) into.copy_(from);
  return report;
}

void Module::save(const std::string& path) const { save_npz(path, state()); }

LoadReport Module::load(const std::string& path, bool strict) {
  const NamedTensors state = load_npz(path);
  try {
    return load(state, strict);
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", path, error.what()));
  }
}

}  // namespace wald::nn
