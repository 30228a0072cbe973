// Views: each op states how it changes the axes, and beside that its transpose, which carries a
// cotangent back.
#include "views.h"

#include <fmt/format.h>

#include <algorithm>

#include "reduce.h"
#include "shape.h"

namespace wald {
namespace {

struct Unsqueeze final : LinearView<Unsqueeze> {
  explicit Unsqueeze(std::int64_t at) : axis(at) {}
  std::int64_t axis;  // of the result

  std::string_view name() const override { return "unsqueeze"; }
  void rearrange(Layout& to) const { to.insert(axis, {1, 0}); }
  Tensor transpose(const Tensor& g) const { return squeeze(g, axis); }
};

struct Squeeze final : LinearView<Squeeze> {
  explicit Squeeze(std::int64_t at) : axis(at) {}
  std::int64_t axis;  // of the input

  std::string_view name() const override { return "squeeze"; }
  void rearrange(Layout& to) const { to.erase(axis); }
  Tensor transpose(const Tensor& g) const { return unsqueeze(g, axis); }
};

struct Expand final : LinearView<Expand> {
  Expand(std::int64_t more, Dims a, Dims n)
      : added(more), axes(std::move(a)), sizes(std::move(n)) {}
  std::int64_t added;  // new axes, the first of `axes`
  Dims axes;           // ascending; the others were of size 1
  Dims sizes;          // that they get

  std::string_view name() const override { return "expand"; }
  void rearrange(Layout& to) const {
    for (std::int64_t i = added; i-- > 0;) to.insert(axes[static_cast<std::size_t>(i)], {1, 0});
    for (std::size_t i = 0; i < axes.size(); ++i) to.at(axes[i]) = {sizes[i], 0};
  }
  Tensor transpose(const Tensor& g) const {
    Tensor x = sum(g, axes, true);
    for (std::int64_t i = 0; i < added; ++i) x = squeeze(x, axes[static_cast<std::size_t>(i)]);
    return x;
  }
};

struct Transpose final : LinearView<Transpose> {
  Transpose(std::int64_t i, std::int64_t j) : axis0(i), axis1(j) {}
  std::int64_t axis0, axis1;

  std::string_view name() const override { return "transpose"; }
  void rearrange(Layout& to) const { std::swap(to.at(axis0), to.at(axis1)); }
  Tensor transpose(const Tensor& g) const { return wald::transpose(g, axis0, axis1); }
};

struct Permute final : LinearView<Permute> {
  explicit Permute(Dims o) : order(std::move(o)) {}
  Dims order;  // of the last axes: where each comes from

  std::string_view name() const override { return "permute"; }
  void rearrange(Layout& to) const {
    Layout from = to;
    const auto rank = static_cast<std::int64_t>(order.size());
    for (std::int64_t i = 0; i < rank; ++i)
      to.at(i - rank) = from.at(order[static_cast<std::size_t>(i)]);
  }
  Tensor transpose(const Tensor& g) const {
    const auto rank = static_cast<std::int64_t>(order.size());
    Dims back = order;
    for (std::int64_t i = 0; i < rank; ++i)
      back[axis_at(order[static_cast<std::size_t>(i)], order.size())] = i - rank;
    return record(Permute(back), {g});
  }
};

/// Part of one axis of a tensor of shape `core`.
struct Range {
  Dims core;
  std::int64_t axis, start, count, step;
};

struct Slice final : LinearView<Slice> {
  static constexpr const char* scattered_name = "slice_scatter";
  static constexpr std::size_t axes_dropped = 0;
  explicit Slice(Range r) : range(std::move(r)) {}
  Range range;

  std::string_view name() const override { return "slice"; }
  void rearrange(Layout& to) const {
    Layout::Axis& axis = to.at(range.axis);
    if (range.count > 0) to.offset += range.start * axis.stride;
    axis = {range.count, axis.stride * range.step};
  }
  Tensor transpose(const Tensor& g) const { return record(Scattered(*this, range.core), {g}); }
};

struct Select final : LinearView<Select> {
  static constexpr const char* scattered_name = "select_scatter";
  static constexpr std::size_t axes_dropped = 1;
  Select(Dims shape, std::int64_t at, std::int64_t i)
      : core(std::move(shape)), axis(at), index(i) {}
  Dims core;
  std::int64_t axis, index;

  std::string_view name() const override { return "select"; }
  void rearrange(Layout& to) const { to.offset += index * to.erase(axis).stride; }
  Tensor transpose(const Tensor& g) const { return record(Scattered(*this, core), {g}); }
};

struct Diagonal final : LinearView<Diagonal> {
  static constexpr const char* scattered_name = "diag_embed";
  static constexpr std::size_t axes_dropped = 1;
  Diagonal(Dims shape, std::int64_t i, std::int64_t j, std::int64_t shift)
      : core(std::move(shape)), axis1(i), axis2(j), offset(shift) {}
  Dims core;
  std::int64_t axis1, axis2, offset;

