// libcudnn.so.9, its graph calls: a graph of one convolution, heuristics, plans.
//
// Every descriptor is held to its attributes, their types and counts; what is missing, wrong or not
// finalized is refused with a status and a reason. Handles that are none, or were destroyed, abort.
#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <map>

#include "engines.h"

using namespace hostcuda;
using namespace hostcuda::cudnn;

namespace {

// cudnnBackendDescriptorType_t, cudnnBackendAttributeType_t
enum Sort : int {
  CONVOLUTION = 1, ENGINE = 2, CONFIGURATION = 3, HEURISTICS = 4, PLAN = 5,
  FORWARD = 10, FILTER = 11, DATA = 12, GRAPH = 15, PACK = 16, TENSOR = 17,
};
enum Format : int {
  HANDLE = 0, DATA_TYPE = 1, INT64 = 3, FLOAT = 4, VOID_PTR = 6, CONV_MODE = 7, HEUR_MODE = 8, NOTE = 11,
  DESCRIPTOR = 15, CHAR = 24,
};

/// What may be set, or is only read; of DESCRIPTORs the sorts from..to.
struct Rule {
  int sort, name, format;
  int64_t least, most;
  enum { REQUIRED, OPTIONAL, READ } use;
  int from = 0, to = 0;
};
constexpr int64_t ANY = 1 << 20;
const Rule RULES[] = {
    {CONVOLUTION, 100, DATA_TYPE, 1, 1, Rule::REQUIRED},
    {CONVOLUTION, 101, CONV_MODE, 1, 1, Rule::REQUIRED},
    {CONVOLUTION, 102, INT64, 2, 2, Rule::REQUIRED},
    {CONVOLUTION, 103, INT64, 2, 2, Rule::REQUIRED},
    {CONVOLUTION, 104, INT64, 2, 2, Rule::REQUIRED},
    {CONVOLUTION, 105, INT64, 2, 2, Rule::REQUIRED},
    {CONVOLUTION, 106, INT64, 1, 1, Rule::REQUIRED},
    {HEURISTICS, 200, HEUR_MODE, 1, 1, Rule::REQUIRED},
    {HEURISTICS, 201, DESCRIPTOR, 1, 1, Rule::REQUIRED, GRAPH, GRAPH},
    {HEURISTICS, 202, DESCRIPTOR, 0, ANY, Rule::READ, CONFIGURATION, CONFIGURATION},
    {CONFIGURATION, 300, DESCRIPTOR, 1, 1, Rule::READ, ENGINE, ENGINE},
    {PLAN, 400, HANDLE, 1, 1, Rule::REQUIRED},
    {PLAN, 401, DESCRIPTOR, 1, 1, Rule::OPTIONAL, CONFIGURATION, CONFIGURATION},
    {PLAN, 402, INT64, 1, 1, Rule::READ},
    {PLAN, 405, CHAR, 1, ANY, Rule::OPTIONAL},
    {FORWARD, 700, FLOAT, 1, 1, Rule::REQUIRED},
    {FORWARD, 701, FLOAT, 1, 1, Rule::REQUIRED},
    {FORWARD, 702, DESCRIPTOR, 1, 1, Rule::REQUIRED, CONVOLUTION, CONVOLUTION},
    {FORWARD, 703, DESCRIPTOR, 1, 1, Rule::REQUIRED, TENSOR, TENSOR},
    {FORWARD, 704, DESCRIPTOR, 1, 1, Rule::REQUIRED, TENSOR, TENSOR},
    {FORWARD, 705, DESCRIPTOR, 1, 1, Rule::REQUIRED, TENSOR, TENSOR},
    {DATA, 706, FLOAT, 1, 1, Rule::REQUIRED},
    {DATA, 707, FLOAT, 1, 1, Rule::REQUIRED},
    {DATA, 708, DESCRIPTOR, 1, 1, Rule::REQUIRED, CONVOLUTION, CONVOLUTION},
    {DATA, 709, DESCRIPTOR, 1, 1, Rule::REQUIRED, TENSOR, TENSOR},
    {DATA, 710, DESCRIPTOR, 1, 1, Rule::REQUIRED, TENSOR, TENSOR},
    {DATA, 711, DESCRIPTOR, 1, 1, Rule::REQUIRED, TENSOR, TENSOR},
    {FILTER, 712, FLOAT, 1, 1, Rule::REQUIRED},
    {FILTER, 713, FLOAT, 1, 1, Rule::REQUIRED},
    {FILTER, 714, DESCRIPTOR, 1, 1, Rule::REQUIRED, CONVOLUTION, CONVOLUTION},
    {FILTER, 715, DESCRIPTOR, 1, 1, Rule::REQUIRED, TENSOR, TENSOR},
    {FILTER, 716, DESCRIPTOR, 1, 1, Rule::REQUIRED, TENSOR, TENSOR},
    {FILTER, 717, DESCRIPTOR, 1, 1, Rule::REQUIRED, TENSOR, TENSOR},
    {GRAPH, 800, HANDLE, 1, 1, Rule::REQUIRED},
    {GRAPH, 801, DESCRIPTOR, 1, ANY, Rule::REQUIRED, FORWARD, DATA},
    {TENSOR, 900, INT64, 1, 1, Rule::REQUIRED},
    {TENSOR, 901, DATA_TYPE, 1, 1, Rule::REQUIRED},
    {TENSOR, 902, INT64, 4, 4, Rule::REQUIRED},
    {TENSOR, 903, INT64, 4, 4, Rule::REQUIRED},
    {TENSOR, 906, INT64, 1, 1, Rule::REQUIRED},
    {PACK, 1000, INT64, 1, ANY, Rule::REQUIRED},
    {PACK, 1001, VOID_PTR, 1, ANY, Rule::REQUIRED},
    {PACK, 1003, VOID_PTR, 1, 1, Rule::REQUIRED},
    {ENGINE, 1303, NOTE, 0, ANY, Rule::READ},
};

const Rule* rule_of(int sort, int name) {
  for (const Rule& rule : RULES) {
    if (rule.sort == sort && rule.name == name) return &rule;
  }
  return nullptr;
}

size_t bytes_of(int format) {
  switch (format) {
    case CHAR: return 1;
    case DATA_TYPE: case FLOAT: case CONV_MODE: case HEUR_MODE: case NOTE: return 4;
    default: return 8;
  }
}

// ---- descriptors ----
struct Value;
/// What a descriptor stands for; it lives on in those that it was handed to.
struct Node {
  int sort;
  bool finalized = false;
  std::map<int, Value> values;
  Plan plan;  // its task: of an operation and all that is made of it; its engine: from a configuration on
};
struct Value {
  std::vector<char> bytes;
  std::vector<std::shared_ptr<const Node>> nodes;

