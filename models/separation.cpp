#include "separation.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <wald/engine/ops/ops.h>
#include <wald/kernels/cpu/lapack.h>
#include <wald/models/design_triangle.h>

namespace wald {
namespace {

using Values = std::vector<double>;

double dot_product(const double* a, const double* b, std::size_t count) {
  double total = 0;
  for (std::size_t i = 0; i < count; ++i) total += a[i] * b[i];
  return total;
}

/// Rows that pull, as the columns of the least squares problem, in coordinates z [m] of the
/// directions that the rows without a side leave free.
struct Pulls {
  std::size_t m;
  Values rows;  // [count, m], each of unit length
  std::size_t count() const { return rows.size() / m; }
  const double* row(std::size_t i) const { return &rows[i * m]; }
};

/// c + A' l with l >= 0 chosen for the least length (Lawson and Hanson 1974, NNLS), A the pulls.
class NonNegativeResidual {
 public:
  explicit NonNegativeResidual(Values c) : c_(std::move(c)), r_(c_) {}

  /// Goes on with the pulls given, to which some may have been added at the end since.
  void minimize(const Pulls& pulls);

  const Values& value() const { return r_; }
  /// Whether the residual is rounding beside what it is the sum of.
  bool is_zero() const {
    double size = std::sqrt(dot_product(c_.data(), c_.data(), c_.size()));
    for (double l : multipliers_) size += l;
    return std::sqrt(dot_product(r_.data(), r_.data(), r_.size())) <= tolerance * size;
  }

 private:
  static constexpr double tolerance = 1e-10;

  bool solve(const Pulls& pulls);

