// uint8 samples [N, T, C, H, W] to normalised activations [T, N, H, W, C], cropped and flipped on the
// way, all T frames of a sample alike:
//
//   pixel(n, y, x) = in[n, t, c, y + dy, x' + dx] / 255,   x' = flip ? W-1-x : x
//   out[t, n, y, x, c] = (pixel(n, y, x) - mean[c]) / std[c]
//
// with black (0 before normalisation) outside the image, or with y + dy and x' + dx modulo H and W if it
// rolls. placement [N, 3] = dy, dx, flip + 2 roll of each n.
// If mixed, then within rows top to bottom and columns left to right (both exclusive)
//
//   w pixel(n, y, x) + (1 - w) pixel(N-1-n, y, x)
//
// takes the pixel's place; mix [6] = the label's share (not read here), w, top, bottom, left, right.
// out is assigned. LANES = 1; a row is a line of an image, rows = T N H, and its items are the numbers
// of that line, so that neighbours write neighbouring memory.
#include "portable.h"

/// i modulo n, from 0 on.
INLINE int wrapped(int i, int n) { return (i % n + n) % n; }

/// A number of a plane [H, W] in [0, 1], or black outside unless it rolls.
INLINE float pixel_at(GLOBAL const uchar* plane, int y, int x, int height, int width, int rolls) {
  if (rolls) {
    y = wrapped(y, height);
    x = wrapped(x, width);
  }
  const bool inside = y >= 0 && y < height && x >= 0 && x < width;
  return inside ? plane[(int64)y * width + x] * (1.0f / 255.0f) : 0.0f;
}

KERNEL(augment, GLOBAL const uchar* RESTRICT in, GLOBAL const int* RESTRICT placement,
       GLOBAL const float* RESTRICT mix, GLOBAL const float* RESTRICT mean,
       GLOBAL const float* RESTRICT std_dev, GLOBAL storage* RESTRICT out, int mixed, int samples,
       int frames, int channels, int height, int width, int64 rows) {
  FOR_EACH_ROW(row, rows) {
    const int64 image = row / height, n = image % samples, t = image / samples;
    const int64 other = samples - 1 - n, plane = (int64)height * width;
    const int y = (int)(row % height);
    const int dy = placement[3 * n], dx = placement[3 * n + 1];
    const int flip = placement[3 * n + 2] & 1, rolls = placement[3 * n + 2] & 2;
    const bool in_box = mixed && y >= mix[2] && y < mix[3];
    const float share = in_box ? mix[1] : 1.0f;
    const int left = in_box ? (int)mix[4] : 0, right = in_box ? (int)mix[5] : 0;
    const int dy_other = placement[3 * other], dx_other = placement[3 * other + 1];
    const int flip_other = placement[3 * other + 2] & 1, rolls_other = placement[3 * other + 2] & 2;
    FOR_EACH_COLUMN(i, width * channels) {
      const int x = (int)i / channels, c = (int)i % channels;
      float pixel = pixel_at(in + ((n * frames + t) * channels + c) * plane, y + dy,
                             (flip ? width - 1 - x : x) + dx, height, width, rolls);
      if (x >= left && x < right) {
        pixel = share * pixel +
                (1.0f - share) * pixel_at(in + ((other * frames + t) * channels + c) * plane,
                                          y + dy_other, (flip_other ? width - 1 - x : x) + dx_other,
                                          height, width, rolls_other);
      }
      store(out, row * width * channels + i, splat((pixel - mean[c]) / std_dev[c]));
    }
  }
}
