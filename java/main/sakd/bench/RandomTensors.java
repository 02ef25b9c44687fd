package sakd.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import sakd.device.DType;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/** Tensors to measure with, freed together. */
final class RandomTensors implements AutoCloseable {
  /** So many numbers are drawn; larger tensors repeat them, which no measurement here can tell. */
  private static final int PIECE = 1 << 18;

  private final Ops ops;
  private final List<Tensor> open = new ArrayList<>();

  RandomTensors(Ops ops) {
    this.ops = ops;
  }

  /** Uninitialised. */
  Tensor empty(DType type, int... shape) {
    Tensor t = ops.allocate(type, shape);
    open.add(t);
    return t;
  }

  Tensor constant(float value, DType type, int... shape) {
    Tensor t = empty(type, shape);
    ops.fill(t, value);
    return t;
  }

  /** Of the standard normal distribution times {@code scale}, the same for the same seed. */
  Tensor normal(long seed, double scale, DType type, int... shape) {
    Tensor t = empty(type, shape);
    Random random = new Random(seed);
    float[] numbers = new float[(int) Math.min(PIECE, t.size())];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) (scale * random.nextGaussian());
    }
    try (Tensor plain = ops.allocate(DType.F32, numbers.length)) {
      Transfers.setFloats(ops.device(), plain, numbers);
      for (long at = 0; at < t.size(); at += numbers.length) {
        int n = (int) Math.min(numbers.length, t.size() - at);
        ops.convert(plain.slice(0, n), t.slice(at, n));
      }
    }
    return t;
  }

  @Override
  public void close() {
    open.forEach(Tensor::close);
    open.clear();
  }
}
