#include "op.h"

#include <fmt/format.h>

#include "autograd.h"
#include "ops/pointwise.h"
#include "ops/shape.h"
#include "tensor_impl.h"

namespace wald {

void (*record_observer)(std::string_view op) = nullptr;

void Op::run(Inputs, std::span<Tensor>) const {
  throw Error(fmt::format("{}: the op states neither run nor view", name()));
}
Tensor Op::view(const Tensor&, const Meta&) const {
  throw Error(fmt::format("{}: the op is not a view", name()));
}

Tensors Op::vjps(const Call& call, std::uint64_t wanted, Inputs g) const {
  Tensors out;
  for (int i = 0; wanted >> i; ++i) out.push_back(wanted >> i & 1 ? vjp(call, i, g) : Tensor());
  return out;
}

const Tensor& Call::saved(int slot) const {
  used_ |= std::uint64_t{1} << slot;
  for (const Saved& value : node_.saved) {
    if (value.slot != slot) continue;
    if (value.tensor.impl()->storage->version != value.version)
      throw GraphError(
          fmt::format("{}: a value that its derivative needs was written in place "
                      "after it had been used",
                      node_.name()));
    return value.tensor;
  }
  if (node_.is_freed)
    throw GraphError(fmt::format(
        "{}: the graph was freed by an earlier backward; pass retain_graph to go through it again",
        node_.name()));
  throw GraphError(
      fmt::format("{}: its derivative asks for value {}, which was not saved", node_.name(), slot));
}

Tensor Call::out(int i) const {
  // Kept without its node, lest the two keep each other alive; given back here.
  const Tensor& kept = saved(output_slot(i));
  if (!is_grad_enabled()) return kept;
  Tensor connected = kept.detach();
  connected.impl()->node = Ref<Node>(const_cast<Node*>(&node_));
  connected.impl()->output = static_cast<std::uint32_t>(i);
  return connected;
}

namespace {

bool wants_grad(Inputs in) {
  if (!is_grad_enabled()) return false;
  for (const Tensor& x : in)
    if (x.requires_grad()) return true;
  return false;
}

Ref<Node> make_node(const Op& op, Inputs in, const Tensors& out) {
  Ref<Node> node(new Node(op.keep(), out.size()));
  std::uint64_t uses = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const bool requires_grad = in[i].requires_grad();
    node->edges.push_back(requires_grad ? Edge{in[i].impl()->node, in[i].impl()->output} : Edge{});
    if (requires_grad) uses |= op.uses(static_cast<int>(i));
  }
  auto save = [&](const Tensor& value, int slot) {
    if (uses >> slot & 1)
      node->saved.push_back(
          {value, value.impl()->storage->version, static_cast<std::int16_t>(slot)});
  };
  for (std::size_t i = 0; i < in.size() && uses; ++i) save(in[i], static_cast<int>(i));
  for (std::size_t i = 0; i < out.size() && uses; ++i)
    save(out[i].detach(), Call::output_slot(static_cast<int>(i)));
  return node;
}

}  // namespace

Tensors record_all(const Op& op, Inputs in) {
  const Metas metas = op.infer(in);
  for (const Meta& meta : metas) require_rank(meta.shape);
  Tensors out;
  bool is_differentiable = false;
  if (op.is_view()) {
    out.push_back(op.view(in[0], metas[0]));
  } else {
    for (const Meta& meta : metas)
      out.push_back(allocate(backend_of(in[0]), meta.shape, meta.dtype));
    op.run(in, {out.data(), out.size()});
  }
  for (const Meta& meta : metas) is_differentiable |= is_floating(meta.dtype);
  if (record_observer) record_observer(op.name());
  if (!is_differentiable || !wants_grad(in)) return out;
  const Ref<Node> node = make_node(op, in, out);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!is_floating(metas[i].dtype)) continue;
    out[i].impl()->node = node;
    out[i].impl()->output = static_cast<std::uint32_t>(i);
  }
  return out;
}

Tensor record(const Op& op, Inputs in) { return std::move(record_all(op, in)[0]); }
Tensor record(const Op& op, std::initializer_list<Tensor> in) {
  return record(op, Inputs(in.begin(), in.size()));
}

Tensor Partial::times(const Tensor& g) const {
  if (value_.defined()) return is_cotangent_ ? zero_mul(g, value_) : strong_mul(g, value_);
  if (constant_ == 0) return {};
  if (constant_ == 1) return g;
  if (constant_ == -1) return -g;
  return g * constant_;
}

Pointwise::Pointwise(const char* name, const char* formula, std::initializer_list<Rule> partials)
    : name_(name), formula_(formula), partials_(partials) {}

namespace {

/// The shape with size 1 on every axis along which no input changes; empty if there is none.
Dims constant_axes_dropped(std::span<const Tensor> in) {
  Dims narrow = in[0].shape();
  bool drops = false;
  for (std::size_t axis = 0; axis < narrow.size(); ++axis) {
    bool is_constant = narrow[axis] > 1;
    for (const Tensor& x : in) is_constant &= x.strides()[axis] == 0;
    if (is_constant) narrow[axis] = 1;
    drops |= is_constant;
  }
  return drops ? narrow : Dims{};
}

}  // namespace

