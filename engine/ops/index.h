// Operations that pick, place and order elements by index. Indices are int64 tensors and masks
// boolean ones (else DTypeError); results that are indices are int64. All but the index tensors are
// differentiable, and equal indices give the same bits for any number of threads.
//
// Functions that work along one axis (gather, scatter, index_select, one_hot, segment_sum ...) take
// indices from 0 to its size - 1. Those that find an element as x[i] does in Python (take, index,
// index_put) also take negative ones, which count from the end. Any other index is an IndexError
// that says which, where it stands, and the size.
#pragma once

#include <vector>

#include <wald/engine/tensor.h>

namespace wald {

/// out[.., i, ..] = x[.., index[.., i, ..], ..] along `axis`. The index has as many axes as x and
/// is not larger along the others; the result has its shape.
Tensor gather(const Tensor& x, std::int64_t axis, const Tensor& index);
/// The slices of x along `axis` that a vector of indices names, in its order.
Tensor index_select(const Tensor& x, std::int64_t axis, const Tensor& index);
/// The elements of x, in row-major order, that an index of any shape names. Negative ones count
/// from the end.
Tensor take(const Tensor& x, const Tensor& index);
/// x[.., i, j .., ..] as NumPy has it: several index tensors, broadcast to one shape, take the
/// place of as many axes from `axis` on. Negative ones count from the end.
Tensor index(const Tensor& x, const std::vector<Tensor>& indices, std::int64_t axis = 0);

/// x with source[.., i, ..] put at index[.., i, ..] along `axis`; of equal indices the last wins,
/// and the others have derivative 0. The index has as many axes as x and source, is not larger
/// than source, nor than x along the other axes; what it does not reach of source is not used.
Tensor scatter(const Tensor& x, std::int64_t axis, const Tensor& index, const Tensor& source);
Tensor scatter(const Tensor& x, std::int64_t axis, const Tensor& index, double value);
/// The same, but added to x: the transpose of gather. Elements with equal indices are added up in
/// their order (a long axis into a short one: in blocks that depend on the shapes alone). float32
/// is accumulated in float64; booleans are counted.
Tensor scatter_add(const Tensor& x, std::int64_t axis, const Tensor& index, const Tensor& source);
/// x with the slices of source added to those that a vector of indices names: the transpose of
/// index_select.
Tensor index_add(const Tensor& x, std::int64_t axis, const Tensor& index, const Tensor& source);
/// x with `values`, which broadcast to the shape of index(x, indices, axis), put (of equal places
/// the last wins) or added (`accumulate`) there. Negative indices count from the end.
Tensor index_put(const Tensor& x, const std::vector<Tensor>& indices, const Tensor& values,
                 bool accumulate = false, std::int64_t axis = 0);

/// The elements of x where the mask holds, in row-major order, a vector. x and mask are broadcast.
Tensor masked_select(const Tensor& x, const Tensor& mask);
/// x with `value`, converted to x's type, where the mask, which broadcasts with x, holds; what was
/// there has derivative 0.
Tensor masked_fill(const Tensor& x, const Tensor& mask, double value);
/// With a scalar tensor, differentiable in it.
Tensor masked_fill(const Tensor& x, const Tensor& mask, const Tensor& value);
/// x with the first elements of source, in row-major order, where the mask holds. The mask
/// broadcasts to x's shape; source must have as many elements as the mask is true.
Tensor masked_scatter(const Tensor& x, const Tensor& mask, const Tensor& source);
/// The places of the elements that are not 0 (nan is one), in row-major order: [count, axes].
Tensor nonzero(const Tensor& x);
/// The same as one vector for each axis, to be given to index(): index(x, where(x > 0)).
std::vector<Tensor> where(const Tensor& condition);

/// The sums of the slices of x along `axis` with equal ids: slice s of the `count` results adds
/// those whose id is s, 0 if there are none. `ids` is a vector, in any order; sorted ones are
/// fastest. As index_add to zeros.
Tensor segment_sum(const Tensor& x, const Tensor& ids, std::int64_t count, std::int64_t axis = 0);
/// How often each of 0, 1 ... occurs in x (int64, not negative, any shape), up to the largest or
/// to minlength - 1.
Tensor bincount(const Tensor& x, std::int64_t minlength = 0);
/// The sums of the weights, which have x's shape, of equal elements of x. Differentiable in them.
Tensor bincount(const Tensor& x, const Tensor& weights, std::int64_t minlength = 0);
/// A last axis of `count` elements (-1: the largest index and one), 1 at the index and 0 elsewhere;
/// int64.
Tensor one_hot(const Tensor& index, std::int64_t count = -1);

struct Sorted {
  Tensor values, indices;
};
/// The elements in order along `axis`, and where each stood. Equal elements keep their order; nan
/// counts as larger than every number, as in torch, and so comes last, or first if `descending`.
Sorted sort(const Tensor& x, std::int64_t axis = -1, bool descending = false);
/// The indices of sort().
Tensor argsort(const Tensor& x, std::int64_t axis = -1, bool descending = false);
/// The k largest (or smallest) elements along `axis`, in order; of equal ones the first. nan counts
/// as the largest.
Sorted topk(const Tensor& x, std::int64_t k, std::int64_t axis = -1, bool largest = true);

struct Unique {
  Tensor values;   ///< Ascending; nan, once, last.
  Tensor inverse;  ///< Of x's shape: where in `values` each element is.
  Tensor counts;   ///< How often each occurs.
};
/// The different elements of x. Not differentiable.
Unique unique(const Tensor& x);

/// Where each value would be put into a sequence that ascends along the last axis: before its
/// equals, or (`right`) after them. One sequence [n] serves values of any shape; else its leading
/// axes are those of the values. nan counts as larger than every number.
Tensor searchsorted(const Tensor& sequence, const Tensor& values, bool right = false);

}  // namespace wald
