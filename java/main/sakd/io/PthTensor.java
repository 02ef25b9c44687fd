package sakd.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;

/**
 * A tensor as PyTorch pickles it: a window into a storage. Nothing of it has been read yet.
 *
 * @param storage the storage's key in the file
 * @param offset of the first element, in elements
 * @param stride elements from one index to the next, for each dimension
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record PthTensor(Storage storage, long offset, int[] shape, long[] stride) {
  /**
   * Checks that there is a storage and that the shape is one.
   *
   * @throws IllegalArgumentException if not
   */
  PthTensor {
    if (storage == null) {
      throw new IllegalArgumentException("a tensor without storage");
    }
    HostTensor.numel(shape);
  }

  /** A run of elements of one type under a key of the file. */
  record Storage(String dtype, String key, long numel) {}

  private static final Map<String, String> STORAGES =
      Map.of(
          "DoubleStorage", "F64",
          "FloatStorage", "F32",
          "HalfStorage", "F16",
          "BFloat16Storage", "BF16",
          "LongStorage", "I64",
          "IntStorage", "I32",
          "ShortStorage", "I16",
          "CharStorage", "I8",
          "ByteStorage", "U8",
          "BoolStorage", "BOOL");

  /** The element type of PyTorch's storage class, or null if none is of that name. */
  static String dtypeOf(String storageClass) {
    return STORAGES.get(storageClass);
  }

  /** PyTorch's storage class for elements of that type. */
  static String storageOf(String dtype) {
    return STORAGES.entrySet().stream()
        .filter(e -> e.getValue().equals(dtype))
        .findFirst()
        .orElseThrow()
        .getKey();
  }

  /** Strides of a tensor without gaps, the last dimension innermost. */
  static int[] contiguous(int... shape) {
    int[] stride = new int[shape.length];
    int step = 1;
    for (int d = shape.length - 1; d >= 0; d--) {
      stride[d] = step;
      step *= Math.max(shape[d], 1);
    }
    return stride;
  }

  /** Why the tensor cannot be inside its storage, or null if it can. */
  String problem() {
    long numel = HostTensor.numel(shape);
    if (numel == 0) {
      return null;
    }
    if (offset < 0 || offset > storage.numel) {
      return "starts outside its storage of " + storage.numel + " elements";
    }
    long last = offset; // Below 2^31 from here on, and so each sum below 2^63.
    for (int d = 0; d < shape.length; d++) {
      if (stride[d] < 0 || stride[d] > storage.numel) {
        return "has the stride " + stride[d];
      }
      last += (shape[d] - 1L) * stride[d];
      if (last > storage.numel) {
        break;
      }
    }
    boolean inside = last < storage.numel && numel <= storage.numel;
    return inside ? null : "reaches outside its storage of " + storage.numel + " elements";
  }

  /** Whether the elements lie one after the other, in C order. */
  boolean isContiguous() {
    int[] dense = contiguous(shape);
    for (int d = 0; d < shape.length; d++) {
      if (shape[d] > 1 && stride[d] != dense[d]) {
        return false;
      }
    }
    return true;
  }

  /** Bytes of the tensor's elements. */
  long bytes() {
    return HostTensor.numel(shape) * HostTensor.elementSize(storage.dtype);
  }

  /** The tensor, given its storage's bytes: shared if they lie as they should, else copied. */
  HostTensor of(ByteBuffer data) {
    int size = HostTensor.elementSize(storage.dtype);
    if (bytes() == 0 || isContiguous()) {
      int from = bytes() == 0 ? 0 : Math.toIntExact(offset * size);
      return new HostTensor(storage.dtype, shape, data.slice(from, Math.toIntExact(bytes())));
    }
    ByteBuffer copy = ByteBuffer.allocate(Math.toIntExact(bytes())).order(ByteOrder.LITTLE_ENDIAN);
    int[] index = new int[shape.length];
    while (copy.hasRemaining()) {
      long at = offset;
      for (int d = 0; d < index.length; d++) {
        at += index[d] * stride[d];
      }
      copy.put(data.slice(Math.toIntExact(at * size), size));
      for (int d = index.length - 1; d >= 0 && ++index[d] == shape[d]; d--) {
        index[d] = 0;
      }
    }
    return new HostTensor(storage.dtype, shape, copy.flip());
  }

  @Override
  public String toString() {
    return storage.dtype + Arrays.toString(shape);
  }
}
