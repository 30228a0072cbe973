// Tests that draw are skipped where gnuplot is not installed.
#pragma once

#include <cstdlib>

namespace wald::testing {

inline bool have_gnuplot() { return std::system("gnuplot --version > /dev/null 2>&1") == 0; }

}  // namespace wald::testing

#define WALD_NEEDS_GNUPLOT() \
  if (!wald::testing::have_gnuplot()) GTEST_SKIP() << "needs gnuplot (Debian: gnuplot-nox)"
