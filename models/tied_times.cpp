#include "tied_times.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace wald {

void join_close_times(std::initializer_list<std::vector<double>*> columns) {
  std::vector<double> distinct;
  for (const std::vector<double>* times : columns)
    for (double time : *times)
      if (std::isfinite(time)) distinct.push_back(time);
  std::ranges::sort(distinct);
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  double size = 0;
  for (double time : distinct) size += std::abs(time) / static_cast<double>(distinct.size());
  const double close = std::sqrt(std::numeric_limits<double>::epsilon()) * size;

  std::vector<double> joined = distinct;
  bool is_joined = false;
  for (std::size_t i = 1; i < joined.size(); ++i)
    if (distinct[i] - distinct[i - 1] <= close) {
      joined[i] = joined[i - 1];
      is_joined = true;
    }
  if (!is_joined) return;
  for (std::vector<double>* times : columns)
    for (double& time : *times)
      if (std::isfinite(time))
        time = joined[static_cast<std::size_t>(std::ranges::lower_bound(distinct, time) -
                                               distinct.begin())];
}

}  // namespace wald
