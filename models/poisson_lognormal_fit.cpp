// Which species have latent variance, and what the estimates are.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <wald/engine/ops/ops.h>
#include <wald/models/identification.h>
#include <wald/models/poisson_lognormal.h>
#include <wald/models/poisson_lognormal_objective.h>
#include <wald/models/regression.h>

namespace wald {
namespace {

/// Poisson regressions of each species: what the model is without latent variance.
struct PoissonRegressions {
  Tensor coefficients;  // [d, p]
  Tensor log_mean;      // [n, p]
  Tensor loglik;        // [p]
};

/// The least-squares coefficients of z on x.
Tensor least_squares_coefficients(const Tensor& x, const Tensor& z) {
  const Qr factors = qr(x);
  return triangular_solve(factors.r, matmul(t(factors.q), z), {.upper = true});
}

Fit poisson_regression(const PoissonLognormalData& data, std::int64_t species,
                       const std::vector<double>& start) {
  const Tensor y = contiguous(select(data.counts, 1, species)), constant = lgamma(y + 1);
  const Tensor offset = contiguous(select(data.offset, 1, species));
  Regression regression{data.x, data.names, offset, {}, {}, {}, start, {}};
  regression.terms = [&](const Tensor& eta, const Tensor&) {
    return y * eta - exp(eta) - constant;
  };
  try {
    require_finite_maximum(data.x, to(y > 0, DType::float64), data.names);
    return fit_regression(regression);
  } catch (const NotIdentifiedError& error) {
    throw NotIdentifiedError(fmt::format(
        "species {}: {}", data.species[static_cast<std::size_t>(species)], error.what()));
  }
}

PoissonRegressions poisson_regressions(const PoissonLognormalData& data) {
  const Tensor start = t(least_squares_coefficients(data.x, log(data.counts + 0.5) - data.offset));
  std::vector<Tensor> columns;
  std::vector<double> loglik;
  for (std::int64_t j = 0; j < data.p(); ++j) {
    const Fit fit = poisson_regression(data, j, select(start, 0, j).to_vector());
    columns.push_back(from_vector(fit.estimate));
    loglik.push_back(fit.loglik);
  }
  const Tensor coefficients = stack(columns, 1);
  return {coefficients, data.offset + matmul(data.x, coefficients), from_vector(loglik)};
}

using Columns = std::vector<std::int64_t>;

Tensor columns_of(const Tensor& matrix, const Columns& columns) {
  return index_select(matrix, 1, from_vector(columns));
}
bool contains(const Columns& ascending, std::int64_t j) {
  return std::binary_search(ascending.begin(), ascending.end(), j);
}
/// The matrix with some of its columns replaced.
Tensor with_columns(const Tensor& matrix, const Columns& columns, const Tensor& part) {
  return contiguous(t(index_put(t(matrix), {from_vector(columns)}, t(part))));
}

/// Searches the maximum where some species may have no latent variance: as it tends to 0, log S
/// tends to minus infinity and the bound to a limit, in which the species is on its own and has a
/// Poisson regression. So species of little variance are taken out, and put back where a little
/// variance raises the bound.
class VarianceSearch {
 public:
  VarianceSearch(const PoissonLognormalData& data, const PoissonRegressions& poisson,
                 const PoissonLognormalOptions& options)
      : data_(data),
        poisson_(poisson),
        options_(options),
        q_{log(data.counts + 1) - data.offset, -log(data.counts + 2) / 2},
        is_needed_(static_cast<std::size_t>(data.p()), false) {
    for (std::int64_t j = 0; j < data.p(); ++j) varying_.push_back(j);
  }

  void run() {
    for (;;) {
      if (!varying_.empty()) maximize(true);
      drop_doubtful();
      if (!varying_.empty()) maximize(false);
      if (!doubtful().empty()) continue;
      const Columns wanted = worth_varying(constant());
      if (wanted.empty()) return;
      put_back(wanted);
    }
  }

  const Columns& varying() const { return varying_; }
  Columns constant() const {
    Columns others;
    for (std::int64_t j = 0; j < data_.p(); ++j)
      if (!contains(varying_, j)) others.push_back(j);
    return others;
  }
  const Optimum& best() const { return best_; }
  std::int64_t iterations() const { return iterations_; }
  const std::vector<double>& path() const { return path_; }
  std::int64_t evaluations() const { return evaluations_; }

 private:
  void maximize(bool rough) {
    const PoissonLognormalData part{columns_of(data_.counts, varying_),
                                    {},
                                    data_.x,
                                    data_.names,
                                    columns_of(data_.offset, varying_)};
    best_ = maximize_bound(part, {columns_of(q_.mean, varying_), columns_of(q_.log_sd, varying_)},
                           options_, rough);
    q_ = {with_columns(q_.mean, varying_, best_.q.mean),
          with_columns(q_.log_sd, varying_, best_.q.log_sd)};
    iterations_ += best_.found.iterations;
    evaluations_ += best_.found.evaluations.values;
    // A round begins where the one before has ended.
    double others = 0;
    for (std::int64_t j : constant()) others += select(poisson_.loglik, 0, j).item();
    for (std::size_t i = path_.empty() ? 0 : 1; i < best_.path.size(); ++i)
      path_.push_back(best_.path[i] + others);
  }

