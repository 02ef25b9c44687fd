// The stand-ins for CUDA: that they do the work, and that misuse does not pass.
#include <cmath>
#include <csignal>
#include <cstring>

#include "hostcuda_api.h"

namespace {
// Before the first call: a second device, and memory that a test can fill.
const bool SETTINGS = !setenv("HOSTCUDA_DEVICES", "2", 1) && !setenv("HOSTCUDA_MEMORY", "100000000", 1);

const std::string ELEMENTWISE = KERNELS "/elementwise.cu";

/// Two images, compiled once.
const std::string& elementwise(int lanes) {
  static const std::string one = image_of(ELEMENTWISE, "-DSTORAGE=0 -DLANES=1"),
                           four = image_of(ELEMENTWISE, "-DSTORAGE=0 -DLANES=4");
  return lanes == 1 ? one : four;
}

std::vector<float> filled(size_t n, float value) { return std::vector<float>(n, value); }
}  // namespace

// The first test: the number of devices is read once in a process.
TEST_CASE("there may be no device") {
  const Child child([] {
    setenv("HOSTCUDA_DEVICES", "0", 1);
    int count;
    _exit(SETTINGS && cuInit(0) == CUDA_ERROR_NO_DEVICE && cuDeviceGetCount(&count) == CUDA_ERROR_NOT_INITIALIZED ? 0 : 1);
  });
  CHECK(child.status == 0);
}

// ---- kernels ----
TEST_CASE("a kernel runs for every thread of every block, in one and in two dimensions") {
  const Gpu gpu;
  const Module module(elementwise(1));
  const size_t rows = 37, columns = 5;
  const std::vector<float> start = random_floats(rows * columns, 1), bias = random_floats(columns, 2);
  const Memory<float> x(start), b(bias);
  CUdeviceptr px = x.address(), pb = b.address();
  long long n = rows;
  int c = columns;
  void* arguments[] = {&px, &pb, &n, &c};
  OK(cuLaunchKernel(module.function("add_bias"), 2, 3, 1, 2, 4, 1, 0, gpu.stream, arguments, nullptr));
  gpu.wait();
  const std::vector<float> result = x.values();
  for (size_t i = 0; i < result.size(); ++i) CHECK(result[i] == start[i] + bias[i % columns]);
}

TEST_CASE("bfloat16 and float16 are rounded as a GPU rounds them") {
  const Gpu gpu;
  const float infinity = INFINITY;
  const std::vector<float> x{0.0f,     -0.0f,   1.0f,      1.00390625f, 1.01171875f, 3.4e38f, infinity, NAN,
                             65504.0f, 65520.0f, 0x1p-24f, 0x1p-25f,    0x1.8p-24f,  1e-40f,  -2.5f,    1.0009765625f};
  const std::vector<uint16_t> bfloat16{0, 0x8000, 0x3f80, 0x3f80, 0x3f82, 0x7f80, 0x7f80, 0x7fff,
                                       0x4780, 0x4780, 0x3380, 0x3300, 0x33c0, 0x0001, 0xc020, 0x3f80};
  const std::vector<uint16_t> half{0, 0x8000, 0x3c00, 0x3c04, 0x3c0c, 0x7c00, 0x7c00, 0x7fff,
                                   0x7bff, 0x7c00, 0x0001, 0, 0x0002, 0, 0xc100, 0x3c01};
  const Memory<float> from(x);
  for (int storage : {1, 2}) {
    const Module module(image_of(ELEMENTWISE, "-DLANES=8 -DSTORAGE=" + std::to_string(storage)));
    const Memory<uint16_t> to(x.size());
    OK(launch(module.function("from_float"), 1, 32, gpu.stream, from.address(), to.address(), 2LL));
    gpu.wait();
    CHECK(to.values() == (storage == 1 ? half : bfloat16));
  }
}

