// The one stream of each device, in which all its work is in one order, and the device of the
// calling thread.
#pragma once

#include "gpu.h"

namespace wald::gpu {

constexpr int max_devices = 64;

/// The stream of a device, made when it is first asked for. It does not wait for the default
/// stream, nor that for it. For the thread whose current device this is.
Status stream_of(int device, Stream* stream);

/// Makes a device the calling thread's for the time of a call. An application's own code finds the
/// device that it had chosen; a thread that chose none may stay, rather than wake a GPU that nobody
/// uses.
class OnDevice {
 public:
  explicit OnDevice(int device);
  ~OnDevice();
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;

  Status status() const { return status_; }

 private:
  int before_ = 0;
  bool is_changed_ = false;
  Status status_;
};

/// Runs `f(stream)`, which gives a status, on a device.
template <class F>
Status on_device(int device, F&& f) {
  const OnDevice here(device);
  if (here.status() != success) return here.status();
  Stream stream{};
  const Status status = stream_of(device, &stream);
  return status == success ? f(stream) : status;
}

/// What will be queued on `waits` comes after all that is queued on `stream`, which belongs to the
/// calling thread's device.
Status wait_for(Stream waits, Stream stream);

}  // namespace wald::gpu
