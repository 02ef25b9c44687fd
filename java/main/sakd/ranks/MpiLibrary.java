package sakd.ranks;

import com.sun.jna.Callback;
import com.sun.jna.Function;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.util.List;
import java.util.Map;
import sakd.base.UserError;

/**
 * The calls of libmpi that are used, of Open MPI or of MPICH and its kin. The two agree on the
 * names of functions but not on handles: Open MPI's are addresses, MPICH's are numbers of its
 * {@code mpi.h}. Both travel in a register, so here they are a {@code long} each.
 */
final class MpiLibrary {
  private static final List<String> OPEN_MPI = List.of("libmpi.so.40", "libmpi.so");
  private static final List<String> MPICH = List.of("libmpich.so.12", "libmpi.so.12");

  /** From dlfcn.h: resolved at once, and seen by the parts that Open MPI loads itself. */
  private static final int RTLD_NOW_GLOBAL = 0x2 | 0x100;

  private static final int THREAD_SERIALIZED = 2;
  private static final int COMMUTES = 1;
  private static final int LONGEST_TEXT = 8192;

  private enum Type {
    BYTES,
    FLOATS,
    BFLOATS
  }

  private final NativeLibrary library;
  private final boolean open;
  private final long world;
  private final long statusIgnore;
  private final long inPlace;
  private long sumOfBfloats;

  /** MPI calls it for as long as the process runs. */
  private Sum adder;

  private MpiLibrary(NativeLibrary library, boolean open) {
    this.library = library;
    this.open = open;
    this.world = open ? address("ompi_mpi_comm_world") : 0x44000000L;
    this.statusIgnore = open ? 0 : 1;
    this.inPlace = open ? 1 : -1;
  }

  /**
   * Loads the library and joins the processes that the launcher has started.
   *
   * @param mpich whether the launcher is MPICH's
   * @throws UserError if there is no library
   */
  static MpiLibrary open(boolean mpich) {
    MpiLibrary mpi = mpich ? firstOf(MPICH, OPEN_MPI) : firstOf(OPEN_MPI, MPICH);
    mpi.call("MPI_Init_thread", 0L, 0L, THREAD_SERIALIZED, new Memory(Integer.BYTES));
    mpi.call(
        "MPI_Comm_set_errhandler",
        mpi.world,
        mpi.open ? mpi.address("ompi_mpi_errors_return") : 0x54000001L);
    return mpi;
  }

  /** Says how numbers of 16 bits are added up, as MPI knows no bfloat16. */
  void addBfloatsBy(Sum sum) {
    adder = sum;
    Memory operation = cleared();
    call("MPI_Op_create", adder, COMMUTES, operation);
    sumOfBfloats = operation.getLong(0);
  }

  private static MpiLibrary firstOf(List<String> first, List<String> second) {
    StringBuilder reasons = new StringBuilder();
    for (List<String> names : List.of(first, second)) {
      for (String name : names) {
        try {
          NativeLibrary library =
              NativeLibrary.getInstance(name, Map.of(Library.OPTION_OPEN_FLAGS, RTLD_NOW_GLOBAL));
          return new MpiLibrary(library, isOpenMpi(library));
        } catch (UnsatisfiedLinkError e) {
          reasons.append(reasons.isEmpty() ? "" : "; ");
          reasons.append(String.valueOf(e.getMessage()).lines().findFirst().orElse(name));
        }
      }
    }
    throw new UserError(
        "MPI, by which processes add up on this device, cannot be loaded ("
            + reasons
            + "); expected libmpi of Open MPI or MPICH, install it (Debian: apt-get install"
            + " openmpi-bin) or put its folder into LD_LIBRARY_PATH");
  }

  private static boolean isOpenMpi(NativeLibrary library) {
    Memory text = new Memory(LONGEST_TEXT);
    library
        .getFunction("MPI_Get_library_version")
        .invokeInt(new Object[] {text, new Memory(Integer.BYTES)});
    return text.getString(0).startsWith("Open MPI");
  }

  /** In one line: {@code Open MPI v4.1.4}. */
  String version() {
    Memory text = new Memory(LONGEST_TEXT);
    call("MPI_Get_library_version", text, new Memory(Integer.BYTES));
    return text.getString(0).lines().findFirst().orElse("").replaceFirst(",.*", "").strip();
  }

  int rank() {
    Memory rank = new Memory(Integer.BYTES);
    call("MPI_Comm_rank", world, rank);
    return rank.getInt(0);
  }

  int size() {
    Memory size = new Memory(Integer.BYTES);
    call("MPI_Comm_size", world, size);
    return size.getInt(0);
  }

  /** Of a call that goes on until {@link #isDone}; MPICH's fills the lower half. */
  static Memory request() {
    return cleared();
  }

  private static Memory cleared() {
    Memory handle = new Memory(Long.BYTES);
    handle.setLong(0, 0);
    return handle;
  }

  boolean isDone(Memory request) {
    try (Memory flag = new Memory(Integer.BYTES)) {
      call("MPI_Test", request, flag, statusIgnore);
      return flag.getInt(0) != 0;
    }
  }

  /** Memory at {@code address} = its sum over all ranks. */
  void sumFloats(long address, int count, Memory request) {
    long sum = open ? address("ompi_mpi_op_sum") : 0x58000003L;
    call("MPI_Iallreduce", inPlace, address, count, type(Type.FLOATS), sum, world, request);
  }

  /** The same of {@link #addBfloatsBy}. */
  void sumBfloats(long address, int count, Memory request) {
    long type = type(Type.BFLOATS);
    call("MPI_Iallreduce", inPlace, address, count, type, sumOfBfloats, world, request);
  }

  /** all = the parts of all ranks, so many bytes each. */
  void gather(long part, long all, int bytes, Memory request) {
    long type = type(Type.BYTES);
    call("MPI_Iallgather", part, bytes, type, all, bytes, type, world, request);
  }

  void broadcast(long address, int bytes, int root, Memory request) {
    call("MPI_Ibcast", address, bytes, type(Type.BYTES), root, world, request);
  }

  void barrier(Memory request) {
    call("MPI_Ibarrier", world, request);
  }

  void end() {
    call("MPI_Finalize");
  }

  private long type(Type type) {
    return switch (type) {
      case BYTES -> open ? address("ompi_mpi_byte") : 0x4c00010dL;
      case FLOATS -> open ? address("ompi_mpi_float") : 0x4c00040aL;
      case BFLOATS -> open ? address("ompi_mpi_uint16_t") : 0x4c00023cL;
    };
  }

  private long address(String symbol) {
    return Pointer.nativeValue(library.getGlobalVariableAddress(symbol));
  }

  private void call(String name, Object... arguments) {
    int code = library.getFunction(name, Function.C_CONVENTION).invokeInt(arguments);
    if (code != 0) {
      Memory text = new Memory(LONGEST_TEXT);
      library
          .getFunction("MPI_Error_string")
          .invokeInt(new Object[] {code, text, new Memory(Integer.BYTES)});
      throw new IllegalStateException(name + " failed: " + text.getString(0));
    }
  }

  /** MPI_User_function: inOut = in + inOut. */
  interface Sum extends Callback {
    void invoke(Pointer in, Pointer inOut, Pointer length, Pointer type);
  }
}
