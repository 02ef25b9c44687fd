package sakd.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.function.IntFunction;
import sakd.data.Targets;
import sakd.infer.ClassShares;
import sakd.infer.Detection;

/** Writes what a network sees in images, one after another, in one of the forms of a result. */
interface PredictionWriter {
  /**
   * The writer of a form.
   *
   * @param kind what the network finds
   * @param perStep whether after every step
   */
  static PredictionWriter of(
      ResultFormat format,
      PrintWriter out,
      IntFunction<String> names,
      Targets.Kind kind,
      boolean perStep) {
    return switch (format) {
      case TEXT -> new PredictionPrinter(out, names);
      case JSON -> new PredictionJson(out, names);
      case CSV -> new PredictionCsv(out, names, kind, perStep);
    };
  }

  /**
   * Which classes a whole image may be of.
   *
   * @param likeliest classes and their probabilities, the likeliest first
   * @param steps the same after every step; empty where that was not asked for
   */
  void classes(
      String image, List<ClassShares.Share> likeliest, List<List<ClassShares.Share>> steps);

  /**
   * Which parts of an image the classes have.
   *
   * @param classes those that were found and their shares of the pixels, the largest first
   */
  void pixels(String image, List<ClassShares.Share> classes);

  /** Which objects are in an image. */
  void objects(String image, List<Detection> found);

  /** An image that could not be read. */
  void unreadable(String image, String why);
}
