// The bytes of one .npy array, for npy.cpp and npz.cpp.
#pragma once

#include <memory>
#include <string>

#include <wald/engine/io/mapped_file.h>
#include <wald/engine/tensor.h>

namespace wald::npy {

/// `where` names the file, and the member, in messages. If `owner` is given, a tensor over the
/// bytes themselves where that is possible, which keeps the owner alive; else a copy.
Tensor decode(Bytes bytes, const std::string& where, const std::shared_ptr<const void>& owner);

/// Magic, version and header, up to where the elements begin: a multiple of 64 bytes.
std::string encode_header(const Tensor& x);

}  // namespace wald::npy
