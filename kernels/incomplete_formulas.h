// The incomplete gamma and beta functions and their derivatives by every argument; see formulas.h
// for the rules. The first operand of a derivative says which: by_a + 3 by_x, or by_a + 3 by_b +
// 9 by_x, the orders adding up to 1 or 2.
#pragma once

#include <wald/kernels/incomplete_beta.h>

namespace wald::kernels {
namespace {

namespace incomplete {

struct Orders {
  int first, second, third;
};
/// The digits of a number in base 3; nan if they do not add up to 1 or 2.
WALD_DEVICE inline bool orders_of(double code, Orders& out) {
  if (!(code >= 1 && code <= 18) || code != ::floor(code)) return false;
  const int n = static_cast<int>(code);
  out = {n % 3, n / 3 % 3, n / 9};
  return out.first + out.second + out.third <= 2;
}

}  // namespace incomplete

template <class Visit>
void for_each_incomplete_formula(Visit& visit) {
  visit.lanewise("gammainc", [] WALD_FORMULA(double a, double x) {
    return incomplete::gamma_value<false>(a, x);
  });
  visit.lanewise("gammaincc", [] WALD_FORMULA(double a, double x) {
    return incomplete::gamma_value<true>(a, x);
  });
  visit.lanewise("log_gammainc", [] WALD_FORMULA(double a, double x) {
    return incomplete::log_gamma_value<false>(a, x);
  });
  visit.lanewise("log_gammaincc", [] WALD_FORMULA(double a, double x) {
    return incomplete::log_gamma_value<true>(a, x);
  });
  visit.lanewise("gammainc_derivative", [] WALD_FORMULA(double orders, double a, double x) {
    incomplete::Orders by;
    if (!incomplete::orders_of(orders, by) || by.third > 0) return incomplete::not_a_number;
    return incomplete::gamma_derivative(by.first, by.second, a, x);
  });
  visit.lanewise("log_gammainc_derivative", [] WALD_FORMULA(double orders, double a, double x) {
    incomplete::Orders by;
    if (!incomplete::orders_of(orders, by) || by.third > 0) return incomplete::not_a_number;
    return incomplete::log_gamma_derivative<false>(by.first, by.second, a, x);
  });
  visit.lanewise("log_gammaincc_derivative", [] WALD_FORMULA(double orders, double a, double x) {
    incomplete::Orders by;
    if (!incomplete::orders_of(orders, by) || by.third > 0) return incomplete::not_a_number;
    return incomplete::log_gamma_derivative<true>(by.first, by.second, a, x);
  });

  visit.lanewise("betainc", [] WALD_FORMULA(double a, double b, double x) {
    return incomplete::beta_value<false>(a, b, x);
  });
  visit.lanewise("betaincc", [] WALD_FORMULA(double a, double b, double x) {
    return incomplete::beta_value<true>(a, b, x);
  });
  visit.lanewise("log_betainc", [] WALD_FORMULA(double a, double b, double x) {
    return incomplete::log_beta_value<false>(a, b, x);
  });
  visit.lanewise("log_betaincc", [] WALD_FORMULA(double a, double b, double x) {
    return incomplete::log_beta_value<true>(a, b, x);
  });
  visit.lanewise("betainc_derivative",
                 [] WALD_FORMULA(double orders, double a, double b, double x) {
                   incomplete::Orders by;
                   if (!incomplete::orders_of(orders, by)) return incomplete::not_a_number;
                   return incomplete::beta_derivative(by.first, by.second, by.third, a, b, x);
                 });
  visit.lanewise(
      "log_betainc_derivative", [] WALD_FORMULA(double orders, double a, double b, double x) {
        incomplete::Orders by;
        if (!incomplete::orders_of(orders, by)) return incomplete::not_a_number;
        return incomplete::log_beta_derivative<false>(by.first, by.second, by.third, a, b, x);
      });
  visit.lanewise(
      "log_betaincc_derivative", [] WALD_FORMULA(double orders, double a, double b, double x) {
        incomplete::Orders by;
        if (!incomplete::orders_of(orders, by)) return incomplete::not_a_number;
        return incomplete::log_beta_derivative<true>(by.first, by.second, by.third, a, b, x);
      });
}

}  // namespace
}  // namespace wald::kernels
