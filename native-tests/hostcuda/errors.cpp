// Messages: names of results, misuse, and faults.
#include <signal.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "driver.h"

namespace hostcuda {
namespace {

// Names what a fault on this thread belongs to; null: code outside the stand-ins.
thread_local const char* current_call = nullptr;
const char* current_operation = nullptr;
struct sigaction previous_segv, previous_bus, previous_ill;

std::recursive_mutex& lock() {
  static auto* mutex = new std::recursive_mutex;  // outlives every destructor
  return *mutex;
}

void pass_on(const struct sigaction& to, int signal, siginfo_t* info, void* machine) {
  if (to.sa_flags & SA_SIGINFO) {
    to.sa_sigaction(signal, info, machine);
  } else if (to.sa_handler == SIG_DFL || to.sa_handler == SIG_IGN) {
    sigaction(signal, &to, nullptr);  // happens again, to the default
  } else {
    to.sa_handler(signal);
  }
}

void on_fault(int signal, siginfo_t* info, void* machine) {
  const void* address = info->si_addr;
  if (signal != SIGILL) {
    for (Arena* arena : {&device_memory(), &pinned_memory()}) {
      if (arena->holds(address)) {
        fail("address %p may not be touched: %s", address, arena->describe(address).c_str());
      }
    }
  }
  if (current_call) {
    if (signal == SIGILL) fail("an access is not aligned to its size");
    fail("address %p is no memory", address);
  }
  pass_on(signal == SIGSEGV ? previous_segv : signal == SIGBUS ? previous_bus : previous_ill, signal,
          info, machine);
}

struct Text {
  CUresult result;
  const char *name, *text;
};
#define NAMED(name, text) {name, #name, text}
const Text TEXTS[] = {
    NAMED(CUDA_SUCCESS, "no error"),
    NAMED(CUDA_ERROR_INVALID_VALUE, "invalid argument"),
    NAMED(CUDA_ERROR_OUT_OF_MEMORY, "out of memory"),
    NAMED(CUDA_ERROR_NOT_INITIALIZED, "initialization error"),
    NAMED(CUDA_ERROR_NO_DEVICE, "no CUDA-capable device is detected"),
    NAMED(CUDA_ERROR_INVALID_DEVICE, "invalid device ordinal"),
    NAMED(CUDA_ERROR_INVALID_IMAGE, "device kernel image is invalid"),
    NAMED(CUDA_ERROR_INVALID_CONTEXT, "invalid device context"),
    NAMED(CUDA_ERROR_NO_BINARY_FOR_GPU, "no kernel image is available for execution on the device"),
    NAMED(CUDA_ERROR_NOT_FOUND, "named symbol not found"),
    NAMED(CUDA_ERROR_NOT_READY, "device not ready"),
    NAMED(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, "too many resources requested for launch"),
    NAMED(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "operation not permitted when stream is capturing"),
    NAMED(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED,
          "operation failed due to a previous error during capture"),
    NAMED(CUDA_ERROR_STREAM_CAPTURE_MERGE,
          "operation would result in a merge of separate capture sequences"),
    NAMED(CUDA_ERROR_STREAM_CAPTURE_UNMATCHED, "capture was not initiated in this stream"),
    NAMED(CUDA_ERROR_STREAM_CAPTURE_UNJOINED,
          "capturing stream has unjoined work"),
    NAMED(CUDA_ERROR_STREAM_CAPTURE_ISOLATION,
          "dependency created on uncaptured work in another stream"),
    NAMED(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT,
          "operation would make the legacy stream depend on a capturing blocking stream"),
    NAMED(CUDA_ERROR_CAPTURED_EVENT,
          "operation not permitted on an event last recorded in a capturing stream"),
    NAMED(CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD,
          "attempt to terminate a thread-local capture sequence from another thread"),
};
const Text* text_of(CUresult result) {
  for (const Text& text : TEXTS) {
    if (text.result == result) return &text;
  }
  return nullptr;
}

}  // namespace

void fail(const char* format, ...) {
  char message[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  fprintf(stderr, "hostcuda: %s%s%s%s%s\n", current_call ? current_call : "outside of any call", ": ",
          current_operation ? current_operation : "", current_operation ? ": " : "", message);
  fflush(stderr);
  abort();
}

Call::Call(const char* name, Needs needs) {
  lock().lock();
  outer_ = current_call;
  current_call = name;
  if (needs == CURRENT_CONTEXT && !current_context()) {
    fail("no context is current to this thread: cuCtxSetCurrent comes first");
  }
}

Call::~Call() {
  current_call = outer_;
  lock().unlock();
}

Running::Running(const std::string& operation) : outer_(current_operation) {
  current_operation = operation.c_str();
}

Running::~Running() { current_operation = outer_; }

void install_fault_handler() {
  struct sigaction action = {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigaction(SIGSEGV, &action, &previous_segv);
  sigaction(SIGBUS, &action, &previous_bus);
  sigaction(SIGILL, &action, &previous_ill);
}

}  // namespace hostcuda

CUDA_API CUresult cuGetErrorName(CUresult error, const char** name) {
  const auto* text = hostcuda::text_of(error);
  *name = text ? text->name : nullptr;
  return text ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUDA_API CUresult cuGetErrorString(CUresult error, const char** string) {
  const auto* text = hostcuda::text_of(error);
  *string = text ? text->text : nullptr;
  return text ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}
