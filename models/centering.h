// Covariates of likelihoods that compare rows within groups alone, as partial and conditional ones.
// Knows design matrices, not likelihoods.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <wald/engine/tensor.h>

namespace wald {

/// The columns of x [n, k], each less its mean within the groups, so that no digits are lost to
/// what the comparison within groups cannot see.
/// Throws NotIdentifiedError naming columns that do not vary within any group; `where` says what
/// the groups are: "among the rows at risk together".
Tensor centered_within(const Tensor& x, const std::vector<std::int64_t>& group,
                       const std::vector<std::string>& names, const char* where);

}  // namespace wald
