package sakd.data;

/**
 * The uint8 values of a sample once it is decoded, {@code [frames, channels, height, width]}.
 *
 * @param frames 1 for a still image; T for a recording that was cut into T frames
 * @param channels C: 1 or 3 colours, or the 2 polarities of events
 * @param height H, in pixels
 * @param width W, in pixels
 */
public record SampleShape(int frames, int channels, int height, int width) {
  /** Checks that every dimension is positive and the sample fits an array. */
  public SampleShape {
    if (Math.min(Math.min(frames, channels), Math.min(height, width)) < 1
        || (long) frames * channels * height * width > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "no sample is " + frames + " x " + channels + " x " + height + " x " + width);
    }
  }

  /** Bytes of a sample. */
  public int bytes() {
    return frames * channels * height * width;
  }
}
