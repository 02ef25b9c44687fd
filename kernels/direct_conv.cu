// Convolution without a buffer of windows, for devices that have no library with convolutions.
//
//   forward             y[p, o]         = sum over places k, c     x[p stride - pad + k dilation, c] w[o, k, c]
//   gradient by x       grad_x[q, c]    = sum over places k, o     grad_y[(q + pad - k dilation) / stride, o] w[o, k, c]
//   gradient by w       grad_w[o, k, c] = sum over pixels p        grad_y[p, o] x[p stride - pad + k dilation, c]
//
// An item holds TILE numbers times VECTORS vectors of sums in registers, so that each number and each vector
// that it reads takes part in several products. The first two are one kernel: a sum over places of the window
// of products of a pixel's `depth` channels with a matrix [depth, columns]; where the gradient's quotient is not
// whole there is no such pixel. Both are fastest with the matrices of all places in the order they are read in,
//
//   packed [columns / ROW, size, size, depth, ROW]
//
// ROW = LANES VECTORS divides columns. TILE is any number for convolve, and divides out for weights_gradient.
#include "portable.h"

#ifndef TILE
#define TILE 4
#endif
#ifndef VECTORS
#define VECTORS 1
#endif
#define ROW (LANES * VECTORS)

// packed is assigned, from w [out, size, size, in]: forward, columns is out and depth in; otherwise the other way
// round. n = columns / ROW * size * size * depth.
KERNEL(pack, GLOBAL const float* RESTRICT w, GLOBAL float* RESTRICT packed, int places, int depth,
       int columns, int forward, int64 n) {
  FOR_EACH(i, n) {
    const int64 k = i % depth, place = i / depth % places, block = i / depth / places;
    for (int lane = 0; lane < ROW; ++lane) {
      const int64 column = block * ROW + lane;
      packed[i * ROW + lane] =
          w[forward ? (column * places + place) * depth + k : (k * places + place) * columns + column];
    }
  }
}

// y [batch, out_height, out_width, columns] is assigned where its pixels are (i down + first_h, j down + first_w), of
// which there are lines x line in an image, `pixels` in all; x [batch, height, width, depth]; zeros [depth] stand for
// what is outside of x. Place (a, b) of the window of pixel (oh, ow) is pixel ((oh up + base + a step) / down, ...) of
// x. With down > 1 a launch takes pixels whose places that are whole are the same: no product is with zeros.
//
// Item (r, t) takes TILE pixels and a block of columns: tile r and block t where `across`, which is what neighbouring
// threads of a GPU are fastest at; otherwise one of `row` tiles of block r % blocks, so that a processor, which takes
// the items of a row in turn, finds the block's matrices in a cache.
KERNEL(convolve, GLOBAL const storage* RESTRICT x, GLOBAL const float* RESTRICT packed,
       GLOBAL const storage* RESTRICT zeros, GLOBAL storage* RESTRICT y, int height, int width, int depth,
       int out_height, int out_width, int columns, int size, int up, int base, int step, int down, int first_h,
       int first_w, int lines, int line, int64 pixels, int blocks, int across, int64 rows, int row) {
  FOR_EACH_ROW(r, rows) {
    FOR_EACH_COLUMN(t, row) {
      const int64 block = across ? t : r % blocks, tile = across ? r : r / blocks * row + t;
      if (tile * TILE < pixels) {
        vfloat a[TILE][VECTORS];
        int top[TILE], left[TILE];
        int64 image[TILE];
        UNROLL for (int p = 0; p < TILE; ++p) {
          const int64 wanted = tile * TILE + p, pixel = wanted < pixels ? wanted : pixels - 1;
          left[p] = (int)(pixel % line) * down + first_w;
          top[p] = (int)(pixel / line % lines) * down + first_h;
          image[p] = pixel / line / lines;
          UNROLL for (int v = 0; v < VECTORS; ++v) a[p][v] = splat(0);
        }
        for (int place = 0; place < size * size; ++place) {
          const int down_by = place / size * step, right_by = place % size * step;
          GLOBAL const storage* from[TILE];
          bool some = false;
          UNROLL for (int p = 0; p < TILE; ++p) {
            int h = top[p] * up + base + down_by, w = left[p] * up + base + right_by;
            bool inside = h >= 0 && w >= 0;
            if (down > 1) {
              inside = inside && h % down == 0 && w % down == 0;
              h /= down;
              w /= down;
            }
            inside = inside && h < height && w < width;
            from[p] = inside ? x + ((image[p] * height + h) * width + w) * depth : zeros;
            some = some || inside;
          }
          if (some) {
            const int64 matrix = (block * size * size + place) * depth * ROW;
            for (int k = 0; k < depth; ++k) {
              vfloat b[VECTORS];
              UNROLL for (int v = 0; v < VECTORS; ++v) b[v] = load_float(packed, matrix + k * ROW + v * LANES);
              UNROLL for (int p = 0; p < TILE; ++p) {
                const vfloat number = splat(load_one(from[p], k));
                UNROLL for (int v = 0; v < VECTORS; ++v) a[p][v] = multiply_add(number, b[v], a[p][v]);
              }
            }
          }
        }
        UNROLL for (int p = 0; p < TILE; ++p) {
          if (tile * TILE + p < pixels) {
            const int64 to = ((image[p] * out_height + top[p]) * out_width + left[p]) * columns + block * ROW;
            UNROLL for (int v = 0; v < VECTORS; ++v) store(y, to + v * LANES, a[p][v]);
          }
        }
      }
    }
  }
}

