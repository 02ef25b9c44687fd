package sakd.infer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.base.UserError;
import sakd.data.image.PictureSource;
import sakd.io.ImageFiles;
import sakd.model.ImageSpec;

/** Pictures come in their order, and not before they are needed. */
class PictureReaderTest {
  private static final ImageSpec GREY =
      new ImageSpec(1, 1, 1, List.of(0f), List.of(1 / 255f), List.of());

  @TempDir Path folder;
  private final List<Path> files = new ArrayList<>();

  @BeforeEach
  void pictures() throws IOException {
    for (int i = 0; i < 50; i++) {
      Path file = folder.resolve(i + ".png");
      Files.write(file, ImageFiles.png(new byte[] {(byte) i}, 1, 1, 1));
      files.add(file);
    }
  }

  @Test
  void theOrderIsKeptAndWhatIsUnreadableIsLeftOut() throws IOException {
    Files.writeString(files.get(3), "no picture");
    Files.delete(files.get(21));
    List<String> unreadable = new ArrayList<>();
    List<String> names = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    try (ImageReader reader = reader(GREY, files)) {
      assertEquals(50, reader.images());
      while (reader.hasNext()) {
        ImageReader.Batch batch =
            reader.batch(
                20,
                ImageReader.MOST_VALUES,
                (name, e) -> {
                  assertTrue(e.getMessage().contains(name), name);
                  unreadable.add(e.getMessage());
                });
        sizes.add(batch.size());
        for (int i = 0; i < batch.size(); i++) {
          names.add(batch.names().get(i));
          String expected =
              folder.resolve(Math.round(batch.images().get(i).pixels()[0]) + ".png") + "";
          assertEquals(expected, batch.names().get(i));
        }
      }
    }
    assertEquals(List.of(3, 17, 20, 8), sizes, "one that is unreadable ends a batch");
    assertEquals(48, names.size());
    assertEquals(2, unreadable.size());
    assertTrue(unreadable.get(0).startsWith(files.get(3) + ": "), unreadable.get(0));
    assertTrue(unreadable.get(1).contains(files.get(21).toString()), unreadable.get(1));
  }

  /** A file that is written after the first batch was taken is read as it then is. */
  @Test
  void nothingIsReadLongBeforeItsTurn() throws IOException {
    Path late = folder.resolve("late.png");
    int many = 100 * Runtime.getRuntime().availableProcessors();
    List<Path> all = new ArrayList<>(Collections.nCopies(many, files.get(7)));
    all.add(late);
    try (ImageReader reader = reader(GREY, all)) {
      assertEquals(10, reader.batch(10).size());
      Files.write(late, ImageFiles.png(new byte[] {99}, 1, 1, 1));
      ImageReader.Batch rest = reader.batch(Integer.MAX_VALUE);
      assertEquals(many - 9, rest.size());
      assertArrayEquals(new float[] {99}, rest.images().get(many - 10).pixels(), 1e-4f);
      assertFalse(reader.hasNext());
    }
  }

  @Test
  void aNetworkThatTakesNoPicturesIsRefusedOnce() {
    ImageSpec wide = new ImageSpec(1, 2, 1, List.of(0f), List.of(1f), List.of());
    UserError e = assertThrows(UserError.class, () -> reader(wide, files));
    assertTrue(e.getMessage().contains("pictures cannot be turned into"), e.getMessage());
  }

  private static PictureReader reader(ImageSpec spec, List<Path> files) {
    return PictureReader.sized(spec, files.stream().map(PictureSource::of).toList());
  }
}
