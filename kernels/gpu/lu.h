// What there is to say of an LU decomposition on a device, whoever made it. For lu.cu and solver.cu
// alone.
#pragma once

#include <wald/kernels/lu_description.h>

#include "elements.h"
#include "memory.h"
#include "transfers.h"

namespace wald::gpu {
namespace {

/// By one thread for each matrix.
template <class T, class Pivot>
struct DescribeLu {
  std::int64_t batch, n;
  const Pivot* pivots;
  Pivot base;
  kernels::LuOut<T> out;

  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t p = first(t); p < batch; p += step(t))
      kernels::describe_lu(out, p, n, pivots + p * n, base);
  }
};

/// Row i of each of `batch` matrices was exchanged with row pivots[i], the first being row `base`.
/// out.info is the host's memory: this waits for the device.
template <class T, class Pivot>
Status describe_lu(int device, std::int64_t batch, std::int64_t n, const Pivot* pivots, Pivot base,
                   kernels::LuOut<T> out, Stream stream) {
  const std::size_t bytes = static_cast<std::size_t>(batch) * sizeof(int);
  const Scratch found(device, bytes);
  if (found.status() != success) return found.status();
  int* const info = out.info;
  out.info = found.as<int>();
  const Status status =
      launch(DescribeLu<T, Pivot>{batch, n, pivots, base, out}, grid_for(batch), stream);
  return status == success ? copy_to_host(device, out.info, info, bytes) : status;
}

}  // namespace
}  // namespace wald::gpu
