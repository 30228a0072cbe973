#include "dense_reference.h"

#include <algorithm>
#include <cmath>

namespace wald::testing {

Dense Dense::identity(std::int64_t n, long double scale) {
  Dense one(n, n);
  for (std::int64_t i = 0; i < n; ++i) one(i, i) = scale;
  return one;
}

Dense Dense::diagonal(const std::vector<long double>& d) {
  Dense out = identity(static_cast<std::int64_t>(d.size()));
  for (std::int64_t i = 0; i < out.rows; ++i) out(i, i) = d[static_cast<std::size_t>(i)];
  return out;
}

Dense Dense::transposed() const {
  Dense out(cols, rows);
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < cols; ++j) out(j, i) = (*this)(i, j);
  return out;
}

Dense operator*(const Dense& a, const Dense& b) {
  Dense out(a.rows, b.cols);
  for (std::int64_t i = 0; i < a.rows; ++i)
    for (std::int64_t j = 0; j < b.cols; ++j)
      for (std::int64_t k = 0; k < a.cols; ++k) out(i, j) += a(i, k) * b(k, j);
  return out;
}

Dense operator+(const Dense& a, const Dense& b) {
  Dense out = a;
  for (std::size_t i = 0; i < out.x.size(); ++i) out.x[i] += b.x[i];
  return out;
}

Dense solved(Dense a, Dense b, long double* det) {
  const std::int64_t n = a.rows;
  long double product = 1;
  for (std::int64_t j = 0; j < n; ++j) {
    std::int64_t at = j;
    for (std::int64_t i = j; i < n; ++i)
      if (std::fabs(a(i, j)) > std::fabs(a(at, j))) at = i;
    for (std::int64_t k = 0; k < n; ++k) std::swap(a(j, k), a(at, k));
    for (std::int64_t k = 0; k < b.cols; ++k) std::swap(b(j, k), b(at, k));
    product *= at == j ? a(j, j) : -a(j, j);
    for (std::int64_t i = 0; i < n; ++i) {
      if (i == j) continue;
      const long double factor = a(i, j) / a(j, j);
      for (std::int64_t k = 0; k < n; ++k) a(i, k) -= factor * a(j, k);
      for (std::int64_t k = 0; k < b.cols; ++k) b(i, k) -= factor * b(j, k);
    }
  }
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t k = 0; k < b.cols; ++k) b(i, k) /= a(i, i);
  if (det) *det = product;
  return b;
}

Dense inverted(const Dense& a) { return solved(a, Dense::identity(a.rows)); }

Dense cholesky_factor(const Dense& a) {
  Dense l(a.rows, a.rows);
  for (std::int64_t j = 0; j < a.rows; ++j)
    for (std::int64_t i = j; i < a.rows; ++i) {
      long double rest = a(i, j);
      for (std::int64_t k = 0; k < j; ++k) rest -= l(i, k) * l(j, k);
      l(i, j) = i == j ? std::sqrt(rest) : rest / l(j, j);
    }
  return l;
}

DenseEigen eigen(Dense a) {
  const std::int64_t n = a.rows;
  Dense v = Dense::identity(n);
  for (int sweep = 0; sweep < 60; ++sweep)
    for (std::int64_t p = 0; p < n; ++p)
      for (std::int64_t q = p + 1; q < n; ++q) {
        if (a(p, q) == 0) continue;
        const long double angle = 0.5L * std::atan2(2 * a(p, q), a(q, q) - a(p, p));
        const long double c = std::cos(angle), s = std::sin(angle);
        for (std::int64_t k = 0; k < n; ++k) {
          const long double x = a(k, p), y = a(k, q);
          a(k, p) = c * x - s * y, a(k, q) = s * x + c * y;
        }
        for (std::int64_t k = 0; k < n; ++k) {
          const long double x = a(p, k), y = a(q, k), vx = v(k, p), vy = v(k, q);
          a(p, k) = c * x - s * y, a(q, k) = s * x + c * y;
          v(k, p) = c * vx - s * vy, v(k, q) = s * vx + c * vy;
        }
      }
  std::vector<std::int64_t> order;
  for (std::int64_t i = 0; i < n; ++i) order.push_back(i);
  std::sort(order.begin(), order.end(), [&](auto i, auto j) { return a(i, i) < a(j, j); });
  DenseEigen out{{}, Dense(n, n)};
  for (std::int64_t j = 0; j < n; ++j) {
    const std::int64_t from = order[static_cast<std::size_t>(j)];
    out.values.push_back(a(from, from));
    for (std::int64_t i = 0; i < n; ++i) out.vectors(i, j) = v(i, from);
  }
  return out;
}

