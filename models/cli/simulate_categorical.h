// wald simulate ordered, wald simulate multinomial.
#pragma once

#include "commands.h"

namespace wald::cli {

void add_simulate_ordered(CLI::App& simulate, int& exit_code);
void add_simulate_multinomial(CLI::App& simulate, int& exit_code);

}  // namespace wald::cli
