package sakd.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.device.DType;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.testing.Draw;
import sakd.testing.ThreadRanks;
import sakd.testing.Twins;

/** Gradients that are added up over ranks while the backward pass goes on. */
class GradientBucketsTest {
  private static final int CHANNELS = 3;
  private static final long ROW = Parameters.ROW_BYTES;

  /** Three convolutions of several pixels, one of one pixel, and a linear layer. */
  private static final class Net {
    final Parameters p = new Parameters(1);
    final Conv2d first = new Conv2d(p, "first", CHANNELS, CHANNELS, 3, 1);
    final Conv2d second = Conv2d.withBias(p, "second", CHANNELS, CHANNELS, 3, 1);
    final Conv2d pixel = new Conv2d(p, "pixel", CHANNELS, CHANNELS, 1, 1);
    final Conv2d third = new Conv2d(p, "third", CHANNELS, CHANNELS, 3, 1);
    final Linear linear = new Linear(p, "fc", CHANNELS, 2);

    /** A pass whose gradients are others on each rank; backward runs it. */
    void pass(Ops ops, java.util.function.Consumer<Tape> backward) {
      try (Tensor x = ops.allocate(DType.F32, 1, 2, 4, 4, CHANNELS);
          Tape tape = new Tape(ops, Tape.Mode.TRAIN, DType.F32)) {
        Twins.set(ops, x, new Draw(7 + ops.rank()).normal((int) x.size()));
        Var y = pixel.forward(tape, second.forward(tape, first.forward(tape, tape.input(x))));
        Var z = linear.forward(tape, Pooling.average(tape, third.forward(tape, y)));
        Tensor g = tape.gradientOf(z);
        Twins.set(ops, g, new Draw(2).normal((int) g.size()));
        tape.pass(z, g);
        backward.accept(tape);
      }
    }

    float[] gradients(Ops ops) {
      return Transfers.floats(ops.device(), p.gradients());
    }
  }

  /** The same operations, whose names and sizes of sums are kept. */
  private static Ops noting(Ops ops, List<String> calls) {
    return (Ops)
        Proxy.newProxyInstance(
            Ops.class.getClassLoader(),
            new Class<?>[] {Ops.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("sumRanksBeside")) {
                calls.add("sum " + ((Tensor) arguments[0]).rows());
              } else if (method.getName().startsWith("convBackward")
                  || method.getName().equals("join")) {
                calls.add(method.getName());
              }
              try {
                return method.invoke(ops, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** From the ends of both runs; a bucket is of a size unless one parameter alone is larger. */
  @Test
  void everyParameterIsInOneBucket() {
    ThreadRanks.onReference(
        1,
        ops -> {
          Net net = new Net();
          net.p.allocate(ops);
          try (GradientBuckets buckets = new GradientBuckets(ops, net.p, DType.F32, ROW, 2 * ROW)) {
            assertEquals(
                List.of(
                    List.of("third.weight"),
                    List.of("second.weight", "first.weight"),
                    List.of("fc.bias"),
                    List.of("fc.weight", "pixel.weight"),
                    List.of("second.bias")),
                buckets.names());
          }
          try (GradientBuckets usual = new GradientBuckets(ops, net.p, DType.F32)) {
            assertEquals(2, usual.names().size());
          }
          net.p.close();
          return null;
        });
  }

  /** All ranks submit the same sums in one order, and most before the backward pass is over. */
  @Test
  void sumsBeginWhileTheBackwardPassGoesOn() {
    List<List<String>> calls =
        ThreadRanks.onReference(
            3,
            plain -> {
              List<String> called = new ArrayList<>();
              Ops ops = noting(plain, called);
              Net net = new Net();
              net.p.allocate(ops);
              try (GradientBuckets buckets =
                  new GradientBuckets(ops, net.p, DType.F32, ROW, 2 * ROW)) {
                net.pass(ops, tape -> buckets.backward(tape, null));
              }
              net.p.close();
              return called;
            });
    List<String> expected =
        List.of(
            "sum 1",
            "convBackwardWeights",
            "convBackwardData",
            "sum 1",
            "convBackwardWeights",
            "convBackwardData",
            "sum 2",
            "convBackwardWeights",
            "convBackwardData",
            "sum 1",
            "convBackwardWeights",
            "sum 2",
            "join");
    for (List<String> ofRank : calls) {
      assertEquals(expected, ofRank);
    }
  }

  /** Of all ranks, in the order of ranks, each with what it had gathered before. */
  @ParameterizedTest
  @CsvSource({"F32, false", "F32, true", "BF16, false", "BF16, true"})
  void gradientsAreSums(DType type, boolean more) {
    int ranks = 3;
    List<float[][]> all =
        ThreadRanks.onReference(
            ranks,
            ops -> {
              Net net = new Net();
              net.p.allocate(ops);
              Tensor before = net.p.likeWeights(ops);
              if (more) {
                ops.fill(before, 1 + ops.rank());
              }
              net.pass(ops, Tape::backward);
              float[] own = net.gradients(ops);
              try (GradientBuckets buckets = new GradientBuckets(ops, net.p, type, ROW, 2 * ROW)) {
                net.pass(ops, tape -> buckets.backward(tape, more ? before : null));
              }
              float[] sums = net.gradients(ops);
              before.close();
              net.p.close();
              return new float[][] {own, sums};
            });
    float[] sums = all.get(0)[1];
    for (float[][] ofRank : all) {
      assertArrayEquals(sums, ofRank[1]);
    }
    // Of a sum in bfloat16 the terms and the sum are rounded to 8 digits.
    double tolerance = type == DType.F32 ? 1e-6 : Math.pow(2, -8) * (ranks + 1);
    for (int i = 0; i < sums.length; i++) {
      double sum = 0;
      double size = 0;
      for (int rank = 0; rank < ranks; rank++) {
        double term = all.get(rank)[0][i] + (more ? 1 + rank : 0);
        sum += term;
        size += Math.abs(term);
      }
      assertEquals(sum, sums[i], tolerance * size, type + " " + i);
    }
    assertTrue(Arrays.stream(new int[] {0, sums.length - 1024}).allMatch(i -> sums[i] != 0));
  }
}
