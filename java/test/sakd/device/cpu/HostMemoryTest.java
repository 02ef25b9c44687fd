package sakd.device.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import sakd.base.UserError;
import sakd.device.DType;
import sakd.device.Memory;

class HostMemoryTest {
  @Test
  void isAligned() {
    for (long bytes : new long[] {0, 1, 63, 64, 4097}) {
      try (HostMemory memory = HostMemory.allocate(bytes)) {
        assertEquals(0, memory.address() % HostMemory.ALIGNMENT);
        assertEquals(bytes, memory.bytes());
      }
    }
  }

  @Test
  void viewsShareTheBytesAndFreeNothing() {
    try (HostMemory memory = HostMemory.allocate(256)) {
      memory.clear();
      Memory view = memory.view(64, 128);
      Memory inner = view.view(64, 4);
      Elements.writeInts(inner, 0, new int[] {42});
      view.close();
      assertEquals(42, Elements.readInts(memory, 32, 1)[0]);
      assertThrows(IndexOutOfBoundsException.class, () -> view.view(64, 65));
      assertThrows(IndexOutOfBoundsException.class, () -> Elements.readInts(inner, 0, 2));
      assertThrows(IndexOutOfBoundsException.class, () -> Elements.readInts(inner, -1, 1));
    }
  }

  @Test
  void closesOnceAndIsNotToBeUsedAfter() {
    HostMemory memory = HostMemory.allocate(64);
    HostMemory view = (HostMemory) memory.view(0, 32);
    memory.close();
    memory.close();
    assertThrows(IllegalStateException.class, memory::address);
    assertThrows(IllegalStateException.class, view::address);
  }

  @Test
  void tooMuchIsTheUsersToSolve() {
    assertThrows(UserError.class, () -> HostMemory.allocate(Long.MAX_VALUE));
    assertThrows(UserError.class, () -> HostMemory.allocate(1L << 60));
  }

  /** Pages are not touched, so this takes address space, not memory. */
  @Test
  void reachesBeyondTwoGiB() {
    long bytes = 5L << 30;
    try (HostMemory memory = HostMemory.allocate(bytes)) {
      long last = bytes / 4 - 1;
      Elements.write(memory, DType.F32, last, new double[] {1.5});
      assertEquals(1.5, Elements.read(memory, DType.F32, last, 1)[0]);
      assertEquals(1.5, Elements.read(memory.view(last * 4, 4), DType.F32, 0, 1)[0]);
    }
  }

  @Test
  void deviceMovesBytes() {
    try (ReferenceDevice device = new ReferenceDevice();
        HostMemory a = device.allocate(8);
        HostMemory b = device.allocate(8)) {
      ByteBuffer bytes = ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
      device.upload(bytes, a);
      assertEquals(8, bytes.remaining());
      device.zero(b);
      device.copy(a.view(0, 4), b.view(0, 4));
      ByteBuffer back = ByteBuffer.allocate(8);
      device.download(b, back);
      assertEquals(ByteBuffer.wrap(new byte[] {1, 2, 3, 4, 0, 0, 0, 0}), back);
      assertThrows(IllegalArgumentException.class, () -> device.copy(a, b.view(0, 4)));
    }
  }
}
