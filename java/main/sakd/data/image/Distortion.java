package sakd.data.image;

import java.nio.ByteBuffer;
import sakd.base.SplitMix64;

/**
 * What training does to a still picture besides crop and flip, in this order.
 *
 * @param autoAugment a policy, or null
 * @param jitter brightness, contrast and saturation are each multiplied by a factor uniform in [1 -
 *     jitter, 1 + jitter], in random order; timm's {@code --color-jitter}
 * @param erase the probability that a box of 2 to 33 % of the area, with a ratio of 0.3 to 3.3, is
 *     set to the mean (Zhong et al. 2020); torchvision's {@code --random-erase}
 */
public record Distortion(AutoAugment autoAugment, double jitter, double erase) {
  /** Leaves pictures as they are. */
  public static final Distortion NONE = new Distortion(null, 0, 0);

  private static final int TRIES = 10;

  /** Whether it changes colours alone, so that what is known of each pixel stays true. */
  public boolean keepsPixels() {
    return autoAugment == null && erase == 0;
  }

  /** Whether it changes anything. */
  public boolean isNone() {
    return autoAugment == null && jitter == 0 && erase == 0;
  }

  /**
   * Changes the picture {@code [C, H, W]} that ends at the buffer's position.
   *
   * @param mean of pixel / 255 per channel
   */
  public void apply(
      ByteBuffer buffer, int channels, int height, int width, float[] mean, SplitMix64 random) {
    Raster raster = new Raster(channels, height, width);
    byte[] pixels = raster.pixels();
    int start = buffer.position() - pixels.length;
    buffer.get(start, pixels);
    if (jitter > 0) {
      jitter(raster, random);
    }
    if (autoAugment != null) {
      autoAugment.apply(raster, random);
    }
    if (random.nextDouble() < erase) {
      erase(raster, mean, random);
    }
    buffer.put(start, pixels);
  }

  private void jitter(Raster raster, SplitMix64 random) {
    int first = random.nextInt(3);
    int step = 1 + random.nextInt(2);
    for (int i = 0; i < 3; i++) {
      double factor = 1 + jitter * (2 * random.nextDouble() - 1);
      switch ((first + i * step) % 3) {
        case 0 -> raster.brightness(factor);
        case 1 -> raster.contrast(factor);
        default -> raster.colour(factor);
      }
    }
  }

  private static void erase(Raster raster, float[] mean, SplitMix64 random) {
    int height = raster.height();
    int width = raster.width();
    int[] fill = new int[mean.length];
    for (int c = 0; c < fill.length; c++) {
      fill[c] = Math.round(255 * mean[c]);
    }
    for (int i = 0; i < TRIES; i++) {
      double area = height * width * (0.02 + 0.31 * random.nextDouble());
      double ratio = Math.exp(Math.log(0.3) + Math.log(3.3 / 0.3) * random.nextDouble());
      int h = (int) Math.round(Math.sqrt(area * ratio));
      int w = (int) Math.round(Math.sqrt(area / ratio));
      if (h < height && w < width) {
        int top = random.nextInt(height - h + 1);
        raster.fill(random.nextInt(width - w + 1), top, w, h, fill);
        return;
      }
    }
  }
}
