// The regularized incomplete gamma and beta functions and their logarithms, with first and second
// derivatives by every argument, the shapes included. Pointwise: operands are broadcast and
// promoted as in pointwise.h; float32 is computed in float64. A third derivative is not available:
// asking for one throws GraphError. Values are good to a few units in the last place where they are
// well conditioned, for shapes from 1e-290 to 1e290 (gamma) and from 1e-290 to 1e30 (beta), and any
// x; first and second derivatives to 256, for shapes from 1e-10 to 1e10 (gamma) and from 1e-6 to
// 1e6 (beta). Larger and smaller shapes lose digits, second derivatives by shapes of the beta
// functions the most (1e-4 relative, where both shapes are below 1e-7), and derivatives may be nan
// where an intermediate quantity overflows. A derivative too small to be represented is a zero of
// either sign. Methods are named in kernels/incomplete_gamma.h and incomplete_beta.h.
#pragma once

#include <wald/engine/tensor.h>

namespace wald {

/// P(a, x), the distribution function at x >= 0 of a gamma variable of shape a > 0: 0 at x = 0, 1
/// at x = inf. Also for a = 0, its limit 1 (x > 0). nan elsewhere.
Tensor gammainc(const Tensor& a, const Tensor& x);
/// Q(a, x) = 1 - P(a, x), the survival function, with all digits of a small Q.
Tensor gammaincc(const Tensor& a, const Tensor& x);
/// log P(a, x), finite where P underflows; -inf at x = 0.
Tensor log_gammainc(const Tensor& a, const Tensor& x);
/// log Q(a, x), finite where Q underflows; -inf at x = inf and at a = 0.
Tensor log_gammaincc(const Tensor& a, const Tensor& x);

/// I_x(a, b), the distribution function at x in [0, 1] of a beta variable of shapes a, b > 0: 0 at
/// x = 0, 1 at x = 1. Also for a = 0 or b = 0 inside (0, 1), its limits 1 and 0. nan elsewhere.
Tensor betainc(const Tensor& a, const Tensor& b, const Tensor& x);
/// 1 - I_x(a, b), with all digits where it is small.
Tensor betaincc(const Tensor& a, const Tensor& b, const Tensor& x);
/// log I_x(a, b), finite where I underflows; -inf at x = 0.
Tensor log_betainc(const Tensor& a, const Tensor& b, const Tensor& x);
/// log(1 - I_x(a, b)), finite where 1 - I underflows; -inf at x = 1.
Tensor log_betaincc(const Tensor& a, const Tensor& b, const Tensor& x);

}  // namespace wald
