// What trains a detector: anchors, the objects they are given, and losses. N pictures of A anchors [A, 4] and
// of at most M objects, boxes [N, M, 4] (left, top, right, bottom) and labels [N, M] (0: there is none).
//
// The LANES of a vector are neighbouring anchors, so that any number of classes fills it. On GPUs LANES = 1:
// their threads are the anchors, and more would not fit their registers. Kernels that sum are given vectors
// in chunks, of which each sums up its own: `blocks` vectors from anchor `first` on, chunk c vectors
// c start + j step for j < chunk_blocks. So neighbouring threads of a GPU take neighbouring anchors (start =
// 1), and those of a host a range each (step = 1). Sums are assigned from `slot` on.
#include "portable.h"

/// Rounds a number of at most 2^22 to a whole one, halves to the even one: that is what adding 3 2^22 does.
INLINE float whole(float a) { return (a + 12582912.0f) - 12582912.0f; }

// anchors [.., 4] is assigned for a level of `count` anchors from `first` on: with s one of its sizes and wide
// and high of a shape the box (x - w, y - h, x + w, y + h), w = round(wide s / 2), h = round(high s / 2), at
// each place of a map `width` wide. The second of three shapes is a square.
KERNEL(anchor_boxes, GLOBAL float* RESTRICT anchors, float size0, float size1, float size2, float wide0,
       float wide2, float high0, float high2, int stride_y, int stride_x, int width, int64 first,
       int64 count) {
  FOR_EACH(i, count) {
    const int place = (int)(i / 9), shape = (int)(i % 9) / 3, which = (int)(i % 3);
    const float size = which == 0 ? size0 : which == 1 ? size1 : size2;
    const float wide = shape == 0 ? wide0 : shape == 1 ? 1.0f : wide2;
    const float high = shape == 0 ? high0 : shape == 1 ? 1.0f : high2;
    const float half_width = whole(wide * size / 2), half_height = whole(high * size / 2);
    const float x = (float)(place % width * stride_x), y = (float)(place / width * stride_y);
    GLOBAL float* box = anchors + 4 * (first + i);
    box[0] = x - half_width;
    box[1] = y - half_height;
    box[2] = x + half_width;
    box[3] = y + half_height;
  }
}

// sides [4, padded] = anchors [A, 4] transposed, so that vectors of anchors are read as they lie; boxes of no
// size, which meet nothing, fill them up to whole vectors.
KERNEL(anchor_sides, GLOBAL const float* RESTRICT anchors, GLOBAL float* RESTRICT sides, int count,
       int64 padded) {
  FOR_EACH(i, padded) {
    for (int side = 0; side < 4; ++side) sides[side * padded + i] = i < count ? anchors[4 * i + side] : 0.0f;
  }
}

INLINE vfloat lesser(vfloat a, vfloat b) { return where_more(a, b, b, a); }
INLINE vfloat greater(vfloat a, vfloat b) { return where_more(a, b, a, b); }

/// IoU of a box and LANES anchors from `at` on, in the order of torchvision's box_iou: the results are compared,
/// and have to be equal everywhere.
INLINE vfloat overlap(GLOBAL const float* box, GLOBAL const float* sides, int64 padded, int64 at) {
  const vfloat left = load_float(sides, at), top = load_float(sides, padded + at);
  const vfloat right = load_float(sides, 2 * padded + at), bottom = load_float(sides, 3 * padded + at);
  const float area = (box[2] - box[0]) * (box[3] - box[1]);
  const vfloat width = relu(lesser(splat(box[2]), right) - greater(splat(box[0]), left));
  const vfloat height = relu(lesser(splat(box[3]), bottom) - greater(splat(box[1]), top));
  const vfloat common = width * height;
  return common / ((splat(area) + (right - left) * (bottom - top)) - common);
}

