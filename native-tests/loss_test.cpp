// loss.cu: softmax losses with their gradients, squared error, rank of the label.
#include "numbers.h"

#include KERNELS(loss.cu)

namespace {
struct Weights {
  double ce, kl, temperature, smoothing;
  /// The share of a sample's own label, beside that of the last but n.
  double own = 1;
};

struct Losses {
  Doubles losses, grad;
};

/// log softmax of row[0 .. classes) / temperature.
Doubles log_softmax(const double* row, size_t classes, double temperature) {
  const double largest = *std::max_element(row, row + classes);
  double sum = 0;
  for (size_t k = 0; k < classes; ++k) sum += std::exp((row[k] - largest) / temperature);
  Doubles logs(classes);
  for (size_t k = 0; k < classes; ++k) logs[k] = (row[k] - largest) / temperature - std::log(sum);
  return logs;
}

Losses expected_losses(const Doubles& z, const Doubles& q, const Buffer<int>& labels, const Weights& w) {
  const size_t samples = labels.size(), classes = z.size() / samples;
  Losses l{{}, Doubles(z.size())};
  for (size_t n = 0; n < samples; ++n) {
    const Doubles log_p = log_softmax(&z[n * classes], classes, 1);
    const Doubles log_b = log_softmax(&z[n * classes], classes, w.temperature);
    const Doubles log_a = w.kl ? log_softmax(&q[n * classes], classes, w.temperature) : log_b;
    double ce = 0, kl = 0;
    for (size_t k = 0; k < classes; ++k) {
      const size_t y = labels[n], other = labels[samples - 1 - n];
      const double label = (y == k ? w.own : 0) + (other == k ? 1 - w.own : 0);
      const double target = (1 - w.smoothing) * label + w.smoothing / classes;
      const double a = std::exp(log_a[k]), b = std::exp(log_b[k]);
      if (target > 0) ce -= target * log_p[k];
      if (a > 0) kl += w.temperature * w.temperature * a * (log_a[k] - log_b[k]);
      l.grad[n * classes + k] =
          (w.ce * (std::exp(log_p[k]) - target) + w.kl * w.temperature * (b - a)) / samples;
    }
    l.losses.push_back(ce);
    l.losses.push_back(kl);
  }
  return l;
}

Losses measured_losses(const Doubles& z, const Doubles& q, const Buffer<int>& labels, const Weights& w) {
  const int samples = static_cast<int>(labels.size()), classes = static_cast<int>(z.size() / samples);
  const Buffer<float> logits = to_float_buffer(z), teacher = to_float_buffer(q);
  const Buffer<float> loss_scale{1}, losses(2 * samples), grad(z.size());
  const Buffer<float> mix{float(w.own), 0, 0, 0, 0, 0};
  KERNEL_OF(softmax_loss)
  (each(samples), logits.data(), w.kl ? teacher.data() : nullptr, labels.data(), mix.data(),
   loss_scale.data(), losses.data(), grad.data(), float(w.ce), float(w.kl), float(w.temperature), float(w.smoothing),
   w.own < 1, samples, classes);
  return {from_float_buffer(losses), from_float_buffer(grad)};
}

void check_losses(const Doubles& z, const Doubles& q, const Buffer<int>& labels, const Weights& w,
                  double tolerance = 2e-6) {
  INFO("ce " << w.ce << ", kl " << w.kl << ", T " << w.temperature << ", smoothing " << w.smoothing);
  const Losses expected = expected_losses(z, q, labels, w), actual = measured_losses(z, q, labels, w);
  check_close("losses", actual.losses, expected.losses, tolerance);
  check_close("grad", actual.grad, expected.grad, tolerance);
}

Doubles float_normals(Random& random, size_t n, double deviation) {
  Doubles values = random.normals(n, 0, deviation);
  for (double& v : values) v = static_cast<float>(v);
  return values;
}

const Weights weights[] = {{1, 0, 1, 0},   {1, 0, 1, 0.125}, {1, 1, 1, 0},      {0.5, 2, 4, 0.0625},
                           {0, 1, 2.5, 0}, {1, 10, 1, 0},    {0, 3, 0.5, 0.25},
                           {0.5, 2, 4, 0.0625, 0.75}, {1, 0, 1, 0, 0}};
}  // namespace

TEST_CASE("softmax losses and gradients") {
  Random random(1);
  const Buffer<int> labels{0, 9, 4, 4, 7, 1, 0};
  const Doubles z = float_normals(random, 70, 2), q = float_normals(random, 70, 3);
  for (const Weights& w : weights) check_losses(z, q, labels, w);
}

TEST_CASE("any number of classes") {
  Random random(7);
  for (const int classes : {1, 31, 33, 1000, 1003}) {
    INFO(classes << " classes");
    const Buffer<int> labels{0, classes - 1, classes / 2, classes / 3};
    const Doubles z = float_normals(random, 4 * classes, 2), q = float_normals(random, 4 * classes, 3);
    for (const Weights& w : weights) check_losses(z, q, labels, w, 1e-5);
  }
}

