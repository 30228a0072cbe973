// Tensors on a device: where they are made, how they move, what refuses to touch them.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

#include <tests/engine/message_of.h>
#include <wald/engine/autograd.h>
#include <wald/engine/creation.h>
#include <wald/engine/gradcheck.h>
#include <wald/engine/io/dlpack.h>
#include <wald/engine/io/npy.h>
#include <wald/engine/nn/nn.h>
#include <wald/engine/node.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/print.h>
#include <wald/engine/transforms.h>
#include <wald/kernels/gpu/backend.h>

#include "emulated.h"

namespace wald::testing {
namespace {

using Values = std::vector<double>;

void expect_near(const Values& found, const Values& wanted) {
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], wanted[i], 1e-6);
}

class DeviceTensor : public ::testing::Test {
 protected:
  void SetUp() override { WALD_NEEDS_EMULATED_DEVICE(); }
};

TEST_F(DeviceTensor, GoesThereAndBack) {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}});
  for (DType dtype : {DType::float64, DType::float32, DType::int64, DType::boolean}) {
    const Tensor here = to(x, dtype), there = to(here, emulated());
    EXPECT_EQ(there.device(), emulated());
    EXPECT_EQ(there.dtype(), dtype);
    EXPECT_EQ(to(there, Device()).to_vector(), here.to_vector());
  }
  EXPECT_TRUE(to(x, Device()).is_same(x));
  const Tensor there = to(x, emulated());
  EXPECT_TRUE(to(there, emulated()).is_same(there));
}

TEST_F(DeviceTensor, MovesWhatIsNotLaidOutInRows) {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}});
  EXPECT_EQ(to(t(x), emulated()).to_vector(), t(x).to_vector());
  EXPECT_EQ(to(slice(x, 1, 0, 3, 2), emulated()).to_vector(), (Values{1, 3, 4, 6}));
  EXPECT_EQ(to(expand(tensor(7), {2, 2}), emulated()).to_vector(), (Values{7, 7, 7, 7}));
  EXPECT_EQ(t(to(x, emulated())).to_vector(), t(x).to_vector());
  EXPECT_EQ(to(zeros({0, 3}), emulated()).numel(), 0);
}

TEST_F(DeviceTensor, HasAGradientThatComesBack) {
  const Tensor x = tensor({1, 2, 3}).requires_grad_();
  const Tensor there = to(x, emulated());
  EXPECT_EQ(there.grad_fn()->name(), "ToDeviceBackward0");
  sum(there * there * there).backward();
  EXPECT_EQ(x.grad().device(), Device());
  EXPECT_EQ(x.grad().to_vector(), (Values{3, 12, 27}));
  const ScalarFunction f = [](const Tensor& at) {
    return to(sum(exp(to(at, emulated()))), Device());
  };
  const Tensor h = hessian(f, tensor({0.5, 1}));
  EXPECT_EQ(h.device(), Device());
  EXPECT_NEAR(select(select(h, 0, 1), 0, 1).item(), std::exp(1), 1e-14);
}

TEST_F(DeviceTensor, IsMadeWhereItIsAskedFor) {
  EXPECT_EQ(zeros({2}, DType::float64, emulated()).device(), emulated());
  EXPECT_EQ(eye(2, DType::float32, emulated()).to_vector(), (Values{1, 0, 0, 1}));
  EXPECT_EQ(ones_like(zeros({2}, DType::int64, emulated())).device(), emulated());
  const DeviceGuard guard(emulated());
  EXPECT_EQ(default_device(), emulated());
  for (const Tensor& x : {tensor({1, 2}), arange(3), linspace(0, 1, 5), full({2}, 3), rand({4}),
                          randint(5, {4}), randperm(4), tensor_of(std::vector<bool>{true})})
    EXPECT_EQ(x.device(), emulated());
  EXPECT_EQ(arange(4).to_vector(), (Values{0, 1, 2, 3}));
  {
    const DeviceGuard inner{Device()};
    EXPECT_EQ(zeros({1}).device(), Device());
  }
  EXPECT_EQ(zeros({1}).device(), emulated());
  const double memory[] = {1, 2};
  EXPECT_EQ(from_memory(memory, {2}).device(), Device()) << "it is the caller's";
}

TEST_F(DeviceTensor, MeetsNumbersOfTheProcessorAndNothingElse) {
  const Tensor there = to(tensor({1, 2}), emulated());
  const Tensor number = tensor(3).requires_grad_();
  const Tensor y = number * there + 1;
  EXPECT_EQ(y.device(), emulated());
  EXPECT_EQ(y.to_vector(), (Values{4, 7}));
  sum(y).backward();
  EXPECT_EQ(number.grad().device(), Device());
  EXPECT_EQ(number.grad().item(), 3);
  EXPECT_EQ(where(there > 1, there, tensor(0)).to_vector(), (Values{0, 2}));
  const std::string message = message_of<DeviceError>([&] { mul(there, tensor({1, 2})); });
  EXPECT_EQ(message,
            "mul: operands lie on emulated and on cpu; to(x, device) brings one to the other");
  EXPECT_THROW(matmul(eye(2), to(eye(2), emulated())), DeviceError);
  EXPECT_THROW(cat({there, tensor({1})}), DeviceError);
  const Tensor leaf = there.detach().requires_grad_();
  EXPECT_THROW((leaf * 2.0).backward(tensor({1, 1})), DeviceError) << "a cotangent from elsewhere";
}