TEST_CASE("threads of a warp and of a block work together") {
  const Gpu gpu;
  const Module module(image_of_text(R"(
    extern "C" __global__ void __launch_bounds__(256) block_sum(const float* x, float* out) {
      __shared__ float sums[8];
      float a = x[blockIdx.x * blockDim.x + threadIdx.x];
      for (int k = 16; k > 0; k /= 2) a += __shfl_xor_sync(0xffffffffu, a, k);
      if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = a;
      __syncthreads();
      float total = 0;
      for (int k = 0; k < 8; ++k) total += sums[k];
      __syncthreads();
      out[blockIdx.x * blockDim.x + threadIdx.x] = total;
    }
    extern "C" __global__ void neighbours(const float* x, float* down, float* up, float* first) {
      const int i = threadIdx.x;
      down[i] = __shfl_down_sync(0xffffffffu, x[i], 1);
      up[i] = __shfl_up_sync(0xffffffffu, x[i], 2, 8);
      first[i] = __shfl_sync(0xffffffffu, x[i], 0, 16);
    })"));
  const std::vector<float> x = random_floats(512, 3);
  const Memory<float> in(x), out(512), down(64), up(64), first(64);
  OK(launch(module.function("block_sum"), 2, 256, gpu.stream, in.address(), out.address()));
  OK(launch(module.function("neighbours"), 1, 64, gpu.stream, in.address(), down.address(), up.address(),
            first.address()));
  gpu.wait();
  const std::vector<float> sums = out.values();
  for (int block = 0; block < 2; ++block) {
    double sum = 0;
    for (int i = 0; i < 256; ++i) sum += x[block * 256 + i];
    for (int i = 0; i < 256; ++i) CHECK(sums[block * 256 + i] == doctest::Approx(sum).epsilon(1e-5));
  }
  for (int i = 0; i < 64; ++i) {
    CHECK(down.values()[i] == x[i % 32 < 31 ? i + 1 : i]);
    CHECK(up.values()[i] == x[i % 8 < 2 ? i : i - 2]);
    CHECK(first.values()[i] == x[i / 16 * 16]);
  }
}

TEST_CASE("warps that part and barriers in a branch abort with the kernel's name") {
  const std::string image = image_of_text(R"(
    extern "C" __global__ void parted(float* x) {
      if (threadIdx.x < 7) x[0] = __shfl_xor_sync(0xffffffffu, x[0], 1);
      else __syncthreads();
    })");
  check_aborts({"kernel parted", "64 threads", "7 at __shfl_xor_sync", "57 wait at __syncthreads"}, [&] {
    const Gpu gpu;
    const Module module(image);
    const Memory<float> x(filled(1, 0));
    launch(module.function("parted"), 1, 64, gpu.stream, x.address());
    gpu.wait();
  });
}

TEST_CASE("launches that a GPU refuses or that would read elsewhere abort") {
  const Gpu gpu;
  const Module module(elementwise(4));
  const CUfunction fill = module.function("fill");
  const Memory<float> x(64);
  float host[64];
  const auto on_host = reinterpret_cast<CUdeviceptr>(host);
  check_aborts({"cuLaunchKernel", "kernel fill", "argument 0", "ordinary host memory"},
               [&] { launch(fill, 1, 32, gpu.stream, on_host, 1.0f, 16LL); });
  check_aborts({"cuLaunchKernel", "kernel fill", "0 x 1 x 1"},
               [&] { launch(fill, 0, 32, gpu.stream, x.address(), 1.0f, 16LL); });
  check_aborts({"cuLaunchKernel", "kernel fill", "2048 x 1 x 1"},
               [&] { launch(fill, 1, 2048, gpu.stream, x.address(), 1.0f, 16LL); });
  check_aborts({"cuLaunchKernel", "kernel fill", "argument 2 of 3 is missing"}, [&] {
    CUdeviceptr p = x.address();
    float value = 1;
    void* arguments[] = {&p, &value, nullptr};
    cuLaunchKernel(fill, 1, 1, 1, 32, 1, 1, 0, gpu.stream, arguments, nullptr);
  });
  check_aborts({"cuStreamSynchronize", "kernel fill", "not aligned"}, [&] {
    launch(fill, 1, 32, gpu.stream, x.address() + 4, 1.0f, 8LL);
    gpu.wait();
  });
  check_aborts({"cuStreamSynchronize", "kernel fill", "past the end of device memory"}, [&] {
    launch(fill, 1, 32, gpu.stream, x.address(), 1.0f, 4096LL);
    gpu.wait();
  });
  check_aborts({"cuStreamSynchronize", "kernel fill", "address (nil)"}, [&] {
    launch(fill, 1, 32, gpu.stream, CUdeviceptr{0}, 1.0f, 8LL);
    gpu.wait();
  });
}

TEST_CASE("images that are damaged, or a GPU's, are refused; a kernel they do not have is not found") {
  const Gpu gpu;
  CUmodule module;
  std::string image = elementwise(1);
  image[image.size() / 2] ^= 1;
  CHECK(cuModuleLoadData(&module, image.data()) == CUDA_ERROR_INVALID_IMAGE);
  CHECK(cuModuleLoadData(&module, "HOSTCUDA, but no image at all") == CUDA_ERROR_INVALID_IMAGE);
  CHECK(cuModuleLoadData(&module, "\177ELF and so on") == CUDA_ERROR_NO_BINARY_FOR_GPU);
  const Module whole(elementwise(1));
  CUfunction function;
  CHECK(cuModuleGetFunction(&function, *reinterpret_cast<const CUmodule*>(&whole), "absent") == CUDA_ERROR_NOT_FOUND);
}

// ---- memory ----
TEST_CASE("fresh memory is full of NaNs") {
  const Gpu gpu;
  const Memory<float> x(1000);
  for (float value : x.values()) CHECK(std::isnan(value));
}

TEST_CASE("a device has so much memory and no more") {
  const Gpu gpu;
  size_t free, total;
  OK(cuMemGetInfo_v2(&free, &total));
  CHECK(free == total);
  CUdeviceptr address;
  CHECK(cuMemAlloc_v2(&address, total + 1) == CUDA_ERROR_OUT_OF_MEMORY);
  const Memory<char> some(1 << 20);
  CHECK(cuMemAlloc_v2(&address, total - (1 << 20) + 1) == CUDA_ERROR_OUT_OF_MEMORY);
  OK(cuMemGetInfo_v2(&free, &total));
  CHECK(free == total - (1 << 20));
  CHECK(cuMemAlloc_v2(&address, 0) == CUDA_ERROR_INVALID_VALUE);
}

TEST_CASE("memory that is not there, is freed, or is of the other kind aborts with the call's name") {
  const Gpu gpu;
  const Memory<char> x(100);
  char host[200] = {};
  check_aborts({"cuMemcpyHtoD_v2", "destination: 101 bytes"}, [&] { cuMemcpyHtoD_v2(x.address(), host, 101); });
  check_aborts({"cuMemcpyDtoH_v2", "source", "ordinary host memory"},
               [&] { cuMemcpyDtoH_v2(host, reinterpret_cast<CUdeviceptr>(host + 100), 8); });
  check_aborts({"cuMemcpyHtoD_v2", "source", "is device memory"},
               [&] { cuMemcpyHtoD_v2(x.address(), reinterpret_cast<void*>(x.address()), 8); });
  check_aborts({"cuMemcpyHtoDAsync_v2", "is no memory"},
               [&] { cuMemcpyHtoDAsync_v2(x.address(), reinterpret_cast<void*>(8), 8, gpu.stream); });
  check_aborts({"cuMemcpyDtoDAsync_v2", "overlap"},
               [&] { cuMemcpyDtoDAsync_v2(x.address(), x.address() + 8, 16, gpu.stream); });
  check_aborts({"cuMemsetD32Async", "not aligned"}, [&] { cuMemsetD32Async(x.address() + 1, 0, 1, gpu.stream); });
  check_aborts({"cuMemFree_v2", "was never given out"}, [&] { cuMemFree_v2(x.address() + 256); });
  check_aborts({"cuMemFreeHost", "was never given out"}, [&] { cuMemFreeHost(host); });
  check_aborts({"cuMemFree_v2", "was freed before"}, [&] {
    cuMemFree_v2(x.address());
    cuMemFree_v2(x.address());
  });
  check_aborts({"cuMemsetD8Async", "which was freed"}, [&] {
    cuMemFree_v2(x.address());
    cuMemsetD8Async(x.address(), 0, 1, gpu.stream);
  });
  check_aborts({"cuMemFree_v2", "somebody wrote", "after device memory"}, [&] {
    reinterpret_cast<char*>(x.address())[100] = 1;
    cuMemFree_v2(x.address());
  });
  check_aborts({"may not be touched", "which was freed"}, [&] {
    void* pinned;
    cuMemHostAlloc(&pinned, 100, 0);
    cuMemFreeHost(pinned);
    *static_cast<volatile char*>(pinned) = 1;
  });
}

// ---- handles and contexts ----
TEST_CASE("handles of another kind, destroyed ones and numbers abort") {
  const Gpu gpu;
  check_aborts({"cuStreamSynchronize", "never was a handle"},
               [&] { cuStreamSynchronize(reinterpret_cast<CUstream>(0x1000)); });
  check_aborts({"cuEventRecord", "is a stream, not a event"},
               [&] { cuEventRecord(reinterpret_cast<CUevent>(gpu.stream), gpu.stream); });
  check_aborts({"cuStreamDestroy_v2", "destroyed before"}, [&] {
    cuStreamDestroy_v2(gpu.stream);
    cuStreamDestroy_v2(gpu.stream);
  });
}

TEST_CASE("calls without a context, or on another device's objects, abort") {
  check_aborts({"cuMemAlloc_v2", "no context is current"}, [] {
    cuInit(0);
    CUdeviceptr address;
    cuMemAlloc_v2(&address, 1);
  });
  check_aborts({"cuStreamSynchronize", "another context"}, [] {
    const Gpu gpu;
    CUcontext second;
    cuDevicePrimaryCtxRetain(&second, 1);
    cuCtxSetCurrent(second);
    cuStreamSynchronize(gpu.stream);
  });
  check_aborts({"cuDevicePrimaryCtxRelease_v2", "not retained"}, [] {
    cuInit(0);
    cuDevicePrimaryCtxRelease_v2(0);
  });
}

TEST_CASE("what is left open is named when its context ends, or the process") {
  check_aborts({"cuDevicePrimaryCtxRelease_v2", "left open", "device memory", "77 bytes", "event"}, [] {
    const Gpu gpu;
    CUdeviceptr address;
    cuMemAlloc_v2(&address, 77);
    CUevent event;
    cuEventCreate(&event, 0);
  });
  check_aborts({"exit", "still retained"}, [] {
    CUcontext context;
    cuInit(0);
    cuDevicePrimaryCtxRetain(&context, 0);
    exit(0);
  });
  const Child allowed([] {
    setenv("HOSTCUDA_LEAKS", "0", 1);
    new Gpu;
    exit(0);
  });
  CHECK(allowed.status == 0);
}

// ---- streams ----
TEST_CASE("nothing runs before somebody waits; pinned memory is read when it does") {
  const Gpu gpu;
  const Memory<float> x(filled(4, 1)), y(filled(4, 1));
  float pageable[4] = {2, 2, 2, 2};
  void* memory;
  OK(cuMemHostAlloc(&memory, sizeof pageable, 0));
  float* pinned = static_cast<float*>(memory);
  memcpy(pinned, pageable, sizeof pageable);
  OK(cuMemcpyHtoDAsync_v2(x.address(), pageable, sizeof pageable, gpu.stream));
  OK(cuMemcpyHtoDAsync_v2(y.address(), pinned, sizeof pageable, gpu.stream));
  pageable[0] = pinned[0] = 3;
  CHECK(x.values() == filled(4, 1));
  CHECK(cuStreamQuery(gpu.stream) == CUDA_ERROR_NOT_READY);
  gpu.wait();
  CHECK(cuStreamQuery(gpu.stream) == CUDA_SUCCESS);
  CHECK(x.values() == filled(4, 2));
  CHECK(y.values() == std::vector<float>{3, 2, 2, 2});
  OK(cuMemFreeHost(memory));
}

namespace {
/// A buffer is uploaded in one stream, read and written in another, twice, and the second upload comes
/// while the first may be in use. Returns whether the results are right.
bool pipeline(const char* order, bool wait_for_upload, bool wait_for_reader) {
  const Child child([=] {
    setenv("HOSTCUDA_ORDER", order, 1);
    const Gpu gpu;
    CUstream copies;
    cuStreamCreate(&copies, CU_STREAM_NON_BLOCKING);
    CUevent uploaded, used;
    cuEventCreate(&uploaded, CU_EVENT_DISABLE_TIMING);
    cuEventCreate(&used, CU_EVENT_DISABLE_TIMING);
    bool right = true;
    {
      const Memory<float> buffer(filled(1, 0)), out(filled(16, 0));
      for (int i = 0; i < 16; ++i) {
        const float value = float(i + 1);
        if (i > 0 && wait_for_reader) cuStreamWaitEvent(copies, used, 0);
        cuMemcpyHtoDAsync_v2(buffer.address(), &value, 4, copies);
        cuEventRecord(uploaded, copies);
        if (wait_for_upload) cuStreamWaitEvent(gpu.stream, uploaded, 0);
        cuMemcpyDtoDAsync_v2(out.address() + 4 * i, buffer.address(), 4, gpu.stream);
        cuEventRecord(used, gpu.stream);
      }
      cuStreamSynchronize(gpu.stream);
      for (int i = 0; i < 16; ++i) right &= out.values()[i] == float(i + 1);
    }
    cuStreamDestroy_v2(copies);
    cuEventDestroy_v2(uploaded);
    cuEventDestroy_v2(used);
    _exit(right ? 0 : 1);
  });
  REQUIRE(WIFEXITED(child.status));
  return child.status == 0;
}
}  // namespace

TEST_CASE("streams run in the order of their events, and in the worst order where there are none") {
  for (const char* order : {"late", "early", "mixed"}) CHECK(pipeline(order, true, true));
  CHECK_FALSE(pipeline("late", false, true));
  CHECK_FALSE(pipeline("early", true, false));
  CHECK_FALSE(pipeline("early", false, false));
}

TEST_CASE("events are done in time, and not before") {
  const Gpu gpu;
  CUevent first, second;
  OK(cuEventCreate(&first, 0));
  OK(cuEventCreate(&second, 0));
  const Memory<char> x(1 << 20);
  OK(cuEventRecord(first, gpu.stream));
  OK(cuMemsetD8Async(x.address(), 1, 1 << 20, gpu.stream));
  OK(cuEventRecord(second, gpu.stream));
  float milliseconds;
  CHECK(cuEventElapsedTime(&milliseconds, first, second) == CUDA_ERROR_NOT_READY);
  CHECK(cuEventQuery(second) == CUDA_ERROR_NOT_READY);
  OK(cuEventSynchronize(second));
  CHECK(cuEventQuery(second) == CUDA_SUCCESS);
  OK(cuEventElapsedTime(&milliseconds, first, second));
  CHECK(milliseconds > 0);
  OK(cuEventDestroy_v2(first));
  OK(cuEventDestroy_v2(second));
}

// ---- graphs ----
TEST_CASE("a capture records, a graph replays with the arguments of then") {
  const Gpu gpu;
  const Module module(elementwise(1));
  const Memory<float> x(filled(8, 1)), y(filled(8, 2));
  OK(cuStreamBeginCapture_v2(gpu.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
  OK(launch(module.function("add"), 1, 8, gpu.stream, x.address(), y.address(), 8LL));
  OK(cuMemcpyDtoDAsync_v2(y.address(), x.address(), 16, gpu.stream));
  CUstreamCaptureStatus status;
  OK(cuStreamIsCapturing(gpu.stream, &status));
  CHECK(status == CU_STREAM_CAPTURE_STATUS_ACTIVE);
  CUgraph graph;
  OK(cuStreamEndCapture(gpu.stream, &graph));
  gpu.wait();
  CHECK(x.values() == filled(8, 1));
  size_t nodes = 0;
  OK(cuGraphGetNodes(graph, nullptr, &nodes));
  CHECK(nodes == 2);
  CUgraphExec exec;
  OK(cuGraphInstantiateWithFlags(&exec, graph, 0));
  OK(cuGraphDestroy(graph));
  for (int i = 0; i < 2; ++i) OK(cuGraphLaunch(exec, gpu.stream));
  gpu.wait();
  CHECK(x.values() == std::vector<float>{6, 6, 6, 6, 5, 5, 5, 5});
  OK(cuGraphExecDestroy(exec));
}

TEST_CASE("what a capture does not survive invalidates it") {
  const Gpu gpu;
  const Memory<float> x(filled(4, 1));
  float host[4];
  CUdeviceptr address;
  const std::vector<std::function<CUresult()>> calls{
      [&] { return cuStreamSynchronize(gpu.stream); }, [&] { return cuMemAlloc_v2(&address, 4); },
      [&] { return cuMemcpyDtoH_v2(host, x.address(), 16); }, [&] { return cuCtxSynchronize(); },
      [&] { return cuMemcpyDtoHAsync_v2(host, x.address(), 16, gpu.stream); }};
  for (const auto& call : calls) {
    OK(cuStreamBeginCapture_v2(gpu.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
    CHECK(call() == CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    CHECK(cuMemsetD8Async(x.address(), 0, 16, gpu.stream) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    CUgraph graph;
    CHECK(cuStreamEndCapture(gpu.stream, &graph) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    CHECK(!graph);
    gpu.wait();
  }
  CHECK(x.values() == filled(4, 1));
  CUgraph graph;
  CHECK(cuStreamEndCapture(gpu.stream, &graph) == CUDA_ERROR_STREAM_CAPTURE_UNMATCHED);
  const Child child([&] {
    setenv("HOSTCUDA_CAPTURE", "fail", 1);
    cuStreamBeginCapture_v2(gpu.stream, CU_STREAM_CAPTURE_MODE_RELAXED);
    _exit(cuStreamEndCapture(gpu.stream, &graph) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED ? 0 : 1);
  });
  CHECK(child.status == 0);
}

namespace {
/// Captures: x += y in the first stream, and beside it z += y in the second one, which ends in `join`.
struct Fork {
  CUevent forked, done;
  CUstream side;
  const Gpu& gpu;

  explicit Fork(const Gpu& of) : gpu(of) {
    OK(cuEventCreate(&forked, CU_EVENT_DISABLE_TIMING));
    OK(cuEventCreate(&done, CU_EVENT_DISABLE_TIMING));
    OK(cuStreamCreate(&side, CU_STREAM_NON_BLOCKING));
    OK(cuStreamBeginCapture_v2(gpu.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
  }
  void fork() const {
    OK(cuEventRecord(forked, gpu.stream));
    OK(cuStreamWaitEvent(side, forked, 0));
  }
  void join() const {
    OK(cuEventRecord(done, side));
    OK(cuStreamWaitEvent(gpu.stream, done, 0));
  }
  ~Fork() {
    cuStreamDestroy_v2(side);
    cuEventDestroy_v2(forked);
    cuEventDestroy_v2(done);
  }
};
}  // namespace

TEST_CASE("a capture goes on in a stream that waits for it, and ends where that is waited for") {
  for (const char* order : {"early", "late", "mixed"}) {
    setenv("HOSTCUDA_ORDER", order, 1);
    const Gpu gpu;
    const Module module(elementwise(1));
    const CUfunction add = module.function("add");
    const Memory<float> x(filled(8, 1)), y(filled(8, 2)), z(filled(8, 3));
    const Fork streams(gpu);
    OK(launch(add, 1, 8, gpu.stream, y.address(), x.address(), 8LL));
    streams.fork();
    OK(launch(add, 1, 8, streams.side, z.address(), y.address(), 8LL));
    OK(launch(add, 1, 8, gpu.stream, x.address(), y.address(), 8LL));
    streams.join();
    OK(launch(add, 1, 8, gpu.stream, x.address(), z.address(), 8LL));
    CUstreamCaptureStatus status;
    OK(cuStreamIsCapturing(streams.side, &status));
    CHECK(status == CU_STREAM_CAPTURE_STATUS_ACTIVE);
    CUgraph graph;
    CHECK(cuStreamEndCapture(streams.side, &graph) == CUDA_ERROR_STREAM_CAPTURE_UNMATCHED);
    OK(cuStreamEndCapture(gpu.stream, &graph));
    OK(cuStreamIsCapturing(streams.side, &status));
    CHECK(status == CU_STREAM_CAPTURE_STATUS_NONE);
    CUgraphExec exec;
    OK(cuGraphInstantiateWithFlags(&exec, graph, 0));
    OK(cuGraphLaunch(exec, gpu.stream));
    gpu.wait();
    CHECK(y.values() == filled(8, 3));
    CHECK(z.values() == filled(8, 6));
    CHECK(x.values() == filled(8, 1 + 3 + 6));
    OK(cuGraphExecDestroy(exec));
    OK(cuGraphDestroy(graph));
  }
  unsetenv("HOSTCUDA_ORDER");
}

TEST_CASE("a capture that leaves a stream behind is none") {
  const Gpu gpu;
  const Memory<float> x(filled(4, 1));
  const Fork streams(gpu);
  streams.fork();
  OK(cuMemsetD8Async(x.address(), 0, 16, streams.side));
  CUgraph graph;
  CHECK(cuStreamEndCapture(gpu.stream, &graph) == CUDA_ERROR_STREAM_CAPTURE_UNJOINED);
  CHECK(!graph);
  gpu.wait();
  CHECK(x.values() == filled(4, 1));
}

TEST_CASE("branches of a capture that touch the same memory abort") {
  check_aborts({"cuStreamEndCapture", "memset (destination)", "copy on the device (source)", "same time"}, [] {
    const Gpu gpu;
    const Memory<float> x(4), y(4);
    const Fork streams(gpu);
    streams.fork();
    cuMemsetD8Async(x.address(), 0, 4, streams.side);
    cuMemcpyDtoDAsync_v2(y.address(), x.address(), 16, gpu.stream);
    streams.join();
    CUgraph graph;
    cuStreamEndCapture(gpu.stream, &graph);
  });
}

TEST_CASE("a graph that touches freed memory aborts when it is launched") {
  check_aborts({"cuGraphLaunch", "memset", "which was freed"}, [] {
    const Gpu gpu;
    CUdeviceptr address;
    cuMemAlloc_v2(&address, 4);
    cuStreamBeginCapture_v2(gpu.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
    cuMemsetD8Async(address, 0, 4, gpu.stream);
    CUgraph graph;
    cuStreamEndCapture(gpu.stream, &graph);
    CUgraphExec exec;
    cuGraphInstantiateWithFlags(&exec, graph, 0);
    cuMemFree_v2(address);
    cuGraphLaunch(exec, gpu.stream);
  });
}

TEST_CASE("results have names") {
  const char* name;
  OK(cuGetErrorName(CUDA_ERROR_OUT_OF_MEMORY, &name));
  CHECK(std::string(name) == "CUDA_ERROR_OUT_OF_MEMORY");
  CHECK(cuGetErrorName(CUresult(12345), &name) == CUDA_ERROR_INVALID_VALUE);
}
