#include "mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <wald/engine/error.h>

namespace wald {

MappedFile::MappedFile(const std::string& path) {
  struct Descriptor {
    int number;
    ~Descriptor() {
      if (number >= 0) close(number);
    }
  };
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat status = {};
  if (file.number < 0 || fstat(file.number, &status) != 0)
    throw InputError(fmt::format("{} cannot be read: {}", path, std::strerror(errno)));
  if (!S_ISREG(status.st_mode))
    throw InputError(fmt::format("{} cannot be read: it is not a regular file", path));
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ == 0) return;
  void* const at = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE, file.number, 0);
  if (at == MAP_FAILED)
    throw InputError(fmt::format("{} cannot be read: {}", path, std::strerror(errno)));
  data_ = static_cast<unsigned char*>(at);
}

MappedFile::~MappedFile() {
  if (data_) munmap(data_, size_);
}

FileWriter::FileWriter(const std::string& path) : path_(path) {
  std::error_code ignored;
  // A link stays one; what it points at is replaced.
  if (std::filesystem::is_symlink(path, ignored)) {
    const auto target = std::filesystem::canonical(path, ignored);
    if (!ignored) path_ = target.string();
  }
  const auto status = std::filesystem::status(path_, ignored);
  const bool is_replaced =
      !std::filesystem::exists(status) || std::filesystem::is_regular_file(status);
  written_ = path_;
  int flags = O_WRONLY | O_CLOEXEC;
  if (is_replaced) {
    static std::atomic<unsigned> count{0};
    written_ = fmt::format("{}.{}-{}.tmp", path_, getpid(), count++);
    flags |= O_CREAT | O_EXCL;
  }
  descriptor_ = open(written_.c_str(), flags, 0666);
  if (descriptor_ < 0) refuse();
  if (is_replaced && std::filesystem::exists(status))
    fchmod(descriptor_, static_cast<mode_t>(status.permissions()) & 07777);
}

FileWriter::~FileWriter() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  if (written_ != path_) unlink(written_.c_str());
}

void FileWriter::write(const void* data, std::size_t size) {
  const char* from = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t done = ::write(descriptor_, from, size);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) refuse();
    from += done;
    size -= static_cast<std::size_t>(done);
  }
}

void FileWriter::commit() {
  // On the disk before its name is: else a power failure could leave an empty file under it.
  if (written_ != path_ && fsync(descriptor_) != 0) refuse();
  const int closed = close(descriptor_);
  descriptor_ = -1;
  if (closed == 0 && (written_ == path_ || std::rename(written_.c_str(), path_.c_str()) == 0))
    return;
  const int error = errno;
  if (written_ != path_) unlink(written_.c_str());
  errno = error;
  refuse();
}

void FileWriter::refuse() const {
  throw InputError(fmt::format("{} cannot be written: {}", path_, std::strerror(errno)));
}

}  // namespace wald
