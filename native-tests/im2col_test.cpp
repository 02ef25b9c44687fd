// im2col.cu: the windows of images as rows of a matrix, and back; slices of a batch.
#include "numbers.h"

#include "../kernels/im2col.cu"

namespace {
struct Shape {
  int batch, image, images;  // the slice is images [image, image + images) of batch
  int height, width, columns, size, stride, pad, dilation;
  int reach() const { return dilation * (size - 1) + 1; }
  int out_height() const { return (height + 2 * pad - reach()) / stride + 1; }
  int out_width() const { return (width + 2 * pad - reach()) / stride + 1; }
  int64 channels() const { return int64(columns) * LANES; }
  size_t pixels() const { return size_t(height) * width; }
  int64 window_count() const { return int64(images) * out_height() * out_width(); }
  size_t matrix_size() const { return window_count() * size * size * channels(); }
};

const Shape shapes[] = {
    {1, 0, 1, 5, 5, 1, 3, 1, 1, 1}, {4, 1, 2, 7, 6, 3, 3, 2, 1, 1}, {3, 2, 1, 4, 5, 2, 1, 2, 0, 1},
    {2, 0, 2, 9, 8, 1, 7, 2, 3, 1}, {2, 1, 1, 6, 6, 2, 2, 3, 0, 1}, {2, 1, 1, 7, 5, 1, 3, 1, 2, 2},
    {2, 0, 2, 9, 8, 2, 3, 2, 4, 4}, {1, 0, 1, 5, 4, 1, 3, 1, 6, 6}, {1, 0, 1, 8, 9, 1, 3, 2, 0, 3}};

/// For every element of the matrix, the element of the batch it stands for, or -1 outside the images.
std::vector<int64> sources(const Shape& s) {
  std::vector<int64> from;
  for (int n = s.image; n < s.image + s.images; ++n) {
    for (int oh = 0; oh < s.out_height(); ++oh) {
      for (int ow = 0; ow < s.out_width(); ++ow) {
        for (int place = 0; place < s.size * s.size; ++place) {
          const int h = oh * s.stride - s.pad + place / s.size * s.dilation;
          const int w = ow * s.stride - s.pad + place % s.size * s.dilation;
          const bool inside = h >= 0 && w >= 0 && h < s.height && w < s.width;
          for (int64 c = 0; c < s.channels(); ++c) {
            from.push_back(inside ? ((int64(n) * s.height + h) * s.width + w) * s.channels() + c : -1);
          }
        }
      }
    }
  }
  return from;
}
}  // namespace

TEST_CASE("windows as rows") {
  Random random(1);
  for (const Shape& s : shapes) {
    INFO(s.height << " x " << s.width << ", window " << s.size << ", stride " << s.stride << ", pad " << s.pad << ", dilation " << s.dilation);
    const Doubles x = random.normals(s.batch * s.pixels() * s.channels(), 2);
    const Buffer<storage> input = to_storage_buffer(x);
    const Buffer<float> col(s.matrix_size());
    KERNEL_OF(im2col)
    (matrix(s.window_count(), s.columns), input.data(), col.data(), s.image, s.height, s.width, s.out_height(),
     s.out_width(), s.size, s.stride, s.pad, s.dilation, s.window_count(), s.columns);
    Doubles expected;
    for (int64 from : sources(s)) expected.push_back(from < 0 ? 0 : x[from]);
    check_float("col", col, expected, 0);

    const Buffer<storage> in_storage(s.matrix_size());
    KERNEL_OF(windows)
    (matrix(s.window_count(), s.columns), input.data(), in_storage.data(), s.image, s.height, s.width,
     s.out_height(), s.out_width(), s.size, s.stride, s.pad, s.dilation, s.window_count(), s.columns);
    check_close("col of storage type", from_storage_buffer(in_storage), expected, 0);
  }
}

TEST_CASE("gradients of the windows gathered at the pixels") {
  Random random(2);
  for (const Shape& s : shapes) {
    INFO(s.height << " x " << s.width << ", window " << s.size << ", stride " << s.stride << ", pad " << s.pad << ", dilation " << s.dilation);
    const Doubles g = random.normals(s.matrix_size());
    const Buffer<float> col = to_float_buffer(g);
    const size_t image = s.pixels() * s.channels();
    const Buffer<storage> grad_x(s.batch * image);
    const int64 rows = s.images * s.pixels();
    KERNEL_OF(col2im)
    (matrix(rows, s.columns), col.data(), grad_x.data(), s.image, s.height, s.width, s.out_height(),
     s.out_width(), s.size, s.stride, s.pad, s.dilation, rows, s.columns);
    // Images outside the slice keep the NaN that the buffer began with.
    Doubles expected(s.batch * image, NAN);
    std::fill_n(expected.begin() + s.image * image, s.images * image, 0.0);
    const std::vector<int64> from = sources(s);
    for (size_t i = 0; i < from.size(); ++i) {
      if (from[i] >= 0) expected[from[i]] += g[i];
    }
    check_storage("grad_x", grad_x, expected, 1e-6);
  }
}

TEST_CASE("slices to float32 and back") {
  Random random(3);
  const int64 n = 5, element = 3 * LANES;
  const Doubles x = random.normals(10 * LANES);
  const Buffer<storage> all = to_storage_buffer(x), again(10 * LANES);
  const Buffer<float> slice(n * LANES);
  KERNEL_OF(slice_to_float)(items(n), all.data(), slice.data(), element, n);
  check_float("slice", slice, Doubles(x.begin() + element, x.begin() + element + n * LANES), 0);

  KERNEL_OF(slice_from_float)(items(n), slice.data(), again.data(), element, n);
  Doubles expected(x.size(), NAN);
  std::copy_n(x.begin() + element, n * LANES, expected.begin() + element);
  check_storage("again", again, expected, 0);
}
