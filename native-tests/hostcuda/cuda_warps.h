// Threads that wait for each other, for kernels with shuffles or barriers (cuda_on_host.h includes
// this for them): every thread of a block has a stack of its own and runs until it comes to one.
// When all who share it have come, they go on. If some wait and nobody can go on, the threads of a
// warp have parted, or a barrier is in a branch; that would hang a GPU, and it aborts here.
#pragma once
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

namespace hostcuda {

constexpr unsigned MOST_THREADS = 1024, WARP = 32;
constexpr size_t STACK = 64 << 10;

enum State { READY, AT_SHUFFLE, AT_BARRIER, ENDED };

struct Thread {
  State state = ENDED;
  jmp_buf place;
  bool started = false;
  // At a shuffle: what it is, who takes part, the value given, the lane asked for it, the value taken.
  const char* function;
  unsigned mask, source;
  unsigned long long give, take;
};

struct Stacks {
  char* base = nullptr;
  ~Stacks() {
    if (base) munmap(base, STACK * MOST_THREADS);
  }
};

static Thread threads[MOST_THREADS];
static Thread* self;
static Stacks stacks;
static jmp_buf scheduler;
static void (*body)(const void*);
static const void* body_argument;

/// Leaves this thread where it is, until the scheduler comes back to it.
__attribute__((noinline)) static void pause(State state) {
  self->state = state;
  if (!_setjmp(self->place)) _longjmp(scheduler, 1);
}

/// What a stack runs: one thread after the other, of one block after the other.
static void run_threads() {
  for (;;) {
    body(body_argument);
    pause(ENDED);
  }
}

/// Runs a thread until it waits or ends.
__attribute__((noinline)) static void resume(unsigned number) {
  self = &threads[number];
  threadIdx = {number % blockDim.x, number / blockDim.x % blockDim.y, number / blockDim.x / blockDim.y};
  if (_setjmp(scheduler)) return;
  if (self->started) _longjmp(self->place, 1);
  self->started = true;
  ucontext_t fresh;
  getcontext(&fresh);
  fresh.uc_stack.ss_sp = stacks.base + STACK * number;
  fresh.uc_stack.ss_size = STACK;
  fresh.uc_link = nullptr;
  makecontext(&fresh, run_threads, 0);
  setcontext(&fresh);
}

/// Lets the lanes of a warp go on that have met at a shuffle; returns whether there were any.
static bool meet(Thread* warp, unsigned lanes) {
  for (unsigned first = 0; first < lanes; ++first) {
    const Thread& one = warp[first];
    if (one.state != AT_SHUFFLE) continue;
    bool all = true;
    for (unsigned i = 0; i < lanes; ++i) {
      if (!(one.mask >> i & 1) || warp[i].state == ENDED) continue;
      all &= warp[i].state == AT_SHUFFLE && warp[i].mask == one.mask && warp[i].function == one.function;
    }
    if (!all || !(one.mask >> first & 1)) continue;
    const unsigned mask = one.mask;
    for (unsigned i = 0; i < lanes; ++i) {
      Thread& lane = warp[i];
      if (!(mask >> i & 1) || lane.state != AT_SHUFFLE) continue;
      // What a lane that takes no part would give is undefined: a NaN.
      const bool given = lane.source < lanes && mask >> lane.source & 1 && warp[lane.source].state != ENDED;
      lane.take = given ? warp[lane.source].give : ~0ull;
    }
    for (unsigned i = 0; i < lanes; ++i) {
      if (mask >> i & 1 && warp[i].state == AT_SHUFFLE) warp[i].state = READY;
    }
    return true;
  }
  return false;
}

static void run_to_end(const char* kernel, unsigned count) {
  for (;;) {
    unsigned ended = 0, at_barrier = 0;
    for (unsigned i = 0; i < count; ++i) {
      if (threads[i].state == READY) resume(i);
      ended += threads[i].state == ENDED;
      at_barrier += threads[i].state == AT_BARRIER;
    }
    if (ended == count) return;
    bool go_on = ended + at_barrier == count;
    if (go_on) {
      for (unsigned i = 0; i < count; ++i) {
        if (threads[i].state == AT_BARRIER) threads[i].state = READY;
      }
    } else {
      for (unsigned i = 0; i < count; i += WARP) {
        go_on |= meet(threads + i, count - i < WARP ? count - i : WARP);
      }
    }
    if (!go_on) {
      const char* function = "";
      for (unsigned i = 0; i < count; ++i) {
        if (threads[i].state == AT_SHUFFLE) function = threads[i].function;
      }
      fprintf(stderr,
              "hostcuda: kernel %s: in block %u, %u, %u of %u threads %u have ended, %u wait at "
              "__syncthreads and %u at %s, and the others never come\n",
              kernel, blockIdx.x, blockIdx.y, blockIdx.z, count, ended, at_barrier,
              count - ended - at_barrier, function);
      abort();
    }
  }
}

/// Runs the kernel as every thread of a block.
template <class Body>
inline void run_block(const char* kernel, const Body& thread) {
  if (!stacks.base) {
    void* base = mmap(nullptr, STACK * MOST_THREADS, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) abort();
    stacks.base = static_cast<char*>(base);
  }
  body = [](const void* argument) { (*static_cast<const Body*>(argument))(); };
  body_argument = &thread;
  const unsigned count = blockDim.x * blockDim.y * blockDim.z;
  for (unsigned i = 0; i < count; ++i) threads[i].state = READY;
  run_to_end(kernel, count);
}

/// The value that lane `source` of this warp gives at the same call.
template <class T>
inline T shuffle(const char* function, unsigned mask, T value, unsigned source) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "a shuffle moves 32 or 64 bits");
  Thread& me = *self;
  me.function = function;
  me.mask = mask;
  me.source = source;
  memcpy(&me.give, &value, sizeof value);
  pause(AT_SHUFFLE);
  memcpy(&value, &self->take, sizeof value);
  return value;
}
inline unsigned this_lane() { return (self - threads) % WARP; }

}  // namespace hostcuda

