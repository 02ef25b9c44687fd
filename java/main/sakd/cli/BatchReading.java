package sakd.cli;

import java.util.function.BiConsumer;
import java.util.function.Consumer;
import sakd.base.UserError;
import sakd.infer.ImageReader;

/**
 * Reads images in batches; those that cannot be read are named and left out.
 *
 * @param most images of a batch
 * @param left gets, in the order of the images, the name of each that cannot be read, and why
 */
record BatchReading(ImageReader images, int most, BiConsumer<String, String> left) {
  /**
   * Reads all images.
   *
   * @param mostValues how many values of pixels a batch may have
   * @return how many could not be read
   * @throws UserError if there is one image and it cannot be read
   */
  int each(long mostValues, Consumer<ImageReader.Batch> use) {
    int unreadable = 0;
    while (images.hasNext()) {
      Left[] after = new Left[1];
      ImageReader.Batch batch =
          images.batch(most, mostValues, (name, why) -> after[0] = new Left(name, why));
      if (batch.size() > 0) {
        use.accept(batch);
      }
      if (after[0] != null) {
        unreadable++;
        left.accept(after[0].name, after[0].why.getMessage());
        if (images.images() == 1) {
          throw after[0].why;
        }
      }
    }
    return unreadable;
  }

  /** An image left out. */
  private record Left(String name, UserError why) {}

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
