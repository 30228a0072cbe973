// What ends a run from outside: seconds, evaluations, ctrl-C. And the line that shows its progress.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <wald/optim/minimize.h>

namespace wald::optim {

/// While one lives and is active, ctrl-C sets a flag in place of what it did before; a second one
/// ends the program.
class InterruptGuard {
 public:
  explicit InterruptGuard(bool active);
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  bool is_interrupted() const;

 private:
  bool active_;
};

/// Thrown by the objective's guard when a limit is reached inside an iteration.
struct Stop {
  Reason reason;
};

/// Throws InputError, with the caller's name before it, for a tolerance that is not between 0 and
/// 1, and for limits and memory below 0.
void check_numbers(const MinimizeOptions& options, const char* caller);

class Limits {
 public:
  /// `seconds_before`: what earlier parts of the run have taken.
  Limits(const MinimizeOptions& options, double seconds_before);

  /// Of the whole run.
  double seconds() const;
  /// The limit that is reached; nothing if none is.
  std::optional<Reason> reached(const Evaluations& evaluations) const;

 private:
  const MinimizeOptions& options_;
  double seconds_before_;
  std::chrono::steady_clock::time_point begin_;
  InterruptGuard interrupt_;
};

/// A line on standard error that is written over, ten times a second at most, if that is a
/// terminal.
class ProgressLine {
 public:
  explicit ProgressLine(bool show);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void update(const Iteration& iteration);

 private:
  bool show_;
  double last_ = -1;
};

}  // namespace wald::optim
