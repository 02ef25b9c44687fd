package sakd.data.set;

/**
 * The pixels of an event camera.
 *
 * @param height rows, 1 to {@value #MAX_SIDE}
 * @param width columns, 1 to {@value #MAX_SIDE}
 */
public record Sensor(int height, int width) {
  /** Above the largest event cameras, which have some 1280 x 960 pixels. */
  public static final int MAX_SIDE = 2048;

  /** Checks the range. */
  public Sensor {
    if (Math.min(height, width) < 1 || Math.max(height, width) > MAX_SIDE) {
      throw new IllegalArgumentException("no sensor has " + height + "x" + width + " pixels");
    }
  }

  /**
   * Reads rows and columns such as {@code 128x128}.
   *
   * @throws IllegalArgumentException if the text is of another form, or a side is out of range
   */
  public static Sensor parse(String text) {
    String[] sides = text.strip().split("[xX]", -1);
    if (sides.length != 2) {
      throw new IllegalArgumentException(text);
    }
    return new Sensor(Integer.parseInt(sides[0].strip()), Integer.parseInt(sides[1].strip()));
  }

  @Override
  public String toString() {
    return height + "x" + width;
  }
}
