// The driver, its devices, and the one (primary) context of each.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "driver.h"

namespace hostcuda {
namespace {

thread_local Context* current = nullptr;
bool initialized = false;

std::vector<Context>& contexts() {
  static auto* all = [] {
    auto* made = new std::vector<Context>;
    for (int i = 0; i < std::stoi(setting("DEVICES", "1")); ++i) made->push_back({i});
    return made;
  }();
  return *all;
}

bool is_device(CUdevice device) { return device >= 0 && size_t(device) < contexts().size(); }

std::string list_of_open(const Context* context) {
  std::string list;
  char text[120];
  for (Arena* arena : {&device_memory(), &pinned_memory()}) {
    for (const Allocation* allocation : arena->open(context)) {
      snprintf(text, sizeof text, "\n  %s %p, %zu bytes",
               arena == &device_memory() ? "device memory" : "pinned host memory", allocation->base,
               allocation->bytes);
      list += text;
    }
  }
  for (const Object* object : open_objects(context)) {
    snprintf(text, sizeof text, "\n  %s, object %lu", object->kind, object->serial);
    list += text;
  }
  return list;
}

void at_exit() {
  Call call("exit", Call::NOTHING);
  require_closed(nullptr);
  for (const Context& context : contexts()) {
    if (context.references > 0) {
      require_closed(&context);
      if (setting("LEAKS", "1") != "0") {
        fail("the context of device %d is still retained (HOSTCUDA_LEAKS=0 allows it)", context.device);
      }
    }
  }
}

}  // namespace

Context* current_context() { return current; }

std::string setting(const char* name, const char* otherwise) {
  const char* value = getenv((std::string("HOSTCUDA_") + name).c_str());
  return value && *value ? value : otherwise;
}

size_t memory_of_a_device() {
  static const size_t bytes = std::stoull(setting("MEMORY", "4294967296"));
  return bytes;
}

void require_closed(const Context* context) {
  const std::string open = list_of_open(context);
  if (!open.empty() && setting("LEAKS", "1") != "0") {
    fail("left open (HOSTCUDA_LEAKS=0 allows it):%s", open.c_str());
  }
}

}  // namespace hostcuda

using namespace hostcuda;

#define REQUIRE_DRIVER \
  if (!initialized) return CUDA_ERROR_NOT_INITIALIZED
#define REQUIRE_DEVICE(device) \
  REQUIRE_DRIVER;              \
  if (!is_device(device)) return CUDA_ERROR_INVALID_DEVICE