  size_t count(int format) const { return format == DESCRIPTOR ? nodes.size() : bytes.size() / bytes_of(format); }
};
struct Descriptor : Object {
  static constexpr const char* KIND = "backend descriptor";
  std::shared_ptr<Node> node;
};

const Value& value(const Node& node, int name) { return node.values.at(name); }
template <class T>
T item(const Node& node, int name, size_t i = 0) {
  T t;
  memcpy(&t, value(node, name).bytes.data() + i * sizeof t, sizeof t);
  return t;
}

thread_local std::string last_error;

/// Keeps the reason for cudnnGetLastErrorString.
__attribute__((format(printf, 2, 3))) Status refuse(Status status, const char* format, ...) {
  char text[300];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  last_error = text;
  return status;
}

Status finalize_tensor(const Node& t) {
  Type type;
  if (!type_of(item<int>(t, 901), &type)) return refuse(BAD_PARAM, "data type %d", item<int>(t, 901));
  const auto d = [&](int i) { return item<int64_t>(t, 902, i); };
  const auto stride = [&](int i) { return item<int64_t>(t, 903, i); };
  for (int i = 0; i < 4; ++i) {
    if (d(i) < 1) return refuse(BAD_PARAM, "dimension %d is %ld", i, long(d(i)));
  }
  if (stride(1) != 1 || stride(3) != d(1) || stride(2) != d(3) * d(1) || stride(0) != d(2) * d(3) * d(1)) {
    return refuse(NOT_SUPPORTED_LAYOUT, "the strides are not those of channels last");
  }
  const int64_t alignment = item<int64_t>(t, 900);
  if (alignment < int64_t(size_of(type)) || (alignment & (alignment - 1))) {
    return refuse(BAD_PARAM, "alignment %ld", long(alignment));
  }
  return SUCCESS;
}

Status finalize_convolution(const Node& v) {
  if (item<int>(v, 100) != DATA_FLOAT || item<int>(v, 101) != CROSS_CORRELATION) {
    return refuse(NOT_SUPPORTED, "a convolution that is no cross-correlation in float32");
  }
  if (item<int64_t>(v, 106) != 2) return refuse(BAD_PARAM, "%ld dimensions", long(item<int64_t>(v, 106)));
  for (int i = 0; i < 2; ++i) {
    if (item<int64_t>(v, 103, i) < 1) return refuse(BAD_PARAM, "a stride that is not positive");
    if (item<int64_t>(v, 102, i) < 1) return refuse(BAD_PARAM, "a dilation that is not positive");
    if (item<int64_t>(v, 104, i) != item<int64_t>(v, 105, i) || item<int64_t>(v, 104, i) < 0) {
      return refuse(NOT_SUPPORTED, "paddings that differ or are negative");
    }
  }
  return SUCCESS;
}

Status finalize_operation(Node& op) {
  // Names of the attributes: of the factors, the convolution, x, w, y.
  const int first = op.sort == FORWARD ? 700 : op.sort == DATA ? 706 : 712;
  const auto node = [&](int name) -> const Node& { return *value(op, name).nodes[0]; };
  const Node &v = node(first + 2), &w = node(first + 3), &x = node(first + 4), &y = node(first + 5);
  Task& task = op.plan.task;
  task.kind = op.sort == FORWARD ? Kind::FORWARD : op.sort == DATA ? Kind::DATA : Kind::WEIGHTS;
  task.alpha = item<float>(op, first);
  task.beta = item<float>(op, first + 1);
  int64_t* uid = task.uids;
  for (const Node* t : {&x, &w, &y}) *uid++ = item<int64_t>(*t, 906);
  if (task.uids[0] == task.uids[1] || task.uids[0] == task.uids[2] || task.uids[1] == task.uids[2]) {
    return refuse(BAD_PARAM, "two tensors have one number");
  }
  const auto d = [](const Node& t, int i) { return int(item<int64_t>(t, 902, i)); };
  const auto c = [&](int name, int i) { return int(item<int64_t>(v, name, i)); };
  Type type{}, others[2]{};
  type_of(item<int>(x, 901), &type);
  type_of(item<int>(w, 901), &others[0]);
  type_of(item<int>(y, 901), &others[1]);
  if (type != others[0] || type != others[1]) return refuse(NOT_SUPPORTED, "tensors of different types");
  task.problem = {type,      d(x, 0),   d(x, 2),   d(x, 3),   d(x, 1),   d(w, 0),   d(w, 2),   d(w, 3),  d(y, 2),
                  d(y, 3),   c(105, 0), c(105, 1), c(103, 0), c(103, 1), c(102, 0), c(102, 1), 1};
  if (!task.problem.consistent() || d(w, 1) != d(x, 1) || d(y, 0) != d(x, 0) || d(y, 1) != d(w, 0)) {
    return refuse(BAD_PARAM_SHAPE_MISMATCH, "the sizes of x, w and y do not fit each other");
  }
  return SUCCESS;
}

Status finalize_plan(Node& plan) {
  get<Handle>(item<void*>(plan, 400));
  const bool configured = plan.values.count(401), written = plan.values.count(405);
  if (configured == written) return refuse(BAD_PARAM, "a plan needs a configuration or a text");
  if (configured) {
    plan.plan = value(plan, 401).nodes[0]->plan;
  } else {
    const std::vector<char>& text = value(plan, 405).bytes;
    if (!read_text({text.begin(), text.end()}, &plan.plan)) return refuse(BAD_PARAM, "the text is no plan's");
  }
  if (plan.plan.engine == UNFINISHED) return refuse(NOT_SUPPORTED, "this engine never works");
  return SUCCESS;
}

Status finalize(Node& node) {
  for (const Rule& rule : RULES) {
    if (rule.sort == node.sort && rule.use == Rule::REQUIRED && !node.values.count(rule.name)) {
      return refuse(BAD_PARAM, "attribute %d is missing", rule.name);
    }
  }
  switch (node.sort) {
    case TENSOR: return finalize_tensor(node);
    case CONVOLUTION: return finalize_convolution(node);
    case FORWARD: case DATA: case FILTER: return finalize_operation(node);
    case GRAPH:
      get<Handle>(item<void*>(node, 800));
      if (value(node, 801).nodes.size() > 1) return refuse(NOT_SUPPORTED_GRAPH_PATTERN, "two operations");
      node.plan.task = value(node, 801).nodes[0]->plan.task;
      return SUCCESS;
    case HEURISTICS: {
      const int mode = item<int>(node, 200);
      return mode >= 1 && mode <= 3 ? SUCCESS : refuse(BAD_PARAM, "mode %d", mode);
    }
    case PLAN: return finalize_plan(node);
    case PACK:
      return value(node, 1000).count(INT64) == value(node, 1001).count(VOID_PTR)
                 ? SUCCESS
                 : refuse(BAD_PARAM, "not as many addresses as numbers of tensors");
    default: return refuse(BAD_PARAM, "only cuDNN fills an engine or its configuration");
  }
}

/// What is read: the values that were set, or what cuDNN has found.
Value read(const Node& node, int name) {
  const auto bytes = [](const void* from, size_t n) {
    const char* first = static_cast<const char*>(from);
    return std::vector<char>(first, first + n);
  };
  const auto made = [&](int sort, const Plan& plan) {
    auto made = std::make_shared<Node>();
    made->sort = sort, made->finalized = true, made->plan = plan;
    return made;
  };
  Value out;
  if (name == 202) {
    const Task& task = value(node, 201).nodes[0]->plan.task;
    for (Engine engine : engines(task, item<int>(node, 200))) {
      out.nodes.push_back(made(CONFIGURATION, {engine, task}));
    }
  } else if (name == 300) {
    out.nodes.push_back(made(ENGINE, node.plan));
  } else if (name == 402) {
    const auto workspace = int64_t(workspace_of(node.plan));
    out.bytes = bytes(&workspace, sizeof workspace);
  } else if (name == 405) {
    const std::string text = text_of(node.plan);
    out.bytes = bytes(text.data(), text.size());
  } else if (name == 1303) {
    const std::vector<int> notes = notes_of(node.plan);
    out.bytes = bytes(notes.data(), notes.size() * sizeof(int));
  } else {
    out = value(node, name);
  }
  return out;
}

}  // namespace

