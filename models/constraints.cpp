#include "constraints.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>

namespace wald {
namespace {

std::size_t place_of(const std::string& name, const std::vector<std::string>& names) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    throw InputError(fmt::format("there is no parameter '{}' to fix or tie: the parameters are {}",
                                 name, fmt::join(names, ", ")));
  return static_cast<std::size_t>(found - names.begin());
}

/// For each parameter the first of those that it is tied to; itself if there are none before it.
std::vector<std::size_t> leaders(const std::vector<std::string>& names,
                                 const std::vector<std::vector<std::string>>& tied) {
  std::vector<std::size_t> leader(names.size());
  std::vector<bool> is_tied(names.size(), false);
  for (std::size_t i = 0; i < names.size(); ++i) leader[i] = i;
  for (const auto& group : tied) {
    std::size_t first = names.size();
    for (const std::string& name : group) first = std::min(first, place_of(name, names));
    for (const std::string& name : group) {
      const std::size_t i = place_of(name, names);
      if (is_tied[i]) throw InputError(fmt::format("the parameter '{}' is tied twice", name));
      is_tied[i] = true;
      leader[i] = first;
    }
  }
  return leader;
}

}  // namespace

FreeParameters::FreeParameters(const std::vector<std::string>& names, const FitOptions& options)
    : names_(names), group_(names.size(), -1), constant_(names.size(), 0.0) {
  const std::vector<std::size_t> leader = leaders(names, options.tied);
  std::vector<double> value(names.size(), NAN);  // of a leader that is fixed
  for (const auto& [name, fixed] : options.fixed) {
    if (!std::isfinite(fixed))
      throw InputError(fmt::format("the parameter '{}' is fixed at {}", name, fixed));
    double& group_value = value[leader[place_of(name, names)]];
    if (!std::isnan(group_value) && group_value != fixed)
      throw InputError(
          fmt::format("the parameter '{}' is fixed at {} and tied to one that is fixed at {}", name,
                      fixed, group_value));
    group_value = fixed;
  }
  std::vector<int> place(names.size(), -1);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!std::isnan(value[leader[i]])) {
      constant_[i] = value[leader[i]];
      continue;
    }
    if (leader[i] == i) {
      place[i] = static_cast<int>(free_.size());
      free_.push_back(i);
    }
    group_[i] = place[leader[i]];
  }
}

std::size_t FreeParameters::count_before(std::int64_t place) const {
  return static_cast<std::size_t>(
      std::lower_bound(free_.begin(), free_.end(), static_cast<std::size_t>(place)) -
      free_.begin());
}

std::vector<std::string> FreeParameters::names() const {
  std::vector<std::string> names;
  for (std::size_t i : free_) names.push_back(names_[i]);
  return names;
}

Tensor FreeParameters::directions() const {
  const std::size_t p = size();
  std::vector<double> matrix(names_.size() * p, 0.0);
  for (std::size_t i = 0; i < names_.size(); ++i)
    if (group_[i] >= 0) matrix[i * p + static_cast<std::size_t>(group_[i])] = 1;
  return from_vector(matrix,
                     {static_cast<std::int64_t>(names_.size()), static_cast<std::int64_t>(p)});
}

Tensor FreeParameters::constant() const { return from_vector(constant_); }

FreeParameters::Columns FreeParameters::columns(const Tensor& x) const {
  const std::int64_t m = x.size(1);
  const auto p = static_cast<std::int64_t>(count_before(m));
  std::vector<std::string> free_names = names();
  free_names.resize(static_cast<std::size_t>(p));
  if (size() == names_.size()) return {x, free_names};
  return {matmul(x, slice(slice(directions(), 0, 0, m), 1, 0, p)), free_names};
}

Tensor FreeParameters::all(const Tensor& free) const { return mv(directions(), free) + constant(); }

std::vector<double> FreeParameters::free_of(const std::vector<double>& all) const {
  std::vector<double> free;
  for (std::size_t i : free_) free.push_back(all[i]);
  return free;
}

std::vector<std::string> FreeParameters::descriptions() const {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (group_[i] < 0)
      texts.push_back(fmt::format("{} = {:g}", names_[i], constant_[i]));
    else if (const std::size_t first = free_[static_cast<std::size_t>(group_[i])]; first != i)
      texts.push_back(fmt::format("{} = {}", names_[i], names_[first]));
  }
  return texts;
}

void FreeParameters::expand(Fit& fit, const LogLikelihood& loglik) const {
  const Tensor d = directions();
  const auto p = static_cast<std::int64_t>(size());
  fit.names = names_;
  fit.estimate = all(from_vector(fit.estimate)).to_vector();
  if (p == 0 || !fit.vcov.empty())
    fit.vcov = matmul(d, matmul(from_vector(fit.vcov, {p, p}), t(d))).to_vector();
  const ScalarFunction minus = [&](const Tensor& b) { return -sum(loglik(b)); };
  fit.information = hessian(minus, from_vector(fit.estimate)).to_vector();
  fit.free_directions = d.to_vector();
  fit.constraints = descriptions();
}

bool has_null_model(const FitOptions& options, const std::vector<std::string>& intercepts,
                    const std::vector<std::string>& others) {
  const auto is_among = [](const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::count(names, name) > 0;
  };
  for (const auto& [name, value] : options.fixed)
    if (is_among(intercepts, name) || (value != 0 && !is_among(others, name))) return false;
  for (const std::vector<std::string>& group : options.tied)
    for (const std::string& name : group)
      if (is_among(intercepts, name) || is_among(others, name)) return false;
  return true;
}

}  // namespace wald
