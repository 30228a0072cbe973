// DLPack: memory goes to another library and comes from one without a copy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include <wald/engine/creation.h>
#include <wald/engine/io/dlpack.h>
#include <wald/engine/io/dlpack_abi.h>
#include <wald/engine/ops/ops.h>

namespace wald {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ToDlpack, DescribesTheView) {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}}, DType::float32);
  const Tensor view = slice(t(x), 0, 1, 3);
  DLManagedTensor* managed = to_dlpack(view);
  const DLTensor& d = managed->dl_tensor;
  EXPECT_EQ(d.data, view.data<float>());
  EXPECT_EQ(d.byte_offset, 0U);
  EXPECT_EQ(d.device.device_type, kDLCPU);
  EXPECT_EQ(d.device.device_id, 0);
  ASSERT_EQ(d.ndim, 2);
  EXPECT_THAT(std::vector<std::int64_t>(d.shape, d.shape + 2), ElementsAre(2, 2));
  EXPECT_THAT(std::vector<std::int64_t>(d.strides, d.strides + 2), ElementsAre(1, 3));
  EXPECT_EQ(d.dtype.code, kDLFloat);
  EXPECT_EQ(d.dtype.bits, 32);
  EXPECT_EQ(d.dtype.lanes, 1);
  managed->deleter(managed);
}

TEST(ToDlpack, TypesOfElements) {
  auto type = [](const Tensor& x) {
    DLManagedTensorVersioned* managed = to_dlpack_versioned(x);
    EXPECT_EQ(managed->version.major, 1U);
    EXPECT_EQ(managed->flags, 0U);
    const DLDataType out = managed->dl_tensor.dtype;
    managed->deleter(managed);
    return std::pair<int, int>(out.code, out.bits);
  };
  EXPECT_EQ(type(zeros({2})), std::pair(2, 64));
  EXPECT_EQ(type(zeros({2}, DType::int64)), std::pair(0, 64));
  EXPECT_EQ(type(zeros({2}, DType::boolean)), std::pair(6, 8));
  EXPECT_EQ(type(zeros({}, DType::float32)), std::pair(2, 32));
}

TEST(ToDlpack, KeepsTheMemory) {
  const double values[] = {1, 2};
  int released = 0;
  DLManagedTensor* managed = nullptr;
  {
    const Tensor x = from_memory(values, {2}, [&] { ++released; });
    managed = to_dlpack(x);
  }
  EXPECT_EQ(released, 0);
  EXPECT_EQ(managed->dl_tensor.data, values);
  managed->deleter(managed);
  EXPECT_EQ(released, 1);
}

TEST(ToDlpack, RefusesWhatRequiresGrad) {
  const Tensor x = tensor({1, 2}).requires_grad_();
  EXPECT_THROW(to_dlpack(x), GraphError);
  EXPECT_THROW(to_dlpack(exp(x)), GraphError);
  DLManagedTensor* managed = to_dlpack(x.detach());
  EXPECT_EQ(managed->dl_tensor.data, x.data<double>());
  managed->deleter(managed);
}

TEST(ToDlpack, LaysOutWhatTheEngineKeptNarrow) {
  const Tensor x = -expand(tensor(1), {3});  // one number inside
  const Tensor y = from_dlpack(to_dlpack(x));
  EXPECT_EQ(y.strides()[0], 1);
  EXPECT_THAT(y.to_vector(), ElementsAre(-1, -1, -1));
}

TEST(Dlpack, RoundTripIsTheSameMemory) {
  for (const Tensor& x :
       {tensor({{1, 2}, {3, 4}}), t(tensor({{1, 2}, {3, 4}})), tensor(5), zeros({0, 3}),
        expand(tensor({1, 2}), {3, 2}), tensor({1, 0, 1}) > 0, arange(4)}) {
    for (const Tensor& y : {from_dlpack(to_dlpack(x)), from_dlpack(to_dlpack_versioned(x))}) {
      EXPECT_EQ(y.dtype(), x.dtype());
      EXPECT_EQ(to_string(y.shape()), to_string(x.shape()));
      EXPECT_EQ(to_string(y.strides()), to_string(x.strides()));
      EXPECT_EQ(y.to_vector(), x.to_vector());
    }
  }
  Tensor x = tensor({1, 2});
  Tensor y = from_dlpack(to_dlpack(x));
  y.fill_(7);
  EXPECT_THAT(x.to_vector(), ElementsAre(7, 7));
}

