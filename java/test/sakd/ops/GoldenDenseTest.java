package sakd.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import sakd.data.Targets;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.testing.EachDevice;
import sakd.testing.Golden;
import sakd.testing.Twins;

/**
 * Resizing, the loss of pixels and dilated convolution against PyTorch, both ways, on every device.
 */
class GoldenDenseTest {
  private static final Golden GOLDEN = Golden.open("dense.safetensors");
  private static final List<Map<String, String>> CONFIGS = GOLDEN.configs();

  private static int size(Map<String, String> config, String name) {
    return (int) number(config, name);
  }

  private static float number(Map<String, String> config, String name) {
    return Float.parseFloat(config.get(name));
  }

  private static Tensor upload(Ops ops, DType type, double[] values, int... shape) {
    Tensor tensor = ops.allocate(type, shape);
    Twins.set(ops, tensor, values);
    return tensor;
  }

  private static void assertGolden(Ops ops, String name, Tensor actual, double tolerance) {
    assertArrayEquals(GOLDEN.values(name), Twins.values(ops, actual), tolerance, name);
  }

  @EachDevice
  void resizing(Ops ops) {
    for (int i = 0; i < 12; i++) {
      Map<String, String> c = CONFIGS.get(i);
      Resize kind = Resize.valueOf(c.get("kind"));
      int[] small = {size(c, "m"), size(c, "h"), size(c, "w"), size(c, "c")};
      int[] large = {size(c, "m"), size(c, "oh"), size(c, "ow"), size(c, "c")};
      try (Tensor x = upload(ops, DType.F32, GOLDEN.values(i + ".x"), small);
          Tensor y = ops.allocate(DType.F32, large);
          Tensor gradY = upload(ops, DType.F32, GOLDEN.values(i + ".grad_y"), large);
          Tensor gradX = ops.allocate(DType.F32, small)) {
        ops.resize(kind, x, y);
        ops.resizeBackward(kind, gradY, gradX, false);
        assertGolden(ops, i + ".y", y, kind == Resize.NEAREST ? 0 : 1e-6);
        // Up to 82 gradients end in one pixel.
        assertGolden(ops, i + ".grad_x", gradX, 2e-5);
      }
    }
  }

  @EachDevice
  void losses(Ops ops) {
    for (int i = 12; i < 16; i++) {
      Map<String, String> c = CONFIGS.get(i);
      int[] shape = {size(c, "m"), size(c, "h"), size(c, "w"), size(c, "c")};
      double[] y = GOLDEN.values(i + ".labels");
      try (Tensor z = upload(ops, DType.F32, GOLDEN.values(i + ".z"), shape);
          Tensor q = upload(ops, DType.F32, GOLDEN.values(i + ".q"), shape);
          Tensor labels = upload(ops, DType.U8, y, shape[0], shape[1], shape[2]);
          Tensor one = upload(ops, DType.F32, new double[] {1}, 1);
          Tensor losses = ops.allocate(DType.F32, 1, 2);
          Tensor hits = ops.allocate(DType.I32, 2);
          Tensor grad = ops.allocate(DType.F32, shape)) {
        float kl = number(c, "kl");
        float t = number(c, "t");
        ops.pixelLoss(
            z,
            q,
            labels,
            null,
            one,
            number(c, "ce"),
            kl,
            t,
            number(c, "smoothing"),
            losses,
            hits,
            grad);
        double[] expected = GOLDEN.values(i + ".losses");
        double[] actual = Twins.values(ops, losses);
        assertEquals(expected[0], actual[0], 2e-5);
        assertEquals(kl == 0 ? 0 : expected[1], actual[1], 1e-4);
        assertGolden(ops, i + ".grad", grad, 1e-6);
        double counted = Arrays.stream(y).filter(label -> label != Targets.IGNORED).count();
        assertArrayEquals(
            new double[] {number(c, "hits"), counted}, Twins.values(ops, hits), i + ".hits");
      }
    }
  }

  @EachDevice
  void dilatedConvolution(Ops ops) {
    for (int i = 16; i < CONFIGS.size(); i++) {
      Map<String, String> c = CONFIGS.get(i);
      ConvShape s =
          new ConvShape(
              size(c, "m"),
              size(c, "h"),
              size(c, "w"),
              size(c, "c"),
              size(c, "k"),
              size(c, "size"),
              size(c, "stride"),
              size(c, "pad"),
              size(c, "dilation"));
      int[] in = {1, s.batch(), s.height(), s.width(), s.in()};
      int[] out = {1, s.batch(), s.outHeight(), s.outWidth(), s.out()};
      int[] weights = {s.out(), s.kernel(), s.kernel(), s.in()};
      try (Tensor x = upload(ops, DType.F32, GOLDEN.values(i + ".x"), in);
          Tensor w = upload(ops, DType.F32, GOLDEN.values(i + ".w"), weights);
          Tensor y = ops.allocate(DType.F32, out);
          Tensor gradY = upload(ops, DType.F32, GOLDEN.values(i + ".grad_y"), out);
          Tensor gradX = ops.allocate(DType.F32, in);
          Tensor gradW = ops.allocate(DType.F32, weights)) {
        ops.conv(s, x, w, y);
        ops.convBackwardData(s, gradY, w, gradX, false);
        ops.convBackwardWeights(s, x, gradY, gradW);
        // Sums of up to 144 products, their result rounded to float32.
        assertGolden(ops, i + ".y", y, 1e-4);
        assertGolden(ops, i + ".grad_x", gradX, 1e-4);
        assertGolden(ops, i + ".grad_w", gradW, 1e-4);
      }
    }
  }
}
