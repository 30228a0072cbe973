// Which functions give which reference tables: incomplete.
#include <wald/engine/ops/ops.h>

#include "special_table.h"

namespace wald::testing {

std::vector<SpecialTable> incomplete_tables() {
  SpecialTable p{.file = "gammainc",
                 .f = [](const std::vector<Tensor>& in) { return gammainc(in[0], in[1]); },
                 .arguments = {"a", "x"},
                 .columns = {{"P", {0, 0}},
                             {"dP_da", {1, 0}},
                             {"dP_dx", {0, 1}},
                             {"d2P_da2", {2, 0}},
                             {"d2P_dadx", {1, 1}},
                             {"d2P_dx2", {0, 2}}}};
  // Of the complements the tables have the values alone; their derivatives differ in sign.
  SpecialTable q{.file = "gammainc",
                 .f = [](const std::vector<Tensor>& in) { return gammaincc(in[0], in[1]); },
                 .arguments = {"a", "x"},
                 .columns = {{"Q", {0, 0}}},
                 .name = "gammaincc"};
  SpecialTable i{.file = "betainc",
                 .f = [](const std::vector<Tensor>& in) { return betainc(in[0], in[1], in[2]); },
                 .arguments = {"a", "b", "x"},
                 .columns = {{"I", {0, 0, 0}},
                             {"dI_da", {1, 0, 0}},
                             {"dI_db", {0, 1, 0}},
                             {"dI_dx", {0, 0, 1}},
                             {"d2I_dx2", {0, 0, 2}}}};
  SpecialTable j{.file = "betainc",
                 .f = [](const std::vector<Tensor>& in) { return betaincc(in[0], in[1], in[2]); },
                 .arguments = {"a", "b", "x"},
                 .columns = {{"one_minus_I", {0, 0, 0}}},
                 .name = "betaincc"};
  return {p, q, i, j};
}

}  // namespace wald::testing
