// The simplex method on values alone: Nelder and Mead (1965), Computer Journal 7, 308-313, with the
// coefficients for n variables of Gao and Han (2012), Comput. Optim. Appl. 51, 259-277. It starts
// again from a fresh simplex where one has collapsed.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <wald/engine/autograd.h>
#include <wald/engine/ops/ops.h>
#include <wald/optim/methods/line_descent.h>

namespace wald::optim {
namespace {

constexpr double relative_size = 0.05;

struct Vertex {
  Tensor x;
  double value;
};

class NelderMead final : public Descent {
 public:
  std::optional<Point> next(Objective& objective, const Point& here) override {
    const NoGradGuard guard;
    if (vertices_.empty() || here.value < vertices_.front().value) begin(objective, here);
    // Every step but a shrinking one replaces the worst vertex; a simplex that replaces all many
    // times over and finds nothing better is not going to.
    const std::size_t patience = 50 * vertices_.size();
    for (std::size_t i = 0; i < patience && !is_collapsed(); ++i) {
      if (vertices_.front().value < here.value) break;
      move(objective);
    }
    if (!(vertices_.front().value < here.value)) return {};
    return Point{vertices_.front().x, vertices_.front().value, {}};
  }

  double expected_decrease(Objective&, const Point&) override {
    return std::numeric_limits<double>::quiet_NaN();
  }
  void reset() override { vertices_.clear(); }

  NamedTensors state() const override {
    if (vertices_.empty()) return {};
    std::vector<Tensor> points;
    std::vector<double> values;
    for (const Vertex& v : vertices_) {
      points.push_back(v.x);
      values.push_back(v.value);
    }
    return {{"vertices", stack(points)}, {"values", from_vector(values)}};
  }
  void load(const NamedTensors& state) override {
    reset();
    const Tensor points = find(state, "vertices");
    if (!points.defined()) return;
    const std::vector<double> values = find(state, "values").to_vector();
    for (std::size_t i = 0; i < values.size(); ++i)
      vertices_.push_back({clone(select(points, 0, static_cast<std::int64_t>(i))), values[i]});
  }

 private:
  /// A vertex at `here` and one along each coordinate, by a share of it; of a coordinate that is 0,
  /// as far as the steepest descent would go on a parabola.
  void begin(Objective& objective, const Point& here) {
    std::vector<double> x = here.x.to_vector();
    const double reach = reach_at_zero(objective, here, x);
    vertices_ = {{here.x, here.value}};
    for (double& coordinate : x) {
      const double before = coordinate;
      coordinate += before != 0 ? relative_size * before : reach;
      vertices_.push_back(vertex(objective, from_vector(x)));
      coordinate = before;
    }
    sort();
  }

  static double reach_at_zero(Objective& objective, const Point& here,
                              const std::vector<double>& x) {
    if (std::find(x.begin(), x.end(), 0.0) == x.end()) return 0;
    const Point start = here.gradient.defined() ? here : objective.at(here.x);
    const double size = norm(start.gradient).item<double>();
    const double reach = size * parabola_length(objective, start, start.gradient);
    return std::isfinite(reach) && reach > 0 ? reach : 1;
  }

  static Vertex vertex(Objective& objective, const Tensor& x) {
    const double value = objective.value(x);
    return {x, std::isnan(value) ? std::numeric_limits<double>::infinity() : value};
  }

  /// Reflects the worst vertex through the centre of the others, and goes on from there.
  void move(Objective& objective) {
    const double n = static_cast<double>(vertices_.size() - 1);
    const double expansion = 1 + 2 / n, contraction = 0.75 - 0.5 / n;
    Vertex& worst = vertices_.back();
    const double second_worst = vertices_[vertices_.size() - 2].value;
    const Tensor centre = centre_of_others(), outward = centre - worst.x;
    const auto at = [&](double share) { return vertex(objective, centre + share * outward); };
    const Vertex reflected = at(1);
    if (reflected.value < vertices_.front().value) {
      const Vertex expanded = at(expansion);
      worst = expanded.value < reflected.value ? expanded : reflected;
    } else if (reflected.value < second_worst) {
      worst = reflected;
    } else {
      const bool is_outside = reflected.value < worst.value;
      const Vertex contracted = at(is_outside ? contraction : -contraction);
      if (contracted.value <= reflected.value && contracted.value < worst.value)
        worst = contracted;
      else
        shrink(objective);
    }
    sort();
  }

  void shrink(Objective& objective) {
    const double shrinkage = 1 - 1 / std::max(2.0, static_cast<double>(vertices_.size() - 1));
    const Tensor best = vertices_.front().x;
    for (std::size_t i = 1; i < vertices_.size(); ++i)
      vertices_[i] = vertex(objective, best + shrinkage * (vertices_[i].x - best));
  }

  Tensor centre_of_others() const {
    Tensor total = vertices_.front().x;
    for (std::size_t i = 1; i + 1 < vertices_.size(); ++i) total = total + vertices_[i].x;
    return total / static_cast<double>(vertices_.size() - 1);
  }

  void sort() {
    std::stable_sort(vertices_.begin(), vertices_.end(),
                     [](const Vertex& a, const Vertex& b) { return a.value < b.value; });
  }

  /// Whether values or points differ by no more than rounding.
  bool is_collapsed() const {
    if (vertices_.back().value == vertices_.front().value) return true;
    const Tensor& best = vertices_.front().x;
    const Tensor small = 4 * std::numeric_limits<double>::epsilon() * abs(best);
    return std::all_of(vertices_.begin() + 1, vertices_.end(),
                       [&](const Vertex& v) { return all(abs(v.x - best) <= small).item<bool>(); });
  }

  std::vector<Vertex> vertices_;  // the best first
};

}  // namespace

std::unique_ptr<Descent> make_nelder_mead(const MinimizeOptions&) {
  return std::make_unique<NelderMead>();
}

}  // namespace wald::optim
