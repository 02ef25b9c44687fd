// boxes.cu against loops over anchors: IoU in float32, which has to be equal, and losses in double arithmetic.
// What fills no vector of LANES anchors goes to kernels of other lanes, so here all do.
#include "numbers.h"

#include "../kernels/boxes.cu"

namespace {
constexpr int PICTURES = 3, CLASSES = 5, OBJECTS = 7, CHUNK = 2;
constexpr float HIGH = 0.5f, LOW = 0.4f, THRESHOLD = 0.3f;

Buffer<float> random_boxes(Random& random, int n) {
  Buffer<float> boxes(size_t(4) * n);
  for (int i = 0; i < n; ++i) {
    for (int axis = 0; axis < 2; ++axis) {
      boxes[4 * i + axis] = float(random.below(60)) - 10;
      boxes[4 * i + axis + 2] = boxes[4 * i + axis] + 4 + float(random.below(36));
    }
  }
  return boxes;
}

/// The first picture has no object.
Buffer<int> random_labels(Random& random) {
  Buffer<int> labels(size_t(PICTURES) * OBJECTS);
  for (int i = 0; i < PICTURES * OBJECTS; ++i) labels[i] = i < OBJECTS ? 0 : int(random.below(CLASSES));
  return labels;
}

float iou(const float* b, const float* a) {
  const float width = std::max(std::min(b[2], a[2]) - std::max(b[0], a[0]), 0.0f);
  const float height = std::max(std::min(b[3], a[3]) - std::max(b[1], a[1]), 0.0f);
  const float common = width * height;
  return common / ((b[2] - b[0]) * (b[3] - b[1]) + (a[2] - a[0]) * (a[3] - a[1]) - common);
}

struct Matches {
  std::vector<int> matched, foreground;
};

Matches expected_matches(const Buffer<float>& anchors, const Buffer<float>& boxes, const Buffer<int>& labels) {
  Matches r;
  const int count = int(anchors.size() / 4);
  for (int n = 0; n < PICTURES; ++n) {
    const float* box = boxes.data() + size_t(4) * n * OBJECTS;
    float best[OBJECTS] = {};
    for (int m = 0; m < OBJECTS; ++m) {
      for (int a = 0; a < count; ++a) best[m] = std::max(best[m], iou(box + 4 * m, anchors.data() + 4 * a));
    }
    int found = 0;
    for (int a = 0; a < count; ++a) {
      int owner = -1;
      float most = -1;
      bool is_best = false;
      for (int m = 0; m < OBJECTS; ++m) {
        if (labels[n * OBJECTS + m] == 0) continue;
        const float value = iou(box + 4 * m, anchors.data() + 4 * a);
        if (value > most) owner = m, most = value;
        is_best |= value == best[m];
      }
      if (!is_best && most < HIGH) owner = most < LOW ? -1 : -2;
      r.matched.push_back(owner);
      found += owner >= 0;
    }
    r.foreground.push_back(found);
  }
  return r;
}

Matches measured_matches(const Buffer<float>& anchors, const Buffer<float>& boxes, const Buffer<int>& labels) {
  const int count = int(anchors.size() / 4), blocks = (count + LANES - 1) / LANES, padded = blocks * LANES;
  const int chunks = (blocks + CHUNK - 1) / CHUNK, rows = PICTURES * chunks, all = PICTURES * OBJECTS;
  const Buffer<float> sides(size_t(4) * padded), best(all), owners(size_t(PICTURES) * padded);
  const Buffer<float> partial(size_t(rows) * OBJECTS * LANES);
  KERNEL_OF(anchor_sides)(items(padded), anchors.data(), sides.data(), count, int64(padded));
  KERNEL_OF(best_of_chunks)
  (matrix(rows, OBJECTS), sides.data(), boxes.data(), labels.data(), partial.data(), int64(padded), blocks, CHUNK,
   chunks, OBJECTS, rows);
  KERNEL_OF(best_of_objects)(items(all), partial.data(), best.data(), chunks, OBJECTS, LANES, int64(all));
  KERNEL_OF(owners_of_anchors)
  (items(PICTURES * blocks), sides.data(), boxes.data(), labels.data(), best.data(), owners.data(), HIGH, LOW,
   int64(padded), blocks, OBJECTS, int64(PICTURES) * blocks);
  // A thread's anchors are neighbours, or every second.
  Matches r;
  for (int step : {1, 2}) {
    const int size = step == 1 ? 5 : (count + 1) / 2, parts = step == 1 ? (count + 4) / 5 : 2;
    const Buffer<int> matched(size_t(PICTURES) * count), found(size_t(parts) * PICTURES);
    KERNEL_OF(count_owners)
    (items(parts * PICTURES), owners.data(), matched.data(), found.data(), count, int64(padded), size,
     step == 1 ? size : 1, step, PICTURES, int64(parts) * PICTURES);
    std::vector<int> now(matched.data(), matched.data() + matched.size());
    CHECK((r.matched.empty() || r.matched == now));
    r.matched = now;
    r.foreground.assign(PICTURES, 0);
    for (int i = 0; i < parts * PICTURES; ++i) r.foreground[i % PICTURES] += found[i];
  }
  return r;
}

double sigmoid(double z) { return 1 / (1 + std::exp(-z)); }
double softplus(double z) { return std::max(z, 0.0) + std::log1p(std::exp(-std::fabs(z))); }

struct Losses {
  double hard = 0, soft = 0;
  int hits = 0, found = 0;
  Doubles grad;
};

void check_losses(const char* what, Losses actual, Losses expected) {
  INFO(what);
  check_close("losses", {actual.hard, actual.soft}, {expected.hard, expected.soft}, 1e-5);
  check_close("grad", actual.grad, expected.grad, 3e-6);
  CHECK(actual.hits == expected.hits);
  CHECK(actual.found == expected.found);
}

/// Pictures whose anchors are whole vectors.
struct Scene {
  Random random{7};
  int count, all;
  Buffer<float> anchors, boxes;
  Buffer<int> labels;
  Matches matches;
  Buffer<int> matched, foreground;
  Buffer<float> confidences, sums;