  std::string_view name() const override { return "diagonal"; }
  void rearrange(Layout& to) const {
    const Layout::Axis row = to.at(axis1), column = to.at(axis2);
    // Axes are counted from the end, so the first goes first.
    to.erase(std::min(axis1, axis2));
    to.erase(std::max(axis1, axis2));
    const std::int64_t down = std::max<std::int64_t>(-offset, 0);
    const std::int64_t right = std::max<std::int64_t>(offset, 0);
    const std::int64_t n =
        std::max<std::int64_t>(0, std::min(row.size - down, column.size - right));
    if (n > 0) to.offset += down * row.stride + right * column.stride;
    to.insert(-1, {n, row.stride + column.stride});
  }
  Tensor transpose(const Tensor& g) const { return record(Scattered(*this, core), {g}); }
};

/// Axes counted from the end, none twice.
Dims distinct_axes(const Dims& axes, std::int64_t rank, const char* op) {
  Dims out;
  for (std::int64_t axis : axes) {
    out.push_back(axis_from_end(axis, rank, op));
    if (std::count(out.begin(), out.end(), out.back()) > 1)
      throw IndexError(fmt::format("{}: an axis stands twice in {}", op, to_string(axes)));
  }
  return out;
}

std::int64_t size_at(const Tensor& x, std::int64_t from_end) {
  return x.shape()[axis_at(from_end, x.shape().size())];
}

}  // namespace

Tensor expand(const Tensor& x, const Dims& shape) {
  if (x.shape() == shape) return x;
  Dims wanted = shape;
  for (std::size_t i = 1; i <= std::min(wanted.size(), x.shape().size()); ++i)
    if (std::int64_t& size = wanted[wanted.size() - i]; size == -1)
      size = x.shape()[x.shape().size() - i];
  if (!(broadcast_shapes(x.shape(), wanted, "expand") == wanted))
    throw ShapeError(fmt::format("expand: shape {} cannot be repeated to {}", to_string(x.shape()),
                                 to_string(shape)));
  const std::size_t added = wanted.size() - x.shape().size();
  Dims axes, sizes;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (i >= added && x.shape()[i - added] == wanted[i]) continue;
    if (wanted[i] < 0)
      throw ShapeError(fmt::format("expand: negative size in shape {}", to_string(shape)));
    axes.push_back(static_cast<std::int64_t>(i) - static_cast<std::int64_t>(wanted.size()));
    sizes.push_back(wanted[i]);
  }
  if (axes.empty()) return x;
  return record(Expand(static_cast<std::int64_t>(added), std::move(axes), std::move(sizes)), {x});
}

Tensor broadcast_to(const Tensor& x, const Dims& shape) { return expand(x, shape); }

Tensor unsqueeze(const Tensor& x, std::int64_t axis) {
  return record(Unsqueeze(axis_from_end(axis, x.dim() + 1, "unsqueeze")), {x});
}

Tensor squeeze(const Tensor& x, std::int64_t axis) {
  const std::int64_t from_end = axis_from_end(axis, x.dim(), "squeeze");
  if (size_at(x, from_end) != 1)
    throw ShapeError(fmt::format("squeeze: axis {} of shape {} has size {}, not 1", axis,
                                 to_string(x.shape()), size_at(x, from_end)));
  return record(Squeeze(from_end), {x});
}

Tensor squeeze(const Tensor& x, const Dims& axes) {
  Dims sorted = distinct_axes(axes, x.dim(), "squeeze");
  std::sort(sorted.begin(), sorted.end());
  Tensor y = x;
  for (std::int64_t axis : sorted) y = squeeze(y, axis);  // those behind it keep their number
  return y;
}

Tensor squeeze(const Tensor& x) {
  Dims axes;
  for (std::int64_t axis = -x.dim(); axis < 0; ++axis)
    if (size_at(x, axis) == 1) axes.push_back(axis);
  return squeeze(x, axes);
}

Tensor transpose(const Tensor& x, std::int64_t axis0, std::int64_t axis1) {
  return record(Transpose(axis_from_end(axis0, x.dim(), "transpose"),
                          axis_from_end(axis1, x.dim(), "transpose")),
                {x});
}

Tensor t(const Tensor& x) {
  if (x.dim() != 2)
    throw ShapeError(fmt::format("t: a matrix is wanted, not shape {}", to_string(x.shape())));
  return transpose(x, 0, 1);
}

