// Dense decompositions of small matrices, by LAPACK on the calling thread. Matrices are n by n, row
// by row, in memory of the caller's.
#pragma once

#include <cstdint>
#include <vector>

namespace wald::kernels {

/// Replaces a symmetric positive definite matrix by its Cholesky factor L (lower triangle; the
/// upper is left alone). Returns 0, or the order of the leading minor that is not positive.
int cholesky(double* a, int n);

/// Solves A x = b in place, given the factor L of A from cholesky.
void cholesky_solve(const double* factor, int n, double* b);

/// Solves L' x = b in place.
void cholesky_solve_transposed_half(const double* factor, int n, double* b);

/// Eigenvalues (ascending) of a symmetric matrix; its memory then holds the eigenvectors, one a
/// row.
std::vector<double> symmetric_eigen(double* a, int n);

/// The triangle R of the QR decomposition of a tall matrix (rows by k, row by row), k by k, row by
/// row; one pass over the rows, in memory of its own of a few thousand rows.
std::vector<double> qr_triangle(const double* x, std::int64_t rows, int k);

}  // namespace wald::kernels
