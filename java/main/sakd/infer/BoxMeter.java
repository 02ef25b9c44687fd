package sakd.infer;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import sakd.data.Targets;
import sakd.model.Network;
import sakd.ops.Ops;
import sakd.ops.Transfers;

/** How well a detector finds objects: COCO's figures, and VOC's average precision. */
public final class BoxMeter implements DetailMeter {
  private final Ops ops;
  private final int classes;
  private final Consumer<List<Detection>> each;
  private final CocoScores coco;
  private final VocScores voc;

  /** A meter of as many classes, with the background, that has seen nothing. */
  public BoxMeter(Ops ops, int classes) {
    this(ops, classes, found -> {});
  }

  /**
   * A meter that has seen nothing.
   *
   * @param classes K, with the background
   * @param each gets what is found in each picture, in their order
   */
  public BoxMeter(Ops ops, int classes, Consumer<List<Detection>> each) {
    this.ops = ops;
    this.classes = classes;
    this.each = each;
    coco = new CocoScores(classes);
    voc = new VocScores(classes);
  }

  @Override
  public void add(Network.Output out, DeviceBatch batch) {
    float[] logits = Transfers.floats(ops.device(), out.logits().value());
    float[] deltas = Transfers.floats(ops.device(), out.boxes().deltas().value());
    List<Targets.Boxes.Sample> samples = ((Targets.Boxes) batch.targets()).samples();
    for (int i = 0; i < samples.size(); i++) {
      Targets.Boxes.Sample sample = samples.get(i);
      List<Detection> found =
          Detections.of(logits, deltas, i, out.boxes().grid(), classes, sample.placement());
      coco.add(sample.objects(), found);
      voc.add(sample.objects(), found);
      each.accept(found);
    }
  }

  /** Of all pictures so far. */
  public CocoScores coco() {
    return coco;
  }

  /** Of all pictures so far. */
  public VocScores voc() {
    return voc;
  }

  @Override
  public boolean measuresScores() {
    return true;
  }

  /** COCO's AP, AP50 and AP75; 0 without objects. */
  @Override
  public Scores scores() {
    Map<CocoScores.Figure, Double> figures = coco.figures();
    Map<Score, Double> values = new LinkedHashMap<>();
    values.put(Score.AP, Math.max(0, figures.get(CocoScores.Figure.AP)));
    values.put(Score.AP50, Math.max(0, figures.get(CocoScores.Figure.AP50)));
    values.put(Score.AP75, Math.max(0, figures.get(CocoScores.Figure.AP75)));
    return new Scores(values);
  }
}
