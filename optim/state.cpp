#include "state.h"

#include <fmt/format.h>

#include <cmath>

#include <wald/engine/error.h>
#include <wald/engine/ops/shape.h>

namespace wald::optim {
namespace {

/// "at least 0 and below 1".
std::string to_string(const Range& range) {
  std::string low, high;
  if (std::isfinite(range.low))
    low = fmt::format("{} {}", range.with_low ? "at least" : "above", range.low);
  if (std::isfinite(range.high))
    high = fmt::format("{} {}", range.with_high ? "at most" : "below", range.high);
  else if (!range.with_high)
    high = "finite";
  if (low.empty() && high.empty()) return "a number";
  return low.empty() || high.empty() ? low + high : low + " and " + high;
}

}  // namespace

void NumberField::set(double value, const std::string& owner) const {
  if (!range_.contains(value))
    throw InputError(
        fmt::format("{}: {} is {}, but must be {}", owner, name_, value, to_string(range_)));
  if (is_whole_ && value != std::trunc(value))
    throw InputError(fmt::format("{}: {} is {}, but must be whole", owner, name_, value));
  set_(value);
}

StateReader::StateReader(std::string owner, const NamedTensors& state)
    : owner_(std::move(owner)), rest_(state.begin(), state.end()) {}

Tensor StateReader::tensor(const std::string& name) {
  const auto found = rest_.find(owner_ + "." + name);
  if (found == rest_.end())
    throw InputError(fmt::format("{}: the state lacks {}.{}", owner_, owner_, name));
  // A copy: the caller may write to what was given.
  Tensor value = clone(found->second.detach());
  rest_.erase(found);
  return value;
}

Tensor StateReader::tensor(const std::string& name, const Dims& shape, DType dtype) {
  const Tensor value = tensor(name);
  if (!(value.shape() == shape))
    throw InputError(fmt::format("{}: {}.{} has shape {} in the state, where {} is expected",
                                 owner_, owner_, name, wald::to_string(value.shape()),
                                 wald::to_string(shape)));
  return to(value, dtype);
}

Tensor StateReader::optional_tensor(const std::string& name, const Dims& shape, DType dtype) {
  const auto found = rest_.find(owner_ + "." + name);
  if (found != rest_.end() && found->second.shape() == Dims{0}) {
    rest_.erase(found);
    return {};
  }
  return tensor(name, shape, dtype);
}

void StateReader::numbers(const std::string& prefix, const NumberFields& fields) {
  for (const NumberField& field : fields)
    field.set(tensor(prefix + field.name(), {}, DType::float64).item(), owner_);
}

void StateReader::finish() const {
  if (!rest_.empty())
    throw InputError(
        fmt::format("{}: the state has {}, which is not expected", owner_, rest_.begin()->first));
}

void write_numbers(NamedTensors& state, const std::string& prefix, const NumberFields& fields) {
  for (const NumberField& field : fields)
    state.emplace_back(prefix + field.name(), wald::tensor(field.get()));
}

void write_optional(NamedTensors& state, const std::string& name, const Tensor& value) {
  state.emplace_back(name, value.defined() ? value : zeros({0}));
}

NamedTensors Stateful::state() const {
  NamedTensors out;
  write(out);
  for (auto& [name, value] : out) name = kind_ + "." + name;
  return out;
}

void Stateful::load(const NamedTensors& state) {
  const NamedTensors before = this->state();
  try {
    StateReader reader(kind_, state);
    read(reader);
    reader.finish();
  } catch (...) {
    StateReader reader(kind_, before);
    read(reader);
    throw;
  }
}

void Stateful::save(const std::string& path) const { save_npz(path, state()); }

void Stateful::load(const std::string& path) {
  const NamedTensors state = load_npz(path);
  try {
    load(state);
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", path, error.what()));
  }
}

}  // namespace wald::optim
