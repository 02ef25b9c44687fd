// The functions of a neuron (neuron_dynamics.h) at given values: how those of a user's file are compared with
// differences before a network is built of them.
//
//   out[0] = charge(a, b),  out[1] = charge_dv(a, b),  out[2] = charge_dx(a, b)
//   out[3] = fire(a),       out[4] = fire_dh(a)
//   out[5] = reset(a, b),   out[6] = reset_dh(a, b),   out[7] = reset_ds(a, b)
//
// a, b and each out[.] are float [n], n = items * LANES; out is assigned.
//
// -D: those of neuron_dynamics.h, with CUSTOM.
#include "neuron_dynamics.h"

KERNEL(neuron_functions, GLOBAL const float* RESTRICT a, GLOBAL const float* RESTRICT b,
       GLOBAL float* RESTRICT out, float leak, float v_th, float v_reset, float alpha, int64 items) {
  FOR_EACH(item, items) {
    const int64 i = item * VECTOR, n = items * VECTOR;
    const vfloat p = load_float(a, i), q = load_float(b, i);
    Constants c;
    c.k = leak;
    c.v_th = v_th;
    c.v_reset = v_reset;
    store_float(out, i, charge(p, q, c));
    store_float(out, n + i, charge_dv(p, q, c));
    store_float(out, 2 * n + i, charge_dx(p, q, c));
    store_float(out, 3 * n + i, fire(p, c));
    store_float(out, 4 * n + i, fire_dh(p, c, alpha));
    store_float(out, 5 * n + i, reset(p, q, c));
    store_float(out, 6 * n + i, reset_dh(p, q, c));
    store_float(out, 7 * n + i, reset_ds(p, q, c));
  }
}
