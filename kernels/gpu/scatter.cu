// Scattering: elements are sorted by where they go, stably, so that those that meet in one place
// stand together in the order of the index. Of these the last is written, or all are added: in
// parts of fixed length, whose ends, where a place may go on in the next part, are added up in the
// same way. So no bit depends on the number of blocks, and no atomic operation is needed.
#include "elements.h"
#include "lines.h"
#include "sort.h"

namespace wald::gpu {
namespace {

/// What is scattered. An index that all lines share is sorted once: a key is a place on the axis,
/// and each line is a slice that follows it. Else a key is an element of the result.
struct Scattered {
  Nest lines;  // source, index, out
  std::int64_t n, step[3];
  bool is_shared;

  explicit Scattered(const Lines& l)
      : lines(l.begins), n(l.n), step{l.step[0], l.step[1], l.step[2]} {
    is_shared = true;
    for (int axis = 0; axis < lines.rank; ++axis)
      is_shared &= lines.size[axis] == 1 || lines.stride[1][axis] == 0;
  }
  std::int64_t keys() const { return is_shared ? n : n * lines.count; }
  std::int64_t slices() const { return is_shared ? lines.count : 1; }

  WALD_DEVICE std::int64_t along(std::int64_t place) const {
    return is_shared ? place : quotient(place, lines.count);
  }
  WALD_DEVICE std::int64_t source_of(std::int64_t place, std::int64_t slice) const {
    const std::int64_t i = along(place), line = is_shared ? slice : place - i * lines.count;
    return offset_of(lines, line) + i * step[0];
  }
  WALD_DEVICE std::int64_t target_of(std::int64_t key, std::int64_t slice) const {
    if (!is_shared) return key;
    std::int64_t at[3];
    find_offsets(lines, slice, at);
    return at[2] + key * step[2];
  }
};

struct FindKeys {
  Scattered what;
  std::int64_t count;
  const std::int64_t* index;
  Keyed* out;

  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t p = first(t); p < count; p += step(t)) {
      const std::int64_t i = what.along(p);
      std::int64_t at[3] = {0, 0, 0};
      if (!what.is_shared) find_offsets(what.lines, p - i * what.lines.count, at);
      const std::int64_t place = index[at[1] + i * what.step[1]];
      out[p] = {static_cast<std::uint64_t>(what.is_shared ? place : at[2] + place * what.step[2]),
                p};
    }
  }
};

/// Of equal keys the last one's element.
template <class T>
struct Replace {
  Scattered what;
  std::int64_t count, slices;
  const Keyed* sorted;
  const T* source;
  T* out;

  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t w = first(t); w < count * slices; w += step(t)) {
      const std::int64_t p = quotient(w, slices), slice = w - p * slices;
      const Keyed at = sorted[p];
      if (p + 1 < count && sorted[p + 1].key == at.key) continue;
      out[what.target_of(static_cast<std::int64_t>(at.key), slice)] =
          source[what.source_of(at.place, slice)];
    }
  }
};

/// Keys in order with a value for each slice: elements of the source,
template <class T, class A>
struct Elements {
  Scattered what;
  const Keyed* sorted;
  const T* source;
  WALD_DEVICE std::int64_t key(std::int64_t p) const {
    return static_cast<std::int64_t>(sorted[p].key);
  }
  WALD_DEVICE A value(std::int64_t p, std::int64_t slice) const {
    return static_cast<A>(source[what.source_of(sorted[p].place, slice)]);
  }
};
/// or sums of them, with a key of -1 where there is none.
template <class A>
struct Sums {
  std::int64_t slices;
  std::int64_t* keys;
  A* values;  // [keys, slices]
  WALD_DEVICE std::int64_t key(std::int64_t p) const { return keys[p]; }
  WALD_DEVICE A value(std::int64_t p, std::int64_t slice) const {
    return values[p * slices + slice];
  }
};

constexpr std::int64_t part = 32;

/// Adds each part's keys to the result, but the first and the last of the part to `ends`, unless
/// it is the only part.
template <class In, class T, class A>
struct AddParts {
  Scattered what;
  In in;
  std::int64_t count, parts, slices;
  T* out;
  Sums<A> ends;  // two for each part

