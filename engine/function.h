// Operations of the user's own, with the derivative that the user states.
//
//   struct LogBase : wald::Function<LogBase> {
//     static Tensor forward(Context& ctx, const Tensor& x, double base) {
//       ctx.save_for_backward({x});
//       ctx.saved_data["base"] = base;
//       return log(x) / std::log(base);
//     }
//     static std::vector<Tensor> backward(Context& ctx, const std::vector<Tensor>& grads) {
//       const double base = std::any_cast<double>(ctx.saved_data["base"]);
//       return {grads[0] / (ctx.saved()[0] * std::log(base)), {}};
//     }
//   };
//   Tensor y = LogBase::apply(x, 10.0);
#pragma once

#include <any>
#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include <wald/engine/tensor.h>

namespace wald {

class FunctionOp;
struct FunctionState;

/// What forward leaves for backward and jvp, of one call of a Function.
class Context {
 public:
  /// Keeps tensors for the derivative: inputs of the call, outputs, or others. Called in forward,
  /// once. Inputs and outputs come back from saved() connected to the graph, so that the derivative
  /// can be differentiated again; others come back as constants.
  void save_for_backward(const std::vector<Tensor>& tensors);
  /// The same tensors, in backward or jvp. Throws GraphError if one was written in place since, or
  /// if an earlier backward freed the graph.
  std::vector<Tensor> saved() const;
  /// Anything else; shared by forward, backward and jvp. A tensor kept here comes back as it is: an
  /// output would keep itself alive, so outputs belong into save_for_backward.
  std::map<std::string, std::any>& saved_data;

  /// Whether the gradient by this argument of forward is wanted; false for one that is no tensor.
  bool needs_input_grad(std::size_t argument) const;
  /// Outputs that get no gradient. Called in forward.
  void mark_non_differentiable(const std::vector<Tensor>& outputs);
  /// false: a gradient (or tangent) that is zero comes to backward (to jvp) as an undefined tensor,
  /// not as zeros. Called in forward.
  void set_materialize_grads(bool materialize);

 private:
  friend class FunctionOp;
  Context(FunctionState& state, const FunctionOp* op, std::uint64_t wanted, bool is_detached);

  FunctionState& state_;
  const FunctionOp* op_;
  std::uint64_t wanted_;  // tensor inputs whose gradients are wanted, a bit each
  bool is_detached_;      // saved() gives constants
};

/// A Function as the engine sees it.
struct FunctionRules {
  using Rule = std::vector<Tensor> (*)(Context& ctx, const std::vector<Tensor>& directions);

  std::string name;
  Rule backward;
  Rule jvp;  // null if the user states none
};
FunctionRules function_rules(const std::type_info& type, FunctionRules::Rule backward,
                             FunctionRules::Rule jvp);
/// `arguments`: one for each argument of forward, null for one that is no tensor.
std::vector<Tensor> apply_function(const FunctionRules& rules,
                                   const std::vector<const Tensor*>& arguments,
                                   const std::function<std::vector<Tensor>(Context& ctx)>& forward);

/// Base of an operation of the user's own. Self states
///
///   static Tensor forward(Context& ctx, const Tensor& x, ...);
///   static std::vector<Tensor> backward(Context& ctx, const std::vector<Tensor>& grads);
///
/// forward takes tensors and anything else, in any order, and gives a Tensor or a
/// std::vector<Tensor>. It runs with recording off and must not write its inputs in place
/// (GraphError).
///
/// backward gets the gradient of each output and gives exactly one for each argument of forward: of
/// the argument's shape, undefined where the argument is no tensor or the gradient is zero. Another
/// number or a gradient for what is no tensor is a GraphError, another shape a ShapeError. Written
/// in tensor operations on grads and ctx.saved(), it can be differentiated again.
///
/// Optional, for forward sweeps:
///
///   static std::vector<Tensor> jvp(Context& ctx, const std::vector<Tensor>& tangents);
///
/// gets the tangent of each argument (undefined for what is no tensor) and gives that of each
/// output. Without it the sweep transposes backward, which must then be written in tensor
/// operations (GraphError).
///
/// The rules never see a batch: a sweep with several directions calls them once for each.
/// The graph calls the operation by the name of the struct: LogBaseBackward.
template <class Self>
struct Function {
  using Context = wald::Context;

  /// Calls forward and records the call. What forward returns is given a place of its own in the
  /// graph, also if it is an input unchanged.
  template <class... Args>
  static auto apply(Args&&... args) {
    static_assert((!std::same_as<std::remove_cvref_t<Args>, std::vector<Tensor>> && ...),
                  "pass tensors as arguments of their own: gradients are one for each argument");
    static_assert((int{std::same_as<std::remove_cvref_t<Args>, Tensor>} + ... + 0) <= 60,
                  "at most 60 tensors");
    using Result = decltype(Self::forward(std::declval<Context&>(), std::forward<Args>(args)...));
    constexpr bool is_one = std::same_as<std::remove_cvref_t<Result>, Tensor>;
    static const FunctionRules rules = function_rules(typeid(Self), &Self::backward, jvp_rule());
    std::vector<Tensor> out =
        apply_function(rules, {tensor_or_null(args)...}, [&](Context& ctx) -> std::vector<Tensor> {
          if constexpr (is_one)
            return {Self::forward(ctx, std::forward<Args>(args)...)};
          else
            return Self::forward(ctx, std::forward<Args>(args)...);
        });
    if constexpr (is_one)
      return std::move(out[0]);
    else
      return out;
  }

 private:
  template <class T>
  static const Tensor* tensor_or_null(const T& argument) {
    if constexpr (std::same_as<T, Tensor>)
      return &argument;
    else
      return nullptr;
  }
  static FunctionRules::Rule jvp_rule() {
    if constexpr (requires { &Self::jvp; })
      return &Self::jvp;
    else
      return nullptr;
  }
};

}  // namespace wald
