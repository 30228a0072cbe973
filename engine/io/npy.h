// NumPy's files: .npy, one array, and .npz, several under names. Reading and writing.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <wald/engine/tensor.h>

namespace wald {

struct NpyOptions {
  /// Use the file's memory without a copy, where its element type and place allow it. What is
  /// written to such a tensor does not reach the file; the file must not be shortened while a
  /// tensor uses it (one that is replaced, as save_npy does, is no harm). Checksums of .npz members
  /// are then not verified.
  bool map = false;
};

/// The array in a .npy file (format 1.0 to 3.0). float64, float32, int64 and boolean are read as
/// they are; smaller integers and uint64 become int64, float16 float32; numbers of the other byte
/// order are turned around. Fortran order becomes a transposed view. Throws InputError, one
/// sentence that names the file and what is wrong with it.
Tensor load_npy(const std::string& path, const NpyOptions& options = {});
/// Writes format 1.0. The file is replaced whole: a reader finds what
/// was there or the new array. Throws InputError if it cannot be written.
void save_npy(const std::string& path, const Tensor& x);

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// The arrays in a .npz file, in the file's order, without their ending .npy. Members may be stored
/// or deflated, the file larger than 4 GiB. Throws InputError that names the file, and the member.
NamedTensors load_npz(const std::string& path, const NpyOptions& options = {});
/// Writes the arrays as stored members, each aligned so that it can be mapped. The same arrays give
/// the same bytes. Throws InputError for a name that is empty or given twice.
void save_npz(const std::string& path, const NamedTensors& arrays);

}  // namespace wald
