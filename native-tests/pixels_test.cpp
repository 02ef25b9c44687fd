// pixels.cu against loops over pixels in double arithmetic. Labels are bytes, 255 is no class.
#include "numbers.h"

#include "../kernels/pixels.cu"

namespace {
struct Weights {
  double ce, kl, temperature, smoothing;
  double divisor = 0;  // in place of the number of counted pixels, unless 0
};

struct Results {
  double ce = 0, kl = 0;
  int right = 0, counted = 0;
  Doubles grad;
};

Doubles log_softmax(const double* row, size_t classes, double temperature) {
  const double largest = *std::max_element(row, row + classes);
  double sum = 0;
  for (size_t k = 0; k < classes; ++k) sum += std::exp((row[k] - largest) / temperature);
  Doubles logs(classes);
  for (size_t k = 0; k < classes; ++k) logs[k] = (row[k] - largest) / temperature - std::log(sum);
  return logs;
}

Results expected_results(const Doubles& z, const Doubles& q, const Buffer<uchar>& labels, const Weights& w) {
  const size_t classes = z.size() / labels.size();
  Results r;
  for (size_t n = 0; n < labels.size(); ++n) r.counted += labels[n] < classes;
  const double divisor = w.divisor > 0 ? w.divisor : r.counted;
  for (size_t n = 0; n < labels.size(); ++n) {
    const double* row = &z[n * classes];
    const Doubles log_p = log_softmax(row, classes, 1), log_b = log_softmax(row, classes, w.temperature);
    const Doubles log_a = w.kl ? log_softmax(&q[n * classes], classes, w.temperature) : log_b;
    const bool counts = labels[n] < classes;
    for (size_t k = 0; k < classes; ++k) {
      const double target = (1 - w.smoothing) * (labels[n] == k) + w.smoothing / classes;
      const double a = std::exp(log_a[k]), b = std::exp(log_b[k]);
      if (counts) r.ce -= target * log_p[k] / divisor;
      if (counts) r.kl += w.temperature * w.temperature * a * (log_a[k] - log_b[k]) / divisor;
      const double g = w.ce * (std::exp(log_p[k]) - target) + w.kl * w.temperature * (b - a);
      r.grad.push_back(counts ? g / divisor : 0);
    }
    r.right += counts && std::max_element(row, row + classes) - row == labels[n];
  }
  return r;
}

/// `size` rows a group, until one is left.
template <class T, class Fold>
Buffer<T> folded(Fold fold, const Buffer<T>& partial, int rows, int columns, int size) {
  const int groups = (rows + size - 1) / size;
  Buffer<T> out(size_t(groups) * columns);
  fold(matrix(groups, columns), partial.data(), out.data(), rows, size, 0, groups, columns);
  return groups == 1 ? std::move(out) : folded(fold, out, groups, columns, size);
}

Results measured_results(const Doubles& z, const Doubles& q, const Buffer<uchar>& labels, const Weights& w) {
  const int pixels = int(labels.size()), classes = int(z.size() / pixels);
  const Buffer<float> logits = to_float_buffer(z), teacher = to_float_buffer(q), loss_scale{2}, grad(z.size());
  const int count_chunks = (pixels + 6) / 7;
  const Buffer<int> counts(count_chunks);
  KERNEL_OF(count_pixels)
  (items(count_chunks), labels.data(), counts.data(), classes, pixels, 7, count_chunks);
  const Buffer<int> counted = folded(KERNEL_OF(fold_ints), counts, count_chunks, 1, 3);

  // Chunks of two vectors, the last perhaps of one; what is left over goes to kernels of other lanes.
  const int blocks = pixels / LANES, chunks = (blocks + 1) / 2;
  const Buffer<float> sums(2 * chunks), losses(2);
  const Buffer<int> right(chunks), hits(2);
  const Buffer<float> divisor{float(w.divisor)};
  KERNEL_OF(pixel_loss)
  (items(chunks), logits.data(), w.kl ? teacher.data() : nullptr, labels.data(), loss_scale.data(), counted.data(),
   divisor.data(), grad.data(), sums.data(), right.data(), w.divisor > 0, float(w.ce), float(w.kl), float(w.temperature), float(w.smoothing), classes,
   0, 0, blocks, 2, chunks);
  const Buffer<float> sum = folded(KERNEL_OF(fold_floats), sums, chunks, 2, 3);
  const Buffer<int> all_right = folded(KERNEL_OF(fold_ints), right, chunks, 1, 3);
  KERNEL_OF(pixel_loss_mean)
  (items(1), sum.data(), all_right.data(), counted.data(), divisor.data(), losses.data(), hits.data(),
   w.divisor > 0);
  Results r{losses[0], losses[1], hits[0], hits[1], from_float_buffer(grad)};
  for (double& g : r.grad) g /= 2;
  return r;
}

Buffer<uchar> random_labels(Random& random, int pixels, int classes) {
  Buffer<uchar> labels(pixels);
  for (int i = 0; i < pixels; ++i) labels[i] = random.below(5) == 0 ? 255 : random.below(classes);
  return labels;
}

Doubles float_normals(Random& random, size_t n, double deviation) {
  Doubles values = random.normals(n, 0, deviation);
  for (double& v : values) v = static_cast<float>(v);
  return values;
}

/// Probabilities near 1 are known to 1e-7 in float32, and so are their logarithms.
void check(const Doubles& z, const Doubles& q, const Buffer<uchar>& labels, const Weights& w) {
  INFO(labels.size() << " pixels, ce " << w.ce << ", kl " << w.kl << ", T " << w.temperature << ", smoothing "
                     << w.smoothing);
  Results expected = expected_results(z, q, labels, w), actual = measured_results(z, q, labels, w);
  check_close("losses", {actual.ce, actual.kl, 1}, {expected.ce, w.kl ? expected.kl : 0, 1}, 3e-6);
  const double largest = (w.ce + w.kl * w.temperature) / (w.divisor > 0 ? w.divisor : std::max(expected.counted, 1));
  actual.grad.push_back(largest);
  expected.grad.push_back(largest);
  check_close("grad", actual.grad, expected.grad, 3e-6);
  CHECK(actual.right == expected.right);
  CHECK(actual.counted == expected.counted);
}

const Weights weights[] = {{1, 0, 1, 0}, {1, 1, 1, 0.125}, {0.5, 2, 4, 0.0625}, {0, 1, 2.5, 0}, {0, 3, 0.5, 0.25}, {1, 1, 2, 0, 12.5}};
}  // namespace

