package sakd.device;

/**
 * The processes that train one network together, each on a device of its own: its rank among them,
 * and what they add up and hand round. All of them call the same methods in the same order with
 * memory of the same sizes, in the device's queue: what was submitted before is done first, and
 * what is submitted after waits. A {@linkplain Device#capture recorded} step may hold calls but for
 * {@link #barrier}.
 *
 * <p>A process that ends or does not follow within a time ends the others, each with a line that
 * names it.
 */
public interface Communicator extends AutoCloseable {
  /** One process: nothing to add and nobody to tell. */
  Communicator ALONE = new Alone();

  /** Which of them this is, from 0. */
  int rank();

  /** How many there are. */
  int size();

  /**
   * memory = the sum of that of all ranks, element by element; all get the same bits.
   *
   * @param type F32, or BF16, of which sums are rounded
   */
  void sum(DType type, Memory memory);

  /**
   * The same beside what is submitted from here on, until that is joined; it begins after all that
   * was submitted before, to {@link Device#beside} too.
   */
  Pending sumBeside(DType type, Memory memory);

  /**
   * all = the parts of all ranks one after another.
   *
   * @param all of {@link #size} times as many bytes
   */
  void gather(Memory part, Memory all);

  /** memory = that of rank 0. */
  void broadcast(Memory memory);

  /** Waits for the work of this rank and for the other ranks to come here too. */
  void barrier();

  @Override
  void close();

  /** See {@link #ALONE}. */
  final class Alone implements Communicator {
    private Alone() {}

    @Override
    public int rank() {
      return 0;
    }

    @Override
    public int size() {
      return 1;
    }

    @Override
    public void sum(DType type, Memory memory) {}

    @Override
    public Pending sumBeside(DType type, Memory memory) {
      return () -> {};
    }

    @Override
    public void gather(Memory part, Memory all) {
      throw new IllegalStateException("one rank alone has nothing to gather");
    }

    @Override
    public void broadcast(Memory memory) {}

    @Override
    public void barrier() {}

    @Override
    public void close() {}
  }
}
