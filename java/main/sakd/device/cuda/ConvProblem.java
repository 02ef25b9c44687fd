package sakd.device.cuda;

import sakd.device.ConvShape;
import sakd.device.DType;

/**
 * One direction of a convolution in one type: what algorithms are chosen for.
 *
 * @param add whether the result is added to what the output holds, rather than assigned
 */
record ConvProblem(ConvDirection direction, ConvShape shape, DType type, boolean add) {
  @Override
  public String toString() {
    return direction + " of " + shape + " in " + type + (add ? ", added" : "");
  }
}
