package sakd.device;

/**
 * Hears how far a rank is with its collectives, so that somebody who hears it of all ranks can say
 * which one the others wait for.
 */
public interface RankWatch {
  /** Nobody listens. */
  RankWatch NONE =
      new RankWatch() {
        @Override
        public void begin(long collective) {}

        @Override
        public void end() {}
      };

  /**
   * The rank waits, from here on, for all its collectives up to this one.
   *
   * @param collective how many it has called; the opening of a communicator is the first. A rank
   *     that has called fewer than the others is the one they wait for
   */
  void begin(long collective);

  /** They are done. */
  void end();
}
