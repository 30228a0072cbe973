// How many operands a formula has.
#pragma once

namespace wald::kernels {
namespace {

/// Of F, which takes one to four scalars T.
template <class F, class T>
constexpr int arity_of() {
  if constexpr (requires(F f, T x) { f(x); })
    return 1;
  else if constexpr (requires(F f, T x) { f(x, x); })
    return 2;
  else if constexpr (requires(F f, T x) { f(x, x, x); })
    return 3;
  else
    return 4;
}

}  // namespace
}  // namespace wald::kernels
