#include "op.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "anomaly_check.h"
#include "autograd.h"
#include "one_device.h"
#include "ops/pointwise.h"
#include "ops/shape.h"
#include "tensor_impl.h"

namespace wald {

void (*record_observer)(std::string_view op) = nullptr;

void Op::run(Inputs, std::span<Tensor>) const {
  throw Error(fmt::format("{}: the op states neither run nor view", name()));
}
Tensor Op::view(const Tensor&) const {
  throw Error(fmt::format("{}: the op is not a view", name()));
}

Tensors Op::vjps(const Call& call, std::uint64_t wanted, Inputs g) const {
  Tensors out;
  for (int i = 0; wanted >> i; ++i) out.push_back(wanted >> i & 1 ? vjp(call, i, g) : Tensor());
  return out;
}

const Tensor& Call::saved(int slot) const {
  used_ |= std::uint64_t{1} << slot;
  for (const Saved& value : node_.saved)
    if (value.slot == slot) return unwritten(node_, value);
  if (node_.is_freed) refuse_freed(node_);
  throw GraphError(
      fmt::format("{}: its derivative asks for value {}, which was not saved", node_.name(), slot));
}

Tensor Call::out(int i) const {
  return connected(saved(output_slot(i)), node_, static_cast<std::uint32_t>(i));
}

namespace {

using Operands = std::span<const Tensor* const>;

bool requires_grad(const TensorImpl& x) {
  return x.requires_grad || (x.node && !x.node->is_leaf());
}

bool wants_grad(Operands in) {
  if (!is_grad_enabled()) return false;
  for (const Tensor* x : in)
    if (requires_grad(*x->impl())) return true;
  return false;
}

/// Makes the node of a call and hangs it on the outputs that can be differentiated.
void attach_node(const Op& op, Operands in, std::span<Tensor> out) {
  const Ref<Node> node = Ref<Node>::adopt(new Node(op.keep(), out.size()));
  for (const Tensor& x : out)
    node->output_bytes += static_cast<std::uint64_t>(x.numel()) * size_of(x.dtype());
  std::uint64_t uses = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    if (const TensorImpl& x = *in[i]->impl(); requires_grad(x)) {
      node->edges.push_back({x.node, x.output});
      uses |= op.uses(static_cast<int>(i));
    } else {
      node->edges.push_back({});
    }
  }
  auto save = [&](const Tensor& value, int slot) {
    node->saved.push_back({value, value.impl()->storage->version, static_cast<std::int16_t>(slot)});
  };
  constexpr std::size_t most_slots = Call::output_slot(0);
  for (std::size_t i = 0; i < std::min(in.size(), most_slots); ++i)
    if (uses >> i & 1) save(*in[i], static_cast<int>(i));
  for (std::size_t i = 0; i < out.size(); ++i)
    if (const int slot = Call::output_slot(static_cast<int>(i)); uses >> slot & 1)
      save(out[i].detach(), slot);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!is_floating(out[i].impl()->dtype)) continue;
    out[i].impl()->node = node;
    out[i].impl()->output = static_cast<std::uint32_t>(i);
  }
}

bool lies_on(const kernels::Backend& backend, const Tensor& x) {
  return !x.defined() || &backend_of(x) == &backend;
}

/// Whether the operands lie on one device; what is undefined is left to others to refuse.
template <class Range>
bool share_device(const Range& in) {
  for (const Tensor& x : in)
    if (x.defined())
      return std::all_of(std::begin(in), std::end(in),
                         [&](const Tensor& y) { return lies_on(backend_of(x), y); });
  return true;
}

}  // namespace

void bring_together(std::string_view op, std::span<Tensor> in) {
  if (share_device(in)) return;
  const auto is_number = [](const Tensor& x) {
    return x.dim() == 0 && lies_on(kernels::cpu_backend(), x);
  };
  const auto leading = std::find_if(in.begin(), in.end(),
                                    [&](const Tensor& x) { return x.defined() && !is_number(x); });
  const Device device = leading->device();
  for (Tensor& x : in) {
    if (lies_on(device.backend(), x)) continue;
    if (!is_number(x))
      throw DeviceError(
          fmt::format("{}: operands lie on {} and on {}; to(x, device) brings one to the other", op,
                      device.name(), x.device().name()));
    x = to(x, device);
  }
}

