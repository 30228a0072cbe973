// Examples 2 and 3 of the published ones: logistic and multiple regression with Rprop, in torch
// from R. The data of both come from one random stream.
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include <wald/engine/autograd.h>
#include <wald/engine/creation.h>
#include <wald/engine/node.h>
#include <wald/engine/ops/ops.h>
#include <wald/models/glm.h>
#include <wald/models/ols.h>
#include <wald/models/plot.h>
#include <wald/models/random.h>
#include <wald/optim/rprop.h>

#include "reproduce.h"

namespace wald::cli {
namespace {

constexpr double not_judged = std::numeric_limits<double>::quiet_NaN();
using Values = std::vector<double>;

/// R's matrix(rnorm(n * k), n): filled by columns.
Tensor normal_columns(RRandom& random, std::int64_t n, std::int64_t k) {
  return contiguous(t(from_vector(random.rnorm(static_cast<std::size_t>(n * k)), {k, n})));
}

struct LogisticData {
  Tensor x, theta, y;

  /// Probabilities are x theta, not its sigmoid: so the data were made.
  explicit LogisticData(RRandom& random) {
    x = normal_columns(random, 100, 3);
    theta = round(from_vector(random.rnorm(3)) * 100.0) / 100.0;
    y = to(from_vector(random.runif(100)) > 1.0 - mv(x, theta), DType::float64);
  }

  Tensor loss(const Tensor& b) const {
    const Tensor o = mv(x, b);
    return -(dot(y, o) - sum(softplus(o)));
  }
};

struct RegressionData {
  Tensor x, y;

  explicit RegressionData(RRandom& random) {
    x = cat({ones({100, 1}), normal_columns(random, 100, 10)}, 1);
    const Tensor beta = from_vector(random.rnorm(11));
    y = mv(x, beta) + from_vector(random.rnorm(100));
  }

  /// Of beta and, last, sigma.
  Tensor objective(const Tensor& parameters) const {
    const Tensor sigma = select(parameters, 0, 11);
    return 100.0 * log(sigma) +
           sum(square(y - mv(x, slice(parameters, 0, 0, 11)))) / (2.0 * square(sigma));
  }
};

/// Steps of Rprop, and the values before each and at the end.
struct RpropRun {
  Values first, estimate, losses;

