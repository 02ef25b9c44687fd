package sakd.ranks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sakd.base.UserError;

/** Environments as launchers leave them. */
class LaunchTest {
  private static Map<String, String> variables(String text) {
    Map<String, String> variables = new HashMap<>();
    for (String variable : text.split(" ")) {
      String[] parts = variable.split("=", 2);
      variables.put(parts[0], parts[1]);
    }
    return variables;
  }

  private static void assertLaunch(Launch expected, String variables) {
    assertEquals(expected, Launch.of(variables(variables)));
  }

  private static void assertRefused(String variables, String part) {
    UserError e = assertThrows(UserError.class, () -> Launch.of(variables(variables)));
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }

  @Test
  void torchrun() {
    assertLaunch(
        new Launch(
            Launch.By.TORCHRUN, 5, 8, 1, 4, Optional.of(new Launch.Master("node1", 29500)), "j7"),
        "RANK=5 WORLD_SIZE=8 LOCAL_RANK=1 LOCAL_WORLD_SIZE=4 MASTER_ADDR=node1 MASTER_PORT=29500"
            + " TORCHELASTIC_RUN_ID=j7");
  }

  @Test
  void openMpiWinsOverTheSlurmThatStartedItsDaemons() {
    assertLaunch(
        new Launch(Launch.By.OPEN_MPI, 3, 4, 1, 2, Optional.empty(), ""),
        "OMPI_COMM_WORLD_RANK=3 OMPI_COMM_WORLD_SIZE=4 OMPI_COMM_WORLD_LOCAL_RANK=1"
            + " OMPI_COMM_WORLD_LOCAL_SIZE=2 SLURM_PROCID=1 SLURM_NTASKS=2 SLURM_STEP_ID=0"
            + " SLURM_STEP_NODELIST=n[1-2]");
  }

  @Test
  void mpich() {
    assertLaunch(
        new Launch(Launch.By.MPICH, 1, 2, 1, 2, Optional.empty(), ""),
        "PMI_RANK=1 PMI_SIZE=2 MPI_LOCALRANKID=1 MPI_LOCALNRANKS=2");
  }

  @Test
  void srun() {
    assertLaunch(
        new Launch(
            Launch.By.SLURM,
            9,
            11,
            1,
            3,
            Optional.of(new Launch.Master("gpu03", 15_000 + (123456 + 2) % 15_000)),
            "123456.2"),
        "SLURM_PROCID=9 SLURM_STEP_NUM_TASKS=11 SLURM_NTASKS=16 SLURM_LOCALID=1 SLURM_NODEID=2"
            + " SLURM_STEP_TASKS_PER_NODE=4(x2),3 SLURM_STEP_NODELIST=gpu[03-04,07]"
            + " SLURM_JOB_ID=123456 SLURM_STEP_ID=2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // A script of sbatch, a shell of salloc, one process of each launcher, nothing at all.
        "SLURM_PROCID=0 SLURM_NTASKS=8 SLURM_LOCALID=0 SLURM_JOB_ID=7",
        "SLURM_PROCID=0 SLURM_NTASKS=8 SLURM_STEP_NUM_TASKS=8 SLURM_STEP_ID=4294967290",
        "RANK=0 WORLD_SIZE=1",
        "OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=1 OMPI_COMM_WORLD_LOCAL_RANK=0"
            + " OMPI_COMM_WORLD_LOCAL_SIZE=1",
        "SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=1 SLURM_STEP_ID=0",
        "HOME=/root"
      })
  void oneProcessIsAlone(String variables) {
    assertEquals(Launch.ALONE, Launch.of(variables(variables)));
  }

  @Test
  void contradictions() {
    assertRefused("RANK=0", "of RANK and WORLD_SIZE only one is set");
    assertRefused("RANK=0 WORLD_SIZE=2", "MASTER_ADDR and MASTER_PORT are not set");
    assertRefused("RANK=x WORLD_SIZE=2", "RANK is 'x'");
    assertRefused("RANK=0 WORLD_SIZE=0", "WORLD_SIZE is '0'");
    assertRefused(
        "RANK=0 WORLD_SIZE=2 MASTER_ADDR=h MASTER_PORT=99999", "MASTER_PORT is 99999; expected");
    assertRefused(
        "RANK=2 WORLD_SIZE=2 MASTER_ADDR=h MASTER_PORT=1", "makes this rank 2 of 2, 0 of 1");
    assertRefused(
        "RANK=0 WORLD_SIZE=2 MASTER_ADDR=h MASTER_PORT=1 OMPI_COMM_WORLD_RANK=1"
            + " OMPI_COMM_WORLD_SIZE=2",
        "OMPI_COMM_WORLD_RANK and OMPI_COMM_WORLD_SIZE rank 1 of 2; expected one launcher");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "node1|node1",
        "node1,node2|node1",
        "node[01-04,7]|node01",
        "login,node[1-2]|login",
        "rack[2-3]n[05,07]|rack2n05",
        "a[7]-ib,b1|a7-ib"
      })
  void theFirstMachineOfAList(String list, String first) {
    assertEquals(first, NodeList.first(list));
  }

  @Test
  void numbersOfTasks() {
    assertEquals(List.of(4, 4, 3), NodeList.numbers("4(x2),3"));
    assertEquals(List.of(), NodeList.numbers(""));
  }

  private static Peer peer(int rank, String machine, String processors) {
    return new Peer("1", "", rank, 4, "host", 1, machine, processors);
  }

  @Test
  void processesShareProcessors() {
    Peer bound = peer(0, "a", "0-1");
    Peer free = peer(1, "a", "0-3,8");
    Peer elsewhere = peer(2, "b", "0-3");
    List<Peer> all = List.of(bound, free, elsewhere);
    assertEquals(1, Shares.of(bound, all));
    assertEquals(4, Shares.of(free, all));
    assertEquals(4, Shares.of(elsewhere, all));
  }
}
