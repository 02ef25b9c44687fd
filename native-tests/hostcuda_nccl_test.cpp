// The stand-in for NCCL: that ranks, each a process, get the sums, and that misuse does not pass.
#include <csignal>
#include <cstring>
#include <map>

#include "hostcuda_api.h"

enum : int { UINT8 = 1, FLOAT32 = 7, BFLOAT16 = 9, SUM = 0 };
enum : int { SUCCESS = 0, INVALID_ARGUMENT = 4, REMOTE_ERROR = 6 };
struct UniqueId {
  char text[128];
};

extern "C" {
int ncclGetVersion(int*);
int ncclGetUniqueId(UniqueId*);
int ncclCommInitRank(void**, int, UniqueId, int);
int ncclAllReduce(CUdeviceptr, CUdeviceptr, size_t, int, int, void*, CUstream);
int ncclAllGather(CUdeviceptr, CUdeviceptr, size_t, int, void*, CUstream);
int ncclBroadcast(CUdeviceptr, CUdeviceptr, size_t, int, int, void*, CUstream);
int ncclCommGetAsyncError(void*, int*);
int ncclCommDestroy(void*);
int ncclCommAbort(void*);
const char* ncclGetErrorString(int);
const char* ncclGetLastError(void*);
}

namespace {

/// A rank on the device of its process.
struct Rank {
  const Gpu& gpu;
  const int rank, size;
  void* communicator = nullptr;

  void sum(const Memory<float>& x, size_t n) const {
    REQUIRE(ncclAllReduce(x.address(), x.address(), n, FLOAT32, SUM, communicator, gpu.stream) == SUCCESS);
  }
  int error() const {
    int error = -1;
    REQUIRE(ncclCommGetAsyncError(communicator, &error) == SUCCESS);
    return error;
  }
};

/// Runs ranks in processes of their own: their messages, and which of them aborted.
struct Processes {
  std::vector<std::string> output;
  std::vector<bool> aborted, passed;

