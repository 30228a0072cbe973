// Layers: modules of one tensor, called as functions.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <wald/engine/nn/module.h>
#include <wald/engine/random.h>

namespace wald::nn {

/// A module that takes a tensor to a tensor.
template <class M>
concept Layer = std::derived_from<M, Module> && requires(const M& m, const Tensor& x) {
  { m.forward(x) } -> std::convertible_to<Tensor>;
};

struct LinearOptions {
  bool bias = true;
  DType dtype = DType::float64;
  /// Of the initial values; if none, default_generator().
  Generator* generator = nullptr;
};

/// x A' + b. `weight` A is [out, in], `bias` b [out]. Both start uniform on +-1/sqrt(in): He et al.
/// (2015), Delving deep into rectifiers, with the slope sqrt(5) that libtorch takes.
class Linear : public Module {
 public:
  Linear(std::int64_t in, std::int64_t out, const LinearOptions& options = {});
  /// [..., in] to [..., out]. Throws ShapeError for another last axis.
  Tensor forward(const Tensor& x) const;
  Tensor operator()(const Tensor& x) const { return forward(x); }

  Tensor weight;
  Tensor bias;  ///< Undefined if there is none.
};

#define WALD_ACTIVATION(Name, kind)                                 \
  class Name : public Module {                                      \
   public:                                                          \
    Name() : Module(kind) {}                                        \
    Tensor forward(const Tensor& x) const;                          \
    Tensor operator()(const Tensor& x) const { return forward(x); } \
  };
WALD_ACTIVATION(ReLU, "nn_relu")          ///< max(x, 0); derivative 0 at 0.
WALD_ACTIVATION(Tanh, "nn_tanh")          ///< tanh(x)
WALD_ACTIVATION(Sigmoid, "nn_sigmoid")    ///< 1 / (1 + exp(-x))
WALD_ACTIVATION(Softplus, "nn_softplus")  ///< log(1 + exp(x))
#undef WALD_ACTIVATION

/// In training, sets each element to 0 with probability p and divides the others by 1 - p;
/// otherwise leaves them as they are.
class Dropout : public Module {
 public:
  /// InputError unless 0 <= p <= 1.
  explicit Dropout(double p = 0.5, Generator* generator = nullptr);
  Tensor forward(const Tensor& x) const;
  Tensor operator()(const Tensor& x) const { return forward(x); }

 private:
  double p_;
  Generator* generator_;
};

/// Layers one after the other: Sequential(Linear(3, 16), ReLU(), Linear(16, 1)), named "0", "1" ...
class Sequential : public Module {
 public:
  Sequential() : Module("nn_sequential") {}
  template <Layer... Layers>
  requires(sizeof...(Layers) > 1 ||
           !(std::same_as<Layers, Sequential> || ...)) explicit Sequential(const Layers&... layers)
      : Sequential() {
    (add(layers), ...);
  }

  /// Appends a layer, under its number or a name.
  template <Layer L>
  Sequential& add(const L& layer) {
    return add(std::to_string(layers_->size()), layer);
  }
  template <Layer L>
  Sequential& add(const std::string& name, const L& layer) {
    register_module(name, layer);
    layers_->push_back([layer](const Tensor& x) -> Tensor { return layer.forward(x); });
    return *this;
  }
  std::size_t size() const { return layers_->size(); }

  Tensor forward(const Tensor& x) const;
  Tensor operator()(const Tensor& x) const { return forward(x); }

 private:
  using Functions = std::vector<std::function<Tensor(const Tensor&)>>;
  std::shared_ptr<Functions> layers_ = std::make_shared<Functions>();
};

}  // namespace wald::nn
