// The last few steps of a quasi-Newton method, and the inverse Hessian that they stand for.
#pragma once

#include <deque>

#include <wald/engine/io/npy.h>
#include <wald/engine/tensor.h>

namespace wald::optim {

class LimitedMemory {
 public:
  /// A step, the change of the gradient along it, their product, and the square of the change.
  struct Pair {
    Tensor s, y;
    double sy, yy;
  };

  /// So many pairs; 0: 30, of more than 10,000 parameters 10. Throws InputError if negative.
  explicit LimitedMemory(int capacity);

  /// Takes a step in, and the oldest one out if there are too many. One without positive curvature
  /// is ignored.
  void add(const Tensor& s, const Tensor& y);
  void clear() { pairs_.clear(); }
  bool is_empty() const { return pairs_.empty(); }
  /// The oldest first.
  const std::deque<Pair>& pairs() const { return pairs_; }
  /// The inverse Hessian times v [k], by the two loops of Nocedal (1980).
  Tensor inverse_times(const Tensor& v) const;
  /// y'y / s'y of the last pair: the Hessian that the others change.
  double scale() const;

  void save(NamedTensors& state) const;
  void load(const NamedTensors& state);

 private:
  int capacity_;
  std::deque<Pair> pairs_;
};

/// Products of a step and the change of the gradient along it.
struct PairProducts {
  double sy, ss, yy;
  /// Whether s'y is positive beyond rounding.
  bool has_curvature() const;
};
PairProducts products_of(const Tensor& s, const Tensor& y);

}  // namespace wald::optim
