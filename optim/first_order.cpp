#include "first_order.h"

#include <wald/engine/ops/pointwise.h>

namespace wald::optim {

Tensor with_weight_decay(const Tensor& g, const Tensor& x, double decay) {
  return decay == 0 ? g : g + decay * x;
}

}  // namespace wald::optim