// partial [N, chunks, M, LANES] is assigned: the largest IoU of an object with the anchors of a chunk, those
// that share a lane; -1 where there is no object.
KERNEL(best_of_chunks, GLOBAL const float* RESTRICT sides, GLOBAL const float* RESTRICT boxes,
       GLOBAL const int* RESTRICT labels, GLOBAL float* RESTRICT partial, int64 padded, int blocks,
       int chunk_blocks, int chunks, int objects, int rows) {
  FOR_EACH_ROW(row, rows) {
    const int64 picture = row / chunks, first = row % chunks * chunk_blocks;
    const int64 last = first + chunk_blocks < blocks ? first + chunk_blocks : blocks;
    FOR_EACH_COLUMN(m, objects) {
      const int64 object = picture * objects + m;
      vfloat best = splat(-1);
      if (labels[object] != 0) {
        for (int64 block = first; block < last; ++block) {
          best = greater(overlap(boxes + 4 * object, sides, padded, block * LANES), best);
        }
      }
      store_float(partial, (row * objects + m) * LANES, best);
    }
  }
}

// best [N, M] is assigned: the largest IoU of each object, from partial [N, chunks, M, lanes].
KERNEL(best_of_objects, GLOBAL const float* RESTRICT partial, GLOBAL float* RESTRICT best, int chunks,
       int objects, int lanes, int64 all) {
  FOR_EACH(i, all) {
    float most = -1.0f;
    for (int chunk = 0; chunk < chunks; ++chunk) {
      const int64 at = ((i / objects * chunks + chunk) * objects + i % objects) * lanes;
      for (int lane = 0; lane < lanes; ++lane) most = partial[at + lane] > most ? partial[at + lane] : most;
    }
    best[i] = most;
  }
}

// owners [N, padded] is assigned: the object of each anchor, -1 for background, -2 for neither, as floats.
// With m the object of the anchor's largest IoU, of equals the first:
//
//   m    if IoU >= high, or if the anchor's IoU with any object is that object's best [N, M]
//   -2   else if IoU >= low
//   -1   else
KERNEL(owners_of_anchors, GLOBAL const float* RESTRICT sides, GLOBAL const float* RESTRICT boxes,
       GLOBAL const int* RESTRICT labels, GLOBAL const float* RESTRICT best, GLOBAL float* RESTRICT owners,
       float high, float low, int64 padded, int blocks, int objects, int64 all) {
  FOR_EACH(i, all) {
    const int64 picture = i / blocks, at = i % blocks * LANES;
    vfloat most = splat(-1), owner = splat(-1), is_best = splat(0);
    for (int m = 0; m < objects; ++m) {
      const int64 object = picture * objects + m;
      if (labels[object] == 0) continue;
      const vfloat iou = overlap(boxes + 4 * object, sides, padded, at);
      owner = where_more(iou, most, splat((float)m), owner);
      most = greater(iou, most);
      is_best = where_equal(iou, best[object], splat(1), is_best);
    }
    const vfloat without = where_at_least(most, low, splat(-2), splat(-1));
    const vfloat by_size = where_at_least(most, high, owner, without);
    store_float(owners, picture * padded + at, where_at_least(is_best, 1.0f, owner, by_size));
  }
}

// matched [N, A] = owners [N, padded] as whole numbers, and partial [chunks, N], how many of a chunk have an
// object, are assigned.
KERNEL(count_owners, GLOBAL const float* RESTRICT owners, GLOBAL int* RESTRICT matched,
       GLOBAL int* RESTRICT partial, int anchors, int64 padded, int chunk_anchors, int start, int step,
       int pictures, int64 all) {
  FOR_EACH(i, all) {
    const int64 chunk = i / pictures, picture = i % pictures;
    int count = 0;
    for (int j = 0; j < chunk_anchors; ++j) {
      const int64 a = chunk * start + (int64)j * step;
      if (a >= anchors) break;
      const int owner = (int)owners[picture * padded + a];
      matched[picture * anchors + a] = owner;
      count += owner >= 0 ? 1 : 0;
    }
    partial[i] = count;
  }
}

