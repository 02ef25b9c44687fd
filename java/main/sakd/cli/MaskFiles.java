package sakd.cli;

import java.nio.file.Path;
import java.util.List;
import sakd.data.image.MaskPicture;
import sakd.infer.MaskPredictor;
import sakd.model.ImageSpec;

/**
 * Writes masks into a folder: for {@code a/cat.jpg} the mask as {@code cat.png} and, if asked, the
 * picture under its colours as {@code cat-overlay.png}.
 *
 * @param overlay whether to write that too
 * @param how pictures became what the network saw; null only without overlays
 */
record MaskFiles(Path folder, boolean overlay, ImageSpec how) {
  /** What is written for each picture. */
  PictureFiles files() {
    return new PictureFiles(
        folder, "mask", overlay ? List.of(".png", "-overlay.png") : List.of(".png"));
  }

  /**
   * Writes the files of a mask.
   *
   * @throws sakd.base.UserError if they cannot be written
   */
  void write(MaskPredictor.Mask mask) {
    List<Path> files = files().of(mask.name());
    PictureFiles.write(files.get(0), MaskPicture.png(mask.classes(), mask.height(), mask.width()));
    if (overlay) {
      byte[] picture = how.pixels(mask.image());
      PictureFiles.write(
          files.get(1),
          MaskPicture.overlay(
              picture, how.channels(), mask.classes(), mask.height(), mask.width()));
    }
  }
}
