// Printing, in the form that libtorch's users know.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include <wald/engine/ops/ops.h>
#include <wald/engine/print.h>

namespace wald {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Print, AMatrixThatRequiresGrad) {
  const Tensor x = to(tensor({{1}, {2}}), DType::float32).requires_grad_();
  EXPECT_EQ(to_string(x), " 1\n 2\n[ CPUFloatType{2,1} ][ requires_grad = TRUE ]");
}

TEST(Print, TheOperationThatMadeAValue) {
  const Tensor x = to(tensor({1, 2, 3}), DType::float32).requires_grad_();
  EXPECT_EQ(to_string(slice(x, 0, 0, 2)),
            " 1\n 2\n[ CPUFloatType{2} ][ grad_fn = <SliceBackward0> ]");
  EXPECT_THAT(to_string(log(square(x))), EndsWith("[ grad_fn = <LogBackward0> ]"));
}

TEST(Print, PlainTensors) {
  EXPECT_EQ(to_string(tensor({{1.5, -2}, {0.25, 10}})),
            "  1.5000 -2.0000\n  0.2500 10.0000\n[ CPUDoubleType{2,2} ]");
  EXPECT_THAT(to_string(tensor(1.5)), HasSubstr("1.5"));
  EXPECT_THAT(to_string(tensor(1.5)), EndsWith("[ CPUDoubleType{} ]"));
  EXPECT_EQ(to_string(to(tensor({1, -20}), DType::int64)), "   1\n -20\n[ CPULongType{2} ]");
  EXPECT_EQ(to_string(tensor({1, 3}) > 2), " 0\n 1\n[ CPUBoolType{2} ]");
  EXPECT_EQ(to_string(zeros({0, 3})), "[ CPUDoubleType{0,3} ]");
  EXPECT_THAT(to_string(Tensor()), HasSubstr("undefined"));
}

TEST(Print, FourDecimalsOfThePublishedExample) {
  const Tensor x = to(tensor(2), DType::float32).requires_grad_();
  EXPECT_THAT(to_string(log(square(x))), HasSubstr("1.3863"));
}

TEST(Print, NumbersOfEverySize) {
  EXPECT_THAT(to_string(tensor({1e-20, 1})), HasSubstr("1.0000e-20"));
  EXPECT_THAT(to_string(tensor({1.5e20, 1})), HasSubstr("1.5000e+20"));
  const std::string text = to_string(tensor({NAN, INFINITY, -INFINITY, 0.5}));
  EXPECT_THAT(text, HasSubstr("nan"));
  EXPECT_THAT(text, HasSubstr("-inf"));
  EXPECT_THAT(text, HasSubstr("0.5000"));
  EXPECT_THAT(to_string(to(tensor({9007199254740993.0}), DType::int64)),
              HasSubstr("9007199254740992"));
  const std::int64_t odd = (std::int64_t{1} << 62) + 1;
  EXPECT_THAT(to_string(from_vector(std::vector<std::int64_t>{odd})),
              HasSubstr(std::to_string(odd)));
}

TEST(Print, MoreThanTwoAxesInSlices) {
  const std::string text = to_string(reshape(tensor({1, 2, 3, 4, 5, 6, 7, 8}), {2, 2, 2}));
  EXPECT_THAT(text, HasSubstr("(1,.,.) ="));
  EXPECT_THAT(text, HasSubstr("(2,.,.) ="));
  EXPECT_THAT(text, HasSubstr(" 7 8\n"));
  EXPECT_THAT(text, EndsWith("[ CPUDoubleType{2,2,2} ]"));
  EXPECT_THAT(text, Not(HasSubstr("requires_grad")));
}

TEST(Print, ThroughAStream) {
  std::ostringstream out;
  out << tensor({1, 2});
  EXPECT_EQ(out.str(), to_string(tensor({1, 2})));
}

}  // namespace
}  // namespace wald
