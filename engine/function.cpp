// A call of a user's function as an Op made for that call: the rules with the context bound to
// them, taken through batches one direction at a time.
#include "function.h"

#include <cxxabi.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "anomaly_check.h"
#include "autograd.h"
#include "op.h"
#include "ops/shape.h"
#include "tensor_impl.h"

namespace wald {

struct FunctionState {
  static constexpr int not_an_output = -1;

  std::map<std::string, std::any> saved_data;
  std::vector<Tensor> to_save;    // until the node takes them
  std::vector<int> saved_output;  // for each: which output it is
  std::vector<Tensor> non_differentiable;
  bool materializes = true;
  bool is_in_forward = true;
};

namespace {

Meta meta_of(const Tensor& x) { return {x.shape(), x.dtype(), &backend_of(x)}; }
Tensor zeros_of(const Meta& meta) { return zeros(meta.shape, meta.dtype, Device(*meta.backend)); }

Dims joined(const Dims& a, const Dims& b) {
  Dims both = a;
  for (std::int64_t size : b) both.push_back(size);
  return both;
}

bool holds(const std::vector<Tensor>& all, const Tensor& x) {
  return std::any_of(all.begin(), all.end(), [&](const Tensor& y) { return y.is_same(x); });
}

}  // namespace

class FunctionOp final : public Op, public std::enable_shared_from_this<FunctionOp> {
 public:
  FunctionOp(const FunctionRules& rules, std::vector<int> input_of_argument)
      : rules_(rules), input_of_argument_(std::move(input_of_argument)) {}

  std::string_view name() const override { return rules_.name; }
  bool is_users() const override { return true; }
  Metas infer(Inputs) const override {
    Metas metas;
    for (const Meta& meta : out_) metas.push_back(meta);
    return metas;
  }
  std::uint64_t uses(int) const override { return 0; }
  std::shared_ptr<const Op> keep() const override { return shared_from_this(); }

  Tensor vjp(const Call& call, int input, Inputs g) const override {
    return vjps(call, std::uint64_t{1} << input, g)[static_cast<std::size_t>(input)];
  }
  Tensors vjps(const Call&, std::uint64_t wanted, Inputs g) const override {
    return each_direction(
        out_, in_, g, [&](const std::vector<Tensor>& one) { return backward(one, wanted, false); });
  }
  Tensors jvp(const Call&, Inputs t) const override {
    return each_direction(in_, out_, t, [&](const std::vector<Tensor>& one) {
      return rules_.jvp ? stated_jvp(one) : transposed_backward(one);
    });
  }

  std::vector<Tensor> run_forward(const std::vector<Tensor>& in, std::uint64_t wanted,
                                  const std::function<std::vector<Tensor>(Context&)>& forward);
  std::vector<Tensor> record_call(const std::vector<Tensor>& in, const std::vector<Tensor>& out);
  std::vector<Tensor> saved(bool is_detached) const;
  int input_of(std::size_t argument) const;

 private:
  template <class Rule>
  Tensors each_direction(const std::vector<Meta>& from, const std::vector<Meta>& to,
                         Inputs directions, const Rule& rule) const;
  std::vector<Tensor> backward(const std::vector<Tensor>& g, std::uint64_t wanted,
                               bool is_detached) const;
  std::vector<Tensor> stated_jvp(const std::vector<Tensor>& t) const;
  std::vector<Tensor> transposed_backward(const std::vector<Tensor>& t) const;
  std::vector<Tensor> materialized(const std::vector<Tensor>& directions,
                                   const std::vector<Meta>& metas) const;
  Tensor checked(const Tensor& got, const Meta& meta, const char* what, std::size_t number) const;
  void check_for_nan(const std::vector<Tensor>& in, const std::vector<Tensor>& out) const;

