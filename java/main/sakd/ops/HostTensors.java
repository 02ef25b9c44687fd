package sakd.ops;

import sakd.device.cpu.Elements;

/** What {@link ReferenceOps} reads and writes of tensors in host memory. */
final class HostTensors {
  private HostTensors() {}

  /** A tensor's memory may be larger than it. */
  private static void requireInside(Tensor t, long from, int count) {
    if (from < 0 || from > t.size() - count) {
      throw new IndexOutOfBoundsException(
          "elements " + from + " to " + (from + count) + " of " + t);
    }
  }

  /** The {@code count} elements from {@code from}. */
  static double[] read(Tensor t, long from, int count) {
    requireInside(t, from, count);
    return Elements.read(t.memory(), t.type(), from, count);
  }

  /** All of a tensor of parameters, statistics or logits. */
  static double[] read(Tensor t) {
    return read(t, 0, Math.toIntExact(t.size()));
  }

  /** Writes elements from {@code from} on, rounded to the tensor's type. */
  static void write(Tensor t, long from, double[] values) {
    requireInside(t, from, values.length);
    Elements.write(t.memory(), t.type(), from, values);
  }

  /** All of an I32 tensor. */
  static int[] readInts(Tensor t) {
    return Elements.readInts(t.memory(), 0, Math.toIntExact(t.size()));
  }

  /** The labels, each in [0, classes). */
  static int[] labels(Tensor labels, int classes) {
    int[] y = readInts(labels);
    for (int label : y) {
      if (label < 0 || label >= classes) {
        throw new IllegalArgumentException("label " + label + " of " + classes + " classes");
      }
    }
    return y;
  }
}
