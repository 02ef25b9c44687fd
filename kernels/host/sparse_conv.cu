// Convolution of activations that are mostly zero, such as spikes: only what is not zero is multiplied.
//
//   y[p, o]       = sum over x[q, c] != 0 in the window of p   x[q, c] w[o, q - p, c]
//   grad_w[o, k, c] = sum over x[q, c] != 0                     x[q, c] grad_y[q - k, o]
//
// For a processor alone: a GPU's multiprocessor has no use for rows that are picked one by one. At 20 % of
// spikes a fifth of the products are left, each of them a row of ROW output channels in vector registers times
// one number; dense products are faster per product but not five times. Numbers may be any: spikes, sums of
// spikes, dropped out spikes.
//
// The batch's rows go in strips, whose numbers that are not zero are listed first: where the vector that a number
// is multiplied with lies, and the number. Threads take strips in turn, a chunk each: neurons fire more often at some
// steps of time than at others.
// Layouts: x [batch, height, width, in], y [batch, out_height, out_width, out] in storage; float32 the rest,
//
//   packed [out / ROW, size, in / group, size, group, ROW]   weights: what a strip reads at a time, `group`
//                                                            channels of a row of the window, nearly fits a
//                                                            first-level cache
//   sums   [chunks, out / ROW, in, size, size, ROW]          the weights' gradient, a part for each chunk
//
// BLOCK: vectors in ROW. group is a multiple of LANES and divides in.
#include "../portable.h"
#include "rounded.h"

#ifndef BLOCK
#define BLOCK 1
#endif
#define ROW (LANES * BLOCK)

// A sum's rounding waits for the one before it, so at least four go on at a time.
#define AHEAD (BLOCK >= 4 ? 1 : 4 / BLOCK)

// Places of a window whose sums are in registers together.
#ifdef WIDE
#define MOST_PLACES 9
#else
#define MOST_PLACES 3
#endif

// Bit k: whether lane k is not zero.
INLINE unsigned nonzero_lanes(vfloat v) {
#ifdef WIDE
  return _mm512_cmp_ps_mask((__m512)v, _mm512_setzero_ps(), _CMP_NEQ_UQ);
#elif defined(HALF_WIDE)
  return _mm256_movemask_ps(_mm256_cmp_ps((__m256)v, _mm256_setzero_ps(), _CMP_NEQ_UQ));
#else
  float lanes[LANES];
  store_float(lanes, 0, v);
  unsigned bits = 0;
  for (int k = 0; k < LANES; ++k) bits |= (lanes[k] != 0 ? 1u : 0u) << k;
  return bits;
#endif
}

// Lists what is not zero among `channels` numbers of x from `at` on: first + c step, and the number. Returns the
// new end of the list; up to LANES entries behind it are overwritten.
INLINE int list_nonzero(GLOBAL const storage* x, int64 at, int channels, int first, int step, int* places,
                        float* values, int n) {
  for (int c = 0; c < channels; c += LANES) {
    const vfloat v = load(x, at + c);
#ifdef WIDE
    const __mmask16 some = nonzero_lanes(v);
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i place = _mm512_add_epi32(_mm512_mullo_epi32(lane, _mm512_set1_epi32(step)),
                                           _mm512_set1_epi32(first + c * step));
    _mm512_storeu_si512(places + n, _mm512_maskz_compress_epi32(some, place));
    _mm512_storeu_ps(values + n, _mm512_maskz_compress_ps(some, (__m512)v));
    n += __builtin_popcount(some);
#else
    float lanes[LANES];
    store_float(lanes, 0, v);
    for (int k = 0; k < LANES; ++k) {
      places[n] = first + (c + k) * step;
      values[n] = lanes[k];
      n += lanes[k] != 0;
    }
#endif
  }
  return n;
}

