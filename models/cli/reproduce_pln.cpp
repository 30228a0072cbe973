// Example 7 of the published ones: the Poisson-lognormal model of the oaks data, by 30 steps of
// Rprop as a script for torch in R has them, and at the maximum.
#include <chrono>
#include <cmath>
#include <limits>
#include <numbers>

#include <wald/engine/autograd.h>
#include <wald/engine/io/csv.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/count_table.h>
#include <wald/models/plot.h>
#include <wald/models/poisson_lognormal.h>
#include <wald/optim/rprop.h>

#include "reproduce.h"

namespace wald::cli {
namespace {

constexpr double not_judged = std::numeric_limits<double>::quiet_NaN();

PoissonLognormalData read_oaks(const std::string& folder) {
  const Table counts = read_csv(folder + "/oaks_abundance.csv");
  PoissonLognormalData data;
  data.counts = read_count_matrix(counts);
  data.species = counts.names();
  data.x = ones({data.n(), 1});
  data.names = {"(Intercept)"};
  data.offset = read_log_offsets(read_csv(folder + "/oaks_offset.csv"), counts);
  return data;
}

/// Stirling's log y!, which takes 0 as 1 and is 0.08 too low for both.
Tensor stirling_log_factorial(const Tensor& counts) {
  const Tensor y = where(counts == 0, 1.0, counts);
  return y * log(y) - y + 0.5 * log(2 * std::numbers::pi * y);
}

/// Where the published script departs from the bound.
struct Slips {
  Tensor offset;            ///< log(log(Offset)) in the script.
  double factor_of_logdet;  ///< 100 in the script, where the bound has n = 116.
  bool omega_is_fixed;      ///< Within a step; the script differentiates it.
};

/// The published iterations from B = M = 0, S = 1: minus the bound before each step.
struct RpropSteps {
  std::vector<double> trace;
  double seconds = 0;

  RpropSteps(const PoissonLognormalData& data, const Slips& slips, DType dtype) {
    const Tensor y = to(data.counts, dtype), x = to(data.x, dtype), o = to(slips.offset, dtype);
    const auto begin = std::chrono::steady_clock::now();
    const double n = static_cast<double>(data.n()), p = static_cast<double>(data.p());
    const Tensor constant = sum(stirling_log_factorial(y)) - 0.5 * n * p;
    Tensor b = zeros({1, data.p()}, dtype).requires_grad_();
    Tensor m = zeros(y.shape(), dtype).requires_grad_();
    Tensor s = ones(y.shape(), dtype).requires_grad_();
    optim::Rprop optimizer({b, m, s}, {.lr = 0.1});
    for (int step = 0; step < 30; ++step) {
      optimizer.zero_grad();
      const Tensor variance = square(s), latent = o + m + matmul(x, b);
      const Tensor squares = matmul(t(m), m) + diag(sum(variance, {0}));
      Tensor omega = inverse(squares / n);
      if (slips.omega_is_fixed) omega = omega.detach();
      const Tensor loss = constant + 0.5 * sum(squares * omega) -
                          slips.factor_of_logdet / 2 * logdet(omega) -
                          sum(y * latent - exp(latent + variance / 2) + 0.5 * log(variance));
      trace.push_back(loss.item());
      loss.backward();
      optimizer.step();
    }
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    seconds = taken.count();
  }
};

/// The log of minus the bound, by iteration.
void plot_trace(const PlotFile& file, const RpropSteps& script, const RpropSteps& bound) {
  std::vector<PlotLine> lines;
  for (const auto& [label, steps] :
       {std::pair("as published", &script), {"without slips", &bound}}) {
    PlotLine line{label, {}, {}};
    for (double value : steps->trace) {
      line.x.push_back(static_cast<double>(line.x.size() + 1));
      line.y.push_back(std::log(value));
    }
    lines.push_back(line);
  }
  plot_lines(file, lines,
             {.title = "Poisson-lognormal model of the oaks data, Rprop",
              .x_label = "Iteration",
              .y_label = "log of minus the bound"});
}

/// 0 if x is at least the bound, else x.
double below(double x, double bound) { return x >= bound ? 0 : x; }

}  // namespace

Reproduction reproduce_pln(const std::string& folder, const std::optional<PlotFile>& plot) {
  const PoissonLognormalData data = read_oaks(folder);
  const Slips published{log(data.offset), 100, false};
  const Slips none{data.offset, static_cast<double>(data.n()), true};
  const RpropSteps f32(data, published, DType::float32), f64(data, published, DType::float64);
  const RpropSteps bound(data, none, DType::float64);
  const PoissonLognormalFit fit = fit_poisson_lognormal(data);
  const double stirling =
      fit.bound + sum(lgamma(data.counts + 1) - stirling_log_factorial(data.counts)).item();
  if (plot) plot_trace(*plot, f64, bound);

  Reproduction r{"pln", "Poisson-lognormal model of the oaks data, intercept and offset", {}};
  r.figures = {
      {"samples", "116", 116, static_cast<double>(data.n()), 0},
      {"species", "114", 114, static_cast<double>(data.p()), 0},
      {"bound after 30 Rprop steps, float32", "-32279.25", not_judged, -f32.trace.back()},
      {"  in float64", "", -32279.565035094, -f64.trace.back(), 1e-9},
      {"  at the start", "", not_judged, -f64.trace.front()},
      {"  seconds", "0.797", not_judged, f32.seconds},
      {"  without the script's three slips", "", -32020.806187956, -bound.trace.back(), 1e-9},
      {"bound at the maximum, log y! exact", "-32274.96", -32026.0156954, fit.bound, 1e-10},
      {"  below -32026.1", "", 0, below(fit.bound, -32026.1), 0},
      {"  with Stirling's log y!", "", -31456.3564046, stirling, 1e-9},
      text_figure("  status", "", "converged", name_of(fit.status)),
      {"  Newton decrement", "", not_judged, fit.newton_decrement},
      {"  L-BFGS iterations", "", not_judged, static_cast<double>(fit.iterations)},
  };
  return r;
}

}  // namespace wald::cli
