// No include guard: included once for every specialisation of neuron.cu that a program holds, by the
// code that neuron_instances.awk writes. A kernel is extern "C" and may exist once in a program, so
// the exported names end in the instance's; everything else lives in a namespace. Where
// neuron_registry.h was included before, the instance enters its list.
#define IN_PARTS
#include "kernels.h"

#define neuron_forward PASTE(neuron_forward_, INSTANCE)
#define neuron_backward_reduce PASTE(neuron_backward_reduce_, INSTANCE)
#define neuron_backward_merge PASTE(neuron_backward_merge_, INSTANCE)
#define neuron_backward PASTE(neuron_backward_, INSTANCE)
#define leak_gradient PASTE(leak_gradient_, INSTANCE)

namespace PASTE(instance_, INSTANCE) {
#include KERNELS(neuron.cu)

#ifdef NEURON_REGISTRY
const NeuronRegistration registration({{TEXT_OF(INSTANCE), STEPS, INPUT_STEPS, NORM, NEURON, LEAK,
                                        RESIDUAL, HARD_RESET, DECAY_INPUT, DETACH_RESET, SURROGATE, PACK},
                                       KERNEL_OF(neuron_forward), KERNEL_OF(neuron_backward_reduce),
                                       KERNEL_OF(neuron_backward)
#if !TWINS
#if NORM
                                       , KERNEL_OF(neuron_backward_merge)
#else
                                       , std::nullopt
#endif
#if LEARNABLE
                                       , KERNEL_OF(leak_gradient)
#else
                                       , std::nullopt
#endif
#endif
});
#endif
}  // namespace PASTE(instance_, INSTANCE)

#undef neuron_forward
#undef neuron_backward_reduce
#undef neuron_backward_merge
#undef neuron_backward
#undef leak_gradient
#undef INSTANCE
#undef STEPS
#undef INPUT_STEPS
#undef NORM
#undef NEURON
#undef LEAK
#undef RESIDUAL
#undef HARD_RESET
#undef DECAY_INPUT
#undef DETACH_RESET
#undef SURROGATE
#undef PACK