TEST_F(DeviceTensor, RefusesToBeTouchedByTheProcessor) {
  Tensor there = to(tensor({1, 2}), emulated());
  const std::string message = message_of<DeviceError>([&] { there.data<double>(); });
  EXPECT_EQ(
      message,
      "data: the tensor lies on emulated, whose memory the processor does not reach; bring it "
      "with to(x, Device())");
  EXPECT_THROW(there.mutable_data<double>(), DeviceError);
  EXPECT_THROW(to_dlpack(there), DeviceError);
  EXPECT_EQ(select(there, 0, 1).item(), 2);
  EXPECT_EQ(to_string(there), to_string(tensor({1, 2})));
}

TEST_F(DeviceTensor, IsWrittenInPlace) {
  Tensor there = zeros({2, 2}, DType::float64, emulated());
  there.copy_(tensor({1, 2}));
  EXPECT_EQ(there.to_vector(), (Values{1, 2, 1, 2}));
  select(there, 0, 1).copy_(to(tensor({5, 6}), DType::float32));
  EXPECT_EQ(there.to_vector(), (Values{1, 2, 5, 6}));
  EXPECT_EQ(there.fill_(4).to_vector(), (Values{4, 4, 4, 4}));
  Tensor here = zeros({2});
  EXPECT_EQ(here.copy_(select(there, 0, 0)).to_vector(), (Values{4, 4}));
}

TEST_F(DeviceTensor, IsCheckedAndSaved) {
  const Tensor x = to(tensor({0.3, 0.7}), emulated());
  const TensorFunction f = [](const Tensor& at) { return exp(at) * at; };
  EXPECT_TRUE(gradcheck(f, x));
  EXPECT_TRUE(gradgradcheck(f, x));
  const std::string path = ::testing::TempDir() + "device.npy";
  save_npy(path, x);
  EXPECT_EQ(load_npy(path).to_vector(), x.to_vector());
  std::remove(path.c_str());
}

TEST_F(DeviceTensor, TakesAModuleAlong) {
  nn::Linear layer(3, 2);
  const Tensor x = rand({5, 3}), before = layer.forward(x).detach();
  const Tensor weight = layer.weight;
  layer.to(emulated());
  EXPECT_EQ(weight.device(), emulated()) << "handles see it";
  const Tensor after = layer.forward(to(x, emulated()));
  const std::vector<double> a = after.to_vector(), b = before.to_vector();
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-15);
  sum(after).backward();
  EXPECT_EQ(weight.grad().device(), emulated());
}

TEST_F(DeviceTensor, SavesAndLoadsAModuleThatLiesThere) {
  const std::string path = ::testing::TempDir() + "device_module.npz";
  for (DType dtype : {DType::float64, DType::float32}) {
    nn::Linear layer(3, 2);
    layer.to(dtype);
    const std::vector<double> here = layer.weight.to_vector();
    layer.to(emulated());
    layer.save(path);
    nn::Linear other(3, 2), there(3, 2);
    other.to(dtype);
    there.to(dtype);
    there.to(emulated());
    other.load(path);
    there.load(path);
    EXPECT_EQ(other.weight.to_vector(), here);
    EXPECT_EQ(other.weight.device(), Device());
    EXPECT_EQ(there.weight.to_vector(), here);
    EXPECT_EQ(there.weight.device(), emulated());
    EXPECT_EQ(nn::to_string(there), nn::to_string(other));
    const Tensor x = to(to(ones({4, 3}), dtype), emulated());
    expect_near(there.forward(x).to_vector(), other.forward(to(x, Device())).to_vector());
    const std::string message = message_of<DeviceError>([&] { other.forward(x); });
    EXPECT_NE(message.find("operands lie on"), std::string::npos) << message;
  }
  std::remove(path.c_str());
}

TEST_F(DeviceTensor, SavesSeveralAndComesBackByDlpack) {
  const std::string path = ::testing::TempDir() + "device.npz";
  const Tensor x = to(tensor({{1, 2}, {3, 4}}), emulated()), flags = x > 2.0;
  save_npz(path, {{"x", t(x)}, {"flags", flags}});
  const NamedTensors loaded = load_npz(path);
  EXPECT_EQ(loaded[0].second.to_vector(), (Values{1, 3, 2, 4}));
  EXPECT_EQ(loaded[1].second.to_vector(), flags.to_vector());
  EXPECT_EQ(loaded[0].second.device(), Device());
  std::remove(path.c_str());
  const std::string message = message_of<DeviceError>([&] { to_dlpack(x); });
  EXPECT_NE(message.find("to(x, Device())"), std::string::npos) << message;
  EXPECT_EQ(from_dlpack(to_dlpack(to(x, Device()))).to_vector(), x.to_vector());
}

TEST_F(DeviceTensor, SaysWhichOperationHadNoMemory) {
  const auto& gpu = dynamic_cast<const kernels::GpuBackend&>(emulated().backend());
  const Tensor x = to(zeros({1000}), emulated());
  gpu.trim();
  gpu.set_memory_limit(gpu.memory_use().in_use + 4096);
  const std::string message = message_of<DeviceError>([&] { exp(x); });
  gpu.set_memory_limit(0);
  EXPECT_NE(message.find("exp: out of memory: 8000 bytes wanted on emulated"), std::string::npos)
      << message;
  EXPECT_EQ(exp(x).numel(), 1000) << "and goes on";
}

using DeviceTensorDeathTest = DeviceTensor;

TEST_F(DeviceTensorDeathTest, EndsWhatReadsItsMemoryDirectly) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer handles the signal";
#endif
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  const kernels::Backend& backend = emulated().backend();
  auto* const memory = static_cast<volatile double*>(backend.allocate(64));
  EXPECT_DEATH(memory[0] = 1, "");
  backend.release(const_cast<double*>(memory), 64);
}

}  // namespace
}  // namespace wald::testing
