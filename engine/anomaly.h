// Finding where nan comes from.
#pragma once

#include <wald/engine/tensor.h>

namespace wald {

enum class AnomalyChecks {
  all,       ///< Operations and derivatives.
  backward,  ///< Derivatives only: a nan that `where` will not take may be made meanwhile.
};

/// While it lives, this thread throws NumericalError at the first operation whose result has a nan
/// that none of its inputs had, and at the first derivative whose result has one that its
/// cotangents had not. The message names the operation and the first row. Every result is read
/// for it, so leave it off where time counts.
class AnomalyGuard {
 public:
  explicit AnomalyGuard(AnomalyChecks checks = AnomalyChecks::all);
  ~AnomalyGuard();
  AnomalyGuard(const AnomalyGuard&) = delete;
  AnomalyGuard& operator=(const AnomalyGuard&) = delete;

 private:
  char before_;
};

}  // namespace wald