/// log(1 + e) of e in [0, 1], without what 1 + e would round off: 2 artanh(t), t = e / (2 + e), by its series,
/// whose rest is below 2e-8 of it as t <= 1/3.
INLINE vfloat log_of_more(vfloat e) {
  const vfloat t = e / (e + 2.0f), square = t * t;
  vfloat sum = splat(1.0f / 13);
  sum = multiply_add(sum, square, splat(1.0f / 11));
  sum = multiply_add(sum, square, splat(1.0f / 9));
  sum = multiply_add(sum, square, splat(1.0f / 7));
  sum = multiply_add(sum, square, splat(1.0f / 5));
  sum = multiply_add(sum, square, splat(1.0f / 3));
  sum = multiply_add(sum, square, splat(1.0f));
  return t * sum * 2.0f;
}

// confidence [N A] (c = the largest sigmoid(z) of logits [N A, K]) and sums [chunks, 2] (of c, and of those
// of at least `threshold`) are assigned. A NaN is larger than any number.
KERNEL(confidence, GLOBAL const float* RESTRICT logits, GLOBAL float* RESTRICT confidences,
       GLOBAL float* RESTRICT sums, float threshold, int classes, int first, int slot, int blocks,
       int chunk_blocks, int start, int step, int chunks) {
  FOR_EACH(chunk, chunks) {
    vfloat sum = splat(0), sure = splat(0);
    for (int j = 0; j < chunk_blocks; ++j) {
      const int64 block = chunk * start + (int64)j * step;
      if (block >= blocks) break;
      const int64 anchor = first + block * LANES;
      vfloat z = load_strided(logits, anchor * classes, classes);
      for (int k = 1; k < classes; ++k) {
        const vfloat other = load_strided(logits, anchor * classes + k, classes);
        z = where_more_or_nan(other, z, other, z);
      }
      const vfloat e = lane_exp(-absolute(z)), share = 1.0f / (e + 1.0f);
      const vfloat c = where_at_least(z, 0.0f, share, e * share);
      store_float(confidences, anchor, c);
      sum = sum + c;
      // A NaN, which is neither, reaches both.
      sure = sure + where_more(splat(threshold), c, splat(0), c);
    }
    sums[2 * (slot + chunk)] = lane_sum(sum);
    sums[2 * (slot + chunk) + 1] = lane_sum(sure);
  }
}

// For every anchor are assigned targets [N A], the class of its object or matched's -1 or -2, and shares
// [N A], its part of a mean over pictures of the sum over their anchors divided by foreground [N] or 1.
KERNEL(class_targets, GLOBAL const int* RESTRICT matched, GLOBAL const int* RESTRICT labels,
       GLOBAL const int* RESTRICT foreground, GLOBAL float* RESTRICT targets, GLOBAL float* RESTRICT shares,
       int anchors, int objects, int pictures, int64 all) {
  FOR_EACH(i, all) {
    const int64 picture = i / anchors;
    const int m = matched[i] < objects ? matched[i] : -2, found = foreground[picture];
    targets[i] = (float)(m >= 0 ? labels[picture * objects + m] : m);
    shares[i] = 1.0f / (found > 1 ? found : 1) / pictures;
  }
}

