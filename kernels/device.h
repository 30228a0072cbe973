// Marks functions that the compiler of a GPU makes for the GPU, or for the processor too.
#pragma once

#if defined(__CUDACC__) || defined(__HIPCC__)
#ifndef WALD_DEVICE  // a test that only compiles them says that they stay functions
#define WALD_DEVICE __device__
#endif
#define WALD_ANYWHERE __host__ __device__
#else
#define WALD_DEVICE
#define WALD_ANYWHERE
#endif
