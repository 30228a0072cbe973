// Matrix products. Blocks compute square tiles of the result from tiles of the operands in shared
// memory. The shapes of statistics have kernels of their own: very tall times small, and a small
// result of two tall operands, for which the long axis is cut into pieces of a length that depends
// on the shapes alone, whose products are added up in a fixed tree. So no bit depends on the number
// of blocks. float32 is accumulated in float32 along 256 elements and less, beyond that in float64.
#include <algorithm>

#include "fold_axes.h"
#include "linalg.h"
#include "matrices.h"
#include "matvec.h"

namespace wald::gpu {
namespace {

template <class T>
struct Operands {
  ProductSize size;
  Batched<const T> a, b;
  Batched<T> c;
};

constexpr int threads = 256;

/// c = a b or, by pieces of the summed axis, partial products, or c -= a b.
template <class T, class Out, bool subtracts>
struct Tiles {
  using Cooperates = void;
  static constexpr int side = 64, depth = 16, each = 4, across = side / each;
  static constexpr int pitch = side + 1;
  static constexpr std::size_t shared_bytes = 2 * depth * pitch * sizeof(T);
  static constexpr bool is_wide = std::is_same_v<T, double>;
  static constexpr int flush = 256 / depth;  // tiles after which a float32 sum is added to float64

  ProductSize size;
  Batched<const T> a, b;
  Batched<Out> c;
  std::int64_t piece, pieces;  // of the summed axis; piece q of c begins at q * piece_step
  std::int64_t piece_step;
  bool only_lower = false;

  /// A tile [depth, side] of x, whose element (l, i) is x.at(l, i).
  WALD_DEVICE static void load(const Thread& t, const Batched<const T>& x, std::int64_t l0,
                               std::int64_t l_end, std::int64_t i0, std::int64_t i_end, T* tile) {
    const bool is_deep = x.row == 1;  // neighbours in memory go to neighbouring threads
    for (int e = t.index(); e < depth * side; e += threads) {
      const int l = is_deep ? e % depth : e / side, i = is_deep ? e / depth : e % side;
      const bool is_inside = l0 + l < l_end && i0 + i < i_end;
      tile[l * pitch + i] = is_inside ? x.at(l0 + l, i0 + i) : T(0);
    }
  }

