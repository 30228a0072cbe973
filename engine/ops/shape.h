// Operations that rearrange elements, of any type. Views share memory with their input. Negative
// axes count from the end; an axis that is not there is an IndexError.
#pragma once

#include <limits>
#include <vector>

#include <wald/engine/tensor.h>

namespace wald {

/// The same elements in row-major order under another shape; one size may be -1, to be inferred. A
/// view where the strides allow it, else a copy.
Tensor reshape(const Tensor& x, const Dims& shape);
/// The same, and always a view: ShapeError where the strides would need a copy.
Tensor view(const Tensor& x, const Dims& shape);
/// Axes start ... end, both counted in, made one. A scalar becomes [1].
Tensor flatten(const Tensor& x, std::int64_t start = 0, std::int64_t end = -1);
/// Repeats axes of size 1, and adds leading axes, without a copy. A size of -1 keeps that of x.
Tensor expand(const Tensor& x, const Dims& shape);
/// expand, by its other name.
Tensor broadcast_to(const Tensor& x, const Dims& shape);
/// x laid out repeats[i] times along axis i, after leading axes of size 1 have been added until
/// there are as many axes as repeats: [2] repeated {3, 2} is [3, 4].
Tensor repeat(const Tensor& x, const Dims& repeats);
/// Adds an axis of size 1, which will be number `axis`.
Tensor unsqueeze(const Tensor& x, std::int64_t axis);
/// Drops an axis of size 1; ShapeError if its size is another.
Tensor squeeze(const Tensor& x, std::int64_t axis);
/// Drops several axes of size 1.
Tensor squeeze(const Tensor& x, const Dims& axes);
/// Drops all axes of size 1.
Tensor squeeze(const Tensor& x);

/// Exchanges two axes.
Tensor transpose(const Tensor& x, std::int64_t axis0, std::int64_t axis1);
/// Exchanges the two axes of a matrix.
Tensor t(const Tensor& x);
/// Axis i of the result is axis order[i] of x; each axis stands once in `order`.
Tensor permute(const Tensor& x, const Dims& order);
/// Moves axis `from` to number `to`; the others keep their order.
Tensor movedim(const Tensor& x, std::int64_t from, std::int64_t to);
/// Moves several axes, from[i] to number to[i].
Tensor movedim(const Tensor& x, const Dims& from, const Dims& to);

/// Elements start, start + step ... before stop of one axis. Negative places count from the end;
/// places beyond it are cut off, as in Python. The step is positive (flip turns an axis round).
Tensor slice(const Tensor& x, std::int64_t axis, std::int64_t start,
             std::int64_t stop = std::numeric_limits<std::int64_t>::max(), std::int64_t step = 1);
/// `length` elements of an axis from `start` on, all of which must be there.
Tensor narrow(const Tensor& x, std::int64_t axis, std::int64_t start, std::int64_t length);
/// Element `index` of an axis, which goes away.
Tensor select(const Tensor& x, std::int64_t axis, std::int64_t index);

/// The elements [.., i, .., i + offset, ..] of two axes, which go away; i becomes the last axis.
/// A negative offset takes a diagonal below the main one; beyond the matrix it is empty.
Tensor diagonal(const Tensor& x, std::int64_t offset = 0, std::int64_t axis1 = 0,
                std::int64_t axis2 = 1);
/// Zeros but for a diagonal, which is the last axis of x: the transpose of diagonal(). axis1 and
/// axis2 are the result's.
Tensor diag_embed(const Tensor& x, std::int64_t offset = 0, std::int64_t axis1 = -2,
                  std::int64_t axis2 = -1);
/// Of a vector the matrix with that diagonal, of a matrix its diagonal.
Tensor diag(const Tensor& x, std::int64_t offset = 0);
/// The sum of the diagonal of the last two axes. Booleans are counted.
Tensor trace(const Tensor& x);
/// The last two axes with zeros above diagonal `offset` (positive: to the right of the main one).
Tensor tril(const Tensor& x, std::int64_t offset = 0);
/// The last two axes with zeros below diagonal `offset`.
Tensor triu(const Tensor& x, std::int64_t offset = 0);

/// Joins along an axis that all have; the other sizes must be equal. Types are promoted.
Tensor cat(const std::vector<Tensor>& parts, std::int64_t axis = 0);
/// Joins along a new axis.
Tensor stack(const std::vector<Tensor>& parts, std::int64_t axis = 0);
/// Joins side by side: along axis 1, or 0 for vectors and scalars.
Tensor hstack(const std::vector<Tensor>& parts);
/// Joins one below the other: along axis 0, vectors being rows.
Tensor vstack(const std::vector<Tensor>& parts);
/// Views of consecutive parts of an axis, each of `size` but for a last one that may be shorter.
/// An empty axis gives one empty part.
std::vector<Tensor> split(const Tensor& x, std::int64_t size, std::int64_t axis = 0);
/// Parts of the given sizes, which add up to that of the axis.
std::vector<Tensor> split(const Tensor& x, const Dims& sizes, std::int64_t axis = 0);
/// At most `count` parts of equal size, but for a shorter last one.
std::vector<Tensor> chunk(const Tensor& x, std::int64_t count, std::int64_t axis = 0);

/// The order of the elements turned round along some axes. A copy.
Tensor flip(const Tensor& x, const Dims& axes);
/// Elements moved on by shifts[i] places along axes[i], those that fall off coming in at the
/// other end. A negative shift moves back.
Tensor roll(const Tensor& x, const Dims& shifts, const Dims& axes);
/// For vectors (or scalars) of sizes n_0, n_1 ... as many views of shape [n_0, n_1 ...], of which
/// number i changes along axis i alone: "ij" indexing.
std::vector<Tensor> meshgrid(const std::vector<Tensor>& vectors);

/// A copy laid out row by row; x itself if it is already.
Tensor contiguous(const Tensor& x);
/// A copy.
Tensor clone(const Tensor& x);
/// The elements converted to another type. From floating to int64, fractions are cut off, nan
/// becomes 0 and what lies beyond the range its nearest end; to boolean, all but 0 is true.
Tensor to(const Tensor& x, DType dtype);
/// The elements on another device; x itself if they lie there. A gradient goes the way back.
Tensor to(const Tensor& x, const Device& device);

}  // namespace wald
