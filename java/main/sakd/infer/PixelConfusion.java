package sakd.infer;

import java.util.LinkedHashMap;
import java.util.Map;
import sakd.device.DType;
import sakd.model.Network;
import sakd.ops.Ops;
import sakd.ops.RankTransfers;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/**
 * Which class the pixels of each class were taken for, counted on the device, and what follows from
 * it; pixels of which nothing is known ({@link sakd.data.Targets#IGNORED}) count nowhere. With
 * n[i][j] pixels of class i that were taken for class j,
 *
 * <pre>
 *   IoU_k = n[k][k] / (sum_j n[k][j] + sum_i n[i][k] - n[k][k])
 *   mIoU  = mean of IoU_k over the classes that occur in the truth or in what was said
 *   pixel accuracy = sum_k n[k][k] / sum_ij n[i][j]
 * </pre>
 *
 * A class that neither occurs nor is said has no IoU and is left out, as torchmetrics and
 * mmsegmentation do; without any pixel, both scores are 0.
 */
public final class PixelConfusion implements ConfusionMeter {
  /** Where counts are read off: they wrap at 2^31. */
  private static final long MOST_PIXELS = 1L << 30;

  private final Ops ops;
  private final int classes;
  private final Tensor counts;
  private final long[][] confusion;
  private long pending;

  /** A matrix of as many classes that has counted nothing. */
  public PixelConfusion(Ops ops, int classes) {
    this.ops = ops;
    this.classes = classes;
    counts = ops.allocate(DType.I32, classes, classes);
    confusion = new long[classes][classes];
    ops.device().zero(counts.memory());
  }

  @Override
  public void add(Network.Output out, DeviceBatch batch) {
    long pixels = batch.labels().size();
    if (pending + pixels > MOST_PIXELS) {
      readOff();
    }
    ops.confusion(out.logits().value(), batch.labels(), counts);
    pending += pixels;
  }

  private void readOff() {
    if (pending == 0) {
      return;
    }
    int[] read = Transfers.ints(ops.device(), counts);
    for (int i = 0; i < read.length; i++) {
      confusion[i / classes][i % classes] += read[i];
    }
    ops.device().zero(counts.memory());
    pending = 0;
  }

  @Override
  public void addRanks() {
    readOff();
    RankTransfers.addCounts(ops, confusion);
  }

  /** Pixels of class {@code [row]} that the network took for {@code [column]}. */
  @Override
  public long[][] confusion() {
    readOff();
    long[][] copy = new long[classes][];
    for (int k = 0; k < classes; k++) {
      copy[k] = confusion[k].clone();
    }
    return copy;
  }

  /** Pixels of a class. */
  public long pixels(int k) {
    readOff();
    long sum = 0;
    for (long count : confusion[k]) {
      sum += count;
    }
    return sum;
  }

  /** Intersection over union of a class, in [0, 1]; NaN if it neither occurs nor was said. */
  public double iou(int k) {
    readOff();
    long said = 0;
    for (int i = 0; i < classes; i++) {
      said += confusion[i][k];
    }
    return (double) hits(k) / (pixels(k) + said - hits(k));
  }

  /** Share of the pixels of a class that were taken for it, in [0, 1]; NaN if it has none. */
  public double accuracy(int k) {
    return (double) hits(k) / pixels(k);
  }

  private long hits(int k) {
    readOff();
    return confusion[k][k];
  }

  @Override
  public boolean measuresScores() {
    return true;
  }

  @Override
  public Scores scores() {
    double sum = 0;
    int occurring = 0;
    long hits = 0;
    long all = 0;
    for (int k = 0; k < classes; k++) {
      double iou = iou(k);
      if (!Double.isNaN(iou)) {
        sum += iou;
        occurring++;
      }
      hits += hits(k);
      all += pixels(k);
    }
    Map<Score, Double> values = new LinkedHashMap<>();
    values.put(Score.MIOU, occurring == 0 ? 0 : sum / occurring);
    values.put(Score.PIXEL_ACCURACY, all == 0 ? 0 : (double) hits / all);
    return new Scores(values);
  }

  @Override
  public void close() {
    counts.close();
  }
}
