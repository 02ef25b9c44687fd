// A spiking neuron alone over a stretch of STEPS steps of a longer time: the potential is handed from
// one stretch to the next. The equations are at the head of neuron.cu; here y = x, and there is neither a
// norm nor a residual.
//
// x, out and their gradients are [STEPS, n]; potentials and their gradients float [n]. An item is LANES
// neighbouring elements.
//
// -D: STEPS, LEAK (LEAK_NONE or LEAK_CONSTANT), HARD_RESET, DECAY_INPUT, DETACH_RESET, SURROGATE.
#define IN_PARTS
#include "portable.h"

#define INPUT_STEPS STEPS
#define NORM 0
#define NEURON NEURON_SPIKING
#define RESIDUAL RESIDUAL_NONE
#define TIME_ENDS 0
#include "neuron_item.h"

// out and after, the potential after the last step, are assigned.
KERNEL(neuron_stretch, GLOBAL const storage* RESTRICT x, GLOBAL const float* RESTRICT before,
       GLOBAL storage* RESTRICT out, GLOBAL float* RESTRICT after_last, float leak, float v_th,
       float v_reset, int64 items) {
  const int64 step = items * LANES;
  FOR_EACH(item, items) {
    const int64 i = item * LANES;
    const Neurons n = neurons_at(0, 0, 0, 0, leak, v_th, v_reset, 0.0f);
    Segment s;
    outgoing spikes[SEGMENT];
    vfloat v[PARTS], y;
    FOR_EACH_PART(part) v[part] = load_float(before, i + part * VECTOR);
    ROLLED for (int first = 0; first < STEPS; first += SEGMENT) {
      unsigned ahead = 0;
      fetch_steps(s.x, x, i, step, first, &ahead);
      hold(s.x, 0, ahead);
      FOR_EACH_PART(part) {
        FOR_EACH_STEP(j, first) {
          const vfloat h = charge_at(&s, part, first, j, n, v[part], &y);
          v[part] = potential_after(h, n.constants);
          put(&spikes[j], part, fire(h, n.constants));
          send_step(out, i, step, first + j, part, spikes[j]);
        }
      }
      send_steps(out, i, step, first, STEPS, spikes);
    }
    FOR_EACH_PART(part) store_float(after_last, i + part * VECTOR, v[part]);
  }
}

// grad_x is assigned; grad_v holds the gradient by the potential after the stretch, and then that by
// the potential before it.
#undef BLOCKS
#define BLOCKS (STEPS <= 6 ? 2 : 1)
KERNEL(neuron_stretch_backward, GLOBAL const storage* RESTRICT x, GLOBAL const float* RESTRICT before,
       GLOBAL const storage* RESTRICT grad_out, GLOBAL float* RESTRICT grad_v,
       GLOBAL storage* RESTRICT grad_x, float leak, float v_th, float v_reset, float alpha,
       int64 items) {
  const int64 step = items * LANES;
  FOR_EACH(item, items) {
    const int64 i = item * LANES;
    Segment s;
    outgoing gx[SEGMENT];
    Neurons n[PARTS];
    vfloat starts[SEGMENTS * PARTS], y[PARTS], gv[PARTS], gk = splat(0);
    fetch_item(&s, x, 0, grad_out, i, step);
    FOR_EACH_PART(part) {
      n[part] = neurons_at(0, 0, 0, 0, leak, v_th, v_reset, alpha);
      starts[part] = load_float(before, i + part * VECTOR);
      gv[part] = load_float(grad_v, i + part * VECTOR);
    }
    start_segments(&s, x, 0, i, step, n, y, starts);
    UNROLL for (int q = SEGMENTS - 1; q >= 0; --q) {
      const int first = q * SEGMENT;
      const unsigned done = done_before(q, starts, gv);
      const int64 pace = after(step, done);
      fetch_next(&s, x, 0, grad_out, i, pace, q, done, starts);
      FOR_EACH_PART(part) {
        vfloat h[SEGMENT + 1];
        charge_segment(&s, part, first, n[part], starts[q * PARTS + part], &y[part], h);
        FOR_EACH_STEP_BACK(j, first) {
          put(&gx[j], part, step_back_at(&s, part, first, j, n[part], h, &gv[part], &gk));
          send_step(grad_x, i, pace, first + j, part, gx[j]);
        }
        if (part + 1 < PARTS) hold(s.x, part + 1, word_of(gv[part]));
      }
      send_steps(grad_x, i, step, first, STEPS, gx);
    }
    FOR_EACH_PART(part) store_float(grad_v, i + part * VECTOR, gv[part]);
  }
}
