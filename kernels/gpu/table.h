// What an object of GPU kernels offers to the program that loads it: one table of C functions, in
// which a status stands for an exception. wald_kernels knows the table alone, so that it is built
// without any vendor's headers, and a machine without a driver only lacks devices.
#pragma once

#include <wald/kernels/backend.h>

namespace wald::gpu {

/// Counts changes of Table: an object of another version is refused.
constexpr int table_version = 2;

struct DeviceFacts {
  char name[256];       ///< The vendor's, "NVIDIA H100 80GB HBM3".
  char capability[32];  ///< "9.0", "gfx90a"
  char driver[32];
  std::size_t memory, free_memory;  ///< Bytes.
};

struct MemoryUse {
  std::size_t in_use = 0;  ///< Bytes that somebody holds.
  std::size_t kept = 0;    ///< Bytes for the next use.
  std::size_t most = 0;    ///< The largest in_use so far.
  std::size_t limit = 0;   ///< Of in_use and kept together; 0: none but the device's.
};

/// Contracts are those of Backend. All functions return a status, 0 for success. qr, eigh and svd
/// are those of a vendor's library: `not_supported` where it is missing.
struct Table {
  int version;
  const char* vendor;  ///< "cuda", "hip", "emulated"
  int out_of_memory;   ///< The status that says so.
  int not_supported;   ///< The status that says so.
  const char* (*message_of)(int status);

  int (*device_count)(int* n);
  int (*is_integrated)(int device, bool* is);  ///< Shares the memory of the processor.
  int (*describe)(int device, DeviceFacts* facts);
  int (*allocate)(int device, std::size_t bytes, void** p);
  int (*release)(int device, void* p, std::size_t bytes);
  int (*memory_use)(int device, MemoryUse* use);
  int (*set_memory_limit)(int device, std::size_t bytes);
  int (*trim)(int device);
  int (*to_host)(int device, const void* from, void* to, std::size_t bytes);
  int (*from_host)(int device, const void* from, void* to, std::size_t bytes);
  int (*from_peer)(int device, int peer, const void* from, void* to, std::size_t bytes);
  int (*synchronize)(int device);

  const kernels::PointwiseKernel* (*find_pointwise)(const char* name);
  int (*pointwise)(int device, const kernels::PointwiseKernel* kernel, DType dtype,
                   kernels::Shape shape, const kernels::View* in, void* out);
  int (*copy)(int device, DType from, DType to, kernels::Shape shape, kernels::View in,
              kernels::View out);
  int (*fill)(int device, DType dtype, void* out, std::int64_t n, double value);
  int (*reduce)(int device, kernels::Reduction kind, DType dtype, kernels::Shape shape,
                kernels::View in, std::uint64_t axes, void* out);
  int (*matmul)(int device, const kernels::Matmul* product);

  int (*cholesky)(int device, const kernels::Matrices* a, void* l, int* info);
  int (*triangular_solve)(int device, const kernels::TriangularSolve* system, int* info);
  int (*lu)(int device, const kernels::Matrices* a, void* lu, std::int64_t* rows, void* sign,
            void* log_abs_det, void* det, int* info);
  int (*permute_rows)(int device, const kernels::Matrices* x, const std::int64_t* rows,
                      bool inverse, void* out);
  int (*qr)(int device, const kernels::Matrices* a, void* q, void* r);
  int (*eigh)(int device, const kernels::Matrices* a, void* values, void* vectors, int* info);
  int (*svd)(int device, const kernels::Matrices* a, void* u, void* s, void* vh, int* info);

  int (*gather)(int device, DType dtype, kernels::Shape shape, kernels::View in, int axis,
                kernels::View index, void* out);
  int (*scatter)(int device, DType dtype, bool add, kernels::Shape shape, kernels::View source,
                 kernels::View index, int axis, kernels::Shape out_shape, void* out);
  int (*index_bounds)(int device, kernels::Shape shape, kernels::View index, std::int64_t* low,
                      std::int64_t* high);
  int (*places_of_true)(int device, kernels::Shape shape, kernels::View mask, std::int64_t* out,
                        std::int64_t* count);
  int (*argsort)(int device, DType dtype, kernels::Shape shape, kernels::View in, bool descending,
                 std::int64_t keep, std::int64_t* out);
  int (*searchsorted)(int device, DType dtype, kernels::Shape shape, kernels::View sequence,
                      std::int64_t n, std::int64_t step, kernels::View values, bool right,
                      std::int64_t* out);
  int (*arg_reduce)(int device, kernels::Reduction kind, DType dtype, kernels::Shape shape,
                    kernels::View in, int axis, std::int64_t* out);
  int (*scan)(int device, kernels::Scan kind, DType dtype, kernels::Shape shape, kernels::View in,
              kernels::View factor, int axis, bool is_reverse, void* out);
  int (*softmax)(int device, kernels::Softmax kind, DType dtype, kernels::Shape shape,
                 kernels::View in, int axis, void* out);

  int (*random_real)(int device, kernels::RandomLaw law, DType dtype, kernels::RandomPlace place,
                     std::int64_t n, void* out);
  int (*random_integers)(int device, kernels::RandomPlace place, std::int64_t low,
                         std::uint64_t range, std::int64_t n, std::int64_t* out);
  int (*random_poisson)(int device, kernels::RandomPlace place, const double* mean, std::int64_t n,
                        double* out);
};

}  // namespace wald::gpu

/// The one symbol of an object: its table.
extern "C" __attribute__((visibility("default"))) const wald::gpu::Table* wald_gpu_table();
