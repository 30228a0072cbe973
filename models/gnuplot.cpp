// The child process: script, messages and drawing pass through files, so that neither a full pipe
// nor a child that dies early can block or kill the caller.
#include <wald/engine/error.h>
#include <wald/models/gnuplot.h>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

extern char** environ;

namespace wald {
namespace {

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

File scratch_file() {
  File file(std::tmpfile());
  if (!file) {
    throw Error(fmt::format("no temporary file for gnuplot: {}", std::strerror(errno)));
  }
  return file;
}

// One line of what gnuplot complained of: its messages repeat the script, then say why.
std::string last_line(std::FILE* file) {
  std::string last;
  std::array<char, 512> buffer;
  std::rewind(file);
  while (std::fgets(buffer.data(), buffer.size(), file) != nullptr) {
    std::string_view line(buffer.data());
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())) != 0) {
      line.remove_suffix(1);
    }
    if (!line.empty()) last = line;
  }
  return last;
}

// Gives the exit status, or 127 where the program is not found.
int spawn_and_wait(std::FILE* input, std::FILE* output, std::FILE* messages) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, fileno(input), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fileno(output), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fileno(messages), STDERR_FILENO);
  // -d: the user's own settings must not change the plot.
  char name[] = "gnuplot", defaults[] = "-d", from_input[] = "-";
  char* const arguments[] = {name, defaults, from_input, nullptr};
  pid_t child = 0;
  const int error = posix_spawnp(&child, name, &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT) return 127;
  if (error != 0) throw Error(fmt::format("gnuplot cannot be run: {}", std::strerror(error)));
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw Error(fmt::format("gnuplot was lost: {}", std::strerror(errno)));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// gnuplot does not report a full disk, but then the end of the drawing is missing. What is no
// regular file, such as /dev/stdout, cannot be read back.
bool is_cut_short(const std::string& path) {
  if (!std::filesystem::is_regular_file(path)) return false;
  constexpr std::streamoff kTail = 64;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  file.seekg(std::max<std::streamoff>(0, file.tellg() - kTail));
  const std::string tail{std::istreambuf_iterator<char>(file), {}};
  return tail.find("</svg>") == tail.npos;
}

}  // namespace

void run_gnuplot(std::string_view script, const std::string& path) {
  File output(std::fopen(path.c_str(), "wb"));
  if (!output) {
    throw InputError(fmt::format("{} cannot be written: {}", path, std::strerror(errno)));
  }
  const File input = scratch_file();
  const File messages = scratch_file();
  if (std::fwrite(script.data(), 1, script.size(), input.get()) != script.size() ||
      std::fflush(input.get()) != 0) {
    throw Error(fmt::format("no room for gnuplot's script: {}", std::strerror(errno)));
  }
  std::rewind(input.get());
  const int status = spawn_and_wait(input.get(), output.get(), messages.get());
  output.reset();
  if (status == 0 && !is_cut_short(path)) return;
  if (std::filesystem::is_regular_file(path)) std::filesystem::remove(path);
  if (status == 127) {
    throw Error("plots are drawn by gnuplot, which is not installed (Debian: package gnuplot-nox)");
  }
  if (status == 0) throw InputError(fmt::format("{} cannot be written to its end", path));
  throw Error(fmt::format("gnuplot failed: {}", last_line(messages.get())));
}

std::string gnuplot_quoted(std::string_view text) {
  std::string literal = "'";
  for (char c : text) {
    if (c == '\'') literal += '\'';
    literal += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return literal + '\'';
}

}  // namespace wald
