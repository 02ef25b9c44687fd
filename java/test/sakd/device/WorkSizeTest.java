package sakd.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class WorkSizeTest {
  @Test
  void gridsOfAProcessorCoverAllItems() {
    assertEquals(new WorkSize(128, 1, 64, 1), WorkSize.line(false, 2, 4096, 65));
    assertEquals(new WorkSize(1, 5, 1, 1), WorkSize.matrix(false, 2, 4096, 5, 1000));
    assertEquals(new WorkSize(1, 1008, 1, 8), WorkSize.matrix(false, 2, 4096, 1001, 3));
  }

  @Test
  void gridsOfAGpuPutColumnsAcrossAndAreCapped() {
    assertEquals(new WorkSize(256, 1, 256, 1), WorkSize.line(true, 2, 1024, 1));
    assertEquals(new WorkSize(256 * 128, 1, 256, 1), WorkSize.line(true, 2, 1024, 1L << 40));
    assertEquals(new WorkSize(4, 128, 4, 64), WorkSize.matrix(true, 2, 1024, 100, 3));
    assertEquals(new WorkSize(128, 512, 64, 4), WorkSize.matrix(true, 4, 1024, 1 << 20, 128));
  }

  @Test
  void everyGridIsAMultipleOfItsGroup() {
    for (boolean gpu : new boolean[] {false, true}) {
      for (int group : new int[] {1, 32, 256, 1024}) {
        for (long rows = 1; rows < 1_000_000; rows = rows * 3 + 1) {
          for (long columns = 1; columns < 3000; columns = columns * 2 + 1) {
            WorkSize s = WorkSize.matrix(gpu, 3, group, rows, columns);
            assertTrue(s.globalX() % s.localX() == 0 && s.globalY() % s.localY() == 0, s::toString);
            assertTrue(s.localX() * s.localY() <= group, s::toString);
            assertTrue(s.globalX() > 0 && s.globalY() > 0, s::toString);
          }
        }
      }
    }
  }
}
