package sakd.data.event;

/** How a recording is cut into frames; SpikingJelly's {@code split_by} "number" and "time". */
public enum FrameSplit {
  /** Every frame has as many events; the last one has the rest too. */
  COUNT,
  /** Every frame lasts as long. */
  TIME
}
