// The incomplete gamma and beta functions as operations. A function and each of its derivatives is
// a Pointwise operation of its own, and the rule of one is the next; those of the last order have
// none.
#include "incomplete.h"

#include <wald/engine/op.h>
#include <wald/engine/ops/pointwise.h>

namespace wald {
namespace {

constexpr int highest_order = 2;

Partial zero(const Call&) { return 0; }

/// Formulas of a function and of its derivatives.
struct Gammainc {
  static constexpr const char *value = "gammainc", *derivative = "gammainc_derivative";
};
struct LogGammainc {
  static constexpr const char *value = "log_gammainc", *derivative = "log_gammainc_derivative";
};
struct LogGammaincc {
  static constexpr const char *value = "log_gammaincc", *derivative = "log_gammaincc_derivative";
};
struct Betainc {
  static constexpr const char *value = "betainc", *derivative = "betainc_derivative";
};
struct LogBetainc {
  static constexpr const char *value = "log_betainc", *derivative = "log_betainc_derivative";
};
struct LogBetaincc {
  static constexpr const char *value = "log_betaincc", *derivative = "log_betaincc_derivative";
};

/// The derivative i times by a, j times by x.
template <class F, int i, int j>
Tensor derivative(const Tensor& a, const Tensor& x);
/// i times by a, j times by b, k times by x.
template <class F, int i, int j, int k>
Tensor derivative(const Tensor& a, const Tensor& b, const Tensor& x);

/// The rule whose partial is the given derivative.
template <class F, int i, int j>
constexpr Pointwise::Rule rule() {
  if constexpr (i + j > highest_order)
    return nullptr;
  else
    return [](const Call& c) -> Partial {
      constexpr int first = i + j > 1 ? 1 : 0;  // behind the operand that says the orders
      return derivative<F, i, j>(c.in(first), c.in(first + 1));
    };
}
template <class F, int i, int j, int k>
constexpr Pointwise::Rule rule() {
  if constexpr (i + j + k > highest_order)
    return nullptr;
  else
    return [](const Call& c) -> Partial {
      constexpr int first = i + j + k > 1 ? 1 : 0;
      return derivative<F, i, j, k>(c.in(first), c.in(first + 1), c.in(first + 2));
    };
}

template <class F, int i, int j>
Tensor derivative(const Tensor& a, const Tensor& x) {
  if constexpr (i + j == 0) {
    static const Pointwise op(F::value, {rule<F, 1, 0>(), rule<F, 0, 1>()});
    return op(a, x);
  } else {
    static const Pointwise op(F::value, F::derivative,
                              {zero, rule<F, i + 1, j>(), rule<F, i, j + 1>()});
    return op(number_like(i + 3 * j, a), a, x);
  }
}
template <class F, int i, int j, int k>
Tensor derivative(const Tensor& a, const Tensor& b, const Tensor& x) {
  if constexpr (i + j + k == 0) {
    static const Pointwise op(F::value,
                              {rule<F, 1, 0, 0>(), rule<F, 0, 1, 0>(), rule<F, 0, 0, 1>()});
    return op(a, b, x);
  } else {
    static const Pointwise op(
        F::value, F::derivative,
        {zero, rule<F, i + 1, j, k>(), rule<F, i, j + 1, k>(), rule<F, i, j, k + 1>()});
    return op(number_like(i + 3 * j + 9 * k, a), a, b, x);
  }
}

}  // namespace

Tensor gammainc(const Tensor& a, const Tensor& x) { return derivative<Gammainc, 0, 0>(a, x); }

Tensor gammaincc(const Tensor& a, const Tensor& x) {
  static const Pointwise op(
      "gammaincc",
      {[](const Call& c) -> Partial { return -derivative<Gammainc, 1, 0>(c.in(0), c.in(1)); },
       [](const Call& c) -> Partial { return -derivative<Gammainc, 0, 1>(c.in(0), c.in(1)); }});
  return op(a, x);
}

Tensor log_gammainc(const Tensor& a, const Tensor& x) {
  return derivative<LogGammainc, 0, 0>(a, x);
}

Tensor log_gammaincc(const Tensor& a, const Tensor& x) {
  return derivative<LogGammaincc, 0, 0>(a, x);
}

Tensor betainc(const Tensor& a, const Tensor& b, const Tensor& x) {
  return derivative<Betainc, 0, 0, 0>(a, b, x);
}

Tensor betaincc(const Tensor& a, const Tensor& b, const Tensor& x) {
  static const Pointwise op("betaincc",
                            {[](const Call& c) -> Partial {
                               return -derivative<Betainc, 1, 0, 0>(c.in(0), c.in(1), c.in(2));
                             },
                             [](const Call& c) -> Partial {
                               return -derivative<Betainc, 0, 1, 0>(c.in(0), c.in(1), c.in(2));
                             },
                             [](const Call& c) -> Partial {
                               return -derivative<Betainc, 0, 0, 1>(c.in(0), c.in(1), c.in(2));
                             }});
  return op(a, b, x);
}

Tensor log_betainc(const Tensor& a, const Tensor& b, const Tensor& x) {
  return derivative<LogBetainc, 0, 0, 0>(a, b, x);
}

Tensor log_betaincc(const Tensor& a, const Tensor& b, const Tensor& x) {
  return derivative<LogBetaincc, 0, 0, 0>(a, b, x);
}

}  // namespace wald