  WALD_DEVICE void operator()(const Thread& t) const {
    T* const a_tile = t.template shared<T>();
    T* const b_tile = a_tile + depth * pitch;
    const std::int64_t right = (size.n + side - 1) / side, down = (size.m + side - 1) / side;
    for (std::int64_t block = t.block(); block < size.batch * pieces * down * right;
         block += t.blocks()) {
      const std::int64_t tile = block % (down * right), which = block / (down * right);
      const std::int64_t row = tile / right * side, col = tile % right * side;
      if (only_lower && col >= row + side) continue;
      const std::int64_t q = which % pieces, p = which / pieces;
      const std::int64_t begin = q * piece, end = begin + piece < size.k ? begin + piece : size.k;
      double total[each][each] = {};
      multiply(t, a.of(p).transposed(), b.of(p), row, col, begin, end, a_tile, b_tile, total);
      write(t, c.of(p).data + q * piece_step, row, col, total);
    }
  }
  WALD_DEVICE void multiply(const Thread& t, const Batched<const T>& at, const Batched<const T>& bt,
                            std::int64_t row, std::int64_t col, std::int64_t begin,
                            std::int64_t end, T* a_tile, T* b_tile,
                            double (&total)[each][each]) const {
    const int x = t.index() % across, y = t.index() / across;
    [[maybe_unused]] T part[each][each] = {};
    [[maybe_unused]] int tiles = 0;
    for (std::int64_t l0 = begin; l0 < end; l0 += depth) {
      load(t, at, l0, end, row, size.m, a_tile);
      load(t, bt, l0, end, col, size.n, b_tile);
      t.sync();
      for (int l = 0; l < depth; ++l) {
        T left[each], top[each];
        for (int i = 0; i < each; ++i) left[i] = a_tile[l * pitch + y + i * across];
        for (int j = 0; j < each; ++j) top[j] = b_tile[l * pitch + x + j * across];
        for (int i = 0; i < each; ++i)
          for (int j = 0; j < each; ++j)
            if constexpr (is_wide)
              total[i][j] += left[i] * top[j];
            else
              part[i][j] += left[i] * top[j];
      }
      t.sync();
      if constexpr (!is_wide) {
        if (++tiles % flush != 0 && l0 + depth < end) continue;
        for (int i = 0; i < each; ++i)
          for (int j = 0; j < each; ++j) {
            total[i][j] += static_cast<double>(part[i][j]);
            part[i][j] = 0;
          }
      }
    }
  }
  WALD_DEVICE void write(const Thread& t, Out* to, std::int64_t row, std::int64_t col,
                         const double (&total)[each][each]) const {
    for (int i = 0; i < each; ++i)
      for (int j = 0; j < each; ++j) {
        const std::int64_t at_row = row + t.index() / across + i * across;
        const std::int64_t at_col = col + t.index() % across + j * across;
        if (at_row >= size.m || at_col >= size.n) continue;
        Out& out = to[at_row * c.row + at_col * c.col];
        out = static_cast<Out>(subtracts ? static_cast<double>(out) - total[i][j] : total[i][j]);
      }
  }
};

/// One thread for each element of c, where matrices are small and many.
template <class T>
struct Elements {
  Operands<T> o;
  WALD_DEVICE void operator()(const Thread& t) const {
    const std::int64_t of_one = o.size.m * o.size.n;
    for (std::int64_t e = first(t); e < o.size.batch * of_one; e += step(t)) {
      const std::int64_t p = quotient(e, of_one), in_one = e - p * of_one;
      const std::int64_t i = quotient(in_one, o.size.n), j = in_one - i * o.size.n;
      const Batched<const T> a = o.a.of(p), b = o.b.of(p);
      T total = 0;
      for (std::int64_t l = 0; l < o.size.k; ++l) total += a.at(i, l) * b.at(l, j);
      o.c.of(p).at(i, j) = total;
    }
  }
};

constexpr std::int64_t most_small = 64;  // columns of a tall matrix

/// a tall, b small: rows of a go through shared memory, which has all of b.
template <class T>
struct TallTimesSmall {
  using Cooperates = void;
  static constexpr int ahead = 4;  // loads on their way
  Operands<T> o;
  int rows;  // in a tile, a power of 2
  Divisor by_k = Divisor(std::max<std::int64_t>(o.size.k, 1)), by_rows = Divisor(rows);

  static int rows_for(std::int64_t k) { return k <= 16 ? 256 : k <= 32 ? 128 : 64; }
  static std::size_t shared_bytes(const Operands<T>& o) {
    const std::int64_t of_a = rows_for(o.size.k) * (o.size.k + 1);
    return static_cast<std::size_t>(of_a + o.size.k * o.size.n) * sizeof(T);
  }
  WALD_DEVICE void load(const Thread& t, std::int64_t begin, int count, T* tile) const {
    const int k = static_cast<int>(o.size.k), all = rows * k;
    const bool is_by_columns = o.a.row == 1;
    WALD_NOT_UNROLLED for (int e = t.index(); e < all; e += ahead * threads) {
      T held[ahead];
      int to[ahead];
      for (int u = 0; u < ahead; ++u) {
        const auto place = static_cast<std::uint32_t>(e + u * threads);
        const int high = static_cast<int>((is_by_columns ? by_rows : by_k).quotient(place));
        const int low = static_cast<int>(place) - high * (is_by_columns ? rows : k);
        const int i = is_by_columns ? low : high, l = is_by_columns ? high : low;
        to[u] = i < count && l < k ? i * (k + 1) + l : -1;
        if (to[u] >= 0) held[u] = o.a.at(begin + i, l);
      }
      for (int u = 0; u < ahead; ++u)
        if (to[u] >= 0) tile[to[u]] = held[u];
    }
  }
  WALD_DEVICE void operator()(const Thread& t) const {
    const int k = static_cast<int>(o.size.k), n = static_cast<int>(o.size.n);
    T* const small = t.template shared<T>();
    T* const tile = small + k * n;
    for (int e = t.index(); e < k * n; e += threads) small[e] = o.b.at(e / n, e % n);
    for (std::int64_t begin = t.block() * rows; begin < o.size.m; begin += t.blocks() * rows) {
      const int count = static_cast<int>(begin + rows < o.size.m ? rows : o.size.m - begin);
      load(t, begin, count, tile);
      t.sync();
      for (int e = t.index(); e < count * n; e += threads) {
        const int i = e / n, j = e % n;
        T total = 0;
        for (int l = 0; l < k; ++l) total += tile[i * (k + 1) + l] * small[l * n + j];
        o.c.at(begin + i, j) = total;
      }
      t.sync();
    }
  }
};

/// A small c of operands that are long along the summed axis: each element of c has some threads,
/// which share the rows of a piece.
template <class T>
struct Cross {
  using Cooperates = void;
  static constexpr int rows = 32;  // in shared memory at a time
  ProductSize size;
  Batched<const T> a, b;  // of the transposed a, both [k, small]
  std::int64_t piece, pieces;
  double* out;  // [pieces, m, n]
  Divisor by_m = Divisor(size.m), by_n = Divisor(size.n);