TEST_CASE("the gradient is the slope of the loss") {
  // expected_losses alone, against its own finite differences: the two above share its formula.
  Random random(2);
  const Buffer<int> labels{2, 0};
  const Doubles z = random.normals(8), q = random.normals(8);
  for (const Weights& w : weights) {
    const auto total = [&](const Doubles& at) {
      const Losses l = expected_losses(at, q, labels, w);
      double sum = 0;
      for (size_t n = 0; n < labels.size(); ++n) sum += w.ce * l.losses[2 * n] + w.kl * l.losses[2 * n + 1];
      return sum / labels.size();
    };
    Doubles slope(z.size());
    for (size_t i = 0; i < z.size(); ++i) {
      Doubles up = z, down = z;
      up[i] += 1e-4;
      down[i] -= 1e-4;
      slope[i] = (total(up) - total(down)) / 2e-4;
    }
    check_close("slope", expected_losses(z, q, labels, w).grad, slope, 1e-6);
  }
}

TEST_CASE("large logits do not overflow") {
  const Buffer<int> labels{0, 1, 2};
  const Doubles z{1e4, -1e4, 0, 1e4, -1e4, 0, -1e4, -1e4, -1e4}, q{-1e4, 1e4, 3, 1e4, 1e4, 0, 0, 1e4, -1e4};
  for (const Weights& w : weights) check_losses(z, q, labels, w);
}

TEST_CASE("two equal rows of logits have no divergence") {
  Random random(3);
  const Doubles z = float_normals(random, 20, 2);
  const Losses l = measured_losses(z, z, Buffer<int>{3, 6}, {0, 1, 4, 0});
  CHECK(std::fabs(l.losses[1]) < 1e-6);
  CHECK(std::fabs(l.losses[3]) < 1e-6);
  check_close("grad", l.grad, Doubles(20, 0.0), 0);
}

TEST_CASE("a NaN or an infinite logit shows in the loss") {
  const Buffer<int> labels{0};
  for (const double bad : {double(NAN), double(INFINITY)}) {
    for (size_t k = 0; k < 3; ++k) {
      Doubles z{0, 1, 2}, q{0, 1, 2};
      z[k] = bad;
      CHECK(std::isnan(measured_losses(z, q, labels, {1, 0, 1, 0}).losses[0]));
      CHECK(std::isnan(measured_losses(z, q, labels, {1, 1, 1, 0}).losses[1]));
      CHECK(std::isnan(measured_losses(q, z, labels, {1, 1, 1, 0}).losses[1]));
    }
  }
}

TEST_CASE("a class the teacher rules out adds nothing") {
  const Losses l = measured_losses({1, 2, 3}, {0, -INFINITY, 1}, Buffer<int>{2}, {0, 1, 1, 0});
  const Losses two = measured_losses({1, 3}, {0, 1}, Buffer<int>{1}, {0, 1, 1, 0});
  // With a_1 = 0, KL differs from that over the other classes by log of what they lack in softmax(z).
  const double missing = std::log((std::exp(1) + std::exp(2) + std::exp(3)) / (std::exp(1) + std::exp(3)));
  CHECK(l.losses[1] == doctest::Approx(two.losses[1] + missing).epsilon(1e-6));
}

TEST_CASE("squared error") {
  Random random(4);
  const int64 n = 1111;
  const int items_per_chunk = 400, chunks = 3;
  const size_t all = n * LANES;
  const Doubles a = random.normals(all), b = random.normals(all);
  const Buffer<storage> x = to_storage_buffer(a), y = to_storage_buffer(b), grad(all);
  const Buffer<float> partial(chunks), loss_scale{2};
  Doubles sums(chunks, 0.0), slope(all);
  for (size_t i = 0; i < all; ++i) {
    sums[i / LANES / items_per_chunk] += (a[i] - b[i]) * (a[i] - b[i]);
    slope[i] = 0.375 * (a[i] - b[i]);
  }
#if TWINS
  const Counters counters(1);
  const Buffer<float> losses{7, 7, 7};
  for (int launch = 0; launch < 2; ++launch) {
    const float before = losses[1];
    KERNEL_OF(squared_error)
    (each(chunks), x.data(), y.data(), loss_scale.data(), grad.data(), partial.data(), losses.data(), 0.125f, 1,
     counters.data(), 0.1875f, n, items_per_chunk, chunks);
    counters.check();
    if (launch > 0) CHECK(losses[1] == before);
  }
  CHECK(losses[1] == doctest::Approx(0.125 * (sums[0] + sums[1] + sums[2])).epsilon(1e-6));
  CHECK(losses[0] == 7);
  CHECK(losses[2] == 7);
#else
  KERNEL_OF(squared_error)
  (items(chunks), x.data(), y.data(), loss_scale.data(), grad.data(), partial.data(), 0.1875f, n, items_per_chunk,
   chunks);
#endif
  check_float("partial", partial, sums, 1e-6);
  check_storage("grad", grad, slope, 1e-6);
}