  bool is_spherical() const { return options_.covariance == LatentCovariance::spherical; }

  /// Those of little variance that nothing has spoken for.
  Columns doubtful() const {
    constexpr double little = 0.1;
    Columns found;
    if (varying_.empty()) return found;
    const std::vector<double> variance = diagonal(best_.sigma).to_vector();
    for (std::size_t i = 0; i < varying_.size(); ++i)
      if (variance[i] < little && !is_needed_[static_cast<std::size_t>(varying_[i])])
        found.push_back(varying_[i]);
    return found;
  }

  void drop_doubtful() {
    const Columns dropped = doubtful();
    for (std::int64_t j : worth_varying(dropped)) is_needed_[static_cast<std::size_t>(j)] = true;
    std::erase_if(varying_, [&](std::int64_t j) {
      return contains(dropped, j) && !is_needed_[static_cast<std::size_t>(j)];
    });
  }

  /// Those of `others` that vary more than Poisson counts about their regression. With little
  /// variance v the bound grows by v/2 times e'K^-1 e - sum(A), where e = Y - A and
  /// K = 1 - R Sigma^-1 R'/n, by what correlation with the rest explains:
  /// K^-1 = 1 + R diag(1 / colsum S^2) R'.
  Columns worth_varying(const Columns& others) const {
    if (others.empty()) return others;
    const Tensor fitted = exp(columns_of(poisson_.log_mean, others));
    const Tensor error = columns_of(data_.counts, others) - fitted;
    Tensor gain = sum(square(error) - fitted, {0});
    Columns rest;  // of best_
    for (std::size_t i = 0; i < varying_.size(); ++i)
      if (!contains(others, varying_[i])) rest.push_back(static_cast<std::int64_t>(i));
    if (options_.covariance == LatentCovariance::full && !rest.empty()) {
      const Tensor spread = sum(exp(2 * columns_of(best_.q.log_sd, rest)), {0});
      const Tensor shared = matmul(t(columns_of(best_.residual, rest)), error);
      gain = gain + sum(square(shared) / unsqueeze(spread, 1), {0});
    }
    if (is_spherical()) return sum(gain).item() > 0 ? others : Columns();
    Columns found;
    const std::vector<double> gains = gain.to_vector();
    for (std::size_t i = 0; i < others.size(); ++i)
      if (gains[i] > 0) found.push_back(others[i]);
    return found;
  }

  void put_back(const Columns& wanted) {
    for (std::int64_t j : wanted) is_needed_[static_cast<std::size_t>(j)] = true;
    const Tensor mean = columns_of(poisson_.log_mean - data_.offset, wanted);
    constexpr double small_log_sd = -2;
    q_ = {with_columns(q_.mean, wanted, mean),
          with_columns(q_.log_sd, wanted, full(mean.shape(), small_log_sd))};
    varying_.insert(varying_.end(), wanted.begin(), wanted.end());
    std::sort(varying_.begin(), varying_.end());
  }

