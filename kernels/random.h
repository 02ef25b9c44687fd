// Random numbers that are a function of where they are needed: nothing is kept, and whoever computes a
// part of a batch draws what the whole batch would.
#pragma once
#include "portable.h"

/// A bijection of 32 bits that mixes them well: "lowbias32" of C. Wellons, 2018.
INLINE unsigned mix(unsigned x) {
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  return x ^ (x >> 16);
}

/// The two words that numbers of this draw [2] and key come from.
INLINE unsigned word_before(GLOBAL const int* draw, int key) {
  return mix((unsigned)draw[0] ^ mix((unsigned)key));
}
INLINE unsigned word_after(GLOBAL const int* draw, int key) {
  return mix((unsigned)draw[1] + (unsigned)key);
}

/// The number of an index, 32 random bits: two rounds of mix with the draw's words between them.
INLINE unsigned random_bits(unsigned before, unsigned after, unsigned index) {
  return mix(mix(index ^ before) ^ after);
}
