package sakd.infer;

import sakd.data.Dataset;
import sakd.ops.Ops;

/** A meter that also counts which class was taken for which. */
public sealed interface ConfusionMeter extends Meter permits ClassificationReport, PixelConfusion {
  /**
   * What was counted, by the class it is (row) and the class it was taken for (column): samples, or
   * pixels.
   */
  long[][] confusion();

  /** The meter for what is to be found in a set. */
  static ConfusionMeter of(Ops ops, Dataset set) {
    return switch (set.targetKind()) {
      case CLASSES -> new ClassificationReport(ops, set.classes());
      case MASKS -> new PixelConfusion(ops, set.classes());
      case BOXES -> throw new IllegalArgumentException("boxes have no confusion");
    };
  }
}
