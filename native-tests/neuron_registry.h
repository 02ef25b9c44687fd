// The specialisations of neuron.cu that a program holds; neuron_instance.h adds them.
#pragma once
#define NEURON_REGISTRY

#include <optional>

#define IN_PARTS
#include "harness.h"

#define TEXT_OF_(a) #a
#define TEXT_OF(a) TEXT_OF_(a)

/// Settings as neuron.cu names and numbers them.
struct NeuronSettings {
  std::string name;
  int steps, input_steps, norm, neuron, leak, residual, hard_reset, decay_input, detach_reset, surrogate, pack;

  bool learnable() const { return leak == 2; }
  /// Whether the gradient of the residual is another than that of the output.
  bool changes_residual() const { return residual && residual != 2; }
  /// Rows of a partial sum: dbeta, dgamma, gk.
  int sums() const { return 2 * norm + learnable(); }
};

/// Settings, and the kernels compiled with them.
struct NeuronInstance : NeuronSettings {
  Kernel<const storage*, const float*, const storage*, const float*, storage*, unsigned char*, float, float,
         float, int64, int>
      forward;
#if TWINS
  // It merges its sums itself.
  Kernel<const storage*, const float*, const storage*, const float*, const storage*, float*, float*, float*,
         float*, float*, float, unsigned*, float, float, float, float, int64, int, int, int>
      reduce;
#else
  Kernel<const storage*, const float*, const storage*, const float*, const storage*, float*, float, float,
         float, float, int64, int, int, int>
      reduce;
#endif
  Kernel<const storage*, const float*, const storage*, const float*, const storage*, const float*, storage*,
         storage*, float, float, float, float, int64, int>
      backward;
#if !TWINS
  std::optional<Kernel<const float*, const float*, float*, float*, float*, float, int, int>> merge;
  std::optional<Kernel<const float*, const float*, float*, int>> leak_gradient;
#endif
};

inline std::vector<NeuronInstance>& neuron_instances() {
  static std::vector<NeuronInstance> instances;
  return instances;
}

struct NeuronRegistration {
  explicit NeuronRegistration(NeuronInstance instance) { neuron_instances().push_back(instance); }
};
