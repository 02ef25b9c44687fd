// Convolution of 3x3 windows at stride 1 with 2.25 times fewer products (Winograd's F(2x2, 3x3), Lavin and Gray 2016):
//
//   y = A^T [ (G w G^T) . (B^T x B) ] A      of every 4x4 piece of x, for the 2x2 pixels of y in its middle
//
//         | 1  0 -1  0 |        |  1    0   0  |
//   B^T = | 0  1  1  0 |    G = | 1/2  1/2 1/2 |    A^T = | 1  1  1  0 |
//         | 0 -1  1  0 |        | 1/2 -1/2 1/2 |          | 0  1 -1 -1 |
//         | 0  1  0 -1 |        |  0    0   1  |
//
// The products, summed over channels, are 16 matrix products of [pieces, depth] by [depth, columns]. B and A have only
// ones and G halves, so float32 loses hardly more than in the sum itself; larger pieces would save more and lose
// digits. The gradient by x is the same convolution, of y's gradient with w turned by half a circle and transposed.
//
// For a processor: threads take a chunk of pieces each, PIECES at a time, whose transforms stay in its second-level
// cache while all columns are made of them. x [batch, height, width, depth] and y [batch, out_height, out_width,
// columns] in storage, float32 the rest:
//
//   turned [columns / LANES, 16, depth, LANES]   G w G^T
//   pieces [chunks, 16, PIECES, depth + LANES]   B^T x B; the room at a row's end keeps rows out of each other's cache lines
#include "../portable.h"
#include "rounded.h"

// As many sums as registers hold, with a vector of the matrix beside them.
#ifndef PIECES
#define PIECES 12
#endif

// turned is assigned, from w [out, 3, 3, in]: forward, depth is in and columns out; otherwise the other way round.
// n = columns / LANES * depth.
KERNEL(turn_weights, GLOBAL const float* RESTRICT w, GLOBAL float* RESTRICT turned, int depth, int columns,
       int forward, int64 n) {
  FOR_EACH(i, n) {
    const int64 k = i % depth, block = i / depth;
    vfloat g[3][3], half[4][3];
    UNROLL for (int a = 0; a < 3; ++a) {
      UNROLL for (int b = 0; b < 3; ++b) {
        if (forward) {
          g[a][b] = rounded(load_strided(w, (block * LANES * 9 + a * 3 + b) * depth + k, (int64)9 * depth));
        } else {
          g[a][b] = rounded(load_float(w, (k * 9 + (2 - a) * 3 + 2 - b) * columns + block * LANES));
        }
      }
    }
    UNROLL for (int b = 0; b < 3; ++b) {
      half[0][b] = g[0][b];
      half[1][b] = 0.5f * (g[0][b] + g[1][b] + g[2][b]);
      half[2][b] = 0.5f * (g[0][b] - g[1][b] + g[2][b]);
      half[3][b] = g[2][b];
    }
    UNROLL for (int a = 0; a < 4; ++a) {
      const int64 to = ((block * 16 + a * 4) * depth + k) * LANES, next = (int64)depth * LANES;
      store_float(turned, to, half[a][0]);
      store_float(turned, to + next, 0.5f * (half[a][0] + half[a][1] + half[a][2]));
      store_float(turned, to + 2 * next, 0.5f * (half[a][0] - half[a][1] + half[a][2]));
      store_float(turned, to + 3 * next, half[a][2]);
    }
  }
}

// to[b step] = row b of B^T d.
INLINE void turn_four(const vfloat* d, int step, vfloat* to) {
  to[0] = d[0] - d[2 * step];
  to[step] = d[step] + d[2 * step];
  to[2 * step] = d[2 * step] - d[step];
  to[3 * step] = d[step] - d[3 * step];
}

// y is assigned. With pad zeros around x, y's pixel (h, w) has x's (h - pad, w - pad) in its first corner.
KERNEL(winograd, GLOBAL const storage* RESTRICT x, GLOBAL const float* RESTRICT turned,
       GLOBAL storage* RESTRICT y, GLOBAL float* RESTRICT all_pieces, int batch, int height, int width, int depth, int out_height,
       int out_width, int columns, int pad, int chunks) {
  const int lines = (out_height + 1) / 2, line = (out_width + 1) / 2, row = depth + LANES;
  const int64 pieces = (int64)batch * lines * line;
  FOR_EACH(chunk, chunks) {
    float* const v = all_pieces + chunk * 16 * PIECES * row;
    const int64 last = pieces * (chunk + 1) / chunks;
    for (int64 first = pieces * chunk / chunks; first < last; first += PIECES) {
      const int count = last - first < PIECES ? (int)(last - first) : PIECES;
      for (int p = 0; p < count; ++p) {
        const int left = (int)((first + p) % line) * 2 - pad, top = (int)((first + p) / line % lines) * 2 - pad;
        const int64 image = (first + p) / line / lines;
        for (int c = 0; c < depth; c += LANES) {
          vfloat d[16], half[16], full[16];
          UNROLL for (int a = 0; a < 16; ++a) {
            const int h = top + a / 4, w = left + a % 4;
            d[a] = splat(0);
            if (h >= 0 && w >= 0 && h < height && w < width) {
              d[a] = load(x, ((image * height + h) * width + w) * depth + c);
            }
          }
          UNROLL for (int b = 0; b < 4; ++b) turn_four(d + b, 4, half + b);
          UNROLL for (int a = 0; a < 4; ++a) turn_four(half + 4 * a, 1, full + 4 * a);
          UNROLL for (int a = 0; a < 16; ++a) store_float(v, ((int64)a * PIECES + p) * row + c, full[a]);
        }
      }
      for (int block = 0; block < columns / LANES; ++block) {
        float products[16][PIECES][LANES];
        for (int a = 0; a < 16; ++a) {
          const float* const matrix = turned + ((int64)block * 16 + a) * depth * LANES;
          const float* const piece = v + (int64)a * PIECES * row;
          vfloat sum[PIECES];
          UNROLL for (int p = 0; p < PIECES; ++p) sum[p] = splat(0);
          for (int k = 0; k < depth; ++k) {
            const vfloat u = load_float(matrix, (int64)k * LANES);
            UNROLL for (int p = 0; p < PIECES; ++p) {
              sum[p] = multiply_add(splat(piece[(int64)p * row + k]), u, sum[p]);
            }
          }
          UNROLL for (int p = 0; p < PIECES; ++p) store_float(products[a][p], 0, sum[p]);
        }
        for (int p = 0; p < count; ++p) {
          const int left = (int)((first + p) % line) * 2, top = (int)((first + p) / line % lines) * 2;
          const int64 image = (first + p) / line / lines;
          vfloat half[2][4];
          UNROLL for (int b = 0; b < 4; ++b) {
            const vfloat m0 = load_float(products[b][p], 0), m1 = load_float(products[4 + b][p], 0);
            const vfloat m2 = load_float(products[8 + b][p], 0), m3 = load_float(products[12 + b][p], 0);
            half[0][b] = m0 + m1 + m2;
            half[1][b] = m1 - m2 - m3;
          }
          UNROLL for (int a = 0; a < 2; ++a) {
            if (top + a < out_height) {
              const int64 to = ((image * out_height + top + a) * out_width + left) * columns + block * LANES;
              store(y, to, half[a][0] + half[a][1] + half[a][2]);
              if (left + 1 < out_width) store(y, to + columns, half[a][1] - half[a][2] - half[a][3]);
            }
          }
        }
      }
    }
  }
}
