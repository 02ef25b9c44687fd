package sakd.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import sakd.device.cpu.HostMemory;
import sakd.device.cpu.ReferenceDevice;
import sakd.device.opencl.OpenClDevice;
import sakd.ranks.Launch;
import sakd.ranks.World;
import sakd.testing.MpiRanks;

/** The contract of {@link Communicator} over MPI, in processes that mpirun starts. */
class MpiCommunicatorTest {
  private static final int SECONDS = 60;

  @BeforeEach
  void mpi() {
    MpiRanks.assumeThere();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  void ranksAddUpAndHandRound(int ranks) throws Exception {
    MpiRanks.assertLines(ranks, "good", MpiRanks.output(ranks, Contract.class, "host"));
  }

  @Test
  void memoryOfADeviceIsCopied() throws Exception {
    assumeFalse(OpenClDevice.list().isEmpty(), OpenClDevice.whyNone());
    MpiRanks.assertLines(2, "good", MpiRanks.output(2, Contract.class, "opencl"));
  }

  /** What every rank does. */
  static final class Contract {
    private final Device device;
    private final Communicator ranks;

    private Contract(Device device, Communicator ranks) {
      this.device = device;
      this.ranks = ranks;
    }

    public static void main(String[] args) {
      World world = World.join(Launch.of(System.getenv()), SECONDS, MpiRanks.ENDING);
      Device device = args[0].equals("host") ? new ReferenceDevice() : OpenClDevice.open(0, 0);
      Communicator ranks =
          args[0].equals("host")
              ? MpiCommunicator.inPlace(world, device, m -> ((HostMemory) m).address())
              : MpiCommunicator.copying(world, device);
      Contract contract = new Contract(device, ranks);
      for (int n : List.of(1, 7, 1023, 300_001)) {
        contract.sumsFloats(n);
        contract.sumsBfloats(n);
        contract.gathers(n);
        contract.broadcasts(n);
      }
      contract.sumsBeside();
      contract.meets();
      device.close();
      world.leave();
      System.out.println("good");
    }

    private Memory of(ByteBuffer bytes) {
      Memory memory = device.allocate(bytes.remaining());
      device.upload(bytes, memory);
      return memory;
    }

    private ByteBuffer read(Memory memory) {
      ByteBuffer bytes = buffer((int) memory.bytes());
      device.download(memory, bytes);
      return bytes;
    }

    private static ByteBuffer buffer(int bytes) {
      return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    /** Whole numbers, whose sums are exact. */
    private static float value(int rank, int i) {
      return (rank + 1) * (i % 13 - 6);
    }

    private Memory floats(int n) {
      ByteBuffer bytes = buffer(4 * n);
      FloatBuffer values = bytes.asFloatBuffer();
      for (int i = 0; i < n; i++) {
        values.put(i, value(ranks.rank(), i));
      }
      return of(bytes);
    }

    private void assertSummed(int n, Memory memory) {
      FloatBuffer sums = read(memory).asFloatBuffer();
      for (int i = 0; i < n; i++) {
        float expected = 0;
        for (int rank = 0; rank < ranks.size(); rank++) {
          expected += value(rank, i);
        }
        assertEquals(expected, sums.get(i), "element " + i + " of " + n);
      }
    }

    private void sumsFloats(int n) {
      Memory memory = floats(n);
      ranks.sum(DType.F32, memory);
      assertSummed(n, memory);
    }

    /** Thirds, of which every rank has to have the same rounded sums. */
    private void sumsBfloats(int n) {
      ByteBuffer bytes = buffer(2 * n);
      ShortBuffer values = bytes.asShortBuffer();
      for (int i = 0; i < n; i++) {
        values.put(i, Half.bfloat16FromFloat(value(ranks.rank(), i) / 3));
      }
      Memory memory = of(bytes);
      ranks.sum(DType.BF16, memory);
      ByteBuffer sums = read(memory);
      for (int i = 0; i < n; i++) {
        float expected = 0;
        for (int rank = 0; rank < ranks.size(); rank++) {
          expected += value(rank, i) / 3;
        }
        float sum = Half.bfloat16ToFloat(sums.getShort(2 * i));
        assertEquals(expected, sum, 0.02 * Math.abs(expected), "element " + i + " of " + n);
      }
      byte[] own = new byte[2 * n];
      sums.get(0, own);
      Memory all = device.allocate(2L * n * ranks.size());
      ranks.gather(memory, all);
      ByteBuffer each = read(all);
      for (int rank = 0; rank < ranks.size(); rank++) {
        byte[] others = new byte[2 * n];
        each.get(rank * others.length, others);
        assertArrayEquals(own, others);
      }
    }

    private void gathers(int n) {
      ByteBuffer bytes = buffer(n);
      for (int i = 0; i < n; i++) {
        bytes.put(i, (byte) (100 * ranks.rank() + i));
      }
      Memory all = device.allocate((long) n * ranks.size());
      ranks.gather(of(bytes), all);
      ByteBuffer each = read(all);
      for (int i = 0; i < n * ranks.size(); i++) {
        assertEquals((byte) (100 * (i / n) + i % n), each.get(i));
      }
    }

    private void broadcasts(int n) {
      ByteBuffer bytes = buffer(n);
      for (int i = 0; i < n; i++) {
        bytes.put(i, (byte) (ranks.rank() + i));
      }
      Memory memory = of(bytes);
      ranks.broadcast(memory);
      ByteBuffer got = read(memory);
      for (int i = 0; i < n; i++) {
        assertEquals((byte) i, got.get(i));
      }
    }

    /** Slices of one array, the last of which are summed first, as gradients are. */
    private void sumsBeside() {
      int slice = 64 * 1024;
      int slices = 5;
      Memory memory = floats(slices * slice);
      List<Pending> pending = new ArrayList<>();
      for (int i = slices - 1; i >= 0; i--) {
        pending.add(ranks.sumBeside(DType.F32, memory.view(4L * i * slice, 4L * slice)));
      }
      pending.forEach(Pending::join);
      assertSummed(slices * slice, memory);
    }

    private void meets() {
      long start = System.nanoTime();
      if (ranks.rank() == 0) {
        try {
          Thread.sleep(300);
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      ranks.barrier();
      assertEquals(true, System.nanoTime() - start > 250_000_000L);
    }
  }
}
