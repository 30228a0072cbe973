#include "lapack.h"

#include <algorithm>
#include <cstring>

#include "fortran.h"
#include "parallel.h"

namespace wald::kernels {

int cholesky(double* a, int n) {
  const SingleThreadedBlas guard;
  int info = 0;
  if (n > 0) dpotrf_("U", &n, a, &n, &info);
  return info;
}

void cholesky_solve(const double* factor, int n, double* b) {
  const SingleThreadedBlas guard;
  const int one = 1;
  int info = 0;
  if (n > 0) dpotrs_("U", &n, &one, factor, &n, b, &n, &info);
}

void cholesky_solve_transposed_half(const double* factor, int n, double* b) {
  const SingleThreadedBlas guard;
  const int one = 1;
  int info = 0;
  if (n > 0) dtrtrs_("U", "N", "N", &n, &one, factor, &n, b, &n, &info);
}

std::vector<double> symmetric_eigen(double* a, int n) {
  const SingleThreadedBlas guard;
  std::vector<double> values(static_cast<std::size_t>(n)), work(1);
  int info = 0, size = -1;
  if (n == 0) return values;
  dsyev_("V", "U", &n, a, &n, values.data(), work.data(), &size, &info);
  size = static_cast<int>(work[0]);
  work.resize(static_cast<std::size_t>(size));
  dsyev_("V", "U", &n, a, &n, values.data(), work.data(), &size, &info);
  return values;
}

std::vector<double> qr_triangle(const double* x, std::int64_t rows, int k) {
  const SingleThreadedBlas guard;
  const int block = std::max(1024, 4 * k);
  // The triangle so far stands above the next rows; their QR gives the next triangle.
  std::vector<double> stacked(static_cast<std::size_t>(k + block) * k), tau(k), work(1);
  std::vector<double> triangle(static_cast<std::size_t>(k) * k);
  int info = 0, size = -1, m = k + block;
  if (k == 0) return triangle;
  dgeqrf_(&m, &k, stacked.data(), &m, tau.data(), work.data(), &size, &info);
  size = static_cast<int>(work[0]);
  work.resize(static_cast<std::size_t>(size));
  for (std::int64_t begin = 0; begin < rows; begin += block) {
    const int count = static_cast<int>(std::min<std::int64_t>(block, rows - begin));
    m = k + count;
    for (int j = 0; j < k; ++j) {
      double* column = &stacked[static_cast<std::size_t>(j) * m];
      for (int i = 0; i < k; ++i) column[i] = triangle[i * k + j];
      for (int i = 0; i < count; ++i) column[k + i] = x[(begin + i) * k + j];
    }
    dgeqrf_(&m, &k, stacked.data(), &m, tau.data(), work.data(), &size, &info);
    for (int j = 0; j < k; ++j)
      for (int i = 0; i < k; ++i)
        triangle[i * k + j] = i <= j ? stacked[static_cast<std::size_t>(j) * m + i] : 0;
  }
  return triangle;
}

}  // namespace wald::kernels
