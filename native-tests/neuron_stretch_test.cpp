// neuron_stretch.cu: stretches of 32 steps and of one, chained, against one long loop in double.
#include <map>

#include "neuron_reference.h"

namespace {
/// Two stretches and a single step.
constexpr int TIME = 65;

struct StretchKernels {
  Kernel<const storage*, const float*, storage*, float*, float, float, float, int64> forward;
  Kernel<const storage*, const float*, const storage*, float*, storage*, float, float, float, float, int64> backward;
};

struct Stretches {
  NeuronSettings neuron;
  std::map<int, StretchKernels> of_steps;
};

std::vector<Stretches>& all_stretches() {
  static std::vector<Stretches> all;
  return all;
}

struct StretchRegistration {
  explicit StretchRegistration(const Stretches& stretches) { all_stretches().push_back(stretches); }
};
}  // namespace

// The settings of neuron_settings.sh: each value of each is here.
#define INSTANCE lif_hard_triangle
#define LEAK 1
#define HARD_RESET 1
#define DECAY_INPUT 0
#define DETACH_RESET 0
#define SURROGATE 0
#include "neuron_stretch_instance.h"

#define INSTANCE if_soft_atan
#define LEAK 0
#define HARD_RESET 0
#define DECAY_INPUT 0
#define DETACH_RESET 0
#define SURROGATE 1
#include "neuron_stretch_instance.h"

#define INSTANCE lif_hard_decay_detach_sigmoid
#define LEAK 1
#define HARD_RESET 1
#define DECAY_INPUT 1
#define DETACH_RESET 1
#define SURROGATE 2
#include "neuron_stretch_instance.h"

#define INSTANCE lif_soft_detach_rectangle
#define LEAK 1
#define HARD_RESET 0
#define DECAY_INPUT 0
#define DETACH_RESET 1
#define SURROGATE 3
#include "neuron_stretch_instance.h"

namespace {
void check_chain(const Stretches& stretches, const NeuronProblem& p, const std::vector<int>& lengths) {
  const NeuronSolution expected = NeuronReference(p).solve();
  const size_t n = p.rows * p.channels;
  const int64 groups = n / LANES;
  const float leak = stretches.neuron.leak ? p.leak : 0, v_th = p.v_th, v_reset = p.v_reset, alpha = p.alpha;
  const Buffer<storage> x = to_storage_buffer(p.x), grad_out = to_storage_buffer(p.grad_out);
  const Buffer<storage> out(TIME * n), grad_x(TIME * n);

  // The potential before each stretch, and after the last.
  Doubles start((lengths.size() + 1) * n, NAN);
  std::fill_n(start.begin(), n, p.v_reset);
  const Buffer<float> v = to_float_buffer(start);
  size_t first = 0;
  for (size_t k = 0; k < lengths.size(); ++k) {
    stretches.of_steps.at(lengths[k])
        .forward(items(groups), x.data() + first * n, v.data() + k * n, out.data() + first * n,
                 v.data() + (k + 1) * n, leak, v_th, v_reset, groups);
    first += lengths[k];
  }
  REQUIRE(first == TIME);
  check_storage("out", out, expected.out, 0);

  const Buffer<float> grad_v = to_float_buffer(Doubles(n, 0.0));
  for (size_t k = lengths.size(); k-- > 0;) {
    first -= lengths[k];
    stretches.of_steps.at(lengths[k])
        .backward(items(groups), x.data() + first * n, v.data() + k * n, grad_out.data() + first * n, grad_v.data(),
                  grad_x.data() + first * n, leak, v_th, v_reset, alpha, groups);
  }
  check_storage("grad_x", grad_x, expected.grad_x, 1e-5);
}
}  // namespace

TEST_CASE("chained stretches are one long time") {
  REQUIRE(all_stretches().size() == 4);
  unsigned seed = 1;
  for (const Stretches& stretches : all_stretches()) {
    INFO(stretches.neuron.name << ", LANES " << LANES << ", STORAGE " << STORAGE);
    Random random(seed++);
    const NeuronProblem p = draw(stretches.neuron, random);
    check_chain(stretches, p, {32, 32, 1});
    check_chain(stretches, p, {1, 32, 32});
    check_chain(stretches, p, std::vector<int>(TIME, 1));
  }
}
