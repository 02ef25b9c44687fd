// The graph calls of the stand-in for cuDNN: against its older calls, and what they refuse.
#include <cstring>
#include <memory>

#include "hostcuda/conversions.h"
#include "hostcuda_api.h"

extern "C" {
int cudnnCreate(void**);
int cudnnDestroy(void*);
int cudnnSetStream(void*, CUstream);
void cudnnGetLastErrorString(char*, size_t);
int cudnnBackendCreateDescriptor(int, void**);
int cudnnBackendDestroyDescriptor(void*);
int cudnnBackendSetAttribute(void*, int, int, int64_t, const void*);
int cudnnBackendGetAttribute(void*, int, int, int64_t, int64_t*, void*);
int cudnnBackendFinalize(void*);
int cudnnBackendExecute(void*, void*, void*);
int cudnnCreateTensorDescriptor(void**);
int cudnnDestroyTensorDescriptor(void*);
int cudnnSetTensor4dDescriptor(void*, int, int, int, int, int, int);
int cudnnCreateFilterDescriptor(void**);
int cudnnDestroyFilterDescriptor(void*);
int cudnnSetFilter4dDescriptor(void*, int, int, int, int, int, int);
int cudnnCreateConvolutionDescriptor(void**);
int cudnnDestroyConvolutionDescriptor(void*);
int cudnnSetConvolution2dDescriptor(void*, int, int, int, int, int, int, int, int);
int cudnnConvolutionForward(void*, const void*, void*, CUdeviceptr, void*, CUdeviceptr, void*, int, CUdeviceptr, size_t,
                            const void*, void*, CUdeviceptr);
int cudnnConvolutionBackwardData(void*, const void*, void*, CUdeviceptr, void*, CUdeviceptr, void*, int, CUdeviceptr,
                                 size_t, const void*, void*, CUdeviceptr);
int cudnnConvolutionBackwardFilter(void*, const void*, void*, CUdeviceptr, void*, CUdeviceptr, void*, int, CUdeviceptr,
                                   size_t, const void*, void*, CUdeviceptr);
}

