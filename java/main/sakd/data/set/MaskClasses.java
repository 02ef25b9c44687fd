package sakd.data.set;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.function.IntUnaryOperator;
import sakd.base.UserError;
import sakd.data.ClassNames;
import sakd.data.Targets;
import sakd.data.image.LabelPicture;

/** Which class each value of a mask is. */
final class MaskClasses {
  /** Values without a class. */
  static final int NONE = -1;

  /** Each value is a class number, and 255 is ignored. */
  static final String IDS = "ids";

  /** 0 is the background, every other value the number of an object. */
  static final String INSTANCES = "instances";

  /** Class numbers are bytes, and 255 is taken. */
  static final int MOST = 255;

  private static final int VALUES = 1 << Character.SIZE;

  private final List<String> names;

  /** The class of each value, {@link Targets#IGNORED} or {@link #NONE}. */
  private final short[] classes = new short[VALUES];

  /**
   * @param classOf gives a class number, {@link Targets#IGNORED} or {@link #NONE}
   */
  MaskClasses(List<String> names, IntUnaryOperator classOf) {
    this.names = List.copyOf(names);
    for (int value = 0; value < VALUES; value++) {
      classes[value] = (short) classOf.applyAsInt(value);
    }
  }

  /** Values that are class numbers; 255 is ignored. */
  static MaskClasses numbered(List<String> names) {
    return new MaskClasses(
        names, v -> v < names.size() ? v : v == Targets.IGNORED ? Targets.IGNORED : NONE);
  }

  /**
   * What {@code --mask-classes} says.
   *
   * @param text {@link #INSTANCES}; or names with commas between: of more than two, by value; of
   *     two, that of value 0 and that of all others
   * @throws UserError if it is neither
   */
  static MaskClasses of(String text) {
    return of(
        text.equals(INSTANCES)
            ? List.of("background", "object")
            : Arrays.stream(text.split(",", -1)).map(String::strip).toList());
  }

  /** The same with the names one by one. */
  static MaskClasses of(List<String> names) {
    requireNames(names, "--mask-classes");
    return names.size() == 2
        ? new MaskClasses(names, value -> value == 0 ? 0 : 1)
        : numbered(names);
  }

  /**
   * Refuses names that are no classes.
   *
   * @param where they are from
   */
  static void requireNames(List<String> names, Object where) {
    if (names.size() < 2
        || names.size() > MOST
        || names.contains("")
        || new HashSet<>(names).size() < names.size()) {
      throw new UserError(
          where
              + " has the classes "
              + (names.isEmpty() ? "of no name" : ClassNames.some(names))
              + "; expected two to "
              + MOST
              + " different names, such as background and nucleus (of --mask-classes: with a comma"
              + " between, or ids, or instances)");
    }
  }

  List<String> names() {
    return names;
  }

  /**
   * The class of every pixel.
   *
   * @param file named in errors
   * @throws UserError if a value has no class
   */
  byte[] of(Object file, LabelPicture mask) {
    char[] values = mask.values();
    byte[] out = new byte[values.length];
    for (int i = 0; i < out.length; i++) {
      short label = classes[values[i]];
      if (label == NONE) {
        throw new UserError(
            file
                + " has the value "
                + (int) values[i]
                + " at row "
                + i / mask.width()
                + ", column "
                + i % mask.width()
                + ", which is none of its "
                + names.size()
                + " classes; expected "
                + expected()
                + ", fix the mask, or say with --mask-classes what values mean");
      }
      out[i] = (byte) label;
    }
    return out;
  }

  private String expected() {
    int last = VALUES - 1;
    while (last > 0 && (classes[last] == NONE || last == Targets.IGNORED)) {
      last--;
    }
    return "0 to "
        + last
        + (classes[Targets.IGNORED] == Targets.IGNORED ? " or 255 (ignored)" : "");
  }
}
