package sakd.nn;

import java.util.List;
import java.util.function.Consumer;
import sakd.device.ConvShape;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/** Convolution over [T', N, H, W, C], the same weights at every step. */
public final class Conv2d {
  private final String name;
  private final Parameter weight;
  private final Parameter bias;
  private final int in;
  private final int out;
  private final int kernel;
  private final int stride;
  private final int pad;
  private final int dilation;

  /** A square kernel without bias, padded so that stride 1 keeps the size. */
  public Conv2d(Parameters p, String name, int in, int out, int kernel, int stride) {
    this(p, name, in, out, kernel, stride, 1);
  }

  /** The same of windows whose elements lie {@code dilation} pixels apart. */
  public Conv2d(Parameters p, String name, int in, int out, int kernel, int stride, int dilation) {
    this(p, name, in, out, kernel, stride, dilation, false);
  }

  /** As the constructor, with a bias, which starts at 0. */
  public static Conv2d withBias(
      Parameters p, String name, int in, int out, int kernel, int stride) {
    return new Conv2d(p, name, in, out, kernel, stride, 1, true);
  }

  /** A linear layer at every pixel, with weight [out, in, 1, 1], drawn as {@link Linear}'s. */
  public static Conv2d linear(Parameters p, String name, int in, int out) {
    Parameter weight = p.pixelLinear(name + ".weight", out, in);
    return new Conv2d(name, weight, p.linearBias(name + ".bias", in, out), 1, 1, 1);
  }

  /**
   * A convolution of stride 1 with a bias, drawn as the heads of detectors.
   *
   * @param std of the weights, which are normal
   * @param start of the bias
   */
  public static Conv2d normal(
      Parameters p, String name, int in, int out, int kernel, double std, float start) {
    Parameter weight = p.conv(name + ".weight", out, in, kernel, std);
    return new Conv2d(name, weight, p.constant(name + ".bias", start, out), kernel, 1, 1);
  }

  /**
   * A convolution with a bias of 0 at first, drawn as the pyramids of detectors: He et al.'s
   * uniform one with a = 1.
   */
  public static Conv2d uniform(Parameters p, String name, int in, int out, int kernel, int stride) {
    Parameter weight = p.uniformConv(name + ".weight", out, in, kernel);
    return new Conv2d(name, weight, p.constant(name + ".bias", 0, out), kernel, stride, 1);
  }

  private Conv2d(
      Parameters p,
      String name,
      int in,
      int out,
      int kernel,
      int stride,
      int dilation,
      boolean biased) {
    this(
        name,
        p.conv(name + ".weight", out, in, kernel),
        biased ? p.constant(name + ".bias", 0, out) : null,
        kernel,
        stride,
        dilation);
  }

  private Conv2d(
      String name, Parameter weight, Parameter bias, int kernel, int stride, int dilation) {
    this.name = name;
    this.weight = weight;
    this.bias = bias;
    this.out = weight.shape()[0];
    this.in = weight.shape()[1];
    this.kernel = kernel;
    this.stride = stride;
    this.pad = dilation * (kernel / 2);
    this.dilation = dilation;
  }

  public Var forward(Tape tape, Var x) {
    Ops ops = tape.ops();
    Tensor value = x.value();
    ConvShape shape =
        new ConvShape(
            value.dim(0) * value.dim(1),
            value.dim(2),
            value.dim(3),
            in,
            out,
            kernel,
            stride,
            pad,
            dilation);
    if (tape.monitor() != null) {
      tape.monitor().weights(name, value, x.mostSpikes(), shape.macs());
    }
    Consumer<Tensor> compute =
        y -> {
          ops.conv(shape, x.value(), tape.rounded(weight), y);
          if (bias != null) {
            ops.addBias(y, bias.value());
          }
        };
    Tensor y =
        ops.allocate(
            value.type(), value.dim(0), value.dim(1), shape.outHeight(), shape.outWidth(), out);
    compute.accept(y);
    tape.show("activations of ", name, y);
    return tape.record(
            y,
            true,
            bias == null ? List.of(weight) : List.of(weight, bias),
            g -> {
              Tensor read = x.value();
              // Nobody waits for it before the end of the backward pass.
              ops.beside(
                  () -> {
                    tape.parameterGradient(
                        weight,
                        tape.weightGradient(weight),
                        gw -> ops.convBackwardWeights(shape, read, g, gw));
                    if (bias != null) {
                      tape.parameterGradient(bias, bias.gradient(), gb -> ops.sumRows(g, gb));
                    }
                  },
                  read,
                  g);
              tape.addGradient(
                  x, (gx, add) -> ops.convBackwardData(shape, g, tape.rounded(weight), gx, add));
            })
        .restoredBy(ops, compute);
  }
}
