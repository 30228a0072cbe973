// What a device must offer to run wald's operations: one interface, the same for every device.
// Memory is given as raw pointers; sizes and strides count elements; outputs are contiguous unless
// they come with strides. Nothing here knows tensors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include <wald/kernels/dtype.h>

namespace wald::kernels {

enum class PointwiseKind : std::uint8_t { value, compare, choose };

/// A pointwise operation of a device, which derives from this to add its kernels. All have float64
/// and float32; a comparison gives booleans, and one that chooses has a mask of them first.
struct PointwiseKernel {
  const char* name;
  int arity;
  PointwiseKind kind;
  bool has_int64;

  bool has(DType dtype) const { return is_floating(dtype) || (dtype == DType::int64 && has_int64); }
};

/// Memory read or written with one stride for each axis of the shape it goes with.
struct View {
  const void* data;
  const std::int64_t* stride;
};

struct Shape {
  int rank;
  const std::int64_t* size;
};

/// c = a b for each of `batch` pairs: a is m by k, b is k by n, c is m by n and contiguous.
/// Element (i, j) of the p-th a is at p * a_batch + i * a_row + j * a_col.
struct Matmul {
  DType dtype;  // float64 or float32
  std::int64_t batch, m, n, k;
  const void* a;
  std::int64_t a_batch, a_row, a_col;
  const void* b;
  std::int64_t b_batch, b_row, b_col;
  void* c;
};

/// `batch` matrices of one size and type (float64 or float32), contiguous and row by row.
struct Matrices {
  DType dtype;
  std::int64_t batch, rows, cols;
  const void* data;
};

/// Solves a x = b for each of `batch` pairs, x (n by k, contiguous) holding b before. Only the
/// triangle `upper` or lower of a is read, and not its diagonal if `unit`: that is 1 then.
/// Element (i, j) of the p-th a is at p * a_batch + i * a_row + j * a_col.
struct TriangularSolve {
  DType dtype;
  bool upper, unit;
  std::int64_t batch, n, k;
  const void* a;
  std::int64_t a_batch, a_row, a_col;
  void* x;
};

/// What a decomposition says of a matrix, beside 0 (done) and a positive order or index.
constexpr int matrix_not_finite = -1;

/// How an axis is made one value. float32 is accumulated in float64, int64 wraps around. Booleans
/// have sum (a count, int64), max ("any") and min ("all"). Of nothing: 0, 1, -inf, inf, 0. A nan is
/// the maximum and the minimum. `norm` is the root of the sum of squares, without overflow.
enum class Reduction : std::uint8_t { sum, prod, max, min, norm };

/// Running results y of an axis x: sums, products, logarithms of sums of exponentials (float64 and
/// float32), and y(i) = factor(i) y(i - 1) + x(i), where a y of exactly 0 stays 0 whatever the
/// factor. Reversed they run from the end.
enum class Scan : std::uint8_t { sum, prod, logsumexp, recurrence };

/// The logarithm of the sum of exponentials (the axis goes away); exp(x) over that sum, and its
/// logarithm; and the derivative of the first, which is the second with limits in place of nan: 0s
/// where all are -inf, equal shares for those that are +inf.
enum class Softmax : std::uint8_t { logsumexp, softmax, log_softmax, logsumexp_gradient };

/// Where a call's random numbers begin: the key of the generator and a counter of its blocks.
struct RandomPlace {
  std::uint64_t seed, position;
};
enum class RandomLaw : std::uint8_t { uniform, normal, exponential };

/// A device failed at something that it should be able to do; the message has its own words.
struct BackendError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Work may still be going on when a function returns, but later calls and copies to the host see
/// its results. All functions may be called from several threads. Throws BackendError.
class Backend {
 public:
  explicit Backend(std::string known_as) : name(std::move(known_as)) {}
  virtual ~Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  const std::string name;  ///< "cpu", "cuda:0"

  virtual void* allocate(std::size_t bytes) const = 0;  // null when out of memory
  virtual void release(void* p, std::size_t bytes) const = 0;
  /// Bytes between the device's memory and the processor's. The copy is complete on return.
  virtual void to_host(const void* from, void* to, std::size_t bytes) const = 0;
  virtual void from_host(const void* from, void* to, std::size_t bytes) const = 0;
  /// Waits for all work, so that what failed is known.
  virtual void synchronize() const = 0;

  /// The kernel of a formula by its name; null if there is none.
  virtual const PointwiseKernel* find_pointwise(const char* formula) const = 0;
  /// `dtype` is that of the operands; a comparison writes booleans, one byte each.
  virtual void pointwise(const PointwiseKernel&, DType dtype, Shape, const View* in,
                         void* out) const = 0;

  /// Copies elements, converting between types. Both sides may be strided.
  virtual void copy(DType from, DType to, Shape, View in, View out) const = 0;
  virtual void fill(DType, void* out, std::int64_t n, double value) const = 0;