TEST_CASE("scaled sum of the chunks") {
  Random random(6);
  const Doubles x = random.normals(67, 1);
  const Buffer<float> partial = to_float_buffer(x), out{7, 7, 7};
  KERNEL_OF(scaled_sum)(each(1), partial.data(), out.data(), 0.125f, 67, 1);
  double sum = 0;
  for (double v : x) sum += v;
  CHECK(out[1] == doctest::Approx(0.125 * sum).epsilon(1e-6));
  CHECK(out[0] == 7);
  CHECK(out[2] == 7);
}

TEST_CASE("a tally of steps, one of them broken") {
  const int samples = 3;
  const Buffer<int> rank{0, 2, 0}, hits(2);
  const Buffer<float> fine{1, 0.5f, 2, 0.25f, 3, 0.125f}, broken{1, 0, INFINITY, 0, 3, 0}, distances{0.5f, 0.75f};
  const Buffer<float> tally{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  KERNEL_OF(count_hits)(each(1), rank.data(), hits.data(), samples);
  for (const float* losses : {fine.data(), broken.data(), fine.data(), broken.data()}) {
    KERNEL_OF(tally_step)
    (items(1), losses, distances.data(), hits.data(), tally.data(), samples, samples, 2, 2);
  }
  const float expected[] = {12, 1.75f, 7.5f, 6, 8, 0, 12, 0, 4, 2, INFINITY};
  for (int i = 0; i < 11; ++i) CHECK(tally[i] == expected[i]);
}

TEST_CASE("a tally of averages, and of more pixels than a float32 counts") {
  const Buffer<int> hits{(1 << 24) + 1, 2147483647};
  const Buffer<float> losses{0.5f}, tally{0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  for (int step = 0; step < 3; ++step) {
    KERNEL_OF(tally_step)(items(1), losses.data(), losses.data(), hits.data(), tally.data(), 16, 1, 1, 0);
  }
  const float expected[] = {24, 0, 48, 3, 3, 16777213, 383, 3, 0, 0};
  for (int i = 0; i < 10; ++i) CHECK(tally[i] == expected[i]);
}

TEST_CASE("hits of several samples") {
  Random random(7);
  for (int samples : {1, 31, 32, 257}) {
    const Buffer<int> rank(samples), hits(2);
    int expected = 0;
    for (int i = 0; i < samples; ++i) expected += (rank[i] = random.below(3)) == 0;
    KERNEL_OF(count_hits)(each(1), rank.data(), hits.data(), samples);
    CHECK(hits[0] == expected);
    CHECK(hits[1] == samples);
  }
}

TEST_CASE("rank of the label") {
  const auto rank = [](const Doubles& z, int label) {
    const Buffer<float> logits = to_float_buffer(z);
    const Buffer<int> labels{label}, rank(1);
    KERNEL_OF(label_rank)(each(1), logits.data(), labels.data(), rank.data(), 1, static_cast<int>(z.size()));
    return rank[0];
  };
  CHECK(rank({3, 1, 2}, 0) == 0);
  CHECK(rank({3, 1, 2}, 1) == 2);
  CHECK(rank({3, 1, 2}, 2) == 1);
  // Equals count in the order of their index: of a constant row only class 0 is a hit.
  CHECK(rank({1, 1, 1}, 0) == 0);
  CHECK(rank({1, 1, 1}, 1) == 1);
  CHECK(rank({1, 1, 1}, 2) == 2);
  CHECK(rank({0, 5, 5}, 2) == 1);
  // A NaN is ahead of every number, and a label's own NaN is behind everything.
  CHECK(rank({NAN, 1, 2}, 2) == 1);
  CHECK(rank({NAN, NAN, NAN}, 0) == 2);
  CHECK(rank({1, NAN, 2}, 1) == 2);
  CHECK(rank({-INFINITY, INFINITY}, 1) == 0);
}

TEST_CASE("ranks of several samples") {
  Random random(5);
  const int samples = 9, classes = 70;
  const Buffer<float> logits(samples * classes);
  const Buffer<int> labels(samples), rank(samples);
  for (size_t i = 0; i < logits.size(); ++i) logits[i] = static_cast<float>(random.below(4));
  for (int i = 0; i < samples; ++i) labels[i] = random.below(classes);
  KERNEL_OF(label_rank)(each(samples), logits.data(), labels.data(), rank.data(), samples, classes);
  for (int i = 0; i < samples; ++i) {
    // A stable sort of the classes, best first, has the label at its rank.
    std::vector<int> order(classes);
    for (int k = 0; k < classes; ++k) order[k] = k;
    std::stable_sort(order.begin(), order.end(),
                     [&](int a, int b) { return logits[i * classes + a] > logits[i * classes + b]; });
    CHECK(order[rank[i]] == labels[i]);
  }
}
