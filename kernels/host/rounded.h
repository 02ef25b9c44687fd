// The weights of a convolution whose arithmetic is float32.
#pragma once
#include "../portable.h"

// What a convolution of 16-bit tensors multiplies: the number of storage next to v. A result then does not depend on
// which of several ways was taken, but for the order of sums.
INLINE vfloat rounded(vfloat v) {
#if STORAGE == STORAGE_FLOAT
  return v;
#else
  storage narrow[LANES];
  store(narrow, 0, v);
  return load(narrow, 0);
#endif
}