// Shared memory is static here, and a compiler must not think that it knows what is in it when other
// threads have run.
#define HOSTCUDA_FENCE asm volatile("" ::: "memory")

static inline void __syncthreads() {
  HOSTCUDA_FENCE;
  hostcuda::pause(hostcuda::AT_BARRIER);
  HOSTCUDA_FENCE;
}
static inline void __syncwarp(unsigned mask = 0xffffffffu) {
  HOSTCUDA_FENCE;
  hostcuda::shuffle(__func__, mask, 0, hostcuda::this_lane());
  HOSTCUDA_FENCE;
}
// As CUDA defines them, a lane beyond its section of `width` lanes gets its own value.
template <class T>
inline T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32) {
  const unsigned lane = hostcuda::this_lane(), source = lane ^ unsigned(lanes);
  return hostcuda::shuffle(__func__, mask, value, source < (lane | unsigned(width - 1)) + 1 ? source : lane);
}
template <class T>
inline T __shfl_down_sync(unsigned mask, T value, unsigned lanes, int width = 32) {
  const unsigned lane = hostcuda::this_lane(), source = lane + lanes;
  return hostcuda::shuffle(__func__, mask, value, source <= (lane | unsigned(width - 1)) ? source : lane);
}
template <class T>
inline T __shfl_up_sync(unsigned mask, T value, unsigned lanes, int width = 32) {
  const unsigned lane = hostcuda::this_lane(), in_section = lane & unsigned(width - 1);
  return hostcuda::shuffle(__func__, mask, value, lanes <= in_section ? lane - lanes : lane);
}
template <class T>
inline T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
  const unsigned lane = hostcuda::this_lane(), last = unsigned(width - 1);
  return hostcuda::shuffle(__func__, mask, value, (lane & ~last) | (unsigned(source) & last));
}
