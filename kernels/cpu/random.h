// Random numbers on the CPU; see backend.h for what each gives.
#pragma once

#include <wald/kernels/backend.h>

namespace wald::kernels {

void random_real(RandomLaw law, DType dtype, RandomPlace place, std::int64_t n, void* out);
void random_integers(RandomPlace place, std::int64_t low, std::uint64_t range, std::int64_t n,
                     std::int64_t* out);
void random_poisson(RandomPlace place, const double* mean, std::int64_t n, double* out);

}  // namespace wald::kernels
