#include "glm_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include <wald/engine/ops/ops.h>

namespace wald {
namespace {

void check_link(GlmFamily family, GlmLink link) {
  const auto is_one_of = [&](std::initializer_list<GlmLink> links) {
    return std::find(links.begin(), links.end(), link) != links.end();
  };
  const bool fits =
      family == GlmFamily::binomial
          ? is_one_of({GlmLink::logit, GlmLink::probit, GlmLink::cloglog, GlmLink::cauchit})
      : family == GlmFamily::gamma    ? is_one_of({GlmLink::log, GlmLink::inverse})
      : family == GlmFamily::gaussian ? link == GlmLink::identity
                                      : link == GlmLink::log;
  if (!fits)
    throw InputError(fmt::format("the {} family takes no {} link", name_of(family), name_of(link)));
}

void check_column(const Tensor& column, const char* name, const GlmData& data) {
  if (!column.defined()) return;
  if (column.dtype() != DType::float64)
    throw DTypeError(fmt::format("glm: the {} is not float64", name));
  if (column.shape() != Dims{data.n()})
    throw ShapeError(fmt::format("glm: the {} has the shape {} where [{}] is expected", name,
                                 to_string(Dims(column.shape())), data.n()));
}

/// Throws unless the condition holds in all rows.
void require(const Tensor& condition, const Tensor& values, const char* what) {
  if (all(condition).item<bool>()) return;
  const std::int64_t row = argmin(to(condition, DType::float64)).item<std::int64_t>();
  throw InputError(
      fmt::format("{}, not {} as in row {}", what, select(values, 0, row).item<double>(), row + 1));
}

Tensor is_whole(const Tensor& x) { return isfinite(x) & (floor(x) == x); }

void check_response(const GlmData& data, GlmFamily family) {
  const Tensor& y = data.y;
  switch (family) {
    case GlmFamily::binomial:
      if (!data.trials.defined())
        return require((y == 0.0) | (y == 1.0), y, "a binary response must be 0 or 1");
      require(is_whole(data.trials) & (data.trials >= 0.0), data.trials,
              "the number of trials must be a whole number from 0 up");
      return require(is_whole(y) & (y >= 0.0) & (y <= data.trials), y,
                     "successes must be a whole number from 0 to the number of trials");
    case GlmFamily::poisson:
    case GlmFamily::negative_binomial:
      return require(is_whole(y) & (y >= 0.0), y, "a count must be a whole number from 0 up");
    case GlmFamily::gamma:
      return require(isfinite(y) & (y > 0.0), y, "the response of a gamma model must be positive");
    case GlmFamily::gaussian:
      return require(isfinite(y), y, "the response must be a finite number");
  }
}

}  // namespace

void check_glm(const GlmData& data, GlmFamily family, GlmLink link) {
  check_link(family, link);
  if (!data.x.defined() || data.x.dim() != 2 || data.x.size(0) == 0 || data.x.size(1) == 0)
    throw ShapeError("glm: the design is not a matrix with rows and columns");
  if (data.x.dtype() != DType::float64) throw DTypeError("glm: the design is not float64");
  if (!data.y.defined()) throw ShapeError("glm: there is no response");
  if (data.trials.defined() && family != GlmFamily::binomial)
    throw InputError(fmt::format("the {} family has no trials", name_of(family)));
  if (static_cast<std::int64_t>(data.names.size()) != data.x.size(1))
    throw ShapeError(
        fmt::format("glm: {} names for {} columns", data.names.size(), data.x.size(1)));
  check_column(data.y, "response", data);
  check_column(data.trials, "column of trials", data);
  check_column(data.offset, "offset", data);
  check_column(data.weights, "column of weights", data);
  if (data.offset.defined())
    require(isfinite(data.offset), data.offset, "an offset must be a finite number");
  if (data.weights.defined())
    require(isfinite(data.weights) & (data.weights >= 0.0), data.weights,
            "a weight must be a finite number from 0 up");
  check_response(data, family);
}

}  // namespace wald
