// Resizing of pictures [M, H, W, C], channels innermost, to another height and width.
//
// Output o of a side of `in` pixels that becomes `out` reads, with scale = in / out (torch's rules with
// align_corners false, in float32 as torch has them):
//
//   nearest    pixel floor(o scale)
//   bilinear   place = max(0, scale (o + 1/2) - 1/2), pixels low = floor(place) and low + 1, or low alone
//              at the end, with weights 1 - (place - low) and place - low
#include "portable.h"

INLINE int smaller_of(int a, int b) { return a < b ? a : b; }
INLINE int larger_of(int a, int b) { return a > b ? a : b; }

INLINE int nearest_of(float scale, int o, int in) { return smaller_of((int)(o * scale), in - 1); }

INLINE float place_of(float scale, int o) {
  const float place = scale * (o + 0.5f) - 0.5f;
  return place > 0.0f ? place : 0.0f;
}

// y [M, OH, OW, C] is assigned; down and across are the scales; rows = M OH OW. Moves the least there is:
// y once, and x, whose pixels are neighbours' too, once from memory and else from a cache.
KERNEL(resize_forward, GLOBAL const storage* RESTRICT x, GLOBAL storage* RESTRICT y, int nearest,
       float down, float across, int height, int width, int out_height, int out_width, int rows,
       int columns) {
  FOR_EACH_ROW(r, rows) {
    const int row = (int)r, line = row / out_width;
    const int ow = row % out_width, oh = line % out_height;
    const int64 first = (int64)(line / out_height) * height;
    if (nearest) {
      const int h = nearest_of(down, oh, height), w = nearest_of(across, ow, width);
      const int64 at = ((first + h) * width + w) * columns;
      FOR_EACH_COLUMN(c, columns) { store(y, (r * columns + c) * LANES, load(x, (at + c) * LANES)); }
    } else {
      const float v = place_of(down, oh), u = place_of(across, ow);
      const int top = smaller_of((int)v, height - 1), left = smaller_of((int)u, width - 1);
      const float bottom_share = top + 1 < height ? v - top : 0.0f;
      const float right_share = left + 1 < width ? u - left : 0.0f;
      const float top_share = 1.0f - bottom_share, left_share = 1.0f - right_share;
      const int64 upper = ((first + top) * width + left) * columns;
      const int64 lower = upper + (top + 1 < height ? (int64)width * columns : 0);
      const int64 beside = left + 1 < width ? columns : 0;
      FOR_EACH_COLUMN(c, columns) {
        const vfloat above = load(x, (upper + c) * LANES) * left_share +
                             load(x, (upper + beside + c) * LANES) * right_share;
        const vfloat below = load(x, (lower + c) * LANES) * left_share +
                             load(x, (lower + beside + c) * LANES) * right_share;
        store(y, (r * columns + c) * LANES, above * top_share + below * bottom_share);
      }
    }
  }
}

// Backward, every input pixel sums up the outputs that read it, in their order; first down, over whole
// lines of outputs, then across what is left.

/// The weight that output o has for input i.
INLINE float weight_of(int nearest, float scale, int o, int i, int in) {
  if (nearest) return nearest_of(scale, o, in) == i ? 1.0f : 0.0f;
  const float place = place_of(scale, o);
  const float distance = (place < in - 1 ? place : in - 1) - i;
  const float weight = 1.0f - (distance < 0.0f ? -distance : distance);
  return weight > 0.0f ? weight : 0.0f;
}

/// Bounds of the outputs that read input i: their places are less than one pixel from it. A step more than
/// that on both sides, for what float32 rounds.
INLINE int first_reader(float scale, int i) {
  return larger_of((int)((i - 0.5f) / scale - 0.5f) - 1, 0);
}
INLINE int last_reader(float scale, int i, int out) {
  const float last = (i + 1.5f) / scale - 0.5f;
  return last < out - 2 ? (int)last + 1 : out - 1;
}

// In both, a row is `line` numbers, of which the columns, LANES each, begin with `first`.

// sums [M, H, line] is assigned, from grad_y [M, OH, line]: lines of OW C numbers, and rows = M H. Where
// sides become larger, memory gives grad_y once and a cache a second time.
KERNEL(resize_backward_down, GLOBAL const storage* RESTRICT grad_y, GLOBAL float* RESTRICT sums,
       int nearest, float scale, int height, int out_height, int line, int first, int rows, int columns) {
  FOR_EACH_ROW(row, rows) {
    const int h = (int)row % height;
    const int64 image = (int)row / height;
    const int begin = first_reader(scale, h), end = last_reader(scale, h, out_height);
    FOR_EACH_COLUMN(c, columns) {
      const int64 at = first + c * LANES;
      vfloat sum = splat(0);
      for (int oh = begin; oh <= end; ++oh) {
        const float weight = weight_of(nearest, scale, oh, h, height);
        if (weight > 0.0f) sum = sum + load(grad_y, (image * out_height + oh) * line + at) * weight;
      }
      store_float(sums, row * line + at, sum);
    }
  }
}

// grad_x [M, H, W, line] is assigned, or with add added to, from sums [M, H, OW, line]: lines of C numbers,
// and rows = M H W.
KERNEL(resize_backward_across, GLOBAL const float* RESTRICT sums, GLOBAL storage* RESTRICT grad_x,
       int nearest, float scale, int width, int out_width, int add, int line, int first, int rows,
       int columns) {
  FOR_EACH_ROW(row, rows) {
    const int w = (int)row % width;
    const int64 image = (int64)((int)row / width) * out_width;
    const int begin = first_reader(scale, w), end = last_reader(scale, w, out_width);
    FOR_EACH_COLUMN(c, columns) {
      const int64 at = first + c * LANES;
      vfloat sum = splat(0);
      if (add) sum = load(grad_x, row * line + at);
      for (int ow = begin; ow <= end; ++ow) {
        const float weight = weight_of(nearest, scale, ow, w, width);
        if (weight > 0.0f) sum = sum + load_float(sums, (image + ow) * line + at) * weight;
      }
      store(grad_x, row * line + at, sum);
    }
  }
}
