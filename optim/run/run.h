// One run of minimize(): the loop over a method's steps, the stopping rules, the limits, the file.
#pragma once

#include <memory>
#include <optional>

#include <wald/optim/methods/descent.h>
#include <wald/optim/run/certificate.h>
#include <wald/optim/run/checkpoint.h>
#include <wald/optim/run/coordinates.h>
#include <wald/optim/run/limits.h>
#include <wald/optim/run/outcome.h>

namespace wald::optim {

/// Decreases of less than this part of the value, or of the way down, are those near a minimum:
/// there steps by one Hessian converge fast, and `polish` may begin.
constexpr double near_minimum = 1e-6;

class Run {
 public:
  /// Options must have been checked.
  Run(const ScalarFunction& f, const Tensor& x0, const MinimizeOptions& options);
  Run(const ScalarFunction& f, const RunState& state, const MinimizeOptions& options);
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  MinimizeResult run();

 private:
  enum class Settled { ended, moved, open };

  void evaluate_start();
  void prepare();
  void choose_scale();
  void require_same_function();
  void iterate();
  void keep_boundary();
  bool notify(double expected_decrease);

  bool is_promising(double expected_decrease) const;
  bool is_long_run() const;
  bool goes_around(const Certificate& found);
  Settled settle();
  Settled settle_downward();
  Settled settle_upward(const Certificate& found);
  std::optional<Point> lower_by_newton(const Certificate& found);
  bool is_vanishing(const Certificate& found, double part) const;
  bool gains_digits(const Point& there) const;
  bool end_if_hidden(const Certificate& found);
  bool was_modelled(const Certificate& found) const;
  bool is_running_away(const Certificate& found) const;
  bool came_down_to_a_plain(const Certificate& found);
  Settled move_by_hessian(const Point& there);
  void certify_later();
  double fallen_size() const;
  Tensor smallness(const Tensor& step, double of_size, double of_way) const;
  bool is_small(const Tensor& step, double of_size, double of_way) const;
  const Certificate& certificate(double negligible = negligible_curvature);
  void complete_gradient();

  bool advance();
  void give_up();
  bool may_move();
  void move_to(const Point& there);
  void end(Status status, Reason reason) { outcome_ = Outcome{status, reason}; }
  void end_at_minimum(Status status, Reason reason);
  bool is_unbounded();
  MinimizeResult result();

  MinimizeOptions options_;  // bounds in the method's coordinates
  double epsilon_, tolerance_;
  Coordinates coordinates_;
  Objective objective_;
  Bounds bounds_;
  RunState state_;
  bool is_resumed_ = false;
  Tensor begin_;  // x0 in the method's coordinates
  std::optional<RunState> boundary_;
  double saved_at_ = 0;
  std::unique_ptr<Descent> descent_;
  std::optional<Certificate> certificate_;
  std::optional<Outcome> outcome_;
  Limits limits_;
  ProgressLine progress_;
};

}  // namespace wald::optim
