package sakd.nn;

import java.util.function.DoubleSupplier;
import sakd.device.Device;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/**
 * A named array of a network: a weight that is trained or a running statistic that is not. Name and
 * shape are PyTorch's; in memory a weight over pixels, such as a convolution's [out, in, k, k],
 * lies channels last.
 */
public final class Parameter {
  private final String name;
  private final int[] shape;
  private final int area;
  private final boolean trained;
  private final DoubleSupplier initial;
  private Device device;
  private Tensor value;
  private Tensor gradient;

  /**
   * @param area pixels of a weight's window, which files hold inside each channel and memory
   *     outside; 1 for all else
   * @param initial draws the elements in PyTorch's order
   */
  Parameter(String name, int[] shape, int area, boolean trained, DoubleSupplier initial) {
    this.name = name;
    this.shape = shape.clone();
    this.area = area;
    this.trained = trained;
    this.initial = initial;
  }

  void place(Device device, Tensor value, Tensor gradient) {
    this.device = device;
    this.value = value;
    this.gradient = gradient;
  }

  /** Draws the initial value. */
  void initialise() {
    float[] values = new float[size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) initial.getAsDouble();
    }
    set(values);
  }

  public String name() {
    return name;
  }

  /** PyTorch's shape. */
  public int[] shape() {
    return shape.clone();
  }

  public int size() {
    int n = 1;
    for (int d : shape) {
      n *= d;
    }
    return n;
  }

  public boolean trained() {
    return trained;
  }

  /** The value, channels last. */
  public Tensor value() {
    return value;
  }

  /** The gradient, like the value; null for running statistics. */
  public Tensor gradient() {
    return gradient;
  }

  /** The value in PyTorch's order. */
  public float[] get() {
    return read(value);
  }

  /** Some tensor of this parameter's layout (gradient, momentum) in PyTorch's order. */
  public float[] read(Tensor t) {
    float[] host = Transfers.floats(device, t);
    return area > 1 ? permute(host, false) : host;
  }

  /** Sets the value from PyTorch's order. */
  public void set(float[] values) {
    write(values, value);
  }

  /** Sets some tensor of this parameter's layout from PyTorch's order. */
  public void write(float[] values, Tensor t) {
    if (values.length != size()) {
      throw new IllegalArgumentException(
          name + " has " + size() + " elements, not " + values.length);
    }
    Transfers.setFloats(device, t, area > 1 ? permute(values, true) : values);
  }

  /** [out, in, area] to [out, area, in], or back. */
  private float[] permute(float[] from, boolean channelsLast) {
    float[] to = new float[from.length];
    int in = from.length / shape[0] / area;
    for (int o = 0; o < shape[0]; o++) {
      for (int i = 0; i < in; i++) {
        for (int k = 0; k < area; k++) {
          int torch = (o * in + i) * area + k;
          int last = (o * area + k) * in + i;
          to[channelsLast ? last : torch] = from[channelsLast ? torch : last];
        }
      }
    }
    return to;
  }
}
