// Products and decompositions of matrices by a vendor's libraries: see Backend for the contracts,
// library.h for what not_supported means here.
#pragma once

#include "gpu.h"

namespace wald::gpu {

/// Not supported either where neither axis of an operand is contiguous.
Status library_matmul(int device, const kernels::Matmul& product, Stream stream);

// `info` is the host's memory: these wait for the device.

Status library_cholesky(int device, const kernels::Matrices& a, void* l, int* info, Stream stream);
Status library_lu(int device, const kernels::Matrices& a, void* lu, std::int64_t* rows, void* sign,
                  void* log_abs_det, void* det, int* info, Stream stream);
Status library_qr(int device, const kernels::Matrices& a, void* q, void* r, Stream stream);
Status library_eigh(int device, const kernels::Matrices& a, void* values, void* vectors, int* info,
                    Stream stream);
Status library_svd(int device, const kernels::Matrices& a, void* u, void* s, void* vh, int* info,
                   Stream stream);

}  // namespace wald::gpu