  explicit Scene(int blocks)
      : count(blocks * LANES), all(PICTURES * count), anchors(random_boxes(random, count)),
        boxes(random_boxes(random, PICTURES * OBJECTS)), labels(random_labels(random)),
        matches(expected_matches(anchors, boxes, labels)), matched(all), foreground(PICTURES), confidences(all),
        sums(2) {
    std::copy(matches.matched.begin(), matches.matched.end(), matched.data());
    std::copy(matches.foreground.begin(), matches.foreground.end(), foreground.data());
    sums[0] = sums[1] = 0;
    for (int i = 0; i < all; ++i) {
      confidences[i] = float(random.below(100)) / 128;
      sums[0] += confidences[i];
      sums[1] += confidences[i] < THRESHOLD ? 0 : confidences[i];
    }
  }

  double share(int i) const {
    return 1.0 / std::max(1, foreground[i / count]) / PICTURES;
  }

  int object(int i) const { return i / count * OBJECTS + matched[i]; }
};

void check_focal(Scene& scene, double deviation, float weight, float kd_weight, float temperature) {
  const int all = scene.all;
  const Buffer<float> z = to_float_buffer(scene.random.normals(all * CLASSES, -1, deviation));
  const Buffer<float> q = to_float_buffer(scene.random.normals(all * CLASSES, -1, deviation));
  Losses expected;
  for (int i = 0; i < all; ++i) {
    const float* row = z.data() + i * CLASSES;
    const int label = scene.matched[i] >= 0 ? scene.labels[scene.object(i)] : -1;
    const double part = kd_weight ? scene.confidences[i] / scene.sums[0] : 0;
    for (int k = 0; k < CLASSES; ++k) {
      const double s = k == label ? -row[k] : row[k], p = sigmoid(s), alpha = k == label ? 0.25 : 0.75;
      const double share = scene.matched[i] == -2 ? 0 : scene.share(i);
      expected.hard += share * alpha * p * p * softplus(s);
      const double slope = alpha * p * p * (2 * sigmoid(-s) * softplus(s) + p);
      const double v = row[k] / temperature, u = q[i * CLASSES + k] / temperature, a = sigmoid(u);
      expected.soft += part * temperature * temperature *
                       (a * (softplus(-v) - softplus(-u)) + sigmoid(-u) * (softplus(v) - softplus(u)));
      expected.grad.push_back(weight * share * (k == label ? -slope : slope) +
                              kd_weight * part * temperature * (sigmoid(v) - a));
    }
    expected.found += label >= 0;
    expected.hits += label >= 0 && std::max_element(row, row + CLASSES) - row == label;
  }

  const int blocks = all / LANES, chunks = (blocks + CHUNK - 1) / CHUNK;
  const Buffer<float> targets(all), shares(all), loss_scale{2}, grad(z.size()), partial(2 * chunks);
  const Buffer<int> counts(2 * chunks);
  KERNEL_OF(class_targets)
  (items(all), scene.matched.data(), scene.labels.data(), scene.foreground.data(), targets.data(), shares.data(),
   scene.count, OBJECTS, PICTURES, int64(all));
  KERNEL_OF(focal_loss)
  (items(chunks), z.data(), kd_weight ? q.data() : nullptr, kd_weight ? scene.confidences.data() : nullptr,
   kd_weight ? scene.sums.data() : nullptr, targets.data(), shares.data(), loss_scale.data(), grad.data(),
   partial.data(), counts.data(), weight, kd_weight, temperature, CLASSES, 0, 0, blocks, CHUNK, CHUNK, 1, chunks);
  Losses actual;
  for (int i = 0; i < chunks; ++i) {
    actual.hard += partial[2 * i];
    actual.soft += partial[2 * i + 1];
    actual.hits += counts[2 * i];
    actual.found += counts[2 * i + 1];
  }
  actual.grad = from_float_buffer(grad);
  for (double& g : actual.grad) g /= 2;
  check_losses("focal loss", actual, expected);
}

void check_boxes(Scene& scene, float weight, float kd_weight) {
  const int all = scene.all;
  const Buffer<float> d = to_float_buffer(scene.random.normals(4 * all, 0, 1));
  const Buffer<float> e = to_float_buffer(scene.random.normals(4 * all, 0, 1));
  Losses expected;
  for (int i = 0; i < all; ++i) {
    const float c = kd_weight ? scene.confidences[i] : 0;
    const double part = kd_weight && c >= THRESHOLD ? c / scene.sums[1] : 0;
    for (int k = 0; k < 4; ++k) {
      double g = 0;
      if (scene.matched[i] >= 0) {
        const float* a = scene.anchors.data() + 4 * (i % scene.count) + k % 2;
        const float* b = scene.boxes.data() + 4 * scene.object(i) + k % 2;
        const double size = a[2] - a[0], other = b[2] - b[0];
        const double t = k < 2 ? ((b[0] + b[2]) / 2.0 - (a[0] + a[2]) / 2.0) / size : std::log(other / size);
        expected.hard += scene.share(i) * std::fabs(d[4 * i + k] - t);
        g += weight * scene.share(i) * (d[4 * i + k] > t ? 1 : -1);
      }
      expected.soft += part * std::fabs(d[4 * i + k] - e[4 * i + k]);
      expected.grad.push_back(g + kd_weight * part * (d[4 * i + k] > e[4 * i + k] ? 1 : -1));
    }
  }

  // Every chunk has each third anchor.
  const int chunks = 3, size = (all + chunks - 1) / chunks;
  const Buffer<float> loss_scale{2}, grad(d.size()), partial(2 * chunks);
  KERNEL_OF(box_loss)
  (items(chunks), d.data(), kd_weight ? e.data() : nullptr, kd_weight ? scene.confidences.data() : nullptr,
   kd_weight ? scene.sums.data() : nullptr, scene.anchors.data(), scene.matched.data(), scene.boxes.data(),
   scene.foreground.data(), loss_scale.data(), grad.data(), partial.data(), THRESHOLD, weight, kd_weight, scene.count,
   OBJECTS, PICTURES, all, size, 1, chunks, chunks);
  Losses actual;
  for (int i = 0; i < chunks; ++i) {
    actual.hard += partial[2 * i];
    actual.soft += partial[2 * i + 1];
  }
  actual.grad = from_float_buffer(grad);
  for (double& g : actual.grad) g /= 2;
  check_losses("box loss", actual, expected);
}
}  // namespace

