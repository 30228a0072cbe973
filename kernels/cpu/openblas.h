// Which OpenBLAS this process runs on.
#pragma once

#include <string>

namespace wald::kernels {

/// "OpenBLAS 0.3.21 ... SkylakeX", with its kind of threading.
std::string openblas_description();

/// Whether it is the build on OpenMP, which shares the one thread pool. The results are the same on
/// any other, but its threads and ours get into each other's way.
bool openblas_uses_openmp();

}  // namespace wald::kernels
