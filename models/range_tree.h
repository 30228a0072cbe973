// Sums over sets of rows where each row belongs to a range of consecutive sets, as operations that
// the engine differentiates. Knows ranges and numbers, no times and no model.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <wald/engine/tensor.h>

namespace wald {

/// The largest of the predictors eta, if all lie so close below it that it serves as one scale for
/// sums of their exponentials. One copy to the processor.
std::optional<double> common_scale(const Tensor& eta);

/// A row's range of sets is made of few nodes of a binary tree over the sets: rows are added up by
/// node, and the nodes on the way from the root to each set, at a cost of rows * log(sets). Nothing
/// is ever subtracted, so that no row that is not in a set takes digits from those that are.
class RangeTree {
 public:
  /// Row i is in the sets t with first[i] <= t < last[i], 0 <= t < sets. For predictors on
  /// default_device().
  RangeTree(const std::vector<std::int64_t>& first, const std::vector<std::int64_t>& last,
            std::int64_t sets);

  /// exp(scale) * sum = sum of weight exp(eta) over each set, both [sets]. The scale is a constant
  /// of the derivatives; the sum is at most the sum of the weights, and 0 of a set with rows of
  /// weight 0 alone.
  struct Sums {
    Tensor scale, sum;
  };
  /// eta [rows]; weights [rows], undefined: 1.
  Sums sums(const Tensor& eta, const Tensor& weights) const;

  /// The largest of a value of each row over each set.
  std::vector<double> largest(const std::vector<double>& values) const;

  /// What of a tree rows and sums agree on; in the source file.
  struct Nodes;

 private:
  std::shared_ptr<const Nodes> nodes_;
};

}  // namespace wald
