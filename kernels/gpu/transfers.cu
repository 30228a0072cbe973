#include "transfers.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>

#include "streams.h"

namespace wald::gpu {
namespace {

/// Memory of the host that a device reaches, and the end of the last copy that used it.
struct Piece {
  unsigned char* memory = nullptr;
  Event used{};
};

/// Pieces of a device, taken by turns so that the one used longest ago is taken next. A piece that
/// is given back may still be read by its device: whoever writes to it waits for `used`.
class Pieces {
 public:
  static Pieces& of(int device) {
    static Pieces* const all = new Pieces[max_devices];  // never destroyed: see stream_of()
    return all[device];
  }

  /// Two at a time, so that no two threads wait for each other's second.
  Status take(Piece (&two)[2]) {
    std::unique_lock lock(mutex_);
    if (free_.size() < 2 && made_ + 2 <= most) {
      for (int i = 0; i < 2; ++i) {
        const Status status = make();
        if (status != success && made_ < 2) return status;
      }
    }
    is_free_.wait(lock, [this] { return free_.size() >= 2; });
    for (Piece& piece : two) {
      piece = free_.front();
      free_.pop_front();
    }
    return success;
  }

  void give(const Piece (&two)[2]) {
    {
      const std::lock_guard lock(mutex_);
      free_.insert(free_.end(), {two[0], two[1]});
    }
    is_free_.notify_one();
  }

  std::size_t bytes() {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(made_) * transfer_piece;
  }

 private:
  static constexpr int most = 8;

  Status make() {
    Piece piece;
    void* memory = nullptr;
    Status status = make_event(&piece.used);
    if (status == success) status = allocate_host(&memory, transfer_piece);
    if (status != success) return status;
    piece.memory = static_cast<unsigned char*>(memory);
    free_.push_back(piece);
    ++made_;
    return success;
  }

  std::mutex mutex_;
  std::condition_variable is_free_;
  std::deque<Piece> free_;
  int made_ = 0;
};

/// Two pieces for the time of a copy.
struct Pair {
  explicit Pair(int on) : device(on), status(Pieces::of(on).take(piece)) {}
  ~Pair() {
    if (status == success) Pieces::of(device).give(piece);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  int device;
  Piece piece[2];
  Status status;
};

/// The size of the piece that begins at `done`.
std::size_t piece_at(std::size_t done, std::size_t bytes) {
  return std::min(transfer_piece, bytes - done);
}

}  // namespace

Status copy_from_host(int device, const void* from, void* to, std::size_t bytes) {
  if (bytes == 0) return success;
  return on_device(device, [&](Stream stream) {
    const Pair pair(device);
    Status status = pair.status;
    int turn = 0;
    for (std::size_t done = 0; done < bytes && status == success; turn = 1 - turn) {
      const Piece& piece = pair.piece[turn];
      const std::size_t size = piece_at(done, bytes);
      status = synchronize(piece.used);
      if (status != success) break;
      std::memcpy(piece.memory, static_cast<const unsigned char*>(from) + done, size);
      status = copy(static_cast<unsigned char*>(to) + done, piece.memory, size, stream);
      if (status == success) status = record(piece.used, stream);
      done += size;
    }
    return status;
  });
}

Status copy_to_host(int device, const void* from, void* to, std::size_t bytes) {
  if (bytes == 0) return success;
  return on_device(device, [&](Stream stream) {
    const Pair pair(device);
    Status status = pair.status;
    // Sends the piece that begins at `done` on its way.
    const auto start = [&](std::size_t done) {
      const Piece& piece = pair.piece[done / transfer_piece % 2];
      const auto* const source = static_cast<const unsigned char*>(from) + done;
      const Status sent = copy(piece.memory, source, piece_at(done, bytes), stream);
      return sent == success ? record(piece.used, stream) : sent;
    };
    if (status == success) status = start(0);
    for (std::size_t done = 0; done < bytes && status == success; done += transfer_piece) {
      const std::size_t next = done + transfer_piece;
      if (next < bytes) status = start(next);
      const Piece& piece = pair.piece[done / transfer_piece % 2];
      const Status arrived = synchronize(piece.used);
      if (arrived != success) return arrived;
      std::memcpy(static_cast<unsigned char*>(to) + done, piece.memory, piece_at(done, bytes));
    }
    return status;
  });
}

Status copy_from_peer(int device, int peer, const void* from, void* to, std::size_t bytes) {
  static std::once_flag* const reached = new std::once_flag[max_devices * max_devices];
  if (bytes == 0) return success;
  return on_device(device, [&](Stream stream) {
    if (device == peer) return copy(to, from, bytes, stream);
    std::call_once(reached[device * max_devices + peer], [&] { reach_peer(device, peer); });
    Stream other{};
    Status status = on_device(peer, [&](Stream peers) {
      other = peers;
      return wait_for(stream, peers);
    });
    if (status == success) status = copy_peer(to, device, from, peer, bytes, stream);
    return status == success ? wait_for(other, stream) : status;
  });
}

std::size_t host_memory_kept(int device) { return Pieces::of(device).bytes(); }

}  // namespace wald::gpu
