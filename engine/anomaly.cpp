#include "anomaly.h"

#include "anomaly_check.h"

#include <fmt/format.h>

#include <cmath>

#include "autograd.h"
#include "tensor_impl.h"

namespace wald {
namespace {

enum : char { is_off, is_backward, is_all };
thread_local char mode = is_off;
thread_local bool is_in_rule = false;

/// The place of the first nan in row-major order; -1 if there is none.
std::int64_t first_nan(const Tensor& x) {
  if (!is_floating(x.dtype())) return -1;
  const std::vector<double> values = x.to_vector();
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::isnan(values[i])) return static_cast<std::int64_t>(i);
  return -1;
}

bool has_nan(std::span<const Tensor* const> tensors) {
  for (const Tensor* x : tensors)
    if (x->defined() && first_nan(*x) >= 0) return true;
  return false;
}

/// "in row 3, at [3, 0] of a result of shape [5, 2]".
std::string place_text(const Tensor& x, std::int64_t place) {
  if (x.dim() == 0) return "as its result, a scalar";
  Dims index = x.shape();
  for (std::size_t axis = index.size(); axis-- > 0; place /= x.shape()[axis])
    index[axis] = place % x.shape()[axis];
  return fmt::format("in row {}, at {} of a result of shape {}", index[0], to_string(index),
                     to_string(x.shape()));
}

}  // namespace

AnomalyGuard::AnomalyGuard(AnomalyChecks checks) : before_(mode) {
  mode = checks == AnomalyChecks::all ? is_all : is_backward;
}
AnomalyGuard::~AnomalyGuard() { mode = before_; }

namespace anomaly {

bool checks_results() { return mode == is_all && !is_in_rule; }
bool checks_derivatives() { return mode != is_off && !is_in_rule; }

RuleScope::RuleScope() : before_(is_in_rule) { is_in_rule = true; }
RuleScope::~RuleScope() { is_in_rule = before_; }

void check_result(std::string_view op, std::span<const Tensor* const> in, const Tensor& out) {
  const std::int64_t place = first_nan(out);
  if (place < 0 || has_nan(in)) return;
  throw NumericalError(fmt::format("{}: it made the first nan {}, from inputs without one", op,
                                   place_text(out, place)));
}

void check_derivative(const std::string& node, std::span<const Tensor> given, int number,
                      const Tensor& made) {
  if (!made.defined()) return;
  const std::int64_t place = first_nan(made);
  if (place < 0) return;
  for (const Tensor& g : given)
    if (g.defined() && first_nan(g) >= 0) return;
  throw NumericalError(
      fmt::format("{}: its derivative number {} made the first nan {}, from directions without one",
                  node, number, place_text(made, place)));
}

}  // namespace anomaly
}  // namespace wald
