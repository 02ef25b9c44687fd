package sakd.nn;

import java.util.List;
import java.util.function.Consumer;
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
    Consumer<Tensor> compute =
        to -> {
          ops.resize(kind, x.value(), to);
          tape.drop(x);
        };
    Tensor out = ops.allocate(in.type(), in.dim(0), in.dim(1), height, width, in.channels());
    compute.accept(out);
    boolean spread = in.dim(-3) * in.dim(-2) == 1 || kind == Resize.NEAREST;
    return tape.record(
            out,
            x.needsGradient(),
            g -> tape.addGradient(x, (gx, add) -> ops.resizeBackward(kind, g, gx, add)))
        .restoredBy(ops, compute)
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
    Consumer<Tensor> compute =
        to -> {
          ops.convert(x.value(), to);
          tape.drop(x);
        };
    Tensor out = ops.allocate(type, shape);
    compute.accept(out);
    return tape.record(
            out,
            x.needsGradient(),
            g -> {
              Tensor gx = tape.gradientOf(x);
              ops.convert(g, gx);
              tape.pass(x, gx);
            })
        .restoredBy(ops, compute)
        .mostSpikes(x.mostSpikes());
  }

  /** The sum of maps of one size, which are dropped. */
  public static Var sum(Tape tape, Var a, Var b) {
    Ops ops = tape.ops();
    Tensor out = ops.allocate(a.value().type(), a.value().shape());
    ops.convert(a.value(), out);
    ops.add(out, b.value());
    tape.drop(a);
    tape.drop(b);
    return tape.record(
        out,
        a.needsGradient() || b.needsGradient(),
        g -> {
          tape.addGradient(
              a,
              (ga, add) -> {
                if (add) {
                  ops.add(ga, g);
                } else {
                  ops.convert(g, ga);
                }
              });
          tape.passOn(b, g);
        });
  }

  /**
   * The places of maps of several sizes one after another; the maps are dropped.
   *
   * @param parts each [1, N, h, w, places K]
   * @param channels K
   * @return [1, N, sum of h w places, K]
   */
  public static Var places(Tape tape, List<Var> parts, int channels) {
    Ops ops = tape.ops();
    int n = parts.get(0).value().dim(1);
    int all = parts.stream().mapToInt(p -> (int) p.value().size() / n).sum();
    Tensor out = ops.allocate(parts.get(0).value().type(), 1, n, all / channels, channels);
    int[] sizes = parts.stream().mapToInt(p -> (int) p.value().size() / n).toArray();
    int at = 0;
    for (int i = 0; i < sizes.length; i++) {
      Var part = parts.get(i);
      ops.copyChannels(part.value().reshape(n, sizes[i]), 0, out.reshape(n, all), at, sizes[i]);
      at += sizes[i];
      tape.drop(part);
    }
    return tape.record(
        out,
        parts.stream().anyMatch(Var::needsGradient),
        g -> {
          int from = 0;
          for (int i = 0; i < sizes.length; i++) {
            Var part = parts.get(i);
            int size = sizes[i];
            Tensor gx = tape.gradientOf(part);
            ops.copyChannels(g.reshape(n, all), from, gx.reshape(n, size), 0, size);
            from += size;
            tape.pass(part, gx);
          }
        });
  }

  /** The channels of maps of one size one after another; they are dropped. */
  public static Var concatenated(Tape tape, List<Var> parts) {
    Ops ops = tape.ops();
    int[] shape = parts.get(0).value().shape();
    shape[shape.length - 1] = parts.stream().mapToInt(p -> p.value().channels()).sum();
    Consumer<Tensor> compute =
        to -> {
          int at = 0;
          for (Var part : parts) {
            Tensor value = part.value();
            ops.copyChannels(value, 0, to, at, value.channels());
            at += value.channels();
            tape.drop(part);
          }
        };
    Tensor out = ops.allocate(parts.get(0).value().type(), shape);
    compute.accept(out);
    boolean spikes = parts.stream().allMatch(p -> p.mostSpikes() > 0);
    int most = parts.stream().mapToInt(Var::mostSpikes).max().orElse(0);
    return tape.record(
            out,
            parts.stream().anyMatch(Var::needsGradient),
            g -> {
              int from = 0;
              for (Var part : parts) {
                Tensor gx = tape.gradientOf(part);
                ops.copyChannels(g, from, gx, 0, gx.channels());
                from += gx.channels();
                tape.pass(part, gx);
              }
            })
        .restoredBy(ops, compute)
        .mostSpikes(spikes ? most : 0);
  }
}
