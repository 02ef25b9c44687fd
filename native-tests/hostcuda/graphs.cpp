// Capture of a stream into a graph, and graphs.
//
// A capture records the operations of its one stream with their arguments; nothing runs. A graph
// launched is one entry of a stream. What would invalidate a capture on a GPU does so here: waiting,
// allocating, loading a module, transfers from and to ordinary host memory, work in the null stream
// beside a blocking stream. A capture that spreads to other streams by events is refused.
#include <algorithm>

#include "driver.h"

namespace hostcuda {
namespace {

struct Graph : Object {
  static constexpr const char* KIND = "graph";
  Work work;
};
struct GraphExec : Object {
  static constexpr const char* KIND = "executable graph";
  Work work;
};

bool captures(const Capture& capture, bool from_here) {
  return capture.mode == CU_STREAM_CAPTURE_MODE_GLOBAL ||
         (capture.mode == CU_STREAM_CAPTURE_MODE_THREAD_LOCAL && from_here);
}

}  // namespace

bool forbidden_by_capture() {
  bool forbidden = false;
  for (Object* object : open_objects(current_context())) {
    auto* stream = dynamic_cast<Stream*>(object);
    if (stream && stream->capture &&
        captures(*stream->capture, stream->capture->thread == std::this_thread::get_id())) {
      forbidden = stream->capture->broken = true;
    }
  }
  return forbidden;
}

bool break_capture(CUstream stream) {
  if (is_null(stream)) return false;
  Capture* capture = get<Stream>(stream).capture.get();
  if (capture) capture->broken = true;
  return capture != nullptr;
}

}  // namespace hostcuda

using namespace hostcuda;

CUDA_API CUresult cuStreamBeginCapture_v2(CUstream handle, CUstreamCaptureMode mode) {
  Call call(__func__);
  if (is_null(handle)) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  Stream& stream = get<Stream>(handle);
  if (stream.capture) fail("stream %p is capturing already", static_cast<void*>(handle));
  stream.capture = std::make_unique<Capture>();
  stream.capture->mode = mode;
  stream.capture->thread = std::this_thread::get_id();
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuStreamEndCapture(CUstream handle, CUgraph* graph) {
  Call call(__func__);
  *graph = nullptr;
  Stream& stream = get<Stream>(handle);
  if (!stream.capture) return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
  if (stream.capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED &&
      stream.capture->thread != std::this_thread::get_id()) {
    return CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD;
  }
  const auto capture = std::move(stream.capture);
  for (Object* object : open_objects(current_context())) {
    auto* event = dynamic_cast<Event*>(object);
    if (event && event->captured == capture.get()) event->captured = nullptr;
  }
  if (capture->broken || setting("CAPTURE", "") == "fail") return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  auto made = std::make_unique<Graph>();
  made->work = std::make_shared<const std::vector<Operation>>(std::move(capture->operations));
  *graph = static_cast<CUgraph>(adopt(Graph::KIND, std::move(made), true));
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuStreamIsCapturing(CUstream handle, CUstreamCaptureStatus* status) {
  Call call(__func__);
  const Capture* capture = is_null(handle) ? nullptr : get<Stream>(handle).capture.get();
  *status = !capture          ? CU_STREAM_CAPTURE_STATUS_NONE
            : capture->broken ? CU_STREAM_CAPTURE_STATUS_INVALIDATED
                              : CU_STREAM_CAPTURE_STATUS_ACTIVE;
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuGraphGetNodes(CUgraph handle, CUgraphNode* nodes, size_t* count) {
  Call call(__func__);
  const size_t all = get<Graph>(handle).work->size();
  // A node can only be counted here: its handle is the number of the operation.
  for (size_t i = 0; nodes && i < *count; ++i) {
    nodes[i] = i < all ? reinterpret_cast<CUgraphNode>(i + 1) : nullptr;
  }
  *count = nodes ? std::min(*count, all) : all;
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuGraphInstantiateWithFlags(CUgraphExec* exec, CUgraph graph, unsigned long long) {
  Call call(__func__);
  auto made = std::make_unique<GraphExec>();
  made->work = get<Graph>(graph).work;
  *exec = static_cast<CUgraphExec>(adopt(GraphExec::KIND, std::move(made), true));
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuGraphLaunch(CUgraphExec exec, CUstream handle) {
  Call call(__func__);
  const Work work = get<GraphExec>(exec).work;
  for (const Operation& operation : *work) check(operation);
  if (is_null(handle)) fail("the stand-in launches graphs in streams that were created");
  Stream& stream = get<Stream>(handle);
  if (stream.capture) {
    stream.capture->broken = true;
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  }
  enqueue(stream, {work, nullptr, nullptr});
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuGraphExecDestroy(CUgraphExec exec) {
  Call call(__func__);
  release(GraphExec::KIND, exec);
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuGraphDestroy(CUgraph graph) {
  Call call(__func__);
  release(Graph::KIND, graph);
  return CUDA_SUCCESS;
}