// packed is assigned: w [out, size, size, in]. n = out / ROW * size * size * in / LANES.
KERNEL(pack_weights, GLOBAL const float* RESTRICT w, GLOBAL float* RESTRICT packed, int size, int in,
       int group, int64 n) {
  const int parts = in / LANES, places = size * size;
  FOR_EACH(i, n) {
    const int c = (int)(i % parts) * LANES, place = (int)(i / parts % places);
    const int64 block = i / parts / places;
    const int64 band = (block * size + place / size) * (in / group) + c / group;
    float* const to = packed + ((band * size + place % size) * group + c % group) * ROW;
    for (int o = 0; o < ROW; ++o) {
      const vfloat v = rounded(load_float(w, ((block * ROW + o) * places + place) * in + c));
      store_strided(to, o, ROW, v);
    }
  }
}

// y is assigned. Scratch of each chunk: room for `entries` list entries, `pixels` starts of lists and the sums of a strip.
// With dilation 1 the lists of neighbouring pixels are one, since an entry's place counts from the row's first pixel.
KERNEL(sparse_forward, GLOBAL const storage* RESTRICT x, GLOBAL const float* RESTRICT packed,
       GLOBAL storage* RESTRICT y, GLOBAL int* RESTRICT all_places, GLOBAL float* RESTRICT all_values,
       GLOBAL int* RESTRICT all_starts, GLOBAL float* RESTRICT all_sums, int64 entries, int64 pixels, int batch,
       int height, int width, int in, int out_height, int out_width, int out, int size, int stride, int pad,
       int dilation, int group, int strip, int chunks) {
  const int groups = in / group;
  const int spans = dilation == 1 ? 1 : size;
  FOR_EACH(chunk, chunks) {
    int* const places = all_places + chunk * entries;
    float* const values = all_values + chunk * entries;
    int* const starts = all_starts + chunk * pixels;
    float* const sums = all_sums + chunk * strip * out_width * ROW;
    const int64 rows = (int64)batch * out_height;
    for (int64 first = chunk * strip; first < rows; first += (int64)chunks * strip) {
      const int64 end = first + strip < rows ? first + strip : rows;
      // The rows of x that the strip sees.
      const int top = (int)(first % out_height) * stride - pad;
      const int bottom = (int)((end - 1) % out_height) * stride - pad + (size - 1) * dilation + 1;
      const int64 from = first / out_height * height + (top > 0 ? top : 0);
      const int64 to = (end - 1) / out_height * height + (bottom < height ? bottom : height);
      int n = 0;
      int64 list = 0;
      for (int64 r = from; r < to; ++r) {
        for (int g = 0; g < groups; ++g) {
          for (int w = 0; w < width; ++w) {
            starts[list++] = n;
            n = list_nonzero(x, (r * width + w) * in + g * group, group, dilation == 1 ? w * group * ROW : 0,
                             ROW, places, values, n);
#if AHEAD > 1
            for (int u = 0; u < AHEAD - 1; ++u) {
              places[n + u] = dilation == 1 ? w * group * ROW : 0;
              values[n + u] = 0;
            }
            n = (n + AHEAD - 1) / AHEAD * AHEAD;
#endif
          }
          starts[list++] = n;
        }
      }
      for (int band = 0; band < out / ROW * size * groups; ++band) {
        const int g = band % groups, dy = band / groups % size, block = band / groups / size;
        const float* const weights = packed + (int64)band * size * group * ROW;
        const bool begins = dy == 0 && g == 0, ends = dy == size - 1 && g == groups - 1;
        for (int64 r = first; r < end; ++r) {
          const int h = (int)(r % out_height) * stride - pad + dy * dilation;
          const int64 lists = ((r / out_height * height + h - from) * groups + g) * (width + 1);
          for (int ow = 0; ow < out_width; ++ow) {
            float* const held = sums + ((r - first) * out_width + ow) * ROW;
            vfloat a[AHEAD][BLOCK];
            UNROLL for (int u = 0; u < AHEAD; ++u) {
              UNROLL for (int j = 0; j < BLOCK; ++j) a[u][j] = splat(0);
            }
            if (!begins) {
              UNROLL for (int j = 0; j < BLOCK; ++j) a[0][j] = load_float(held, j * LANES);
            }
            const int left = ow * stride - pad;
            for (int span = 0; span < spans && h >= 0 && h < height; ++span) {
              int w0 = left + span * dilation, w1 = w0 + (spans == 1 ? size : 1);
              const float* const vectors = weights + (spans == 1 ? -left : span) * group * ROW;
              w0 = w0 > 0 ? w0 : 0;
              w1 = w1 < width ? w1 : width;
              if (w0 >= w1) continue;
              const int stop = starts[lists + w1];
              for (int i = starts[lists + w0]; i < stop; i += AHEAD) {
                UNROLL for (int u = 0; u < AHEAD; ++u) {
                  const vfloat v = splat(values[i + u]);
                  const float* const row = vectors + places[i + u];
                  UNROLL for (int j = 0; j < BLOCK; ++j) {
                    a[u][j] = multiply_add(v, load_float(row, j * LANES), a[u][j]);
                  }
                }
              }
            }
            UNROLL for (int j = 0; j < BLOCK; ++j) {
              vfloat sum = a[0][j];
              UNROLL for (int u = 1; u < AHEAD; ++u) sum = sum + a[u][j];
              if (ends) {
                store(y, (r * out_width + ow) * out + block * ROW + j * LANES, sum);
              } else {
                store_float(held, j * LANES, sum);
              }
            }
          }
        }
      }
    }
  }
}