// sums [chunks, out, size, size, in] is assigned: the part of grad_w that chunk's rows of grad_y make. A chunk goes
// through its rows `strip` at a time, whose pixels an item after the other reads. Item (r, t) is tile
// r / chunks * row + t of chunk r % chunks: TILE outputs, one place and ROW channels of x.
KERNEL(weights_gradient, GLOBAL const storage* RESTRICT x, GLOBAL const storage* RESTRICT grad_y,
       GLOBAL float* RESTRICT sums, int height, int width, int in, int out_height, int out_width, int out,
       int size, int stride, int pad, int dilation, int strip, int64 image_rows, int chunks, int64 tiles, int64 rows,
       int row) {
  FOR_EACH_ROW(r, rows) {
    const int64 chunk = r % chunks;
    const int64 last = image_rows * (chunk + 1) / chunks;
    for (int64 first = image_rows * chunk / chunks, begin = first; begin < last; begin += strip) {
      const int64 end = begin + strip < last ? begin + strip : last;
      FOR_EACH_COLUMN(t, row) {
        const int64 tile = r / chunks * row + t;
        if (tile >= tiles) break;
        const int c = (int)(tile % (in / ROW)) * ROW, place = (int)(tile / (in / ROW) % (size * size));
        const int64 o = tile / (in / ROW) / (size * size) * TILE;
        const int down_by = place / size * dilation - pad, right_by = place % size * dilation - pad;
        // Pixels of a row whose window has the place inside of x.
        const int begin_w = right_by >= 0 ? 0 : (-right_by + stride - 1) / stride;
        const int room = width - 1 - right_by;
        const int end_w = room < 0 ? 0 : room / stride + 1 < out_width ? room / stride + 1 : out_width;
        const int64 to = ((chunk * out + o) * size * size + place) * in + c;
        vfloat a[TILE][VECTORS];
        UNROLL for (int k = 0; k < TILE; ++k) {
          UNROLL for (int v = 0; v < VECTORS; ++v) {
            a[k][v] = splat(0);
            if (begin > first) a[k][v] = load_float(sums, to + (int64)k * size * size * in + v * LANES);
          }
        }
        for (int64 line = begin; line < end; ++line) {
          const int h = (int)(line % out_height) * stride + down_by;
          if (h < 0 || h >= height) continue;
          const int64 from = ((line / out_height * height + h) * width + right_by) * in + c;
          for (int w = begin_w; w < end_w; ++w) {
            vfloat b[VECTORS];
            UNROLL for (int v = 0; v < VECTORS; ++v) b[v] = load(x, from + (int64)w * stride * in + v * LANES);
            const int64 gradient = (line * out_width + w) * out + o;
            UNROLL for (int k = 0; k < TILE; ++k) {
              const vfloat number = splat(load_one(grad_y, gradient + k));
              UNROLL for (int v = 0; v < VECTORS; ++v) a[k][v] = multiply_add(number, b[v], a[k][v]);
            }
          }
        }
        UNROLL for (int k = 0; k < TILE; ++k) {
          UNROLL for (int v = 0; v < VECTORS; ++v) {
            store_float(sums, to + (int64)k * size * size * in + v * LANES, a[k][v]);
          }
        }
      }
    }
  }
}

// grad_w [n LANES] is assigned: the sum of its parts, sums [chunks, n LANES].
KERNEL(merge, GLOBAL const float* RESTRICT sums, GLOBAL float* RESTRICT grad_w, int chunks, int64 n) {
  FOR_EACH(i, n) {
    vfloat sum = load_float(sums, i * LANES);
    for (int chunk = 1; chunk < chunks; ++chunk) sum = sum + load_float(sums, (chunk * n + i) * LANES);
    store_float(grad_w, i * LANES, sum);
  }
}