  const FunctionRules& rules_;
  std::vector<int> input_of_argument_;  // -1 for what is no tensor
  std::vector<Meta> in_, out_;
  // The rules may add to saved_data.
  mutable FunctionState state_;
  const Node* node_ = nullptr;  // which owns this
};

Context::Context(FunctionState& state, const FunctionOp* op, std::uint64_t wanted, bool is_detached)
    : saved_data(state.saved_data),
      state_(state),
      op_(op),
      wanted_(wanted),
      is_detached_(is_detached) {}

namespace {

void require_forward(const FunctionState& state, std::string_view function, const char* what) {
  if (!state.is_in_forward)
    throw GraphError(fmt::format("{}: {} is for forward alone", function, what));
}

}  // namespace

void Context::save_for_backward(const std::vector<Tensor>& tensors) {
  require_forward(state_, op_->name(), "save_for_backward");
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (!tensors[i].defined())
      throw GraphError(
          fmt::format("{}: save_for_backward: tensor {} is undefined", op_->name(), i));
  state_.to_save = tensors;
}
std::vector<Tensor> Context::saved() const {
  return state_.is_in_forward ? state_.to_save : op_->saved(is_detached_);
}
bool Context::needs_input_grad(std::size_t argument) const {
  const int input = op_->input_of(argument);
  return input >= 0 && (wanted_ >> input & 1);
}
void Context::mark_non_differentiable(const std::vector<Tensor>& outputs) {
  require_forward(state_, op_->name(), "mark_non_differentiable");
  state_.non_differentiable = outputs;
}
void Context::set_materialize_grads(bool materialize) {
  require_forward(state_, op_->name(), "set_materialize_grads");
  state_.materializes = materialize;
}

int FunctionOp::input_of(std::size_t argument) const {
  if (argument >= input_of_argument_.size())
    throw IndexError(fmt::format("{}: needs_input_grad: argument {} of {}", rules_.name, argument,
                                 input_of_argument_.size()));
  return input_of_argument_[argument];
}

std::vector<Tensor> FunctionOp::run_forward(
    const std::vector<Tensor>& in, std::uint64_t wanted,
    const std::function<std::vector<Tensor>(Context&)>& forward) {
  std::vector<std::uint32_t> versions;
  for (const Tensor& x : in)
    versions.push_back(x.defined() ? x.impl()->storage->version.load() : 0);
  Context context(state_, this, wanted, true);
  std::vector<Tensor> out;
  {
    const NoGradGuard guard;
    const anomaly::RuleScope scope;
    out = forward(context);
  }
  state_.is_in_forward = false;
  for (std::size_t i = 0; i < in.size(); ++i)
    if (in[i].defined() && in[i].impl()->storage->version != versions[i])
      throw GraphError(fmt::format(
          "{}: forward wrote its tensor {} in place; values in a graph do not change: clone it",
          rules_.name, i));
  for (std::size_t i = 0; i < out.size(); ++i)
    if (!out[i].defined())
      throw GraphError(
          fmt::format("{}: forward gave an undefined tensor as output {}", rules_.name, i));
  for (const Tensor& x : state_.non_differentiable)
    if (!holds(out, x))
      throw GraphError(
          fmt::format("{}: mark_non_differentiable was given a tensor that forward does not return",
                      rules_.name));
  if (anomaly::checks_results()) check_for_nan(in, out);
  return out;
}

void FunctionOp::check_for_nan(const std::vector<Tensor>& in,
                               const std::vector<Tensor>& out) const {
  std::vector<const Tensor*> operands;
  for (const Tensor& x : in) operands.push_back(&x);
  for (const Tensor& y : out) anomaly::check_result(rules_.name, operands, y);
}

std::vector<Tensor> FunctionOp::record_call(const std::vector<Tensor>& in,
                                            const std::vector<Tensor>& out) {
  // An undefined tensor has no tangent, like one that holds no floats.
  for (const Tensor& x : in) in_.push_back(x.defined() ? meta_of(x) : Meta{{}, DType::boolean});
  for (const Tensor& y : out) out_.push_back(meta_of(y));
  const Ref<Node> node = Ref<Node>::adopt(new Node(keep(), out.size()));
  node_ = node.get();
  for (const Tensor& x : in) {
    const bool is_wanted = x.defined() && x.requires_grad();
    node->edges.push_back(is_wanted ? Edge{x.impl()->node, x.impl()->output} : Edge{});
  }
  for (const Tensor& x : std::exchange(state_.to_save, {})) {
    int output = FunctionState::not_an_output;
    for (std::size_t i = 0; i < out.size() && !holds(in, x); ++i)
      if (out[i].is_same(x)) output = static_cast<int>(i);
    const bool is_input = holds(in, x);
    state_.saved_output.push_back(output);
    node->saved.push_back({is_input ? x : x.detach(), x.impl()->storage->version,
                           static_cast<std::int16_t>(node->saved.size())});
  }
  std::vector<Tensor> results;
  for (std::size_t i = 0; i < out.size(); ++i) {
    node->output_bytes += static_cast<std::uint64_t>(out[i].numel()) * size_of(out[i].dtype());
    results.push_back(out[i].detach());
    if (!is_floating(out[i].dtype()) || holds(state_.non_differentiable, out[i])) continue;
    results[i].impl()->node = node;
    results[i].impl()->output = static_cast<std::uint32_t>(i);
  }
  state_.non_differentiable.clear();
  return results;
}

std::vector<Tensor> FunctionOp::saved(bool is_detached) const {
  if (node_->is_freed && !state_.saved_output.empty()) refuse_freed(*node_);
  std::vector<Tensor> values;
  for (const Saved& kept : node_->saved) {
    const Tensor& x = unwritten(*node_, kept);
    const int output = state_.saved_output[values.size()];
    if (is_detached) {
      values.push_back(x.detach());
    } else if (output == FunctionState::not_an_output) {
      values.push_back(x);
    } else {
      values.push_back(connected(x, *node_, static_cast<std::uint32_t>(output)));
    }
  }
  return values;
}

/// Applies a rule that knows no batch to directions that may have leading axes.
template <class Rule>
Tensors FunctionOp::each_direction(const std::vector<Meta>& from, const std::vector<Meta>& to,
                                   Inputs directions, const Rule& rule) const {
  Dims leading;
  std::vector<Tensor> given(directions.begin(), directions.end());
  for (std::size_t i = 0; i < given.size(); ++i)
    if (given[i].defined())
      leading =
          Dims(std::span(given[i].shape().data(), given[i].shape().size() - from[i].shape.size()));
  Tensors out(to.size());
  if (leading.empty()) {
    const std::vector<Tensor> results = rule(given);
    std::copy(results.begin(), results.end(), out.begin());
    return out;
  }
  const std::int64_t count = numel(leading);
  for (std::size_t i = 0; i < given.size(); ++i)
    if (given[i].defined()) given[i] = reshape(given[i], joined({count}, from[i].shape));
  std::vector<std::vector<Tensor>> parts(to.size());
  for (std::int64_t k = 0; k < count; ++k) {
    std::vector<Tensor> one(given.size());
    for (std::size_t i = 0; i < given.size(); ++i)
      if (given[i].defined()) one[i] = select(given[i], 0, k);
    std::vector<Tensor> results = rule(one);
    for (std::size_t i = 0; i < results.size(); ++i) parts[i].push_back(std::move(results[i]));
  }
  for (std::size_t i = 0; i < to.size(); ++i) {
    bool any = false;
    for (const Tensor& part : parts[i]) any |= part.defined();
    if (!any) continue;
    for (Tensor& part : parts[i])
      if (!part.defined()) part = zeros_of(to[i]);
    out[i] = reshape(stack(parts[i]), joined(leading, to[i].shape));
  }
  return out;
}

std::vector<Tensor> FunctionOp::materialized(const std::vector<Tensor>& directions,
                                             const std::vector<Meta>& metas) const {
  std::vector<Tensor> out = directions;
  for (std::size_t i = 0; state_.materializes && i < out.size(); ++i)
    if (!out[i].defined()) out[i] = zeros_of(metas[i]);
  return out;
}

Tensor FunctionOp::checked(const Tensor& got, const Meta& meta, const char* what,
                           std::size_t number) const {
  if (!got.defined()) return got;
  if (!(got.shape() == meta.shape))
    throw ShapeError(fmt::format("{}: {} {} has shape {}, where {} is expected", rules_.name, what,
                                 number, to_string(got.shape()), to_string(meta.shape)));
  return to(got, meta.dtype);
}

/// The gradients of the tensor inputs, those wanted.
std::vector<Tensor> FunctionOp::backward(const std::vector<Tensor>& g, std::uint64_t wanted,
                                         bool is_detached) const {
  Context context(state_, this, wanted, is_detached);
  const std::vector<Tensor> got = rules_.backward(context, materialized(g, out_));
  if (got.size() != input_of_argument_.size())
    throw GraphError(
        fmt::format("{}: backward gave {} gradients for the {} arguments of forward; "
                    "one for each is expected, undefined for what is no tensor",
                    rules_.name, got.size(), input_of_argument_.size()));
  std::vector<Tensor> out(in_.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    const int input = input_of_argument_[i];
    if (input < 0 && got[i].defined())
      throw GraphError(fmt::format(
          "{}: backward gave a gradient of shape {} for argument {}, which is no tensor",
          rules_.name, to_string(got[i].shape()), i));
    if (input < 0 || !(wanted >> input & 1)) continue;
    const auto at = static_cast<std::size_t>(input);
    out[at] = checked(got[i], in_[at], "the gradient of argument", i);
  }
  return out;
}

std::vector<Tensor> FunctionOp::stated_jvp(const std::vector<Tensor>& t) const {
  std::vector<Tensor> tangents(input_of_argument_.size());
  for (std::size_t i = 0; i < tangents.size(); ++i) {
    const int input = input_of_argument_[i];
    if (input < 0) continue;
    const auto at = static_cast<std::size_t>(input);
    tangents[i] = t[at];
    if (!t[at].defined() && state_.materializes && is_floating(in_[at].dtype))
      tangents[i] = zeros_of(in_[at]);
  }
  Context context(state_, this, 0, false);
  const std::vector<Tensor> got = rules_.jvp(context, tangents);
  if (got.size() != out_.size())
    throw GraphError(fmt::format("{}: jvp gave {} tangents for {} outputs", rules_.name, got.size(),
                                 out_.size()));
  std::vector<Tensor> out(out_.size());
  for (std::size_t o = 0; o < out_.size(); ++o)
    if (is_floating(out_[o].dtype)) out[o] = checked(got[o], out_[o], "the tangent of output", o);
  return out;
}

/// backward is linear in the cotangents u: its derivative by u, weighted with the tangents, is the
/// Jacobian times the tangents, whatever u.
std::vector<Tensor> FunctionOp::transposed_backward(const std::vector<Tensor>& t) const {
  const bool is_recorded = is_grad_enabled();
  const EnableGradGuard guard;
  std::vector<Tensor> u(out_.size()), leaves, outputs, weights;
  std::vector<std::size_t> places;
  for (std::size_t o = 0; o < out_.size(); ++o) {
    if (!is_floating(out_[o].dtype)) continue;
    u[o] = ones(out_[o].shape, out_[o].dtype, Device(*out_[o].backend)).requires_grad_();
    leaves.push_back(u[o]);
    places.push_back(o);
  }
  std::uint64_t wanted = 0;
  for (std::size_t i = 0; i < t.size(); ++i)
    if (t[i].defined()) wanted |= std::uint64_t{1} << i;
  const std::vector<Tensor> gradients = backward(u, wanted, !is_recorded);
  bool is_zero = true;
  for (std::size_t i = 0; i < t.size(); ++i) {
    if (!t[i].defined() || !gradients[i].defined()) continue;
    is_zero = false;
    if (!gradients[i].requires_grad()) continue;
    outputs.push_back(gradients[i]);
    weights.push_back(t[i]);
  }
  std::vector<Tensor> out(out_.size()), found;
  if (is_zero) return out;
  if (!outputs.empty())
    found = grad(outputs, leaves,
                 {.grad_outputs = weights,
                  .retain_graph = true,
                  .create_graph = is_recorded,
                  .allow_unused = true});
  bool is_connected = false;
  for (std::size_t i = 0; i < found.size(); ++i) {
    out[places[i]] = found[i];
    is_connected |= found[i].defined();
  }
  if (!is_connected)
    throw GraphError(
        fmt::format("{}: a sweep forward needs a backward written in tensor operations on the "
                    "gradients, or a jvp",
                    rules_.name));
  return out;
}

FunctionRules function_rules(const std::type_info& type, FunctionRules::Rule backward,
                             FunctionRules::Rule jvp) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> demangled(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free);
  const std::string full = status == 0 ? demangled.get() : type.name();
  // What follows the last :: that stands outside of all brackets.
  std::size_t start = 0;
  int depth = 0;
  for (std::size_t i = 0; i < full.size(); ++i) {
    if (full[i] == '<' || full[i] == '(' || full[i] == '{') ++depth;
    if (full[i] == '>' || full[i] == ')' || full[i] == '}') --depth;
    if (full[i] == ':' && depth == 0) start = i + 1;
  }
  return {full.substr(start), backward, jvp};
}

std::vector<Tensor> apply_function(const FunctionRules& rules,
                                   const std::vector<const Tensor*>& arguments,
                                   const std::function<std::vector<Tensor>(Context&)>& forward) {
  std::vector<Tensor> in;
  std::vector<int> input_of_argument;
  std::uint64_t wanted = 0;
  for (const Tensor* argument : arguments) {
    input_of_argument.push_back(argument ? static_cast<int>(in.size()) : -1);
    if (!argument) continue;
    if (is_grad_enabled() && argument->defined() && argument->requires_grad())
      wanted |= std::uint64_t{1} << in.size();
    in.push_back(*argument);
  }
  const auto op = std::make_shared<FunctionOp>(rules, std::move(input_of_argument));
  const std::vector<Tensor> out = op->run_forward(in, wanted, forward);
  if (wanted) return op->record_call(in, out);
  std::vector<Tensor> results;
  for (const Tensor& y : out) results.push_back(y.detach());
  return results;
}

}  // namespace wald
