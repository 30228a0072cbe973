#include "random.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "autograd.h"
#include "creation.h"
#include "ops/pointwise.h"
#include "ops/shape.h"
#include "tensor_impl.h"

namespace wald {

Generator::State Generator::state() const {
  std::lock_guard lock(mutex_);
  return state_;
}

void Generator::set_state(const State& state) {
  std::lock_guard lock(mutex_);
  state_ = state;
}

Generator::State Generator::take(std::uint64_t blocks) {
  std::lock_guard lock(mutex_);
  State begin = state_;
  state_.position += blocks;
  return begin;
}

Generator& default_generator() {
  static Generator generator;
  return generator;
}

void manual_seed(std::uint64_t seed) { default_generator().manual_seed(seed); }

namespace {

kernels::RandomPlace take_from(Generator* generator, std::int64_t blocks) {
  Generator& source = generator ? *generator : default_generator();
  const Generator::State state = source.take(static_cast<std::uint64_t>(blocks));
  return {state.seed, state.position};
}

Tensor draw(const char* name, kernels::RandomLaw law, const Dims& shape,
            const RandomOptions& options) {
  const DType dtype = options.dtype.value_or(DType::float64);
  if (!is_floating(dtype))
    throw DTypeError(fmt::format("{}: draws float64 or float32, not {}", name, name_of(dtype)));
  Tensor out = empty(shape, dtype);
  const std::int64_t n = out.numel();
  backend_of(out).random_real(law, dtype, take_from(options.generator, n / 2 + n % 2), n,
                              out.impl()->data());
  return out;
}

DType floating_of(const Tensor& x) { return is_floating(x.dtype()) ? x.dtype() : DType::float64; }

/// Two parameters: the shape and type of what is drawn with them.
Tensor draw_for(const char* name, kernels::RandomLaw law, const Tensor& a, const Tensor& b,
                Generator* generator) {
  const DeviceGuard beside((a.device() == Device() ? b : a).device());
  return draw(name, law, broadcast_shapes(a.shape(), b.shape(), name),
              {std::max(floating_of(a), floating_of(b)), generator});
}

/// Throws InputError unless each value satisfies the condition.
template <class Condition>
void require_each(const char* name, const Tensor& x, Condition is_right, const char* what) {
  for (double value : x.to_vector())
    if (!is_right(value)) throw InputError(fmt::format("{}: {} is not {}", name, value, what));
}

}  // namespace

Tensor rand(const Dims& shape, const RandomOptions& options) {
  return draw("rand", kernels::RandomLaw::uniform, shape, options);
}
Tensor rand_like(const Tensor& x, Generator* generator) {
  const DeviceGuard beside(x.device());
  return rand(x.shape(), {x.dtype(), generator});
}

Tensor uniform(const Tensor& low, const Tensor& high, Generator* generator) {
  const Tensor u = draw_for("uniform", kernels::RandomLaw::uniform, low, high, generator);
  return low + (high - low) * u;
}
Tensor uniform(const Dims& shape, double low, double high, const RandomOptions& options) {
  return low + (high - low) * draw("uniform", kernels::RandomLaw::uniform, shape, options);
}

Tensor randn(const Dims& shape, const RandomOptions& options) {
  return draw("randn", kernels::RandomLaw::normal, shape, options);
}
Tensor randn_like(const Tensor& x, Generator* generator) {
  const DeviceGuard beside(x.device());
  return randn(x.shape(), {x.dtype(), generator});
}

Tensor normal(const Tensor& mean, const Tensor& sd, Generator* generator) {
  return mean + sd * draw_for("normal", kernels::RandomLaw::normal, mean, sd, generator);
}
Tensor normal(const Dims& shape, double mean, double sd, const RandomOptions& options) {
  return mean + sd * draw("normal", kernels::RandomLaw::normal, shape, options);
}

Tensor exponential(const Dims& shape, double rate, const RandomOptions& options) {
  if (!(rate > 0) || std::isinf(rate))
    throw InputError(
        fmt::format("exponential: the rate is {}; a finite one above 0 is wanted", rate));
  const Tensor unit = draw("exponential", kernels::RandomLaw::exponential, shape, options);
  return rate == 1 ? unit : unit / rate;
}

Tensor randint(std::int64_t low, std::int64_t high, const Dims& shape,
               const RandomOptions& options) {
  if (low >= high)
    throw IndexError(fmt::format("randint: there is no integer from {} to below {}", low, high));
  Tensor out = empty(shape, DType::int64);
  const std::int64_t n = out.numel();
  const std::uint64_t range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  backend_of(out).random_integers(take_from(options.generator, n), low, range, n,
                                  reinterpret_cast<std::int64_t*>(out.impl()->data()));
  return to(out, options.dtype.value_or(DType::int64));
}
Tensor randint(std::int64_t high, const Dims& shape, const RandomOptions& options) {
  return randint(0, high, shape, options);
}

Tensor randperm(std::int64_t n, const RandomOptions& options) {
  if (n < 0) throw ShapeError(fmt::format("randperm: of {} elements, less than none", n));
  Tensor out = empty({n}, DType::int64, Device());
  auto* order = out.mutable_data<std::int64_t>();
  // Fisher and Yates: element i goes to one of the i + 1 places up to its own.
  const kernels::RandomPlace place = take_from(options.generator, n);
  for (std::int64_t i = 0; i < n; ++i) {
    std::int64_t at = 0;
    backend_of(out).random_integers({place.seed, place.position + static_cast<std::uint64_t>(i)}, 0,
                                    static_cast<std::uint64_t>(i) + 1, 1, &at);
    order[i] = order[at];
    order[at] = i;
  }
  return to(to(out, options.dtype.value_or(DType::int64)), default_device());
}

Tensor bernoulli(const Tensor& probability, Generator* generator) {
  require_each(
      "bernoulli", probability, [](double p) { return p >= 0 && p <= 1; },
      "a probability, in [0, 1]");
  const NoGradGuard guard;
  const DeviceGuard beside(probability.device());
  const Tensor u = rand(probability.shape(), {DType::float64, generator});
  return to(u < probability, floating_of(probability));
}
Tensor bernoulli(const Dims& shape, double probability, const RandomOptions& options) {
  return to(bernoulli(expand(full({}, probability), shape), options.generator),
            options.dtype.value_or(DType::float64));
}

Tensor poisson(const Tensor& mean, Generator* generator) {
  const Tensor means = contiguous_detached(to(mean.detach(), DType::float64));
  require_each(
      "poisson", means, [](double m) { return m >= 0 && m <= 1e300; },
      "a mean, finite and at least 0");
  Tensor out = empty_like(means);
  const std::int64_t n = out.numel();
  backend_of(out).random_poisson(take_from(generator, n),
                                 reinterpret_cast<const double*>(means.impl()->data()), n,
                                 reinterpret_cast<double*>(out.impl()->data()));
  return to(out, floating_of(mean));
}

}  // namespace wald
