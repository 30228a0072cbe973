// The table of operations is complete: every function declared in engine/ops has a row.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "op_table.h"

namespace wald::testing {
namespace {

/// The names of the functions that a header declares at the start of a line, with the header's
/// name.
std::map<std::string, std::string> declared_functions() {
  std::map<std::string, std::string> names;
  const std::regex declaration(
      R"(^(?:inline )?(?:[A-Za-z_:]+(?:<[A-Za-z_:, ]+>)?) ([a-z][a-z0-9_]*)\()");
  const std::filesystem::path folder = std::filesystem::path(WALD_SOURCE_DIR) / "engine" / "ops";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".h") continue;
    std::ifstream in(entry.path());
    std::string line;
    std::smatch match;
    std::getline(in, line);
    if (line.find("For the engine's own files") != std::string::npos) continue;
    while (std::getline(in, line))
      if (std::regex_search(line, match, declaration))
        names[match[1]] = entry.path().filename().string();
  }
  return names;
}

/// A row is named after its function, with words that tell it from the function's other rows.
std::string function_of(const std::string& row) {
  const auto end = std::find_if(row.begin(), row.end(), [](char c) {
    return !std::isalnum(static_cast<unsigned char>(c)) && c != '_';
  });
  return {row.begin(), end};
}

TEST(OpTable, HasARowForEveryDeclaredFunction) {
  // Not operations: what a number becomes beside a tensor.
  const std::set<std::string> exempt = {"number_like"};
  std::set<std::string> covered;
  for (const OpRow& row : op_rows()) covered.insert(function_of(row.name));
  const auto declared = declared_functions();
  EXPECT_GT(declared.size(), 40u) << "the declarations were not found";
  for (const auto& [name, header] : declared)
    EXPECT_TRUE(covered.count(name) || exempt.count(name))
        << name << ", declared in engine/ops/" << header << ", has no row";
}

}  // namespace
}  // namespace wald::testing
