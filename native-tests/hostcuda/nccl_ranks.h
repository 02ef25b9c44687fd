// The processes of one communicator, and the memory that they share: a place for each to say what it does,
// and one for a piece of its data.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

namespace hostcuda {

/// What a rank asks for; all have to ask for the same.
struct Collective {
  char call[32];
  uint64_t count;
  int type, reduction, root;
};

class Ranks {
 public:
  static constexpr int MOST = 16;
  static constexpr size_t PIECE = 1 << 20;  // bytes of a rank's data that the others see at a time

  /// Comes to the memory of this name, waits for the others, and takes the name away: nothing is left behind
  /// by processes that are killed later.
  Ranks(const std::string& name, int rank, int size);
  ~Ranks();
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }

  /// The ranks hand round `bytes` bytes of each, a piece at a time: take(offset, n) is called when piece(r) is
  /// that of rank r. Fails where another rank asks for something else, or does not come within
  /// HOSTCUDA_NCCL_SECONDS. Returns false, and gone() says why, if a rank's process has ended or left.
  bool exchange(const Collective& what, const void* own, size_t bytes,
                const std::function<void(size_t offset, size_t n)>& take);
  const char* piece(int rank) const;
  const std::string& gone() const { return gone_; }

  /// Tells the others not to wait for this rank any more.
  void leave();

 private:
  struct Shared;
  bool meet();
  void require_alike() const;

  Shared* shared_;
  std::string name_, gone_;
  int rank_, size_;
  uint64_t met_ = 0;
};

}  // namespace hostcuda