// sums [N, ROW] += value times the vectors of grad_y that the N places see, over the list.
template <int N>
INLINE void add_products(const float* grad_y, const int* offsets, const int* places, const float* values, int n,
                         float* sums) {
  vfloat a[N][BLOCK];
  UNROLL for (int k = 0; k < N; ++k) {
    UNROLL for (int j = 0; j < BLOCK; ++j) a[k][j] = load_float(sums, (k * BLOCK + j) * LANES);
  }
  for (int i = 0; i < n; ++i) {
    const vfloat v = splat(values[i]);
    const float* const vectors = grad_y + places[i];
    UNROLL for (int k = 0; k < N; ++k) {
      UNROLL for (int j = 0; j < BLOCK; ++j) {
        a[k][j] = multiply_add(v, load_float(vectors + offsets[k], j * LANES), a[k][j]);
      }
    }
  }
  UNROLL for (int k = 0; k < N; ++k) {
    UNROLL for (int j = 0; j < BLOCK; ++j) store_float(sums, (k * BLOCK + j) * LANES, a[k][j]);
  }
}

// sums is assigned. Stride 1. Scratch of each chunk: `in` lists of strip * width entries, and `padded` floats: what a strip
// sees of grad_y, with zeros where a window reaches outside.
KERNEL(sparse_weights, GLOBAL const storage* RESTRICT x, GLOBAL const storage* RESTRICT grad_y,
       GLOBAL float* RESTRICT all_sums, GLOBAL int* RESTRICT all_places, GLOBAL float* RESTRICT all_values,
       GLOBAL int* RESTRICT all_counts, GLOBAL float* RESTRICT all_padded, int64 padded, int batch, int height,
       int width, int in, int out_height, int out_width, int out, int size, int pad, int dilation, int strip,
       int chunks) {
  // Pixel (h, w) has place (dy, dx) of the window of (h + pad - dy dilation, w + pad - dx dilation). A strip's padded
  // rows begin with the first that its first pixel row is in; an image takes `down` of them.
  const int reach = (size - 1) * dilation, across = width + pad + reach, down = height + pad + reach;
  int offsets[MOST_PLACES];
  FOR_EACH(chunk, chunks) {
    const int64 longest = (int64)strip * width;
    int* const places = all_places + chunk * longest * in;
    float* const values = all_values + chunk * longest * in;
    int* const counts = all_counts + chunk * in;
    float* const vectors = all_padded + chunk * padded;
    float* const sums = all_sums + chunk * size * size * in * out;
    for (int64 i = 0; i < (int64)size * size * in * out; i += LANES) store_float(sums, i, splat(0));
    const int64 rows = (int64)batch * height;
    for (int64 first = chunk * strip; first < rows; first += (int64)chunks * strip) {
      const int64 end = first + strip < rows ? first + strip : rows;
      const int64 image = first / height;
      const int top = (int)(first % height) + pad;
      for (int c = 0; c < in; ++c) counts[c] = 0;
      for (int64 r = first; r < end; ++r) {
        const int64 row = (r / height - image) * down + r % height + pad - top + reach;
        for (int w = 0; w < width; ++w) {
          const int place = (int)(row * across + w + pad + reach) * ROW;
          for (int c = 0; c < in; c += LANES) {
            const vfloat v = load(x, (r * width + w) * in + c);
            float lanes[LANES];
            store_float(lanes, 0, v);
            for (unsigned left = nonzero_lanes(v); left != 0; left &= left - 1) {
              const int lane = __builtin_ctz(left);
              const int64 entry = (c + lane) * longest + counts[c + lane]++;
              places[entry] = place;
              values[entry] = lanes[lane];
            }
          }
        }
      }
      const int64 padded_rows =
          ((end - 1) / height - image) * down + (end - 1) % height + pad - top + reach + 1;
      for (int block = 0; block < out / ROW; ++block) {
        for (int64 r = 0; r < padded_rows; ++r) {
          const int64 of = image + (r + top) / down, oh = (r + top) % down - reach;
          for (int w = 0; w < across; ++w) {
            const int ow = w - reach;
            const bool inside = oh >= 0 && oh < out_height && of < batch && ow >= 0 && ow < out_width;
            UNROLL for (int j = 0; j < BLOCK; ++j) {
              vfloat v = splat(0);
              if (inside) {
                v = load(grad_y, ((of * out_height + oh) * out_width + ow) * out + block * ROW + j * LANES);
              }
              store_float(vectors, (r * across + w) * ROW + j * LANES, v);
            }
          }
        }
        for (int c = 0; c < in; ++c) {
          const int* const at = places + c * longest;
          const float* const by = values + c * longest;
          float* to = sums + ((int64)block * in + c) * size * size * ROW;
          int left = size * size;
          for (int place = 0; left > 0;) {
            const int taken = left >= MOST_PLACES ? MOST_PLACES : 1;
            for (int k = 0; k < taken; ++k) {
              offsets[k] = -((place + k) / size * across + (place + k) % size) * dilation * ROW;
            }
            if (taken == 1) {
              add_products<1>(vectors, offsets, at, by, counts[c], to);
            } else {
              add_products<MOST_PLACES>(vectors, offsets, at, by, counts[c], to);
            }
            place += taken;
            left -= taken;
            to += taken * ROW;
          }
        }
      }
    }
  }
}

// grad_w [out, size, size, in] is assigned: the chunks' parts of it. n as in pack_weights.
KERNEL(merge_sums, GLOBAL const float* RESTRICT sums, GLOBAL float* RESTRICT grad_w, int size, int in, int out,
       int chunks, int64 n) {
  const int parts = in / LANES, places = size * size;
  FOR_EACH(i, n) {
    const int c = (int)(i % parts) * LANES, place = (int)(i / parts % places);
    const int64 block = i / parts / places;
    for (int o = 0; o < ROW; ++o) {
      vfloat sum = splat(0);
      for (int chunk = 0; chunk < chunks; ++chunk) {
        const int64 from = (((int64)chunk * (out / ROW) + block) * in + c) * places + place;
        sum = sum + load_strided(sums, from * ROW + o, (int64)places * ROW);
      }
      store_float(grad_w, ((block * ROW + o) * places + place) * in + c, sum);
    }
  }
}