TEST_CASE("pixel loss of every number of classes") {
  Random random(1);
  for (int classes : {1, 2, 3, 21, 151, 255}) {
    CAPTURE(classes);
    for (int blocks : {1, 2, 5}) {
      const int pixels = blocks * LANES;
      const Doubles z = float_normals(random, pixels * classes, 3), q = float_normals(random, pixels * classes, 3);
      const Buffer<uchar> labels = random_labels(random, pixels, classes);
      for (const Weights& w : weights) check(z, q, labels, w);
    }
  }
}

TEST_CASE("many pixels, and logits that overflow exp unless the largest is taken off") {
  Random random(2);
  const int pixels = 1000 * LANES, classes = 5;
  const Doubles q = float_normals(random, pixels * classes, 2);
  const Buffer<uchar> labels = random_labels(random, pixels, classes);
  for (double spread : {1.0, 60.0}) {
    check(float_normals(random, pixels * classes, spread), q, labels, {0.5, 2, 3, 0.1});
  }
}

TEST_CASE("nothing counts where all is ignored or beyond the classes") {
  const int pixels = 2 * LANES, classes = 3;
  const Doubles z(pixels * classes, NAN);
  for (int label : {3, 254, 255}) {
    const Buffer<uchar> labels(pixels);
    std::fill_n(labels.data(), pixels, uchar(label));
    const Results r = measured_results(z, z, labels, {1, 1, 1, 0});
    CHECK(r.ce == 0);
    CHECK(r.kl == 0);
    CHECK(r.right == 0);
    CHECK(r.counted == 0);
    for (double g : r.grad) CHECK(g == 0);
  }
}

