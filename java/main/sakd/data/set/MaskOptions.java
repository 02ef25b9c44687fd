package sakd.data.set;

import java.util.List;

/**
 * How pictures with masks are read.
 *
 * @param classes what the values of a folder's masks mean, as {@link MaskClasses#of}, or {@code
 *     ids} for class numbers; null for what the folder says, or else class numbers
 * @param learnt the names that a network knows classes by, for folders that name none; or null
 * @param crop height and width of what training sees, in pixels; null for what the pictures have,
 *     up to 480
 * @param base what the shorter side of a picture becomes, in pixels; 0 for its own size
 */
public record MaskOptions(String classes, List<String> learnt, Integer crop, int base) {
  /** Class numbers, and pictures in their own size. */
  public static final MaskOptions DEFAULT = new MaskOptions(null, null, null, 0);
}
