// Matrices in extended precision and textbook algorithms on them: references for decompositions.
#pragma once

#include <functional>
#include <vector>

#include "op_table.h"

namespace wald::testing {

struct Dense {
  std::int64_t rows = 0, cols = 0;
  std::vector<long double> x;

  Dense() = default;
  Dense(std::int64_t m, std::int64_t n) : rows(m), cols(n), x(static_cast<std::size_t>(m * n)) {}
  long double& operator()(std::int64_t i, std::int64_t j) {
    return x[static_cast<std::size_t>(i * cols + j)];
  }
  long double operator()(std::int64_t i, std::int64_t j) const {
    return x[static_cast<std::size_t>(i * cols + j)];
  }
  static Dense identity(std::int64_t n, long double scale = 1);
  static Dense diagonal(const std::vector<long double>& d);
  Dense transposed() const;
};
Dense operator*(const Dense& a, const Dense& b);
Dense operator+(const Dense& a, const Dense& b);

/// a^-1 b by Gauss-Jordan with pivots; the determinant of a to `det`, if it is not null.
Dense solved(Dense a, Dense b, long double* det = nullptr);
Dense inverted(const Dense& a);
/// The lower triangular factor, column by column.
Dense cholesky_factor(const Dense& a);
struct DenseEigen {
  std::vector<long double> values;  // ascending
  Dense vectors;                    // columns
};
/// By Jacobi rotations.
DenseEigen eigen(Dense a);
struct DenseQr {
  Dense q, r;
};
/// By Gram and Schmidt, twice over; rows >= cols.
DenseQr gram_schmidt(const Dense& a);

enum class Result { matrix, vector, scalar };
/// The reference that takes f to the matrices of each of the leading axes, which broadcast. A
/// vector is a column. Results are [..., m, n], [..., m] for n = 1, or [...].
Reference for_each_matrix(std::function<Dense(const std::vector<Dense>&)> f,
                          Result result = Result::matrix);

/// A row of a function that takes floats alone, every input of the same sampler.
OpRow floats_row(std::string name, std::string op, const Sampler& values, Builder build,
                 Reference reference, std::vector<std::vector<Dims>> shapes,
                 std::vector<BadCall> bad);

}  // namespace wald::testing