CUDA_API void cudnnGetLastErrorString(char* message, size_t bytes) {
  Call call(__func__, Call::NOTHING);
  if (bytes) snprintf(message, bytes, "%s", last_error.c_str());
  last_error.clear();
}

CUDA_API Status cudnnBackendCreateDescriptor(int sort, void** handle) {
  Call call(__func__, Call::NOTHING);
  bool known = false;
  for (const Rule& rule : RULES) known |= rule.sort == sort;
  if (!known) return refuse(NOT_SUPPORTED, "descriptors of type %d", sort);
  auto made = std::make_unique<Descriptor>();
  made->node = std::make_shared<Node>();
  made->node->sort = sort;
  *handle = adopt(Descriptor::KIND, std::move(made), true);
  return SUCCESS;
}

CUDA_API Status cudnnBackendDestroyDescriptor(void* handle) {
  Call call(__func__, Call::NOTHING);
  release(Descriptor::KIND, handle);
  return SUCCESS;
}

CUDA_API Status cudnnBackendSetAttribute(void* handle, int name, int format, int64_t count, const void* array) {
  Call call(__func__, Call::NOTHING);
  Node& node = *get<Descriptor>(handle).node;
  const Rule* rule = rule_of(node.sort, name);
  if (node.finalized) return refuse(BAD_PARAM, "attribute %d of a finalized descriptor", name);
  if (!rule || rule->use == Rule::READ) return refuse(BAD_PARAM, "attribute %d of type %d", name, node.sort);
  if (format != rule->format) return refuse(BAD_PARAM_ATTRIBUTE_TYPE, "attribute %d in format %d", name, format);
  if (count < rule->least || count > rule->most) {
    return refuse(BAD_PARAM, "%ld values of attribute %d", long(count), name);
  }
  if (!array) return refuse(BAD_PARAM_NULL_POINTER, "attribute %d is null", name);
  Value value;
  if (format == DESCRIPTOR) {
    for (int64_t i = 0; i < count; ++i) {
      const auto& other = get<Descriptor>(static_cast<void* const*>(array)[i]).node;
      if (other->sort < rule->from || other->sort > rule->to) {
        return refuse(BAD_PARAM, "a descriptor of type %d as attribute %d", other->sort, name);
      }
      if (!other->finalized) return refuse(BAD_PARAM_NOT_FINALIZED, "attribute %d is not finalized", name);
      value.nodes.push_back(other);
    }
  } else {
    const char* first = static_cast<const char*>(array);
    value.bytes.assign(first, first + count * bytes_of(format));
  }
  node.values[name] = std::move(value);
  return SUCCESS;
}

