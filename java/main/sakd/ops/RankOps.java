package sakd.ops;

import sakd.device.Communicator;

/**
 * What the processes of one training do together, each on its device; see {@link Communicator}.
 * With {@linkplain Communicator#ALONE one process alone} a sum is what it was, and nothing is
 * submitted.
 */
public interface RankOps {
  /** Who trains together. */
  Communicator communicator();

  /** How many processes train together; 1 for one alone. */
  default int ranks() {
    return communicator().size();
  }

  /**
   * Whether one process trains without others: then sums are what they were. A communicator of one
   * rank is asked for them all the same, which shows what they cost.
   */
  default boolean isAlone() {
    return communicator() == Communicator.ALONE;
  }

  /** Which of them this is, from 0: the one that writes files and prints. */
  default int rank() {
    return communicator().rank();
  }

  /** x (F32 or BF16) = its sum over all ranks. */
  void sumRanks(Tensor x);

  /**
   * The same beside what is submitted from here on, until {@link Ops#join}; it begins after all
   * that was submitted before, also by {@link Ops#beside}.
   *
   * @param x stays open and is left alone until then
   */
  void sumRanksBeside(Tensor x);

  /**
   * all = x of every rank, in the order of ranks.
   *
   * @param all [ranks, ..] of x's type
   */
  void gatherRanks(Tensor x, Tensor all);

  /** x = that of rank 0. */
  void broadcastRanks(Tensor x);
}
