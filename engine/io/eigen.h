// Tensors and Eigen's matrices, in each other's place. Needs Eigen 3.3 or later, which wald itself
// does not: include this header where Eigen is at hand.
#pragma once

#include <Eigen/Core>
#include <memory>
#include <utility>

#include <wald/engine/creation.h>
#include <wald/engine/error.h>
#include <wald/engine/ops/shape.h>

namespace wald {

template <class T>
using EigenRowMajor = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using EigenStride = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
template <class T>
using EigenView = Eigen::Map<const EigenRowMajor<T>, Eigen::Unaligned, EigenStride>;

/// A matrix, or a vector [n] as a column, for Eigen to read, without a copy, with any strides but
/// negative ones. The tensor must outlive the view. Throws ShapeError for other ranks, DTypeError
/// if T is not the element type.
template <class T = double>
EigenView<T> as_eigen(const Tensor& x) {
  if (x.dim() != 1 && x.dim() != 2)
    throw ShapeError("as_eigen: a vector or a matrix is wanted, not a tensor of shape " +
                     to_string(x.shape()));
  const bool is_vector = x.dim() == 1;
  const std::int64_t rows = x.size(0), columns = is_vector ? 1 : x.size(1);
  // An axis that is never stepped along may have any stride.
  const std::int64_t outer = rows > 1 ? x.strides()[0] : columns;
  const std::int64_t inner = columns > 1 ? x.strides()[1] : 1;
  if (outer < 0 || inner < 0)
    throw ShapeError("as_eigen: Eigen has no negative strides; contiguous() gives a copy");
  return EigenView<T>(x.template data<T>(), rows, columns, EigenStride(outer, inner));
}

/// A copy of a matrix or of any expression of Eigen's; a vector (one column or row at compile time)
/// becomes [n], else [rows, columns]. The scalar is double, float, std::int64_t or bool.
template <class Derived>
Tensor from_eigen(const Eigen::DenseBase<Derived>& values) {
  using T = typename Derived::Scalar;
  Tensor out = empty({values.rows(), values.cols()}, dtype_of<T>::value, Device());
  Eigen::Map<EigenRowMajor<T>>(out.mutable_data<T>(), values.rows(), values.cols()) =
      values.derived();
  out = to(out, default_device());
  return Derived::IsVectorAtCompileTime ? reshape(out, {values.size()}) : out;
}

/// A tensor over the memory of a matrix, map or block of Eigen's, without a copy; it must outlive
/// the tensor, or `release` tells when no tensor uses it. A matrix in column order has strides
/// accordingly.
template <class Derived>
Tensor map_eigen(const Eigen::DenseBase<Derived>& values, std::function<void()> release = {}) {
  static_assert((static_cast<int>(Derived::Flags) & static_cast<int>(Eigen::DirectAccessBit)) != 0,
                "map_eigen takes what lies in memory; from_eigen copies expressions");
  const Derived& x = values.derived();
  if constexpr (static_cast<bool>(Derived::IsVectorAtCompileTime))
    return from_memory(x.data(), Dims{x.size()}, Dims{x.innerStride()}, std::move(release));
  else
    return from_memory(x.data(), Dims{x.rows(), x.cols()}, Dims{x.rowStride(), x.colStride()},
                       std::move(release));
}

/// The same for a matrix that is handed over, as in map_eigen(std::move(m)): the tensor owns it.
template <class T, int Rows, int Columns, int Options, int MaxRows, int MaxColumns>
Tensor map_eigen(Eigen::Matrix<T, Rows, Columns, Options, MaxRows, MaxColumns>&& values) {
  using Matrix = Eigen::Matrix<T, Rows, Columns, Options, MaxRows, MaxColumns>;
  auto owned = std::make_shared<const Matrix>(std::move(values));
  return map_eigen(*owned, [owned] {});
}

}  // namespace wald
