package sakd.infer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import sakd.data.Placement;
import sakd.ops.AnchorGrid;
import sakd.testing.Golden;

/** Against what torchvision computes. */
class DetectionsTest {
  private static final Golden GOLDEN = Golden.open("detections.safetensors");

  /** Of the levels 3 to 7 of a pyramid. */
  private static AnchorGrid grid(int height, int width) {
    List<int[]> maps = new ArrayList<>();
    List<Integer> strides = new ArrayList<>();
    int h = height;
    int w = width;
    for (int level = 1; level <= 7; level++) {
      h = (h + 1) / 2;
      w = (w + 1) / 2;
      if (level >= 3) {
        maps.add(new int[] {h, w});
        strides.add(1 << level);
      }
    }
    return AnchorGrid.of(height, width, maps, strides);
  }

  private static float[] floats(String name) {
    double[] values = GOLDEN.values(name);
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) values[i];
    }
    return narrow;
  }

  private interface Check {
    void of(int i, Map<String, String> config);
  }

  private static void each(String kind, Check check) {
    List<Map<String, String>> configs = GOLDEN.configs();
    int seen = 0;
    for (int i = 0; i < configs.size(); i++) {
      if (configs.get(i).get("kind").equals(kind)) {
        check.of(i, configs.get(i));
        seen++;
      }
    }
    assertTrue(seen > 0, kind);
  }

  private static int number(Map<String, String> config, String name) {
    return Integer.parseInt(config.get(name));
  }

  @Test
  void anchorsAreThoseOfTorchvision() {
    each(
        "ANCHORS",
        (i, config) -> {
          AnchorGrid grid = grid(number(config, "h"), number(config, "w"));
          assertEquals(number(config, "count"), grid.count());
          float[] boxes = grid.boxes();
          float[] some = floats(i + ".some");
          double[] sums = new double[4];
          for (int at = 0; at < boxes.length; at++) {
            sums[at % 4] += boxes[at];
            if (at / 4 % 101 == 0) {
              assertEquals(some[4 * (at / 4 / 101) + at % 4], boxes[at]);
            }
          }
          assertArrayEquals(GOLDEN.values(i + ".sums"), sums);
        });
  }

  @Test
  void boxesOfDeltas() {
    each(
        "DECODE",
        (i, config) -> {
          float[] anchors = grid(number(config, "h"), number(config, "w")).boxes();
          float[] deltas = floats(i + ".deltas");
          float[] boxes = floats(i + ".boxes");
          for (int d = 0; d < deltas.length / 4; d++) {
            float[] box = Detections.decoded(anchors, d * number(config, "stride"), deltas, d);
            for (int e = 0; e < 4; e++) {
              assertEquals(boxes[4 * d + e], box[e]);
            }
          }
        });
  }

  @Test
  void ofOverlappingBoxesTheBestStays() {
    each(
        "NMS",
        (i, config) -> {
          double[] labels = GOLDEN.values(i + ".labels");
          int[] classes = new int[labels.length];
          for (int b = 0; b < classes.length; b++) {
            classes[b] = (int) labels[b];
          }
          int[] kept = Suppression.kept(floats(i + ".boxes"), floats(i + ".scores"), classes, 0.5f);
          double[] expected = GOLDEN.values(i + ".kept");
          assertEquals(expected.length, kept.length);
          for (int b = 0; b < kept.length; b++) {
            assertEquals((int) expected[b], kept[b]);
          }
        });
  }

  @Test
  void whatIsFoundInPictures() {
    each(
        "FOUND",
        (i, config) -> {
          String at = config.get("at");
          String picture = config.get("picture");
          List<Detection> found =
              Detections.of(
                  floats(at + ".logits"),
                  floats(at + ".deltas"),
                  Integer.parseInt(picture),
                  grid(64, 96),
                  number(config, "classes"),
                  new Placement(
                      0,
                      0,
                      number(config, "originalWidth"),
                      number(config, "originalHeight"),
                      number(config, "w"),
                      number(config, "h"),
                      false));
          float[] boxes = floats(at + ".boxes." + picture);
          float[] scores = floats(at + ".scores." + picture);
          double[] labels = GOLDEN.values(at + ".labels." + picture);
          int next = 0;
          for (int d = 0; d < labels.length; d++) {
            if (labels[d] == 0) {
              continue; // The background is no object.
            }
            Detection one = found.get(next++);
            assertEquals((int) labels[d], one.label());
            assertEquals(scores[d], one.score(), 1e-7f);
            assertEquals(boxes[4 * d], one.left(), 1e-4f);
            assertEquals(boxes[4 * d + 1], one.top(), 1e-4f);
            assertEquals(boxes[4 * d + 2], one.right(), 1e-4f);
            assertEquals(boxes[4 * d + 3], one.bottom(), 1e-4f);
          }
          assertEquals(next, found.size());
        });
  }
}
