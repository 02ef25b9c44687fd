package sakd.infer;

/** A meter that also counts which class was taken for which. */
public sealed interface ConfusionMeter extends DetailMeter
    permits ClassificationReport, PixelConfusion {
  /**
   * What was counted, by the class it is (row) and the class it was taken for (column): samples, or
   * pixels.
   */
  long[][] confusion();
}
