// Every operation on the emulated device, against the processor.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>

#include <tests/engine/op_device_check.h>

#include "emulated.h"

namespace wald::testing {
namespace {

class OnDevice : public ::testing::TestWithParam<OpRow> {};

TEST_P(OnDevice, AgreesWithTheProcessor) {
  WALD_NEEDS_EMULATED_DEVICE();
  for (const std::string& difference : device_differences(GetParam(), emulated()))
    ADD_FAILURE() << difference;
}

INSTANTIATE_TEST_SUITE_P(Table, OnDevice, ::testing::ValuesIn(op_rows()), [](const auto& row) {
  std::string name = row.param.name;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
});

TEST(RandomOnDevice, HasTheBitsOfTheProcessor) {
  WALD_NEEDS_EMULATED_DEVICE();
  for (const std::string& difference : random_differences(emulated())) ADD_FAILURE() << difference;
}

}  // namespace
}  // namespace wald::testing