TEST_CASE("matches of any number of anchors") {
  Random random(1);
  for (int count : {1, 2, LANES + 1, 5 * LANES - 1, 40 * LANES}) {
    CAPTURE(count);
    const Buffer<float> anchors = random_boxes(random, count), boxes = random_boxes(random, PICTURES * OBJECTS);
    const Buffer<int> labels = random_labels(random);
    const Matches expected = expected_matches(anchors, boxes, labels);
    const Matches actual = measured_matches(anchors, boxes, labels);
    CHECK(actual.matched == expected.matched);
    CHECK(actual.foreground == expected.foreground);
  }
}

TEST_CASE("focal loss and box loss, with a teacher and without") {
  for (int blocks : {1, 2, 41}) {
    CAPTURE(blocks);
    Scene scene(blocks);
    for (double deviation : {2.0, 40.0}) {
      check_focal(scene, deviation, 1, 0, 1);
      check_focal(scene, deviation, 0.5f, 3, 2);
      check_focal(scene, deviation, 0, 1, 4);
    }
    check_boxes(scene, 1, 0);
    check_boxes(scene, 0.5f, 3);
    check_boxes(scene, 0, 1);
  }
}

TEST_CASE("confidence is the largest sigmoid, and a NaN reaches both sums") {
  Random random(3);
  const int anchors = 5 * LANES, chunks = 3;
  for (bool broken : {false, true}) {
    Doubles z = random.normals(anchors * CLASSES, -2, 2);
    if (broken) z[7] = NAN;
    const Buffer<float> logits = to_float_buffer(z), confidences(anchors), partial(2 * chunks);
    KERNEL_OF(confidence)
    (items(chunks), logits.data(), confidences.data(), partial.data(), THRESHOLD, CLASSES, 0, 0, 5, CHUNK, CHUNK, 1,
     chunks);
    Doubles expected, sums(2);
    for (int i = 0; i < anchors; ++i) {
      double largest = logits[i * CLASSES];
      for (int k = 1; k < CLASSES; ++k) {
        const double value = logits[i * CLASSES + k];
        largest = value > largest || std::isnan(value) ? value : largest;
      }
      expected.push_back(sigmoid(largest));
      sums[0] += expected.back();
      sums[1] += expected.back() < THRESHOLD ? 0 : expected.back();
    }
    double actual[2] = {};
    for (int i = 0; i < 2 * chunks; ++i) actual[i % 2] += partial[i];
    check_close("confidence", from_float_buffer(confidences), expected, 1e-6);
    check_close("sums", {actual[0], actual[1]}, sums, 1e-6);
  }
}
