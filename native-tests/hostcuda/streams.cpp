// Streams and events.
//
// A stream is a queue, and nothing in it runs before somebody waits: for the stream, for an event, by
// a query (which runs one entry), or by a call that waits on a GPU too. Then entries run one after
// the other in the waiting thread, in the order of the stream; an entry that waits for an event first
// runs the stream of that event up to its record. What the other streams hold is not ordered, and
// HOSTCUDA_ORDER says when it runs:
//
//   late    only when somebody waits for it: work that forgets to wait for an upload reads old data
//   early   first, as far as no event forbids: an upload that does not wait for the reader of its
//           buffer overwrites it
//   mixed   either, drawn anew each time, the same in every run of a program
//
// The null stream runs at once, after all streams that were not created as non-blocking.
#include <chrono>
#include <set>

#include "driver.h"

namespace hostcuda {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The open streams of the current context, the oldest first.
std::vector<Stream*> streams() {
  std::vector<Stream*> found;
  for (Object* object : open_objects(current_context())) {
    if (auto* stream = dynamic_cast<Stream*>(object)) found.push_back(stream);
  }
  return found;
}

void execute(const Operation& operation) {
  const Running running(operation.name);
  check(operation);
  operation.run();
  for (const Region& region : operation.regions) {
    if (region.address) {
      device_memory().require_intact(*device_memory().nearest(as_pointer(region.address)));
    }
  }
}

/// Whether of two things that nothing orders the one submitted later runs first.
bool later_first() {
  const std::string order = setting("ORDER", "mixed");
  static uint32_t drawn = 1;
  if (order == "late" || order == "early") return order == "early";
  drawn = drawn * 1664525 + 1013904223;
  return drawn >> 31;
}

/// Runs all nodes, each after those it has to wait for.
void execute(const std::vector<Node>& nodes) {
  std::vector<std::vector<size_t>> next(nodes.size());
  std::vector<size_t> waits(nodes.size());
  std::set<size_t> ready;
  for (size_t i = 0; i < nodes.size(); ++i) {
    waits[i] = nodes[i].after.size();
    if (waits[i] == 0) ready.insert(i);
    for (const size_t before : nodes[i].after) next[before].push_back(i);
  }
  while (!ready.empty()) {
    const size_t i = later_first() ? *ready.rbegin() : *ready.begin();
    ready.erase(i);
    execute(nodes[i].operation);
    for (const size_t j : next[i]) {
      if (--waits[j] == 0) ready.insert(j);
    }
  }
}

void drain(Stream& stream, uint64_t ticket);

void step(Stream& stream) {
  const Item item = std::move(stream.queue.front());
  stream.queue.pop_front();
  if (item.wait && !item.wait->done) drain(*item.wait->stream, item.wait->ticket);
  if (item.work) execute(*item.work);
  if (item.record) {
    item.record->done = true;
    item.record->seconds = now();
  }
  ++stream.completed;
}

bool may_run(const Stream& stream) {
  return !stream.queue.empty() && (!stream.queue.front().wait || stream.queue.front().wait->done);
}

void run_ahead(const Stream& of) {
  for (bool ran = true; ran;) {
    ran = false;
    for (Stream* stream : streams()) {
      for (; stream != &of && may_run(*stream); ran = true) step(*stream);
    }
  }
}

void drain(Stream& stream, uint64_t ticket) {
  while (stream.completed < ticket) step(stream);
}

CUresult run_in_null_stream(const Operation& operation) {
  bool capturing = false;
  for (Stream* stream : streams()) {
    if (stream->blocking && stream->capture) capturing = stream->capture->broken = true;
  }
  if (capturing) return CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
  for (Stream* stream : streams()) {
    if (stream->blocking) drain(*stream, stream->submitted);
  }
  execute(operation);
  return CUDA_SUCCESS;
}

}  // namespace

bool is_null(CUstream stream) {
  const auto number = reinterpret_cast<uintptr_t>(stream);
  if (number == 2) fail("the stand-in has no per-thread default stream");
  return number <= 1;  // 0 and CU_STREAM_LEGACY
}

void check(const Operation& operation) {
  for (const Region& region : operation.regions) {
    if (!region.address && !region.bytes) continue;
    device_memory().require(as_pointer(region.address), region.bytes,
                            (operation.name + ", " + region.what).c_str());
  }
}

CUresult submit(CUstream handle, Operation operation) {
  check(operation);
  if (is_null(handle)) return run_in_null_stream(operation);
  Stream& stream = get<Stream>(handle);
  if (!stream.capture) {
    std::vector<Node> one;
    one.push_back({std::move(operation), {}});
    enqueue(stream, {std::make_shared<const std::vector<Node>>(std::move(one)), nullptr, nullptr});
    return CUDA_SUCCESS;
  }
  if (stream.capture->broken) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  std::vector<Node>& nodes = stream.capture->nodes;
  nodes.push_back({std::move(operation), std::move(stream.latest)});
  stream.latest = {nodes.size() - 1};
  return CUDA_SUCCESS;
}

void enqueue(Stream& stream, Item item) {
  stream.queue.push_back(std::move(item));
  ++stream.submitted;
}

void wait_for(Stream& stream, uint64_t ticket) {
  if (stream.completed < ticket && later_first()) run_ahead(stream);
  drain(stream, ticket);
}

