package sakd.ops;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import sakd.base.UserError;
import sakd.device.DType;

/** What the processes of one training tell each other from the host's memory; all wait for it. */
public final class RankTransfers {
  private RankTransfers() {}

  /** The bytes of every rank, in the order of ranks; they need not be equally many. */
  public static List<byte[]> gather(Ops ops, byte[] own) {
    if (ops.ranks() == 1) {
      return List.of(own);
    }
    int[] lengths;
    try (Tensor length = ops.allocate(DType.I32, 1);
        Tensor all = ops.allocate(DType.I32, ops.ranks())) {
      Transfers.setInts(ops.device(), length, own.length);
      ops.gatherRanks(length, all);
      lengths = Transfers.ints(ops.device(), all);
    }
    int longest = 1;
    for (int n : lengths) {
      longest = Math.max(longest, n);
    }
    byte[] padded = new byte[longest];
    System.arraycopy(own, 0, padded, 0, own.length);
    ByteBuffer received = ByteBuffer.allocateDirect(Math.multiplyExact(longest, ops.ranks()));
    try (Tensor part = ops.allocate(DType.U8, longest);
        Tensor all = ops.allocate(DType.U8, ops.ranks(), longest)) {
      Transfers.setBytes(ops.device(), part, padded);
      ops.gatherRanks(part, all);
      ops.device().download(all.memory(), received);
    }
    List<byte[]> each = new ArrayList<>();
    for (int rank = 0; rank < lengths.length; rank++) {
      byte[] bytes = new byte[lengths[rank]];
      received.get(rank * longest, bytes);
      each.add(bytes);
    }
    return each;
  }

  /** Writes what a rank has to say. */
  @FunctionalInterface
  public interface Writer {
    void write(DataOutput out) throws IOException;
  }

  /** Reads what a rank has said, as it was written. */
  @FunctionalInterface
  public interface Reader {
    void read(DataInput in) throws IOException;
  }

  /** Tells all ranks what each has to say, to be read in the order of ranks. */
  public static void exchange(Ops ops, Writer own, Reader each) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      own.write(new DataOutputStream(bytes));
      for (byte[] part : gather(ops, bytes.toByteArray())) {
        each.read(new DataInputStream(new ByteArrayInputStream(part)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // In memory: what is read is not what was written.
    }
  }

  /**
   * Does this rank's share of some work; what is wrong with that of any is wrong for all.
   *
   * @return what this rank's share gives
   * @throws UserError if something is: on all ranks what the first such rank says
   */
  public static <T> T together(Ops ops, Supplier<T> share) {
    T result = null;
    UserError wrong = null;
    try {
      result = share.get();
    } catch (UserError e) {
      wrong = e;
    }
    agree(ops, wrong);
    return result;
  }

  private static void agree(Ops ops, UserError own) {
    String said = own == null ? "" : own.getMessage();
    for (byte[] part : gather(ops, said.getBytes(StandardCharsets.UTF_8))) {
      String message = new String(part, StandardCharsets.UTF_8);
      if (!message.isEmpty()) {
        throw message.equals(said) ? own : new UserError(message);
      }
    }
  }

  /** The numbers of every rank, in the order of ranks; they need not be equally many. */
  public static List<double[]> gather(Ops ops, double... own) {
    ByteBuffer bytes = ByteBuffer.allocate(own.length * Double.BYTES);
    bytes.asDoubleBuffer().put(own);
    List<double[]> each = new ArrayList<>();
    for (byte[] part : gather(ops, bytes.array())) {
      double[] values = new double[part.length / Double.BYTES];
      ByteBuffer.wrap(part).asDoubleBuffer().get(values);
      each.add(values);
    }
    return each;
  }

  /**
   * The sums over all ranks, added in the order of ranks: all get the same bits, and whole numbers
   * below 2^53 exactly.
   */
  public static double[] sum(Ops ops, double... own) {
    List<double[]> each = gather(ops, own);
    double[] sums = each.get(0);
    for (double[] part : each.subList(1, each.size())) {
      for (int i = 0; i < sums.length; i++) {
        sums[i] += part[i];
      }
    }
    return sums;
  }

  /**
   * The same of counts below 2^53, exactly; a rank that has fewer of them has 0 of the others,
   * which all get.
   */
  public static long[] counts(Ops ops, long... own) {
    long[] sums = {};
    for (double[] part : gather(ops, Arrays.stream(own).asDoubleStream().toArray())) {
      sums = Arrays.copyOf(sums, Math.max(sums.length, part.length));
      for (int i = 0; i < part.length; i++) {
        sums[i] += (long) part[i];
      }
    }
    return sums;
  }

  /** table = the same of a table, which is of one size on all ranks. */
  public static void addCounts(Ops ops, long[][] table) {
    long[] all = counts(ops, Arrays.stream(table).flatMapToLong(Arrays::stream).toArray());
    int at = 0;
    for (long[] row : table) {
      System.arraycopy(all, at, row, 0, row.length);
      at += row.length;
    }
  }
}
