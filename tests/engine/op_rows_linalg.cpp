// Rows of decompositions and products of matrices.
#include <wald/engine/nn/addmm.h>
#include <wald/engine/ops/ops.h>

#include "op_table.h"

namespace wald::testing {

std::vector<OpRow> linalg_rows() {
  const Sampler values = between(-2, 2);
  return {{.name = "addmm",
           .build = [](const std::vector<Tensor>& in) { return addmm(in[0], in[1], in[2]); },
           .inputs = {values, values, values},
           .reference =
               [](const std::vector<Array>& in) {
                 return make_array({in[1].shape[0], in[2].shape[1]},
                                   [&](const std::vector<std::int64_t>& i) {
                                     double total = in[0].at({i[0], i[1]});
                                     for (std::int64_t k = 0; k < in[1].shape[1]; ++k)
                                       total += in[1].at({i[0], k}) * in[2].at({k, i[1]});
                                     return total;
                                   });
               },
           .shapes = {{{2, 3}, {2, 4}, {4, 3}}, {{3, 3}, {3, 3}, {3, 3}}, {{1, 1}, {1, 0}, {0, 1}}},
           .integers = Integers::refused}};
}

}  // namespace wald::testing
