// The Poisson-lognormal model of several counts by variational inference: what is seen of n samples
// are the counts of p species, whose logarithmic means vary together. Knows tensors, no files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <wald/engine/random.h>
#include <wald/engine/tensor.h>
#include <wald/models/inference.h>
#include <wald/models/random.h>

namespace wald {

/// Counts of p species in n samples: all float64.
struct PoissonLognormalData {
  Tensor counts;                     ///< Y [n, p], whole numbers >= 0.
  std::vector<std::string> species;  ///< Names of its columns.
  Tensor x;                          ///< Design matrix [n, d], with its column of ones if wanted.
  std::vector<std::string> names;    ///< Of its columns.
  Tensor offset;  ///< Added to the latent means, [n, p], or [n, 1] for all species; undefined: 0.

  std::int64_t n() const { return counts.size(0); }
  std::int64_t p() const { return counts.size(1); }
};

/// The covariance of the latent variables: any, diag(v_1 ... v_p), or v times the identity.
enum class LatentCovariance { full, diagonal, spherical };
const char* name_of(LatentCovariance covariance);
/// Throws InputError that lists the names.
LatentCovariance latent_covariance_named(std::string_view name);

/// The independent normal distributions that stand for that of the latent variables given the
/// counts: of X B + E, the offset apart.
struct VariationalNormal {
  Tensor mean;    ///< M [n, p]
  Tensor log_sd;  ///< log S [n, p]
};

/// The n terms of the variational lower bound of the log-likelihood of
///   Y_ij ~ Poisson(exp(Z_ij)),  Z = O + X B + E,  rows of E ~ N(0, Sigma),
/// with log y! exact. With A = exp(O + M + S^2/2), R = M - X B and Omega = Sigma^-1, term i is
///   sum_j (Y (O + M) - A + log S - log Y!)_ij + (log|Omega| - R_i' Omega R_i - sum_j S_ij^2
///   Omega_jj + p) / 2.
/// Chiquet, Mariadassou and Robin (2021), Frontiers in Ecology and Evolution 9:588292.
Tensor variational_bound(const VariationalNormal& q, const Tensor& coefficients,
                         const Tensor& sigma, const PoissonLognormalData& data);

/// The bound, a scalar, at the coefficients and the covariance that maximize it given q: B by least
/// squares of M on X, and Sigma = R'R/n + diag(mean S^2), or its diagonal, or the mean of that. The
/// design must have full rank.
Tensor profiled_bound(const VariationalNormal& q, const PoissonLognormalData& data,
                      LatentCovariance covariance = LatentCovariance::full);

struct PoissonLognormalOptions {
  LatentCovariance covariance = LatentCovariance::full;
  int max_iter = 5000;         ///< Of L-BFGS, at least 1; a fit that needs more is `failed`.
  bool show_progress = false;  ///< A line on standard error, if that is a terminal.
};

/// A fitted Poisson-lognormal model. The bound need not be concave: what is found is a maximum,
/// perhaps not the highest.
struct PoissonLognormalFit {
  std::vector<std::string> species, names;
  LatentCovariance covariance = LatentCovariance::full;
  std::int64_t n = 0;
  Tensor coefficients;  ///< B [d, p]
  Tensor sigma;         ///< [p, p]
  Tensor latent_mean;   ///< Of Z given the counts, offset included [n, p].
  Tensor latent_sd;     ///< Likewise, S [n, p].
  /// Species whose variance is estimated as 0: they vary no more than Poisson counts. S and their
  /// rows of sigma are 0; their coefficients are those of Poisson regression.
  std::vector<std::string> without_variance;
  double bound = 0;  ///< Of the log-likelihood, all constants included.
  /// Log-likelihood of independent Poisson regressions on the same design.
  double loglik_poisson = 0;
  /// Of counts whose means are the counts.
  double loglik_saturated = 0;
  FitStatus status = FitStatus::failed;
  std::string message;
  double largest_score = 0;  ///< Largest |derivative| of the bound by an element of M or log S.
  /// By how much a quadratic model says that the maximum lies above `bound`; NaN if not known.
  double newton_decrement = 0;
  std::int64_t iterations = 0, evaluations = 0;
  /// The bound at the start and after each iteration; it may fall where a species is given up.
  std::vector<double> bound_path{};

  /// Expected counts given the counts, exp(latent_mean + latent_sd^2 / 2) [n, p].
  Tensor fitted() const;
  /// Sigma scaled to a unit diagonal [p, p]; 0 beside the diagonal where there is no variance.
  Tensor correlation() const;
  /// Coefficients and free elements of Sigma.
  std::int64_t parameters() const;
  /// With the bound in place of the log-likelihood; the less the better. The criteria that the R
  /// package PLNmodels calls BIC and ICL, of which more is better, are -bic()/2 and -icl()/2.
  double aic() const;
  double bic() const;
  /// bic() plus twice the entropy of the variational distribution.
  double icl() const;
  double entropy() const;
  /// (l(latent_mean) - loglik_poisson) / (loglik_saturated - loglik_poisson), where l is the
  /// Poisson log-likelihood at log means. PLNmodels' R2.
  double r_squared() const;
  double loglik_latent = 0;  ///< That l.
};

/// Maximizes the bound by L-BFGS on all M and log S with exact gradients, the coefficients and
/// Sigma being those of profiled_bound(). The status says what the curvature at the end confirms.
/// Throws InputError for counts that are not whole numbers >= 0, or offsets that are not finite;
/// NotIdentifiedError for collinear columns, species that never occur and others whose counts leave
/// a coefficient without a finite estimate; ShapeError, DTypeError for tensors that do not fit
/// together.
PoissonLognormalFit fit_poisson_lognormal(const PoissonLognormalData& data,
                                          const PoissonLognormalOptions& options = {});

/// Expected counts of new samples with design x [m, d] and offset ([m, p] or [m, 1]; undefined: 0),
/// E(Y) = exp(O + x B + diag(Sigma) / 2) [m, p]. Throws ShapeError.
Tensor expected_counts(const PoissonLognormalFit& fit, const Tensor& x, const Tensor& offset = {});

/// Counts drawn from the model for a design x [n, d], coefficients [d, p], sigma [p, p] (positive
/// semidefinite) and an offset as above. Throws ShapeError; InputError if sigma has a negative
/// eigenvalue, or a mean is too large for a count.
Tensor simulate_poisson_lognormal(const Tensor& x, const Tensor& coefficients, const Tensor& sigma,
                                  const Tensor& offset = {}, Generator* generator = nullptr);
/// The same by R's random stream: the latent normal variables column by column, then the counts row
/// by row with draw_poisson().
Tensor simulate_poisson_lognormal(RRandom& random, const Tensor& x, const Tensor& coefficients,
                                  const Tensor& sigma, const Tensor& offset = {});

}  // namespace wald
