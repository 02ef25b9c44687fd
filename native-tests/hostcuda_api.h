// The functions of CUDA's libraries that the tests of the stand-ins call, and what the tests share: a
// device, memory with values in it, and calls that must abort.
#pragma once
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "hostcuda/cuda_abi.h"

extern "C" {
CUresult cuInit(unsigned);
CUresult cuDeviceGetCount(int*);
CUresult cuDevicePrimaryCtxRetain(CUcontext*, CUdevice);
CUresult cuDevicePrimaryCtxRelease_v2(CUdevice);
CUresult cuCtxSetCurrent(CUcontext);
CUresult cuCtxSynchronize();
CUresult cuGetErrorName(CUresult, const char**);
CUresult cuMemAlloc_v2(CUdeviceptr*, size_t);
CUresult cuMemFree_v2(CUdeviceptr);
CUresult cuMemGetInfo_v2(size_t*, size_t*);
CUresult cuMemHostAlloc(void**, size_t, unsigned);
CUresult cuMemFreeHost(void*);
CUresult cuMemcpyHtoD_v2(CUdeviceptr, const void*, size_t);
CUresult cuMemcpyDtoH_v2(void*, CUdeviceptr, size_t);
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr, const void*, size_t, CUstream);
CUresult cuMemcpyDtoHAsync_v2(void*, CUdeviceptr, size_t, CUstream);
CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr, CUdeviceptr, size_t, CUstream);
CUresult cuMemsetD8Async(CUdeviceptr, unsigned char, size_t, CUstream);
CUresult cuMemsetD32Async(CUdeviceptr, unsigned, size_t, CUstream);
CUresult cuModuleLoadData(CUmodule*, const void*);
CUresult cuModuleUnload(CUmodule);
CUresult cuModuleGetFunction(CUfunction*, CUmodule, const char*);
CUresult cuLaunchKernel(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, CUstream,
                        void**, void**);
CUresult cuStreamCreate(CUstream*, unsigned);
CUresult cuStreamDestroy_v2(CUstream);
CUresult cuStreamSynchronize(CUstream);
CUresult cuStreamQuery(CUstream);
CUresult cuStreamWaitEvent(CUstream, CUevent, unsigned);
CUresult cuStreamBeginCapture_v2(CUstream, CUstreamCaptureMode);
CUresult cuStreamEndCapture(CUstream, CUgraph*);
CUresult cuStreamIsCapturing(CUstream, CUstreamCaptureStatus*);
CUresult cuGraphGetNodes(CUgraph, CUgraphNode*, size_t*);
CUresult cuGraphInstantiateWithFlags(CUgraphExec*, CUgraph, unsigned long long);
CUresult cuGraphLaunch(CUgraphExec, CUstream);
CUresult cuGraphExecDestroy(CUgraphExec);
CUresult cuGraphDestroy(CUgraph);
CUresult cuEventCreate(CUevent*, unsigned);
CUresult cuEventDestroy_v2(CUevent);
CUresult cuEventRecord(CUevent, CUstream);
CUresult cuEventQuery(CUevent);
CUresult cuEventSynchronize(CUevent);
CUresult cuEventElapsedTime(float*, CUevent, CUevent);
}

#define OK(call) REQUIRE((call) == CUDA_SUCCESS)

/// Runs the work in a process of its own; its messages, and whether it aborted.
struct Child {
  std::string output;
  bool aborted = false;
  int status = 0;

  explicit Child(const std::function<void()>& work) {
    int pipe_ends[2];
    REQUIRE(pipe(pipe_ends) == 0);
    fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
      dup2(pipe_ends[1], 2);
      close(pipe_ends[0]);
      signal(SIGABRT, SIG_DFL);  // doctest's own would report
      work();
      fflush(nullptr);
      _exit(0);
    }
    close(pipe_ends[1]);
    char buffer[512];
    for (ssize_t n; (n = read(pipe_ends[0], buffer, sizeof buffer)) > 0;) output.append(buffer, n);
    close(pipe_ends[0]);
    waitpid(child, &status, 0);
    aborted = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
  }
};

/// Checks that the work aborts with a message that has all these words.
inline void check_aborts(const std::vector<std::string>& words, const std::function<void()>& work) {
  const Child child(work);
  INFO("it said: " << child.output);
  CHECK(child.aborted);
  for (const std::string& word : words) {
    INFO("expected: " << word);
    CHECK(child.output.find(word) != std::string::npos);
  }
}

/// The context of device 0 and a stream that the null stream does not wait for.
struct Gpu {
  CUstream stream;

  Gpu() {
    OK(cuInit(0));
    CUcontext context;
    OK(cuDevicePrimaryCtxRetain(&context, 0));
    OK(cuCtxSetCurrent(context));
    OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
  }
  ~Gpu() {
    cuStreamDestroy_v2(stream);
    cuDevicePrimaryCtxRelease_v2(0);  // aborts if something is left open
    cuCtxSetCurrent(nullptr);
  }
  void wait() const { OK(cuStreamSynchronize(stream)); }
};

template <class E>
class Memory {
 public:
  explicit Memory(size_t n) : n_(n) { OK(cuMemAlloc_v2(&address_, n * sizeof(E))); }
  explicit Memory(const std::vector<E>& values) : Memory(values.size()) {
    OK(cuMemcpyHtoD_v2(address_, values.data(), n_ * sizeof(E)));
  }
  ~Memory() { cuMemFree_v2(address_); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  CUdeviceptr address() const { return address_; }
  /// What is there now, without waiting for any stream.
  std::vector<E> values() const {
    std::vector<E> values(n_);
    OK(cuMemcpyDtoH_v2(values.data(), address_, n_ * sizeof(E)));
    return values;
  }

 private:
  size_t n_;
  CUdeviceptr address_;
};

/// A kernel file compiled by the stand-in nvcc.
inline std::string image_of(const std::string& file, const std::string& options) {
  const std::string image = std::string(HOSTCUDA) + "/test.image";
  REQUIRE(std::system((HOSTCUDA "/bin/nvcc -cubin -std=c++17 --fmad=false -arch=sm_90 " + options + " -o " + image +
                       " " + file)
                          .c_str()) == 0);
  std::ifstream stream(image, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// The same for a text.
inline std::string image_of_text(const std::string& text) {
  const std::string file = std::string(HOSTCUDA) + "/test.cu";
  std::ofstream(file) << text;
  return image_of(file, "");
}

class Module {
 public:
  explicit Module(const std::string& image) { OK(cuModuleLoadData(&module_, image.data())); }
  ~Module() { cuModuleUnload(module_); }
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  CUfunction function(const char* name) const {
    CUfunction function;
    OK(cuModuleGetFunction(&function, module_, name));
    return function;
  }

 private:
  CUmodule module_;
};

template <class... A>
CUresult launch(CUfunction function, unsigned blocks, unsigned threads, CUstream stream, A... arguments) {
  void* parameters[] = {&arguments...};
  return cuLaunchKernel(function, blocks, 1, 1, threads, 1, 1, 0, stream, parameters, nullptr);
}

inline std::vector<float> random_floats(size_t n, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> draw(-1, 1);
  std::vector<float> values(n);
  for (float& value : values) value = draw(generator);
  return values;
}