DenseQr gram_schmidt(const Dense& a) {
  DenseQr out{a, Dense(a.cols, a.cols)};
  Dense& q = out.q;
  for (std::int64_t j = 0; j < a.cols; ++j) {
    for (int again = 0; again < 2; ++again)
      for (std::int64_t k = 0; k < j; ++k) {
        long double along = 0;
        for (std::int64_t i = 0; i < a.rows; ++i) along += q(i, k) * q(i, j);
        for (std::int64_t i = 0; i < a.rows; ++i) q(i, j) -= along * q(i, k);
        out.r(k, j) += along;
      }
    long double norm = 0;
    for (std::int64_t i = 0; i < a.rows; ++i) norm += q(i, j) * q(i, j);
    norm = std::sqrt(norm);
    out.r(j, j) = norm;
    for (std::int64_t i = 0; i < a.rows; ++i) q(i, j) /= norm;
  }
  return out;
}

Reference for_each_matrix(std::function<Dense(const std::vector<Dense>&)> f, Result result) {
  return [f, result](const std::vector<Array>& in) {
    std::vector<Dims> cores, leads;
    Dims lead;
    for (const Array& a : in) {
      Dims core = a.shape;
      if (core.size() == 1) core.push_back(1);
      leads.push_back(Dims({core.data(), core.size() - 2}));
      cores.push_back({core[core.size() - 2], core.back()});
      lead = broadcast_shapes(lead, leads.back(), "reference");
    }
    Array out{lead, {}};
    const auto compute = [&](std::int64_t index) {
      std::vector<Dense> matrices;
      for (std::size_t o = 0; o < in.size(); ++o) {
        std::int64_t rest = index, place = 0, scale = 1;
        for (std::size_t i = lead.size(), j = leads[o].size(); i-- > 0; rest /= lead[i]) {
          if (j == 0) continue;
          --j;
          place += leads[o][j] == 1 ? 0 : rest % lead[i] * scale;
          scale *= leads[o][j];
        }
        Dense m(cores[o][0], cores[o][1]);
        for (std::size_t i = 0; i < m.x.size() && !in[o].values.empty(); ++i)
          m.x[i] = in[o].values[static_cast<std::size_t>(place) * m.x.size() + i];
        matrices.push_back(m);
      }
      return f(matrices);
    };
    const std::int64_t count = numel(lead);
    Dense last;
    if (count == 0) {  // for the shape alone
      std::vector<Dense> any;
      for (const Dims& core : cores) {
        any.emplace_back(core[0], core[1]);
        for (std::int64_t i = 0; i < std::min(core[0], core[1]); ++i) any.back()(i, i) = 1.0L + i;
      }
      last = f(any);
    }
    for (std::int64_t index = 0; index < count; ++index) {
      last = compute(index);
      for (long double v : last.x) out.values.push_back(static_cast<double>(v));
    }
    if (result != Result::scalar) out.shape.push_back(last.rows);
    if (result == Result::matrix) out.shape.push_back(last.cols);
    return out;
  };
}

OpRow floats_row(std::string name, std::string op, const Sampler& values, Builder build,
                 Reference reference, std::vector<std::vector<Dims>> shapes,
                 std::vector<BadCall> bad) {
  OpRow row{.name = std::move(name),
            .build = std::move(build),
            .inputs = std::vector<Sampler>(shapes[0].size(), values),
            .reference = std::move(reference),
            .shapes = std::move(shapes),
            .op = std::move(op),
            .integers = Integers::refused};
  row.bad = std::move(bad);
  return row;
}

}  // namespace wald::testing