  /// Reduces the axes whose bit is set in `axes`, keeping the order of the others. The same bits
  /// for any number of threads. See Reduction.
  virtual void reduce(Reduction, DType, Shape, View in, std::uint64_t axes, void* out) const = 0;
  virtual void matmul(const Matmul&) const = 0;

  // Decompositions of each matrix of a batch. Outputs are contiguous; info[p] speaks of the p-th.

  /// The lower triangular l with l l' = the symmetric part of a. info: the order of the first
  /// leading minor that is not positive, or matrix_not_finite.
  virtual void cholesky(const Matrices& a, void* l, int* info) const = 0;
  /// info, if not null: the number (from 1) of the first 0 on the diagonal; then x is not finite.
  virtual void triangular_solve(const TriangularSolve&, int* info) const = 0;
  /// Row i of l u is row rows[i] of a (square); l (of unit diagonal) and u share `lu`. The sign of
  /// the determinant (-1, 0, 1), the logarithm of its absolute value, and itself. info: the number
  /// of the first pivot that is 0.
  virtual void lu(const Matrices& a, void* lu, std::int64_t* rows, void* sign, void* log_abs_det,
                  void* det, int* info) const = 0;
  /// Row i of the result is row rows[i] of x, or, if `inverse`, the other way round.
  virtual void permute_rows(const Matrices& x, const std::int64_t* rows, bool inverse,
                            void* out) const = 0;
  /// a = q r, rows >= cols: q (rows by cols) has orthonormal columns, r is upper triangular with a
  /// diagonal that is not negative.
  virtual void qr(const Matrices& a, void* q, void* r) const = 0;
  /// Eigenvalues (ascending) and eigenvectors (columns) of the symmetric part of a. info: not 0 if
  /// the iteration did not converge, or matrix_not_finite.
  virtual void eigh(const Matrices& a, void* values, void* vectors, int* info) const = 0;
  /// a = u diag(s) vh, of k = min(rows, cols) singular values, descending; info as for eigh.
  virtual void svd(const Matrices& a, void* u, void* s, void* vh, int* info) const = 0;

  /// Moving by index. Indices are int64 and within range; the shape is that of the index. `out` of
  /// gather is contiguous: out[.., i, ..] = in[.., index[.., i, ..], ..] along `axis`. scatter goes
  /// the other way, out[.., index, ..] = source or += source, into what `out` (contiguous, of
  /// `out_shape`) holds; equal indices are taken in order, or in blocks of a number fixed by the
  /// shapes: the same bits for any number of threads. float32 is accumulated in float64.
  virtual void gather(DType, Shape, View in, int axis, View index, void* out) const = 0;
  virtual void scatter(DType, bool add, Shape, View source, View index, int axis, Shape out_shape,
                       void* out) const = 0;
  /// The least and the largest of at least one index.
  virtual void index_bounds(Shape, View index, std::int64_t* low, std::int64_t* high) const = 0;
  /// The number of true elements; their places in row-major order, ascending, if `out` is given.
  virtual std::int64_t places_of_true(Shape, View mask, std::int64_t* out) const = 0;
  /// The places of the first `keep` elements along the last axis in order, stably; nan counts as
  /// the largest number. `out` is contiguous.
  virtual void argsort(DType, Shape, View in, bool descending, std::int64_t keep,
                       std::int64_t* out) const = 0;
  /// For each value, how many elements of a sorted sequence lie before it (`right`: or equal it).
  /// The sequence of n elements, `step` apart, begins where `sequence` says for that value.
  virtual void searchsorted(DType, Shape, View sequence, std::int64_t n, std::int64_t step,
                            View values, bool right, std::int64_t* out) const = 0;

  /// Where along an axis the maximum or minimum (`kind`) first stands, as int64; a nan is the
  /// extreme. The axis is not empty.
  virtual void arg_reduce(Reduction kind, DType, Shape, View in, int axis,
                          std::int64_t* out) const = 0;
  /// Running results along an axis. `factor` is read by Scan::recurrence alone.
  virtual void scan(Scan, DType, Shape, View in, View factor, int axis, bool is_reverse,
                    void* out) const = 0;
  /// Sums of exponentials along an axis. float64 and float32.
  virtual void softmax(Softmax, DType, Shape, View in, int axis, void* out) const = 0;

  /// n random numbers of float64 or float32, each of the place and its index alone: uniform on
  /// (0, 1), standard normal, or exponential of rate 1. Two take one block.
  virtual void random_real(RandomLaw, DType, RandomPlace, std::int64_t n, void* out) const = 0;
  /// Uniform on low ... low + range - 1, range from 1 on. Each takes one block.
  virtual void random_integers(RandomPlace, std::int64_t low, std::uint64_t range, std::int64_t n,
                               std::int64_t* out) const = 0;
  /// Poisson counts with the given means. Each takes one block.
  virtual void random_poisson(RandomPlace, const double* mean, std::int64_t n,
                              double* out) const = 0;
};

const Backend& cpu_backend();

}  // namespace wald::kernels
