// An item of a neuron's kernels, LANES channels of a row, through time; the equations are at the head of
// neuron.cu.
//
// Time is cut into segments of up to MOST_HELD steps (portable_*.h; one segment but on a GPU). All that an
// item reads of a segment is asked for before any of it is used. A backward pass takes the segments from the last to the first, and
// holds h of one, which it recomputes from the potential before the segment.
//
// -D: those of neuron.cu. To be included once for each setting.
#include "neuron_dynamics.h"

#define NEURON_IDENTITY 0
#define NEURON_RELU 1
#define NEURON_SPIKING 2
#define RESIDUAL_NONE 0
#define RESIDUAL_INPUT 1
#define RESIDUAL_ADD 2
#define RESIDUAL_AND 3
#define RESIDUAL_IAND 4

#define SPIKING (NEURON == NEURON_SPIKING)
#define MERGED (RESIDUAL >= RESIDUAL_ADD)
// Whether the gradient of the residual is another than that of the output.
#define CHANGES_RESIDUAL (RESIDUAL != RESIDUAL_NONE && RESIDUAL != RESIDUAL_ADD)
#define LEARNABLE (SPIKING && LEAK == LEAK_LEARNABLE)
// How the forward pass packs what it sends, too: PACKED_LANES spikes a byte as its bits, or sums of up to
// 255 spikes a byte each.
#define PACK_BITS 1
#define PACK_BYTES 2
#ifndef PACK
#define PACK 0
#endif
// Whether the potential after the last step is nobody's.
#ifndef TIME_ENDS
#define TIME_ENDS 1
#endif

/// The neurons of a vector of lanes, and the norm before them.
typedef struct {
  Constants constants;
  float alpha;
  vfloat mean, scale, beta;
} Neurons;

/// Row k of affine [4, C]: mean, 1/sqrt(var + eps), scale, beta; of part `part` of column c.
#define AFFINE(k) load_float(affine, ((k) * columns + c) * LANES + part * VECTOR)

INLINE Neurons neurons_at(GLOBAL const float* affine, int64 c, int part, int columns, float k,
                          float v_th, float v_reset, float alpha) {
  Neurons n;
  n.constants.k = k;
  n.constants.v_th = v_th;
  n.constants.v_reset = v_reset;
  n.alpha = alpha;
#if NORM
  n.mean = AFFINE(0);
  n.scale = AFFINE(2);
  n.beta = AFFINE(3);
#endif
  return n;
}

INLINE vfloat normalise(vfloat x, Neurons n) {
#if NORM
  return multiply_add(x - n.mean, n.scale, n.beta);
#else
  return x;
#endif
}

// ---- an item, LANES channels of a row, and its segments of time ----
#define SEGMENTS ((STEPS + MOST_HELD - 1) / MOST_HELD)
#define SEGMENT ((STEPS + SEGMENTS - 1) / SEGMENTS)
#define FOR_EACH_PART(part) UNROLL for (int part = 0; part < PARTS; ++part)
// Step first + j; the last segment may have fewer.
#define IS_STEP(t) (STEPS % SEGMENT == 0 || (t) < STEPS)
#define FOR_EACH_STEP(j, first) \
  UNROLL for (int j = 0; j < SEGMENT; ++j) if (IS_STEP((first) + j))
#define FOR_EACH_STEP_BACK(j, first) \
  UNROLL for (int j = SEGMENT - 1; j >= 0; --j) if (IS_STEP((first) + j))
// Whether step t has an x of its own.
#define HAS_X(t) (INPUT_STEPS == STEPS || (t) < INPUT_STEPS)
#define STEP(t) ((t) * step + i)

/// What is read in a segment. Where INPUT_STEPS is 1, x[0] is that of all.
typedef struct {
  packet x[SEGMENT], residual[SEGMENT], grad_out[SEGMENT];
} Segment;

