// Does not compile: the tests look at the message.
#include "portable.h"

KERNEL(broken, GLOBAL float* x, int n) {
  FOR_EACH(i, n) { x[i] = undeclared; }
}