Tensor permute(const Tensor& x, const Dims& order) {
  if (static_cast<std::int64_t>(order.size()) != x.dim())
    throw ShapeError(fmt::format("permute: the order {} does not name each axis of shape {} once",
                                 to_string(order), to_string(x.shape())));
  return record(Permute(distinct_axes(order, x.dim(), "permute")), {x});
}

Tensor movedim(const Tensor& x, const Dims& from, const Dims& to) {
  if (from.size() != to.size())
    throw ShapeError(
        fmt::format("movedim: axes {} cannot be moved to places {}: as many are wanted",
                    to_string(from), to_string(to)));
  const std::size_t rank = x.shape().size();
  const Dims source = distinct_axes(from, x.dim(), "movedim");
  const Dims target = distinct_axes(to, x.dim(), "movedim");
  Dims order(rank, 0);
  for (std::size_t i = 0; i < source.size(); ++i) order[axis_at(target[i], rank)] = source[i];
  std::int64_t next = -x.dim();
  for (std::int64_t& axis : order) {
    if (axis < 0) continue;
    while (std::count(source.begin(), source.end(), next)) ++next;
    axis = next++;
  }
  return record(Permute(order), {x});
}

Tensor movedim(const Tensor& x, std::int64_t from, std::int64_t to) {
  return movedim(x, Dims{from}, Dims{to});
}

Tensor slice(const Tensor& x, std::int64_t axis, std::int64_t start, std::int64_t stop,
             std::int64_t step) {
  const std::int64_t from_end = axis_from_end(axis, x.dim(), "slice");
  const std::int64_t size = size_at(x, from_end);
  if (step < 1) throw IndexError(fmt::format("slice: the step must be positive, not {}", step));
  auto place = [&](std::int64_t i) {
    return std::clamp<std::int64_t>(i < 0 ? i + size : i, 0, size);
  };
  const std::int64_t first = place(start), last = std::max(place(stop), first);
  const std::int64_t count = last == first ? 0 : (last - first - 1) / step + 1;
  return record(Slice({x.shape(), from_end, first, count, step}), {x});
}

Tensor narrow(const Tensor& x, std::int64_t axis, std::int64_t start, std::int64_t length) {
  const std::int64_t from_end = axis_from_end(axis, x.dim(), "narrow");
  const std::int64_t size = size_at(x, from_end);
  const std::int64_t first = start < 0 ? start + size : start;
  if (first < 0 || first > size || length < 0 || length > size - first)
    throw IndexError(
        fmt::format("narrow: {} elements from {} on are not all in axis {} of shape {}", length,
                    start, axis, to_string(x.shape())));
  return record(Slice({x.shape(), from_end, first, length, 1}), {x});
}

Tensor select(const Tensor& x, std::int64_t axis, std::int64_t index) {
  const std::int64_t from_end = axis_from_end(axis, x.dim(), "select");
  const std::int64_t size = size_at(x, from_end);
  if (index < -size || index >= size)
    throw IndexError(fmt::format("select: index {} is out of range for axis {} of shape {}", index,
                                 axis, to_string(x.shape())));
  return record(Select(x.shape(), from_end, index < 0 ? index + size : index), {x});
}

Tensor diagonal(const Tensor& x, std::int64_t offset, std::int64_t axis1, std::int64_t axis2) {
  const Dims axes = distinct_axes({axis1, axis2}, x.dim(), "diagonal");
  return record(Diagonal(x.shape(), axes[0], axes[1], offset), {x});
}

Tensor diag_embed(const Tensor& x, std::int64_t offset, std::int64_t axis1, std::int64_t axis2) {
  if (x.dim() == 0) throw ShapeError("diag_embed: a scalar has no axis to be the diagonal");
  const Dims axes = distinct_axes({axis1, axis2}, x.dim() + 1, "diag_embed");
  const std::int64_t n = x.size(-1) + std::abs(offset);
  Dims shape = x.shape();
  shape.erase(shape.size() - 1);
  const std::size_t rank = shape.size() + 2;
  for (std::int64_t axis : {std::min(axes[0], axes[1]), std::max(axes[0], axes[1])})
    shape.insert(axis_at(axis, rank), n);
  return record(Scattered(Diagonal(shape, axes[0], axes[1], offset), shape), {x});
}

Tensor diag(const Tensor& x, std::int64_t offset) {
  if (x.dim() != 1 && x.dim() != 2)
    throw ShapeError(
        fmt::format("diag: a vector or a matrix is wanted, not shape {}", to_string(x.shape())));
  return x.dim() == 1 ? diag_embed(x, offset) : diagonal(x, offset);
}

Tensor trace(const Tensor& x) {
  if (x.dim() < 2)
    throw ShapeError(fmt::format("trace: a matrix is wanted, not shape {}", to_string(x.shape())));
  return sum(diagonal(x, 0, -2, -1), {-1});
}

}  // namespace wald
