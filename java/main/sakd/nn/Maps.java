package sakd.nn;

import java.util.List;
import sakd.device.DType;
import sakd.ops.Ops;
import sakd.ops.Resize;
import sakd.ops.Tensor;

/** Layers without parameters that change the form of feature maps [T', N, H, W, C]. */
public final class Maps {
  private Maps() {}

  /** To another height and width; x is dropped. */
  public static Var resize(Tape tape, Var x, Resize kind, int height, int width) {
    Ops ops = tape.ops();
    Tensor in = x.value();
    if (in.dim(-3) == height && in.dim(-2) == width) {
      return x;
    }
    Tensor out = ops.allocate(in.type(), in.dim(0), in.dim(1), height, width, in.channels());
    ops.resize(kind, in, out);
    tape.drop(x);
    boolean spread = in.dim(-3) * in.dim(-2) == 1 || kind == Resize.NEAREST;
    return tape.record(
            out,
            x.needsGradient(),
            g -> tape.addGradient(x, (gx, add) -> ops.resizeBackward(kind, g, gx, add)))
        .mostSpikes(spread ? x.mostSpikes() : 0);
  }

  /** The same numbers in float32; x is dropped. */
  public static Var floats(Tape tape, Var x) {
    return x.value().type() == DType.F32 ? x : converted(tape, x, DType.F32, x.value().shape());
  }

  /** Means over space [T', N, C] as activations, maps of one pixel [T', N, 1, 1, C]. */
  public static Var onePixel(Tape tape, Var x) {
    Tensor in = x.value();
    return converted(tape, x, tape.storage(), in.dim(0), in.dim(1), 1, 1, in.channels());
  }

  private static Var converted(Tape tape, Var x, DType type, int... shape) {
    Ops ops = tape.ops();
    Tensor out = ops.allocate(type, shape);
    ops.convert(x.value(), out);
    tape.drop(x);
    return tape.record(
            out,
            x.needsGradient(),
            g -> {
              Tensor gx = tape.gradientOf(x);
              ops.convert(g, gx);
              tape.pass(x, gx);
            })
        .mostSpikes(x.mostSpikes());
  }

  /** The channels of maps of one size one after another; they are dropped. */
  public static Var concatenated(Tape tape, List<Var> parts) {
    Ops ops = tape.ops();
    int[] shape = parts.get(0).value().shape();
    shape[shape.length - 1] = parts.stream().mapToInt(p -> p.value().channels()).sum();
    Tensor out = ops.allocate(parts.get(0).value().type(), shape);
    int at = 0;
    for (Var part : parts) {
      ops.copyChannels(part.value(), 0, out, at, part.value().channels());
      at += part.value().channels();
      tape.drop(part);
    }
    boolean spikes = parts.stream().allMatch(p -> p.mostSpikes() > 0);
    int most = parts.stream().mapToInt(Var::mostSpikes).max().orElse(0);
    return tape.record(
            out,
            parts.stream().anyMatch(Var::needsGradient),
            g -> {
              int from = 0;
              for (Var part : parts) {
                Tensor gx = tape.gradientOf(part);
                ops.copyChannels(g, from, gx, 0, part.value().channels());
                from += part.value().channels();
                tape.pass(part, gx);
              }
            })
        .mostSpikes(spikes ? most : 0);
  }
}