/// to = the steps of p; `ahead` gets a word of each.
INLINE void fetch_steps(packet* to, GLOBAL const storage* p, int64 i, int64 step, int first,
                        unsigned* ahead) {
  FOR_EACH_STEP(j, first) {
    to[j] = fetch(p, STEP(first + j));
    *ahead |= word_of(to[j]);
  }
}
/// What the potentials of a segment need; x where INPUT_STEPS is 1 is there already.
INLINE void fetch_inputs(Segment* s, GLOBAL const storage* x, GLOBAL const storage* residual, int64 i,
                         int64 step, int first, unsigned* ahead) {
  if (INPUT_STEPS > 1) fetch_steps(s->x, x, i, step, first, ahead);
  if (RESIDUAL == RESIDUAL_INPUT) fetch_steps(s->residual, residual, i, step, first, ahead);
}

/// Stores a step's result, once its last part is there; or, where SENDS_LATE (portable_*.h), the next one
/// does so with the results of a whole segment, of a tensor of so many steps.
INLINE void send_step(GLOBAL storage* p, int64 i, int64 step, int t, int part, outgoing s) {
#if !SENDS_LATE
  if (part == PARTS - 1) send(p, STEP(t), s);
#endif
}
INLINE void send_steps(GLOBAL storage* p, int64 i, int64 step, int first, int steps, const outgoing* s) {
#if SENDS_LATE
  FOR_EACH_STEP(j, first) if (first + j < steps) send(p, STEP(first + j), s[j]);
#endif
}

/// The same of the packed copy.
INLINE void pack(GLOBAL uchar* p, int64 i, outgoing s) {
#if PACK == PACK_BITS
  send_bits(p, i, s);
#elif PACK == PACK_BYTES
  send_bytes(p, i, s);
#endif
}
INLINE void pack_step(GLOBAL uchar* p, int64 i, int64 step, int t, int part, outgoing s) {
#if !SENDS_LATE
  if (part == PARTS - 1) pack(p, STEP(t), s);
#endif
}
INLINE void pack_steps(GLOBAL uchar* p, int64 i, int64 step, int first, const outgoing* s) {
#if SENDS_LATE
  FOR_EACH_STEP(j, first) pack(p, STEP(first + j), s[j]);
#endif
}

/// h of step first + j, after potential v; of neurons without spikes, their input. y keeps the
/// normalised x from step to step.
INLINE vfloat charge_at(const Segment* s, int part, int first, int j, Neurons n, vfloat v, vfloat* y) {
  if (HAS_X(first + j)) *y = normalise(value(s->x[j], part), n);
#if RESIDUAL == RESIDUAL_INPUT
  const vfloat input = *y + value(s->residual[j], part);
#else
  const vfloat input = *y;
#endif
#if SPIKING
  return charge(v, input, n.constants);
#else
  return input;
#endif
}

/// What the neurons give at h.
INLINE vfloat output(vfloat h, Neurons n) {
#if SPIKING
  return fire(h, n.constants);
#elif NEURON == NEURON_RELU
  return relu(h);
#else
  return h;
#endif
}

// ---- backward ----
#define LAST_SEGMENT ((SEGMENTS - 1) * SEGMENT)
// Whether the potentials before the last segment take no loads but that of an x of one step.
#define STARTS_AT_ONCE (SEGMENTS == 1 || (INPUT_STEPS == 1 && RESIDUAL != RESIDUAL_INPUT))

/// All that the way back through a segment needs.
INLINE void fetch_segment(Segment* s, GLOBAL const storage* x, GLOBAL const storage* residual,
                          GLOBAL const storage* grad_out, int64 i, int64 step, int first) {
  unsigned ahead = 0;
  fetch_inputs(s, x, residual, i, step, first, &ahead);
  if (RESIDUAL > RESIDUAL_ADD) fetch_steps(s->residual, residual, i, step, first, &ahead);
  fetch_steps(s->grad_out, grad_out, i, step, first, &ahead);
  hold(s->x, 0, ahead);
}

/// The first loads of an item.
INLINE void fetch_item(Segment* s, GLOBAL const storage* x, GLOBAL const storage* residual,
                       GLOBAL const storage* grad_out, int64 i, int64 step) {
  if (INPUT_STEPS == 1) s->x[0] = fetch(x, i);
  if (STARTS_AT_ONCE) fetch_segment(s, x, residual, grad_out, i, step, LAST_SEGMENT);
}

