#include "outcome.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace wald::optim {

std::string list_of(const std::vector<std::int64_t>& coordinates,
                    const std::vector<std::string>& names) {
  std::string list;
  for (std::int64_t i : coordinates)
    list += (list.empty() ? "" : ", ") +
            (names.empty() ? fmt::format("coordinate {}", i) : names[static_cast<std::size_t>(i)]);
  return list;
}

namespace {

/// Those that have more than a twentieth of the largest part in a step, each measured by its
/// curvature, or as it is where that is unknown.
std::vector<std::int64_t> coordinates_along(const Tensor& step, const Tensor& hessian) {
  std::vector<double> size = step.to_vector();
  const std::size_t k = size.size();
  const std::vector<double> h = hessian.defined() ? hessian.to_vector() : std::vector<double>();
  double largest = 0;
  for (std::size_t i = 0; i < k; ++i) {
    const double curvature = h.empty() ? 1 : std::abs(h[i * k + i]);
    size[i] = std::abs(size[i]) * (curvature > 0 ? std::sqrt(curvature) : 1);
    largest = std::max(largest, size[i]);
  }
  std::vector<std::int64_t> coordinates;
  for (std::size_t i = 0; i < k; ++i)
    if (size[i] > 0.05 * largest) coordinates.push_back(static_cast<std::int64_t>(i));
  return coordinates;
}

std::string sentence_of(const Outcome& outcome, double decrement) {
  switch (outcome.reason) {
    case Reason::tolerance:
      return fmt::format("a minimum: the Newton decrement is {:.3g}", decrement);
    case Reason::rounding:
      return fmt::format(
          "no lower value can be represented; the Newton decrement is {:.3g}, within the value's "
          "rounding",
          decrement);
    case Reason::max_iterations:
      return "the iterations allowed were used up";
    case Reason::max_evaluations:
      return "the evaluations allowed were used up";
    case Reason::max_seconds:
      return "the time allowed was used up";
    case Reason::callback:
      return "the callback stopped the run";
    case Reason::interrupted:
      return "the run was interrupted";
    case Reason::not_finite:
      return "the value or its gradient is not finite at the start";
    case Reason::unbounded:
      return "there is no minimum: the value falls without end, or towards an infimum at infinity";
    case Reason::saddle:
      return "a saddle: the gradient vanishes where the Hessian has a negative eigenvalue, and no "
             "lower point was found along it";
    case Reason::stalled:
      break;
  }
  if (std::isnan(decrement)) return "no lower point was found, and the Hessian is not finite";
  return fmt::format(
      "no lower point was found, though the Newton decrement is {:.3g}: the derivatives may not "
      "be those of the value, or not continuous",
      decrement);
}

}  // namespace

const char* name_of(Status status) {
  switch (status) {
    case Status::converged:
      return "converged";
    case Status::precision:
      return "precision";
    case Status::failed:
      break;
  }
  return "failed";
}

const char* name_of(Reason reason) {
  switch (reason) {
    case Reason::tolerance:
      return "tolerance";
    case Reason::rounding:
      return "rounding";
    case Reason::max_iterations:
      return "max_iterations";
    case Reason::max_evaluations:
      return "max_evaluations";
    case Reason::max_seconds:
      return "max_seconds";
    case Reason::callback:
      return "callback";
    case Reason::interrupted:
      return "interrupted";
    case Reason::not_finite:
      return "not_finite";
    case Reason::unbounded:
      return "unbounded";
    case Reason::saddle:
      return "saddle";
    case Reason::stalled:
      break;
  }
  return "stalled";
}

std::vector<std::int64_t> directions_of(const Outcome& outcome, const Certificate* certificate) {
  if (!certificate) return {};
  if (outcome.status != Status::failed) return certificate->flat;
  if (outcome.reason != Reason::unbounded) return {};
  const Tensor& direction = certificate->downward.defined()  ? certificate->downward
                            : certificate->step_decrease > 0 ? certificate->step
                                                             : certificate->fall;
  return direction.defined() ? coordinates_along(direction, certificate->hessian)
                             : std::vector<std::int64_t>();
}

std::string message_of(const Outcome& outcome, const Certificate* certificate,
                       const std::vector<std::string>& names) {
  std::string message = sentence_of(outcome, certificate ? certificate->decrement : NAN);
  const std::vector<std::int64_t> along = directions_of(outcome, certificate);
  if (along.empty()) return message;
  const char* what = outcome.status == Status::failed ? "" : "; it is flat";
  return message + fmt::format("{} along {}", what, list_of(along, names));
}

}  // namespace wald::optim