  Values c_, r_;
  std::vector<std::size_t> active_;  // the pulls with a multiplier above 0
  Values multipliers_;               // theirs
};

/// The multipliers of least length without their signs; then back to the first that would turn
/// negative, whose pull is let go. False once no pull had to go.
bool NonNegativeResidual::solve(const Pulls& pulls) {
  const std::size_t m = c_.size();
  Values columns;
  for (std::size_t i : active_)
    columns.insert(columns.end(), pulls.row(i), pulls.row(i) + static_cast<std::ptrdiff_t>(m));
  const auto count = static_cast<std::int64_t>(active_.size());
  const Tensor a = t(from_vector(columns, {count, static_cast<std::int64_t>(m)}));
  const Values wanted = lstsq(a, -from_vector(c_)).to_vector();
  double share = 1;
  for (std::size_t i = 0; i < active_.size(); ++i)
    if (wanted[i] <= 0) share = std::min(share, multipliers_[i] / (multipliers_[i] - wanted[i]));
  const bool is_inside =
      std::none_of(wanted.begin(), wanted.end(), [](double l) { return l <= 0; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < active_.size(); ++i) {
    const double l = multipliers_[i] + share * (wanted[i] - multipliers_[i]);
    const bool has_left = wanted[i] <= 0 && l <= 1e-14 * std::abs(wanted[i] - multipliers_[i]);
    if (has_left) continue;
    active_[kept] = active_[i];
    multipliers_[kept++] = l;
  }
  active_.resize(kept);
  multipliers_.resize(kept);
  return !is_inside;
}

void NonNegativeResidual::minimize(const Pulls& pulls) {
  const std::size_t m = c_.size(), most = 50 + 20 * m;
  for (std::size_t step = 0; step < most && !is_zero(); ++step) {
    const double length = std::sqrt(dot_product(r_.data(), r_.data(), m));
    std::size_t worst = 0;
    double least = 0;
    for (std::size_t i = 0; i < pulls.count(); ++i) {
      const double along = dot_product(pulls.row(i), r_.data(), m);
      if (along < least) least = along, worst = i;
    }
    if (least >= -tolerance * length ||
        std::find(active_.begin(), active_.end(), worst) != active_.end())
      return;
    active_.push_back(worst);
    multipliers_.push_back(0);
    while (!active_.empty() && solve(pulls)) continue;
    r_ = c_;
    for (std::size_t i = 0; i < active_.size(); ++i)
      for (std::size_t j = 0; j < m; ++j) r_[j] += multipliers_[i] * pulls.row(active_[i])[j];
  }
}

/// How a direction moves all rows.
struct Movement {
  bool is_allowed = true;   // no row with a side against it, none without a side at all
  bool moves_some = false;  // strictly
  bool moves_all = false;
  Values moved;                       // [n], 1 where it does
  std::vector<std::int64_t> against;  // rows with a side that resist, the most first

  std::int64_t count() const { return std::count(moved.begin(), moved.end(), 1.0); }
};

class Rows {
 public:
  Rows(const Tensor& x, const Tensor& side)
      : x_(contiguous(to(x, Device()))),
        side_(contiguous(to(side, Device()))),
        n_(x.size(0)),
        k_(x.size(1)),
        lengths_(norm(x_, 2, {0}).to_vector()) {}

  std::int64_t n() const { return n_; }
  std::int64_t k() const { return k_; }
  const Tensor& x() const { return x_; }
  const Tensor& side() const { return side_; }
  const double* row(std::int64_t i) const { return x_.data<double>() + i * k_; }
  double side(std::int64_t i) const { return side_.data<double>()[i]; }
  Movement along(const Values& direction) const;
  /// The direction without the coefficients whose part in the rows is this small beside the
  /// largest.
  Values without_small(Values direction, double share) const;

 private:
  Tensor x_, side_;
  std::int64_t n_, k_;
  Values lengths_;  // of the columns
};

Values Rows::without_small(Values direction, double share) const {
  double largest = 0;
  for (std::size_t j = 0; j < direction.size(); ++j)
    largest = std::max(largest, std::abs(direction[j]) * lengths_[j]);
  for (std::size_t j = 0; j < direction.size(); ++j)
    if (std::abs(direction[j]) * lengths_[j] <= share * largest) direction[j] = 0;
  return direction;
}

Movement Rows::along(const Values& direction) const {
  constexpr double rounding = 1e-9;
  constexpr std::size_t most = 1000;
  Movement found;
  found.moves_all = true;
  found.moved.resize(static_cast<std::size_t>(n_), 0.0);
  std::vector<std::pair<double, std::int64_t>> against;
  for (std::int64_t i = 0; i < n_; ++i) {
    const double* x = row(i);
    double change = 0, size = 0;
    bool is_zero = true;
    for (std::int64_t j = 0; j < k_; ++j) {
      change += x[j] * direction[static_cast<std::size_t>(j)];
      size += std::abs(x[j] * direction[static_cast<std::size_t>(j)]);
      is_zero &= x[j] == 0;
    }
    if (is_zero) continue;
    const bool moves = std::abs(change) > rounding * size;
    found.moves_all &= moves && side(i) != 0;
    found.moves_some |= moves;
    found.moved[static_cast<std::size_t>(i)] = moves;
    if (!moves || side(i) * change > 0) continue;
    found.is_allowed = false;
    if (side(i) != 0) against.emplace_back(-std::abs(change) / size, i);
  }
  const auto end = against.begin() + static_cast<std::ptrdiff_t>(std::min(most, against.size()));
  std::partial_sort(against.begin(), end, against.end());
  for (auto it = against.begin(); it != end; ++it) found.against.push_back(it->second);
  return found;
}

Tensor triangle_of(const Values& rows, std::int64_t k) {
  const auto count = static_cast<std::int64_t>(rows.size()) / k;
  return from_vector(kernels::qr_triangle(rows.data(), count, static_cast<int>(k)), {k, k});
}

/// Of `coordinates`, whose columns are directions of coefficients, the part that no row without a
/// side feels. Takes those rows in blocks, and stops when they feel all.
Tensor free_part(const Rows& rows, const Tensor& coordinates) {
  constexpr std::int64_t block = 4096;
  constexpr double not_felt = 1e-9;
  const std::int64_t k = rows.k();
  Values held;
  Tensor free = coordinates;
  for (std::int64_t i = 0; i < rows.n(); ++i) {
    if (rows.side(i) == 0) held.insert(held.end(), rows.row(i), rows.row(i) + k);
    const bool is_full = static_cast<std::int64_t>(held.size()) >= block * k;
    if (held.empty() || (!is_full && i + 1 < rows.n())) continue;
    const Tensor triangle = triangle_of(held, k);
    const Svd parts = svd(matmul(triangle, coordinates));
    const std::int64_t felt = sum(parts.s > not_felt).item<std::int64_t>();
    if (felt == k) return {};
    free = matmul(coordinates, t(slice(parts.vh, 0, felt, k)));
    held = triangle.to_vector();
  }
  return free;
}

/// A basis of the directions of coefficients that no row without a side feels, as columns [k, m],
/// orthonormal in the length of x d; undefined if there are none.
Tensor free_directions(const Rows& rows) {
  const std::int64_t k = rows.k();
  const Tensor triangle = from_vector(design_triangle(rows.x()), {k, k});
  return free_part(rows, triangular_solve(triangle, eye(k), {.upper = true}));
}

/// Adds the pulls of these rows, at unit length.
void add_pulls(Pulls& pulls, const Rows& rows, const std::vector<std::int64_t>& which,
               const Values& basis) {
  const auto k = static_cast<std::size_t>(rows.k());
  for (std::int64_t i : which) {
    Values pull(pulls.m, 0.0);
    for (std::size_t j = 0; j < k; ++j)
      for (std::size_t l = 0; l < pulls.m; ++l)
        pull[l] += rows.side(i) * rows.row(i)[j] * basis[j * pulls.m + l];
    const double length = std::sqrt(dot_product(pull.data(), pull.data(), pulls.m));
    if (!(length > 1e-12)) continue;
    for (double& p : pull) p /= length;
    pulls.rows.insert(pulls.rows.end(), pull.begin(), pull.end());
  }
}

/// So many rows with a side, evenly spread.
std::vector<std::int64_t> some_rows(const Rows& rows) {
  constexpr std::int64_t enough = 2000;
  std::vector<std::int64_t> which;
  const std::int64_t step = std::max<std::int64_t>(1, rows.n() / enough);
  for (std::int64_t i = 0; i < rows.n(); i += step)
    if (rows.side(i) != 0) which.push_back(i);
  return which;
}

double rounded(double x, int digits) {
  if (x == 0) return 0;
  const double unit = std::pow(10.0, digits - 1 - std::floor(std::log10(std::abs(x))));
  return std::round(x * unit) / unit;
}

/// The direction at length 1 of its largest coefficient, with the fewest digits, and of as few
/// coefficients, that still move the rows as it does.
SeparatingDirection tidied(const Rows& rows, Values direction, bool is_complete) {
  double largest = 0;
  for (double d : direction) largest = std::max(largest, std::abs(d));
  for (double& d : direction) d /= largest;
  const Values moved = rows.along(direction).moved;
  for (int digits : {1, 2, 3, 4, 6, 9})
    for (const double share : {0.5 * std::pow(10.0, -digits), 0.0}) {
      Values shorter = rows.without_small(direction, share);
      for (double& d : shorter) d = rounded(d, digits);
      const Movement movement = rows.along(shorter);
      if (movement.is_allowed && movement.moved == moved) return {shorter, is_complete};
    }
  return {direction, is_complete};
}

/// The search among the directions that the rows without a side leave free.
class Search {
 public:
  Search(const Rows& rows, const Tensor& basis)
      : rows_(rows),
        basis_(basis),
        basis_values_(contiguous(basis).to_vector()),
        pulls_{static_cast<std::size_t>(basis.size(1)), {}} {
    add_pulls(pulls_, rows_, some_rows(rows_), basis_values_);
  }

  /// A direction that no row resists and that moves one of the rows where `pulling` [n], else 0, is
  /// the side; empty if there is none.
  Values direction_moving(const Tensor& pulling);

 private:
  const Rows& rows_;
  Tensor basis_;
  Values basis_values_;
  Pulls pulls_;  // of the rows that have been in the way
};

Values Search::direction_moving(const Tensor& pulling) {
  // The sum of all pulls stands for the rows that are not among the chosen ones: where it and they
  // balance, every direction that all rows allow moves none.
  NonNegativeResidual residual(mv(t(basis_), mv(t(rows_.x()), pulling)).to_vector());
  constexpr int most = 100;
  constexpr double rounding = 1e-9;
  for (int pass = 0; pass < most; ++pass) {
    residual.minimize(pulls_);
    if (residual.is_zero()) break;
    const Tensor z = from_vector(residual.value());
    const Values direction = rows_.without_small(mv(basis_, z / norm(z)).to_vector(), rounding);
    const Movement movement = rows_.along(direction);
    if (movement.is_allowed) return movement.moves_some ? direction : Values();
    const std::size_t before = pulls_.count();
    add_pulls(pulls_, rows_, movement.against, basis_values_);
    if (pulls_.count() == before) break;
  }
  return {};
}

}  // namespace

std::optional<SeparatingDirection> separating_direction(const Tensor& x, const Tensor& side) {
  const DeviceGuard here{Device()};  // whatever the device of the rows
  const Rows rows(x, side);
  const Tensor basis = free_directions(rows);
  if (!basis.defined()) return {};
  Search search(rows, basis);
  // Directions are added up, each moving rows that those before it left in place; one that moves no
  // others is of the rounding of the rest.
  Values total;
  Movement movement;
  Tensor pulling = rows.side();
  while (!movement.moves_all) {
    Values next = search.direction_moving(pulling);
    if (next.empty()) break;
    for (std::size_t j = 0; j < total.size(); ++j) next[j] += total[j];
    Movement further = rows.along(next);
    if (further.count() <= movement.count()) break;
    total = std::move(next);
    movement = std::move(further);
    pulling = where(from_vector(movement.moved) != 0, 0.0, rows.side());
  }
  if (total.empty()) return {};
  return tidied(rows, total, movement.moves_all);
}

}  // namespace wald
