// Handles and what they stand for.
#include <cstring>
#include <unordered_map>

#include "driver.h"

namespace hostcuda {
namespace {

struct Entry {
  std::string kind;  // stays when the object is gone
  std::unique_ptr<Object> object;
};

std::unordered_map<const void*, Entry>& entries() {
  static auto* map = new std::unordered_map<const void*, Entry>;  // outlives every destructor
  return *map;
}

/// Those that are not gone, the oldest first.
std::map<uint64_t, Object*>& live() {
  static auto* map = new std::map<uint64_t, Object*>;
  return *map;
}

Entry& entry(const char* kind, const void* handle) {
  const auto found = entries().find(handle);
  if (found == entries().end()) fail("%p is no %s, and never was a handle", handle, kind);
  Entry& e = found->second;
  if (e.kind != kind) fail("%p is a %s, not a %s", handle, e.kind.c_str(), kind);
  if (!e.object) fail("%s %p was destroyed before", kind, handle);
  if (e.object->context && e.object->context != current_context()) {
    fail("%s %p belongs to another context than the current one", kind, handle);
  }
  return e;
}

}  // namespace

Object::~Object() = default;

void* adopt(const char* kind, std::unique_ptr<Object> object, bool in_context) {
  // Far from all memory, so that one who takes a handle for an address finds nothing there.
  static uint64_t serial = 0;
  void* handle = reinterpret_cast<void*>((uint64_t{0xcada} << 48) | (++serial << 8));
  object->kind = kind;
  object->serial = serial;
  object->context = in_context ? current_context() : nullptr;
  live()[serial] = object.get();
  entries()[handle] = {kind, std::move(object)};
  return handle;
}

Object& lookup(const char* kind, const void* handle) { return *entry(kind, handle).object; }

void release(const char* kind, const void* handle) {
  Entry& e = entry(kind, handle);
  live().erase(e.object->serial);
  e.object.reset();
}

std::vector<Object*> open_objects(const Context* context) {
  std::vector<Object*> open;
  for (const auto& [serial, object] : live()) {
    if (object->context == context) open.push_back(object);
  }
  return open;
}

}  // namespace hostcuda
