// pool.cu: averages over space and mean over time.
#include "numbers.h"

#include "../kernels/pool.cu"

TEST_CASE("average pool forward and backward") {
  Random random(1);
  for (int area : {1, 3, 49}) {
    CAPTURE(area);
    const int columns = 3;
    const int64 m = 5, rows = m * area;
    const size_t c = columns * LANES;
    const Doubles x = random.normals(rows * c, 1), g = random.normals(m * c);
    const Buffer<storage> input = to_storage_buffer(x), grad_x(rows * c);
    const Buffer<float> out(m * c), grad_out = to_float_buffer(g);
    KERNEL_OF(average_pool_forward)(matrix(m, columns), input.data(), out.data(), area, m, columns);
    KERNEL_OF(average_pool_backward)(matrix(rows, columns), grad_out.data(), grad_x.data(), area, 0, rows, columns);
    const Doubles before = random.normals(rows * c);
    const Buffer<storage> sum = to_storage_buffer(before);
    KERNEL_OF(average_pool_backward)(matrix(rows, columns), grad_out.data(), sum.data(), area, 1, rows, columns);

    Doubles mean(m * c, 0.0), spread(rows * c);
    for (size_t row = 0; row < size_t(rows); ++row) {
      for (size_t k = 0; k < c; ++k) {
        mean[row / area * c + k] += x[row * c + k] / area;
        spread[row * c + k] = g[row / area * c + k] / area;
      }
    }
    check_float("out", out, mean, 1e-6);
    check_storage("grad_x", grad_x, spread, 1e-6);
    for (size_t i = 0; i < spread.size(); ++i) spread[i] += before[i];
    check_storage("grad_x, added", sum, spread, 1e-6);
  }
}

TEST_CASE("means of windows and back, with a rest at the edges") {
  Random random(3);
  for (int size : {1, 2, 3}) {
    CAPTURE(size);
    const int height = 7, width = 4, columns = 2, images = 3, oh = height / size, ow = width / size;
    const int64 rows = int64(images) * height * width, out_rows = int64(images) * oh * ow;
    const size_t c = columns * LANES;
    const Doubles x = random.normals(rows * c), g = random.normals(out_rows * c);
    const Buffer<storage> input = to_storage_buffer(x), grad_y = to_storage_buffer(g);
    const Buffer<storage> y(out_rows * c), grad_x(rows * c);
    KERNEL_OF(window_average_forward)
    (matrix(out_rows, columns), input.data(), y.data(), height, width, oh, ow, size, out_rows, columns);
    KERNEL_OF(window_average_backward)
    (matrix(rows, columns), grad_y.data(), grad_x.data(), height, width, oh, ow, size, rows, columns);
    Doubles mean(out_rows * c, 0.0), spread(rows * c, 0.0);
    for (int n = 0; n < images; ++n) {
      for (int h = 0; h < oh * size; ++h) {
        for (int w = 0; w < ow * size; ++w) {
          for (size_t k = 0; k < c; ++k) {
            const size_t large = ((size_t(n) * height + h) * width + w) * c + k;
            const size_t small = ((size_t(n) * oh + h / size) * ow + w / size) * c + k;
            mean[small] += x[large] / (size * size);
            spread[large] = g[small] / (size * size);
          }
        }
      }
    }
    check_storage("y", y, mean, 1e-6);
    check_storage("grad_x", grad_x, spread, 1e-6);
  }
}

TEST_CASE("time mean forward and backward") {
  Random random(2);
  for (int steps : {1, 4, 7}) {
    CAPTURE(steps);
    const int64 n = 13;
    const size_t all = n * LANES;
    const Doubles x = random.normals(steps * all), g = random.normals(all);
    const Buffer<storage> input = to_storage_buffer(x), out(all), grad_out = to_storage_buffer(g);
    const Buffer<storage> grad_x(steps * all);
    KERNEL_OF(time_mean_forward)(items(n), input.data(), out.data(), steps, n);
    KERNEL_OF(time_mean_backward)(items(n), grad_out.data(), grad_x.data(), steps, 0, n);
    const Doubles before = random.normals(steps * all);
    const Buffer<storage> sum = to_storage_buffer(before);
    KERNEL_OF(time_mean_backward)(items(n), grad_out.data(), sum.data(), steps, 1, n);

    Doubles mean(all, 0.0), spread(steps * all);
    for (size_t i = 0; i < x.size(); ++i) {
      mean[i % all] += x[i] / steps;
      spread[i] = g[i % all] / steps;
    }
    check_storage("out", out, mean, 1e-6);
    check_storage("grad_x", grad_x, spread, 1e-6);
    for (size_t i = 0; i < spread.size(); ++i) spread[i] += before[i];
    check_storage("grad_x, added", sum, spread, 1e-6);
  }
}
