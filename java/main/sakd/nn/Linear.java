package sakd.nn;

import java.util.List;
import sakd.device.DType;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/** y = x w^T + b over the rows of [.., in]; float32. */
public final class Linear {
  private final String name;
  private final Parameter weight;
  private final Parameter bias;
  private final int in;
  private final int out;

  public Linear(Parameters p, String name, int in, int out) {
    this(p, name, in, 1, out);
  }

  /**
   * A layer over all channels of all pixels, {@link Pooling#flatten flattened}. As in PyTorch the
   * weight's columns go by channel, then pixel, in files; in memory by pixel, then channel.
   *
   * @param area pixels
   */
  public static Linear overPixels(Parameters p, String name, int channels, int area, int out) {
    return new Linear(p, name, channels, area, out);
  }

  private Linear(Parameters p, String name, int channels, int area, int out) {
    this.name = name;
    this.in = channels * area;
    this.out = out;
    weight = p.linear(name + ".weight", out, channels, area);
    bias = p.linearBias(name + ".bias", in, out);
  }

  /** [out, in], or of a layer over pixels [out, channels, area]. */
  public Parameter weight() {
    return weight;
  }

  public Var forward(Tape tape, Var x) {
    Ops ops = tape.ops();
    Tensor value = x.value();
    int[] shape = value.shape();
    shape[shape.length - 1] = out;
    if (tape.monitor() != null) {
      tape.monitor().weights(name, value, x.mostSpikes(), value.rows() * in * out);
    }
    Tensor w = weight.value().reshape(out, in);
    Tensor y = ops.allocate(DType.F32, shape);
    ops.gemm(false, true, value, w, 0, y);
    ops.addBias(y, bias.value());
    tape.show("activations of ", name, y);
    tape.drop(x);
    return tape.record(
        y,
        true,
        List.of(weight, bias),
        g -> {
          ops.gemm(true, false, g, x.value(), 0, weight.gradient().reshape(out, in));
          ops.sumRows(g, bias.gradient());
          tape.addGradient(x, (gx, add) -> ops.gemm(false, false, g, w, add ? 1 : 0, gx));
        });
  }
}
