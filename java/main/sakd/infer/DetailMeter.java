package sakd.infer;

import sakd.data.Dataset;
import sakd.ops.Ops;

/** A meter that tells more than scores: of each class, or of each time step. */
public sealed interface DetailMeter extends Meter permits ConfusionMeter, BoxMeter {
  /** Whether its scores are all that its task has: no other meter has to measure them then. */
  boolean measuresScores();

  /** The meter for what is to be found in a set. */
  static DetailMeter of(Ops ops, Dataset set) {
    return switch (set.targetKind()) {
      case CLASSES -> new ClassificationReport(ops, set.classes());
      case MASKS -> new PixelConfusion(ops, set.classes());
      case BOXES -> new BoxMeter(ops, set.classes());
    };
  }
}