  WALD_DEVICE void add(std::int64_t key, std::int64_t slice, A sum) const {
    T& to = out[what.target_of(key, slice)];
    to = static_cast<T>(static_cast<A>(to) + sum);
  }
  WALD_DEVICE void end(std::int64_t which, std::int64_t key, std::int64_t slice, A sum) const {
    if (slice == 0) ends.keys[which] = key;
    ends.values[which * slices + slice] = sum;
  }
  WALD_DEVICE void operator()(const Thread& t) const {
    for (std::int64_t w = first(t); w < parts * slices; w += step(t)) {
      const std::int64_t which = quotient(w, slices), slice = w - which * slices;
      const std::int64_t begin = which * part, last = begin + part < count ? begin + part : count;
      std::int64_t key = -1;
      bool is_first = parts > 1;
      A sum = 0;
      for (std::int64_t p = begin; p < last; ++p) {
        const std::int64_t next = in.key(p);
        if (next < 0) continue;
        if (next != key && key >= 0) {
          is_first ? end(2 * which, key, slice, sum) : add(key, slice, sum);
          is_first = false;
          sum = 0;
        }
        key = next;
        sum += in.value(p, slice);
      }
      if (parts == 1) {
        if (key >= 0) add(key, slice, sum);
        continue;
      }
      end(2 * which + 1, key, slice, sum);
      if (is_first) end(2 * which, -1, slice, 0);
    }
  }
};

template <class T, class A, class In>
Status add_parts(int device, const Scattered& what, const In& in, std::int64_t count, T* out,
                 Stream stream) {
  const std::int64_t parts = (count + part - 1) / part, slices = what.slices();
  const Grid grid = grid_for(parts * slices);
  if (parts == 1)
    return launch(AddParts<In, T, A>{what, in, count, 1, slices, out, {}}, grid, stream);
  const Scratch keys(device, static_cast<std::size_t>(2 * parts) * sizeof(std::int64_t));
  const Scratch values(device, static_cast<std::size_t>(2 * parts * slices) * sizeof(A));
  if (keys.status() != success) return keys.status();
  if (values.status() != success) return values.status();
  const Sums<A> ends{slices, keys.as<std::int64_t>(), values.as<A>()};
  const Status status =
      launch(AddParts<In, T, A>{what, in, count, parts, slices, out, ends}, grid, stream);
  if (status != success) return status;
  return add_parts<T, A>(device, what, ends, 2 * parts, out, stream);
}

template <class T, class A>
Status add_as(int device, const Scattered& what, const Keyed* sorted, const void* source, void* out,
              Stream stream) {
  const Elements<T, A> in{what, sorted, static_cast<const T*>(source)};
  return add_parts<T, A>(device, what, in, what.keys(), static_cast<T*>(out), stream);
}

template <class T>
Status replace_as(const Scattered& what, const Keyed* sorted, const void* source, void* out,
                  Stream stream) {
  return launch(Replace<T>{what, what.keys(), what.slices(), sorted, static_cast<const T*>(source),
                           static_cast<T*>(out)},
                grid_for(what.keys() * what.slices()), stream);
}

}  // namespace

Status scatter(int device, DType dtype, bool add, kernels::Shape shape, kernels::View source,
               kernels::View index, int axis, kernels::Shape out_shape, void* out, Stream stream) {
  std::int64_t out_stride[kernels::max_axes];
  contiguous_strides(out_shape, out_stride);
  const kernels::View views[] = {source, index, {out, out_stride}};
  const Scattered what(Lines(shape, views, 3, axis));
  if (what.n * what.lines.count == 0) return success;
  SortRows keyed(device, 1, what.keys());
  if (keyed.status() != success) return keyed.status();
  Status status = launch(
      FindKeys{what, what.keys(), static_cast<const std::int64_t*>(index.data), keyed.data()},
      grid_for(what.keys()), stream);
  if (status == success) status = keyed.sort(what.keys(), stream);
  if (status != success) return status;
  const Keyed* const sorted = keyed.data();
  if (add && dtype == DType::float64)
    return add_as<double, double>(device, what, sorted, source.data, out, stream);
  if (add && dtype == DType::float32)
    return add_as<float, double>(device, what, sorted, source.data, out, stream);
  if (add)  // whole numbers wrap around as two's complement does
    return add_as<std::int64_t, std::uint64_t>(device, what, sorted, source.data, out, stream);
  switch (size_of(dtype)) {
    case 1:
      return replace_as<std::uint8_t>(what, sorted, source.data, out, stream);
    case 4:
      return replace_as<std::uint32_t>(what, sorted, source.data, out, stream);
    default:
      return replace_as<std::uint64_t>(what, sorted, source.data, out, stream);
  }
}

}  // namespace wald::gpu
