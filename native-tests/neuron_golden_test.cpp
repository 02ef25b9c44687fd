// neuron.cu without batch norm against golden/lif.safetensors, which holds what the published method
// computes in float64: the spikes are the same, the gradients agree to float32's accuracy.
#include "golden.h"
#include "neuron_registry.h"
#include "numbers.h"

// Written by neuron_settings.sh and neuron_instances.awk.
#include INSTANCES

namespace {
int surrogate_number(const std::string& text) {
  const char* const names[] = {"\"triangle\"", "\"atan\"", "\"sigmoid\"", "\"rectangle\""};
  for (int k = 0; k < 4; ++k) {
    if (text == names[k]) return k;
  }
  throw std::runtime_error("unknown surrogate " + text);
}

/// [steps, n] to [steps, padded], zeros to the right.
Doubles pad(const Doubles& values, size_t steps, size_t padded) {
  const size_t n = values.size() / steps;
  Doubles wide(steps * padded, 0.0);
  for (size_t t = 0; t < steps; ++t) {
    for (size_t i = 0; i < n; ++i) wide[t * padded + i] = values[t * n + i];
  }
  return wide;
}

Doubles unpad(const Doubles& wide, size_t steps, size_t n) {
  const size_t padded = wide.size() / steps;
  Doubles values(steps * n);
  for (size_t t = 0; t < steps; ++t) {
    for (size_t i = 0; i < n; ++i) values[t * n + i] = wide[t * padded + i];
  }
  return values;
}

void check_config(const Golden& golden, const std::string& config, const std::string& number,
                  const NeuronInstance& neuron) {
  const auto value = [&](const char* name) { return std::strtof(Golden::field(config, name).c_str(), nullptr); };
  const size_t steps = neuron.steps;
  const Doubles spikes = golden.tensor(number + ".s");
  const size_t n = spikes.size() / steps, padded = (n + LANES - 1) / LANES * LANES;
  const float leak = 1.0f / value("tau"), v_th = value("v_th"), alpha = value("alpha");
  const float v_reset = neuron.hard_reset ? value("v_reset") : 0.0f;
  const int64 rows = padded / LANES;

  const Buffer<storage> x = to_storage_buffer(pad(golden.tensor(number + ".x"), steps, padded));
  const Buffer<storage> grad_s = to_storage_buffer(pad(golden.tensor(number + ".grad_s"), steps, padded));
  const Buffer<storage> s(x.size()), grad_x(x.size());
  neuron.forward(matrix(rows, 1), x.data(), nullptr, nullptr, nullptr, s.data(), nullptr, leak, v_th, v_reset, rows, 1);
  neuron.backward(matrix(rows, 1), x.data(), nullptr, nullptr, nullptr, grad_s.data(), nullptr, grad_x.data(),
                  nullptr, leak, v_th, v_reset, alpha, rows, 1);

  check_close("spikes", unpad(from_storage_buffer(s), steps, n), spikes, 0);
  check_close("grad_x", unpad(from_storage_buffer(grad_x), steps, n), golden.tensor(number + ".grad_x"), 1e-5);
}
}  // namespace

TEST_CASE("spikes and gradients are those of the published method") {
  const Golden golden(GOLDEN);
  const std::vector<std::string> configs = golden.configs();
  REQUIRE(configs.size() == 144);
  for (const NeuronInstance& neuron : neuron_instances()) {
    INFO(neuron.name << ", LANES " << LANES);
    int uses = 0;
    for (size_t k = 0; k < configs.size(); ++k) {
      const auto is_set = [&](const char* name) { return Golden::field(configs[k], name) == "true"; };
      if (std::stoi(Golden::field(configs[k], "T")) == neuron.steps &&
          (Golden::field(configs[k], "v_reset") != "null") == neuron.hard_reset &&
          is_set("decay_input") == neuron.decay_input && is_set("detach_reset") == neuron.detach_reset &&
          surrogate_number(Golden::field(configs[k], "surrogate")) == neuron.surrogate) {
        INFO(configs[k]);
        check_config(golden, configs[k], std::to_string(k), neuron);
        ++uses;
      }
    }
    // Hard reset is there with two values of v_reset.
    CHECK(uses == (neuron.hard_reset ? 2 : 1));
  }
}
