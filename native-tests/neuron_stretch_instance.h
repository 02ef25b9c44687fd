// No include guard: included once for every setting that neuron_stretch_test.cpp checks, each with the
// kernels for a stretch of 32 steps and for one of a single step. A kernel is extern "C" and may exist
// once in a program, so its name ends in the setting's, INSTANCE; everything else lives in a namespace.
#define STRETCH_NAME(word) PASTE(PASTE(PASTE(word, STEPS), _), INSTANCE)
#define neuron_stretch STRETCH_NAME(neuron_stretch_)
#define neuron_stretch_backward STRETCH_NAME(neuron_stretch_backward_)

#define STEPS 32
namespace STRETCH_NAME(steps_) {
#include "../kernels/neuron_stretch.cu"
const StretchKernels kernels{KERNEL_OF(neuron_stretch), KERNEL_OF(neuron_stretch_backward)};
}  // namespace STRETCH_NAME(steps_)
#undef STEPS

#define STEPS 1
namespace STRETCH_NAME(steps_) {
#include "../kernels/neuron_stretch.cu"
const StretchKernels kernels{KERNEL_OF(neuron_stretch), KERNEL_OF(neuron_stretch_backward)};
}  // namespace STRETCH_NAME(steps_)
#undef STEPS

const StretchRegistration PASTE(registration_, INSTANCE)({{TEXT_OF(INSTANCE), TIME, TIME, 0, 2, LEAK, 0, HARD_RESET,
                                                          DECAY_INPUT, DETACH_RESET, SURROGATE},
                                                         {{32, PASTE(steps_32_, INSTANCE)::kernels},
                                                          {1, PASTE(steps_1_, INSTANCE)::kernels}}});

#undef neuron_stretch
#undef neuron_stretch_backward
#undef STRETCH_NAME
#undef INSTANCE
#undef LEAK
#undef HARD_RESET
#undef DECAY_INPUT
#undef DETACH_RESET
#undef SURROGATE
