// Transforms of many directions, put together from batched sweeps: Jacobians, Hessians, scores.
#include <fmt/format.h>

#include <algorithm>

#include "evaluation.h"
#include "ops/shape.h"
#include "sweep.h"
#include "tensor_impl.h"
#include "transforms.h"

namespace wald {
namespace {

Dims joined(const Dims& a, const Dims& b) {
  Dims both = a;
  for (std::int64_t size : b) both.push_back(size);
  return both;
}

/// Directions start ... start + count of the standard basis for x: [count, shape of x].
Tensor basis(const Tensor& x, std::int64_t start, std::int64_t count) {
  Tensor out = zeros({count, x.numel()}, tangent_dtype(x), x.device());
  alias(out, {count}, {x.numel() + 1}, start).copy_(ones({}, out.dtype(), out.device()));
  return reshape(out, joined({count}, x.shape()));
}

struct Batching {
  std::size_t max_bytes;
  std::int64_t max_directions;

  /// How many of n directions go together, of at most `bound` bytes each; bytes() says it better.
  template <class Bytes>
  std::int64_t block(const char* name, std::int64_t n, double bound, const Bytes& bytes) const {
    const std::size_t budget = max_bytes ? max_bytes : default_max_bytes();
    const std::int64_t most = max_directions > 0 ? std::min(n, max_directions) : n;
    if (static_cast<double>(most) * bound <= static_cast<double>(budget)) return most;
    return std::min(most, fitting(name, bytes(), budget));
  }

  static std::int64_t fitting(const char* name, std::size_t bytes, std::size_t budget) {
    if (bytes > budget)
      throw Error(
          fmt::format("{}: one direction takes about {} bytes, more than the budget of {} "
                      "bytes; give more as max_bytes, or split the function into parts",
                      name, bytes, budget));
    return static_cast<std::int64_t>(budget / std::max<std::size_t>(bytes, 1));
  }
};

/// A matrix put together from blocks of its rows, or of its columns; what is not set is zero.
class Assembly {
 public:
  enum class By { rows, columns };

  Assembly(By by, std::int64_t rows, std::int64_t columns, DType dtype, const Device& device,
           bool is_recorded)
      : by_(by),
        rows_(rows),
        columns_(columns),
        dtype_(dtype),
        device_(device),
        is_recorded_(is_recorded) {}

  /// `block`: [count, elements of a row or of a column in any shape]; undefined for zeros.
  void add(std::int64_t start, std::int64_t count, const Tensor& block) {
    const bool is_by_rows = by_ == By::rows;
    const std::int64_t across = is_by_rows ? columns_ : rows_;
    Tensor part = block.defined() ? to(to(reshape(block, {count, across}), dtype_), device_)
                                  : zeros({count, across}, dtype_, device_);
    if (is_recorded_) {
      parts_.push_back(part);
      return;
    }
    if (!is_by_rows) part = transpose(part, 0, 1);
    if (count == (is_by_rows ? rows_ : columns_)) {
      memory_ = contiguous(part);
      return;
    }
    if (!memory_.defined()) memory_ = zeros({rows_, columns_}, dtype_, device_);
    if (block.defined()) slice(memory_, is_by_rows ? 0 : 1, start, start + count).copy_(part);
  }

  Tensor finished(const Dims& shape) const {
    if (parts_.empty())
      return memory_.defined() ? reshape(memory_, shape) : zeros(shape, dtype_, device_);
    const Tensor all = parts_.size() == 1 ? parts_[0] : cat(parts_);
    return reshape(by_ == By::rows ? all : transpose(all, 0, 1), shape);
  }

 private:
  By by_;
  std::int64_t rows_, columns_;
  DType dtype_;
  Device device_;
  bool is_recorded_;
  Tensor memory_;
  std::vector<Tensor> parts_;
};

using Matrix = std::vector<std::vector<Tensor>>;  // of blocks

/// The values that are in a graph, and their places.
struct Connected {
  std::vector<Tensor> values;
  std::vector<std::size_t> places;

  explicit Connected(const std::vector<Tensor>& all) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!all[i].requires_grad() || all[i].numel() == 0) continue;
      values.push_back(all[i]);
      places.push_back(i);
    }
  }
};

/// Calls use(i, start, count, tangents) for the tangents of all `outputs` in the directions of
/// input i.
template <class Use>
void push_basis(const Evaluation& at, const std::vector<Tensor>& outputs, const Batching& batching,
                const Use& use) {
  const GradMode mode(at.is_recorded);
  const Graph graph(outputs);
  for (std::size_t i = 0; i < at.x.size() && !outputs.empty(); ++i) {
    const std::vector<Tensor> x = {at.x[i]};
    const std::int64_t n = x[0].numel();
    if (n == 0) continue;
    const std::int64_t block =
        batching.block(at.name, n, sweep_bytes_bound(graph, outputs, x),
                       [&] { return forward_sweep_bytes(graph, outputs, x); });
    for (std::int64_t start = 0; start < n; start += block) {
      const std::int64_t count = std::min(block, n - start);
      use(i, start, count, forward_sweep(graph, outputs, x, {basis(x[0], start, count)}));
    }
  }
}