namespace {
enum { CONVOLUTION = 1, ENGINE = 2, CONFIGURATION = 3, HEURISTICS = 4, PLAN = 5, GRAPH = 15, PACK = 16, TENSOR = 17 };
enum { HANDLE = 0, DATA_TYPE = 1, INT64 = 3, FLOAT = 4, VOID_PTR = 6, MODE = 7, HEURISTIC = 8, NOTE = 11 };
enum { DESCRIPTOR = 15, CHAR = 24 };
enum { FORWARD = 10, FILTER = 11, DATA = 12 };
constexpr int DATA_FLOAT = 0, DATA_HALF = 2, DATA_BFLOAT16 = 9;
constexpr int BAD_PARAM = 2000, NULL_POINTER = 2002, MISALIGNED = 2003, NOT_FINALIZED = 2004, INSUFFICIENT = 2006,
              SHAPE_MISMATCH = 2008, ATTRIBUTE_TYPE = 2010, NOT_SUPPORTED = 3000, PATTERN = 3001, LAYOUT = 3004;
constexpr int A = 3, B = 1, FALLBACK = 2;

class Descriptor {
 public:
  explicit Descriptor(int type) { REQUIRE(cudnnBackendCreateDescriptor(type, &handle_) == 0); }
  ~Descriptor() { cudnnBackendDestroyDescriptor(handle_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  void* handle() const { return handle_; }
  template <class T>
  int set(int name, int type, std::initializer_list<T> values) const {
    return cudnnBackendSetAttribute(handle_, name, type, int64_t(values.size()), values.begin());
  }
  int numbers(int name, std::initializer_list<int64_t> values) const { return set(name, INT64, values); }
  int other(int name, const Descriptor& value) const { return set(name, DESCRIPTOR, {value.handle()}); }
  int finalize() const { return cudnnBackendFinalize(handle_); }
  int64_t number(int name) const {
    int64_t value = -1, count = 0;
    CHECK(cudnnBackendGetAttribute(handle_, name, INT64, 1, &count, &value) == 0);
    return value;
  }
  int64_t count(int name, int type) const {
    int64_t count = -1;
    CHECK(cudnnBackendGetAttribute(handle_, name, type, 0, &count, nullptr) == 0);
    return count;
  }

 private:
  void* handle_;
};

struct Sizes {
  int n, h, w, c, k, r, pad, stride, dilation;
  int p() const { return (h + 2 * pad - dilation * (r - 1) - 1) / stride + 1; }
  int q() const { return (w + 2 * pad - dilation * (r - 1) - 1) / stride + 1; }
};

void fill_tensor(const Descriptor& t, int64_t uid, int type, int64_t n, int64_t c, int64_t h, int64_t w) {
  CHECK(t.numbers(906, {uid}) == 0);
  CHECK(t.set(901, DATA_TYPE, {type}) == 0);
  CHECK(t.numbers(900, {16}) == 0);
  CHECK(t.numbers(902, {n, c, h, w}) == 0);
  CHECK(t.numbers(903, {h * w * c, 1, w * c, c}) == 0);
}

void fill_convolution(const Descriptor& v, const Sizes& o) {
  CHECK(v.set(100, DATA_TYPE, {DATA_FLOAT}) == 0);
  CHECK(v.set(101, MODE, {1}) == 0);
  CHECK(v.numbers(106, {2}) == 0);
  CHECK(v.numbers(102, {o.dilation, o.dilation}) == 0);
  CHECK(v.numbers(103, {o.stride, o.stride}) == 0);
  CHECK(v.numbers(104, {o.pad, o.pad}) == 0);
  CHECK(v.numbers(105, {o.pad, o.pad}) == 0);
}

/// One convolution from its tensors to its graph; the tensors are 7, 8 and 9.
struct Problem {
  Descriptor x{TENSOR}, w{TENSOR}, y{TENSOR}, convolution{CONVOLUTION}, operation, graph{GRAPH};

  Problem(void* handle, int direction, const Sizes& o, int type, float alpha = 1, float beta = 0)
      : operation(direction) {
    fill_tensor(x, 7, type, o.n, o.c, o.h, o.w);
    fill_tensor(w, 8, type, o.k, o.c, o.r, o.r);
    fill_tensor(y, 9, type, o.n, o.k, o.p(), o.q());
    fill_convolution(convolution, o);
    for (const Descriptor* d : {&x, &w, &y, &convolution}) CHECK(d->finalize() == 0);
    const int first = direction == FORWARD ? 700 : direction == DATA ? 706 : 712;
    CHECK(operation.set(first, FLOAT, {alpha}) == 0);
    CHECK(operation.set(first + 1, FLOAT, {beta}) == 0);
    CHECK(operation.other(first + 2, convolution) == 0);
    CHECK(operation.other(first + 3, w) == 0);
    CHECK(operation.other(first + 4, x) == 0);
    CHECK(operation.other(first + 5, y) == 0);
    CHECK(operation.finalize() == 0);
    CHECK(graph.set(800, HANDLE, {handle}) == 0);
    CHECK(graph.other(801, operation) == 0);
    CHECK(graph.finalize() == 0);
  }
};

/// The configurations of a heuristic.
struct Offer {
  Descriptor heuristics{HEURISTICS};
  std::vector<std::unique_ptr<Descriptor>> configurations;

  Offer(const Problem& problem, int mode) {
    CHECK(heuristics.other(201, problem.graph) == 0);
    CHECK(heuristics.set(200, HEURISTIC, {mode}) == 0);
    CHECK(heuristics.finalize() == 0);
    std::vector<void*> handles;
    for (int64_t i = heuristics.count(202, DESCRIPTOR); i > 0; --i) {
      configurations.push_back(std::make_unique<Descriptor>(CONFIGURATION));
      handles.push_back(configurations.back()->handle());
    }
    int64_t count = 0;
    const auto room = int64_t(handles.size());
    CHECK(cudnnBackendGetAttribute(heuristics.handle(), 202, DESCRIPTOR, room, &count, handles.data()) == 0);
    CHECK(count == room);
  }
};

std::vector<int> notes(const Descriptor& configuration) {
  const Descriptor engine(ENGINE);
  void* handle = engine.handle();
  int64_t count = 0;
  CHECK(cudnnBackendGetAttribute(configuration.handle(), 300, DESCRIPTOR, 1, &count, &handle) == 0);
  std::vector<int> notes(engine.count(1303, NOTE));
  CHECK(cudnnBackendGetAttribute(engine.handle(), 1303, NOTE, int64_t(notes.size()), &count, notes.data()) == 0);
  return notes;
}

int finalize_plan(const Descriptor& plan, void* handle, const Descriptor& configuration) {
  CHECK(plan.set(400, HANDLE, {handle}) == 0);
  CHECK(plan.other(401, configuration) == 0);
  return plan.finalize();
}

std::string text(const Descriptor& plan) {
  std::string text(plan.count(405, CHAR), '?');
  int64_t count = 0;
  CHECK(cudnnBackendGetAttribute(plan.handle(), 405, CHAR, int64_t(text.size()), &count, text.data()) == 0);
  return text;
}

int execute(void* handle, const Descriptor& plan, std::initializer_list<int64_t> uids,
            std::initializer_list<CUdeviceptr> addresses, CUdeviceptr workspace) {
  const Descriptor pack(PACK);
  CHECK(pack.numbers(1000, uids) == 0);
  CHECK(pack.set(1001, VOID_PTR, addresses) == 0);
  CHECK(pack.set(1003, VOID_PTR, {workspace}) == 0);
  CHECK(pack.finalize() == 0);
  return cudnnBackendExecute(handle, plan.handle(), pack.handle());
}

std::string last_error() {
  char text[200];
  cudnnGetLastErrorString(text, sizeof text);
  return text;
}

struct Handle {
  void* handle;
  explicit Handle(const Gpu& gpu) {
    REQUIRE(cudnnCreate(&handle) == 0);
    cudnnSetStream(handle, gpu.stream);
  }
  ~Handle() { cudnnDestroy(handle); }
};

/// Random numbers of one of cuDNN's types.
std::vector<char> drawn(int type, size_t n, unsigned seed) {
  std::vector<char> bytes;
  for (float value : random_floats(n, seed)) {
    const uint16_t half = type == DATA_HALF ? hostcuda::float_to_half(value) : hostcuda::float_to_bfloat16(value);
    const auto* first = type == DATA_FLOAT ? reinterpret_cast<const char*>(&value) : reinterpret_cast<const char*>(&half);
    bytes.insert(bytes.end(), first, first + (type == DATA_FLOAT ? 4 : 2));
  }
  return bytes;
}

/// The same by the older calls, into the output's memory.
void run_legacy(void* handle, int direction, const Sizes& o, int type, float alpha, float beta, CUdeviceptr x,
                CUdeviceptr w, CUdeviceptr y, CUdeviceptr workspace, size_t bytes) {
  void *dx, *dw, *dy, *v;
  cudnnCreateTensorDescriptor(&dx);
  cudnnCreateTensorDescriptor(&dy);
  cudnnCreateFilterDescriptor(&dw);
  cudnnCreateConvolutionDescriptor(&v);
  cudnnSetTensor4dDescriptor(dx, 1, type, o.n, o.c, o.h, o.w);
  cudnnSetTensor4dDescriptor(dy, 1, type, o.n, o.k, o.p(), o.q());
  cudnnSetFilter4dDescriptor(dw, type, 1, o.k, o.c, o.r, o.r);
  cudnnSetConvolution2dDescriptor(v, o.pad, o.pad, o.stride, o.stride, o.dilation, o.dilation, 1, DATA_FLOAT);
  if (direction == FORWARD) {
    CHECK(cudnnConvolutionForward(handle, &alpha, dx, x, dw, w, v, 1, workspace, bytes, &beta, dy, y) == 0);
  } else if (direction == DATA) {
    CHECK(cudnnConvolutionBackwardData(handle, &alpha, dw, w, dy, y, v, 1, workspace, bytes, &beta, dx, x) == 0);
  } else {
    CHECK(cudnnConvolutionBackwardFilter(handle, &alpha, dx, x, dy, y, v, 1, workspace, bytes, &beta, dw, w) == 0);
  }
  cudnnDestroyConvolutionDescriptor(v);
  cudnnDestroyFilterDescriptor(dw);
  cudnnDestroyTensorDescriptor(dy);
  cudnnDestroyTensorDescriptor(dx);
}

constexpr Sizes SIZES{2, 7, 5, 3, 6, 3, 1, 2, 1};
}  // namespace

TEST_CASE("plans compute what the older calls do, also from their text and out of a graph") {
  const Gpu gpu;
  const Handle cudnn(gpu);
  for (int type : {DATA_FLOAT, DATA_HALF, DATA_BFLOAT16}) {
    for (int direction : {FORWARD, DATA, FILTER}) {
      for (float beta : {0.0f, 1.0f, -0.5f}) {
        // Dilated where something is added to.
        const Sizes o = beta == 0 ? SIZES : Sizes{2, 7, 5, 3, 6, 3, 2, 1, 3};
        INFO("type " << type << ", operation " << direction << ", beta " << beta);
        const std::vector<char> x = drawn(type, o.n * o.h * o.w * o.c, 1), w = drawn(type, o.k * o.r * o.r * o.c, 2),
                                y = drawn(type, o.n * o.p() * o.q() * o.k, 3);
        const Memory<char> workspace(4096);
        std::vector<std::vector<char>> results;
        const Descriptor plan(PLAN), again(PLAN);
        {
          // What a plan is made of may go before it.
          const Problem problem(cudnn.handle, direction, o, type, 0.5f, beta);
          const Offer offer(problem, A);
          CHECK(finalize_plan(plan, cudnn.handle, *offer.configurations.back()) == 0);
        }
        CHECK(plan.number(402) <= 4096);
        const std::string json = text(plan);
        CHECK(again.set(400, HANDLE, {cudnn.handle}) == 0);
        CHECK(cudnnBackendSetAttribute(again.handle(), 405, CHAR, int64_t(json.size()), json.data()) == 0);
        CHECK(again.finalize() == 0);
        CHECK(text(again) == json);
        CHECK(again.number(402) == plan.number(402));
        for (int way = 0; way < 4; ++way) {
          const Memory<char> dx(x), dw(w), dy(y);
          const auto run = [&](const Descriptor& by) {
            CHECK(execute(cudnn.handle, by, {9, 7, 8}, {dy.address(), dx.address(), dw.address()},
                          workspace.address()) == 0);
          };
          if (way == 0) {
            run_legacy(cudnn.handle, direction, o, type, 0.5f, beta, dx.address(), dw.address(), dy.address(),
                       workspace.address(), 4096);
          } else if (way < 3) {
            run(way == 1 ? plan : again);
          } else {
            CUgraph graph;
            CUgraphExec exec;
            OK(cuStreamBeginCapture_v2(gpu.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
            run(plan);
            OK(cuStreamEndCapture(gpu.stream, &graph));
            OK(cuGraphInstantiateWithFlags(&exec, graph, 0));
            OK(cuGraphLaunch(exec, gpu.stream));
            gpu.wait();
            OK(cuGraphExecDestroy(exec));
            OK(cuGraphDestroy(graph));
          }
          gpu.wait();
          CHECK((direction == FORWARD ? dx.values() == x && dw.values() == w
                 : direction == DATA  ? dw.values() == w && dy.values() == y
                                      : dx.values() == x && dy.values() == y));
          results.push_back((direction == FORWARD ? dy : direction == DATA ? dx : dw).values());
          CHECK(results[way] == results[0]);
        }
        CHECK(results[0] != (direction == FORWARD ? y : direction == DATA ? x : w));
        // Whatever it was, a plan leaves it in its workspace.
        CHECK(workspace.values()[0] == char(0xff));
      }
    }
  }
}

TEST_CASE("heuristics offer what a chooser has to see through") {
  const Gpu gpu;
  const Handle cudnn(gpu);
  const Problem problem(cudnn.handle, FORWARD, SIZES, DATA_HALF);
  const Offer a(problem, A), b(problem, B), fallback(problem, FALLBACK);
  CHECK(a.configurations.size() == 6);
  CHECK(b.configurations.size() == 2);
  CHECK(fallback.configurations.size() == 1);
  const Descriptor unfinished(PLAN), greedy(PLAN), liar(PLAN), last(PLAN), same(PLAN);
  CHECK(finalize_plan(unfinished, cudnn.handle, *a.configurations[0]) == NOT_SUPPORTED);
  CHECK(last_error() == "this engine never works");
  CHECK(last_error().empty());
  CHECK(notes(*a.configurations[1]) == std::vector<int>{0, 4});
  CHECK(finalize_plan(greedy, cudnn.handle, *a.configurations[2]) == 0);
  CHECK(greedy.number(402) == int64_t{1} << 30);
  CHECK(notes(*a.configurations[3]) == std::vector<int>{2});
  CHECK(finalize_plan(last, cudnn.handle, *a.configurations[5]) == 0);
  CHECK(finalize_plan(same, cudnn.handle, *b.configurations[1]) == 0);
  CHECK(text(last) == text(same));
  // One without a note that is not repeatable.
  CHECK(notes(*a.configurations[4]) == std::vector<int>{0});
  CHECK(finalize_plan(liar, cudnn.handle, *a.configurations[4]) == 0);
  const Memory<char> x(420), w(324), y(288), workspace(1);
  const auto run = [&] {
    CHECK(execute(cudnn.handle, liar, {7, 8, 9}, {x.address(), w.address(), y.address()}, workspace.address()) == 0);
    gpu.wait();
    return y.values();
  };
  CHECK(run() != run());
  for (Sizes o : {Sizes{1, 9, 9, 3, 8, 5, 2, 1, 1}, Sizes{1, 9, 9, 8, 8, 3, 1, 3, 1}}) {
    const Problem none(cudnn.handle, FORWARD, o, DATA_HALF);
    for (int mode : {A, B, FALLBACK}) CHECK(Offer(none, mode).configurations.empty());
  }
}

TEST_CASE("descriptors are held to their attributes") {
  const Gpu gpu;
  const Handle cudnn(gpu);
  void* none;
  CHECK(cudnnBackendCreateDescriptor(13, &none) == NOT_SUPPORTED);
  const Descriptor t(TENSOR);
  CHECK(t.finalize() == BAD_PARAM);
  CHECK(last_error() == "attribute 900 is missing");
  CHECK(t.numbers(902, {1, 2, 3}) == BAD_PARAM);
  CHECK(t.set(901, INT64, {int64_t{0}}) == ATTRIBUTE_TYPE);
  CHECK(t.numbers(100, {1}) == BAD_PARAM);
  CHECK(cudnnBackendSetAttribute(t.handle(), 906, INT64, 1, nullptr) == NULL_POINTER);
  fill_tensor(t, 1, DATA_FLOAT, 2, 3, 4, 5);
  CHECK(t.numbers(903, {60, 20, 5, 1}) == 0);  // channels first
  CHECK(t.finalize() == LAYOUT);
  int64_t value, count;
  CHECK(cudnnBackendGetAttribute(t.handle(), 906, INT64, 1, &count, &value) == NOT_FINALIZED);
  const Problem problem(cudnn.handle, FORWARD, SIZES, DATA_FLOAT);
  CHECK(problem.x.numbers(906, {3}) == BAD_PARAM);
  CHECK(problem.x.finalize() == BAD_PARAM);
  {
    const Descriptor operation(FORWARD);
    CHECK(operation.other(704, t) == NOT_FINALIZED);
    CHECK(operation.other(704, problem.convolution) == BAD_PARAM);
    CHECK(operation.set(700, FLOAT, {1.0f}) == 0);
    CHECK(operation.set(701, FLOAT, {0.0f}) == 0);
    CHECK(operation.other(702, problem.convolution) == 0);
    CHECK(operation.other(703, problem.w) == 0);
    CHECK(operation.other(704, problem.x) == 0);
    CHECK(operation.other(705, problem.x) == 0);
    CHECK(operation.finalize() == BAD_PARAM);
    CHECK(last_error() == "two tensors have one number");
    const Descriptor y(TENSOR);
    fill_tensor(y, 9, DATA_FLOAT, 2, 6, 4, 3);
    CHECK(y.finalize() == 0);
    CHECK(operation.other(705, y) == 0);
    CHECK(operation.finalize() == 0);
    const Descriptor larger(TENSOR), wrong(FORWARD);
    fill_tensor(larger, 9, DATA_FLOAT, 2, 6, 5, 3);
    CHECK(larger.finalize() == 0);
    CHECK(wrong.set(700, FLOAT, {1.0f}) == 0);
    CHECK(wrong.set(701, FLOAT, {0.0f}) == 0);
    CHECK(wrong.other(702, problem.convolution) == 0);
    CHECK(wrong.other(703, problem.w) == 0);
    CHECK(wrong.other(704, problem.x) == 0);
    CHECK(wrong.other(705, larger) == 0);
    CHECK(wrong.finalize() == SHAPE_MISMATCH);
    const Descriptor graph(GRAPH);
    CHECK(graph.set(800, HANDLE, {cudnn.handle}) == 0);
    CHECK(graph.set(801, DESCRIPTOR, {operation.handle(), problem.operation.handle()}) == 0);
    CHECK(graph.finalize() == PATTERN);
  }
  const Offer offer(problem, A);
  const Descriptor plan(PLAN), unreadable(PLAN), engine(ENGINE);
  CHECK(engine.finalize() == BAD_PARAM);
  CHECK(plan.set(400, HANDLE, {cudnn.handle}) == 0);
  CHECK(plan.finalize() == BAD_PARAM);
  CHECK(plan.other(401, *offer.configurations.back()) == 0);
  CHECK(plan.finalize() == 0);
  std::string json = text(plan);
  CHECK(cudnnBackendGetAttribute(plan.handle(), 405, CHAR, 5, &count, json.data()) == INSUFFICIENT);
  json[20] = 'x';
  CHECK(unreadable.set(400, HANDLE, {cudnn.handle}) == 0);
  CHECK(cudnnBackendSetAttribute(unreadable.handle(), 405, CHAR, int64_t(json.size()), json.data()) == 0);
  CHECK(unreadable.finalize() == BAD_PARAM);
  CHECK(last_error() == "the text is no plan's");
}

TEST_CASE("a plan runs on the tensors of its graph, where they may lie") {
  const Gpu gpu;
  const Handle cudnn(gpu);
  const Problem problem(cudnn.handle, FORWARD, SIZES, DATA_FLOAT);
  const Offer offer(problem, A);
  const Descriptor plan(PLAN), unfinished(PLAN), pack(PACK);
  CHECK(finalize_plan(plan, cudnn.handle, *offer.configurations.back()) == 0);
  const size_t enough = plan.number(402);
  CHECK(enough > 0);
  const Memory<float> x(random_floats(210, 1)), w(random_floats(162, 2)), y(random_floats(144, 3));
  const Memory<char> workspace(enough), small(enough - 1);
  const auto run = [&](int64_t last, CUdeviceptr output, CUdeviceptr space) {
    return execute(cudnn.handle, plan, {7, 8, last}, {x.address(), w.address(), output}, space);
  };
  CHECK(run(9, y.address(), workspace.address()) == 0);
  CHECK(run(6, y.address(), workspace.address()) == BAD_PARAM);
  CHECK(last_error() == "no address for tensor 9");
  CHECK(run(9, y.address() + 4, workspace.address()) == MISALIGNED);
  CHECK(run(9, y.address(), 0) == NULL_POINTER);
  CHECK(cudnnBackendExecute(cudnn.handle, plan.handle(), pack.handle()) == NOT_FINALIZED);
  CHECK(cudnnBackendExecute(cudnn.handle, pack.handle(), plan.handle()) == BAD_PARAM);
  CHECK(pack.numbers(1000, {1, 2}) == 0);
  CHECK(pack.set(1001, VOID_PTR, {x.address()}) == 0);
  CHECK(pack.set(1003, VOID_PTR, {workspace.address()}) == 0);
  CHECK(pack.finalize() == BAD_PARAM);
  gpu.wait();
  check_aborts({"cudnnBackendExecute", "convolution, workspace", "bytes at"},
               [&] { run(9, y.address(), small.address()); });
  check_aborts({"cudnnBackendExecute", "convolution, y", "bytes at"},
               [&] { run(9, y.address() + 16, workspace.address()); });
  check_aborts({"cudnnBackendFinalize", "is a cuDNN handle, not a backend descriptor"},
               [&] { cudnnBackendFinalize(cudnn.handle); });
  check_aborts({"cudnnBackendFinalize", "backend descriptor", "was destroyed before"}, [&] {
    void* gone;
    cudnnBackendCreateDescriptor(TENSOR, &gone);
    cudnnBackendDestroyDescriptor(gone);
    cudnnBackendFinalize(gone);
  });
  check_aborts({"left open", "backend descriptor"}, [] {
    const Gpu other;
    void* kept;
    cudnnBackendCreateDescriptor(TENSOR, &kept);
    cuDevicePrimaryCtxRelease_v2(0);
    cuDevicePrimaryCtxRelease_v2(0);
  });
}
