// Files in memory and back: reading through a mapping, and writing that replaces a file whole.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace wald {

using Bytes = std::span<const unsigned char>;

/// A regular file mapped into memory, private to this process: writes to the memory do not reach
/// the file. The file must not be shortened while it is mapped.
class MappedFile {
 public:
  /// Throws InputError naming the path if the file cannot be read.
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  Bytes bytes() const { return {data_, size_}; }

 private:
  unsigned char* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Writes a file whole or not at all: under another name in the same folder, which then takes the
/// place of `path`. A path that is not a regular file, such as a device, is written directly.
class FileWriter {
 public:
  explicit FileWriter(const std::string& path);
  /// Without commit(), the file is as it was before.
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  /// Throws InputError naming the path if the bytes cannot be written, as do the others.
  void write(const void* data, std::size_t size);
  void commit();

 private:
  [[noreturn]] void refuse() const;

  std::string path_, written_;
  int descriptor_ = -1;
};

}  // namespace wald
