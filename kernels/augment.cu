// uint8 samples [N, T, C, H, W] to normalised activations [T, N, H, W, C], cropped and flipped on the
// way, all T frames of a sample alike:
//
//   out[t, n, y, x, c] = (in[n, t, c, y + dy, x' + dx] / 255 - mean[c]) / std[c],   x' = flip ? W-1-x : x
//
// with black (0 before normalisation) outside the image. placement [N, 3] = dy, dx, flip.
// out is assigned. LANES = 1; a row is a line of an image, rows = T N H, and its items are the numbers
// of that line, so that neighbours write neighbouring memory.
#include "portable.h"

KERNEL(augment, GLOBAL const uchar* RESTRICT in, GLOBAL const int* RESTRICT placement,
       GLOBAL const float* RESTRICT mean, GLOBAL const float* RESTRICT std_dev,
       GLOBAL storage* RESTRICT out, int samples, int frames, int channels, int height, int width,
       int64 rows) {
  FOR_EACH_ROW(row, rows) {
    const int64 image = row / height, n = image % samples, t = image / samples;
    const int from_y = (int)(row % height) + placement[3 * n];
    const int right = placement[3 * n + 1], flip = placement[3 * n + 2];
    FOR_EACH_COLUMN(i, width * channels) {
      const int x = (int)i / channels, c = (int)i % channels;
      const int from_x = (flip ? width - 1 - x : x) + right;
      const bool inside = from_y >= 0 && from_y < height && from_x >= 0 && from_x < width;
      const int64 from = (((n * frames + t) * channels + c) * height + from_y) * width + from_x;
      const float pixel = inside ? in[from] * (1.0f / 255.0f) : 0.0f;
      store(out, row * width * channels + i, splat((pixel - mean[c]) / std_dev[c]));
    }
  }
}
