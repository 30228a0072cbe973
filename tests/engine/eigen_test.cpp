// Tensors and Eigen's matrices over the same memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <wald/engine/io/eigen.h>
#include <wald/engine/ops/ops.h>

namespace wald {
namespace {

using ::testing::ElementsAre;

TEST(AsEigen, IsTheSameMemoryUnderAnyStrides) {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}});
  const auto m = as_eigen(x);
  EXPECT_EQ(m.data(), x.data<double>());
  EXPECT_EQ(m.rows(), 2);
  EXPECT_EQ(m(1, 2), 6);
  EXPECT_EQ(as_eigen(t(x))(2, 0), 3);
  EXPECT_EQ(as_eigen(slice(x, 1, 0, 3, 2))(1, 1), 6);
  EXPECT_EQ(as_eigen(expand(tensor({1, 2}), {3, 2})).sum(), 9);
  const Eigen::MatrixXd product = m * as_eigen(t(x));
  EXPECT_THAT(from_eigen(product).to_vector(), ElementsAre(14, 32, 32, 77));
  EXPECT_EQ(as_eigen(tensor({1, 2, 3})).rows(), 3);
  EXPECT_EQ(as_eigen(tensor({1, 2, 3})).squaredNorm(), 14);
  EXPECT_EQ(as_eigen(slice(x, 0, 1, 2)).sum(), 15);
  EXPECT_EQ(as_eigen(zeros({0, 3})).size(), 0);
  EXPECT_EQ(as_eigen<float>(tensor({1, 2}, DType::float32)).sum(), 3);
  EXPECT_EQ(as_eigen<std::int64_t>(arange(4)).sum(), 6);
  const double values[] = {1, 2};
  EXPECT_THROW(as_eigen(from_memory(values + 1, {2}, Dims{-1})), ShapeError);
  EXPECT_THROW(as_eigen(tensor(1)), ShapeError);
  EXPECT_THROW(as_eigen(zeros({1, 1, 1})), ShapeError);
  EXPECT_THROW(as_eigen<float>(x), DTypeError);
}

TEST(FromEigen, CopiesWhateverItIs) {
  Eigen::MatrixXd m(2, 3);
  m << 1, 2, 3, 4, 5, 6;
  const Tensor x = from_eigen(m);
  EXPECT_EQ(to_string(x.shape()), "[2, 3]");
  EXPECT_THAT(x.to_vector(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(from_eigen(2 * m.transpose()).to_vector(), ElementsAre(2, 8, 4, 10, 6, 12));
  EXPECT_EQ(to_string(from_eigen(Eigen::VectorXf::Ones(3)).shape()), "[3]");
  EXPECT_EQ(from_eigen(Eigen::VectorXf::Ones(3)).dtype(), DType::float32);
  EXPECT_EQ(to_string(from_eigen(Eigen::RowVectorXd::Ones(3)).shape()), "[3]");
  EXPECT_EQ(from_eigen(m.array() > 2).dtype(), DType::boolean);
  EXPECT_EQ(to_string(from_eigen(Eigen::MatrixXd(0, 2)).shape()), "[0, 2]");
  m(0, 0) = 9;
  EXPECT_EQ(x.to_vector()[0], 1);
}

TEST(MapEigen, SharesTheMemory) {
  Eigen::MatrixXd m(2, 3);
  m << 1, 2, 3, 4, 5, 6;
  const Tensor x = map_eigen(m);
  EXPECT_EQ(x.data<double>(), m.data());
  EXPECT_EQ(to_string(x.strides()), "[1, 2]");
  EXPECT_THAT(x.to_vector(), ElementsAre(1, 2, 3, 4, 5, 6));
  m(1, 1) = 50;
  EXPECT_EQ(select(select(x, 0, 1), 0, 1).item(), 50);
  const auto block = m.block(0, 1, 2, 2);
  EXPECT_THAT(map_eigen(block).to_vector(), ElementsAre(2, 3, 50, 6));
  EigenRowMajor<double> rows = m;
  EXPECT_TRUE(map_eigen(rows).is_contiguous());
  const auto row = m.row(0);
  EXPECT_THAT(map_eigen(row).to_vector(), ElementsAre(1, 2, 3));
  int released = 0;
  {
    const Tensor y = map_eigen(m, [&] { ++released; });
  }
  EXPECT_EQ(released, 1);
}

TEST(MapEigen, TakesOverWhatIsHandedOver) {
  Tensor x;
  const double* at = nullptr;
  {
    Eigen::MatrixXd m = Eigen::MatrixXd::Constant(20, 20, 2);
    at = m.data();
    x = map_eigen(std::move(m));
  }
  EXPECT_EQ(x.data<double>(), at);
  EXPECT_EQ(sum(x).item(), 800);
}

}  // namespace
}  // namespace wald
