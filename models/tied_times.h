// Which times count as one: rounding must not decide who was at risk when. Knows numbers only.
#pragma once

#include <initializer_list>
#include <span>
#include <vector>

namespace wald {

/// The times, where those that lie closer together than 1.5e-8 (the square root of the machine
/// epsilon) of the mean size of the distinct ones are made equal to the first of them: sums such as
/// 0.1 + 0.2 tie with 0.3. It is how R's package survival (aeqSurv) takes times, but for its second
/// rule, by which a difference of 1.5e-8 in whatever unit is none. `columns` are taken together, as
/// times of entry and of exit; each is replaced.
void join_close_times(std::initializer_list<std::vector<double>*> columns);

}  // namespace wald