namespace {

/// op.run, whose kernels may want memory of their own.
void run(const Op& op, Inputs in, std::span<Tensor> out) {
  try {
    op.run(in, out);
  } catch (const kernels::BackendError&) {
    rethrow_for(op.name());
  } catch (const std::bad_alloc&) {
    std::string shapes;
    for (const Tensor& x : in) shapes += (shapes.empty() ? "" : ", ") + to_string(x.shape());
    throw DeviceError(fmt::format("{}: out of memory for what it needs besides its result, from {}",
                                  op.name(), shapes));
  }
}

}  // namespace

Tensors record_all(const Op& op, Inputs in) {
  if (in.size() > 1 && !share_device(in)) {
    std::vector<Tensor> together(in.begin(), in.end());
    bring_together(op.name(), together);
    return record_all(op, together);
  }
  Tensors out;
  if (op.is_view()) {
    out.push_back(op.view(in[0]));
    require_rank(out[0].shape());
  } else {
    for (const Meta& meta : op.infer(in))
      out.push_back(allocate(meta.backend ? *meta.backend : backend_of(in[0]), meta.shape,
                             meta.dtype, op.name()));
    run(op, in, {out.data(), out.size()});
  }
  bool is_differentiable = false;
  for (const Tensor& x : out) is_differentiable |= is_floating(x.impl()->dtype);
  if (record_observer) record_observer(op.name());
  const bool is_checked = anomaly::checks_results();
  if (!is_checked && (!is_differentiable || !is_grad_enabled())) return out;
  InlineVector<const Tensor*, 4> operands;
  for (const Tensor& x : in) operands.push_back(&x);
  for (std::size_t i = 0; is_checked && i < out.size(); ++i)
    anomaly::check_result(op.name(), operands, out[i]);
  if (!is_differentiable) return out;
  if (wants_grad(operands)) attach_node(op, operands, {out.data(), out.size()});
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
Dims constant_axes_dropped(Operands in) {
  const Dims& shape = in[0]->shape();
  Dims narrow;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    bool is_constant = shape[axis] > 1;
    for (const Tensor* x : in) is_constant = is_constant && x->strides()[axis] == 0;
    if (!is_constant) continue;
    if (narrow.empty()) narrow = shape;
    narrow[axis] = 1;
  }
  return narrow;
}

}  // namespace

/// Operands of any shapes and types.
Tensor Pointwise::apply(Operands in) const {
  for (const Tensor* x : in) x->shape();  // throws if undefined
  const TensorImpl& first = *in[0]->impl();
  for (const Tensor* x : in.subspan(1))
    if (&x->impl()->storage->backend != &first.storage->backend) return apply_together(in);
  const Kernel& formula = kernel(first.storage->backend);
  DType dtype = first.dtype;
  bool is_alike = true;
  for (const Tensor* operand : in.subspan(1)) {
    const TensorImpl& x = *operand->impl();
    is_alike = is_alike && x.dtype == first.dtype && x.shape == first.shape;
    dtype = std::max(dtype, x.dtype);
  }
  if (dtype == DType::boolean) dtype = DType::int64;
  if (!formula.has(dtype)) dtype = DType::float64;
  if (is_alike && first.dtype == dtype) return apply_alike(formula, in);

  Dims shape = first.shape;
  for (const Tensor* x : in.subspan(1))
    if (!(shape == x->shape())) shape = broadcast_shapes(shape, x->shape(), name_);
  Tensor alike[max_arity];
  const Tensor* operands[max_arity];
  for (std::size_t i = 0; i < in.size(); ++i) {
    alike[i] = expand(to(*in[i], dtype), shape);
    operands[i] = &alike[i];
  }
  return apply_alike(formula, {operands, in.size()});
}