/// A tensor of another library's.
struct Foreign {
  std::vector<double> data = {0, 1, 2, 3, 4, 5};
  std::int64_t shape[2] = {2, 2}, strides[2] = {1, 2};
  int deleted = 0;
  DLManagedTensor managed{};

  Foreign() {
    managed.dl_tensor = {data.data(), {kDLCPU, 0}, 2, {kDLFloat, 64, 1}, shape, strides, 8};
    managed.manager_ctx = this;
    managed.deleter = [](DLManagedTensor* self) {
      ++static_cast<Foreign*>(self->manager_ctx)->deleted;
    };
  }
};

TEST(FromDlpack, StridesAndOffset) {
  Foreign f;
  {
    const Tensor x = from_dlpack(&f.managed);
    const Tensor part = select(x, 0, 1);
    EXPECT_EQ(x.data<double>(), f.data.data() + 1);
    EXPECT_THAT(x.to_vector(), ElementsAre(1, 3, 2, 4));
    EXPECT_THAT(part.to_vector(), ElementsAre(2, 4));
  }
  EXPECT_EQ(f.deleted, 1);
}

TEST(FromDlpack, RowsWhereThereAreNoStrides) {
  Foreign f;
  f.managed.dl_tensor.strides = nullptr;
  f.managed.deleter = nullptr;
  EXPECT_THAT(from_dlpack(&f.managed).to_vector(), ElementsAre(1, 2, 3, 4));
  f.managed.dl_tensor.ndim = 0;
  f.managed.dl_tensor.shape = nullptr;
  EXPECT_EQ(from_dlpack(&f.managed).item(), 1);
}

template <class Error>
void expect_refused(const std::function<void(DLTensor&)>& spoil, const char* says) {
  Foreign f;
  spoil(f.managed.dl_tensor);
  try {
    from_dlpack(&f.managed);
    ADD_FAILURE() << says;
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr(says));
  }
  EXPECT_EQ(f.deleted, 0) << "the caller still owns it";
}

TEST(FromDlpack, RefusesWhatItCannotUse) {
  expect_refused<DeviceError>([](DLTensor& x) { x.device.device_type = kDLCUDA; }, "type 2");
  expect_refused<DTypeError>([](DLTensor& x) { x.dtype.bits = 16; }, "16 bits");
  expect_refused<DTypeError>([](DLTensor& x) { x.dtype = {kDLInt, 32, 1}; }, "32 bits");
  expect_refused<DTypeError>([](DLTensor& x) { x.dtype.lanes = 2; }, "2 lanes");
  expect_refused<ShapeError>([](DLTensor& x) { x.ndim = 17; }, "17 axes");
  expect_refused<ShapeError>([](DLTensor& x) { x.ndim = -1; }, "-1 axes");
  expect_refused<ShapeError>([](DLTensor& x) { x.shape[0] = -2; }, "[-2, 2]");
  expect_refused<ShapeError>(
      [](DLTensor& x) { x.shape[0] = x.shape[1] = std::numeric_limits<std::int64_t>::max() / 2; },
      "too large");
  expect_refused<ShapeError>([](DLTensor& x) { x.data = nullptr; }, "null");
  expect_refused<DTypeError>([](DLTensor& x) { x.byte_offset = 4; }, "multiple");
  EXPECT_THROW(from_dlpack(static_cast<DLManagedTensor*>(nullptr)), InputError);
}

TEST(FromDlpack, VersionsAndFlags) {
  int deleted = 0;
  double value = 3;
  DLManagedTensorVersioned managed{};
  managed.version = {1, 7};
  managed.manager_ctx = &deleted;
  managed.deleter = [](DLManagedTensorVersioned* self) { ++*static_cast<int*>(self->manager_ctx); };
  managed.dl_tensor = {&value, {kDLCPU, 0}, 0, {kDLFloat, 64, 1}, nullptr, nullptr, 0};
  EXPECT_EQ(from_dlpack(&managed).data<double>(), &value);
  EXPECT_EQ(deleted, 1);
  managed.flags = DLPACK_FLAG_BITMASK_READ_ONLY;
  Tensor copy = from_dlpack(&managed);
  EXPECT_EQ(deleted, 2);
  copy.fill_(4);
  EXPECT_EQ(value, 3) << "read-only memory is copied";
  managed.version.major = 2;
  EXPECT_THROW(from_dlpack(&managed), InputError);
  EXPECT_EQ(deleted, 2);
}

}  // namespace
}  // namespace wald
