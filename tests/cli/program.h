// Runs the program wald in a process of its own, as a shell would. Knows how to start it and what
// came back, nothing of what it should say.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "../temp_path.h"

extern char** environ;

namespace wald::testing {

/// What a run left: exit code (128 + signal if one ended it), standard output, standard error.
struct Outcome {
  int exit_code = -1;
  std::string out, err;

  nlohmann::json json() const { return nlohmann::json::parse(out); }
};

using Arguments = std::vector<std::string>;

/// The words of both, in this order.
inline Arguments operator+(Arguments a, const Arguments& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Writes a file for the program to read, and gives its path.
inline std::string write_file(const std::string& name, const std::string& text) {
  const std::string path = temp_path(name);
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

/// Runs the program with these arguments; its standard output goes to the descriptor `out` if that
/// is given (and is then not read back).
inline Outcome run_wald(const Arguments& arguments, int out = -1) {
  const std::string out_path = temp_path("stdout"), err_path = temp_path("stderr");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  constexpr int fresh = O_WRONLY | O_CREAT | O_TRUNC;
  if (out >= 0)
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  else
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out_path.c_str(), fresh, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err_path.c_str(), fresh, 0600);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

  std::vector<char*> argv = {const_cast<char*>("wald")};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  Outcome run;
  pid_t child = 0;
  const int failed = posix_spawn(&child, WALD_PROGRAM, &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  EXPECT_EQ(failed, 0) << WALD_PROGRAM << " cannot be started";
  if (failed != 0) return run;
  int status = 0;
  waitpid(child, &status, 0);
  run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (out < 0) run.out = read_file(out_path);
  run.err = read_file(err_path);
  return run;
}

/// Whether the text is one line that begins as the program's messages do.
inline bool is_one_message(const std::string& err) {
  return err.starts_with("wald: ") && err.ends_with("\n") &&
         std::count(err.begin(), err.end(), '\n') == 1;
}

/// `wald fit MODEL --data FILE` and more.
inline Outcome fit_file(const std::string& model, const std::string& path,
                        const Arguments& more = {}) {
  return run_wald(Arguments{"fit", model, "--data", path} + more);
}

/// The same with a file of this text.
inline Outcome fit_text(const std::string& model, const std::string& csv,
                        const Arguments& more = {}) {
  return fit_file(model, write_file("data.csv", csv), more);
}

inline void expect_parts(const std::string& text, const Arguments& parts) {
  for (const std::string& part : parts)
    EXPECT_NE(text.find(part), text.npos) << "'" << part << "' is not in:\n" << text;
}

/// That the run ended with this code and one sentence that has these parts, and printed nothing.
inline void expect_refusal(const Outcome& run, const Arguments& says, int exit_code = 2) {
  EXPECT_EQ(run.exit_code, exit_code) << run.err;
  EXPECT_EQ(run.out, "");
  EXPECT_TRUE(is_one_message(run.err)) << run.err;
  expect_parts(run.err, says);
}

/// The references write their numbers as texts, in more digits than double has.
inline double number(const nlohmann::json& text) { return std::stod(text.get<std::string>()); }

}  // namespace wald::testing