CUDA_API CUresult cuInit(unsigned) {
  Call call(__func__, Call::NOTHING);
  if (contexts().empty()) return CUDA_ERROR_NO_DEVICE;
  if (!initialized) {
    install_fault_handler();
    atexit(at_exit);
  }
  initialized = true;
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuDriverGetVersion(int* version) {
  *version = 12060;
  return CUDA_SUCCESS;
}

// NVIDIA's libraries ask for tables of functions that are no part of the published interface. NVRTC 13 goes
// on without them, but calls this function without looking whether it is there.
CUDA_API CUresult cuGetExportTable(const void**, const void*) { return CUDA_ERROR_NOT_FOUND; }

CUDA_API CUresult cuDeviceGetCount(int* count) {
  Call call(__func__, Call::NOTHING);
  REQUIRE_DRIVER;
  *count = int(contexts().size());
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  Call call(__func__, Call::NOTHING);
  REQUIRE_DEVICE(ordinal);
  *device = ordinal;
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
  Call call(__func__, Call::NOTHING);
  REQUIRE_DEVICE(device);
  snprintf(name, length, "hostcuda (no GPU)");
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device) {
  Call call(__func__, Call::NOTHING);
  REQUIRE_DEVICE(device);
  *bytes = memory_of_a_device();
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuDeviceGetAttribute(int* value, int attribute, CUdevice device) {
  Call call(__func__, Call::NOTHING);
  REQUIRE_DEVICE(device);
  // Limits as on sm_90; few multiprocessors, because launches are sized by them.
  static const struct {
    int attribute, value;
  } ATTRIBUTES[] = {
      {1, 1024},        // MAX_THREADS_PER_BLOCK
      {2, 1024},        // MAX_BLOCK_DIM_X
      {3, 1024},        // MAX_BLOCK_DIM_Y
      {4, 64},          // MAX_BLOCK_DIM_Z
      {5, 0x7fffffff},  // MAX_GRID_DIM_X
      {6, 65535},       // MAX_GRID_DIM_Y
      {7, 65535},       // MAX_GRID_DIM_Z
      {8, 49152},       // MAX_SHARED_MEMORY_PER_BLOCK
      {10, 32},         // WARP_SIZE
      {12, 65536},      // MAX_REGISTERS_PER_BLOCK
      {13, 1000000},    // CLOCK_RATE, kHz
      {14, 512},        // TEXTURE_ALIGNMENT
      {16, 4},          // MULTIPROCESSOR_COUNT
      {18, 0},          // INTEGRATED
      {19, 1},          // CAN_MAP_HOST_MEMORY
      {31, 1},          // CONCURRENT_KERNELS
      {33, 0},          // PCI_BUS_ID
      {34, 0},          // PCI_DEVICE_ID
      {36, 1000000},    // MEMORY_CLOCK_RATE, kHz
      {37, 128},        // GLOBAL_MEMORY_BUS_WIDTH, bits
      {38, 1 << 20},    // L2_CACHE_SIZE
      {39, 2048},       // MAX_THREADS_PER_MULTIPROCESSOR
      {40, 2},          // ASYNC_ENGINE_COUNT
      {41, 1},          // UNIFIED_ADDRESSING
      {75, 9},          // COMPUTE_CAPABILITY_MAJOR
      {76, 0},          // COMPUTE_CAPABILITY_MINOR
      {81, 233472},     // MAX_SHARED_MEMORY_PER_MULTIPROCESSOR
      {82, 65536},      // MAX_REGISTERS_PER_MULTIPROCESSOR
      {97, 232448},     // MAX_SHARED_MEMORY_PER_BLOCK_OPTIN
      {106, 32},        // MAX_BLOCKS_PER_MULTIPROCESSOR
  };
  for (const auto& known : ATTRIBUTES) {
    if (known.attribute == attribute) {
      *value = known.value;
      return CUDA_SUCCESS;
    }
  }
  fail("the stand-in does not know attribute %d", attribute);
}

CUDA_API CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  Call call(__func__, Call::NOTHING);
  REQUIRE_DEVICE(device);
  ++contexts()[device].references;
  *context = reinterpret_cast<CUcontext>(&contexts()[device]);
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  Call call(__func__, Call::NOTHING);
  REQUIRE_DEVICE(device);
  Context& context = contexts()[device];
  if (context.references == 0) fail("the context of device %d is not retained", device);
  if (context.references == 1) {
    Context* before = current;
    current = &context;
    wait_for_all();
    device_memory().require_all_intact();
    pinned_memory().require_all_intact();
    require_closed(&context);
    current = before;
  }
  --context.references;
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuCtxSetCurrent(CUcontext handle) {
  Call call(__func__, Call::NOTHING);
  REQUIRE_DRIVER;
  auto* context = reinterpret_cast<Context*>(handle);
  if (context && (context < contexts().data() || context >= contexts().data() + contexts().size())) {
    fail("%p is no context", static_cast<void*>(handle));
  }
  if (context && context->references == 0) fail("the context of device %d was released", context->device);
  current = context;
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuCtxGetCurrent(CUcontext* handle) {
  Call call(__func__, Call::NOTHING);
  REQUIRE_DRIVER;
  *handle = reinterpret_cast<CUcontext>(current);
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuCtxSynchronize() {
  Call call(__func__);
  if (forbidden_by_capture()) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  wait_for_all();
  return CUDA_SUCCESS;
}
