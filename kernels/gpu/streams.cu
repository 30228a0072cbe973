#include "streams.h"

#include <mutex>

#if defined(__CUDACC__)
#include <cuda.h>  // types alone: the driver is not linked to
#endif

namespace wald::gpu {
namespace {

/// Whether anybody has used a device in this process. cudaSetDevice() makes a context, some hundred
/// MB of the device's memory, where there is none (CUDA 12): to go back to a device that the thread
/// never chose is not worth that.
bool is_in_use([[maybe_unused]] int device) {
#if defined(__CUDACC__)
  static const auto state_of = [] {
    void* found = nullptr;
    cudaDriverEntryPointQueryResult result = cudaDriverEntryPointSymbolNotFound;
    constexpr const char* name = "cuDevicePrimaryCtxGetState";
#if CUDART_VERSION >= 12050
    const Status status =
        cudaGetDriverEntryPointByVersion(name, &found, 12000, cudaEnableDefault, &result);
#else
    const Status status = cudaGetDriverEntryPoint(name, &found, cudaEnableDefault, &result);
#endif
    const bool is_there = clean(status) == success && result == cudaDriverEntryPointSuccess;
    return reinterpret_cast<decltype(&cuDevicePrimaryCtxGetState)>(is_there ? found : nullptr);
  }();
  unsigned flags = 0;
  int is_active = 1;
  if (state_of && state_of(device, &flags, &is_active) == CUDA_SUCCESS) return is_active != 0;
#endif
  return true;
}

}  // namespace

Status stream_of(int device, Stream* stream) {
  struct Slot {
    std::once_flag once;
    Stream stream{};
    Status status = success;
  };
  static Slot* const slots = new Slot[max_devices];  // never destroyed: tensors may outlive main
  Slot& slot = slots[device];
  std::call_once(slot.once, [&] { slot.status = make_stream(&slot.stream); });
  *stream = slot.stream;
  return slot.status;
}

OnDevice::OnDevice(int device) : status_(current_device(&before_)) {
  if (status_ != success || before_ == device) return;
  status_ = set_device(device);
  is_changed_ = status_ == success;
}

OnDevice::~OnDevice() {
  if (is_changed_ && is_in_use(before_)) static_cast<void>(set_device(before_));
}

Status wait_for(Stream waits, Stream stream) {
  Event event{};
  Status status = make_event(&event);
  if (status != success) return status;
  status = record(event, stream);
  if (status == success) status = wait(waits, event);
  static_cast<void>(destroy(event));  // it is kept until nobody waits for it
  return status;
}

#if defined(__CUDACC__) || defined(__HIPCC__)

Status is_integrated(int device, bool* is) {
#if defined(__CUDACC__)
  constexpr cudaDeviceAttr attribute = cudaDevAttrIntegrated;
#else
  constexpr hipDeviceAttribute_t attribute = hipDeviceAttributeIntegrated;
#endif
  int value = 0;
  const Status status = clean(WALD_GPU(DeviceGetAttribute)(&value, attribute, device));
  *is = value != 0;
  return status;
}

Status describe(int device, DeviceFacts* facts) {
#if defined(__CUDACC__)
  cudaDeviceProp properties;
#else
  hipDeviceProp_t properties;
#endif
  const OnDevice here(device);
  Status status = here.status();
  if (status == success) status = clean(WALD_GPU(GetDeviceProperties)(&properties, device));
  if (status == success) status = clean(WALD_GPU(MemGetInfo)(&facts->free_memory, &facts->memory));
  int driver = 0;
  if (status == success) status = clean(WALD_GPU(DriverGetVersion)(&driver));
  if (status != success) return status;
  std::snprintf(facts->name, sizeof facts->name, "%s", properties.name);
#if defined(__CUDACC__)
  std::snprintf(facts->capability, sizeof facts->capability, "%d.%d", properties.major,
                properties.minor);
  std::snprintf(facts->driver, sizeof facts->driver, "CUDA %d.%d", driver / 1000,
                driver % 1000 / 10);
#else
  std::snprintf(facts->capability, sizeof facts->capability, "%s", properties.gcnArchName);
  std::snprintf(facts->driver, sizeof facts->driver, "HIP %d.%d", driver / 10000000,
                driver / 100000 % 100);
#endif
  return success;
}

#endif

}  // namespace wald::gpu
