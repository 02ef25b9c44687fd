package sakd.cli;

import java.io.PrintWriter;
import java.util.function.Consumer;
import sakd.base.UserError;
import sakd.infer.ImageReader;

/**
 * Reads images in batches; of several, those that cannot be read are named and left out.
 *
 * @param most images of a batch
 * @param notes where they are named
 */
record BatchReading(ImageReader images, int most, PrintWriter notes) {
  /**
   * Reads all images.
   *
   * @param mostValues how many values of pixels a batch may have
   * @return how many could not be read
   */
  int each(long mostValues, Consumer<ImageReader.Batch> use) {
    int[] unreadable = new int[1];
    while (images.hasNext()) {
      ImageReader.Batch batch =
          images.batch(
              most,
              mostValues,
              e -> {
                unreadable[0]++;
                skip(e);
              });
      if (batch.size() > 0) {
        use.accept(batch);
      }
    }
    return unreadable[0];
  }

  /** Goes on after an image that cannot be read, if there are others. */
  private void skip(UserError e) {
    if (images.images() == 1) {
      throw e;
    }
    notes.println("note: " + Suggestions.oneLine(e.getMessage()));
  }

  /** Fails at the end if images are missing. */
  void requireAll(int unreadable) {
    if (unreadable > 0) {
      throw new UserError(
          unreadable
              + " of "
              + images.images()
              + " images could not be classified, for the reasons in the notes; expected images that"
              + " can be read, replace those named"
              + (unreadable < images.images() ? " (the others are done)" : ""));
    }
  }
}
