// Special functions, each written once for any scalar; see formulas.h for the rules.
#pragma once

#include <wald/kernels/formulas.h>

namespace wald::kernels {
namespace {

template <class Visit>
void for_each_special_formula(Visit&) {}

}  // namespace
}  // namespace wald::kernels
