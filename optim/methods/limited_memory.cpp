#include "limited_memory.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <vector>

#include <wald/engine/ops/ops.h>
#include <wald/optim/methods/line_descent.h>
#include <wald/optim/one_copy.h>

namespace wald::optim {
namespace {

/// a'b / c as a tensor: another device than the processor is not waited for.
Tensor share(const Tensor& a, const Tensor& b, double c) {
  const Tensor product = dot(a, b);
  return a.device() == Device() ? number_like(product.item() / c, product) : product / c;
}

}  // namespace

bool PairProducts::has_curvature() const {
  return sy > std::numeric_limits<double>::epsilon() * std::sqrt(ss * yy);
}

PairProducts products_of(const Tensor& s, const Tensor& y) {
  const std::vector<double> read = read_numbers({dot(s, y), dot(s, s), dot(y, y)});
  return {read[0], read[1], read[2]};
}

LimitedMemory::LimitedMemory(int capacity) : capacity_(capacity) {
  if (capacity < 0)
    throw InputError(fmt::format("minimize: memory is {}, it must not be negative", capacity));
}

void LimitedMemory::add(const Tensor& s, const Tensor& y) {
  const PairProducts products = products_of(s, y);
  if (!products.has_curvature()) return;
  const int capacity = capacity_ > 0 ? capacity_ : s.numel() > 10000 ? 10 : 30;
  if (pairs_.size() == static_cast<std::size_t>(capacity)) pairs_.pop_front();
  pairs_.push_back({s, y, products.sy, products.yy});
}

Tensor LimitedMemory::inverse_times(const Tensor& v) const {
  std::vector<Tensor> shares(pairs_.size());
  Tensor out = v;
  for (std::size_t i = pairs_.size(); i-- > 0;) {
    shares[i] = share(pairs_[i].s, out, pairs_[i].sy);
    out = out - shares[i] * pairs_[i].y;
  }
  out = out / scale();
  for (std::size_t i = 0; i < pairs_.size(); ++i)
    out = out + (shares[i] - share(pairs_[i].y, out, pairs_[i].sy)) * pairs_[i].s;
  return out;
}

double LimitedMemory::scale() const { return pairs_.back().yy / pairs_.back().sy; }

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
    const PairProducts products = products_of(s, y);
    pairs_.push_back({s, y, products.sy, products.yy});
  }
}

}  // namespace wald::optim
