// What the files of libcuda.so.1 share.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "hostcuda.h"

namespace hostcuda {

// ---- context.cpp ----
struct Context {
  int device;
  int references = 0;
  size_t used = 0;  // bytes of device memory
};
Context* current_context();
size_t memory_of_a_device();
/// Fails if anything of this context (null: of the process) is open.
void require_closed(const Context* context);

// ---- errors.cpp ----
/// Names an operation in messages, while it lasts.
class Running {
 public:
  explicit Running(const std::string& operation);
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  const char* outer_;
};
/// From here on, a fault in the stand-ins or in guarded memory ends the process with a message.
void install_fault_handler();

// ---- objects.cpp ----
/// Every open object that belongs to the context, or with null to no context at all; the oldest first.
std::vector<Object*> open_objects(const Context* context);

// ---- memory.cpp ----
struct Allocation {
  char* base;
  size_t bytes;
  char* first_page;  // the first byte that may be touched; what lies before base is watched
  size_t mapped;
  bool freed = false;
  Context* context;
};

/// Addresses for memory of one kind. They are used once: after free, nobody ever gets them again.
class Arena {
 public:
  Arena(const char* what, size_t reserve);
  /// Null if the machine has no memory left.
  void* allocate(size_t bytes);
  void free(void* base);
  bool holds(const void* address) const;
  /// The allocation that an address lies in or right before or after; null if there was never one.
  Allocation* nearest(const void* address);
  /// The live allocation that holds all of it; fails, with the name of the argument, if none does.
  Allocation& require(const void* address, size_t bytes, const char* argument);
  /// Fails if somebody wrote before or after the allocation.
  void require_intact(const Allocation& allocation) const;
  void require_all_intact() const;
  std::vector<const Allocation*> open(const Context* context) const;
  /// A sentence about an address: which allocation, and where in it or beside it.
  std::string describe(const void* address);

 private:
  const char* what_;
  char *begin_, *end_, *next_;
  std::map<char*, Allocation> allocations_;  // by first page
};
Arena& device_memory();
Arena& pinned_memory();
inline void* as_pointer(CUdeviceptr address) { return reinterpret_cast<void*>(address); }

// ---- streams.cpp ----
struct Stream;
/// One recording of an event.
struct Record {
  Stream* stream;
  uint64_t ticket;
  bool done = false;
  double seconds = 0;
};
/// An operation of a graph, and the numbers of those that have to run before it.
struct Node {
  Operation operation;
  std::vector<size_t> after;
};
using Work = std::shared_ptr<const std::vector<Node>>;
/// One entry of a stream: waits for a record, or does work, or makes a record.
struct Item {
  Work work;
  std::shared_ptr<Record> wait, record;
};
struct Capture {
  CUstreamCaptureMode mode;
  std::thread::id thread;
  bool broken = false;
  Stream* origin;
  std::vector<Node> nodes;
};
struct Stream : Object {
  static constexpr const char* KIND = "stream";
  bool blocking;
  std::deque<Item> queue;
  uint64_t submitted = 0, completed = 0;
  std::shared_ptr<Capture> capture;
  std::vector<size_t> latest;  // nodes of the capture that what comes next has to wait for
};
struct Event : Object {
  static constexpr const char* KIND = "event";
  bool timing;
  std::shared_ptr<Record> last;  // null: never recorded
  std::shared_ptr<Capture> captured;  // the capture it was recorded in last
  std::vector<size_t> nodes;          // of that capture, which it stands for
};
bool is_null(CUstream stream);
void check(const Operation& operation);
void enqueue(Stream& stream, Item item);
/// Runs what the stream holds up to and with this ticket, and on the way what it waits for.
void wait_for(Stream& stream, uint64_t ticket);
/// Waits for all streams of the context.
void wait_for_all();

// ---- graphs.cpp ----
/// For calls that are not allowed while a stream captures: breaks the captures that forbid it here,
/// and returns whether there were any.
bool forbidden_by_capture();

}  // namespace hostcuda
