package sakd.ops;

/**
 * How {@link Ops#resize} makes a picture's pixels from those of another size, with the arithmetic
 * of {@code torch.nn.functional.interpolate(size=..., align_corners=False)}: output o of a side of
 * {@code in} pixels that becomes {@code out} lies at {@code in / out} (o + 1/2) - 1/2, computed in
 * float32.
 */
public enum Resize {
  /** Between the two neighbours of every side; beyond the outermost pixels they alone count. */
  BILINEAR,

  /** The pixel floor(o in / out), as {@code mode="nearest"} has it. */
  NEAREST
}
