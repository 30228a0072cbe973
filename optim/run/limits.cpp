#include "limits.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdio>
#include <mutex>

namespace wald::optim {
namespace {

volatile std::sig_atomic_t interrupted = 0;

extern "C" void wald_note_interrupt(int) { interrupted = 1; }

std::mutex guards;
int active_guards = 0;
struct sigaction before {};

}  // namespace

InterruptGuard::InterruptGuard(bool active) : active_(active) {
  if (!active_) return;
  const std::lock_guard lock(guards);
  if (active_guards++ > 0) return;
  interrupted = 0;
  struct sigaction action {};
  action.sa_handler = wald_note_interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &before);
}

InterruptGuard::~InterruptGuard() {
  if (!active_) return;
  const std::lock_guard lock(guards);
  if (--active_guards == 0) sigaction(SIGINT, &before, nullptr);
}

bool InterruptGuard::is_interrupted() const { return active_ && interrupted; }

void check_numbers(const MinimizeOptions& o, const char* caller) {
  if (!(o.tolerance > 0) || !(o.tolerance < 1))
    throw InputError(
        fmt::format("{}: the tolerance {} is not between 0 and 1", caller, o.tolerance));
  if (o.max_iterations < 0 || o.max_evaluations < 0 || !(o.max_seconds >= 0) ||
      !(o.checkpoint_seconds >= 0))
    throw InputError(fmt::format(
        "{}: max_iterations {}, max_evaluations {}, max_seconds {}, checkpoint_seconds {}: "
        "none may be negative",
        caller, o.max_iterations, o.max_evaluations, o.max_seconds, o.checkpoint_seconds));
  if (o.memory < 0) throw InputError(fmt::format("{}: memory {} is negative", caller, o.memory));
}

Limits::Limits(const MinimizeOptions& options, double seconds_before)
    : options_(options),
      seconds_before_(seconds_before),
      begin_(std::chrono::steady_clock::now()),
      interrupt_(options.catch_interrupt) {}

double Limits::seconds() const {
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin_;
  return seconds_before_ + passed.count();
}

std::optional<Reason> Limits::reached(const Evaluations& evaluations) const {
  if (interrupt_.is_interrupted()) return Reason::interrupted;
  if (options_.max_evaluations > 0 && evaluations.values >= options_.max_evaluations)
    return Reason::max_evaluations;
  if (options_.max_seconds > 0 && seconds() >= options_.max_seconds) return Reason::max_seconds;
  return std::nullopt;
}

ProgressLine::ProgressLine(bool show) : show_(show && isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (show_ && last_ >= 0) std::fputs("\r\033[K", stderr);
}

void ProgressLine::update(const Iteration& iteration) {
  if (!show_ || (last_ >= 0 && iteration.seconds < last_ + 0.1)) return;
  last_ = iteration.seconds;
  const double above = iteration.expected_decrease;
  const std::string line = fmt::format(
      "\r\033[Kiteration {}, value {:.10g}{}, {:.1f} s", iteration.iteration, iteration.point.value,
      std::isfinite(above) ? fmt::format(", about {:.2g} above the minimum", above) : "",
      iteration.seconds);
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace wald::optim
