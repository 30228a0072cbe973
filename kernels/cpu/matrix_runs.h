// What the files of matrix kernels share: how a batch is cut into runs.
#pragma once

#include <algorithm>
#include <cstdint>

#include "parallel.h"

namespace wald::kernels {

/// Calls body(begin, end) for runs of a batch, on several threads if the `work` on each matrix (in
/// multiplications) makes it worth while. The runs do not depend on the number of threads.
template <class Body>
void for_each_run(std::int64_t batch, double work, const Body& body) {
  if (batch <= 0) return;
  const auto enough = static_cast<std::int64_t>(1e5 / std::max(work, 1.0));
  const std::int64_t each = std::clamp<std::int64_t>(std::max(enough, batch / 10000), 1, batch);
  parallel_for((batch + each - 1) / each,
               [&](std::int64_t i) { body(i * each, std::min((i + 1) * each, batch)); });
}

}  // namespace wald::kernels