  template <class Objective>
  RpropRun(const Objective& f, const Tensor& start, int steps, bool with_closure) {
    Tensor x = clone(start).requires_grad_();
    optim::Rprop optimizer({x});
    const auto evaluate = [&] {
      optimizer.zero_grad();
      const Tensor value = f(x);
      value.backward();
      losses.push_back(value.item());
      return value;
    };
    for (int step = 0; step < steps; ++step) {
      if (with_closure) {
        optimizer.step(evaluate);
      } else {
        evaluate();
        optimizer.step();
      }
      if (step == 0) first = x.to_vector();
    }
    estimate = x.to_vector();
    losses.push_back(f(x).item());
  }
};

void plot_losses(const PlotFile& file, const Values& losses) {
  PlotLine line{"", {}, losses};
  for (std::size_t i = 0; i < losses.size(); ++i) line.x.push_back(static_cast<double>(i));
  PlotOptions options;
  options.title = "Logistic regression by Rprop";
  options.x_label = "Iteration";
  options.y_label = "Negative log-likelihood";
  plot_lines(file, std::vector<PlotLine>{line}, options);
}

/// One figure for each element, the first with the name.
void add_figures(std::vector<Figure>& figures, const std::string& name,
                 const std::vector<const char*>& published, const Values& exact, const Values& got,
                 double tolerance = 1e-8) {
  for (std::size_t i = 0; i < got.size(); ++i)
    figures.push_back({i == 0 ? name : fmt::format("  element {}", i + 1),
                       published.empty() ? "" : published[i], exact[i], got[i], tolerance});
}

Values std_errors(const Fit& fit) {
  Values errors;
  for (std::size_t i = 0; i < fit.names.size(); ++i) errors.push_back(fit.std_error(i));
  return errors;
}

void add_maximum_likelihood(std::vector<Figure>& figures, const LogisticData& data) {
  const GlmFit fit = fit_glm({data.x, {"x1", "x2", "x3"}, data.y, {}, {}, {}}, GlmFamily::binomial,
                             GlmLink::logit);
  add_figures(figures, "maximum likelihood (R's glm)", {"1.79", "-1.04", "-0.973"},
              {1.791469685695, -1.037966006031, -0.972855183609}, fit.estimate, 1e-11);
  // R stops a step before the weights are those of the estimate; exact is the inverse information.
  add_figures(figures, "standard errors", {"0.39724943", "0.34189991", "0.34089917"},
              {0.397249440014921, 0.341899914830585, 0.340899174808607}, std_errors(fit), 1e-11);
  figures.push_back({"log-likelihood", "", -43.9812928635, fit.loglik, 1e-11});
}

/// The gradient at ones, as published from float32 and in float64.
void add_gradient_at_ones(std::vector<Figure>& figures, const Tensor& gradient) {
  add_figures(figures, "gradient at ones",
              {"322.0468", "167.9877", "279.3360", "116.2697", "8.5126", "241.4522", "102.8677",
               "159.1057", "-123.2218", "323.6691", "238.3180", "-3839.7065"},
              {322.0468291077891, 167.9876856012944, 279.33593516209544, 116.26969216336994,
               8.512633384227998, 241.45224502244412, 102.86774871016583, 159.10564750637283,
               -123.22183533277035, 323.66904041136564, 238.317979192801, -3839.7074782939917},
              gradient.to_vector(), 1e-12);
}

void add_graph(std::vector<Figure>& figures, const Tensor& value) {
  const Node& sum_node = *value.grad_fn();
  const auto& next = sum_node.next_functions();
  figures.push_back(text_figure("objective: its grad_fn", "AddBackward0", "AddBackward0",
                                std::string(sum_node.name())));
  figures.push_back(text_figure("  the next functions", "MulBackward0, DivBackward0",
                                "MulBackward0, DivBackward0",
                                fmt::format("{}, {}", next[0].node->name(), next[1].node->name())));
}

void add_least_squares(std::vector<Figure>& figures, const RegressionData& data) {
  const std::vector<std::string> names = {"(Intercept)", "x1", "x2", "x3", "x4", "x5",
                                          "x6",          "x7", "x8", "x9", "x10"};
  const OlsFit fit = ols(data.x, data.y, names);
  figures.push_back({"R's lm: residual variance", "0.8109918", 0.81099178218,
                     fit.residual_std_dev * fit.residual_std_dev, 1e-10});
  add_figures(figures, "  coefficients", {},
              {-1.9453941275035356, -1.6203053269249368, -1.5214634508831653, 0.18808582835341137,
               0.9589267736091268, -0.4996478477881559, 0.3808600165585465, -0.35322951783982287,
               1.4411264195909579, -1.0820935079275664, -0.3022701502839706},
              fit.estimate, 1e-11);
}

}  // namespace

Reproduction reproduce_logistic(const std::optional<PlotFile>& plot) {
  RRandom random(45);
  const LogisticData data(random);
  const auto loss = [&](const Tensor& b) { return data.loss(b); };
  Tensor zero = zeros({3}).requires_grad_();
  loss(zero).backward();
  const RpropRun closure(loss, zeros({3}), 100, true), plain(loss, zeros({3}), 100, false);
  if (plot) plot_losses(*plot, closure.losses);

  Reproduction r{"logistic", "Logistic regression, N = 100, R's set.seed(45)", {}};
  add_figures(r.figures, "theta", {}, {0.69, -0.37, -0.47}, data.theta.to_vector(), 1e-15);
  r.figures.push_back({"loss at theta", "50.4573", 50.4573374455, loss(data.theta).item(), 1e-11});
  add_figures(r.figures, "gradient at 0", {"-28.5439", "14.4407", "9.6938"},
              {-28.5439201283, 14.4406805779, 9.6937959720}, zero.grad().to_vector(), 1e-11);
  add_figures(r.figures, "first Rprop step from 0", {"0.01", "-0.01", "-0.01"},
              {0.01, -0.01, -0.01}, closure.first, 1e-15);
  add_figures(r.figures, "after 100 steps", {"1.7915", "-1.0380", "-0.9729"},
              {1.791468900623, -1.037966192141, -0.972854338676}, closure.estimate, 1e-11);
  r.figures.push_back({"  the same without a closure: differences", "", 0,
                       static_cast<double>(closure.estimate != plain.estimate), 0});
  add_maximum_likelihood(r.figures, data);
  return r;
}

Reproduction reproduce_regression() {
  RRandom random(45);
  const LogisticData before(random);  // takes its part of the stream
  const RegressionData data(random);
  const auto objective = [&](const Tensor& at) { return data.objective(at); };
  Tensor one = ones({12}).requires_grad_();
  const Tensor value = objective(one);
  value.backward();
  const RpropRun run(objective, ones({12}), 101, true);

  Reproduction r{"regression", "Multiple regression by Rprop, N = 100, the stream going on", {}};
  const Values x = slice(slice(data.x, 0, 0, 3), 1, 1, 3).to_vector();
  add_figures(r.figures, "X[1:3, 2:3]",
              {"-0.7146", "0.4371", "0.1269", "1.9857", "-0.5624", "0.2708"}, Values(6, not_judged),
              x);
  r.figures.push_back({"objective at ones", "1969.8533", 1969.8537391469958, value.item(), 1e-12});
  add_graph(r.figures, value);
  add_gradient_at_ones(r.figures, one.grad());
  Values first(12, 0.99);
  first[8] = first[11] = 1.01;
  add_figures(r.figures, "first Rprop step", {}, first, run.first, 1e-15);
  // Rprop is that close to the maximum likelihood estimate, sqrt(0.8109917822 x 89 / 100).
  r.figures.push_back(
      {"sigma after 1 + 100 steps", "0.8496", 0.8495779458906464, run.estimate[11], 1e-6});
  add_least_squares(r.figures, data);
  return r;
}

}  // namespace wald::cli