/// The potentials before each segment, of which the first are there.
INLINE void start_segments(Segment* s, GLOBAL const storage* x, GLOBAL const storage* residual,
                           int64 i, int64 step, const Neurons* n, vfloat* y, vfloat* starts) {
  UNROLL for (int q = 1; q < SEGMENTS; ++q) {
    const int first = (q - 1) * SEGMENT;
    unsigned ahead = 0;
    const unsigned done = word_of(starts[(q - 1) * PARTS]);
    fetch_inputs(s, x, residual, after(i, done), after(step, done), first, &ahead);
    hold(s->x, 0, ahead);
    FOR_EACH_PART(part) {
      vfloat v = starts[(q - 1) * PARTS + part];
      FOR_EACH_STEP(j, first) {
        v = potential_after(charge_at(s, part, first, j, n[part], v, &y[part]), n[part].constants);
      }
      starts[q * PARTS + part] = v;
    }
  }
}

/// What has to be done before segment q begins, as registers hold but one: the one before it on the way
/// back, or the potentials of those before it.
INLINE unsigned done_before(int q, const vfloat* starts, const vfloat* gv) {
  if (q == SEGMENTS - 1) return STARTS_AT_ONCE ? 0u : word_of(starts[q * PARTS]);
  return word_of(gv[PARTS - 1]);
}
/// What the way back through segment q needs and is not yet on its way.
INLINE void fetch_next(Segment* s, GLOBAL const storage* x, GLOBAL const storage* residual,
                       GLOBAL const storage* grad_out, int64 i, int64 step, int q, unsigned done,
                       vfloat* starts) {
  if (q == SEGMENTS - 1 && STARTS_AT_ONCE) return;
  fetch_segment(s, x, residual, grad_out, after(i, done), step, q * SEGMENT);
  FOR_EACH_PART(part) hold_vector(&starts[q * PARTS + part], done);
}

/// h[j + 1] of the steps of a segment, and at h[0] the potential before it.
INLINE void charge_segment(const Segment* s, int part, int first, Neurons n, vfloat start, vfloat* y,
                           vfloat* h) {
  vfloat v = start;
  h[0] = start;
  FOR_EACH_STEP(j, first) {
    h[j + 1] = charge_at(s, part, first, j, n, v, y);
    v = potential_after(h[j + 1], n.constants);
  }
}

/// The input that charge_at took in at step first + j.
INLINE vfloat input_again(const Segment* s, int part, int first, int j, Neurons n) {
  const vfloat y = normalise(value(s->x[HAS_X(first + j) ? j : 0], part), n);
#if RESIDUAL == RESIDUAL_INPUT
  return y + value(s->residual[j], part);
#else
  return y;
#endif
}

/// gy of step first + j, from h as above. gv, the gradient by the potential after the step (0 after the
/// last one where TIME_ENDS), becomes that by the one before it; what the step adds to gk is added.
INLINE vfloat step_back_at(const Segment* s, int part, int first, int j, Neurons n, const vfloat* h,
                           vfloat* gv, vfloat* gk) {
  vfloat g = value(s->grad_out[j], part);
#if RESIDUAL == RESIDUAL_AND
  g = g * value(s->residual[j], part);
#elif RESIDUAL == RESIDUAL_IAND
  g = -(g * value(s->residual[j], part));
#endif
#if NEURON == NEURON_RELU
  return g * above_zero(h[j + 1]);
#elif NEURON == NEURON_IDENTITY
  return g;
#else
  const Constants c = n.constants;
  const vfloat gh = TIME_ENDS && first + j == STEPS - 1
                        ? multiply_add(g, fire_dh(h[j + 1], c, n.alpha), splat(0))
                        : step_back(g, *gv, h[j + 1], c, n.alpha);
  const vfloat v = j == 0 ? h[0] : potential_after(h[j], c);
#if LEARNABLE
  *gk = multiply_add(gh, DECAY_INPUT ? h[j + 1] - v : c.v_reset - v, *gk);
#endif
  const vfloat x = input_again(s, part, first, j, n);
  *gv = gh * charge_dv(v, x, c);
  return gh * charge_dx(v, x, c);
#endif
}
