package sakd.data.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import sakd.base.SplitMix64;

class DistortionTest {
  private static final int SIDE = 20;
  private static final int AREA = SIDE * SIDE;

  /** What PIL 9.4 makes of {@link #picture}: ImageOps and ImageEnhance, a checksum of all bytes. */
  private static final Map<String, Integer> PIL =
      Map.of(
          "invert", 659574937,
          "solarize", -1609472584,
          "posterize", -982694847,
          "autoContrast", 644844707,
          "equalize", 319929320);

  @Test
  void operationsAreThoseOfPil() {
    Map<String, Integer> sums = new TreeMap<>();
    sums.put("invert", sum(Raster::invert));
    sums.put("solarize", sum(r -> r.solarize(100)));
    sums.put("posterize", sum(r -> r.posterize(3)));
    sums.put("autoContrast", sum(Raster::autoContrast));
    sums.put("equalize", sum(Raster::equalize));
    assertEquals(PIL, sums);
  }

  @Test
  void blendsAgainstBlackGreyAndBlur() {
    assertArrayEquals(picture().pixels(), changed(r -> r.brightness(1)));
    assertArrayEquals(picture().pixels(), changed(r -> r.colour(1)));
    assertArrayEquals(picture().pixels(), changed(r -> r.contrast(1)));
    assertArrayEquals(picture().pixels(), changed(r -> r.sharpness(1)));
    assertArrayEquals(new byte[3 * AREA], changed(r -> r.brightness(0)));
    byte[] flat = changed(r -> r.contrast(0));
    byte[] grey = changed(r -> r.colour(0));
    for (int i = 0; i < AREA; i++) {
      assertEquals(flat[0], flat[i]);
      assertEquals(grey[i], grey[AREA + i]);
      assertEquals(grey[i], grey[2 * AREA + i]);
    }
    byte[] soft = changed(r -> r.sharpness(0));
    assertEquals(picture().pixels()[0], soft[0], "the border stays");
    int sum = 0;
    byte[] before = picture().pixels();
    for (int y = 0; y < 3; y++) {
      for (int x = 0; x < 3; x++) {
        sum += (y == 1 && x == 1 ? 5 : 1) * (before[y * SIDE + x] & 0xff);
      }
    }
    assertEquals(Math.round(sum / 13.0), soft[SIDE + 1] & 0xff);
  }

  @Test
  void movesPixels() {
    byte[] before = picture().pixels();
    byte[] right = changed(r -> r.translate(2, 0));
    byte[] down = changed(r -> r.translate(0, 1));
    byte[] turned = changed(r -> r.rotate(90));
    byte[] slanted = changed(r -> r.shearX(0.4));
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        int at = y * SIDE + x;
        assertEquals(x < 2 ? 0 : before[at - 2], right[at]);
        assertEquals(y < 1 ? 0 : before[at - SIDE], down[at]);
        assertEquals(before[x * SIDE + SIDE - 1 - y], turned[at], "counter-clockwise");
      }
      int shift = (int) Math.round(0.4 * (y - 9.5));
      assertEquals(before[y * SIDE + 9 - shift], slanted[y * SIDE + 9]);
    }
    assertArrayEquals(before, changed(r -> r.rotate(0)));
  }

  @ParameterizedTest
  @EnumSource(AutoAugment.Policy.class)
  void policiesDependOnTheGeneratorAlone(AutoAugment.Policy policy) {
    AutoAugment augment = new AutoAugment(policy, 9);
    int different = 0;
    for (int seed = 0; seed < 300; seed++) {
      int key = seed;
      byte[] one = changed(r -> augment.apply(r, new SplitMix64(key)));
      assertArrayEquals(one, changed(r -> augment.apply(r, new SplitMix64(key))));
      different += Arrays.equals(one, picture().pixels()) ? 0 : 1;
    }
    assertTrue(different > 200, different + " of 300 were changed");
    Raster grey = new Raster(1, 28, 28);
    augment.apply(grey, new SplitMix64(1));
  }

  @Test
  void erasesABoxOfTheMean() {
    float[] mean = {0.2f, 0.4f, 0.6f};
    int erased = 0;
    double area = 0;
    for (int seed = 0; seed < 400; seed++) {
      ByteBuffer buffer = ByteBuffer.allocate(7 + 3 * 1024).position(7 + 3 * 1024);
      new Distortion(null, 0, 0.25).apply(buffer, 3, 32, 32, mean, new SplitMix64(seed));
      int count = 0;
      for (int i = 0; i < 1024; i++) {
        int value = buffer.get(7 + i) & 0xff;
        assertEquals(value == 0 ? 0 : 102, buffer.get(7 + 1024 + i) & 0xff);
        count += value == 51 ? 1 : 0;
      }
      erased += count > 0 ? 1 : 0;
      area += count / 1024.0;
    }
    assertEquals(100, erased, 30);
    assertEquals(0.17, area / erased, 0.04);
  }

  @Test
  void jitterScalesBrightness() {
    Distortion jitter = new Distortion(null, 0.4, 0);
    assertFalse(jitter.isNone());
    assertTrue(Distortion.NONE.isNone());
    double least = 1000;
    double most = 0;
    for (int seed = 0; seed < 200; seed++) {
      ByteBuffer buffer = ByteBuffer.allocate(3);
      buffer.put(new byte[] {100, 100, 100});
      jitter.apply(buffer, 3, 1, 1, new float[3], new SplitMix64(seed));
      assertEquals(3, buffer.position());
      least = Math.min(least, buffer.get(0) & 0xff);
      most = Math.max(most, buffer.get(0) & 0xff);
    }
    assertEquals(60, least, 3);
    assertEquals(140, most, 3);
  }

  private static byte[] changed(Consumer<Raster> change) {
    Raster raster = picture();
    change.accept(raster);
    return raster.pixels();
  }

  private static int sum(Consumer<Raster> change) {
    int sum = 1;
    for (byte b : changed(change)) {
      sum = 31 * sum + (b & 0xff);
    }
    return sum;
  }

  /** Value i of channel c is (37 i + 101 c + i i) modulo 251, at least 20. */
  private static Raster picture() {
    Raster raster = new Raster(3, SIDE, SIDE);
    for (int c = 0; c < 3; c++) {
      for (int i = 0; i < AREA; i++) {
        raster.pixels()[c * AREA + i] = (byte) Math.max(20, (37 * i + 101 * c + i * i) % 251);
      }
    }
    return raster;
  }
}
