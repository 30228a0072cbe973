#include "limited_memory.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <vector>

#include <wald/engine/ops/ops.h>
#include <wald/optim/methods/line_descent.h>

namespace wald::optim {
namespace {

double inner(const Tensor& a, const Tensor& b) { return dot(a, b).item<double>(); }

}  // namespace

bool has_curvature(const Tensor& s, const Tensor& y, double sy) {
  return sy > std::numeric_limits<double>::epsilon() * std::sqrt(inner(s, s) * inner(y, y));
}

LimitedMemory::LimitedMemory(int capacity) : capacity_(capacity) {
  if (capacity < 0)
    throw InputError(fmt::format("minimize: memory is {}, it must not be negative", capacity));
}

void LimitedMemory::add(const Tensor& s, const Tensor& y) {
  const double sy = inner(s, y);
  if (!has_curvature(s, y, sy)) return;
  const int capacity = capacity_ > 0 ? capacity_ : s.numel() > 10000 ? 10 : 30;
  if (pairs_.size() == static_cast<std::size_t>(capacity)) pairs_.pop_front();
  pairs_.push_back({s, y, sy});
}

Tensor LimitedMemory::inverse_times(const Tensor& v) const {
  std::vector<double> shares(pairs_.size());
  Tensor out = v;
  for (std::size_t i = pairs_.size(); i-- > 0;) {
    shares[i] = inner(pairs_[i].s, out) / pairs_[i].sy;
    out = out - shares[i] * pairs_[i].y;
  }
  out = out / scale();
  for (std::size_t i = 0; i < pairs_.size(); ++i)
    out = out + (shares[i] - inner(pairs_[i].y, out) / pairs_[i].sy) * pairs_[i].s;
  return out;
}

double LimitedMemory::scale() const {
  return inner(pairs_.back().y, pairs_.back().y) / pairs_.back().sy;
}

void LimitedMemory::save(NamedTensors& state) const {
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    state.emplace_back(fmt::format("step_{}", i), pairs_[i].s);
    state.emplace_back(fmt::format("change_{}", i), pairs_[i].y);
  }
}

void LimitedMemory::load(const NamedTensors& state) {
  clear();
  for (int i = 0; find(state, fmt::format("step_{}", i)).defined(); ++i) {
    const Tensor s = find(state, fmt::format("step_{}", i));
    const Tensor y = find(state, fmt::format("change_{}", i));
    pairs_.push_back({s, y, inner(s, y)});
  }
}

}  // namespace wald::optim