Matrix forward_jacobian(const Evaluation& at, const Batching& batching) {
  std::vector<std::vector<Assembly>> blocks;
  for (const Tensor& y : at.y) {
    blocks.emplace_back();
    for (const Tensor& x : at.x)
      blocks.back().emplace_back(Assembly::By::columns, y.numel(), x.numel(),
                                 std::max(x.dtype(), y.dtype()), y.device(), at.is_recorded);
  }
  const Connected outputs(at.y);
  push_basis(at, outputs.values, batching,
             [&](std::size_t i, std::int64_t start, std::int64_t count,
                 const std::vector<Tensor>& columns) {
               for (std::size_t o = 0; o < columns.size(); ++o)
                 blocks[outputs.places[o]][i].add(start, count, columns[o]);
             });
  const GradMode mode(at.is_recorded);
  Matrix result(at.y.size());
  for (std::size_t o = 0; o < at.y.size(); ++o)
    for (std::size_t i = 0; i < at.x.size(); ++i)
      result[o].push_back(blocks[o][i].finished(joined(at.y[o].shape(), at.x[i].shape())));
  return result;
}

/// The rows of all blocks that belong to one output.
void pull_basis(const Evaluation& at, const Tensor& y, const Batching& batching,
                std::vector<Assembly>& blocks) {
  const std::int64_t n = y.numel();
  if (!y.requires_grad() || at.x.empty() || n == 0) return;
  const std::vector<Tensor> output = {y};
  const Graph graph(output);
  const std::int64_t block =
      batching.block(at.name, n, sweep_bytes_bound(graph, output, at.x),
                     [&] { return reverse_sweep_bytes(graph, output, at.x); });
  for (std::int64_t start = 0; start < n; start += block) {
    const std::int64_t count = std::min(block, n - start);
    const std::vector<Tensor> rows = reverse_sweep(graph, output, at.x, {basis(y, start, count)});
    for (std::size_t i = 0; i < rows.size(); ++i) blocks[i].add(start, count, rows[i]);
  }
}

Matrix reverse_jacobian(const Evaluation& at, const Batching& batching) {
  const GradMode mode(at.is_recorded);
  Matrix result;
  for (const Tensor& y : at.y) {
    std::vector<Assembly> blocks;
    for (const Tensor& x : at.x)
      blocks.emplace_back(Assembly::By::rows, y.numel(), x.numel(), std::max(x.dtype(), y.dtype()),
                          y.device(), at.is_recorded);
    pull_basis(at, y, batching, blocks);
    result.emplace_back();
    for (std::size_t i = 0; i < at.x.size(); ++i)
      result.back().push_back(blocks[i].finished(joined(y.shape(), at.x[i].shape())));
  }
  return result;
}

std::int64_t elements(const std::vector<Tensor>& all) {
  std::int64_t total = 0;
  for (const Tensor& x : all) total += x.numel();
  return total;
}

Matrix jacobian_at(const Evaluation& at, const JacobianOptions& options) {
  const Batching batching{options.max_bytes, options.max_directions};
  const bool is_forward = options.mode == JacobianMode::automatic
                              ? elements(at.x) <= elements(at.y)
                              : options.mode == JacobianMode::forward;
  return is_forward ? forward_jacobian(at, batching) : reverse_jacobian(at, batching);
}

std::vector<std::vector<Assembly>> hessian_blocks(const Evaluation& at) {
  std::vector<std::vector<Assembly>> blocks;
  for (const Tensor& a : at.x) {
    blocks.emplace_back();
    for (const Tensor& b : at.x)
      blocks.back().emplace_back(Assembly::By::rows, a.numel(), b.numel(),
                                 std::max(a.dtype(), b.dtype()), a.device(), at.is_recorded);
  }
  return blocks;
}

/// Each row is the gradient of a recorded element of the gradient.
void add_rows(const Evaluation& at, const std::vector<Tensor>& gradient,
              std::vector<std::vector<Assembly>>& blocks) {
  const EnableGradGuard guard;
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    if (!gradient[i].requires_grad()) continue;
    const Tensor flat = reshape(gradient[i], {gradient[i].numel()});
    for (std::int64_t row = 0; row < flat.numel(); ++row) {
      const std::vector<Tensor> found =
          grad({select(flat, 0, row)}, at.x,
               {.retain_graph = true, .create_graph = at.is_recorded, .allow_unused = true});
      const GradMode mode(at.is_recorded);
      for (std::size_t j = 0; j < found.size(); ++j)
        blocks[i][j].add(row, 1, found[j].defined() ? unsqueeze(found[j], 0) : Tensor());
    }
  }
}

