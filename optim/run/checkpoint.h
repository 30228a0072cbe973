// All that a run of minimize() is made of between two iterations, and the file that holds it.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include <wald/engine/io/npy.h>
#include <wald/optim/minimize.h>

namespace wald::optim {

struct RunState {
  Method method = Method::lbfgs;
  Tensor x0;                   ///< As the user gave it.
  std::string device = "cpu";  ///< Where x0 lay.
  Tensor scale;                ///< Of the coordinates; undefined: 1.
  Point here;                  ///< In the coordinates of the method.
  Tensor before;               ///< The point before it [k]; undefined at the start.
  Tensor reach;                ///< How far from x0 each coordinate has been [k].
  std::int64_t iterations = 0;
  Evaluations evaluations;
  double seconds = 0;
  double first_value = 0, first_decrease = 0, last_decrease = 0;
  double outward_growth = 1;      ///< How many times as far the run went for next to no decrease.
  bool has_moved_little = false;  ///< In the last iteration, no parameter by much of itself.
  std::int64_t certify_from = 0;  ///< The iteration before which no certificate is made again.
  std::int64_t idle_moves = 0;    ///< Moves since the value became lower.
  /// The exact decrement when many iterations last were a reason to ask for it.
  double long_run_decrement = std::numeric_limits<double>::infinity();
  std::int64_t certify_gap = 1;    ///< Iterations to wait after the next one in vain.
  NamedTensors descent;            ///< The method's state.
  std::vector<Iteration> history;  ///< In the user's coordinates.
};

/// Replaces the file whole. Throws InputError if it cannot be written.
void save_checkpoint(const std::string& path, const RunState& state);
/// All on the processor. Throws InputError, one sentence, if the file is not a whole checkpoint.
RunState load_checkpoint(const std::string& path);

/// Brings what is the user's to one device, and what is in the method's coordinates to another.
void move(RunState& state, const Device& users, const Device& methods);

}  // namespace wald::optim
