package sakd.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import sakd.data.Epoch;
import sakd.ops.Ops;
import sakd.ops.RankTransfers;

/** Training samples that could not be read in an epoch, whichever rank was to read them. */
final class Unreadable {
  private Unreadable() {}

  /**
   * What was said of each, in the order of the set; all ranks call this and get the same.
   *
   * @param epoch of which all batches were read
   * @throws sakd.base.UserError on all ranks, if together they are too many
   */
  static List<String> overRanks(Ops ops, Epoch epoch) {
    Map<Integer, String> all = new TreeMap<>();
    RankTransfers.exchange(
        ops,
        out -> {
          out.writeInt(epoch.failures().size());
          for (Map.Entry<Integer, String> failure : epoch.failures().entrySet()) {
            out.writeInt(failure.getKey());
            out.writeUTF(failure.getValue());
          }
        },
        in -> {
          for (int n = in.readInt(); n > 0; n--) {
            int sample = in.readInt();
            all.put(sample, in.readUTF());
          }
        });
    epoch.addFailures(all);
    return new ArrayList<>(all.values());
  }
}
