// What rows of functions that move elements have in common.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "op_table.h"

namespace wald::testing {

using Index = std::vector<std::int64_t>;
using In = const std::vector<Tensor>&;
using Arrays = const std::vector<Array>&;
using Calls = std::vector<std::vector<Dims>>;

/// Whole numbers of type int64.
inline Sampler places(double low, double high) {
  Sampler sampler = whole(low, high);
  sampler.dtype = DType::int64;
  return sampler;
}

/// A function of several inputs that keeps their type.
inline OpRow row(std::string name, std::string op, std::vector<Sampler> inputs, Builder build,
                 Reference reference, Calls shapes, std::vector<BadCall> bad = {}) {
  OpRow made{.name = std::move(name),
             .build = std::move(build),
             .inputs = std::move(inputs),
             .reference = std::move(reference),
             .shapes = std::move(shapes)};
  made.op = std::move(op);
  made.integers = Integers::stay;
  made.bad = std::move(bad);
  return made;
}

inline OpRow whole_numbered(OpRow made) {
  made.is_differentiable = false;
  return made;
}

inline std::size_t place_of(const Dims& shape, const Index& at) {
  std::int64_t place = 0;
  for (std::size_t i = 0; i < shape.size(); ++i) place = place * shape[i] + at[i];
  return static_cast<std::size_t>(place);
}
inline double value_at(const Array& x, const Index& at) { return x.values[place_of(x.shape, at)]; }
inline std::int64_t whole_at(const Array& x, const Index& at) {
  return static_cast<std::int64_t>(value_at(x, at));
}
inline Index with(Index at, std::size_t axis, std::int64_t place) {
  at[axis] = place;
  return at;
}
inline Dims with(Dims shape, std::size_t axis, std::int64_t size) {
  shape[axis] = size;
  return shape;
}
/// Calls visit with every multi-index of the shape, in row-major order.
inline void for_each(const Dims& shape, const std::function<void(const Index&)>& visit) {
  make_array(shape, [&](const Index& at) {
    visit(at);
    return 0.0;
  });
}
inline Array as_vector(std::vector<double> list) {
  const auto n = static_cast<std::int64_t>(list.size());
  return {{n}, std::move(list)};
}

/// The reference of gather(in[0], axis, in[1]).
inline Reference gathered(std::size_t axis) {
  return [axis](Arrays in) {
    return make_array(in[1].shape, [&](const Index& at) {
      return value_at(in[0], with(at, axis, whole_at(in[1], at)));
    });
  };
}

/// A function of one input that keeps its type.
inline OpRow arranging(std::string name, std::string op, Builder build, Reference reference,
                       std::vector<Dims> shapes, std::vector<BadCall> bad = {}) {
  Calls calls;
  for (Dims& shape : shapes) calls.push_back({std::move(shape)});
  return row(std::move(name), std::move(op), {between(-2, 2)}, std::move(build),
             std::move(reference), std::move(calls), std::move(bad));
}

/// The reference of a function whose element `at` is the input's at from(at).
inline Reference moved(std::function<Dims(const Dims& shape)> shape,
                       std::function<Index(const Index& at, const Dims& shape)> from) {
  return [=](Arrays in) {
    const Array& x = in[0];
    return make_array(shape(x.shape),
                      [&](const Index& at) { return value_at(x, from(at, x.shape)); });
  };
}
/// The same for one that keeps the shape.
inline Reference moved(std::function<Index(const Index& at, const Dims& shape)> from) {
  return moved([](const Dims& shape) { return shape; }, std::move(from));
}
inline Reference shaped(std::function<Dims(const Dims& shape)> shape) {
  return [=](Arrays in) { return Array{shape(in[0].shape), in[0].values}; };
}

}  // namespace wald::testing
