package sakd.infer;

import sakd.model.Network;
import sakd.ops.Ops;

/** Adds up over the batches of an evaluation what its scores are made of. */
public interface Meter extends AutoCloseable {
  /** How the scores of a task are measured. */
  @FunctionalInterface
  interface Factory {
    /**
     * A meter that has seen nothing.
     *
     * @param classes K
     */
    Meter open(Ops ops, int classes);
  }

  /**
   * Adds a batch.
   *
   * @param out what the network says of it
   */
  void add(Network.Output out, DeviceBatch batch);

  /**
   * Adds what the other ranks have seen of the same batches: all ranks get the same, and call this
   * once, after the last batch.
   */
  void addRanks();

  /** What all batches so far come to. */
  Scores scores();

  @Override
  default void close() {}
}
