package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import sakd.device.DType;
import sakd.device.cpu.CpuDevice;

/** A large result, which goes past the caches, has the bits of its halves, which do not. */
class StreamingStoresTest {
  private static final int CHANNELS = 128;
  private static final int PIECE = 1 << 12;

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "BF16"})
  void areEqualToOrdinaryOnes(DType storage) {
    assumeTrue(CpuDevice.hasCompiler());
    try (Ops ops = Backend.open("cpu")) {
      assumeTrue(ops.device().supports(storage));
      int rows = (80 << 20) / storage.size / CHANNELS;
      try (Tensor x = random(ops, storage, rows);
          Tensor out = ops.allocate(storage, 1, rows, CHANNELS);
          Tensor parts = ops.allocate(storage, 1, rows, CHANNELS)) {
        assertEquals(true, ops.device().bypassesCache(out.memory()));
        ops.neuron(Neuron.LIF, Neuron.Residual.INPUT, x, null, x, null, out);
        for (int k = 0; k < 2; k++) {
          Tensor half = half(x, k);
          ops.neuron(Neuron.LIF, Neuron.Residual.INPUT, half, null, half, null, half(parts, k));
        }
        assertEquals(-1, download(ops, out).mismatch(download(ops, parts)));

        backward(ops, x, out);
        for (int k = 0; k < 2; k++) {
          backward(ops, half(x, k), half(parts, k));
        }
        assertEquals(-1, download(ops, out).mismatch(download(ops, parts)));
      }
    }
  }

  private static void backward(Ops ops, Tensor x, Tensor gradX) {
    Ops.NeuronGradients to = new Ops.NeuronGradients(gradX, null, null, null, null);
    ops.neuronBackward(Neuron.LIF, Neuron.Residual.NONE, x, null, null, null, x, to);
  }

  private static Tensor half(Tensor t, int k) {
    int rows = t.dim(1) / 2;
    return t.slice((long) k * rows * CHANNELS, 1, rows, CHANNELS);
  }

  private static ByteBuffer download(Ops ops, Tensor t) {
    ByteBuffer bytes = ByteBuffer.allocateDirect(Math.toIntExact(t.size() * t.type().size));
    ops.device().download(t.memory(), bytes);
    return bytes;
  }

  private static Tensor random(Ops ops, DType storage, int rows) {
    Tensor x = ops.allocate(storage, 1, rows, CHANNELS);
    Random random = new Random(7);
    ByteBuffer numbers = ByteBuffer.allocateDirect(4 * PIECE).order(ByteOrder.nativeOrder());
    while (numbers.hasRemaining()) {
      numbers.putFloat((float) random.nextGaussian());
    }
    try (Tensor plain = ops.allocate(DType.F32, PIECE)) {
      ops.device().upload(numbers.flip(), plain.memory());
      for (long at = 0; at < x.size(); at += PIECE) {
        ops.convert(plain, x.slice(at, PIECE));
      }
    }
    return x;
  }
}
