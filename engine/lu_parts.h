// The LU decomposition as the files of linalg share it; not for users.
#pragma once

#include <wald/engine/linalg_parts.h>

namespace wald::linalg {

/// What every operation on an LU decomposition computes: lu, rows, sign, log|det|, det.
class LuOp : public Op {
 public:
  static constexpr int factor = Call::output_slot(0), rows = Call::output_slot(1);

  Metas infer(Inputs in) const override;
  void run(Inputs in, std::span<Tensor> out) const override;
};

/// A factorization outside any graph: the outputs of LuOp.
Tensors lu_outside_graph(const Tensor& a);

/// The solution of A x = b, or of A' x = b if `is_transposed`, by the given LU factors of A. It is
/// differentiated by `a` and b; the factors count as constants, and serve all derivatives.
/// A pivot that is 0 is an error of `who`, or, if that is null, makes the result infinite or nan.
Tensor solve_with(const Tensor& a, const Tensor& b, const Tensor& lu, const Tensor& rows,
                  bool is_transposed, const char* who);

}  // namespace wald::linalg