void wait_for_all() {
  for (Stream* stream : streams()) wait_for(*stream, stream->submitted);
}

}  // namespace hostcuda

using namespace hostcuda;

CUDA_API CUresult cuStreamCreate(CUstream* stream, unsigned flags) {
  Call call(__func__);
  auto made = std::make_unique<Stream>();
  made->blocking = !(flags & CU_STREAM_NON_BLOCKING);
  *stream = static_cast<CUstream>(adopt(Stream::KIND, std::move(made), true));
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuStreamDestroy_v2(CUstream handle) {
  Call call(__func__);
  Stream& stream = get<Stream>(handle);
  if (stream.capture) fail("stream %p is capturing", static_cast<void*>(handle));
  drain(stream, stream.submitted);
  release(Stream::KIND, handle);
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuStreamSynchronize(CUstream handle) {
  Call call(__func__);
  if (is_null(handle)) return run_in_null_stream({"synchronize", {}, [] {}});
  if (break_capture(handle) || forbidden_by_capture()) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  Stream& stream = get<Stream>(handle);
  wait_for(stream, stream.submitted);
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuStreamQuery(CUstream handle) {
  Call call(__func__);
  if (is_null(handle)) return run_in_null_stream({"query", {}, [] {}});
  if (break_capture(handle) || forbidden_by_capture()) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  Stream& stream = get<Stream>(handle);
  if (stream.queue.empty()) return CUDA_SUCCESS;
  step(stream);
  return CUDA_ERROR_NOT_READY;
}

CUDA_API CUresult cuStreamWaitEvent(CUstream handle, CUevent event_handle, unsigned) {
  Call call(__func__);
  const Event& event = get<Event>(event_handle);
  if (is_null(handle)) {
    if (event.last) wait_for(*event.last->stream, event.last->ticket);
    return CUDA_SUCCESS;
  }
  Stream& stream = get<Stream>(handle);
  if (event.captured) {
    // A stream that waits for a capture joins it.
    if (!stream.capture) stream.capture = event.captured;
    if (stream.capture != event.captured) {
      stream.capture->broken = event.captured->broken = true;
      return CUDA_ERROR_STREAM_CAPTURE_MERGE;
    }
    if (stream.capture->broken) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    std::set<size_t> latest(stream.latest.begin(), stream.latest.end());
    latest.insert(event.nodes.begin(), event.nodes.end());
    stream.latest.assign(latest.begin(), latest.end());
    return CUDA_SUCCESS;
  }
  if (stream.capture) {
    if (!event.last) return CUDA_SUCCESS;
    stream.capture->broken = true;
    return CUDA_ERROR_STREAM_CAPTURE_ISOLATION;
  }
  if (event.last && !event.last->done) enqueue(stream, {nullptr, event.last, nullptr});
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuEventCreate(CUevent* event, unsigned flags) {
  Call call(__func__);
  auto made = std::make_unique<Event>();
  made->timing = !(flags & CU_EVENT_DISABLE_TIMING);
  *event = static_cast<CUevent>(adopt(Event::KIND, std::move(made), true));
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuEventDestroy_v2(CUevent event) {
  Call call(__func__);
  release(Event::KIND, event);
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuEventRecord(CUevent event_handle, CUstream handle) {
  Call call(__func__);
  Event& event = get<Event>(event_handle);
  event.captured = nullptr;
  if (is_null(handle)) {
    const CUresult result = run_in_null_stream({"event", {}, [] {}});
    if (result == CUDA_SUCCESS) event.last = std::make_shared<Record>(Record{nullptr, 0, true, now()});
    return result;
  }
  Stream& stream = get<Stream>(handle);
  if (stream.capture) {
    if (stream.capture->broken) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    event.captured = stream.capture;
    event.nodes = stream.latest;
    event.last = nullptr;
    return CUDA_SUCCESS;
  }
  event.last = std::make_shared<Record>(Record{&stream, stream.submitted + 1});
  enqueue(stream, {nullptr, nullptr, event.last});
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuEventQuery(CUevent handle) {
  Call call(__func__);
  const Event& event = get<Event>(handle);
  if (event.captured) return CUDA_ERROR_CAPTURED_EVENT;
  if (forbidden_by_capture()) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  if (!event.last || event.last->done) return CUDA_SUCCESS;
  step(*event.last->stream);
  return CUDA_ERROR_NOT_READY;
}

CUDA_API CUresult cuEventSynchronize(CUevent handle) {
  Call call(__func__);
  const Event& event = get<Event>(handle);
  if (event.captured) return CUDA_ERROR_CAPTURED_EVENT;
  if (forbidden_by_capture()) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  if (event.last && !event.last->done) wait_for(*event.last->stream, event.last->ticket);
  return CUDA_SUCCESS;
}

CUDA_API CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end) {
  Call call(__func__);
  const Event &a = get<Event>(start), &b = get<Event>(end);
  if (!a.timing || !b.timing) fail("an event was created without timing");
  if (!a.last || !b.last) fail("an event was never recorded");
  if (!a.last->done || !b.last->done) return CUDA_ERROR_NOT_READY;
  *milliseconds = float((b.last->seconds - a.last->seconds) * 1e3);
  return CUDA_SUCCESS;
}
