// augment.cu: crop, flip and normalise against images that were given a black border first.
#include "numbers.h"

#include "../kernels/augment.cu"

namespace {
/// Normalised pixels of [images, channels, height, width] bytes, as [images, height, width, channels].
Doubles expected_images(const Buffer<uchar>& in, const Buffer<int>& placement, const Doubles& mean,
                        const Doubles& deviation, int images, int height, int width) {
  const int channels = static_cast<int>(mean.size()), border = 64;
  Doubles out;
  for (int n = 0; n < images; ++n) {
    const int dy = placement[3 * n], dx = placement[3 * n + 1], flip = placement[3 * n + 2] & 1;
    const bool rolls = placement[3 * n + 2] & 2;
    std::vector<Doubles> planes;
    const int wide = width + 2 * border, high = height + 2 * border;
    for (int c = 0; c < channels; ++c) {
      Doubles padded(size_t(high) * wide, 0.0);
      for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
          const double byte = in[((n * channels + c) * height + y) * width + x];
          // What rolls lies there again and again.
          for (int again_y = rolls ? -2 : 0; again_y <= (rolls ? 2 : 0); ++again_y) {
            for (int again_x = rolls ? -2 : 0; again_x <= (rolls ? 2 : 0); ++again_x) {
              padded[(y + again_y * height + border) * wide + x + again_x * width + border] = byte;
            }
          }
        }
      }
      planes.push_back(padded);
    }
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const int from = flip ? width - 1 - x : x;
        for (int c = 0; c < channels; ++c) {
          const double byte = planes[c][(y + dy + border) * wide + from + dx + border];
          out.push_back((byte / 255 - mean[c]) / deviation[c]);
        }
      }
    }
  }
  return out;
}
}  // namespace

TEST_CASE("crop, flip, black border and roll") {
  Random random(1);
  const int images = 11, height = 5, width = 7;
  // Nothing, each alone, both, past every edge, and wholly outside; then rolled, with a flip and without.
  const Buffer<int> placement{0, 0, 0, 0, 0,  1, 2,  -3, 0, -4, 4, 1, 4,  6, 1, 0, -6,
                              1, -5, 0, 0, 1, 9, 1,  3, -2, 2, -4, 6, 3, 0, 0, 2};
  const Buffer<uchar> in(size_t(images) * 3 * height * width);
  for (size_t i = 0; i < in.size(); ++i) in[i] = static_cast<uchar>(random.below(256));
  for (int channels : {1, 3}) {
    CAPTURE(channels);
    const Buffer<uchar> bytes(size_t(images) * channels * height * width);
    std::memcpy(bytes.data(), in.data(), bytes.size());
    Doubles mean{0.5, 0.25, 0.375}, deviation{0.25, 0.5, 0.125};
    mean.resize(channels);
    deviation.resize(channels);
    const Buffer<float> m = to_float_buffer(mean), d = to_float_buffer(deviation);
    const int64 rows = int64(images) * height;
    const Buffer<storage> out(rows * width * channels);
    KERNEL_OF(augment)(matrix(rows, width * channels), bytes.data(), placement.data(), nullptr, m.data(), d.data(), out.data(),
                       0, images, 1, channels, height, width, rows);
    Doubles expected = expected_images(bytes, placement, mean, deviation, images, height, width);
    check_storage("out", out, expected, 1e-6);

    // A quarter of itself and three of its partner in rows 1 to 3 and columns 2 to 6, both exclusive.
    const Buffer<float> mix{0.5f, 0.25f, 1, 3, 2, 6};
    KERNEL_OF(augment)(matrix(rows, width * channels), bytes.data(), placement.data(), mix.data(), m.data(), d.data(),
                       out.data(), 1, images, 1, channels, height, width, rows);
    const Doubles alone = expected;
    for (int n = 0; n < images; ++n) {
      for (int y = 1; y < 3; ++y) {
        for (int i = 2 * channels; i < 6 * channels; ++i) {
          const size_t own = (size_t(n) * height + y) * width * channels + i;
          const size_t other = (size_t(images - 1 - n) * height + y) * width * channels + i;
          expected[own] = 0.25 * alone[own] + 0.75 * alone[other];
        }
      }
    }
    check_storage("mixed", out, expected, 1e-6);
  }
}

TEST_CASE("the frames of a sample move alike, and time comes first") {
  Random random(2);
  const int samples = 2, frames = 3, channels = 2, height = 4, width = 5, area = height * width;
  const Buffer<int> placement{0, 0, 0, 1, -1, 1};
  const Buffer<uchar> in(size_t(samples) * frames * channels * area);
  for (size_t i = 0; i < in.size(); ++i) in[i] = static_cast<uchar>(random.below(256));
  const Doubles mean{0.5, 0.25}, deviation{0.25, 0.5};
  const Buffer<float> m = to_float_buffer(mean), d = to_float_buffer(deviation);
  const int64 rows = int64(samples) * frames * height;
  const Buffer<storage> out(rows * width * channels);
  KERNEL_OF(augment)(matrix(rows, width * channels), in.data(), placement.data(), nullptr, m.data(), d.data(), out.data(), 0,
                     samples, frames, channels, height, width, rows);
  // As if the frames were images of their own, sorted by time.
  const Buffer<uchar> sorted(in.size());
  const Buffer<int> places(size_t(samples) * frames * 3);
  const size_t bytes = size_t(channels) * area;
  for (int t = 0; t < frames; ++t) {
    for (int n = 0; n < samples; ++n) {
      std::memcpy(sorted.data() + (t * samples + n) * bytes, in.data() + (n * frames + t) * bytes, bytes);
      std::memcpy(places.data() + (t * samples + n) * 3, placement.data() + n * 3, 3 * sizeof(int));
    }
  }
  check_storage("out", out, expected_images(sorted, places, mean, deviation, samples * frames, height, width),
                1e-6);
}
