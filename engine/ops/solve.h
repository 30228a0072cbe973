// Systems of linear equations, inverses and determinants, for each of the leading axes, which
// broadcast between operands; float64 and float32. A right-hand side is a matrix [..., n, k], or,
// if it has one axis, a vector [n].
#pragma once

#include <wald/engine/ops/decompositions.h>
#include <wald/engine/tensor.h>

namespace wald {

/// Which triangle of a matrix counts, and how it stands in the equation.
struct Triangular {
  bool upper = false;
  bool transpose = false;  ///< A' in place of A.
  bool unit = false;       ///< The diagonal counts as 1 and is not read.
  bool left = true;        ///< A x = b; else x A = b.
};
/// The x with A x = b for a triangular A [..., n, n]; the other triangle is not read and has
/// gradient exactly 0. Throws LinalgError naming a 0 on the diagonal.
Tensor triangular_solve(const Tensor& a, const Tensor& b, const Triangular& kind = {});

/// The x with L L' x = b, given a Cholesky factor L.
Tensor cholesky_solve(const Tensor& b, const Tensor& l);
/// The inverse of L L'.
Tensor cholesky_inverse(const Tensor& l);

/// The x with A x = b, or A' x = b if `transpose`, given lu_factor(A). Throws LinalgError if a
/// pivot is 0.
Tensor lu_solve(const LuFactor& factor, const Tensor& b, bool transpose = false);

/// The x with A x = b for a square A [..., n, n]; derivatives of every order use the one LU
/// factorization. Throws LinalgError naming the pivot of a singular matrix that is 0. nan and inf
/// pass through.
Tensor solve(const Tensor& a, const Tensor& b);
/// The inverse; as solve.
Tensor inverse(const Tensor& a);

struct SignAndLog {
  Tensor sign, logabsdet;
};
/// The sign of the determinant (-1, 0, 1) and the logarithm of its absolute value, -inf if it is 0.
/// The derivative of the logarithm is the transposed inverse, which is not finite where the matrix
/// is singular; derivatives of every order use the one LU factorization.
SignAndLog slogdet(const Tensor& a);
/// log(det(A)); nan if the determinant is negative.
Tensor logdet(const Tensor& a);
/// The determinant, 1 of a 0 by 0 matrix. Its derivative goes through the inverse: LinalgError
/// where the matrix is singular.
Tensor det(const Tensor& a);

/// The x that minimizes |A x - b| for A [..., m, n], and of those the one with the least |x|. By
/// the QR decomposition of A (of A' if m < n) if the diagonals of all R in the batch exceed rtol
/// times their largest number (default: max(m, n) times epsilon); else, for the whole batch,
/// pinv(A, rtol) b, whose derivative is that at constant rank.
Tensor lstsq(const Tensor& a, const Tensor& b, double rtol = default_rtol);

}  // namespace wald
