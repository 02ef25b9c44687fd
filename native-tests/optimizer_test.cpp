// optimizer.cu: several steps of each against PyTorch's formulas in double.
#include "numbers.h"

#include KERNELS(optimizer.cu)

namespace {
const int64 n = 7;
const size_t elements = n * LANES;
const int64 items_per_decay = 3;
}  // namespace

TEST_CASE("sgd") {
  for (int nesterov : {0, 1}) {
    for (double momentum : {0.0, 0.875}) {
      CAPTURE(nesterov);
      CAPTURE(momentum);
      Random random(1);
      Doubles w = random.normals(elements), velocity(elements, 0.0);
      const Buffer<float> weights = to_float_buffer(w), m = to_float_buffer(velocity);
      const Doubles decays{0.03125, 0, 0.125};
      const Buffer<float> decay = to_float_buffer(decays);
      for (int step = 1; step <= 5; ++step) {
        const Doubles grad = random.normals(elements);
        const double lr = 0.5 / step, factor = step == 3 ? 0.25 : 1;
        const Buffer<float> g = to_float_buffer(grad);
        const Buffer<float> schedule = to_float_buffer({lr, factor, NAN, NAN, 1, 0});
        KERNEL_OF(sgd)
        (items(n), weights.data(), g.data(), m.data(), schedule.data(), decay.data(),
         items_per_decay, static_cast<float>(momentum), nesterov, n);
        for (size_t i = 0; i < elements; ++i) {
          const double d = factor * grad[i] + decays[i / LANES / items_per_decay] * w[i];
          velocity[i] = momentum * velocity[i] + d;
          w[i] -= lr * (nesterov ? d + momentum * velocity[i] : velocity[i]);
        }
        check_float("weights", weights, w, 1e-6);
        check_float("velocity", m, velocity, 1e-6);
      }
    }
  }
}

TEST_CASE("adamw") {
  Random random(2);
  Doubles w = random.normals(elements), first(elements, 0.0), second(elements, 0.0);
  const Buffer<float> weights = to_float_buffer(w), m = to_float_buffer(first), v = to_float_buffer(second);
  const double beta1 = 0.875, beta2 = 0.9990234375, eps = 1e-8;
  const Doubles decays{0.125, 0, 0.5};
  const Buffer<float> decay = to_float_buffer(decays);
  for (int step = 1; step <= 6; ++step) {
    Doubles grad = random.normals(elements);
    grad[0] = 0;           // stays where eps alone keeps the quotient finite
    grad[1 % elements] *= 1e-6;  // small gradients move as far as large ones
    const double lr = 0.0625 / step, factor = step == 4 ? 0.5 : 1;
    const double correction1 = 1 - std::pow(beta1, step), correction2 = 1 - std::pow(beta2, step);
    const Buffer<float> g = to_float_buffer(grad);
    const Buffer<float> schedule = to_float_buffer({lr, factor, correction1, correction2, 1, 0});
    KERNEL_OF(adamw)
    (items(n), weights.data(), g.data(), m.data(), v.data(), schedule.data(), decay.data(),
     items_per_decay, static_cast<float>(beta1), static_cast<float>(beta2), static_cast<float>(eps), n);
    for (size_t i = 0; i < elements; ++i) {
      const double d = factor * grad[i];
      w[i] *= 1 - lr * decays[i / LANES / items_per_decay];
      first[i] = beta1 * first[i] + (1 - beta1) * d;
      second[i] = beta2 * second[i] + (1 - beta2) * d * d;
      w[i] -= lr / correction1 * first[i] / (std::sqrt(second[i]) / std::sqrt(correction2) + eps);
    }
    check_float("weights", weights, w, 1e-6);
    check_float("first moment", m, first, 1e-6);
    check_float("second moment", v, second, 1e-6);
  }
}

