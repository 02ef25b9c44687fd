// libnccl.so.2: ranks are processes of this machine, one a communicator.
//
// A collective is an operation of its stream, or a node of the graph that the stream records. It runs when
// somebody waits for it in every one of the processes, so these must not wait for each other by other means
// meanwhile. Sums are in the order of ranks, in float32, rounded once. Each writes to memory of the
// communicator, as NVIDIA's do: of two in one graph that nothing orders, the check for operations that touch
// the same memory tells. A rank whose process has ended is an asynchronous error, as it is where ranks are
// machines; after it collectives do nothing.
#include <chrono>
#include <cstring>
#include <random>
#include <thread>

#include "hostcuda.h"
#include "nccl_ranks.h"
#include "numbers.h"

using namespace hostcuda;

extern "C" {
CUresult cuMemAlloc_v2(CUdeviceptr*, size_t);
CUresult cuMemFree_v2(CUdeviceptr);
}

namespace {

enum Result : int { SUCCESS = 0, UNHANDLED_CUDA_ERROR = 1, INVALID_ARGUMENT = 4, REMOTE_ERROR = 6 };
enum DataType : int { INT8 = 0, UINT8 = 1, FLOAT32 = 7, BFLOAT16 = 9 };
enum : int { SUM = 0, ONLY_BYTES = -1 };

constexpr char PREFIX[] = "/hostcuda-nccl-";
constexpr size_t WORKSPACE = 512;

struct UniqueId {
  char text[128];
};

/// What collectives that have not run yet, and graphs, hold on to.
struct State {
  Ranks ranks;
  CUdeviceptr workspace = 0;
  uint64_t submitted = 0, ran = 0;
  Result error = SUCCESS;
  bool aborted = false;

  State(const std::string& name, int rank, int size) : ranks(name, rank, size) {}
};

struct Communicator : Object {
  static constexpr const char* KIND = "NCCL communicator";
  std::shared_ptr<State> state;
  std::shared_ptr<int> recorded = std::make_shared<int>();  // shared with the graphs that hold collectives
};

std::string& last_error() {
  static auto* text = new std::string;
  return *text;
}

size_t size_of_type(int type) { return type == FLOAT32 ? 4 : type == BFLOAT16 ? 2 : 1; }
bool known(int type) { return type == INT8 || type == UINT8 || type == FLOAT32 || type == BFLOAT16; }

/// One collective of a communicator: `bytes` of each rank from own, and what becomes of a piece.
struct Request {
  Collective what;
  const void* own;  // null where this rank gives nothing
  size_t bytes;
  std::function<void(const Ranks&, size_t offset, size_t n)> take;
};

void run(State& state, const Request& request) {
  if (state.aborted || state.error != SUCCESS) return;
  const bool all = state.ranks.exchange(request.what, request.own, request.bytes,
                                        [&](size_t offset, size_t n) { request.take(state.ranks, offset, n); });
  if (!all) {
    state.error = REMOTE_ERROR;
    last_error() = state.ranks.gone();
  }
}

Result submit_to(void* handle, CUstream stream, const Request& request, std::vector<Region> regions) {
  Communicator& communicator = get<Communicator>(handle);
  const std::shared_ptr<State> state = communicator.state;
  regions.push_back({state->workspace, WORKSPACE, "memory of the communicator", true});
  Operation operation{request.what.call, std::move(regions), nullptr};
  if (is_capturing(stream)) {
    operation.run = [=, graph = communicator.recorded] { run(*state, request); };
  } else {
    operation.run = [=, ticket = state->submitted++] {
      if (ticket != state->ran++) {
        fail("collectives do not run in the order in which they were called: nothing orders their streams");
      }
      run(*state, request);
    };
  }
  return submit(stream, std::move(operation)) == CUDA_SUCCESS ? SUCCESS : UNHANDLED_CUDA_ERROR;
}

void require_apart_or(CUdeviceptr send, size_t sent, CUdeviceptr receive, size_t received, CUdeviceptr in_place) {
  if (send != in_place && send < receive + received && receive < send + sent) {
    fail("sendbuff and recvbuff overlap, and are not those of an operation in place");
  }
}

void end(void* handle) {
  Communicator& communicator = get<Communicator>(handle);
  const std::shared_ptr<State> state = communicator.state;
  cuMemFree_v2(state->workspace);  // waits
  state->ranks.leave();
  release(Communicator::KIND, handle);
}

}  // namespace

CUDA_API Result ncclGetVersion(int* version) {
  *version = 23007;
  return SUCCESS;
}

CUDA_API Result ncclGetUniqueId(UniqueId* id) {
  Call call(__func__, Call::NOTHING);
  std::random_device random;
  memset(id, 0, sizeof *id);
  snprintf(id->text, sizeof id->text, "%s%08x%08x%08x", PREFIX, random(), random(), random());
  return SUCCESS;
}

CUDA_API const char* ncclGetErrorString(Result result) {
  switch (result) {
    case SUCCESS: return "no error";
    case UNHANDLED_CUDA_ERROR: return "unhandled cuda error (run with NCCL_DEBUG=INFO for details)";
    case INVALID_ARGUMENT: return "invalid argument (run with NCCL_DEBUG=WARN for details)";
    case REMOTE_ERROR: return "remote process exited or there was a network error";
  }
  return "unknown result code";
}