  static std::size_t shared_bytes(const ProductSize& s) {
    return threads * sizeof(double) + static_cast<std::size_t>(rows * (s.m + s.n)) * sizeof(T);
  }
  WALD_DEVICE static void load(const Thread& t, const Batched<const T>& x, std::int64_t begin,
                               int count, const Divisor& by_width, T* tile) {
    const int width = static_cast<int>(by_width.n);
    for (int e = t.index(); e < rows * width; e += threads) {
      const int q = static_cast<int>(by_width.quotient(static_cast<std::uint32_t>(e)));
      const int l = x.row == 1 ? e % rows : q, i = x.row == 1 ? e / rows : e - q * width;
      if (l < count) tile[l * width + i] = x.at(begin + l, i);
    }
  }
  WALD_DEVICE void operator()(const Thread& t) const {
    double* const sums = t.template shared<double>();
    const int m = static_cast<int>(size.m), n = static_cast<int>(size.n), results = m * n;
    T* const a_tile = reinterpret_cast<T*>(sums + threads);
    T* const b_tile = a_tile + rows * m;
    int groups = 1;
    while (2 * groups * results <= threads) groups *= 2;
    const int group = t.index() / results, i = t.index() % results / n, j = t.index() % n;
    for (std::int64_t q = t.block(); q < pieces; q += t.blocks()) {
      const std::int64_t end = (q + 1) * piece < size.k ? (q + 1) * piece : size.k;
      double sum = 0;
      for (std::int64_t begin = q * piece; begin < end; begin += rows) {
        const int count = static_cast<int>(begin + rows < end ? rows : end - begin);
        load(t, a, begin, count, by_m, a_tile);
        load(t, b, begin, count, by_n, b_tile);
        t.sync();
        for (int l = group; l < count && group < groups; l += groups)
          sum += static_cast<double>(a_tile[l * m + i]) * static_cast<double>(b_tile[l * n + j]);
        t.sync();
      }
      sums[t.index()] = sum;
      t.sync();
      for (int half = groups / 2; half > 0; half /= 2) {
        if (group < half) sums[t.index()] += sums[t.index() + half * results];
        t.sync();
      }
      if (group == 0) out[q * results + t.index()] = sums[t.index()];
      t.sync();
    }
  }
};

template <class T, class Out, bool subtracts>
Status launch_tiles(const Tiles<T, Out, subtracts>& kernel, Stream stream) {
  constexpr int side = Tiles<T, Out, subtracts>::side;
  const ProductSize& s = kernel.size;
  const std::int64_t tiles = ((s.m + side - 1) / side) * ((s.n + side - 1) / side);
  const std::int64_t blocks = grid_for(s.batch * kernel.pieces * tiles, 1).blocks;
  return launch(kernel, {blocks, threads, Tiles<T, Out, subtracts>::shared_bytes}, stream);
}

/// Adds up partial products [pieces, batch, m, n] into a contiguous c.
template <class T>
Status add_pieces(int device, const Operands<T>& o, std::int64_t pieces, const double* partial,
                  Stream stream) {
  const std::int64_t results = o.size.batch * o.size.m * o.size.n;
  const std::int64_t size[] = {pieces, results}, stride[] = {results, 1};
  return fold<Total<double>, double, T>(
      Folding(device, {2, size}, {partial, stride}, 1, o.c.data, stream));
}

/// Length of the pieces of a long summed axis, of which `beside` lie beside one another: some
/// thousand pieces fill any GPU several times, so that what the last of them leave idle is little.
inline std::int64_t piece_of(std::int64_t length, std::int64_t beside) {
  const std::int64_t wanted = std::max<std::int64_t>(4096 / beside, 1);
  return std::max<std::int64_t>(1024, (length + wanted - 1) / wanted);
}

template <class T>
Status cross(int device, const Operands<T>& o, Stream stream) {
  const std::int64_t piece = piece_of(o.size.k, 1);
  const std::int64_t pieces = (o.size.k + piece - 1) / piece;
  const Scratch partial(device,
                        static_cast<std::size_t>(pieces * o.size.m * o.size.n) * sizeof(double));
  if (partial.status() != success) return partial.status();
  const Cross<T> kernel{o.size, o.a.transposed(), o.b, piece, pieces, partial.as<double>()};
  const Status status =
      launch(kernel, {grid_for(pieces, 1).blocks, threads, Cross<T>::shared_bytes(o.size)}, stream);
  return status == success ? add_pieces(device, o, pieces, partial.as<double>(), stream) : status;
}

template <class T>
Status tiled(int device, const Operands<T>& o, Stream stream) {
  const ProductSize& s = o.size;
  constexpr std::int64_t few = 128, least = 1024;  // tiles that leave a large GPU idle
  const std::int64_t tiles = s.batch * ((s.m + 63) / 64) * ((s.n + 63) / 64);
  const std::int64_t wanted = std::clamp<std::int64_t>(few / tiles, 1, (s.k + least - 1) / least);
  if (wanted <= 1) return launch_tiles(Tiles<T, T, false>{s, o.a, o.b, o.c, s.k, 1, 0}, stream);
  const std::int64_t piece = (s.k + wanted - 1) / wanted, pieces = (s.k + piece - 1) / piece;
  const std::int64_t results = s.batch * s.m * s.n;
  const Scratch partial(device, static_cast<std::size_t>(pieces * results) * sizeof(double));
  if (partial.status() != success) return partial.status();
  const Batched<double> c{partial.as<double>(), s.m * s.n, s.n, 1};
  const Status status =
      launch_tiles(Tiles<T, double, false>{s, o.a, o.b, c, piece, pieces, results}, stream);
  return status == success ? add_pieces(device, o, pieces, c.data, stream) : status;
}

template <class T>
Status tall(const Operands<T>& o, Stream stream) {
  const int rows = TallTimesSmall<T>::rows_for(o.size.k);
  const std::int64_t blocks = grid_for((o.size.m + rows - 1) / rows, 1).blocks;
  return launch(TallTimesSmall<T>{o, rows}, {blocks, threads, TallTimesSmall<T>::shared_bytes(o)},
                stream);
}

template <class T>
Operands<T> transposed(const Operands<T>& o) {
  return {{o.size.batch, o.size.n, o.size.m, o.size.k},
          o.b.transposed(),
          o.a.transposed(),
          o.c.transposed()};
}

/// Products with a vector b; not supported where rows of neither a nor a' lie in memory one after
/// another, or there is not enough to do for all of a GPU.
template <class T>
Status times_vector(int device, const Operands<T>& o, Stream stream) {
  const auto& [size, a, b, c] = o;
  if ((a.row == 1 || size.m == 1) && size.k >= 2048) {
    const std::int64_t chunks = (size.m + 63) / 64, across = (size.m + chunks - 1) / chunks;
    const std::int64_t piece = piece_of(size.k, chunks), pieces = (size.k + piece - 1) / piece;
    const Scratch partial(device, static_cast<std::size_t>(pieces * size.m) * sizeof(double));
    if (partial.status() != success) return partial.status();
    using Kernel = DownColumns<T>;
    const Kernel kernel{size.k, size.m, across, chunks, piece,
                        pieces, a.data, b.data, a.col,  b.row, partial.as<double>()};
    const Status status = launch(
        kernel, {grid_for(pieces * chunks, 1).blocks, Kernel::threads, Kernel::shared_bytes},
        stream);
    return status == success ? add_pieces(device, o, pieces, partial.as<double>(), stream) : status;
  }
  if (a.col == 1 && size.k > most_small && size.m >= 1024)
    return launch(AlongRows<T>{size.m, size.k, a.data, b.data, a.row, b.row, c.data},
                  grid_for(size.m, AlongRows<T>::threads / 32), stream);
  return not_supported;
}

/// Those that a vendor's library is not asked for first.
template <class T>
Status multiply(int device, const kernels::Matmul& p, Stream stream) {
  const Operands<T> o{{p.batch, p.m, p.n, p.k},
                      {static_cast<const T*>(p.a), p.a_batch, p.a_row, p.a_col},
                      {static_cast<const T*>(p.b), p.b_batch, p.b_row, p.b_col},
                      {static_cast<T*>(p.c), p.m * p.n, p.n, 1}};
  const auto is_small = [&](std::int64_t other) {
    return p.k <= most_small && other * p.k <= 1024;
  };
  if (p.batch == 1 && (p.m == 1 || p.n == 1)) {
    const Status status = times_vector(device, p.n == 1 ? o : transposed(o), stream);
    if (status != not_supported) return status;
  }
  if (p.batch == 1 && p.m * p.n <= threads && p.m + p.n <= most_small && p.k >= 2048)
    return cross(device, o, stream);
  if (p.batch == 1 && p.m >= 256 && is_small(p.n)) return tall(o, stream);
  if (p.batch == 1 && p.n >= 256 && is_small(p.m)) return tall(transposed(o), stream);
  if (p.m * p.n <= 1024 && p.k <= 256)
    return launch(Elements<T>{o}, grid_for(p.batch * p.m * p.n), stream);
  const Status status = library_matmul(device, p, stream);
  return status == not_supported ? tiled(device, o, stream) : status;
}

/// A batch of rows times one matrix is one product, as is one matrix times a batch of vectors.
kernels::Matmul merged(kernels::Matmul p) {
  if (p.batch > 1 && p.b_batch == 0 && (p.m == 1 || p.a_batch == p.m * p.a_row)) {
    if (p.m == 1) p.a_row = p.a_batch;
    p.m *= p.batch;
    p.batch = 1;
  }
  if (p.batch > 1 && p.a_batch == 0 && p.n == 1)
    return {p.dtype,   1,       p.batch, p.m, p.k,     p.b,     0,
            p.b_batch, p.b_row, p.a,     0,   p.a_col, p.a_row, p.c};
  return p;
}

}  // namespace

Status matmul(int device, const kernels::Matmul& p, Stream stream) {
  if (p.batch * p.m * p.n == 0) return success;
  return p.dtype == DType::float64 ? multiply<double>(device, merged(p), stream)
                                   : multiply<float>(device, merged(p), stream);
}

template <class T>
Status subtract_product(ProductSize size, Batched<const T> a, Batched<const T> b, Batched<T> c,
                        bool only_lower, Stream stream) {
  if (size.batch * size.m * size.n == 0) return success;
  return launch_tiles(Tiles<T, T, true>{size, a, b, c, size.k, 1, 0, only_lower}, stream);
}
template Status subtract_product(ProductSize, Batched<const float>, Batched<const float>,
                                 Batched<float>, bool, Stream);
template Status subtract_product(ProductSize, Batched<const double>, Batched<const double>,
                                 Batched<double>, bool, Stream);

}  // namespace wald::gpu
