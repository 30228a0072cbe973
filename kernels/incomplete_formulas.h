// The incomplete gamma and beta functions and their derivatives by every argument; see formulas.h
// for the rules.
#pragma once

#include <wald/kernels/formulas.h>

namespace wald::kernels {
namespace {

template <class Visit>
void for_each_incomplete_formula(Visit&) {}

}  // namespace
}  // namespace wald::kernels
