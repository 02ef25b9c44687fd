package sakd.ranks;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import sakd.base.UserError;

/**
 * What a launcher says to each process that it starts. One process alone is {@link #ALONE}, whoever
 * started it.
 *
 * @param by who started it
 * @param rank which process this is, from 0
 * @param size how many there are
 * @param localRank which of those on this machine
 * @param localSize how many on this machine
 * @param master where rank 0 can be reached; empty if MPI is to tell
 * @param job a name that processes of other jobs on the same machines do not have
 */
public record Launch(
    By by, int rank, int size, int localRank, int localSize, Optional<Master> master, String job) {
  /** Launchers. */
  public enum By {
    NOBODY("nobody"),
    TORCHRUN("torchrun"),
    OPEN_MPI("Open MPI's mpirun"),
    MPICH("MPICH's mpirun"),
    SLURM("srun");

    final String text;

    By(String text) {
      this.text = text;
    }
  }

  /**
   * Where rank 0 listens.
   *
   * @param port this one, or one of the next if another program has taken it
   */
  public record Master(String host, int port) {}

  /** One process. */
  public static final Launch ALONE = new Launch(By.NOBODY, 0, 1, 0, 1, Optional.empty(), "");

  /** Slurm's steps that run a script or a shell rather than the tasks of a job. */
  private static final long FIRST_STEP_OF_NO_TASKS = 4294967290L;

  /** Ports of Slurm's jobs, below those that systems give out themselves. */
  private static final int FIRST_PORT = 15_000;

  private static final int PORTS = 15_000;

  /**
   * Reads the environment.
   *
   * @throws UserError if variables are missing, make no sense or contradict each other
   */
  public static Launch of(Map<String, String> environment) {
    Variables set = new Variables(environment);
    Launch launch = read(set);
    if (launch.size == 1) {
      return ALONE;
    }
    require(
        launch.rank < launch.size && launch.localRank < launch.localSize,
        "the environment of "
            + launch.by.text
            + " makes this rank "
            + launch.rank
            + " of "
            + launch.size
            + ", "
            + launch.localRank
            + " of "
            + launch.localSize
            + " on this machine; expected ranks below their number");
    return launch;
  }

  private static Launch read(Variables set) {
    if (set.has("RANK") || set.has("WORLD_SIZE")) {
      return torchrun(set);
    }
    if (set.has("OMPI_COMM_WORLD_SIZE")) {
      return openMpi(set);
    }
    if (set.has("PMI_SIZE") && set.has("PMI_RANK")) {
      return mpich(set);
    }
    boolean task =
        set.has("SLURM_PROCID")
            && set.has("SLURM_STEP_ID")
            && set.number("SLURM_STEP_ID", 0) < FIRST_STEP_OF_NO_TASKS;
    return task ? slurm(set) : ALONE;
  }

  private static Launch torchrun(Variables set) {
    require(
        set.has("RANK") && set.has("WORLD_SIZE"),
        "of RANK and WORLD_SIZE only one is set; expected both, as torchrun sets them, or neither");
    int rank = set.rank("RANK");
    int size = set.rank("WORLD_SIZE");
    for (List<String> other :
        List.of(
            List.of("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
            List.of("PMI_RANK", "PMI_SIZE"))) {
      String itsRank = other.get(0);
      String itsSize = other.get(1);
      require(
          !set.has(itsRank)
              || !set.has(itsSize)
              || (set.rank(itsRank) == rank && set.rank(itsSize) == size),
          String.format(
              "RANK and WORLD_SIZE make this rank %d of %d, but %s and %s rank %s of %s; expected"
                  + " one launcher, unset the variables of the other",
              rank, size, itsRank, itsSize, set.text(itsRank), set.text(itsSize)));
    }
    require(
        size == 1 || (set.has("MASTER_ADDR") && set.has("MASTER_PORT")),
        "WORLD_SIZE is "
            + size
            + " but MASTER_ADDR and MASTER_PORT are not set; expected the machine of rank 0 and a"
            + " free port there, set both or start with torchrun");
    return new Launch(
        By.TORCHRUN,
        rank,
        size,
        set.rank("LOCAL_RANK", 0),
        set.rank("LOCAL_WORLD_SIZE", 1 + set.rank("LOCAL_RANK", 0)),
        size == 1 ? Optional.empty() : master(set),
        set.text("TORCHELASTIC_RUN_ID"));
  }

  private static Launch openMpi(Variables set) {
    return new Launch(
        By.OPEN_MPI,
        set.rank("OMPI_COMM_WORLD_RANK"),
        set.rank("OMPI_COMM_WORLD_SIZE"),
        set.rank("OMPI_COMM_WORLD_LOCAL_RANK"),
        set.rank("OMPI_COMM_WORLD_LOCAL_SIZE"),
        master(set),
        set.text("PMIX_NAMESPACE"));
  }

  private static Launch mpich(Variables set) {
    boolean slurm = !set.has("MPI_LOCALRANKID") && set.has("SLURM_LOCALID");
    int localRank = set.rank(slurm ? "SLURM_LOCALID" : "MPI_LOCALRANKID", 0);
    return new Launch(
        By.MPICH,
        set.rank("PMI_RANK"),
        set.rank("PMI_SIZE"),
        localRank,
        slurm ? slurmLocalSize(set) : set.rank("MPI_LOCALNRANKS", 1 + localRank),
        master(set),
        "");
  }

  private static Launch slurm(Variables set) {
    String tasks = set.has("SLURM_STEP_NUM_TASKS") ? "SLURM_STEP_NUM_TASKS" : "SLURM_NTASKS";
    int size = set.rank(tasks);
    String list = set.has("SLURM_STEP_NODELIST") ? "SLURM_STEP_NODELIST" : "SLURM_NODELIST";
    require(
        size == 1 || set.has(list) || set.has("MASTER_ADDR"),
        "srun has started "
            + size
            + " tasks but "
            + list
            + " is not set; set MASTER_ADDR to the"
            + " machine of rank 0");
    long job = set.number("SLURM_JOB_ID", 0);
    long step = set.number("SLURM_STEP_ID", 0);
    String host = set.has("MASTER_ADDR") ? set.text("MASTER_ADDR") : NodeList.first(set.text(list));
    int port =
        set.has("MASTER_PORT")
            ? port(set)
            : FIRST_PORT + (int) Math.floorMod(job + step, (long) PORTS);
    return new Launch(
        By.SLURM,
        set.rank("SLURM_PROCID"),
        size,
        set.rank("SLURM_LOCALID", 0),
        slurmLocalSize(set),
        Optional.of(new Master(host, port)),
        job + "." + step);
  }

  private static int slurmLocalSize(Variables set) {
    String each =
        set.has("SLURM_STEP_TASKS_PER_NODE") ? "SLURM_STEP_TASKS_PER_NODE" : "SLURM_TASKS_PER_NODE";
    List<Integer> numbers = NodeList.numbers(set.text(each));
    int node = set.rank("SLURM_NODEID", 0);
    return node < numbers.size() ? numbers.get(node) : 1 + set.rank("SLURM_LOCALID", 0);
  }

  private static Optional<Master> master(Variables set) {
    return set.has("MASTER_ADDR") && set.has("MASTER_PORT")
        ? Optional.of(new Master(set.text("MASTER_ADDR"), port(set)))
        : Optional.empty();
  }

  private static int port(Variables set) {
    long port = set.number("MASTER_PORT", 0);
    require(port > 0 && port < 65536, "MASTER_PORT is " + port + "; expected a port, 1 to 65535");
    return (int) port;
  }

  private static void require(boolean good, String sentence) {
    if (!good) {
      throw new UserError(sentence);
    }
  }

  private record Variables(Map<String, String> environment) {
    boolean has(String name) {
      return !text(name).isEmpty();
    }

    String text(String name) {
      return environment.getOrDefault(name, "").strip();
    }

    /** A rank, or a number of ranks. */
    int rank(String name) {
      long number = number(name, -1);
      require(
          number >= 0 && number <= Integer.MAX_VALUE && !(number == 0 && name.endsWith("SIZE")),
          name + " is '" + text(name) + "'; expected what the launcher sets, a number");
      return (int) number;
    }

    int rank(String name, int absent) {
      return has(name) ? rank(name) : absent;
    }

    long number(String name, long absent) {
      if (!has(name)) {
        return absent;
      }
      try {
        return Long.parseLong(text(name));
      } catch (NumberFormatException e) {
        throw new UserError(
            name + " is '" + text(name) + "'; expected what the launcher sets, a number", e);
      }
    }
  }
}