TEST_CASE("equal logits are a hit of the lower class, a NaN is none and shows") {
  const int pixels = 2 * LANES, classes = 3;
  Doubles z(pixels * classes, 1.0);
  const Buffer<uchar> labels(pixels);
  for (int i = 0; i < pixels; ++i) labels[i] = i % 2;
  CHECK(measured_results(z, z, labels, {1, 0, 1, 0}).right == LANES);
  z[1] = NAN;
  const Results r = measured_results(z, z, labels, {1, 0, 1, 0});
  CHECK(std::isnan(r.ce));
  CHECK(r.right == LANES - 1);
  CHECK(std::isnan(r.grad[0]));
  CHECK(!std::isnan(r.grad[classes]));
}

TEST_CASE("a class that the teacher rules out adds nothing") {
  const int pixels = LANES, classes = 2;
  Doubles z(pixels * classes, 0.0), q(pixels * classes, 0.0);
  for (int i = 0; i < pixels; ++i) q[2 * i] = -INFINITY;
  const Buffer<uchar> labels(pixels);
  std::fill_n(labels.data(), pixels, uchar(0));
  CHECK(measured_results(z, q, labels, {0, 1, 1, 0}).kl == doctest::Approx(std::log(2)));
}

#ifndef __CUDACC__
TEST_CASE("the exponential over its range") {
  for (double x = -110; x < 88; x += 0.0371) {
    const Buffer<float> in(LANES), out(LANES);
    std::fill_n(in.data(), LANES, float(x));
    store_strided(out.data(), 0, 1, lane_exp(load_strided(in.data(), 0, 1)));
    const double expected = std::exp(double(in[0]));
    // Several lanes have no subnormal numbers.
    const double bound = std::max(2.5e-7 * expected, LANES == 1 ? 1e-45 : 1.2e-38);
    for (int k = 0; k < LANES; ++k) CHECK(std::fabs(out[k] - expected) <= bound);
  }
  for (float x : {NAN, INFINITY, -INFINITY}) {
    const Buffer<float> in(LANES), out(LANES);
    std::fill_n(in.data(), LANES, x);
    store_strided(out.data(), 0, 1, lane_exp(load_strided(in.data(), 0, 1)));
    for (int k = 0; k < LANES; ++k) CHECK((std::isnan(x) ? std::isnan(out[k]) : x < 0 ? out[k] == 0 : out[k] > 1e38));
  }
}
#endif

TEST_CASE("confusion of labels and largest logits") {
  Random random(3);
  for (int classes : {1, 2, 21, 151}) {
    for (int pixels : {1, 37, 1000}) {
      INFO(classes << " classes, " << pixels << " pixels");
      const Buffer<float> logits(size_t(pixels) * classes);
      // Whole numbers: many are equal.
      for (size_t i = 0; i < logits.size(); ++i) logits[i] = float(random.below(classes + 2));
      const Buffer<uchar> labels = random_labels(random, pixels, classes);
      labels[0] = uchar(classes);
      const int chunk_pixels = 300, chunks = (pixels + chunk_pixels - 1) / chunk_pixels, cells = classes * classes;
      const Buffer<int> partial(size_t(chunks) * cells), counts(cells);
      KERNEL_OF(confusion)
      (items(chunks), logits.data(), labels.data(), partial.data(), classes, pixels, chunk_pixels, chunks);
      std::vector<int> expected(cells);
      for (int i = 0; i < cells; ++i) counts[i] = expected[i] = i;
      KERNEL_OF(fold_ints)(matrix(1, cells), partial.data(), counts.data(), chunks, chunks, 1, 1, cells);
      for (int i = 0; i < pixels; ++i) {
        const float* row = &logits[size_t(i) * classes];
        if (labels[i] < classes) ++expected[labels[i] * classes + (std::max_element(row, row + classes) - row)];
      }
      for (int i = 0; i < cells; ++i) CHECK(counts[i] == expected[i]);
    }
  }
}
