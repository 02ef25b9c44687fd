package sakd.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import sakd.data.Dataset;
import sakd.data.ObjectBox;
import sakd.data.Placement;
import sakd.data.Targets;
import sakd.data.image.MaskPicture;
import sakd.data.set.Datasets;
import sakd.model.DetectionSpec;
import sakd.model.Network;
import sakd.model.Networks;
import sakd.nn.Parameters;
import sakd.ops.Neuron;
import sakd.ops.Ops;
import sakd.testing.Devices;

/** Test images with boxes: what is true, and beside it what a network says. */
class BoxSamplesTest {
  private static final int RGB = 0xffffff;

  private static BufferedImage image(byte[] png) throws IOException {
    return ImageIO.read(new ByteArrayInputStream(png));
  }

  @Test
  void trueBoxesStandBesideThoseOfANetwork() throws IOException {
    Dataset set = Datasets.open("box-shapes", null, false);
    Map<String, List<byte[]>> columns = TestPictures.columns(set);
    assertEquals(Set.of("truth"), columns.keySet());
    List<byte[]> truth = columns.get("truth");
    assertEquals(TestPictures.SHOWN, truth.size());
    BufferedImage first = image(truth.get(0));
    Placement twice = new Placement(0, 0, 64, 64, 128, 128, false);
    Targets.Boxes targets = (Targets.Boxes) set.targets(0, twice, set.shape(0));
    List<ObjectBox> objects = targets.samples().get(0).objects();
    // The last is drawn over the others; the right edge of a box is one line.
    ObjectBox last = objects.get(objects.size() - 1);
    int x = Math.min(127, Math.round(2 * last.right()));
    int y = Math.min(127, Math.round(last.top() + last.bottom()));
    assertEquals(MaskPicture.colour(last.label()), first.getRGB(x, y) & RGB);

    DetectionSpec spec = (DetectionSpec) Networks.named("retinanet-resnet8");
    Parameters parameters = new Parameters(1);
    try (Ops ops = Devices.reference();
        Network network =
            spec.withPyramidChannels(4).build(Neuron.RELU, 1, 3, set.classes(), parameters)) {
      parameters.allocate(ops);
      List<byte[]> none = TestPictures.column(ops, network, set);
      assertEquals(TestPictures.SHOWN, none.size());
      float[] bias = parameters.get("head.classification_head.cls_logits.bias").get();
      bias[1] = 1; // Now the first anchor of every place is a circle, with a score over 0.7.
      parameters.get("head.classification_head.cls_logits.bias").set(bias);
      List<byte[]> circles = TestPictures.column(ops, network, set);
      BufferedImage without = image(none.get(0));
      BufferedImage with = image(circles.get(0));
      int circle = MaskPicture.colour(1);
      int drawn = 0;
      for (int i = 0; i < 128 * 128; i++) {
        drawn += (with.getRGB(i % 128, i / 128) & RGB) == circle ? 1 : 0;
        assertTrue((without.getRGB(i % 128, i / 128) & RGB) != circle);
      }
      assertTrue(drawn > 100, drawn + " pixels");
    }
  }
}
