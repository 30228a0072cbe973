// Reductions and scans. `axes` may be several, negative ones count from the end; they go away, or
// stay with size 1 if `keepdim`. Without `axes` all elements are reduced to a scalar. An axis that
// does not exist or stands twice is an IndexError.
//
// float32 is accumulated in float64; int64 stays and wraps around; booleans are taken as 0 and 1 in
// int64. Every result has the same bits for any number of threads.
#pragma once

#include <type_traits>

#include <wald/engine/tensor.h>

namespace wald {

/// The sum; 0 of nothing.
Tensor sum(const Tensor& x);
Tensor sum(const Tensor& x, const Dims& axes, bool keepdim = false);

/// Means, of float64 and float32; nan of nothing.
Tensor mean(const Tensor& x);
Tensor mean(const Tensor& x, const Dims& axes, bool keepdim = false);

/// The product; 1 of nothing. Its derivatives, of any order, are products of the other factors,
/// right also where factors are 0.
Tensor prod(const Tensor& x);
Tensor prod(const Tensor& x, const Dims& axes, bool keepdim = false);

/// The sum of squares about the mean, in two passes, over the number of elements less `correction`:
/// 1 for the unbiased estimate, 0 for the maximum likelihood one. nan where nothing is left to
/// divide by. float64 and float32.
Tensor var(const Tensor& x);
Tensor var(const Tensor& x, const Dims& axes, double correction = 1, bool keepdim = false);
template <class Number>
requires std::is_arithmetic_v<Number> Tensor var(const Tensor& x, Number correction);
/// Its root. The derivative at equal elements is 0.
Tensor std(const Tensor& x);
Tensor std(const Tensor& x, const Dims& axes, double correction = 1, bool keepdim = false);
template <class Number>
requires std::is_arithmetic_v<Number> Tensor std(const Tensor& x, Number correction);

/// The p-norm, (sum of |x|^p)^(1/p), without overflow: p = infinity and -infinity give the largest
/// and the smallest size, p = 0 the number of elements other than 0. The derivative by an element
/// that is 0 is 0, and so is every derivative at the zero vector. 0 of nothing, if p is positive
/// and finite. float64 and float32.
Tensor norm(const Tensor& x, double p = 2);
Tensor norm(const Tensor& x, double p, const Dims& axes, bool keepdim = false);

/// The number of elements other than 0, as int64; a nan counts.
Tensor count_nonzero(const Tensor& x);
Tensor count_nonzero(const Tensor& x, const Dims& axes, bool keepdim = false);

/// The largest and the smallest element; nan if there is a nan. Equal ones share the derivative
/// evenly; where the result is nan all do. Of nothing: a ShapeError.
Tensor max(const Tensor& x);
Tensor max(const Tensor& x, const Dims& axes, bool keepdim = false);
Tensor min(const Tensor& x);
Tensor min(const Tensor& x, const Dims& axes, bool keepdim = false);

/// Where the largest or smallest element first stands, as int64: its place in row-major order, or
/// along an axis. A nan is the largest and the smallest. Of nothing: a ShapeError.
Tensor argmax(const Tensor& x);
Tensor argmax(const Tensor& x, std::int64_t axis, bool keepdim = false);
Tensor argmin(const Tensor& x);
Tensor argmin(const Tensor& x, std::int64_t axis, bool keepdim = false);

/// Whether any, or all, elements are other than 0, as booleans; of nothing false and true. A nan is
/// other than 0.
Tensor any(const Tensor& x);
Tensor any(const Tensor& x, const Dims& axes, bool keepdim = false);
Tensor all(const Tensor& x);
Tensor all(const Tensor& x, const Dims& axes, bool keepdim = false);

/// log(sum(exp(x))) without overflow, exact when one term dominates. -inf of nothing and of -inf
/// alone, where its derivatives are 0; inf if an element is, where those that are inf share the
/// derivative. Takes integers as float64.
Tensor logsumexp(const Tensor& x);
Tensor logsumexp(const Tensor& x, const Dims& axes, bool keepdim = false);

/// exp(x) over its sum along an axis, and the logarithm of that, without overflow; an element of
/// -inf has weight 0. nan along a line of -inf alone or with inf in it. Take integers as float64.
Tensor softmax(const Tensor& x, std::int64_t axis);
Tensor log_softmax(const Tensor& x, std::int64_t axis);

/// Sums and products of the elements up to and with each, along an axis. Derivatives of cumprod are
/// right also where factors are 0.
Tensor cumsum(const Tensor& x, std::int64_t axis);
Tensor cumprod(const Tensor& x, std::int64_t axis);
/// log(cumsum(exp(x))) without overflow. Takes integers as float64.
Tensor logcumsumexp(const Tensor& x, std::int64_t axis);

/// The solution y of y(i) = factor(i) y(i - 1) + x(i) along an axis, from y = 0 before the first
/// element, or after the last if `reverse`: autoregressions, exponential smoothing, filters. A y of
/// exactly 0 stays 0 whatever the factor. The operands are broadcast. Takes integers as float64.
Tensor linear_recurrence(const Tensor& x, const Tensor& factor, std::int64_t axis,
                         bool reverse = false);

/// Differences of neighbours along an axis, taken `order` times; one element shorter each time.
Tensor diff(const Tensor& x, std::int64_t order = 1, std::int64_t axis = -1);

template <class Number>
requires std::is_arithmetic_v<Number> Tensor var(const Tensor& x, Number correction) {
  Dims axes;
  for (std::int64_t axis = 0; axis < x.dim(); ++axis) axes.push_back(axis);
  return var(x, axes, static_cast<double>(correction));
}
template <class Number>
requires std::is_arithmetic_v<Number> Tensor std(const Tensor& x, Number correction) {
  Dims axes;
  for (std::int64_t axis = 0; axis < x.dim(); ++axis) axes.push_back(axis);
  return std(x, axes, static_cast<double>(correction));
}

}  // namespace wald
