// Compiles kernels with NVRTC as the product does: a text, -D options, one architecture. NVRTC has none
// of the host's headers, so what compiles with nvcc may not compile here.
//
//   nvrtc_check LIBRARY FOLDER        FOLDER holds neuron_T4.cu and others.cu, see check_cuda.sh
#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {
using Program = void*;

/// The functions used here, as nvrtc.h declares them; 0 is success.
struct Nvrtc {
  explicit Nvrtc(const char* path) : library(dlopen(path, RTLD_NOW)) {
    if (!library) {
      std::fprintf(stderr, "NVRTC: %s\n", dlerror());
      std::exit(1);
    }
    find(version, "nvrtcVersion");
    find(count_architectures, "nvrtcGetNumSupportedArchs");
    find(architectures, "nvrtcGetSupportedArchs");
    find(create, "nvrtcCreateProgram");
    find(compile, "nvrtcCompileProgram");
    find(log_size, "nvrtcGetProgramLogSize");
    find(log, "nvrtcGetProgramLog");
    find(binary_size, "nvrtcGetCUBINSize");
    find(destroy, "nvrtcDestroyProgram");
  }

  int (*version)(int*, int*);
  int (*count_architectures)(int*);
  int (*architectures)(int*);
  int (*create)(Program*, const char*, const char*, int, const char* const*, const char* const*);
  int (*compile)(Program, int, const char* const*);
  int (*log_size)(Program, size_t*);
  int (*log)(Program, char*);
  int (*binary_size)(Program, size_t*);
  int (*destroy)(Program*);

 private:
  template <class F>
  void find(F& function, const char* name) {
    function = reinterpret_cast<F>(dlsym(library, name));
    if (!function) {
      std::fprintf(stderr, "NVRTC: there is no %s in the library\n", name);
      std::exit(1);
    }
  }

  void* library;
};

/// Whether it compiled to machine code; says why not.
bool compiles(const Nvrtc& nvrtc, const std::string& file, int storage, int lanes, int architecture) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  const std::vector<std::string> options{"-std=c++17", "--fmad=false", "-DTWINS=1",
                                         "-DSTORAGE=" + std::to_string(storage),
                                         "-DLANES=" + std::to_string(lanes), "--include-path=.",
                                         "--include-path=" + file.substr(0, file.rfind('/')),
                                         "--gpu-architecture=sm_" + std::to_string(architecture)};
  std::vector<const char*> pointers;
  for (const std::string& o : options) pointers.push_back(o.c_str());
  Program program = nullptr;
  if (nvrtc.create(&program, text.str().c_str(), file.c_str(), 0, nullptr, nullptr) != 0) return false;
  size_t bytes = 0;
  const bool good = nvrtc.compile(program, static_cast<int>(pointers.size()), pointers.data()) == 0 &&
                    nvrtc.binary_size(program, &bytes) == 0 && bytes > 0;
  if (!good) {
    size_t length = 0;
    nvrtc.log_size(program, &length);
    std::string log(length, ' ');
    nvrtc.log(program, log.data());
    std::printf("%s, STORAGE %d, LANES %d, sm_%d:\n%s\n", file.c_str(), storage, lanes, architecture, log.c_str());
  }
  nvrtc.destroy(&program);
  return good;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: nvrtc_check LIBRARY FOLDER\n");
    return 2;
  }
  const Nvrtc nvrtc(argv[1]);
  int major = 0, minor = 0, count = 0;
  nvrtc.version(&major, &minor);
  nvrtc.count_architectures(&count);
  std::vector<int> known(count);
  nvrtc.architectures(known.data());

  int passed = 0, failed = 0;
  std::string done;
  for (const int architecture : {80, 90, 100}) {
    if (std::find(known.begin(), known.end(), architecture) == known.end()) {
      std::printf("NVRTC %d.%d does not know sm_%d, not checked\n", major, minor, architecture);
      continue;
    }
    done += " sm_" + std::to_string(architecture);
    const std::string folder = argv[2];
    for (const int storage : {0, 1, 2}) {
      for (const int lanes : {1, storage == 0 ? 4 : 8}) {
        (compiles(nvrtc, folder + "/others.cu", storage, lanes, architecture) ? passed : failed)++;
      }
    }
    (compiles(nvrtc, folder + "/neuron_T4.cu", 2, 8, architecture) ? passed : failed)++;
  }
  std::printf("NVRTC %d.%d: %d sets of kernels compiled for%s, %d failed\n", major, minor, passed, done.c_str(),
              failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}