// For every anchor and class with logit z and teacher's logit q, w and c the anchor's share and confidence:
//
//   focal = w alpha p^2 log(1 + e^s)     p = sigmoid(s), s = z, alpha = 3/4; for the class of the anchor's
//                                        object s = -z, alpha = 1/4; nothing for anchors with target -2
//   kl = T^2 c / sums[0] ((1 - a) log((1 - a) / (1 - b)) + a log(a / b))    a = sigmoid(q / T),
//                                                                           b = sigmoid(z / T)
//   dloss/dz = weight w alpha p^2 (2 (1 - p) log(1 + e^s) + p) ds/dz + kd_weight T c / sums[0] (b - a)
//
// With log(1 + e^s) = max(s, 0) + l(s), l(s) = log(1 + e^-|s|), no exponential is larger than 1, and of
//
//   kl = (1 - a) (max(v, 0) - max(u, 0)) + a (max(-v, 0) - max(-u, 0)) + l(v) - l(u)   v = z / T, u = q / T
//
// no term is much larger than it has to be. grad [N A, K] (dloss/dz times loss_scale [1]), partial [chunks, 2]
// (sums of focal and kl) and counts [chunks, 2] (anchors with an object whose class comes first, which none
// with a NaN does, and anchors with an object) are assigned. With kd_weight = 0 neither teacher, nor
// confidences, nor sums are read and kl is 0. Each number comes from memory once.
KERNEL(focal_loss, GLOBAL const float* RESTRICT logits, GLOBAL const float* RESTRICT teacher,
       GLOBAL const float* RESTRICT confidences, GLOBAL const float* RESTRICT sums,
       GLOBAL const float* RESTRICT targets, GLOBAL const float* RESTRICT shares,
       GLOBAL const float* RESTRICT loss_scale, GLOBAL float* RESTRICT grad, GLOBAL float* RESTRICT partial,
       GLOBAL int* RESTRICT counts, float weight, float kd_weight, float temperature, int classes, int first,
       int slot, int blocks, int chunk_blocks, int start, int step, int chunks) {
  FOR_EACH(chunk, chunks) {
    const bool distil = kd_weight != 0.0f;
    const float inverse = 1.0f / temperature, scale = loss_scale[0];
    const float certain = distil && sums[0] != 0.0f ? 1.0f / sums[0] : 0.0f;
    vfloat focal_sum = splat(0), kl_sum = splat(0), hits = splat(0), found = splat(0);
    for (int j = 0; j < chunk_blocks; ++j) {
      const int64 block = chunk * start + (int64)j * step;
      if (block >= blocks) break;
      const int64 anchor = first + block * LANES, at = anchor * classes;
      const vfloat target = load_float(targets, anchor), share = load_float(shares, anchor);
      const vfloat hard_scale = share * (weight * scale);
      const vfloat part = distil ? load_float(confidences, anchor) * certain : splat(0);
      const vfloat soft_scale = part * (kd_weight * temperature * scale);
      vfloat best = load_strided(logits, at, classes), place = splat(0), focal = splat(0), kl = splat(0);
      for (int k = 0; k < classes; ++k) {
        const vfloat z = load_strided(logits, at + k, classes);
        place = where_more(z, best, splat((float)k), place);
        best = greater(z, best);

        const vfloat is_class = where_equal(target, (float)k, splat(1), splat(0));
        const vfloat s = where_at_least(is_class, 1.0f, -z, z);
        const vfloat e = lane_exp(-absolute(z)), near = 1.0f / (e + 1.0f), far = e * near;
        const vfloat wrong = where_at_least(s, 0.0f, near, far), right = where_at_least(s, 0.0f, far, near);
        const vfloat entropy = relu(s) + log_of_more(e);
        const vfloat focus = (0.75f - is_class * 0.5f) * wrong * wrong;
        focal = focal + focus * entropy;
        const vfloat slope = focus * (right * entropy * 2.0f + wrong);
        vfloat g = where_at_least(is_class, 1.0f, -slope, slope) * hard_scale;
        g = where_at_least(target, -1.0f, g, splat(0));
        if (distil) {
          const vfloat v = z * inverse, u = load_strided(teacher, at + k, classes) * inverse;
          const vfloat ev = lane_exp(-absolute(v)), eu = lane_exp(-absolute(u));
          const vfloat near_v = 1.0f / (ev + 1.0f), near_u = 1.0f / (eu + 1.0f);
          const vfloat b = where_at_least(v, 0.0f, near_v, ev * near_v);
          const vfloat a = where_at_least(u, 0.0f, near_u, eu * near_u);
          const vfloat not_a = where_at_least(u, 0.0f, eu * near_u, near_u);
          kl = kl + (not_a * (relu(v) - relu(u)) + a * (relu(-v) - relu(-u)) +
                     (log_of_more(ev) - log_of_more(eu)));
          g = g + (b - a) * soft_scale;
        }
        store_strided(grad, at + k, classes, g);
      }
      focal_sum = focal_sum + where_at_least(target, -1.0f, focal * share, splat(0));
      kl_sum = kl_sum + kl * part;
      found = found + where_at_least(target, 0.0f, splat(1), splat(0));
      const vfloat is_hit = where_at_least(absolute(place - target), 1.0f, splat(0), splat(1));
      hits = hits + where_at_least(focal, 0.0f, is_hit, splat(0));
    }
    partial[2 * (slot + chunk)] = lane_sum(focal_sum);
    partial[2 * (slot + chunk) + 1] = lane_sum(kl_sum) * temperature * temperature;
    counts[2 * (slot + chunk)] = (int)lane_sum(hits);
    counts[2 * (slot + chunk) + 1] = (int)lane_sum(found);
  }
}