ValueGradientAndHessian<std::vector<Tensor>, Matrix> hessian_at(const Evaluation& at,
                                                                const HessianOptions& options) {
  at.require_scalar();
  const std::vector<Tensor> gradient = at.gradients({Tensor()}, true);
  std::vector<std::vector<Assembly>> blocks = hessian_blocks(at);
  if (options.method == HessianMethod::rows) {
    add_rows(at, gradient, blocks);
  } else {
    // The derivative of gradient i in the directions of input j is a column of block [i][j], and
    // so, the matrix being symmetric, a row of block [j][i].
    const Connected outputs(gradient);
    push_basis(at, outputs.values, {options.max_bytes, options.max_directions},
               [&](std::size_t j, std::int64_t start, std::int64_t count,
                   const std::vector<Tensor>& rows) {
                 for (std::size_t i = 0; i < rows.size(); ++i)
                   blocks[j][outputs.places[i]].add(start, count, rows[i]);
               });
  }
  const GradMode mode(at.is_recorded);
  Matrix result(at.x.size());
  for (std::size_t i = 0; i < at.x.size(); ++i)
    for (std::size_t j = 0; j < at.x.size(); ++j)
      result[i].push_back(blocks[i][j].finished(joined(at.x[i].shape(), at.x[j].shape())));
  return {at.finished(at.y[0]), at.finished(gradient), std::move(result)};
}

std::vector<Tensor> scores_at(const Evaluation& at, const ScoresOptions& options) {
  if (at.y[0].dim() != 1)
    throw ShapeError(fmt::format("scores: the function must give its n terms as shape [n], not {}",
                                 to_string(at.y[0].shape())));
  std::vector<Tensor> all = forward_jacobian(at, {options.max_bytes, options.max_directions})[0];
  const GradMode mode(at.is_recorded);
  for (Tensor& matrix : all) matrix = contiguous(matrix);
  return all;
}

}  // namespace

ValueAndJacobian<Tensor, Tensor> value_and_jacobian(const TensorFunction& f, const Tensor& x,
                                                    const JacobianOptions& options) {
  const Evaluation at("jacobian", to_several(f), {x}, options.create_graph);
  return {at.finished(at.y[0]), jacobian_at(at, options)[0][0]};
}
ValueAndJacobian<Tensor, std::vector<Tensor>> value_and_jacobian(const FunctionOfSeveral& f,
                                                                 const std::vector<Tensor>& inputs,
                                                                 const JacobianOptions& options) {
  const Evaluation at("jacobian", to_several(f), inputs, options.create_graph);
  return {at.finished(at.y[0]), jacobian_at(at, options)[0]};
}
ValueAndJacobian<std::vector<Tensor>, Matrix> value_and_jacobian(const FunctionToSeveral& f,
                                                                 const std::vector<Tensor>& inputs,
                                                                 const JacobianOptions& options) {
  const Evaluation at("jacobian", f, inputs, options.create_graph);
  return {at.finished(at.y), jacobian_at(at, options)};
}

Tensor jacobian(const TensorFunction& f, const Tensor& x, const JacobianOptions& options) {
  return value_and_jacobian(f, x, options).jacobian;
}
std::vector<Tensor> jacobian(const FunctionOfSeveral& f, const std::vector<Tensor>& inputs,
                             const JacobianOptions& options) {
  return value_and_jacobian(f, inputs, options).jacobian;
}
Matrix jacobian(const FunctionToSeveral& f, const std::vector<Tensor>& inputs,
                const JacobianOptions& options) {
  return value_and_jacobian(f, inputs, options).jacobian;
}

ValueGradientAndHessian<Tensor, Tensor> value_gradient_and_hessian(const ScalarFunction& f,
                                                                   const Tensor& x,
                                                                   const HessianOptions& options) {
  const Evaluation at("hessian", to_several(f), {x}, options.create_graph);
  const auto all = hessian_at(at, options);
  return {all.value, all.gradient[0], all.hessian[0][0]};
}
ValueGradientAndHessian<std::vector<Tensor>, Matrix> value_gradient_and_hessian(
    const FunctionOfSeveral& f, const std::vector<Tensor>& inputs, const HessianOptions& options) {
  return hessian_at({"hessian", to_several(f), inputs, options.create_graph}, options);
}

Tensor hessian(const ScalarFunction& f, const Tensor& x, const HessianOptions& options) {
  return value_gradient_and_hessian(f, x, options).hessian;
}
Tensor hessian(const ScalarFunction& f, const Tensor& x, HessianMethod method) {
  return hessian(f, x, HessianOptions{.method = method});
}
Matrix hessian(const FunctionOfSeveral& f, const std::vector<Tensor>& inputs,
               const HessianOptions& options) {
  return value_gradient_and_hessian(f, inputs, options).hessian;
}

Tensor scores(const TensorFunction& f, const Tensor& theta, const ScoresOptions& options) {
  return scores_at({"scores", to_several(f), {theta}, options.create_graph}, options)[0];
}
std::vector<Tensor> scores(const FunctionOfSeveral& f, const std::vector<Tensor>& parameters,
                           const ScoresOptions& options) {
  return scores_at({"scores", to_several(f), parameters, options.create_graph}, options);
}

}  // namespace wald
