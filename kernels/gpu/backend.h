// A GPU as a device of the engine: the functions of a loaded table, and the processor for the
// decompositions of a vendor's library that is not there.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "table.h"

namespace wald::kernels {

class GpuBackend : public Backend {
 public:
  /// "cuda:1"; the first emulated device has no number.
  GpuBackend(const gpu::Table& table, int device);

  bool is_integrated() const;  ///< Shares the memory of the processor.
  gpu::DeviceFacts facts() const;
  gpu::MemoryUse memory_use() const;
  /// Bytes that may be in use and kept together; 0: as many as the device has.
  void set_memory_limit(std::size_t bytes) const;
  /// Gives the memory that is kept for later use back to the device.
  void trim() const;
  /// How many copies to the host there were so far: each waits for the device.
  std::uint64_t copies_to_host() const { return copies_to_host_; }
  /// Copies from another device of the same object.
  void from_peer(const GpuBackend& peer, const void* from, void* to, std::size_t bytes) const;
  bool is_peer_of(const Backend& other) const;

  void* allocate(std::size_t bytes) const override;
  void release(void* p, std::size_t bytes) const override;
  void to_host(const void* from, void* to, std::size_t bytes) const override;
  void from_host(const void* from, void* to, std::size_t bytes) const override;
  void synchronize() const override;
  const PointwiseKernel* find_pointwise(const char* formula) const override;
  void pointwise(const PointwiseKernel&, DType dtype, Shape, const View* in,
                 void* out) const override;
  void copy(DType from, DType to, Shape, View in, View out) const override;
  void fill(DType, void* out, std::int64_t n, double value) const override;
  void reduce(Reduction, DType, Shape, View in, std::uint64_t axes, void* out) const override;
  void matmul(const Matmul&) const override;
  void cholesky(const Matrices& a, void* l, int* info) const override;
  void triangular_solve(const TriangularSolve&, int* info) const override;
  void lu(const Matrices& a, void* lu, std::int64_t* rows, void* sign, void* log_abs_det, void* det,
          int* info) const override;
  void permute_rows(const Matrices& x, const std::int64_t* rows, bool inverse,
                    void* out) const override;
  void qr(const Matrices& a, void* q, void* r) const override;
  void eigh(const Matrices& a, void* values, void* vectors, int* info) const override;
  void svd(const Matrices& a, void* u, void* s, void* vh, int* info) const override;
  void gather(DType, Shape, View in, int axis, View index, void* out) const override;
  void scatter(DType, bool add, Shape, View source, View index, int axis, Shape out_shape,
               void* out) const override;
  void index_bounds(Shape, View index, std::int64_t* low, std::int64_t* high) const override;
  std::int64_t places_of_true(Shape, View mask, std::int64_t* out) const override;
  void argsort(DType, Shape, View in, bool descending, std::int64_t keep,
               std::int64_t* out) const override;
  void searchsorted(DType, Shape, View sequence, std::int64_t n, std::int64_t step, View values,
                    bool right, std::int64_t* out) const override;
  void arg_reduce(Reduction kind, DType, Shape, View in, int axis,
                  std::int64_t* out) const override;
  void scan(Scan, DType, Shape, View in, View factor, int axis, bool is_reverse,
            void* out) const override;
  void softmax(Softmax, DType, Shape, View in, int axis, void* out) const override;
  void random_real(RandomLaw, DType, RandomPlace, std::int64_t n, void* out) const override;
  void random_integers(RandomPlace, std::int64_t low, std::uint64_t range, std::int64_t n,
                       std::int64_t* out) const override;
  void random_poisson(RandomPlace, const double* mean, std::int64_t n, double* out) const override;

 private:
  void check(int status, const char* what) const;
  /// Whether the device does it itself: not where the library that this needs is missing. Says once
  /// for each operation that the processor does it.
  template <class Kernel, class... Arguments>
  bool does(const char* what, Kernel* kernel, const Arguments&... arguments) const;

  const gpu::Table& table_;
  const int device_;
  mutable std::mutex said_mutex_;
  mutable std::set<std::string> said_;
  mutable std::atomic<std::uint64_t> copies_to_host_{0};
};

struct GpuBackends {
  /// Discrete ones before those that share the memory of the processor.
  std::vector<const GpuBackend*> found;
  /// A sentence for each object of kernels that was found and has no device, and why.
  std::vector<std::string> missing;
};

/// The devices of libwald_cuda.so, libwald_hip.so and libwald_emulated.so, looked for once: in the
/// folder $WALD_GPU_PATH, then where libraries are, then in ../lib beside the program's folder.
const GpuBackends& gpu_backends();

}  // namespace wald::kernels
