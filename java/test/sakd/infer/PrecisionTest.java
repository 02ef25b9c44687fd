package sakd.infer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import sakd.data.ObjectBox;
import sakd.testing.Golden;

/** Against pycocotools and the rule of VOC's devkit. */
class PrecisionTest {
  private static final Golden GOLDEN = Golden.open("precision.safetensors");

  /** What sums in another order may differ by. */
  private static final double ROUNDING = 1e-14;

  private interface Adder {
    void add(List<ObjectBox> objects, List<Detection> detections);
  }

  private static void addAll(int set, int pictures, Adder to) {
    double[] objects = GOLDEN.values(set + ".objects");
    double[] areas = GOLDEN.values(set + ".areas");
    double[] found = GOLDEN.values(set + ".found");
    for (int picture = 0; picture < pictures; picture++) {
      List<ObjectBox> truth = new ArrayList<>();
      for (int i = 0; i < areas.length; i++) {
        if (objects[8 * i] == picture) {
          truth.add(
              new ObjectBox(
                  (int) objects[8 * i + 1],
                  (float) objects[8 * i + 2] / 4,
                  (float) objects[8 * i + 3] / 4,
                  (float) objects[8 * i + 4] / 4,
                  (float) objects[8 * i + 5] / 4,
                  areas[i],
                  objects[8 * i + 6] != 0,
                  objects[8 * i + 7] != 0));
        }
      }
      List<Detection> said = new ArrayList<>();
      for (int i = 0; i < found.length; i += 7) {
        if (found[i] == picture) {
          said.add(
              new Detection(
                  (int) found[i + 1],
                  (float) found[i + 6] / 32,
                  (float) found[i + 2] / 4,
                  (float) found[i + 3] / 4,
                  (float) found[i + 4] / 4,
                  (float) found[i + 5] / 4));
        }
      }
      to.add(truth, said);
    }
  }

  @Test
  void theTwelveFiguresAreThoseOfPycocotools() {
    List<Map<String, String>> sets = GOLDEN.configs();
    for (int set = 0; set < sets.size(); set++) {
      CocoScores scores = new CocoScores(Integer.parseInt(sets.get(set).get("classes")));
      addAll(set, Integer.parseInt(sets.get(set).get("images")), scores::add);
      double[] expected = GOLDEN.values(set + ".coco");
      int at = 0;
      for (Map.Entry<CocoScores.Figure, Double> f : scores.figures().entrySet()) {
        int n = set;
        assertEquals(expected[at++], f.getValue(), ROUNDING, () -> n + " " + f.getKey());
      }
      assertEquals(expected.length, at);
    }
  }

  @Test
  void precisionOfVoc() {
    List<Map<String, String>> sets = GOLDEN.configs();
    for (int set = 0; set < sets.size(); set++) {
      int classes = Integer.parseInt(sets.get(set).get("classes"));
      VocScores scores = new VocScores(classes);
      addAll(set, Integer.parseInt(sets.get(set).get("images")), scores::add);
      double[] expected = GOLDEN.values(set + ".voc");
      double sum = 0;
      int occurring = 0;
      for (int k = 1; k < classes; k++) {
        assertEquals(expected[k - 1], scores.ap(k), ROUNDING, set + " " + k);
        sum += Math.max(0, expected[k - 1]);
        occurring += expected[k - 1] < 0 ? 0 : 1;
      }
      assertEquals(occurring == 0 ? -1 : sum / occurring, scores.mean(), ROUNDING);
    }
  }

  @Test
  void precisionOfAClassMakesThatOfAll() {
    CocoScores scores = new CocoScores(Integer.parseInt(GOLDEN.configs().get(6).get("classes")));
    addAll(6, Integer.parseInt(GOLDEN.configs().get(6).get("images")), scores::add);
    double mean = (scores.ap50(1) + scores.ap50(2) + scores.ap50(3)) / 3;
    assertEquals(scores.figures().get(CocoScores.Figure.AP50), mean, ROUNDING);
    assertTrue(mean > 0.5);
  }
}
