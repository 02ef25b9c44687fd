// channels.cu: some channels of one array become some of another.
#include "numbers.h"

#include "../kernels/channels.cu"

TEST_CASE("channels are copied and their neighbours left alone") {
  Random random(1);
  struct Copy {
    int64 rows;
    int from, from_first, to, to_first, count;
  };
  for (const Copy& c : {Copy{1, 1, 0, 1, 0, 1}, Copy{7, 5, 2, 9, 4, 3}, Copy{33, 16, 0, 80, 64, 16},
                        Copy{130, 80, 16, 16, 0, 16}, Copy{5, 7, 0, 8, 1, 7}}) {
    INFO(c.rows << " rows, " << c.count << " of " << c.from << " channels into " << c.to);
    const Doubles x = random.normals(c.rows * c.from, 2), before = random.normals(c.rows * c.to, 2);
    const Buffer<storage> from = to_storage_buffer(x), to = to_storage_buffer(before);
    KERNEL_OF(copy_channels)
    (matrix(c.rows, c.count), from.data(), to.data(), c.from, c.from_first, c.to, c.to_first, c.rows, c.count);
    Doubles expected = before;
    for (int64 row = 0; row < c.rows; ++row) {
      for (int k = 0; k < c.count; ++k) {
        expected[row * c.to + c.to_first + k] = x[row * c.from + c.from_first + k];
      }
    }
    check_close("to", from_storage_buffer(to), expected, 0);
  }
}
