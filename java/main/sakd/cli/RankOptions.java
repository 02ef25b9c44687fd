package sakd.cli;

import picocli.CommandLine.Option;
import sakd.base.UserError;
import sakd.ranks.World;

/** How many processes train together, where {@code train} starts them, and how they wait. */
final class RankOptions {
  static final String DEVICES = "--devices";
  static final String TIMEOUT = "--comm-timeout";

  @Option(
      names = DEVICES,
      paramLabel = "N",
      description =
          "Train on so many devices of this machine, a process each, which share every batch; on "
              + "processors through mpirun. torchrun, mpirun and srun start them on several "
              + "machines (default: 1).")
  private Integer devices;

  @Option(
      names = TIMEOUT,
      paramLabel = "SECONDS",
      description =
          "How long processes wait for one that does not follow before all end, naming it "
              + "(default: 600).")
  private Integer seconds;

  /** How many processes to start; 1 for none but this. */
  int devices() {
    return devices == null ? 1 : Values.atLeast(1, DEVICES, devices);
  }

  /**
   * Sees that processes are started once.
   *
   * @throws UserError if a launcher has started another number of them
   */
  void requireOneLauncher(World world) {
    if (devices() > 1 && world.size() > 1 && devices() != world.size()) {
      throw new UserError(
          String.format(
              "--devices is %d, but a launcher has started %d processes; expected one of the two,"
                  + " leave --devices out",
              devices(), world.size()));
    }
  }

  /** How long to wait for a process. */
  int seconds() {
    return seconds == null ? Ranks.USUAL_SECONDS : Values.atLeast(1, TIMEOUT, seconds);
  }
}
