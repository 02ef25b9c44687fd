// The way back from what neuron_forward packs (PACK in neuron.cu): out[e] = the spike, or the sum of spikes,
// that element e of [T, rows, C] is.
//
//   bits   out[e] = bit e % PACKED_LANES of packed[e / PACKED_LANES]
//   bytes  out[e] = packed[e]
//
// The convolution that reads spikes reads them in storage, so on the way back they are unpacked: a pass that
// reads a 16th of what it writes (of 16-bit storage as bits), in place of the neuron's forward pass, which
// would need the convolution before it first. Items are those of the forward pass, LANES channels; out is assigned.
#include "portable.h"

KERNEL(unpack_bits, GLOBAL const uchar* RESTRICT packed, GLOBAL storage* RESTRICT out, int64 n) {
  FOR_EACH(i, n) { store(out, i * LANES, load_bits(packed, i * LANES)); }
}

KERNEL(unpack_bytes, GLOBAL const uchar* RESTRICT packed, GLOBAL storage* RESTRICT out, int64 n) {
  FOR_EACH(i, n) { store(out, i * LANES, load_bytes(packed, i * LANES)); }
}
