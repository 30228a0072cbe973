// Decompositions of matrices [..., m, n], one for each of the leading axes, in float64 and float32,
// by LAPACK. Each is differentiable to any order in both directions. A decomposition that fails
// throws LinalgError naming the matrix of the batch.
#pragma once

#include <limits>

#include <wald/engine/tensor.h>

namespace wald {

/// The lower triangular L [..., n, n] with L L' = A, for A symmetric positive definite. What is
/// decomposed is the symmetric part (A + A')/2, so that the gradient is symmetric. Throws
/// LinalgError naming the first leading minor that is not positive, or if a number is not finite.
/// Derivative: Murray (2016).
Tensor cholesky(const Tensor& a);

/// L (below the diagonal; its own diagonal is 1) and U (on and above it) in one matrix
/// [..., n, n], and the rows of A [..., n] (int64) that come together as L U: row i of L U is row
/// rows[i] of A.
struct LuFactor {
  Tensor lu, rows;
};
/// The LU decomposition of square matrices, by exchanging rows for the largest pivot. A singular
/// matrix has one too, with 0 in the diagonal of U, but no derivative: LinalgError. nan and inf
/// pass through.
LuFactor lu_factor(const Tensor& a);

struct Lu {
  Tensor p, l, u;
};
/// A = P L U with a permutation P, unit lower triangular L and upper triangular U, of square
/// matrices; see lu_factor.
Lu lu(const Tensor& a);

struct Qr {
  Tensor q, r;
};
/// A = Q R, reduced: of A [..., m, n] and k = min(m, n), Q [..., m, k] has orthonormal columns and
/// R
/// [..., k, n] is upper triangular. The diagonal of R is not negative, which makes both unique
/// where the first k columns of A are independent; where they are not there is no derivative:
/// LinalgError. Derivative: Walter and Lehmann (2013).
Qr qr(const Tensor& a);

struct Eigh {
  Tensor values, vectors;
};
/// A = V diag(w) V' of a symmetric A [..., n, n]: the eigenvalues w [..., n], ascending, and the
/// eigenvectors, the columns of V [..., n, n], each up to its sign. What is decomposed is the
/// symmetric part (A + A')/2, so that the gradient is symmetric. Throws LinalgError if a number is
/// not finite or the iteration does not converge.
///
/// The derivative of the vectors is that of vectors whose eigenvalues differ: 1/(w_j - w_i), taken
/// as exactly 0 between equal ones. So the gradient of a function of the eigenvalues is right
/// whether they repeat or not; its second derivatives are right where none repeat.
Eigh eigh(const Tensor& a);
/// The eigenvalues alone; see eigh.
Tensor eigvalsh(const Tensor& a);

struct Svd {
  Tensor u, s, vh;
};
/// A = U diag(s) Vh, thin: of A [..., m, n] and k = min(m, n), U [..., m, k] has orthonormal
/// columns, Vh [..., k, n] orthonormal rows, s [..., k] is descending and not negative. Pairs of
/// columns of U and rows of Vh are each up to their sign. Throws LinalgError if a number is not
/// finite or the iteration does not converge. Derivative as for eigh, in the squares of s:
/// gradients of functions of the singular values are right whether they repeat or not; that of the
/// vectors wants them distinct and, unless A is square, positive. Townsend (2016).
Svd svd(const Tensor& a);
/// The singular values alone; see svd.
Tensor svdvals(const Tensor& a);

/// A relative cut-off for singular values: max(m, n) times the type's epsilon.
inline constexpr double default_rtol = -1;

/// The Moore-Penrose inverse [..., n, m] of [..., m, n]. Singular values up to rtol times the
/// largest count as 0. Derivative, where the rank does not change: Golub and Pereyra (1973).
Tensor pinv(const Tensor& a, double rtol = default_rtol);

/// The number of singular values above rtol times the largest, int64.
Tensor matrix_rank(const Tensor& a, double rtol = default_rtol);

enum class MatrixNorm {
  frobenius,  ///< The root of the sum of squares; derivative 0 at 0.
  nuclear,    ///< The sum of the singular values.
  spectral    ///< The largest singular value; 0 of an empty matrix.
};
/// A norm of each matrix.
Tensor matrix_norm(const Tensor& a, MatrixNorm norm = MatrixNorm::frobenius);

/// The largest singular value over the smallest; inf if that is 0. Throws ShapeError of an empty
/// matrix.
Tensor cond(const Tensor& a);

}  // namespace wald
