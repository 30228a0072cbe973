// The triangle of a design's QR decomposition. Knows only the matrix.
#pragma once

#include <vector>

#include <wald/engine/tensor.h>

namespace wald {

/// R of x = q R, row by row [k, k], for x float64 [n, k]: its columns have the lengths of those of
/// x. Householder's; but of a long design far from collinear the Cholesky factor of x'x, which has
/// ten digits there, enough for coordinates and for the rank, and takes a fraction of the time.
std::vector<double> design_triangle(const Tensor& x);

}  // namespace wald
