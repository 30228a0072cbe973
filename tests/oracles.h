// Where the tests find the reference data, which is not part of the project. Tests that need it are
// skipped without it. Must know nothing of what is tested.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace wald::testing {

/// The folder of the reference data: $WALD_ORACLES, or shared/oracles beside the source tree.
inline std::filesystem::path oracle_folder() {
  if (const char* folder = std::getenv("WALD_ORACLES")) return folder;
#ifdef WALD_SOURCE_DIR
  return std::filesystem::path(WALD_SOURCE_DIR).parent_path() / "shared" / "oracles";
#else
  return "shared/oracles";
#endif
}

/// A file of the reference data, `rng/r_rng.json` for example.
inline std::string oracle_path(const std::string& name) { return oracle_folder() / name; }

inline nlohmann::json read_oracle(const std::string& name) {
  std::ifstream file(oracle_path(name));
  return nlohmann::json::parse(file);
}

}  // namespace wald::testing

/// Skips the test that it stands in where the reference data has no such file.
#define WALD_NEEDS_ORACLE(name)                                                             \
  if (!std::filesystem::exists(wald::testing::oracle_path(name))) {                         \
    GTEST_SKIP() << "needs " << (name) << " of shared/oracles (or set WALD_ORACLES to it)"; \
  }                                                                                         \
  static_assert(true)
