package sakd.ranks;

import java.util.BitSet;
import java.util.List;

/** Who computes on which processors, where several processes share a machine. */
final class Shares {
  private Shares() {}

  /**
   * How many processors' time is a process's: of each that it may run on, its part. Where a
   * launcher has bound the processes, that is those it was bound to.
   *
   * @param all every process, this one included
   */
  static double of(Peer peer, List<Peer> all) {
    BitSet own = set(peer.processors());
    double share = 0;
    for (int p = own.nextSetBit(0); p >= 0; p = own.nextSetBit(p + 1)) {
      int processor = p;
      long users =
          all.stream()
              .filter(other -> other.machine().equals(peer.machine()))
              .filter(other -> set(other.processors()).get(processor))
              .count();
      share += 1.0 / users;
    }
    return share;
  }

  /** Of Linux's lists, such as {@code 0-3,8}. */
  private static BitSet set(String list) {
    BitSet set = new BitSet();
    for (String range : list.split(",", -1)) {
      String[] ends = range.strip().split("-", 2);
      if (!ends[0].isEmpty()) {
        int first = Integer.parseInt(ends[0]);
        set.set(first, (ends.length == 2 ? Integer.parseInt(ends[1]) : first) + 1);
      }
    }
    return set;
  }
}