  const PoissonLognormalData& data_;
  const PoissonRegressions& poisson_;
  const PoissonLognormalOptions& options_;
  VariationalNormal q_;
  std::vector<bool> is_needed_;
  Columns varying_;  // ascending
  Optimum best_;
  std::int64_t iterations_ = 0, evaluations_ = 0;
  std::vector<double> path_;
};

[[noreturn]] void throw_size(const char* what, const Tensor& x, const std::string& expected) {
  throw ShapeError(
      fmt::format("fit_poisson_lognormal: the {} have the shape {} where {} is expected", what,
                  to_string(Dims(x.shape())), expected));
}

void check_counts(const PoissonLognormalData& data) {
  const std::vector<double> counts = data.counts.to_vector();
  const std::size_t p = data.species.size();
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (!(counts[i] >= 0) || counts[i] != std::trunc(counts[i]) || std::isinf(counts[i]))
      throw InputError(
          fmt::format("row {}, species {}: {} is not a count, a whole number that is not negative",
                      i / p + 1, data.species[i % p], counts[i]));
  std::string absent;
  const std::vector<double> totals = sum(data.counts, {0}).to_vector();
  for (std::size_t j = 0; j < p; ++j)
    if (totals[j] == 0) absent += (absent.empty() ? "" : ", ") + data.species[j];
  if (!absent.empty())
    throw NotIdentifiedError(fmt::format(
        "species that never occur have no finite estimate, leave them out: {}", absent));
}

/// The data with an offset [n, p], after checks.
PoissonLognormalData checked(PoissonLognormalData data) {
  if (!data.counts.defined() || data.counts.dim() != 2 || data.counts.numel() == 0 ||
      data.counts.size(1) != static_cast<std::int64_t>(data.species.size()))
    throw ShapeError(
        "fit_poisson_lognormal: the counts are not a matrix with a column for each species");
  if (!data.x.defined() || data.x.dim() != 2 || data.x.size(0) != data.n() ||
      data.x.size(1) != static_cast<std::int64_t>(data.names.size()) || data.names.empty())
    throw ShapeError(fmt::format(
        "fit_poisson_lognormal: the design is not a matrix of {} rows with a name for each column",
        data.n()));
  if (!data.offset.defined()) data.offset = zeros({1, 1});
  for (const Tensor& x : {data.counts, data.x, data.offset})
    if (x.dtype() != DType::float64)
      throw DTypeError("fit_poisson_lognormal: counts, design and offsets must be float64");
  if (data.offset.dim() != 2 || (data.offset.size(0) != data.n() && data.offset.numel() != 1) ||
      (data.offset.size(1) != data.p() && data.offset.size(1) != 1))
    throw_size("offsets", data.offset, fmt::format("[{}, {}]", data.n(), data.p()));
  check_counts(data);
  if (!all(isfinite(data.offset)).item<bool>() || !all(isfinite(data.x)).item<bool>())
    throw InputError("fit_poisson_lognormal: a covariate or an offset is not finite");
  data.offset = contiguous(expand(data.offset, data.counts.shape()));
  require_full_rank(data.x, data.names);
  return data;
}

double poisson_loglik(const Tensor& counts, const Tensor& log_mean) {
  return sum(counts * log_mean - exp(log_mean) - lgamma(counts + 1)).item();
}

FitStatus status_of(optim::Status status) {
  if (status == optim::Status::converged) return FitStatus::converged;
  return status == optim::Status::precision ? FitStatus::precision : FitStatus::failed;
}

/// How the search ended, over the species that vary.
void report(PoissonLognormalFit& fit, const VarianceSearch& search) {
  fit.iterations = search.iterations();
  fit.evaluations = search.evaluations();
  fit.bound_path = search.path();
  if (search.varying().empty()) {
    fit.status = FitStatus::converged;
    fit.message = "no species varies more than Poisson counts: these are Poisson regressions";
    return;
  }
  const optim::MinimizeResult& found = search.best().found;
  fit.bound = -found.value;
  fit.largest_score = search.best().largest_score;
  fit.newton_decrement = found.newton_decrement;
  fit.status = status_of(found.status);
  if (fit.status == FitStatus::failed) fit.message = found.message;
}

/// What the estimates are, from the species that vary and those that do not.
void fill(PoissonLognormalFit& fit, const PoissonLognormalData& data,
          const PoissonRegressions& poisson, const VarianceSearch& search) {
  const Columns& varying = search.varying();
  fit.coefficients = poisson.coefficients;
  fit.latent_mean = poisson.log_mean;
  fit.latent_sd = zeros(data.counts.shape());
  fit.sigma = zeros({data.p(), data.p()});
  for (std::int64_t j : search.constant()) {
    fit.bound += select(poisson.loglik, 0, j).item();
    fit.without_variance.push_back(data.species[static_cast<std::size_t>(j)]);
  }
  if (varying.empty()) return;
  const Optimum& best = search.best();
  const Tensor places = from_vector(varying);
  fit.coefficients =
      with_columns(fit.coefficients, varying, least_squares_coefficients(data.x, best.q.mean));
  fit.latent_mean =
      with_columns(fit.latent_mean, varying, best.q.mean + columns_of(data.offset, varying));
  fit.latent_sd = with_columns(fit.latent_sd, varying, exp(best.q.log_sd));
  fit.sigma = index_put(fit.sigma, {unsqueeze(places, 1), places}, best.sigma);
}

}  // namespace

PoissonLognormalFit fit_poisson_lognormal(const PoissonLognormalData& given,
                                          const PoissonLognormalOptions& options) {
  if (options.max_iter < 1)
    throw InputError(
        fmt::format("fit_poisson_lognormal: max_iter is {}, not at least 1", options.max_iter));
  const DeviceGuard beside(given.counts.defined() ? given.counts.device() : default_device());
  const PoissonLognormalData data = checked(given);
  const PoissonRegressions poisson = poisson_regressions(data);
  VarianceSearch search(data, poisson, options);
  search.run();
  PoissonLognormalFit fit;
  fit.species = data.species;
  fit.names = data.names;
  fit.covariance = options.covariance;
  fit.n = data.n();
  report(fit, search);
  fill(fit, data, poisson, search);
  fit.loglik_poisson = sum(poisson.loglik).item();
  fit.loglik_latent = poisson_loglik(data.counts, fit.latent_mean);
  const Tensor saturated = xlogy(data.counts, data.counts) - data.counts - lgamma(data.counts + 1);
  fit.loglik_saturated = sum(saturated).item();
  return fit;
}

}  // namespace wald
