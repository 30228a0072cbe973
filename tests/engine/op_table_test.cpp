// Every check that needs no knowledge of the operation, for every row of the table, and that the
// table is complete: a name that the engine records in this process and no row has fails the run.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <mutex>
#include <set>

#include <wald/engine/autograd.h>
#include <wald/engine/op.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/transforms.h>
#include <wald/kernels/cpu/simd.h>

#include "op_check.h"
#include "op_table.h"

namespace wald::testing {
namespace {

std::mutex recorded_mutex;
std::set<std::string>& recorded() {
  static auto* const names = new std::set<std::string>;
  return *names;
}

class EveryRecordedNameHasARow : public ::testing::Environment {
 public:
  void SetUp() override {
    record_observer = [](std::string_view op) {
      const std::lock_guard lock(recorded_mutex);
      recorded().emplace(op);
    };
  }
  void TearDown() override {
    record_observer = nullptr;
    for (const std::string& name : recorded())
      EXPECT_TRUE(std::any_of(op_rows().begin(), op_rows().end(),
                              [&](const OpRow& row) { return row.op == name; }))
          << "the engine recorded \"" << name << "\", which has no row in the table of operations";
  }
};
const auto* const environment = ::testing::AddGlobalTestEnvironment(new EveryRecordedNameHasARow);

class EachOp : public ::testing::TestWithParam<OpRow> {
 protected:
  /// Calls check(inputs) with samples of each of the row's shapes.
  template <class Check>
  void for_each_call(const Check& check) {
    for (const std::vector<Dims>& shapes : row.shapes) {
      std::string text;
      for (const Dims& shape : shapes) text += to_string(shape) + " ";
      SCOPED_TRACE("inputs of shape " + text);
      std::vector<Tensor> in;
      for (std::size_t i = 0; i < shapes.size(); ++i)
        in.push_back(sample(row.inputs[i], shapes[i], random));
      check(in);
    }
  }
  Tensor wanted(const std::vector<Tensor>& in) const {
    std::vector<Array> arrays;
    for (const Tensor& x : in) arrays.push_back(to_array(x));
    const Array out = row.reference(arrays);
    return from_vector(out.values, out.shape);
  }

