// The frame of the methods that search along a line: a direction from what was learned, a Wolfe
// search, and what the two ends teach.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include <wald/optim/methods/descent.h>
#include <wald/optim/methods/wolfe.h>

namespace wald::optim {

class LineDescent : public Descent {
 public:
  std::optional<Point> next(Objective& objective, const Point& here) override;
  double expected_decrease(Objective& objective, const Point& here) override;
  void reset() override;
  NamedTensors state() const override;
  void load(const NamedTensors& state) override;

 protected:
  /// Whether there is anything to take a direction from; without, it is the steepest descent.
  virtual bool has_model() const { return false; }
  /// minus the model's inverse Hessian times the gradient.
  virtual Tensor direction(const Point& here);
  /// The first length to try along a direction of the model.
  virtual double first_length(const Point&, const Tensor&) { return 1; }
  virtual void learn(const Point& here, const Point& there, const Tensor& direction) = 0;

  /// The slope along the direction; that of the last one is kept.
  double slope_along(const Point& here, const Tensor& direction);

  /// A Wolfe search, from which the method learns.
  std::optional<Point> search(Objective& objective, const Point& here, const Tensor& direction,
                              double first_length);

  WolfeOptions search_;

 private:
  const Tensor& direction_at(const Point& here);

  Tensor direction_of_, direction_;  // kept for whoever asks next
  Tensor slope_of_, slope_is_along_;
  double slope_ = 0;
  /// Rounding may lead around in circles: so many steps in a row have found no new lowest value.
  std::int64_t steps_without_gain_ = 0;
  double lowest_ = std::numeric_limits<double>::infinity();
};

/// The tensor of that name; undefined if there is none.
Tensor find(const NamedTensors& state, std::string_view name);

}  // namespace wald::optim
