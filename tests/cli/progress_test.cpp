// The line that says what the program is at: on a terminal, from a second on, and gone at the end.
#include <gtest/gtest.h>

#include <pty.h>
#include <sys/stat.h>

#include <array>
#include <chrono>
#include <thread>

#include "program.h"

namespace wald {
namespace {

using testing::temp_path;

/// Estimates a curve of data that come after this time, on a terminal; what the terminal got.
std::string on_a_terminal(std::chrono::milliseconds until_data) {
  const std::string path = temp_path("late.csv");
  ::unlink(path.c_str());
  EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
  int terminal = -1;
  const pid_t child = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (child == 0) {
    ::execl(WALD_PROGRAM, "wald", "km", "--data", path.c_str(), "--time", "time", "--event",
            "event", static_cast<char*>(nullptr));
    ::_exit(127);
  }
  std::this_thread::sleep_for(until_data);
  std::ofstream(path) << "time,event\n1,1\n2,0\n3,1\n";  // waits for the program to open it
  std::string text;
  std::array<char, 4096> buffer;
  for (ssize_t size; (size = ::read(terminal, buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(size));
  ::close(terminal);
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_NE(text.find("n = 3, events = 2"), text.npos) << text;
  return text;
}

TEST(Progress, AppearsAfterASecondAndIsTakenAway) {
  using namespace std::chrono_literals;
  const std::string slow = on_a_terminal(1600ms);
  const auto line = slow.find("late.csv, 1 s");
  ASSERT_NE(line, slow.npos) << slow;
  EXPECT_NE(slow.find("reading "), slow.npos);
  const auto taken_away = slow.find("\r\033[K", line);
  EXPECT_LT(taken_away, slow.find("n = 3"));
  EXPECT_EQ(on_a_terminal(0ms).find("reading"), std::string::npos);
}

}  // namespace
}  // namespace wald
