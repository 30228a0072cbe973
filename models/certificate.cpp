#include "certificate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include <wald/engine/ops/ops.h>
#include <wald/kernels/cpu/lapack.h>
#include <wald/models/identification.h>

namespace wald {
namespace {

constexpr double singular_eigenvalue = 1e-13;  // of the information scaled to a unit diagonal
constexpr double score_step = 1.0 / 64;        // in standard errors

/// The information scaled to a diagonal of size 1.
std::vector<double> equilibrated(std::vector<double> information, std::size_t k) {
  std::vector<double> root(k);
  for (std::size_t i = 0; i < k; ++i) root[i] = std::sqrt(std::abs(information[i * k + i]));
  for (std::size_t i = 0; i < k; ++i)
    for (std::size_t j = 0; j < k; ++j) information[i * k + j] /= root[i] * root[j];
  return information;
}

double four_digits(double x) { return std::strtod(fmt::format("{:.4g}", x).c_str(), nullptr); }

/// The rows [m, k] are solved for one element each, so that combinations come out as short as they
/// can be; what is left of the rounding is dropped.
void reduce_rows(std::vector<std::vector<double>>& rows) {
  const auto is_smaller = [](double a, double b) { return std::abs(a) < std::abs(b); };
  for (auto& row : rows) {
    const double pivot = *std::max_element(row.begin(), row.end(), is_smaller);
    const auto at = std::find(row.begin(), row.end(), pivot) - row.begin();
    for (double& v : row) v /= pivot;
    for (auto& other : rows)
      if (const double factor = other[at]; &other != &row)
        for (std::size_t i = 0; i < row.size(); ++i) other[i] -= factor * row[i];
  }
  for (auto& row : rows)
    for (double& v : row)
      if (std::abs(v) < 1e-5) v = 0;
}

/// The directions, in units of the parameters, in which the information is no larger than its
/// rounding.
std::vector<std::vector<double>> flat_directions(const std::vector<double>& information, int k) {
  std::vector<double> vectors = equilibrated(information, static_cast<std::size_t>(k));
  const std::vector<double> eigenvalues = kernels::symmetric_eigen(vectors.data(), k);
  std::vector<std::vector<double>> flat;
  for (int i = 0; i < k && (i == 0 || eigenvalues[i] <= singular_eigenvalue); ++i)
    flat.emplace_back(&vectors[i * k], &vectors[i * k] + k);
  reduce_rows(flat);
  for (auto& direction : flat)
    for (int j = 0; j < k; ++j) direction[j] /= std::sqrt(information[j * k + j]);
  return flat;
}

[[noreturn]] void throw_singular(const Fit& fit) {
  const int k = static_cast<int>(fit.names.size());
  for (int i = 0; i < k; ++i)
    if (!(fit.information[i * k + i] > 0)) {
      std::vector<double> direction(fit.names.size(), 0.0);
      direction[i] = 1;
      throw FlatLikelihoodError({direction}, false, fit.names);
    }
  throw FlatLikelihoodError(flat_directions(fit.information, k), false, fit.names);
}

std::string flat_message(const std::vector<std::vector<double>>& directions, bool is_unbounded,
                         const std::vector<std::string>& names) {
  std::vector<std::string> texts, moved;
  bool is_one = true;
  for (std::vector<double> direction : directions) {
    std::size_t count = 0, first = 0;
    for (std::size_t i = direction.size(); i-- > 0;)
      if (direction[i] != 0) ++count, first = i;
    const double unit = direction[first];
    for (double& v : direction) v = four_digits(v / unit);
    for (std::size_t i = 0; i < direction.size(); ++i)
      if (direction[i] != 0) moved.push_back(names[i]);
    is_one &= count == 1;
    texts.push_back(combination(direction, names));
  }
  if (is_unbounded)
    return fmt::format(
        "the log-likelihood has no proper maximum: it is flat, or still rises, along {}",
        fmt::join(moved, ", "));
  if (is_one)
    return fmt::format(
        "the data do not determine {}: the likelihood does not change with it, or has no maximum",
        fmt::join(texts, ", "));
  return fmt::format(
      "the information matrix is singular: the data do not determine {} (the log-likelihood is "
      "flat along {})",
      fmt::join(texts, ", "), texts.size() > 1 ? "them" : "it");
}

}  // namespace

FlatLikelihoodError::FlatLikelihoodError(std::vector<std::vector<double>> directions,
                                         bool is_unbounded, const std::vector<std::string>& names)
    : NotIdentifiedError(flat_message(directions, is_unbounded, names)),
      directions_(std::move(directions)),
      is_unbounded_(is_unbounded) {}

double score_agreement(const ScalarFunction& objective, const Fit& fit, const Tensor& gradient) {
  const int k = static_cast<int>(fit.names.size());
  std::vector<double> root = fit.vcov, direction(fit.names.size(), 0.0);
  if (root.empty() || kernels::cholesky(root.data(), k) != 0) return NAN;
  // Between 1 and 2 and without a pattern, so that errors do not cancel.
  const auto weight = [](int j) { return 1 + std::fmod(0.618034 * j, 1); };
  double length = 0;
  for (int j = 0; j < k; ++j) length = std::hypot(length, weight(j));
  for (int i = 0; i < k; ++i)
    for (int j = 0; j <= i; ++j) direction[i] += root[i * k + j] * weight(j) / length;
  const Tensor d = from_vector(direction), b = from_vector(fit.estimate);
  const auto difference = [&](double h) {
    return (objective(b + h * d).item() - objective(b - h * d).item()) / (2 * h);
  };
  const double slope = (4 * difference(score_step) - difference(2 * score_step)) / 3;
  const double disagreement = std::abs(slope - sum(gradient * d).item());
  return std::isfinite(disagreement) ? disagreement : NAN;
}

bool certify(Fit& fit, const std::vector<double>& gradient, double decrement) {
  const int k = static_cast<int>(fit.names.size());
  for (double g : gradient)
    fit.certificate.largest_score = std::max(fit.certificate.largest_score, std::abs(g));
  fit.certificate.newton_decrement = decrement;
  for (int i = 0; i < k && fit.status == FitStatus::failed; ++i)
    if (fit.information[i * k + i] < 0) {
      fit.certificate.smallest_eigenvalue = fit.certificate.largest_eigenvalue = NAN;
      return false;
    }
  std::vector<double> scaled = equilibrated(fit.information, fit.names.size());
  const auto eigenvalues = kernels::symmetric_eigen(scaled.data(), k);
  fit.certificate.smallest_eigenvalue = eigenvalues.front();
  fit.certificate.largest_eigenvalue = eigenvalues.back();
  if (eigenvalues.front() > singular_eigenvalue) return true;
  if (fit.status == FitStatus::failed && eigenvalues.front() < -1e-8) return false;
  throw_singular(fit);
}

std::string verdict(const Fit& fit) {
  const Certificate& c = fit.certificate;
  if (fit.free_parameters() == 0) return "Nothing was estimated: all parameters are fixed.";
  const double noise = 100 * std::numeric_limits<double>::epsilon() * std::abs(fit.loglik);
  const double tolerance = 1e-3 + noise / score_step;
  std::string doubt;
  if (fit.status == FitStatus::failed)
    doubt = fit.message.empty() ? "the fit did not converge" : fit.message;
  // A bound has no information, and nothing that follows from it.
  else if (fit.information.empty())
    return fmt::format("Converged: largest score {:.1e}, Newton decrement {:.1e}; no information.",
                       c.largest_score, c.newton_decrement);
  else if (std::isnan(c.score_agreement))
    doubt = "the log-likelihood is not finite within a standard error of the estimate";
  else if (c.score_agreement > tolerance)
    doubt = "the score is not the slope of the log-likelihood";
  return fmt::format(
      "{}: largest score {:.1e}, Newton decrement {:.1e}, eigenvalues of the scaled information "
      "{:.2g} to {:.2g}, score within {:.0e} of a finite difference.",
      doubt.empty() ? "Certified maximum" : "Not certified, since " + doubt, c.largest_score,
      c.newton_decrement, c.smallest_eigenvalue, c.largest_eigenvalue, c.score_agreement);
}

}  // namespace wald
