// What the derivative rules of any function of tensors must satisfy, whatever the function.
#pragma once

#include <random>
#include <vector>

#include "op_table.h"

namespace wald::testing {

/// Leaves with the values of `in`, to differentiate by where they are floating.
std::vector<Tensor> leaves_of(const std::vector<Tensor>& in);
/// Standard-sized numbers of either sign.
Tensor random_like(const Tensor& x, std::mt19937& random);
/// The gradients of <g, y> by the floating tensors of `in`; zeros where y does not depend on one,
/// undefined for the others.
std::vector<Tensor> gradients(const Tensor& y, const std::vector<Tensor>& in, const Tensor& g,
                              bool create_graph = false);
/// The inner product over all elements.
double inner(const Tensor& a, const Tensor& b);

/// Each value of `got` within `tolerance` of `wanted`, relative to the larger of 1 and the value.
void expect_near(const Tensor& got, const Tensor& wanted, double tolerance, const char* what);

/// The vjp against central differences, and <g, J t> = <J'g, t> for K tangents at once, K = 1
/// and 3.
void check_first_order(const Builder& f, const std::vector<Tensor>& in, double tolerance,
                       std::mt19937& random);
/// The function (x..., v) -> the gradients of <v, f(x)>, one after the other.
Builder vjp_of(const Builder& f);
/// Reverse over reverse equals forward over reverse.
void check_second_order_agrees(const Builder& f, const std::vector<Tensor>& in, double tolerance,
                               std::mt19937& random);

}  // namespace wald::testing
