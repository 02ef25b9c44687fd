package sakd.device.cuda;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Structure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import sakd.base.UserError;
import sakd.device.DType;

/**
 * The calls of libnccl.so.2 that we use, as its header nccl.h declares them (version 2.30; none has
 * changed since 2.18). A {@code long} is a communicator, a stream, an address or a size; an array
 * is what C has a pointer for. The library is looked for when it is first wanted: a GPU alone does
 * without it.
 */
final class NcclLibrary {
  static final String NAME = "libnccl.so.2";

  /** ncclDataType_t: bytes, which are only moved. */
  static final int UINT8 = 1;

  static final int SUM = 0;

  private static final int SUCCESS = 0;
  private static final int IN_PROGRESS = 7;
  private static final List<String> RESULTS =
      List.of(
          "ncclSuccess",
          "ncclUnhandledCudaError",
          "ncclSystemError",
          "ncclInternalError",
          "ncclInvalidArgument",
          "ncclInvalidUsage",
          "ncclRemoteError",
          "ncclInProgress",
          "ncclTimeout");

  private static String reason;

  private NcclLibrary() {}

  /** What names a communicator to the ranks that open it; C passes it by value. */
  @Structure.FieldOrder("internal")
  public static class UniqueId extends Structure {
    static final int BYTES = 128;

    public byte[] internal = new byte[BYTES];

    /** As an argument. */
    public static final class ByValue extends UniqueId implements Structure.ByValue {}
  }

  static native int ncclGetVersion(int[] version);

  static native int ncclGetUniqueId(UniqueId id);

  static native int ncclCommInitRank(long[] communicator, int ranks, UniqueId.ByValue id, int rank);

  static native int ncclAllReduce(
      long send, long receive, long count, int type, int operation, long communicator, long stream);

  static native int ncclAllGather(
      long send, long receive, long count, int type, long communicator, long stream);

  static native int ncclBroadcast(
      long send, long receive, long count, int type, int root, long communicator, long stream);

  static native int ncclCommGetAsyncError(long communicator, int[] error);

  static native int ncclCommDestroy(long communicator);

  static native int ncclCommAbort(long communicator);

  static native String ncclGetErrorString(int result);

  static native String ncclGetLastError(long communicator);

  /**
   * Loads and binds the library.
   *
   * @return empty, or why it cannot be used
   */
  static synchronized String load() {
    if (reason == null) {
      reason = NativeLibraries.load(NAME);
      for (Path beside : besideOthers()) {
        if (!reason.isEmpty() && Files.exists(beside)) {
          reason = NativeLibraries.load(beside.toString());
        }
      }
      if (reason.isEmpty()) {
        reason = bind(NAME);
      }
    }
    return reason;
  }

  /** Binds the calls to a library that is loaded; empty, or what it lacks. */
  private static String bind(String name) {
    try {
      Native.register(NcclLibrary.class, NativeLibrary.getInstance(name));
      return "";
    } catch (UnsatisfiedLinkError e) {
      return String.valueOf(e.getMessage()).lines().findFirst().orElse(name).strip();
    }
  }

  /**
   * Where the library may lie if cuBLAS or cuDNN was found in a folder that the loader does not
   * know: in that folder, as toolkits have it, or as pip unpacks NVIDIA's packages, each to a
   * folder of its own.
   */
  private static List<Path> besideOthers() {
    List<Path> files = new ArrayList<>();
    for (String other : List.of("libcublas.so", "libcudnn.so")) {
      for (Path library : NativeLibraries.loaded(other)) {
        files.add(library.resolveSibling(NAME));
        files.add(library.resolveSibling(Path.of("..", "..", "nccl", "lib", NAME)).normalize());
      }
    }
    return files;
  }

  /**
   * Loads the library.
   *
   * @throws UserError if it is missing, which says what adds it
   */
  static void require() {
    String missing = load();
    if (!missing.isEmpty()) {
      throw new UserError(
          "several GPUs train together through NVIDIA's NCCL, but "
              + NAME
              + " cannot be loaded ("
              + missing
              + "); install it (from NVIDIA's CUDA repository: apt-get install libnccl2; or pip"
              + " install nvidia-nccl-cu12, and name its folder nvidia/nccl/lib in"
              + " LD_LIBRARY_PATH)");
    }
  }

  /** Such as 2.30.7; empty where the library is missing. */
  static Optional<String> version() {
    if (!load().isEmpty()) {
      return Optional.empty();
    }
    int[] code = new int[1];
    check("asking for its version", ncclGetVersion(code));
    // Of 2.9 and later: major * 10000 + minor * 100 + patch.
    return Optional.of(code[0] / 10000 + "." + code[0] / 100 % 100 + "." + code[0] % 100);
  }

  /** ncclDataType_t of numbers that are added up. */
  static int typeOf(DType type) {
    return switch (type) {
      case F32 -> 7;
      case BF16 -> 9;
      default -> throw new IllegalArgumentException("NCCL is not asked to add up " + type.label());
    };
  }

  /** Throws what a call failed with. */
  static void check(String operation, int result) {
    if (result != SUCCESS && result != IN_PROGRESS) {
      throw new CudaFailure("NCCL: " + operation + " failed with " + text(result));
    }
  }

  /** Whether an asynchronous error is none. */
  static boolean isFine(int result) {
    return result == SUCCESS || result == IN_PROGRESS;
  }

  /** A result's name and text, and what NCCL says of the last failure, on one line. */
  static String text(int result) {
    String name = result < RESULTS.size() ? RESULTS.get(result) : "result " + result;
    String last = ncclGetLastError(0);
    String why = last == null ? "" : last.strip().replaceAll("\\s+", " ");
    return name
        + " ("
        + ncclGetErrorString(result)
        + (why.isEmpty() || why.equals("no error") ? "" : ": " + why)
        + ")";
  }
}
