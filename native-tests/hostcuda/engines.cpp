#include "engines.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace hostcuda::cudnn {
namespace {
enum : int { TENSOR_CORE = 0, REDUCED_PRECISION_REDUCTION = 2, NOTE_NONDETERMINISTIC = 4 };
}  // namespace

std::vector<int> notes_of(const Plan& plan) {
  switch (plan.engine) {
    case NONDETERMINISTIC: return {TENSOR_CORE, NOTE_NONDETERMINISTIC};
    case TF32: return {TENSOR_CORE};
    case HALF_SUMS: return {REDUCED_PRECISION_REDUCTION};
    case SLOW: return {};
    // Without a note in float32, where tensor cores would be TF32.
    default: return plan.task.problem.type == Type::FLOAT ? std::vector<int>{} : std::vector<int>{TENSOR_CORE};
  }
}

size_t workspace_of(const Plan& plan) {
  return plan.engine == GREEDY     ? size_t{1} << 30
         : plan.engine == ACCURATE ? plan.task.problem.workspace()
                                   : 0;
}

std::vector<Engine> engines(const Task& task, int mode) {
  enum { B = 1, FALLBACK = 2, A = 3 };
  const Problem& o = task.problem;
  if (o.stride_h == 3 || (o.r == 5 && o.type != Type::FLOAT && o.c % 8 != 0)) return {};
  if (o.stride_h == 4) return mode == A ? std::vector<Engine>{NONDETERMINISTIC} : std::vector<Engine>{};
  if (o.r == 1) return {mode == FALLBACK ? ACCURATE : NONDETERMINISTIC};
  if (mode == B) return {UNREPEATABLE, ACCURATE};
  if (mode == FALLBACK) return {SLOW};
  std::vector<Engine> all{UNFINISHED, NONDETERMINISTIC, GREEDY, HALF_SUMS, UNREPEATABLE};
  if (o.type == Type::FLOAT) all.push_back(TF32);
  if (o.r == 5) all.push_back(SLOW);
  all.push_back(ACCURATE);
  return all;
}

std::string text_of(const Plan& plan) {
  const Task& t = plan.task;
  const Problem& o = t.problem;
  char text[400];
  snprintf(text, sizeof text,
           "{\"stand-in\": [%d, %d, %a, %a, %ld, %ld, %ld, %d, %d, "
           "%d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d]}",
           plan.engine, int(t.kind), double(t.alpha), double(t.beta), long(t.uids[0]), long(t.uids[1]),
           long(t.uids[2]), int(o.type), o.n, o.h, o.w, o.c, o.k, o.r, o.s, o.p, o.q, o.pad_h, o.pad_w, o.stride_h,
           o.stride_w, o.dilation_h, o.dilation_w);
  return text;
}

bool read_text(const std::string& text, Plan* plan) {
  Task t{};
  Problem& o = t.problem;
  o.groups = 1;
  int engine, kind, type;
  long uids[3];
  if (sscanf(text.c_str(),
             "{\"stand-in\": [%d, %d, %a, %a, %ld, %ld, %ld, %d, %d, "
             "%d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d]}",
             &engine, &kind, &t.alpha, &t.beta, &uids[0], &uids[1], &uids[2], &type, &o.n, &o.h, &o.w, &o.c, &o.k,
             &o.r, &o.s, &o.p, &o.q, &o.pad_h, &o.pad_w, &o.stride_h, &o.stride_w,
             &o.dilation_h, &o.dilation_w) != 23) {
    return false;
  }
  std::copy(uids, uids + 3, t.uids);
  t.kind = Kind(kind);
  o.type = Type(type);
  *plan = {Engine(engine), t};
  return text_of(*plan) == text;
}

void run(const Plan& plan, const Operands& at) {
  const Task& task = plan.task;
  if (plan.engine == ACCURATE || plan.engine == SLOW) {
    if (plan.engine == SLOW) usleep(2000);
    compute(task.kind, task.problem, at, task.alpha, task.beta);
    return;
  }
  // The first number is enough, and one of 16 bits always fits.
  static uint16_t runs = 0;
  const bool repeats = plan.engine != NONDETERMINISTIC && plan.engine != UNREPEATABLE;
  const uint16_t nonsense = repeats ? 0x1234 : ++runs;
  const CUdeviceptr out = task.kind == Kind::FORWARD ? at.y : task.kind == Kind::DATA ? at.x : at.w;
  memcpy(reinterpret_cast<void*>(out), &nonsense, sizeof nonsense);
}

}  // namespace hostcuda::cudnn