/// Operands that do not all lie on one device.
Tensor Pointwise::apply_together(Operands in) const {
  Tensor together[max_arity];
  const Tensor* operands[max_arity];
  for (std::size_t i = 0; i < in.size(); ++i) {
    together[i] = *in[i];
    operands[i] = &together[i];
  }
  bring_together(name_, {together, in.size()});
  return apply({operands, in.size()});
}

/// Operands of one shape, type and device.
Tensor Pointwise::apply_alike(const Kernel& formula, Operands in) const {
  const bool records = wants_grad(in);
  const Dims& shape = in[0]->impl()->shape;
  if (!records && shape.size() > 0) {
    // What is constant along an axis is computed once: a broadcast cotangent stays one number.
    const Dims narrow = constant_axes_dropped(in);
    if (!narrow.empty()) {
      Tensor part[max_arity];
      const Tensor* parts[max_arity];
      for (std::size_t i = 0; i < in.size(); ++i) {
        part[i] = alias(*in[i], narrow, in[i]->strides(), in[i]->impl()->offset);
        parts[i] = &part[i];
      }
      Tensor wide = expand(compute(formula, {parts, in.size()}, narrow), shape);
      wide.impl()->is_compressed = true;
      return wide;
    }
  }
  Tensor out = compute(formula, in, shape);
  if (records && is_floating(out.impl()->dtype)) attach_node(*this, in, {&out, 1});
  return out;
}

Tensor Pointwise::compute(const Kernel& formula, Operands in, const Dims& shape) const {
  const TensorImpl& first = *in[0]->impl();
  const bool compares = formula.kind == kernels::PointwiseKind::compare;
  Tensor out =
      allocate(first.storage->backend, shape, compares ? DType::boolean : first.dtype, name_);
  launch(formula, in, out);
  if (record_observer) record_observer(name_);
  if (anomaly::checks_results()) anomaly::check_result(name_, in, out);
  return out;
}

void Pointwise::launch(const Kernel& formula, Operands in, const Tensor& out) const {
  const TensorImpl& first = *in[0]->impl();
  kernels::View views[max_arity];
  for (std::size_t i = 0; i < in.size(); ++i) views[i] = in[i]->impl()->view();
  try {
    first.storage->backend.pointwise(formula, first.dtype, kernel_shape(out.impl()->shape), views,
                                     out.impl()->data());
  } catch (const kernels::BackendError&) {
    rethrow_for(name_);
  }
}

Tensor Pointwise::operator()(const Tensor& x) const {
  const Tensor* in[] = {&x};
  return apply(in);
}
Tensor Pointwise::operator()(const Tensor& x, const Tensor& y) const {
  const Tensor* in[] = {&x, &y};
  return apply(in);
}
Tensor Pointwise::operator()(const Tensor& x, const Tensor& y, const Tensor& z) const {
  const Tensor* in[] = {&x, &y, &z};
  return apply(in);
}
Tensor Pointwise::operator()(const Tensor& w, const Tensor& x, const Tensor& y,
                             const Tensor& z) const {
  const Tensor* in[] = {&w, &x, &y, &z};
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
  const bool compares = kernel(backend_of(in[0])).kind == kernels::PointwiseKind::compare;
  return {{in[0].shape(), compares ? DType::boolean : in[0].dtype()}};
}

void Pointwise::run(Inputs in, std::span<Tensor> out) const {
  const Tensor* operands[max_arity];
  for (std::size_t i = 0; i < in.size(); ++i) operands[i] = &in[i];
  launch(kernel(backend_of(in[0])), {operands, in.size()}, out[0]);
}

std::uint64_t Pointwise::uses(int input) const {
  constexpr std::uint64_t is_known = std::uint64_t{1} << 63;
  const std::uint64_t known = uses_[input].load(std::memory_order_relaxed);
  if (known) return known & ~is_known;
  if (!partials_[static_cast<std::size_t>(input)]) return 0;
  // The rule is tried on ones; it cannot read values, so it asks for the same slots always.
  const NoGradGuard guard;
  Node trial(keep(), 1);
  const Tensor one = full({}, 1, DType::float64, Device());
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
