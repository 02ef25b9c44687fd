// Capture of a stream into a graph, and graphs.
//
// A capture records the operations of its streams with their arguments; nothing runs. It begins in one
// stream; another one that waits for an event recorded in the capture joins it, and has to be waited
// for before the capture ends. Operations that nothing orders must not touch the same memory unless
// all of them read it: of a kernel, the first byte of every pointer that is not const counts as
// written. A graph launched is one entry of a stream. What would invalidate a capture on a GPU does so here: waiting,
// allocating, loading a module, transfers from and to ordinary host memory, work in the null stream
// beside a blocking stream.
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

/// What of the capture comes before each node, the node itself included.
std::vector<std::vector<bool>> ancestors(const std::vector<Node>& nodes) {
  std::vector<std::vector<bool>> all(nodes.size(), std::vector<bool>(nodes.size()));
  for (size_t i = 0; i < nodes.size(); ++i) {
    all[i][i] = true;
    for (const size_t before : nodes[i].after) {
      for (size_t j = 0; j <= before; ++j) all[i][j] = all[i][j] || all[before][j];
    }
  }
  return all;
}

bool overlap(const Region& a, const Region& b) {
  const auto end = [](const Region& r) { return r.address + std::max<size_t>(r.bytes, 1); };
  return a.address && b.address && a.address < end(b) && b.address < end(a);
}

/// Aborts if two operations that may run at the same time touch the same memory.
void require_independent(const std::vector<Node>& nodes, const std::vector<std::vector<bool>>& before) {
  for (size_t j = 0; j < nodes.size(); ++j) {
    for (size_t i = 0; i < j; ++i) {
      if (before[j][i]) continue;
      for (const Region& a : nodes[i].operation.regions) {
        for (const Region& b : nodes[j].operation.regions) {
          if ((a.written || b.written) && overlap(a, b)) {
            fail("%s (%s) and %s (%s) may run at the same time, and touch the same memory",
                 nodes[i].operation.name.c_str(), a.what.c_str(), nodes[j].operation.name.c_str(),
                 b.what.c_str());
          }
        }
      }
    }
  }
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

bool is_capturing(CUstream stream) { return !is_null(stream) && get<Stream>(stream).capture; }

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
  stream.capture = std::make_shared<Capture>();
  stream.capture->origin = &stream;
  stream.capture->mode = mode;
  stream.capture->thread = std::this_thread::get_id();
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuStreamEndCapture(CUstream handle, CUgraph* graph) {
  Call call(__func__);
  *graph = nullptr;
  Stream& stream = get<Stream>(handle);
  if (!stream.capture || stream.capture->origin != &stream) return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
  if (stream.capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED &&
      stream.capture->thread != std::this_thread::get_id()) {
    return CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD;
  }
  const std::shared_ptr<Capture> capture = stream.capture;
  const std::vector<std::vector<bool>> before = ancestors(capture->nodes);
  std::vector<bool> joined(capture->nodes.size());
  for (const size_t last : stream.latest) {
    for (size_t i = 0; i <= last; ++i) joined[i] = joined[i] || before[last][i];
  }
  for (Object* object : open_objects(current_context())) {
    auto* event = dynamic_cast<Event*>(object);
    if (event && event->captured == capture) event->captured = nullptr;
    auto* other = dynamic_cast<Stream*>(object);
    if (other && other->capture == capture) {
      other->capture = nullptr;
      other->latest.clear();
    }
  }
  if (capture->broken || setting("CAPTURE", "") == "fail") return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  if (std::find(joined.begin(), joined.end(), false) != joined.end()) {
    return CUDA_ERROR_STREAM_CAPTURE_UNJOINED;
  }
  require_independent(capture->nodes, before);
  auto made = std::make_unique<Graph>();
  made->work = std::make_shared<const std::vector<Node>>(std::move(capture->nodes));
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
  for (const Node& node : *work) check(node.operation);
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
