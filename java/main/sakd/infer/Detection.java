package sakd.infer;

/**
 * An object that a detector found.
 *
 * @param label class number, from 1: class 0 is the background
 * @param score how sure the detector is, in [0, 1]
 * @param left the left edge in pixels of the picture, 0 at the picture's own
 * @param top the upper edge
 * @param right at least left
 * @param bottom at least top
 */
public record Detection(int label, float score, float left, float top, float right, float bottom) {}
