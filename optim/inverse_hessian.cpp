#include "inverse_hessian.h"

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>

namespace wald::optim {
namespace {

/// A matrix T with T' H T = 1, made of the factor of H scaled to a diagonal of ones.
Tensor whitening(const Tensor& hessian) {
  const Tensor root = sqrt(diagonal(hessian));
  const Tensor factor = cholesky(hessian / outer(root, root));
  const Tensor half = triangular_solve(factor, eye(root.numel()));
  return t(half / root);
}

}  // namespace

Tensor inverse_hessian(const ScalarFunction& f, const Tensor& x) {
  const NoGradGuard guard;
  const DeviceGuard beside(x.device());
  const Tensor start = x.detach();
  const Tensor first = whitening(hessian(f, start, {.create_graph = false}));
  const ScalarFunction whitened = [&](const Tensor& u) { return f(start + mv(first, u)); };
  const Tensor both =
      matmul(first, whitening(hessian(whitened, zeros(x.shape()), {.create_graph = false})));
  return matmul(both, t(both));
}

}  // namespace wald::optim