Tensor Pointwise::apply(std::span<Tensor> in) const {
  DType dtype = in[0].dtype();
  for (const Tensor& x : in) dtype = std::max(dtype, x.dtype());
  if (dtype == DType::boolean) dtype = DType::int64;
  if (!kernels::has_dtype(kernel(backend_of(in[0])), dtype)) dtype = DType::float64;
  for (Tensor& x : in) x = to(x, dtype);
  Dims shape = in[0].shape();
  bool is_same = true;
  for (std::size_t i = 1; i < in.size(); ++i) {
    if (shape == in[i].shape()) continue;
    shape = broadcast_shapes(shape, in[i].shape(), name_);
    is_same = false;
  }
  if (!is_same)
    for (Tensor& x : in) x = expand(x, shape);
  if (!wants_grad(in)) {
    // What is constant along an axis is computed once: a broadcast cotangent stays one number.
    const Dims narrow = constant_axes_dropped(in);
    if (!narrow.empty()) {
      for (Tensor& x : in) x = alias(x, narrow, x.strides(), x.impl()->offset);
      Tensor wide = expand(record(*this, in), shape);
      wide.impl()->is_compressed = true;
      return wide;
    }
  }
  return record(*this, in);
}

Tensor Pointwise::operator()(const Tensor& x) const {
  Tensor in[] = {x};
  return apply(in);
}
Tensor Pointwise::operator()(const Tensor& x, const Tensor& y) const {
  Tensor in[] = {x, y};
  return apply(in);
}
Tensor Pointwise::operator()(const Tensor& x, const Tensor& y, const Tensor& z) const {
  Tensor in[] = {x, y, z};
  return apply(in);
}
Tensor Pointwise::operator()(const Tensor& w, const Tensor& x, const Tensor& y,
                             const Tensor& z) const {
  Tensor in[] = {w, x, y, z};
  return apply(in);
}

const kernels::PointwiseKernel& Pointwise::kernel(const kernels::Backend& backend) const {
  const bool is_cpu = &backend == &kernels::cpu_backend();
  if (const auto* known = cpu_kernel_.load(std::memory_order_relaxed); known && is_cpu)
    return *known;
  const kernels::PointwiseKernel* found = backend.find_pointwise(formula_);
  if (!found) throw Error(fmt::format("{}: {} has no kernel for it", name_, backend.name));
  if (is_cpu) cpu_kernel_ = found;
  return *found;
}

Metas Pointwise::infer(Inputs in) const {
  const bool compares = kernels::is_comparison(kernel(backend_of(in[0])));
  return {{in[0].shape(), compares ? DType::boolean : in[0].dtype()}};
}

void Pointwise::run(Inputs in, std::span<Tensor> out) const {
  const kernels::Backend& backend = backend_of(in[0]);
  kernels::View views[max_arity];
  for (std::size_t i = 0; i < in.size(); ++i) views[i] = in[i].impl()->view();
  backend.pointwise(kernel(backend), in[0].dtype(), kernel_shape(in[0].shape()), views,
                    out[0].impl()->data());
}

std::uint64_t Pointwise::uses(int input) const {
  constexpr std::uint64_t is_known = std::uint64_t{1} << 63;
  const std::uint64_t known = uses_[input].load(std::memory_order_relaxed);
  if (known) return known & ~is_known;
  if (!partials_[static_cast<std::size_t>(input)]) return 0;
  // The rule is tried on ones; it cannot read values, so it asks for the same slots always.
  const NoGradGuard guard;
  Node trial(keep(), 1);
  const Tensor one = full({}, 1);
  for (std::size_t i = 0; i < partials_.size(); ++i)
    trial.saved.push_back({one, 0, static_cast<std::int16_t>(i)});
  trial.saved.push_back({one, 0, Call::output_slot(0)});
  const Call call(trial);
  partials_[static_cast<std::size_t>(input)](call);
  uses_[input] = call.used() | is_known;
  return call.used();
}

Partial Pointwise::partial(const Call& call, int input) const {
  const Rule rule = partials_[static_cast<std::size_t>(input)];
  if (!rule)
    throw GraphError(
        fmt::format("{}: a derivative of this order (by input {}) is not available", name_, input));
  return rule(call);
}

Tensor Pointwise::vjp(const Call& call, int input, Inputs g) const {
  return partial(call, input).times(g[0]);
}

Tensors Pointwise::jvp(const Call& call, Inputs t) const {
  Tensor total;
  for (std::size_t i = 0; i < t.size(); ++i) {
    if (!t[i].defined()) continue;
    const Tensor term = partial(call, static_cast<int>(i)).times(t[i]);
    if (term.defined()) total = total.defined() ? total + term : term;
  }
  return {total};
}

std::shared_ptr<const Op> Pointwise::keep() const { return {std::shared_ptr<void>(), this}; }

}  // namespace wald