TEST_CASE("moving average of the weights") {
  Random random(3);
  Doubles average = random.normals(elements);
  const Buffer<float> a = to_float_buffer(average);
  for (int step = 0; step < 4; ++step) {
    const Doubles w = random.normals(elements);
    const Buffer<float> weights = to_float_buffer(w), schedule{NAN, NAN, NAN, NAN, step == 2 ? 0.0f : 1.0f, 0};
    KERNEL_OF(ema)(items(n), weights.data(), a.data(), schedule.data(), 0.875f, n);
    if (step == 2) continue;  // skipped
    for (size_t i = 0; i < elements; ++i) average[i] = 0.875 * average[i] + 0.125 * w[i];
    check_float("average", a, average, 1e-6);
  }
}

TEST_CASE("sums of squares of uneven chunks") {
  Random random(4);
  const int items_per_chunk = 3, chunks = 3;
  const Doubles x = random.normals(elements);
  const Buffer<float> values = to_float_buffer(x), partial(chunks);
  Doubles expected(chunks, 0.0);
  for (size_t i = 0; i < elements; ++i) expected[i / LANES / items_per_chunk] += x[i] * x[i];
#if TWINS
  const Counters counters(1);
  const Buffer<float> out(1);
  KERNEL_OF(sum_squares)
  (each(chunks), values.data(), partial.data(), out.data(), counters.data(), n, items_per_chunk, chunks);
  counters.check();
  CHECK(out[0] == doctest::Approx(expected[0] + expected[1] + expected[2]).epsilon(1e-6));
#else
  KERNEL_OF(sum_squares)(items(chunks), values.data(), partial.data(), n, items_per_chunk, chunks);
#endif
  check_float("partial", partial, expected, 1e-6);
}

namespace {
/// Runs begin_step and returns the schedule after; scaling is changed in place.
Buffer<float> begun(float squares, float before, const Buffer<float>& scaling, float max_norm, int growth_interval) {
  const Buffer<float> s{squares};
  Buffer<float> schedule{0.1f, NAN, 0.5f, 0.25f, before, 5};
  KERNEL_OF(begin_step)
  (items(1), s.data(), schedule.data(), scaling.data(), max_norm, 0.75f, 0.875f, growth_interval);
  CHECK(schedule[0] == 0.1f);
  return schedule;
}
}  // namespace

TEST_CASE("clipping scales down only what is too long") {
  const auto factor = [](float squares, float scale, float max_norm) {
    const Buffer<float> scaling{scale, 0};
    return begun(squares, 1, scaling, max_norm, 0)[1];
  };
  CHECK(factor(16, 1, 2) == doctest::Approx(0.5).epsilon(1e-6));
  CHECK(factor(16, 2, 1) == doctest::Approx(0.25).epsilon(1e-6));  // of the gradient without its scale
  CHECK(factor(16, 1, 5) == 1);
  CHECK(factor(16, 2, 2.5f) == 0.5f);
  CHECK(factor(16, 2, 0) == 0.5f);
  CHECK(factor(0, 1, 1) == 1);
}

TEST_CASE("a broken gradient skips the step, and without loss scaling all steps after") {
  for (int growth_interval : {0, 2}) {
    for (float squares : {1.0f, static_cast<float>(INFINITY), static_cast<float>(NAN)}) {
      for (float before : {0.0f, 1.0f}) {
        const Buffer<float> scaling{8, 0};
        const Buffer<float> schedule = begun(squares, before, scaling, 0, growth_interval);
        const bool taken = squares == 1 && (growth_interval > 0 || before == 1);
        CHECK(schedule[4] == (taken ? 1.0f : 0.0f));
        CHECK(schedule[2] == (taken ? 0.625f : 0.5f));
        CHECK(schedule[3] == (taken ? 0.34375f : 0.25f));
        CHECK(schedule[5] == (taken ? 5 : 6));
        CHECK(scaling[0] == (taken || growth_interval == 0 ? 8.0f : 4.0f));
      }
    }
  }
}

TEST_CASE("the loss scale doubles after enough steps, up to what float32 holds") {
  for (float scale : {8.0f, 0x1p127f}) {
    const Buffer<float> scaling{scale, 1};
    begun(1, 1, scaling, 0, 2);
    CHECK(scaling[0] == (scale == 8 ? 16.0f : scale));
    CHECK(scaling[1] == 0);
  }
}