CUDA_API Status cudnnBackendFinalize(void* handle) {
  Call call(__func__, Call::NOTHING);
  Node& node = *get<Descriptor>(handle).node;
  if (node.finalized) return refuse(BAD_PARAM, "it is finalized already");
  const Status status = finalize(node);
  node.finalized = status == SUCCESS;
  return status;
}

CUDA_API Status cudnnBackendGetAttribute(void* handle, int name, int format, int64_t room, int64_t* count,
                                         void* array) {
  Call call(__func__, Call::NOTHING);
  const Node& node = *get<Descriptor>(handle).node;
  const Rule* rule = rule_of(node.sort, name);
  if (!node.finalized) return refuse(BAD_PARAM_NOT_FINALIZED, "attribute %d is read too early", name);
  if (!rule) return refuse(BAD_PARAM, "attribute %d of type %d", name, node.sort);
  if (format != rule->format) return refuse(BAD_PARAM_ATTRIBUTE_TYPE, "attribute %d in format %d", name, format);
  if (rule->use == Rule::OPTIONAL && name != 405) return refuse(NOT_SUPPORTED, "attribute %d cannot be read", name);
  const Value value = read(node, name);
  const int64_t all = int64_t(value.count(format));
  if (count) *count = all;
  if (room == 0) return SUCCESS;
  if (!array) return refuse(BAD_PARAM_NULL_POINTER, "there is no room for attribute %d", name);
  if (format == CHAR && room < all) return refuse(BAD_PARAM_SIZE_INSUFFICIENT, "room for %ld bytes", long(room));
  const int64_t n = std::min(room, all);
  for (int64_t i = 0; format == DESCRIPTOR && i < n; ++i) {
    auto& other = get<Descriptor>(static_cast<void* const*>(array)[i]).node;
    if (other->sort != value.nodes[i]->sort) return refuse(BAD_PARAM, "descriptor %ld to fill", long(i));
    *other = *value.nodes[i];
  }
  if (format != DESCRIPTOR) memcpy(array, value.bytes.data(), n * bytes_of(format));
  if (count) *count = n;
  return SUCCESS;
}

