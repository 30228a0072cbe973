#include "progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace wald::cli {

Progress::Progress(std::string what, bool wanted) : what_(std::move(what)) {
  if (wanted && isatty(STDERR_FILENO) == 1) clock_ = std::thread([this] { tick(); });
}

Progress::~Progress() {
  if (!clock_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_done_ = true;
  }
  done_.notify_one();
  clock_.join();
}

void Progress::tick() {
  using namespace std::chrono_literals;
  const auto begin = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  const auto is_over = [this] { return is_done_; };
  if (done_.wait_for(lock, 1s, is_over)) return;
  do {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
    const std::string line = fmt::format("\r\033[K{}, {:.0f} s", what_, passed.count());
    std::fputs(line.c_str(), stderr);
    std::fflush(stderr);
  } while (!done_.wait_for(lock, 500ms, is_over));
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

}  // namespace wald::cli