  Processes(int size, const std::function<void(const Rank&)>& work, bool destroy = true) {
    UniqueId id;
    REQUIRE(ncclGetUniqueId(&id) == SUCCESS);
    std::map<pid_t, int> ranks;
    std::vector<FILE*> logs;
    fflush(nullptr);
    for (int rank = 0; rank < size; ++rank) {
      logs.push_back(tmpfile());
      const pid_t child = fork();
      if (child == 0) {
        dup2(fileno(logs[rank]), 1);
        dup2(fileno(logs[rank]), 2);
        signal(SIGABRT, SIG_DFL);  // doctest's own would report
        try {
          const Gpu gpu;
          Rank own{gpu, rank, size};
          REQUIRE(ncclCommInitRank(&own.communicator, size, id, rank) == SUCCESS);
          work(own);
          if (destroy) REQUIRE(ncclCommDestroy(own.communicator) == SUCCESS);
        } catch (...) {
          fflush(nullptr);
          _exit(3);  // a REQUIRE failed, and said so
        }
        fflush(nullptr);
        _exit(0);
      }
      ranks[child] = rank;
    }
    output.resize(size), aborted.resize(size), passed.resize(size);
    // One that ended is reaped at once, so that it is gone to the others.
    for (int ended = 0, status; ended < size; ++ended) {
      const int rank = ranks.at(waitpid(-1, &status, 0));
      aborted[rank] = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
      passed[rank] = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    for (int rank = 0; rank < size; ++rank) {
      rewind(logs[rank]);
      char buffer[512];
      for (size_t n; (n = fread(buffer, 1, sizeof buffer, logs[rank])) > 0;) output[rank].append(buffer, n);
      fclose(logs[rank]);
    }
  }
};

void check_passes(int size, const std::function<void(const Rank&)>& work, bool destroy = true) {
  const Processes processes(size, work, destroy);
  for (int rank = 0; rank < size; ++rank) {
    INFO("rank " << rank << " said: " << processes.output[rank]);
    CHECK(processes.passed[rank]);
  }
}

/// Checks that every rank aborts with a message that has all these words.
void check_all_abort(int size, const std::vector<std::string>& words, const std::function<void(const Rank&)>& work) {
  const Processes processes(size, work);
  for (int rank = 0; rank < size; ++rank) {
    INFO("rank " << rank << " said: " << processes.output[rank]);
    CHECK(processes.aborted[rank]);
    for (const std::string& word : words) {
      INFO("expected: " << word);
      CHECK(processes.output[rank].find(word) != std::string::npos);
    }
  }
}

std::vector<float> counting(size_t n, float from) {
  std::vector<float> values(n);
  for (size_t i = 0; i < n; ++i) values[i] = from + float(i % 1000);
  return values;
}

}  // namespace

TEST_CASE("the version is that of the header the product was written by") {
  int version = 0;
  CHECK(ncclGetVersion(&version) == SUCCESS);
  CHECK(version == 23007);
}

TEST_CASE("ranks sum, gather and broadcast, also more than they see of each other at a time") {
  for (int size : {1, 2, 3}) {
    for (const size_t n : {size_t{1}, size_t{5}, size_t{600001}}) {
      if (n > 5 && size != 2) continue;
      check_passes(size, [=](const Rank& r) {
        const Memory<float> x(counting(n, float(r.rank)));
        r.sum(x, n);
        r.gpu.wait();
        std::vector<float> expected = counting(n, 0);
        for (float& v : expected) v = v * float(size) + float(size * (size - 1) / 2);
        REQUIRE(x.values() == expected);

        const Memory<uint8_t> part(std::vector<uint8_t>(n, uint8_t(7 + r.rank))), all(n * size);
        REQUIRE(ncclAllGather(part.address(), all.address(), n, UINT8, r.communicator, r.gpu.stream) == SUCCESS);
        r.gpu.wait();
        const std::vector<uint8_t> gathered = all.values();
        for (size_t i = 0; i < n * size; ++i) {
          if (gathered[i] != 7 + i / n) FAIL("byte " << i << " is " << int(gathered[i]));
        }
      });
    }
  }
}

TEST_CASE("what the root has goes to all; parts may lie where they are gathered") {
  check_passes(3, [](const Rank& r) {
    const Memory<float> x(counting(700, float(100 * r.rank)));
    REQUIRE(ncclBroadcast(x.address(), x.address(), 700, FLOAT32, 1, r.communicator, r.gpu.stream) == SUCCESS);
    r.gpu.wait();
    REQUIRE(x.values() == counting(700, 100));

    std::vector<float> own(6, -1);
    own[2 * r.rank] = own[2 * r.rank + 1] = float(r.rank);
    const Memory<float> all(own);
    REQUIRE(ncclAllGather(all.address() + 8 * r.rank, all.address(), 2, FLOAT32, r.communicator, r.gpu.stream) == SUCCESS);
    r.gpu.wait();
    REQUIRE(all.values() == std::vector<float>{0, 0, 1, 1, 2, 2});
  });
}

TEST_CASE("sums are in the order of ranks, and those of bfloat16 are rounded once") {
  check_passes(3, [](const Rank& r) {
    // (1e8 + -1e8) + 1, not 1e8 + (-1e8 + 1), which is 0.
    const Memory<float> x(std::vector<float>{r.rank == 0 ? 1e8f : r.rank == 1 ? -1e8f : 1.0f});
    r.sum(x, 1);
    // 256 + 1 + 1 is 258; rounded in between it would be 256.
    const Memory<uint16_t> narrow(std::vector<uint16_t>{uint16_t(r.rank == 0 ? 0x4380 : 0x3f80)});
    REQUIRE(ncclAllReduce(narrow.address(), narrow.address(), 1, BFLOAT16, SUM, r.communicator, r.gpu.stream) == SUCCESS);
    r.gpu.wait();
    REQUIRE(x.values()[0] == 1);
    REQUIRE(narrow.values()[0] == 0x4381);
  });
}

TEST_CASE("sums are nodes of a graph, between kernels of another stream") {
  check_passes(2, [](const Rank& r) {
    CUstream side;
    CUevent fork, join;
    CUgraph graph;
    CUgraphExec exec;
    OK(cuStreamCreate(&side, CU_STREAM_NON_BLOCKING));
    OK(cuEventCreate(&fork, CU_EVENT_DISABLE_TIMING));
    OK(cuEventCreate(&join, CU_EVENT_DISABLE_TIMING));
    {
      const Memory<float> x(counting(10, float(r.rank))), y(counting(10, 0));
      OK(cuStreamBeginCapture_v2(r.gpu.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
      OK(cuEventRecord(fork, r.gpu.stream));
      OK(cuStreamWaitEvent(side, fork, 0));
      REQUIRE(ncclAllReduce(x.address(), x.address(), 10, FLOAT32, SUM, r.communicator, side) == SUCCESS);
      OK(cuMemsetD8Async(y.address(), 0, 40, r.gpu.stream));
      OK(cuEventRecord(join, side));
      OK(cuStreamWaitEvent(r.gpu.stream, join, 0));
      OK(cuStreamEndCapture(r.gpu.stream, &graph));
      OK(cuGraphInstantiateWithFlags(&exec, graph, 0));
      size_t nodes = 0;
      OK(cuGraphGetNodes(graph, nullptr, &nodes));
      REQUIRE(nodes == 2);
      REQUIRE(x.values()[0] == float(r.rank));
      for (int launch = 0; launch < 3; ++launch) OK(cuGraphLaunch(exec, r.gpu.stream));
      r.gpu.wait();
      for (int i = 0; i < 10; ++i) REQUIRE(x.values()[i] == 4 * (2 * float(i) + 1));  // doubled twice after the first
    }
    OK(cuGraphExecDestroy(exec));
    OK(cuGraphDestroy(graph));
    OK(cuEventDestroy_v2(join));
    OK(cuEventDestroy_v2(fork));
    OK(cuStreamDestroy_v2(side));
  });
}

TEST_CASE("ranks that ask for different things abort with both") {
  check_all_abort(2, {"cuStreamSynchronize: ncclAllReduce: rank", "of 4 float32", "of 5 float32"}, [](const Rank& r) {
    const Memory<float> x(counting(5, 0));
    r.sum(x, 4 + r.rank);
    r.gpu.wait();
  });
  check_all_abort(2, {"of 4 float32", "of 4 bfloat16"}, [](const Rank& r) {
    const Memory<float> x(counting(4, 0));
    ncclAllReduce(x.address(), x.address(), 4, r.rank ? FLOAT32 : BFLOAT16, SUM, r.communicator, r.gpu.stream);
    r.gpu.wait();
  });
  check_all_abort(2, {"ncclAllReduce of 4", "ncclBroadcast of 4"}, [](const Rank& r) {
    const Memory<float> x(counting(4, 0));
    if (r.rank == 0) r.sum(x, 4);
    if (r.rank == 1) ncclBroadcast(x.address(), x.address(), 4, FLOAT32, 0, r.communicator, r.gpu.stream);
    r.gpu.wait();
  });
}

TEST_CASE("a rank that does not come is named") {
  setenv("HOSTCUDA_NCCL_SECONDS", "0.5", 1);
  const Processes late(2, [](const Rank& r) {
    const Memory<float> x(counting(4, 0));
    if (r.rank == 0) r.sum(x, 4);
    if (r.rank == 1) sleep(2);
    r.gpu.wait();
  });
  INFO(late.output[0]);
  CHECK(late.aborted[0]);
  CHECK(late.output[0].find("ncclAllReduce: rank 0 waits to do ncclAllReduce of 4 float32, but rank 1 does not come "
                            "within 0.5 s") != std::string::npos);
  check_aborts({"ncclCommInitRank: rank 0 waits to do ncclCommInitRank of 2, but rank 1 does not come"}, [] {
    const Gpu gpu;
    UniqueId id;
    void* communicator;
    ncclGetUniqueId(&id);
    ncclCommInitRank(&communicator, 2, id, 0);
  });
  unsetenv("HOSTCUDA_NCCL_SECONDS");
}

TEST_CASE("a rank whose process has ended is an error of the communicator, which can be aborted") {
  const Processes processes(2, [](const Rank& r) {
    if (r.rank == 1) _exit(0);
    const Memory<float> x(counting(4, 0));
    REQUIRE(r.error() == SUCCESS);
    r.sum(x, 4);
    r.gpu.wait();
    REQUIRE(r.error() == REMOTE_ERROR);
    REQUIRE(std::string(ncclGetErrorString(r.error())) == "remote process exited or there was a network error");
    REQUIRE(std::string(ncclGetLastError(r.communicator)).find("rank 1 (process ") == 0);
    REQUIRE(ncclCommAbort(r.communicator) == SUCCESS);
  }, false);
  INFO(processes.output[0]);
  CHECK(processes.passed[0]);
}

TEST_CASE("misuse of a communicator aborts with the name of the call") {
  check_all_abort(1, {"ncclCommDestroy", "NCCL communicator", "was destroyed before"}, [](const Rank& r) {
    ncclCommDestroy(r.communicator);
    ncclCommDestroy(r.communicator);
  });
  check_all_abort(1, {"ncclAllReduce", "is a stream, not a NCCL communicator"}, [](const Rank& r) {
    const Memory<float> x(counting(4, 0));
    ncclAllReduce(x.address(), x.address(), 4, FLOAT32, SUM, r.gpu.stream, r.gpu.stream);
  });
  check_all_abort(1, {"ncclAllReduce", "sendbuff", "20 bytes", "are not in device memory"}, [](const Rank& r) {
    const Memory<float> x(counting(4, 0));
    ncclAllReduce(x.address(), x.address(), 5, FLOAT32, SUM, r.communicator, r.gpu.stream);
  });
  check_all_abort(1, {"ncclAllGather", "overlap"}, [](const Rank& r) {
    const Memory<float> x(counting(4, 0));
    ncclAllGather(x.address() + 4, x.address(), 2, FLOAT32, r.communicator, r.gpu.stream);
  });
  check_all_abort(1, {"left open", "NCCL communicator"}, [](const Rank& r) {
    cuStreamDestroy_v2(r.gpu.stream);
    cuDevicePrimaryCtxRelease_v2(0);
  });
  check_aborts({"ncclCommInitRank", "the id is none that ncclGetUniqueId gave"}, [] {
    const Gpu gpu;
    void* communicator;
    ncclCommInitRank(&communicator, 1, UniqueId{}, 0);
  });
}

TEST_CASE("a stream or memory of another context aborts") {
  setenv("HOSTCUDA_DEVICES", "2", 1);
  for (const bool stream_is_other : {true, false}) {
    check_all_abort(1, {"ncclAllReduce", "another context than the current one", stream_is_other ? "stream" : "device memory"}, [=](const Rank& r) {
      CUcontext own, other;
      CUstream foreign;
      OK(cuDevicePrimaryCtxRetain(&own, 0));
      OK(cuDevicePrimaryCtxRetain(&other, 1));
      const Memory<float> x(counting(4, 0));
      OK(cuCtxSetCurrent(other));
      OK(cuStreamCreate(&foreign, CU_STREAM_NON_BLOCKING));
      const Memory<float> y(counting(4, 0));
      OK(cuCtxSetCurrent(own));
      const CUdeviceptr memory = (stream_is_other ? x : y).address();
      ncclAllReduce(memory, memory, 4, FLOAT32, SUM, r.communicator, stream_is_other ? foreign : r.gpu.stream);
    });
  }
}

TEST_CASE("collectives that nothing orders abort, called or recorded") {
  check_all_abort(1, {"do not run in the order in which they were called"}, [](const Rank& r) {
    CUstream second;
    OK(cuStreamCreate(&second, CU_STREAM_NON_BLOCKING));
    const Memory<float> x(counting(4, 0)), y(counting(4, 0));
    setenv("HOSTCUDA_ORDER", "late", 1);
    r.sum(x, 4);
    ncclAllReduce(y.address(), y.address(), 4, FLOAT32, SUM, r.communicator, second);
    cuStreamSynchronize(second);
  });
  check_all_abort(1, {"ncclAllReduce (memory of the communicator)", "may run at the same time"}, [](const Rank& r) {
    CUstream second;
    CUevent fork;
    CUgraph graph;
    OK(cuStreamCreate(&second, CU_STREAM_NON_BLOCKING));
    OK(cuEventCreate(&fork, CU_EVENT_DISABLE_TIMING));
    const Memory<float> x(counting(4, 0)), y(counting(4, 0));
    OK(cuStreamBeginCapture_v2(r.gpu.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
    OK(cuEventRecord(fork, r.gpu.stream));
    OK(cuStreamWaitEvent(second, fork, 0));
    r.sum(x, 4);
    ncclAllReduce(y.address(), y.address(), 4, FLOAT32, SUM, r.communicator, second);
    OK(cuEventRecord(fork, second));
    OK(cuStreamWaitEvent(r.gpu.stream, fork, 0));
    cuStreamEndCapture(r.gpu.stream, &graph);
  });
}

TEST_CASE("a communicator is not destroyed while a graph holds its collectives") {
  check_all_abort(1, {"ncclCommDestroy", "a graph that holds its collectives is still there"}, [](const Rank& r) {
    CUgraph graph;
    const Memory<float> x(counting(4, 0));
    OK(cuStreamBeginCapture_v2(r.gpu.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
    r.sum(x, 4);
    OK(cuStreamEndCapture(r.gpu.stream, &graph));
    ncclCommDestroy(r.communicator);
  });
}
