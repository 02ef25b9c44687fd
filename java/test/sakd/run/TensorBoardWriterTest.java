package sakd.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import sakd.io.ImageFiles;
import sakd.testing.EventFiles;
import sakd.testing.ProtobufReader;

/** The bytes of an event file, field by field as TensorBoard's event.proto has them. */
class TensorBoardWriterTest {
  private static final long STEP = 300;

  @TempDir Path folder;

  @Test
  void everyKindOfValue() throws IOException {
    byte[] png = ImageFiles.png(new byte[] {0, 127, -1, 5, 6, 7}, 1, 2, 3);
    try (TensorBoardWriter writer = new TensorBoardWriter(folder.resolve("new"), STEP)) {
      writer.scalar("loss/total", -2.5, STEP);
      writer.histogram("gradients", new float[] {-1, 2, 2, Float.NaN, 0.5f}, STEP + 1);
      writer.histogram("constant", new float[] {3, 3}, STEP + 1);
      writer.histogram("none", new float[] {Float.NaN}, STEP + 1);
      writer.image("input", png, 3, 2, 1, 1L << 40);
      writer.text("settings", "    --T 4 – ü", STEP);
    }
    List<ProtobufReader> events = EventFiles.read(folder.resolve("new"));
    assertEquals("brain.Event:2", events.get(0).text(3));
    assertEquals(STEP, events.get(1).integer(2));
    assertEquals(1, events.get(1).message(7).integer(1), "SessionLog.START");
    assertEquals(7, events.size(), "an empty histogram is left out");
    for (ProtobufReader event : events) {
      assertEquals(System.currentTimeMillis() / 1000.0, event.real64(1), 60);
    }

    ProtobufReader scalar = value(events.get(2));
    assertEquals(STEP, events.get(2).integer(2));
    assertEquals("loss/total", scalar.text(1));
    assertEquals(-2.5f, scalar.real32(2));

    ProtobufReader histogram = value(events.get(3)).message(5);
    assertEquals("gradients", value(events.get(3)).text(1));
    assertArrayEquals(
        new double[] {-1, 2, 4, 3.5, 9.25},
        new double[] {
          histogram.real64(1),
          histogram.real64(2),
          histogram.real64(3),
          histogram.real64(4),
          histogram.real64(5)
        });
    double[] limits = histogram.packed(6);
    double[] counts = histogram.packed(7);
    assertEquals(30, limits.length);
    assertEquals(30, counts.length);
    assertEquals(2, limits[29]);
    assertEquals(1, counts[0]);
    assertEquals(2, counts[29]);
    assertTrue(limits[14] <= 0.5 + 1e-9 && limits[15] > 0.5 && counts[15] == 1, "0.5 is there");
    ProtobufReader constant = value(events.get(4)).message(5);
    assertArrayEquals(new double[] {3}, constant.packed(6));
    assertArrayEquals(new double[] {2}, constant.packed(7));

    ProtobufReader image = value(events.get(5)).message(4);
    assertEquals(1L << 40, events.get(5).integer(2));
    assertEquals(2, image.integer(1));
    assertEquals(3, image.integer(2));
    assertEquals(1, image.integer(3));
    assertEquals(
        127, ImageIO.read(new ByteArrayInputStream(image.bytes(4))).getRaster().getSample(1, 0, 0));

    ProtobufReader text = value(events.get(6));
    assertEquals("settings", text.text(1));
    assertEquals("text", text.message(9).message(1).text(1));
    assertEquals(7, text.message(8).integer(1), "DT_STRING");
    assertEquals(1, text.message(8).message(2).message(2).integer(1), "one element");
    assertEquals("    --T 4 – ü", text.message(8).text(8));
  }

  /** Nothing is read behind a record that a kill cut off, so nothing is written there. */
  @Test
  void everyWriterHasAFileOfItsOwn() throws IOException {
    for (int i = 0; i < 3; i++) {
      new TensorBoardWriter(folder, i).close();
    }
    try (var files = Files.list(folder)) {
      assertEquals(3, files.filter(f -> f.toString().contains("tfevents")).count());
    }
  }

  private static ProtobufReader value(ProtobufReader event) {
    return event.message(5).message(1);
  }
}