CUDA_API const char* ncclGetLastError(void*) {
  Call call(__func__, Call::NOTHING);
  return last_error().c_str();
}

CUDA_API Result ncclCommInitRank(void** handle, int size, UniqueId id, int rank) {
  Call call(__func__);
  if (size < 1 || size > Ranks::MOST || rank < 0 || rank >= size) {
    last_error() = "rank " + std::to_string(rank) + " of " + std::to_string(size);
    return INVALID_ARGUMENT;
  }
  id.text[sizeof id.text - 1] = 0;
  if (strncmp(id.text, PREFIX, strlen(PREFIX)) != 0) fail("the id is none that ncclGetUniqueId gave");
  auto made = std::make_unique<Communicator>();
  made->state = std::make_shared<State>(id.text, rank, size);
  if (cuMemAlloc_v2(&made->state->workspace, WORKSPACE) != CUDA_SUCCESS) return UNHANDLED_CUDA_ERROR;
  *handle = adopt(Communicator::KIND, std::move(made), true);
  return SUCCESS;
}

CUDA_API Result ncclAllReduce(CUdeviceptr send, CUdeviceptr receive, size_t count, DataType type, int op, void* handle,
                              CUstream stream) {
  Call call(__func__);
  if (op != SUM) fail("the stand-in only sums");
  if (type != FLOAT32 && type != BFLOAT16) fail("the stand-in sums float32 and bfloat16, not type %d", int(type));
  const Type numbers = type == FLOAT32 ? Type::FLOAT : Type::BFLOAT16;
  const size_t size = size_of_type(type), bytes = count * size;
  require_apart_or(send, bytes, receive, bytes, receive);
  const auto take = [=](const Ranks& ranks, size_t offset, size_t n) {
    char* out = reinterpret_cast<char*>(receive) + offset;
    for (size_t i = 0; i < n / size; ++i) {
      float sum = read(numbers, ranks.piece(0), i);
      for (int r = 1; r < ranks.size(); ++r) sum += read(numbers, ranks.piece(r), i);
      write(numbers, out, i, sum);
    }
  };
  return submit_to(handle, stream,
                   {{"ncclAllReduce", count, type, op, -1}, reinterpret_cast<const void*>(send), bytes, take},
                   {{send, bytes, "sendbuff"}, {receive, bytes, "recvbuff", true}});
}

CUDA_API Result ncclAllGather(CUdeviceptr send, CUdeviceptr receive, size_t count, DataType type, void* handle,
                              CUstream stream) {
  Call call(__func__);
  if (!known(type)) return INVALID_ARGUMENT;
  const Ranks& ranks = get<Communicator>(handle).state->ranks;
  const size_t bytes = count * size_of_type(type), all = bytes * ranks.size();
  require_apart_or(send, bytes, receive, all, receive + ranks.rank() * bytes);
  const auto take = [=](const Ranks& ranks, size_t offset, size_t n) {
    for (int r = 0; r < ranks.size(); ++r) {
      memcpy(reinterpret_cast<char*>(receive) + r * bytes + offset, ranks.piece(r), n);
    }
  };
  return submit_to(handle, stream,
                   {{"ncclAllGather", count, type, ONLY_BYTES, -1}, reinterpret_cast<const void*>(send), bytes, take},
                   {{send, bytes, "sendbuff"}, {receive, all, "recvbuff", true}});
}

CUDA_API Result ncclBroadcast(CUdeviceptr send, CUdeviceptr receive, size_t count, DataType type, int root,
                              void* handle, CUstream stream) {
  Call call(__func__);
  const Ranks& ranks = get<Communicator>(handle).state->ranks;
  if (!known(type) || root < 0 || root >= ranks.size()) return INVALID_ARGUMENT;
  const bool gives = ranks.rank() == root;
  const size_t bytes = count * size_of_type(type);
  if (gives) require_apart_or(send, bytes, receive, bytes, receive);
  const auto take = [=](const Ranks& ranks, size_t offset, size_t n) {
    memcpy(reinterpret_cast<char*>(receive) + offset, ranks.piece(root), n);
  };
  std::vector<Region> regions{{receive, bytes, "recvbuff", true}};
  if (gives) regions.push_back({send, bytes, "sendbuff"});
  return submit_to(handle, stream,
                   {{"ncclBroadcast", count, type, ONLY_BYTES, root},
                    gives ? reinterpret_cast<const void*>(send) : nullptr, bytes, take},
                   std::move(regions));
}

CUDA_API Result ncclCommGetAsyncError(void* handle, Result* error) {
  Call call(__func__);
  *error = get<Communicator>(handle).state->error;
  return SUCCESS;
}

CUDA_API Result ncclCommDestroy(void* handle) {
  Call call(__func__);
  if (get<Communicator>(handle).recorded.use_count() > 1) {
    fail("a graph that holds its collectives is still there: NCCL would wait for its end");
  }
  end(handle);
  return SUCCESS;
}

/// At once nothing waits for the other ranks any more; returns when no graph holds collectives.
CUDA_API Result ncclCommAbort(void* handle) {
  {
    Call call(__func__);
    State& state = *get<Communicator>(handle).state;
    state.aborted = true;
    state.ranks.leave();
  }
  for (bool ended = false; !ended;) {
    {
      Call call(__func__);
      ended = get<Communicator>(handle).recorded.use_count() == 1;
      if (ended) end(handle);
    }
    if (!ended) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return SUCCESS;
}
