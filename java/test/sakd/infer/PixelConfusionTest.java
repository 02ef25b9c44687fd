package sakd.infer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.List;
import sakd.data.Batch;
import sakd.data.SampleShape;
import sakd.data.Targets;
import sakd.device.DType;
import sakd.model.Network;
import sakd.nn.Tape;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;
import sakd.testing.EachDevice;
import sakd.testing.TinyMasks;

class PixelConfusionTest {
  /** Two pictures of 1x3 pixels; the fourth class neither occurs nor is said. */
  private static void add(Ops ops, PixelConfusion meter, int[] labels, int[] said) {
    float[] logits = new float[labels.length * 4];
    byte[] masks = new byte[labels.length];
    for (int i = 0; i < labels.length; i++) {
      logits[4 * i + said[i]] = 1;
      masks[i] = (byte) labels[i];
    }
    SampleShape shape = new SampleShape(1, 1, 1, 3);
    Batch batch =
        new Batch(
            ByteBuffer.allocateDirect(6),
            shape,
            new Targets.Masks(masks, 2, 1, 3),
            new int[6],
            null,
            0,
            2,
            0,
            new int[] {0, 1},
            2,
            1,
            true);
    try (BatchUploader uploader = new BatchUploader(ops, new TinyMasks());
        Tensor values = ops.allocate(DType.F32, 1, 2, 1, 3, 4);
        Tape tape = new Tape(ops, Tape.Mode.INFERENCE, DType.F32)) {
      Transfers.setFloats(ops.device(), values, logits);
      meter.add(
          new Network.Output(tape.input(values), null, null, List.of()), uploader.upload(batch));
    }
  }

  @EachDevice
  void classesThatDoNotOccurAreLeftOut(Ops ops) {
    try (PixelConfusion meter = new PixelConfusion(ops, 4)) {
      assertEquals(0, meter.scores().value());
      assertEquals(0, meter.scores().get(Score.PIXEL_ACCURACY));
      add(ops, meter, new int[] {0, 0, 1, 255, 1, 2}, new int[] {0, 1, 1, 3, 1, 2});
      assertArrayEquals(
          new long[][] {{1, 1, 0, 0}, {0, 2, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 0}}, meter.confusion());
      // What was read off before is not lost, and not counted again.
      add(ops, meter, new int[] {0, 0, 0, 255, 255, 2}, new int[] {0, 0, 2, 0, 1, 0});
      assertArrayEquals(
          new long[][] {{3, 1, 1, 0}, {0, 2, 0, 0}, {1, 0, 1, 0}, {0, 0, 0, 0}}, meter.confusion());
      assertEquals(3.0 / 6, meter.iou(0), 1e-12);
      assertEquals(2.0 / 3, meter.iou(1), 1e-12);
      assertEquals(1.0 / 3, meter.iou(2), 1e-12);
      assertTrue(Double.isNaN(meter.iou(3)));
      assertEquals(3.0 / 5, meter.accuracy(0), 1e-12);
      assertEquals(1.5 / 3, meter.scores().value(), 1e-12);
      assertEquals(6.0 / 9, meter.scores().get(Score.PIXEL_ACCURACY), 1e-12);
    }
  }
}
