package sakd.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import sakd.base.UserError;
import sakd.data.Targets;

/**
 * Whether the options of {@code predict} fit what the network finds.
 *
 * @param output null if there is none
 * @param threshold null if there is none
 */
record PredictFit(Path weights, Path output, boolean overlay, boolean perStep, Float threshold) {
  /**
   * Refuses what does not fit.
   *
   * @param kind what the network finds
   * @param array whether its input is an array, not pictures
   * @throws UserError with what to do
   */
  void require(Targets.Kind kind, boolean array) {
    if (overlay && kind != Targets.Kind.MASKS) {
      throw new UserError(
          "--overlay is for segmentation networks, and "
              + weights
              + (kind == Targets.Kind.BOXES ? " finds objects" : " classifies whole pictures")
              + "; leave it out");
    }
    if (overlay && (output == null || array)) {
      throw new UserError(
          "--overlay "
              + (array ? "needs pictures, not an array" : "has no folder to write to")
              + "; expected pictures as --input and a folder as --output, give both");
    }
    if (kind != Targets.Kind.CLASSES && perStep) {
      throw new UserError(
          "--per-step is for networks that classify whole pictures, and "
              + weights
              + (kind == Targets.Kind.BOXES ? " finds objects" : " says the class of every pixel")
              + "; leave it out");
    }
    if (kind != Targets.Kind.BOXES && threshold != null) {
      throw new UserError(
          "--threshold is for detectors, and " + weights + " holds none; leave it out");
    }
    if (threshold != null && !(threshold >= 0 && threshold <= 1)) {
      throw new UserError(
          "--threshold is " + threshold + "; expected a score from 0 to 1, such as 0.5");
    }
    if (output == null || kind == Targets.Kind.CLASSES) {
      return;
    }
    if (kind == Targets.Kind.BOXES && BoxFiles.isResults(output)) {
      return;
    }
    String what = kind == Targets.Kind.BOXES ? "pictures with boxes, or FILE.json" : "masks";
    if (Files.exists(output) && !Files.isDirectory(output)) {
      throw new UserError(
          "--output " + output + " is a file; expected a folder for " + what + ", give one");
    }
    if (kind == Targets.Kind.BOXES && array) {
      throw new UserError(
          "--output "
              + output
              + " is for pictures with boxes, and --input is an array; expected"
              + " FILE.json, or pictures as --input");
    }
  }
}