  const OpRow row = GetParam();
  std::mt19937 random{2025};
};

/// The same values laid out with the first and last axes exchanged in memory, or every second
/// element of a larger tensor; what lies between is nan.
Tensor strided(const Tensor& x, bool stepped) {
  if (x.dim() == 0) return x;
  if (!stepped) return transpose(clone(transpose(x, 0, -1)), 0, -1);
  Dims shape = x.shape();
  const std::int64_t n = shape.back();
  shape.back() = 2 * n + 1;
  const Tensor memory = full(shape, is_floating(x.dtype()) ? NAN : 1, x.dtype());
  return slice(memory, -1, 1, 2 * n + 1, 2).copy_(x);
}

TEST_P(EachOp, GivesTheReferenceValues) {
  for_each_call([&](const std::vector<Tensor>& in) {
    const Tensor y = row.build(in);
    EXPECT_FALSE(y.requires_grad());
    expect_near(y, wanted(in), row.value_tolerance, "value");
  });
}

TEST_P(EachOp, IsRecordedUnderItsName) {
  {
    const std::lock_guard lock(recorded_mutex);
    recorded().erase(row.op);
  }
  for_each_call([&](const std::vector<Tensor>& in) { row.build(leaves_of(in)); });
  const std::lock_guard lock(recorded_mutex);
  EXPECT_TRUE(recorded().count(row.op)) << row.op;
  recorded().insert(row.op);
}

TEST_P(EachOp, HasDerivativesThatDifferencesConfirm) {
  if (!row.is_differentiable) return;
  for_each_call([&](const std::vector<Tensor>& in) {
    check_first_order(row.build, in, row.tolerance, random);
  });
}

TEST_P(EachOp, HasSecondDerivativesThatDifferencesConfirm) {
  if (!row.is_differentiable) return;
  for_each_call([&](std::vector<Tensor> in) {
    check_second_order_agrees(row.build, in, std::max(1e-12, row.tolerance * 1e-3), random);
    in.push_back(random_like(row.build(in), random));
    check_first_order(vjp_of(row.build), in, row.tolerance, random);
  });
}

TEST_P(EachOp, GivesNoGradientWhereNotDifferentiable) {
  if (row.is_differentiable) return;
  for_each_call([&](const std::vector<Tensor>& in) {
    EXPECT_FALSE(row.build(leaves_of(in)).requires_grad());
  });
}

TEST_P(EachOp, ReadsStridedInputs) {
  for_each_call([&](const std::vector<Tensor>& in) {
    const Tensor g = random_like(row.build(in), random);
    const std::vector<Tensor> plain = leaves_of(in);
    const Tensor y = row.build(plain);
    const std::vector<Tensor> gradient = gradients(y, plain, g);
    for (bool stepped : {false, true}) {
      std::vector<Tensor> laid_out;
      for (const Tensor& x : in) laid_out.push_back(strided(x, stepped));
      laid_out = leaves_of(laid_out);
      const double tolerance = row.is_pointwise() ? 0 : std::max(1e-14, row.value_tolerance);
      const Tensor z = row.build(laid_out);
      expect_near(z, y.detach(), tolerance, stepped ? "stepped" : "transposed");
      const std::vector<Tensor> its = gradients(z, laid_out, strided(g, stepped));
      for (std::size_t i = 0; i < in.size(); ++i)
        if (its[i].defined()) expect_near(its[i], gradient[i], tolerance, "gradient");
    }
  });
}

TEST_P(EachOp, TakesFloat32) {
  for_each_call([&](const std::vector<Tensor>& in) {
    std::vector<Tensor> narrow, wide;
    for (const Tensor& x : in) {
      narrow.push_back(is_floating(x.dtype()) ? to(x, DType::float32) : x);
      wide.push_back(is_floating(x.dtype()) ? to(narrow.back(), DType::float64) : x);
    }
    narrow = leaves_of(narrow);
    wide = leaves_of(wide);
    const Tensor y = row.build(narrow), z = row.build(wide);
    EXPECT_EQ(y.dtype(), is_floating(z.dtype()) ? DType::float32 : z.dtype());
    expect_near(y, wanted(wide), row.float32_tolerance, "float32 value");
    if (!is_floating(z.dtype())) return;
    const Tensor g = to(random_like(y, random), DType::float64);
    const std::vector<Tensor> its = gradients(y, narrow, to(g, DType::float32));
    const std::vector<Tensor> exact = gradients(z, wide, to(g, z.dtype()));
    for (std::size_t i = 0; i < in.size(); ++i) {
      if (!its[i].defined()) continue;
      EXPECT_EQ(its[i].dtype(), DType::float32);
      expect_near(its[i], exact[i], 10 * row.float32_tolerance, "float32 gradient");
    }
  });
}

TEST_P(EachOp, TakesIntegersAsDocumented) {
  for_each_call([&](const std::vector<Tensor>& in) {
    std::vector<Tensor> whole_numbers;
    for (const Tensor& x : in) {
      std::vector<double> values = x.to_vector();
      for (double& v : values) v = std::round(v);
      const Tensor rounded = from_vector(values, x.shape());
      whole_numbers.push_back(to(rounded, x.dtype() == DType::boolean ? x.dtype() : DType::int64));
    }
    if (row.integers == Integers::refused) {
      EXPECT_THROW(row.build(whole_numbers), DTypeError);
      return;
    }
    const Tensor y = row.build(whole_numbers);
    const DType beside = row.build(in).dtype();
    DType type = beside;
    if (row.integers == Integers::become_float64) type = DType::float64;
    if (row.integers == Integers::stay && is_floating(beside)) type = DType::int64;
    EXPECT_EQ(y.dtype(), type);
    expect_near(y, wanted(whole_numbers), std::max(1e-14, row.value_tolerance), "of integers");
  });
}

TEST_P(EachOp, ThrowsOnBadCalls) {
  for (std::size_t i = 0; i < row.bad.size(); ++i)
    EXPECT_EQ(row.bad[i](), "") << "bad call number " << i;
  std::vector<Tensor> in;
  for (std::size_t i = 0; i < row.inputs.size(); ++i)
    in.push_back(sample(row.inputs[i], row.shapes[0][i], random));
  for (std::size_t i = 0; i < in.size(); ++i) {
    std::vector<Tensor> missing = in;
    missing[i] = Tensor();
    EXPECT_THROW(row.build(missing), Error) << "input " << i << " undefined";
  }
}

/// All combinations of hostile values for a function of `arity` numbers: [arity, their number].
Tensor hostile(std::size_t arity) {
  const double inf = std::numeric_limits<double>::infinity();
  const std::vector<double> values = {0, -0.0, 1, -1, 2.5, inf, -inf, NAN, 1e308, 5e-324};
  if (arity == 1) return from_vector(values, {1, static_cast<std::int64_t>(values.size())});
  std::vector<double> both;
  for (double x : values)
    for (std::size_t i = 0; i < values.size(); ++i) both.push_back(x);
  for (std::size_t i = 0; i < values.size(); ++i)
    both.insert(both.end(), values.begin(), values.end());
  return from_vector(both, {2, static_cast<std::int64_t>(both.size() / 2)});
}

TEST_P(EachOp, GivesExactZerosInABranchNotTaken) {
  if (!row.is_pointwise() || !row.is_differentiable || row.inputs.size() > 2) return;
  const Tensor x = hostile(row.inputs.size());
  const Tensor never = zeros({x.size(1)}) > 0;
  const ScalarFunction f = [&](const Tensor& at) {
    std::vector<Tensor> in;
    for (std::int64_t i = 0; i < at.size(0); ++i) in.push_back(select(at, 0, i));
    return sum(where(never, row.build(in), 0));
  };
  const Tensor gradient = value_and_gradient(f, x).gradient;
  EXPECT_EQ(gradient.to_vector(), zeros(x.shape()).to_vector());
  for (HessianMethod method : {HessianMethod::rows, HessianMethod::batched}) {
    const Tensor h = reshape(hessian(f, x, method), {x.numel(), x.numel()});
    const std::vector<double> values = h.to_vector();
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::size_t n = static_cast<std::size_t>(x.numel());
      ASSERT_EQ(values[i], 0) << (method == HessianMethod::rows ? "rows" : "batched")
                              << ": second derivative " << i / n << ", " << i % n << " of " << n;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Table, EachOp, ::testing::ValuesIn(op_rows()), [](const auto& param_info) {
  std::string name = param_info.param.name;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
});

TEST(OpTable, HasARowForEveryFormula) {
  const kernels::Simd& set = kernels::simd();
  for (int i = 0; i < set.pointwise_count; ++i) {
    const std::string name = set.pointwise[i].name;
    EXPECT_TRUE(
        std::any_of(op_rows().begin(), op_rows().end(),
                    [&](const OpRow& row) { return row.is_pointwise() && row.name == name; }))
        << "the formula \"" << name << "\" has no row in the table of operations";
  }
}

TEST(OpTable, HasNoNameTwice) {
  std::set<std::string> names;
  for (const OpRow& row : op_rows()) EXPECT_TRUE(names.insert(row.name).second) << row.name;
}

}  // namespace
}  // namespace wald::testing
