// subsample.cu against loops over the pixels that are kept, with even and odd sides.
#include "numbers.h"

#include "../kernels/subsample.cu"

namespace {
void check(int images, int height, int width, int channels, int out_channels, Random& random) {
  INFO(height << " x " << width << ", " << channels << " to " << out_channels << " channels");
  const int oh = (height + 1) / 2, ow = (width + 1) / 2, before = (out_channels - channels) / 2;
  const int64 in_rows = int64(images) * height * width, out_rows = int64(images) * oh * ow;
  const Doubles x = random.normals(in_rows * channels), grad_y = random.normals(out_rows * out_channels);
  Doubles y(grad_y.size(), 0.0), grad_x(x.size(), 0.0);
  for (int n = 0; n < images; ++n) {
    for (int h = 0; h < height; h += 2) {
      for (int w = 0; w < width; w += 2) {
        for (int c = 0; c < channels; ++c) {
          const size_t large = ((size_t(n) * height + h) * width + w) * channels + c;
          const size_t small = ((size_t(n) * oh + h / 2) * ow + w / 2) * out_channels + before + c;
          y[small] = x[large];
          grad_x[large] = grad_y[small];
        }
      }
    }
  }
  const Buffer<storage> input = to_storage_buffer(x), g = to_storage_buffer(grad_y);
  Buffer<storage> output(y.size()), grad_input(x.size());
  KERNEL_OF(subsample_forward)
  (matrix(out_rows, out_channels), input.data(), output.data(), height, width, oh, ow, channels, before, out_rows,
   out_channels);
  KERNEL_OF(subsample_backward)
  (matrix(in_rows, channels), g.data(), grad_input.data(), height, width, oh, ow, out_channels, before, in_rows,
   channels, 0);
  const Doubles earlier = random.normals(x.size());
  Buffer<storage> sum = to_storage_buffer(earlier);
  KERNEL_OF(subsample_backward)
  (matrix(in_rows, channels), g.data(), sum.data(), height, width, oh, ow, out_channels, before, in_rows, channels, 1);
  check_storage("y", output, y, 0);
  check_storage("grad_x", grad_input, grad_x, 0);
  for (size_t i = 0; i < grad_x.size(); ++i) grad_x[i] += earlier[i];
  check_storage("grad_x, added", sum, grad_x, 1e-6);
}
}  // namespace

TEST_CASE("every second pixel between zeros, and back") {
  Random random(1);
  check(2, 8, 8, 16, 32, random);
  check(3, 5, 7, 3, 5, random);
  check(1, 1, 1, 4, 4, random);
  check(2, 2, 9, 1, 3, random);
}
