#include "nccl_ranks.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "hostcuda.h"

namespace hostcuda {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_allowed() {
  static const double seconds = std::stod(setting("NCCL_SECONDS", "60"));
  return seconds;
}

std::string text_of(const Collective& c) {
  const char* types[] = {"int8", "uint8", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64", "bfloat16"};
  std::string text = std::string(c.call) + " of " + std::to_string(c.count);
  if (c.type >= 0 && c.type < 10) text += std::string(" ") + types[c.type];
  if (c.root >= 0) text += " from rank " + std::to_string(c.root);
  return text;
}

bool alike(const Collective& a, const Collective& b) {
  return !strcmp(a.call, b.call) && a.count == b.count && a.type == b.type && a.reduction == b.reduction && a.root == b.root;
}

}  // namespace

struct Ranks::Shared {
  struct Place {
    std::atomic<uint64_t> met;  // how often this rank came
    std::atomic<pid_t> process;
    std::atomic<bool> left;
    Collective what;
  } places[MOST];
  char pieces[MOST][PIECE];
};

Ranks::Ranks(const std::string& name, int rank, int size) : name_(name), rank_(rank), size_(size) {
  const int file = shm_open(name.c_str(), O_CREAT | O_RDWR, 0600);
  // New memory is zero; who comes later finds it as long already.
  if (file < 0 || ftruncate(file, sizeof(Shared)) != 0) fail("shared memory %s: %s", name.c_str(), strerror(errno));
  void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (memory == MAP_FAILED) fail("shared memory %s: %s", name.c_str(), strerror(errno));
  shared_ = static_cast<Shared*>(memory);
  pid_t nobody = 0;
  if (!shared_->places[rank].process.compare_exchange_strong(nobody, getpid())) {
    fail("rank %d is process %d already", rank, int(nobody));
  }
  const Collective coming{"ncclCommInitRank", uint64_t(size), -1, -1, -1};
  if (!exchange(coming, nullptr, 0, nullptr)) fail("%s", gone_.c_str());
  shm_unlink(name.c_str());
}

Ranks::~Ranks() {
  leave();
  munmap(shared_, sizeof(Shared));
}

void Ranks::leave() { shared_->places[rank_].left = true; }

const char* Ranks::piece(int rank) const { return shared_->pieces[rank]; }

bool Ranks::exchange(const Collective& what, const void* own, size_t bytes,
                     const std::function<void(size_t, size_t)>& take) {
  shared_->places[rank_].what = what;
  if (!meet()) return false;
  require_alike();
  for (size_t done = 0; done < bytes; done += PIECE) {
    const size_t n = std::min(PIECE, bytes - done);
    if (own) memcpy(shared_->pieces[rank_], static_cast<const char*>(own) + done, n);
    if (!meet()) return false;
    take(done, n);
    if (!meet()) return false;
  }
  return bytes > 0 || meet();
}

/// Returns when all have come here as often as this rank.
bool Ranks::meet() {
  shared_->places[rank_].met = ++met_;
  const auto began = Clock::now();
  for (int r = 0; r < size_; ++r) {
    const Shared::Place& place = shared_->places[r];
    for (int looks = 0; place.met < met_; ++looks) {
      const pid_t process = place.process;
      // A process that ends has first come as far as it came.
      const bool ended = process != 0 && (place.left || (kill(process, 0) != 0 && errno == ESRCH));
      if (ended && place.met < met_) {
        gone_ = "rank " + std::to_string(r) + " (process " + std::to_string(process) + ") is gone";
        return false;
      }
      const double waited = std::chrono::duration<double>(Clock::now() - began).count();
      if (waited > seconds_allowed()) {
        if (met_ == 1) shm_unlink(name_.c_str());
        fail("rank %d waits to do %s, but rank %d does not come within %g s (HOSTCUDA_NCCL_SECONDS)", rank_,
             text_of(shared_->places[rank_].what).c_str(), r, seconds_allowed());
      }
      if (looks < 100) {
        sched_yield();
      } else {
        usleep(100);
      }
    }
  }
  return true;
}

void Ranks::require_alike() const {
  const Collective& own = shared_->places[rank_].what;
  for (int r = 0; r < size_; ++r) {
    const Collective& other = shared_->places[r].what;
    if (!alike(own, other)) {
      fail("rank %d does %s where rank %d does %s", rank_, text_of(own).c_str(), r, text_of(other).c_str());
    }
  }
}

}  // namespace hostcuda
