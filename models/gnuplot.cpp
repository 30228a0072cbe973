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

// How many bytes the UTF-8 character at the beginning has; 0 if they are none.
std::size_t utf8_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t length = first < 0x80                     ? 1
                             : first >= 0xC2 && first <= 0xDF ? 2
                             : first >= 0xE0 && first <= 0xEF ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  if (length > text.size()) return 0;
  const auto follows = [](char c) { return (c & 0xC0) == 0x80; };
  return std::ranges::all_of(text.substr(1, length > 0 ? length - 1 : 0), follows) ? length : 0;
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

// gnuplot does not report a full disk, so it draws into a scratch file, and what is copied from
// there is checked; where the scratch file itself was cut short, the end of the drawing is missing.
bool copy_drawing(std::FILE* drawing, File output) {
  std::rewind(drawing);
  std::string tail;
  std::array<char, 1 << 16> buffer;
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), drawing)) {
    if (std::fwrite(buffer.data(), 1, size, output.get()) != size) return false;
    tail = tail.substr(tail.size() - std::min<std::size_t>(tail.size(), 64)) +
           std::string(buffer.data(), size);
  }
  const std::size_t near_end = tail.size() - std::min<std::size_t>(tail.size(), 64);
  const bool is_whole = tail.find("</svg>", near_end) != tail.npos ||
                        tail.find("IEND", near_end) != tail.npos;  // the last chunk of a PNG
  // Buffered bytes meet a full disk only here.
  return std::fclose(output.release()) == 0 && is_whole;
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
  const File drawing = scratch_file();
  const int status = spawn_and_wait(input.get(), drawing.get(), messages.get());
  if (status == 0 && copy_drawing(drawing.get(), std::move(output))) return;
  if (std::filesystem::is_regular_file(path)) std::filesystem::remove(path);
  if (status == 127) {
    throw Error("plots are drawn by gnuplot, which is not installed (Debian: package gnuplot-nox)");
  }
  if (status == 0) throw InputError(fmt::format("{} cannot be written to its end", path));
  throw Error(fmt::format("gnuplot failed: {}", last_line(messages.get())));
}

std::string gnuplot_quoted(std::string_view text) {
  std::string literal = "'";
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char c = text[0];
    if (c == '\'')
      literal += "’";  // gnuplot 5.4 does not read doubled quotes at the beginning, or two in a row
    else if (length > 1)
      literal += text.substr(0, length);
    else
      literal += length == 0 ? '?' : c >= 0 && c < ' ' ? ' ' : c;
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return literal + '\'';
}

}  // namespace wald