INLINE float distance_of(float x) { return x < 0.0f ? -x : x; }
/// Of the distance; a NaN stays one, so that a step with it is not taken.
INLINE float slope_of(float x) { return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x; }

// For every anchor [left, top, right, bottom] of centre p and size s along an axis, its object's box of centre b
// and size o, deltas d (two of the centre, two of the size) and the teacher's e:
//
//   hard = w sum |d - t|, t = (b - p) / s and log(o / s), w as class_targets has it; for anchors with an object
//   soft = c / sums[1] sum |d - e|, for anchors of confidence c >= threshold
//
// grad [N A, 4] (of weight hard + kd_weight soft, times loss_scale [1]) and partial [chunks, 2] (sums of both)
// are assigned. With kd_weight = 0 neither teacher, nor confidences, nor sums are read and soft is 0. LANES = 1
// everywhere: few anchors have an object, and memory is what the rest waits for.
KERNEL(box_loss, GLOBAL const float* RESTRICT deltas, GLOBAL const float* RESTRICT teacher,
       GLOBAL const float* RESTRICT confidences, GLOBAL const float* RESTRICT sums,
       GLOBAL const float* RESTRICT anchors, GLOBAL const int* RESTRICT matched,
       GLOBAL const float* RESTRICT boxes, GLOBAL const int* RESTRICT foreground,
       GLOBAL const float* RESTRICT loss_scale, GLOBAL float* RESTRICT grad, GLOBAL float* RESTRICT partial,
       float threshold, float weight, float kd_weight, int count, int objects, int pictures, int blocks,
       int chunk_blocks, int start, int step, int chunks) {
  FOR_EACH(chunk, chunks) {
    const bool distil = kd_weight != 0.0f;
    const float scale = loss_scale[0];
    const float certain = distil && sums[1] != 0.0f ? 1.0f / sums[1] : 0.0f;
    float hard_sum = 0, soft_sum = 0;
    for (int j = 0; j < chunk_blocks; ++j) {
      const int64 i = chunk * start + (int64)j * step;
      if (i >= blocks) break;
      const int picture = (int)i / count, m = matched[i] < objects ? matched[i] : -2;
      const int found = m >= 0 ? foreground[picture] : 1;
      const float share = 1.0f / found / pictures;
      const float c = distil ? confidences[i] : 0.0f, part = c < threshold ? 0.0f : c * certain;
      GLOBAL const float* anchor = anchors + 4 * ((int)i % count);
      GLOBAL const float* box = boxes + 4 * ((int64)picture * objects + (m >= 0 ? m : 0));
      float hard = 0, soft = 0;
      for (int k = 0; k < 4; ++k) {
        const float d = deltas[4 * i + k];
        float g = 0;
        if (m >= 0) {
          const int axis = k % 2;
          const float size = anchor[axis + 2] - anchor[axis], other = box[axis + 2] - box[axis];
          const float centre = anchor[axis] + size * 0.5f;
          const float t = k < 2 ? (box[axis] + other * 0.5f - centre) / size : scalar_log(other / size);
          hard += distance_of(d - t);
          g = slope_of(d - t) * (share * weight * scale);
        }
        if (part != 0.0f) {
          const float x = d - teacher[4 * i + k];
          soft += distance_of(x);
          g += slope_of(x) * (part * kd_weight * scale);
        }
        grad[4 * i + k] = g;
      }
      hard_sum += hard * share;
      soft_sum += soft * part;
    }
    partial[2 * chunk] = hard_sum;
    partial[2 * chunk + 1] = soft_sum;
  }
}

// losses [.., from index on] = sum [2].
KERNEL(put_losses, GLOBAL const float* RESTRICT sum, GLOBAL float* RESTRICT losses, int index, int n) {
  FOR_EACH(i, n) { losses[index + i] = sum[i]; }
}
