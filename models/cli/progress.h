// What the program is at, on a line of standard error where that is a terminal, from a second on.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace wald::cli {

/// While it lives, and has lived for a second, a line says `what` and how long it has taken.
/// Nothing else may be written to the terminal meanwhile.
class Progress {
 public:
  /// Without `wanted` nothing is shown.
  explicit Progress(std::string what, bool wanted = true);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void tick();

  std::string what_;
  std::mutex mutex_;
  std::condition_variable done_;
  bool is_done_ = false;
  std::thread clock_;
};

}  // namespace wald::cli
