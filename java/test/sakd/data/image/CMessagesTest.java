package sakd.data.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import sakd.base.UserError;
import sakd.testing.JavaProcess;

/**
 * What a process prints that decodes damaged pictures; it is one of its own, as C prints past Java.
 */
class CMessagesTest {
  /**
   * Decodes pictures with a gap before their segments, which libjpeg reports, on several threads.
   */
  static final class Decoding {
    public static void main(String[] args) {
      byte[] picture = withGap();
      System.err.println(
          IntStream.range(0, 64).parallel().filter(i -> isRefused(picture)).count() + " refused");
      Function.getFunction("c", "fputs")
          .invokeInt(
              new Object[] {
                "of C\n",
                NativeLibrary.getProcess().getGlobalVariableAddress("stderr").getPointer(0)
              });
    }
  }

  private static boolean isRefused(byte[] picture) {
    try {
      PictureDecoder.decode("a picture", picture, (width, height) -> 1);
      return false;
    } catch (UserError e) {
      return true;
    }
  }

  private static byte[] withGap() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB), "jpg", out);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    byte[] whole = out.toByteArray();
    byte[] gap = new byte[whole.length + 4];
    System.arraycopy(whole, 0, gap, 0, 2);
    System.arraycopy(whole, 2, gap, 6, whole.length - 2);
    return gap;
  }

  @Test
  void damagedPicturesPrintNothingAndOtherMessagesOfCStay() throws Exception {
    assumeTrue(PictureDecoder.turbo(), "Leptonica does not load");
    var decoding = new ProcessBuilder(JavaProcess.command(Decoding.class));
    assertEquals("64 refused\nof C\n", JavaProcess.output(decoding));
  }
}
