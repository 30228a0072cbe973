// Minimization of a scalar function with exact derivatives: one call, eleven methods, one set of
// stopping rules, and a status that can be believed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wald/engine/tensor.h>
#include <wald/engine/transforms.h>
#include <wald/optim/objective.h>

namespace wald::optim {

enum class Method {
  nelder_mead,   ///< Values only. Nelder and Mead (1965), adaptive: Gao and Han (2012).
  cg,            ///< Nonlinear conjugate gradients.
  bfgs,          ///< Dense quasi-Newton.
  lbfgs,         ///< Limited-memory quasi-Newton: many parameters.
  lbfgsb,        ///< The same within bounds. Byrd, Lu, Nocedal and Zhu (1995).
  newton_cg,     ///< Newton's direction by conjugate gradients on Hessian-vector products.
  newton_exact,  ///< Newton's direction from the exact Hessian, made positive definite.
  dogleg,        ///< Trust region; Powell (1970).
  trust_ncg,     ///< Trust region; Steihaug (1983).
  trust_krylov,  ///< Trust region; Gould, Lucidi, Roma and Toint (1999).
  trust_exact    ///< Trust region, solved exactly; More and Sorensen (1983). Few parameters.
};
/// As in "trust-exact", "l-bfgs-b".
const char* name_of(Method method);
/// Throws InputError that lists the names.
Method method_named(std::string_view name);
/// Those that minimize() can use.
std::vector<Method> available_methods();

enum class Status {
  converged,  ///< A minimum, by the tolerances.
  precision,  ///< No lower value can be represented, though the tolerances are not met.
  failed      ///< Neither; the reason says why. The point is the best that was seen.
};
const char* name_of(Status status);

enum class Reason {
  tolerance,  ///< Converged.
  rounding,   ///< Precision reached.
  max_iterations,
  max_evaluations,
  max_seconds,
  callback,     ///< The callback asked to stop.
  interrupted,  ///< Ctrl-C.
  not_finite,   ///< Value or gradient at the start.
  unbounded,    ///< The values fall without end.
  saddle,       ///< The gradient is zero where the Hessian is not positive semidefinite.
  stalled       ///< No lower point was found where there must be one.
};
const char* name_of(Reason reason);

/// What a callback sees after each iteration.
struct Iteration {
  std::int64_t iteration;
  Point point;
  double expected_decrease;  ///< NaN where the method has no model.
  Evaluations evaluations;
  double seconds;
};

struct MinimizeOptions {
  Method method = Method::lbfgs;
  /// Converged when the Newton decrement g'H^-1 g / 2, by which the minimum lies below the value in
  /// a quadratic model, is at most this fraction of |value|, or Newton's step moves no parameter by
  /// more than the square root of this fraction of itself. Neither depends on the scale of
  /// parameters or objective.
  double tolerance = 1e-14;
  /// Ends with Newton steps on the gradient alone, down to the gradient's own rounding: for
  /// objectives whose value is too coarse, as the log-likelihood of many observations.
  bool polish = false;
  /// Works in units of the parameters, powers of two, in which the diagonal of the Hessian at x0 is
  /// about equal, so that methods do not depend on the user's; up to 500 parameters. newton-exact
  /// and trust-exact have scales of their own.
  bool scale_parameters = true;
  std::int64_t max_iterations = 0;   ///< 0: 1000 + 200 k; of nelder-mead ten times as many.
  std::int64_t max_evaluations = 0;  ///< Of the value; 0: no limit.
  double max_seconds = 0;            ///< 0: no limit.
  /// [k] or a scalar each, for l-bfgs-b; undefined: none. x0 is moved within, f is never called
  /// outside.
  Tensor lower = {}, upper = {};
  /// Of the k parameters, for messages; empty: their numbers.
  std::vector<std::string> names = {};
  /// Pairs that l-bfgs and l-bfgs-b keep; 0: 30, of more than 10,000 parameters 10.
  int memory = 0;
  std::function<bool(const Iteration&)> callback = {};  ///< After each iteration; true stops.
  bool keep_history = false;
  bool show_progress = false;    ///< A line on standard error, if that is a terminal.
  bool catch_interrupt = false;  ///< Ctrl-C ends the run with the best point so far.
  /// Where f is evaluated and the result lies: if not given where x0 does, and for resume() where
  /// the run did that wrote the checkpoint.
  std::optional<Device> device = {};
  std::string checkpoint = {};  ///< A file written now and then, whole or not at all; see resume().
  double checkpoint_seconds = 60;  ///< Between two writes; 0: after each iteration.
};

struct MinimizeResult {
  Tensor x;
  double value = 0;
  Tensor gradient;
  /// [k, k], exact, at x; undefined above 500 parameters, and where a limit or the callback ended
  /// the run.
  Tensor hessian;
  Tensor inverse_hessian;  ///< [k, k], of the method; undefined if it has none.
  /// Exact, at x; NaN where the Hessian is unknown or not positive semidefinite.
  double newton_decrement = 0;
  std::int64_t iterations = 0;
  Evaluations evaluations;
  double seconds = 0;
  Status status = Status::failed;
  Reason reason = Reason::stalled;
  std::string message;  ///< One sentence.
  /// The coordinates that the message names: those along which the minimum is flat, or along which
  /// the value falls without end.
  std::vector<std::int64_t> along;
  std::vector<Iteration> history;  ///< From the start, iteration 0.
};

/// Minimizes f from x0, float64 or float32 of any shape; f is called with tensors of that shape and
/// type. Methods compute in float64; the tolerance is not below the rounding of x0's type.
/// On another device than the processor, up to 500 parameters are kept on the processor by the
/// method: an evaluation sends them to f, and value and gradient come back in one copy. More stay
/// on the device, and of an evaluation and of an iteration a few numbers come.
/// What f throws is passed on. Throws InputError for options out of range or that the method does
/// not take.
MinimizeResult minimize(const ScalarFunction& f, const Tensor& x0,
                        const MinimizeOptions& options = {});
/// Goes on from a checkpoint, identically to the run that wrote it. f and the options must be those
/// of that run; limits count from its beginning. Throws InputError if the file is not a whole
/// checkpoint, is one of another method, or f does not give the value that it holds.
MinimizeResult resume(const ScalarFunction& f, const std::string& checkpoint,
                      const MinimizeOptions& options = {});

}  // namespace wald::optim
