// Modules, kernels and launches.
//
// An image is a line "HOSTCUDA1 checksum length", as cksum prints them, and a shared object.
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "driver.h"
#include "image.h"

namespace hostcuda {
namespace {

/// A shared object in memory. The file stays open: the loader knows a library by its path, and the
/// next one must not get the same.
class Library {
 public:
  Library(const char* bytes, size_t length) : file_(memfd_create("hostcuda-module", MFD_CLOEXEC)) {
    if (file_ < 0 || write(file_, bytes, length) != ssize_t(length)) {
      fail("cannot hold an image of %zu bytes", length);
    }
    handle_ = dlopen(("/proc/self/fd/" + std::to_string(file_)).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle_) fail("an image does not load: %s", dlerror());
  }
  ~Library() {
    dlclose(handle_);
    close(file_);
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  const HostcudaKernel* kernel(const char* name) const {
    return static_cast<const HostcudaKernel*>(
        dlsym(handle_, (std::string("hostcuda_kernel_") + name).c_str()));
  }

 private:
  int file_;
  void* handle_;
};
struct Module : Object {
  static constexpr const char* KIND = "module";
  std::shared_ptr<Library> library;
  std::vector<void*> functions;
  ~Module() override {
    for (void* function : functions) release("function", function);
  }
};
struct Function : Object {
  static constexpr const char* KIND = "function";
  std::string name;
  const HostcudaKernel* kernel;
  std::shared_ptr<Library> library;  // operations that are under way keep it
};

/// The checksum of POSIX cksum.
uint32_t checksum(const unsigned char* data, size_t length) {
  uint32_t crc = 0;
  const auto take = [&](unsigned char byte) {
    crc ^= uint32_t{byte} << 24;
    for (int i = 0; i < 8; ++i) crc = crc & 0x80000000u ? crc << 1 ^ 0x04c11db7u : crc << 1;
  };
  for (size_t i = 0; i < length; ++i) take(data[i]);
  for (size_t n = length; n; n >>= 8) take(n & 0xff);
  return ~crc;
}

CUresult load(CUmodule* module, const void* image) {
  if (forbidden_by_capture()) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  if (memcmp(image, "\177ELF", 4) == 0) {
    fprintf(stderr, "hostcuda: an image for a GPU; compile it with the nvcc of the stand-ins\n");
    return CUDA_ERROR_NO_BINARY_FOR_GPU;
  }
  const char* line = static_cast<const char*>(image);
  unsigned sum;
  size_t length;
  int header;
  if (strncmp(line, "HOSTCUDA1 ", 10) != 0 || !memchr(line, '\n', 64) ||
      sscanf(line, "HOSTCUDA1 %u %zu%n", &sum, &length, &header) != 2) {
    return CUDA_ERROR_INVALID_IMAGE;
  }
  const char* object = line + header + 1;
  if (length > size_t{1} << 28 || checksum(reinterpret_cast<const unsigned char*>(object), length) != sum) {
    return CUDA_ERROR_INVALID_IMAGE;
  }
  auto made = std::make_unique<Module>();
  made->library = std::make_shared<Library>(object, length);
  *module = static_cast<CUmodule>(adopt(Module::KIND, std::move(made), true));
  return CUDA_SUCCESS;
}

/// The arguments of a launch, copied; values[i] points to argument i.
struct Arguments {
  std::vector<uint64_t> storage;
  std::vector<void*> values;

  Arguments(const HostcudaKernel& kernel, void** from) : storage(kernel.count), values(kernel.count) {
    for (unsigned i = 0; i < kernel.count; ++i) {
      if (!from[i]) fail("argument %u of %u is missing", i, kernel.count);
      values[i] = &storage[i];
      memcpy(values[i], from[i], kernel.parameters[i].size);
    }
  }
};

void require_geometry(const unsigned grid[3], const unsigned block[3], unsigned max_threads) {
  const unsigned most_blocks[] = {0x7fffffff, 65535, 65535}, most_threads[] = {1024, 1024, 64};
  for (int d = 0; d < 3; ++d) {
    if (grid[d] == 0 || grid[d] > most_blocks[d] || block[d] == 0 || block[d] > most_threads[d]) {
      fail("a grid of %u x %u x %u blocks of %u x %u x %u threads is not allowed", grid[0], grid[1],
           grid[2], block[0], block[1], block[2]);
    }
  }
  if (size_t{block[0]} * block[1] * block[2] > max_threads) {
    fail("%u x %u x %u threads in a block are more than the kernel's %u", block[0], block[1], block[2],
         max_threads);
  }
}

}  // namespace
}  // namespace hostcuda

using namespace hostcuda;

CUDA_API CUresult cuModuleLoadData(CUmodule* module, const void* image) {
  Call call(__func__);
  return load(module, image);
}

CUDA_API CUresult cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned, int*, void**) {
  Call call(__func__);
  return load(module, image);
}

CUDA_API CUresult cuModuleUnload(CUmodule module) {
  Call call(__func__);
  if (forbidden_by_capture()) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  wait_for_all();
  release(Module::KIND, module);
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuModuleGetFunction(CUfunction* function, CUmodule handle, const char* name) {
  Call call(__func__);
  Module& module = get<Module>(handle);
  const HostcudaKernel* kernel = module.library->kernel(name);
  if (!kernel) return CUDA_ERROR_NOT_FOUND;
  auto made = std::make_unique<Function>();
  made->name = name;
  made->kernel = kernel;
  made->library = module.library;
  module.functions.push_back(adopt(Function::KIND, std::move(made), true));
  *function = static_cast<CUfunction>(module.functions.back());
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuFuncGetAttribute(int* value, int attribute, CUfunction handle) {
  Call call(__func__);
  const Function& function = get<Function>(handle);
  switch (attribute) {
    case 0: *value = int(function.kernel->max_threads); break;  // MAX_THREADS_PER_BLOCK
    case 1: case 2: case 3: *value = 0; break;  // SHARED, CONST, LOCAL_SIZE_BYTES: not counted here
    case 4: *value = 32; break;                 // NUM_REGS
    case 5: case 6: *value = 90; break;         // PTX_VERSION, BINARY_VERSION
    default: fail("the stand-in does not know attribute %d of a function", attribute);
  }
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuLaunchKernel(CUfunction handle, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                                 unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared,
                                 CUstream stream, void** parameters, void** extra) {
  Call call(__func__);
  const Function& function = get<Function>(handle);
  const HostcudaKernel& kernel = *function.kernel;
  const std::string name = "kernel " + function.name;
  const Running running(name);
  if (extra) fail("the stand-in takes arguments as kernelParams only");
  if (shared) fail("the stand-in has no dynamic shared memory");
  if (!parameters && kernel.count) fail("there are no arguments, where %u belong", kernel.count);
  struct Geometry {
    unsigned grid[3], block[3];
  } geometry{{grid_x, grid_y, grid_z}, {block_x, block_y, block_z}};
  require_geometry(geometry.grid, geometry.block, kernel.max_threads);
  auto arguments = std::make_shared<Arguments>(kernel, parameters);
  Operation operation{name, {}, nullptr};
  for (unsigned i = 0; i < kernel.count; ++i) {
    if (kernel.parameters[i].is_pointer) {
      operation.regions.push_back({arguments->storage[i], 0, "argument " + std::to_string(i),
                                   kernel.parameters[i].is_written != 0});
    }
  }
  operation.run = [arguments, geometry, library = function.library, &kernel] {
    kernel.run(arguments->values.data(), geometry.grid, geometry.block);
  };
  return submit(stream, std::move(operation));
}
