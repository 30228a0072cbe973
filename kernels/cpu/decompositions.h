// Decompositions of batches of dense matrices, by LAPACK on one thread each and by plain loops
// where the matrices are small: see Backend for the contracts. The batch is cut into runs, which
// several threads may take; memory is allocated for a run, never for a matrix.
#pragma once

#include <wald/kernels/backend.h>

namespace wald::kernels {

void cholesky(const Matrices& a, void* l, int* info);
void triangular_solve(const TriangularSolve&, int* info);
void lu(const Matrices& a, void* lu, std::int64_t* rows, void* sign, void* log_abs_det, void* det,
        int* info);
void permute_rows(const Matrices& x, const std::int64_t* rows, bool inverse, void* out);
void qr(const Matrices& a, void* q, void* r);
void eigh(const Matrices& a, void* values, void* vectors, int* info);
void svd(const Matrices& a, void* u, void* s, void* vh, int* info);

}  // namespace wald::kernels
