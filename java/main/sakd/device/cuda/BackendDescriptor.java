package sakd.device.cuda;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;

/**
 * A descriptor of cuDNN's graph calls: made, given its attributes, finished, and then read or
 * handed to others, which keep what they need of it.
 */
final class BackendDescriptor implements AutoCloseable {
  /** What a descriptor stands for, with its number in cuDNN's header. */
  enum Kind {
    CONVOLUTION(1),
    ENGINE(2),
    ENGINE_CONFIGURATION(3),
    HEURISTICS(4),
    EXECUTION_PLAN(5),
    CONVOLUTION_FORWARD(10),
    CONVOLUTION_BACKWARD_FILTER(11),
    CONVOLUTION_BACKWARD_DATA(12),
    OPERATION_GRAPH(15),
    VARIANT_PACK(16),
    TENSOR(17),
    DEVICE_PROPERTIES(38);

    private final int number;

    Kind(int number) {
      this.number = number;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  private final Kind kind;
  private final long address;
  private boolean closed;

  BackendDescriptor(Kind kind) {
    this.kind = kind;
    long[] made = new long[1];
    check("making", CudnnLibrary.cudnnBackendCreateDescriptor(kind.number, made));
    this.address = made[0];
  }

  Kind kind() {
    return kind;
  }

  long address() {
    return address;
  }

  /** Sets numbers, addresses or constants of cuDNN, as wide as the attribute's type has them. */
  BackendDescriptor set(BackendAttribute attribute, long... values) {
    int name = attribute.number;
    int type = attribute.type.number;
    check(
        attribute,
        attribute.type.bytes == Long.BYTES
            ? CudnnLibrary.cudnnBackendSetAttribute(address, name, type, values.length, values)
            : CudnnLibrary.cudnnBackendSetAttribute(
                address,
                name,
                type,
                values.length,
                LongStream.of(values).mapToInt(Math::toIntExact).toArray()));
    return this;
  }

  BackendDescriptor setFloat(BackendAttribute attribute, float value) {
    check(
        attribute,
        CudnnLibrary.cudnnBackendSetAttribute(
            address, attribute.number, attribute.type.number, 1, new float[] {value}));
    return this;
  }

  BackendDescriptor setText(BackendAttribute attribute, byte[] text) {
    check(
        attribute,
        CudnnLibrary.cudnnBackendSetAttribute(
            address, attribute.number, attribute.type.number, text.length, text));
    return this;
  }

  BackendDescriptor set(BackendAttribute attribute, BackendDescriptor... others) {
    return set(attribute, Arrays.stream(others).mapToLong(BackendDescriptor::address).toArray());
  }

  /** Ends the setting of attributes; cuDNN looks at them as a whole. */
  BackendDescriptor finish() {
    check("finishing", CudnnLibrary.cudnnBackendFinalize(address));
    return this;
  }

  /** The value of an attribute that has one. */
  long number(BackendAttribute attribute) {
    long[] value = new long[1];
    check(
        attribute,
        CudnnLibrary.cudnnBackendGetAttribute(
            address, attribute.number, attribute.type.number, 1, new long[1], value));
    return value[0];
  }

  /** All values of an attribute of constants. */
  int[] constants(BackendAttribute attribute) {
    int[] values = new int[count(attribute)];
    check(
        attribute,
        CudnnLibrary.cudnnBackendGetAttribute(
            address, attribute.number, attribute.type.number, values.length, new long[1], values));
    return values;
  }

  byte[] text(BackendAttribute attribute) {
    byte[] text = new byte[count(attribute)];
    check(
        attribute,
        CudnnLibrary.cudnnBackendGetAttribute(
            address, attribute.number, attribute.type.number, text.length, new long[1], text));
    return text;
  }

  /** The descriptors of an attribute; the caller closes them. */
  List<BackendDescriptor> descriptors(BackendAttribute attribute, Kind of) {
    // cuDNN fills descriptors that are there.
    List<BackendDescriptor> filled = new ArrayList<>();
    try {
      int room = count(attribute);
      while (filled.size() < room) {
        filled.add(new BackendDescriptor(of));
      }
      long[] got = new long[1];
      check(
          attribute,
          CudnnLibrary.cudnnBackendGetAttribute(
              address,
              attribute.number,
              attribute.type.number,
              room,
              got,
              filled.stream().mapToLong(BackendDescriptor::address).toArray()));
      while (filled.size() > Math.min(room, got[0])) {
        filled.remove(filled.size() - 1).close();
      }
      return filled;
    } catch (RuntimeException e) {
      filled.forEach(BackendDescriptor::close);
      throw e;
    }
  }

  private int count(BackendAttribute attribute) {
    long[] count = new long[1];
    check(
        attribute,
        CudnnLibrary.cudnnBackendGetAttribute(
            address, attribute.number, attribute.type.number, 0, count, (long[]) null));
    return Math.toIntExact(count[0]);
  }

  private void check(BackendAttribute attribute, int status) {
    if (status != 0) {
      check("attribute " + attribute, status);
    }
  }

  private void check(String operation, int status) {
    if (status != 0) {
      CudaErrors.checkCudnn(operation + " of a descriptor (" + kind + ")", status);
    }
  }

  /** A second call does nothing. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      CudnnLibrary.cudnnBackendDestroyDescriptor(address);
    }
  }
}
