package sakd.task;

import java.util.LinkedHashMap;
import java.util.Map;
import sakd.device.DType;
import sakd.infer.DeviceBatch;
import sakd.infer.Meter;
import sakd.infer.Score;
import sakd.infer.Scores;
import sakd.model.Network;
import sakd.ops.Ops;
import sakd.ops.RankTransfers;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/** How many samples have their class first, and among the first five. */
final class Accuracy implements Meter {
  private static final int FIVE = 5;

  private final Ops ops;
  private long samples;
  private long first;
  private long amongFive;

  Accuracy(Ops ops, int classes) {
    this.ops = ops;
  }

  @Override
  public void add(Network.Output out, DeviceBatch batch) {
    try (Tensor rank = ops.allocate(DType.I32, batch.size())) {
      ops.labelRank(out.logits().value(), batch.labels(), rank);
      for (int ahead : Transfers.ints(ops.device(), rank)) {
        first += ahead < 1 ? 1 : 0;
        amongFive += ahead < FIVE ? 1 : 0;
      }
    }
    samples += batch.size();
  }

  @Override
  public void addRanks() {
    long[] all = RankTransfers.counts(ops, samples, first, amongFive);
    samples = all[0];
    first = all[1];
    amongFive = all[2];
  }

  @Override
  public Scores scores() {
    Map<Score, Double> values = new LinkedHashMap<>();
    values.put(Score.TOP1, (double) first / samples);
    values.put(Score.TOP5, (double) amongFive / samples);
    return new Scores(values);
  }
}
