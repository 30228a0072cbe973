// Arrays, samplers, and the rows put together.
#include "op_table.h"

#include <cmath>

#include <wald/engine/ops/shape.h>

namespace wald::testing {

double Array::at(std::initializer_list<std::int64_t> index) const {
  std::int64_t place = 0;
  std::size_t axis = 0;
  for (std::int64_t i : index) place = place * shape[axis++] + i;
  return values.at(static_cast<std::size_t>(place));
}

Array to_array(const Tensor& x) { return {x.shape(), x.to_vector()}; }

Array make_array(const Dims& shape,
                 const std::function<double(const std::vector<std::int64_t>& index)>& value) {
  Array out{shape, {}};
  const std::int64_t n = numel(shape);
  std::vector<std::int64_t> index(shape.size());
  for (std::int64_t i = 0; i < n; ++i) {
    std::int64_t rest = i;
    for (std::size_t axis = shape.size(); axis-- > 0; rest /= shape[axis])
      index[axis] = rest % shape[axis];
    out.values.push_back(value(index));
  }
  return out;
}

Sampler between(double low, double high) {
  return {[=](double u) { return low + (high - low) * u; }};
}
Sampler away_from_zero(double low, double high) {
  return {[=](double u) {
    const double size = low + (high - low) * std::fabs(2 * u - 1);
    return u < 0.5 ? -size : size;
  }};
}
Sampler whole(double low, double high) {
  return {[=](double u) { return std::floor(low + (high - low + 1) * u); }};
}
Sampler coin() {
  return {[](double u) { return u < 0.5 ? 0.0 : 1.0; }, DType::boolean};
}

Tensor sample(const Sampler& sampler, const Dims& shape, std::mt19937& random) {
  std::vector<double> values(static_cast<std::size_t>(numel(shape)));
  for (double& v : values) v = sampler.place(static_cast<double>(random()) / 4294967296.0);
  return to(from_vector(values, shape), sampler.dtype);
}

const std::vector<OpRow>& op_rows() {
  static const std::vector<OpRow> rows = [] {
    std::vector<OpRow> all;
    for (auto& more : {pointwise_rows(), reducing_rows(), extreme_rows(), moving_rows(),
                       arranging_rows(), diagonal_rows(), indexing_rows(), ordering_rows(),
                       linalg_rows(), product_rows(), special_rows(), incomplete_rows()})
      all.insert(all.end(), more.begin(), more.end());
    return all;
  }();
  return rows;
}

}  // namespace wald::testing
