package sakd.infer;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import sakd.data.ObjectBox;
import sakd.data.Targets;
import sakd.model.Network;
import sakd.ops.Ops;
import sakd.ops.RankTransfers;
import sakd.ops.Transfers;

/** How well a detector finds objects: COCO's figures, and VOC's average precision. */
public final class BoxMeter implements DetailMeter {
  private final Ops ops;
  private final int classes;
  private final Consumer<List<Detection>> each;
  private final CocoScores coco;
  private final VocScores voc;

  /** Not in the scores yet: these depend on the order of pictures, where detections are as sure. */
  private List<Picture> pending = new ArrayList<>();

  /** What is in a picture, and what was found there. */
  private record Picture(long order, List<ObjectBox> objects, List<Detection> found) {}

  /** A meter of as many classes, with the background, that has seen nothing. */
  public BoxMeter(Ops ops, int classes) {
    this(ops, classes, found -> {});
  }

  /**
   * A meter that has seen nothing.
   *
   * @param classes K, with the background
   * @param each gets what is found in each picture that this process sees, in their order
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
      pending.add(new Picture(batch.orderOf(i), sample.objects(), found));
      each.accept(found);
    }
  }

  /** All ranks match all objects: to find them is most of the work. */
  @Override
  public void addRanks() {
    List<Picture> all = new ArrayList<>();
    RankTransfers.exchange(ops, this::write, in -> read(in, all));
    pending = all;
  }

  private void write(DataOutput out) throws IOException {
    out.writeInt(pending.size());
    for (Picture p : pending) {
      out.writeLong(p.order);
      out.writeInt(p.objects.size());
      for (ObjectBox o : p.objects) {
        out.writeInt(o.label());
        out.writeFloat(o.left());
        out.writeFloat(o.top());
        out.writeFloat(o.right());
        out.writeFloat(o.bottom());
        out.writeDouble(o.area());
        out.writeBoolean(o.crowd());
        out.writeBoolean(o.difficult());
      }
      out.writeInt(p.found.size());
      for (Detection d : p.found) {
        out.writeInt(d.label());
        out.writeFloat(d.score());
        out.writeFloat(d.left());
        out.writeFloat(d.top());
        out.writeFloat(d.right());
        out.writeFloat(d.bottom());
      }
    }
  }

  private static void read(DataInput in, List<Picture> all) throws IOException {
    int pictures = in.readInt();
    for (int i = 0; i < pictures; i++) {
      long order = in.readLong();
      List<ObjectBox> objects = new ArrayList<>();
      for (int n = in.readInt(); n > 0; n--) {
        objects.add(
            new ObjectBox(
                in.readInt(),
                in.readFloat(),
                in.readFloat(),
                in.readFloat(),
                in.readFloat(),
                in.readDouble(),
                in.readBoolean(),
                in.readBoolean()));
      }
      List<Detection> found = new ArrayList<>();
      for (int n = in.readInt(); n > 0; n--) {
        found.add(
            new Detection(
                in.readInt(),
                in.readFloat(),
                in.readFloat(),
                in.readFloat(),
                in.readFloat(),
                in.readFloat()));
      }
      all.add(new Picture(order, objects, found));
    }
  }

  private void settle() {
    pending.sort(Comparator.comparingLong(Picture::order));
    for (Picture p : pending) {
      coco.add(p.objects, p.found);
      voc.add(p.objects, p.found);
    }
    pending.clear();
  }

  /** Of all pictures so far. */
  public CocoScores coco() {
    settle();
    return coco;
  }

  /** Of all pictures so far. */
  public VocScores voc() {
    settle();
    return voc;
  }

  @Override
  public boolean measuresScores() {
    return true;
  }

  /** COCO's AP, AP50 and AP75; 0 without objects. */
  @Override
  public Scores scores() {
    Map<CocoScores.Figure, Double> figures = coco().figures();
    Map<Score, Double> values = new LinkedHashMap<>();
    values.put(Score.AP, Math.max(0, figures.get(CocoScores.Figure.AP)));
    values.put(Score.AP50, Math.max(0, figures.get(CocoScores.Figure.AP50)));
    values.put(Score.AP75, Math.max(0, figures.get(CocoScores.Figure.AP75)));
    return new Scores(values);
  }
}
