// The list of covariates of the command line, `age, C(sex), C(cell, ref=large)`, as a formula.
// Names stand in it as they are, without backquotes.
#pragma once

#include <wald/models/formula.h>

#include <string_view>

namespace wald {

/// The right side `~ age + C(sex) + C(cell, ref = large)`. Throws InputError for a malformed list
/// and a column named twice.
Formula covariate_list(std::string_view list);

}  // namespace wald
