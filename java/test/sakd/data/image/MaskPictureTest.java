package sakd.data.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** Masks as pictures. */
class MaskPictureTest {
  /** Colours that the VOC devkit publishes. */
  @Test
  void coloursAreThoseOfVoc() {
    assertEquals(0x000000, MaskPicture.colour(0)); // Background.
    assertEquals(0x800000, MaskPicture.colour(1)); // Aeroplane.
    assertEquals(0x008000, MaskPicture.colour(2)); // Bicycle.
    assertEquals(0x400000, MaskPicture.colour(8)); // Cat.
    assertEquals(0xc08080, MaskPicture.colour(15)); // Person.
    assertEquals(0x004080, MaskPicture.colour(20)); // TV monitor.
    assertEquals(0xe0e0c0, MaskPicture.colour(255)); // Nothing known.
  }

  @Test
  void indicesAreTheClasses() throws IOException {
    int height = 16;
    int width = 19;
    byte[] classes = new byte[height * width];
    for (int i = 0; i < classes.length; i++) {
      classes[i] = (byte) i;
    }
    BufferedImage read =
        ImageIO.read(new ByteArrayInputStream(MaskPicture.png(classes, height, width)));
    assertEquals(BufferedImage.TYPE_BYTE_INDEXED, read.getType());
    int[] found = read.getRaster().getSamples(0, 0, width, height, 0, (int[]) null);
    byte[] indices = new byte[found.length];
    for (int i = 0; i < found.length; i++) {
      indices[i] = (byte) found[i];
      assertEquals(MaskPicture.colour(i & 0xff), read.getRGB(i % width, i / width) & 0xffffff);
    }
    assertArrayEquals(classes, indices);
  }

  @Test
  void anOverlayIsHalfOfEachButOnTheBackground() throws IOException {
    byte[] picture = {100, 20, (byte) 200, 40, 0, 60}; // Two pixels: (100, 200, 0), (20, 40, 60).
    BufferedImage read =
        ImageIO.read(
            new ByteArrayInputStream(MaskPicture.overlay(picture, 3, new byte[] {15, 0}, 1, 2)));
    assertEquals(0x92a440, read.getRGB(0, 0) & 0xffffff); // Halves of c08080 and 64c800.
    assertEquals(0x14283c, read.getRGB(1, 0) & 0xffffff);
  }
}
