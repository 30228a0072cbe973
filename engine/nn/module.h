// Module: parameters, buffers and submodules under names.
//
//   struct Net : nn::Module {
//     nn::Linear hidden = register_module("hidden", nn::Linear(3, 16));
//     nn::Linear out = register_module("out", nn::Linear(16, 1));
//     Tensor forward(const Tensor& x) const { return out(relu(hidden(x))); }
//   };
#pragma once

#include <concepts>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <wald/engine/io/npy.h>
#include <wald/engine/tensor.h>

namespace wald::nn {

/// What load() found that it could not place.
struct LoadReport {
  std::vector<std::string> missing;     // of the module, not in the state
  std::vector<std::string> unexpected;  // in the state, not of the module
};

/// A handle, as Tensor is: copies share the parameters, buffers, submodules and the mode, so a
/// module is passed and kept by value. A struct that derives from it keeps tensors and modules as
/// members, which are handles too; other members are copied. For parameters apart, make another
/// module and load(state()).
class Module {
 public:
  /// `kind` is what it is printed as.
  explicit Module(std::string kind = "nn_module");

  const std::string& kind() const;

  /// Makes a leaf, float64 or float32, a parameter: it requires grad from now on. Gives it back.
  /// Here and below, a name is not empty, has no dot and is not taken (InputError).
  Tensor register_parameter(const std::string& name, const Tensor& value);
  /// A tensor that belongs to the state but is not fitted.
  Tensor register_buffer(const std::string& name, const Tensor& value);
  /// Gives the module back. GraphError if it would contain itself.
  template <std::derived_from<Module> M>
  M register_module(const std::string& name, M module) {
    add_child(name, module);
    return module;
  }

  /// In the order of registration, this module's own first; each tensor once, under its first name.
  /// Names of submodules' are joined by dots: "0.weight".
  std::vector<Tensor> parameters(bool recurse = true) const;
  NamedTensors named_parameters(bool recurse = true) const;
  std::vector<Tensor> buffers(bool recurse = true) const;
  NamedTensors named_buffers(bool recurse = true) const;
  /// Of the submodules directly below.
  std::vector<std::pair<std::string, Module>> children() const;
  /// The number of parameters' elements, of submodules too.
  std::int64_t parameter_count() const;

  /// Modes, of submodules too: layers such as Dropout act in training only. Begins in training.
  void train(bool is_training = true);
  void eval() { train(false); }
  bool is_training() const;

  /// Drops the gradients: they are undefined afterwards.
  void zero_grad();
  /// Turns parameters and buffers of float64 or float32 (and their gradients) into the other type,
  /// in place: all handles to them see it. A graph made before cannot be gone through afterwards.
  void to(DType dtype);
  /// Brings parameters and buffers (and gradients) to a device, in the same way.
  void to(const Device& device);
  /// Calls f for each submodule, the deepest first, then for this one.
  void apply(const std::function<void(Module&)>& f);

  /// Parameters and buffers under their names.
  NamedTensors state() const;
  /// Copies values of the same names and shapes into parameters and buffers, converted to their
  /// types. Throws InputError, having changed nothing, for another shape, and if `strict` for names
  /// that are missing or not expected.
  LoadReport load(const NamedTensors& state, bool strict = true);
  /// The same to and from a .npz file.
  void save(const std::string& path) const;
  LoadReport load(const std::string& path, bool strict = true);

  /// Whether both are handles to the same module.
  bool is_same(const Module& other) const { return state_ == other.state_; }

 private:
  struct State;
  void replace_each(const std::function<Tensor(const Tensor&)>& changed);
  void add_child(const std::string& name, const Module& module);
  void require_free(const std::string& name) const;
  bool contains(const Module& other) const;
  template <class Visit>
  void walk(const std::string& prefix, bool recurse, const Visit& visit) const;
  NamedTensors collect(bool recurse, bool with_parameters, bool with_buffers) const;

  std::shared_ptr<State> state_;
};

/// How many parameters it has, then its submodules, each with its kind and number, its own
/// parameters and buffers with types and shapes.
std::string to_string(const Module& module);
std::ostream& operator<<(std::ostream& out, const Module& module);

}  // namespace wald::nn