CUDA_API Status cudnnBackendExecute(void* handle, void* plan_handle, void* pack_handle) {
  Call call(__func__);
  const auto node = get<Descriptor>(plan_handle).node;
  const Node& pack = *get<Descriptor>(pack_handle).node;
  if (node->sort != PLAN || pack.sort != PACK) return refuse(BAD_PARAM, "no plan or no variant pack");
  if (!node->finalized || !pack.finalized) return refuse(BAD_PARAM_NOT_FINALIZED, "plan or variant pack");
  const Plan& plan = node->plan;
  Operands at{};
  CUdeviceptr* const places[] = {&at.x, &at.w, &at.y};
  for (int i = 0; i < 3; ++i) {
    for (size_t j = 0; j < value(pack, 1000).count(INT64); ++j) {
      if (item<int64_t>(pack, 1000, j) == plan.task.uids[i]) *places[i] = item<CUdeviceptr>(pack, 1001, j);
    }
    if (!*places[i]) return refuse(BAD_PARAM, "no address for tensor %ld", long(plan.task.uids[i]));
    if (*places[i] % 16) return refuse(BAD_PARAM_MISALIGNED_POINTER, "tensor %ld", long(plan.task.uids[i]));
  }
  at.workspace = item<CUdeviceptr>(pack, 1003);
  const size_t workspace = workspace_of(plan);
  if (workspace && !at.workspace) return refuse(BAD_PARAM_NULL_POINTER, "the workspace is null");
  if (workspace && at.workspace % 16) return refuse(BAD_PARAM_MISALIGNED_POINTER, "workspace");
  return enqueue(plan.task.kind, get<Handle>(handle), plan.task.problem, at, workspace,
                 [plan, at] { run(plan, at); });
}
