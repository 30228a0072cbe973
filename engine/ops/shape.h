// Operations that rearrange elements. Views share memory. Negative axes count from the end.
#pragma once

#include <vector>

#include <wald/engine/tensor.h>

namespace wald {

/// The same elements in row-major order under another shape; one size may be -1, to be inferred. A
/// view where the strides allow it, else a copy.
Tensor reshape(const Tensor& x, const Dims& shape);
/// Repeats axes of size 1, and adds leading axes, without a copy.
Tensor expand(const Tensor& x, const Dims& shape);
/// Adds an axis of size 1, which will be number `axis`.
Tensor unsqueeze(const Tensor& x, std::int64_t axis);
/// Drops an axis of size 1.
Tensor squeeze(const Tensor& x, std::int64_t axis);
/// Exchanges two axes.
Tensor transpose(const Tensor& x, std::int64_t axis0, std::int64_t axis1);
/// Exchanges the two axes of a matrix.
Tensor t(const Tensor& x);
/// Elements start, start + step ... before stop of one axis. Negative places count from the end;
/// places beyond it are cut off, as in Python.
Tensor slice(const Tensor& x, std::int64_t axis, std::int64_t start, std::int64_t stop,
             std::int64_t step = 1);
/// Element `index` of an axis, which goes away.
Tensor select(const Tensor& x, std::int64_t axis, std::int64_t index);
/// Joins along an axis that all have.
Tensor cat(const std::vector<Tensor>& parts, std::int64_t axis = 0);
/// Joins along a new axis.
Tensor stack(const std::vector<Tensor>& parts, std::int64_t axis = 0);
/// A copy laid out row by row; x itself if it is already.
Tensor contiguous(const Tensor& x);
/// A copy.
Tensor clone(const Tensor& x);
/// The elements converted to another type.
Tensor to(const Tensor& x, DType dtype);

}  // namespace wald
