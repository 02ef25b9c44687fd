// What the graph calls of the stand-in for cuDNN offer and run.
//
// It is a zoo: of the engines only ACCURATE and SLOW compute. The others are as quick as can be and
// leave nonsense, two of them other nonsense every time. Some problems are special:
//
//   window of 5, 16 bits    no engine unless the channels of x are a multiple of 8
//   window of 5             SLOW is offered too, before ACCURATE
//   window of 1             none that repeats, but as a fallback
//   stride 3                no engine at all
//   stride 4                none but NONDETERMINISTIC (and the older calls refuse)
#pragma once
#include "convolution.h"

namespace hostcuda::cudnn {

enum Engine { ACCURATE, SLOW, NONDETERMINISTIC, UNREPEATABLE, UNFINISHED, GREEDY, TF32, HALF_SUMS };

/// One convolution of a graph: output = alpha product + beta output.
struct Task {
  Kind kind;
  Problem problem;
  float alpha, beta;
  int64_t uids[3];  // of x, w, y
};

/// What a configuration, an engine and an execution plan stand for.
struct Plan {
  Engine engine;
  Task task;
};

/// What a heuristic (a cudnnBackendHeurMode_t) offers, in its order.
std::vector<Engine> engines(const Task& task, int mode);
/// cudnnBackendNumericalNote_t
std::vector<int> notes_of(const Plan& plan);
size_t workspace_of(const Plan& plan);

/// All of a plan, in JSON.
std::string text_of(const Plan& plan);
/// False if the text is no plan's.
bool read_text(const std::string& text, Plan* plan);

/// Does what the plan's engine does, now.
void run(const Plan& plan, const Operands& at);

}  // namespace hostcuda::cudnn
