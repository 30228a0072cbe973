#include "secular.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace wald::optim {
namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();

/// The minimum with multiplier sigma - lowest, as a function of sigma >= max(lowest, 0).
/// Differences from the lowest eigenvalue are exact where sigma is tiny.
class Family {
 public:
  Family(const EigenModel& model, const std::vector<bool>& relevant)
      : model_(model), relevant_(relevant) {
    first_ = std::find(relevant.begin(), relevant.end(), true) - relevant.begin();
    lowest_ = model.values[first_];
  }

  double lowest() const { return lowest_; }
  std::size_t first() const { return first_; }

  std::vector<double> at(double sigma) const {
    std::vector<double> steps(relevant_.size(), 0.);
    for (std::size_t i = 0; i < steps.size(); ++i)
      if (relevant_[i] && model_.slopes[i] != 0) steps[i] = -model_.slopes[i] / shifted(i, sigma);
    return steps;
  }

  double length_at(double sigma) const {
    double sum = 0;
    for (const double step : at(sigma)) sum += step * step;
    return std::sqrt(sum);
  }

  /// The sigma at which the length is `radius`, which is less than that at `low`. Newton's method
  /// on 1 / length, which is nearly linear, within a bracket.
  double sigma_for(double radius, double low) const {
    double high = std::max(slope_length() / radius, low);
    double sigma = high;
    for (int i = 0; i < 200 && high > low; ++i) {
      const std::vector<double> steps = at(sigma);
      double square = 0, derivative = 0;
      for (std::size_t j = 0; j < steps.size(); ++j) {
        square += steps[j] * steps[j];
        if (steps[j] != 0) derivative += steps[j] * steps[j] / shifted(j, sigma);
      }
      const double length = std::sqrt(square);
      if (std::abs(length - radius) <= 8 * epsilon * radius) break;
      (length > radius ? low : high) = sigma;
      sigma += (length / radius - 1) * square / derivative;
      if (!(sigma > low && sigma < high)) sigma = low + (high - low) / 2;
      if (sigma == low || sigma == high) break;
    }
    return sigma;
  }

 private:
  double shifted(std::size_t i, double sigma) const { return (model_.values[i] - lowest_) + sigma; }
  double slope_length() const {
    double sum = 0;
    for (std::size_t i = 0; i < relevant_.size(); ++i)
      if (relevant_[i]) sum += model_.slopes[i] * model_.slopes[i];
    return std::sqrt(sum);
  }

  const EigenModel& model_;
  const std::vector<bool>& relevant_;
  std::size_t first_ = 0;
  double lowest_ = 0;
};

}  // namespace

double EigenModel::decrease(const std::vector<double>& steps) const {
  double sum = 0;
  for (std::size_t i = 0; i < steps.size(); ++i)
    sum -= (slopes[i] + values[i] * steps[i] / 2) * steps[i];
  return sum;
}

void EigenModel::drop_noise() {
  double square = 0;
  for (const double slope : slopes) square += slope * slope;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] < 0 && std::abs(slopes[i]) <= 1e-12 * std::sqrt(square)) slopes[i] = 0;
}

std::vector<bool> EigenModel::relevant(double radius, double negligible) const {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  const double zero = epsilon * static_cast<double>(values.size()) * largest;
  std::vector<bool> out;
  for (std::size_t i = 0; i < values.size(); ++i)
    out.push_back(std::abs(values[i]) > zero ||
                  (std::isfinite(radius) && std::abs(slopes[i]) * radius > negligible));
  return out;
}

EigenStep minimize_within(EigenModel model, double radius, double negligible) {
  model.drop_noise();
  const std::vector<bool> relevant = model.relevant(radius, negligible);
  if (std::find(relevant.begin(), relevant.end(), true) == relevant.end())
    return {std::vector<double>(relevant.size(), 0.), 0, true};
  const Family family(model, relevant);
  const double low = std::max(family.lowest(), 0.);
  EigenStep out;
  const double longest = family.length_at(low);
  if (longest <= radius) {
    out.steps = family.at(low);
    out.is_model_minimum = family.lowest() > 0;
    // The hard case: the gradient has no part along the lowest eigenvector, which leads down.
    if (family.lowest() < 0)
      out.steps[family.first()] = std::sqrt((radius - longest) * (radius + longest));
  } else {
    out.steps = family.at(family.sigma_for(radius, low));
  }
  out.decrease = model.decrease(out.steps);
  return out;
}

}  // namespace wald::optim
