// neuron.cu: batch norm + residual + neuron, forward and backward, against double loops.
#include "neuron_reference.h"

#include "../kernels/spikes.cu"

// Written by neuron_settings.sh and neuron_instances.awk.
#include INSTANCES

namespace {
/// The sums of partial [chunks, n] over the chunks.
Doubles sum_over_chunks(const Buffer<float>& partial, size_t n) {
  Doubles sums(n, 0.0);
  for (size_t i = 0; i < partial.size(); ++i) sums[i % n] += partial[i];
  return sums;
}

/// Unpacked is what was sent, to the bit.
void check_unpacked(const NeuronInstance& n, const Buffer<unsigned char>& packed, const Buffer<storage>& out) {
  const Buffer<storage> again(out.size());
  const int64 count = out.size() / LANES;
  if (n.pack == 1) {
    KERNEL_OF(unpack_bits)(items(count), packed.data(), again.data(), count);
  } else {
    KERNEL_OF(unpack_bytes)(items(count), packed.data(), again.data(), count);
  }
  CHECK(same_bytes(again, out));
}

void check_instance(const NeuronInstance& n, const NeuronProblem& p) {
  const NeuronSolution expected = NeuronReference(p).solve();
  const size_t c = p.channels, all = expected.out.size();
  const int columns = static_cast<int>(c / LANES);
  const int64 rows = p.rows;
  const float leak = p.leak, v_th = p.v_th, v_reset = p.v_reset, alpha = p.alpha;

  // Absent tensors are null pointers, as the product passes them.
  const Buffer<storage> x = to_storage_buffer(p.x), grad_out = to_storage_buffer(p.grad_out);
  const Buffer<storage> residual = to_storage_buffer(p.residual);
  const Buffer<float> leak_parameter{static_cast<float>(p.leak_parameter)};
  Doubles rows_of_affine;
  for (int row = 0; row < 4; ++row) {
    for (size_t k = 0; k < c; ++k) {
      rows_of_affine.push_back(row == 0   ? expected.mean[k]
                               : row == 1 ? expected.invstd[k]
                               : row == 2 ? p.gamma[k] * expected.invstd[k]
                                          : p.beta[k]);
    }
  }
  const Buffer<float> affine = to_float_buffer(rows_of_affine);
  const float* const affine_or_null = n.norm ? affine.data() : nullptr;
  const storage* const residual_or_null = n.residual ? residual.data() : nullptr;
  const float* const leak_or_null = n.learnable() ? leak_parameter.data() : nullptr;

  const Buffer<storage> out(all);
  const Buffer<unsigned char> packed(n.pack == 0 ? 0 : n.pack == 1 ? all / PACKED_LANES : all);
  n.forward(matrix(rows, columns), x.data(), affine_or_null, residual_or_null, leak_or_null, out.data(),
            n.pack ? packed.data() : nullptr, leak, v_th, v_reset, rows, columns);
  check_storage("out", out, expected.out, 1e-6);
  if (n.pack) check_unpacked(n, packed, out);

  const int rows_per_chunk = 7, chunks = static_cast<int>((rows + rows_per_chunk - 1) / rows_per_chunk);
  const Buffer<float> coefficients(2 * c), dbeta(c), dgamma(c), grad_w(1);
  const float inverse_count = 1.0f / (n.input_steps * rows);
  if (n.sums() > 0) {
    const Buffer<float> partial(chunks * n.sums() * c);
#if TWINS
    const Counters counters(c + 1);
    n.reduce(each(chunks), x.data(), affine_or_null, residual_or_null, leak_or_null, grad_out.data(), partial.data(),
             dbeta.data(), dgamma.data(), coefficients.data(), grad_w.data(), inverse_count, counters.data(), leak,
             v_th, v_reset, alpha, rows, rows_per_chunk, chunks, columns);
    counters.check();
    const Buffer<float> again(2 * c);
    n.reduce(each(chunks), x.data(), affine_or_null, residual_or_null, leak_or_null, grad_out.data(), partial.data(),
             dbeta.data(), dgamma.data(), again.data(), grad_w.data(), inverse_count, counters.data(), leak, v_th,
             v_reset, alpha, rows, rows_per_chunk, chunks, columns);
    CHECK(same_bytes(coefficients, again));
#else
    n.reduce(matrix(chunks, columns), x.data(), affine_or_null, residual_or_null, leak_or_null, grad_out.data(),
             partial.data(), leak, v_th, v_reset, alpha, rows, rows_per_chunk, chunks, columns);
    const Doubles sums = sum_over_chunks(partial, n.sums() * c);
    const auto row = [&](size_t k) { return Doubles(sums.begin() + k * c, sums.begin() + (k + 1) * c); };
    if (n.norm) {
      check_close("dbeta of the chunks", row(0), expected.dbeta, 1e-5);
      check_close("dgamma of the chunks", row(1), expected.dgamma, 1e-5);
      (*n.merge)(items(c), affine.data(), partial.data(), dbeta.data(), dgamma.data(), coefficients.data(),
                 inverse_count, chunks, static_cast<int>(c));
    }
    if (n.learnable()) {
      const Doubles gk = row(2 * n.norm);
      // With DECAY_INPUT they have the factor k.
      Doubles expected_gk = expected.leak_sums;
      if (n.decay_input) {
        for (double& g : expected_gk) g /= 1 + std::exp(-p.leak_parameter);
      }
      check_close("sums of gk", gk, expected_gk, 1e-5);
      const Buffer<float> leak_sums = to_float_buffer(gk);
      (*n.leak_gradient)(items(1), leak_sums.data(), leak_parameter.data(), grad_w.data(), static_cast<int>(c));
    }
#endif
    if (n.norm) {
      check_float("dbeta", dbeta, expected.dbeta, 1e-5);
      check_float("dgamma", dgamma, expected.dgamma, 1e-5);
    }
    if (n.learnable()) {
      double magnitude = 0;
      for (double g : expected.leak_sums) magnitude += std::fabs(g);
      CHECK(grad_w[0] == doctest::Approx(expected.grad_leak_parameter).scale(magnitude).epsilon(1e-6));
    }
  }

  const Buffer<storage> grad_x(p.x.size()), grad_residual(n.changes_residual() ? all : 0);
  n.backward(matrix(rows, columns), x.data(), affine_or_null, residual_or_null, leak_or_null, grad_out.data(),
             n.norm ? coefficients.data() : nullptr, grad_x.data(),
             n.changes_residual() ? grad_residual.data() : nullptr, leak, v_th, v_reset, alpha, rows, columns);
  check_storage("grad_x", grad_x, expected.grad_x, 1e-5);
  if (n.changes_residual()) check_storage("grad_residual", grad_residual, expected.grad_residual, 1e-5);
}
}  // namespace

TEST_CASE("every specialisation agrees with double arithmetic") {
  REQUIRE(neuron_instances().size() >= 10);
  unsigned seed = 1;
  for (const NeuronInstance& neuron : neuron_instances()) {
    INFO(neuron.name << ", LANES " << LANES << ", STORAGE " << STORAGE);
    Random random(seed++);
    check_instance(neuron, draw(neuron, random));
  }
}
