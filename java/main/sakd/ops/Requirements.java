package sakd.ops;

import java.util.List;
import sakd.data.Targets;
import sakd.device.DType;

/** The checks that operations make of their arguments. */
final class Requirements {
  /** The most lanes that a device prefers. */
  private static final int LARGEST_VECTOR = 16;

  private Requirements() {}

  /** The check of arguments: all tensors of a call are named in the message. */
  static void require(boolean fits, Object... tensors) {
    if (!fits) {
      throw new IllegalArgumentException("sizes or types do not fit: " + List.of(tensors));
    }
  }

  /**
   * The check of a weight decay: of all, or of each row. Rows hold whole vectors of every device.
   */
  static void requireDecay(Tensor w, Tensor weightDecay) {
    boolean rows = w.rank() == 2 && floats(weightDecay, w.dim(0)) && w.dim(1) % LARGEST_VECTOR == 0;
    require(floats(weightDecay, 1) || rows, w, weightDecay);
  }

  /** The check of {@link Ops#subsample}: every second pixel, an even number of channels more. */
  static void requireSubsample(Tensor x, Tensor y) {
    require(
        storage(x, y)
            && x.rank() >= 3
            && y.dim(-3) == (x.dim(-3) + 1) / 2
            && y.dim(-2) == (x.dim(-2) + 1) / 2
            && y.product(0, y.rank() - 3) == x.product(0, x.rank() - 3)
            && y.channels() >= x.channels()
            && (y.channels() - x.channels()) % 2 == 0,
        x,
        y);
  }

  /** The check of {@link Ops#averageWindows}. */
  static void requireWindows(int size, Tensor x, Tensor y) {
    require(
        storage(x, y)
            && size >= 1
            && x.rank() >= 3
            && y.rank() >= 3
            && y.dim(-3) == x.dim(-3) / size
            && y.dim(-2) == x.dim(-2) / size
            && y.product(0, y.rank() - 3) == x.product(0, x.rank() - 3)
            && y.channels() == x.channels(),
        size,
        x,
        y);
  }

  /** The check of {@link Ops#resize}: another height and width, at least 1. */
  static void requireResize(Tensor x, Tensor y) {
    require(
        storage(x, y)
            && x.rank() >= 3
            && y.rank() >= 3
            && y.product(0, y.rank() - 3) == x.product(0, x.rank() - 3)
            && y.channels() == x.channels()
            && (y.size() == 0) == (x.size() == 0),
        x,
        y);
  }

  /** The check of {@link PoolOps#copyChannels}. */
  static void requireChannels(Tensor from, int fromFirst, Tensor to, int toFirst, int count) {
    require(
        storage(from, to)
            && from.rows() == to.rows()
            && count > 0
            && fromFirst >= 0
            && fromFirst <= from.channels() - count
            && toFirst >= 0
            && toFirst <= to.channels() - count,
        from,
        to);
  }

  /** The check of {@link Ops#encode}. */
  static void requireEncode(
      Encoding code, Tensor x, float[] mean, float[] std, Tensor draw, Tensor places, Tensor out) {
    int channels = x.channels();
    require(
        code != Encoding.DIRECT
            && storage(x, out)
            && x.rank() == 5
            && x.dim(0) == 1
            && out.size() == out.dim(0) * x.size()
            && out.channels() == channels
            && channels <= InputOps.MOST_ENCODED
            && mean.length == channels
            && std.length == channels
            && (draw == null) == (places == null)
            && (draw == null || (ints(draw, 2) && ints(places, x.dim(1)))),
        code,
        x,
        out);
  }

  /** The check of {@link Ops#mapLoss}. */
  static void requireClassMaps(
      Tensor student,
      Tensor teacher,
      Tensor classWeight,
      Tensor labels,
      Tensor mix,
      Tensor lossScale,
      Tensor losses,
      Tensor grad) {
    require(
        student.rank() == 5
            && teacher.rank() == 5
            && storage(student, teacher, grad)
            && teacher.dim(0) == 1
            && teacher.dim(1) == student.dim(1)
            && teacher.dim(2) == student.dim(2)
            && teacher.dim(3) == student.dim(3)
            && floats(classWeight, classWeight.size())
            && classWeight.channels() == teacher.channels()
            && ints(labels, student.dim(1))
            && (mix == null || floats(mix, 6))
            && floats(lossScale, 1)
            && floats(losses, student.dim(1))
            && grad.size() == student.size(),
        student,
        teacher,
        classWeight,
        labels,
        losses,
        grad);
  }

  /** The check of {@link Ops#logitNoise}. */
  static void requireNoise(Tensor logits, float strength, Tensor draw, Tensor places, Tensor out) {
    require(
        logits.rank() == 3
            && logits != out
            && floats(logits, logits.size())
            && floats(out, logits.size())
            && ints(draw, 2)
            && ints(places, logits.dim(1)),
        logits,
        draw,
        places,
        out);
    if (!(strength >= 0)) {
      throw new IllegalArgumentException("noise of strength " + strength + "; expected 0 or more");
    }
  }

  /** The check of {@link Ops#stepLosses}. */
  static void requireStepLosses(
      Tensor logits, Tensor labels, Tensor mix, Tensor lossScale, Tensor losses, Tensor grad) {
    require(
        logits.rank() == 3
            && floats(logits, logits.size())
            && ints(labels, logits.dim(1))
            && (mix == null || floats(mix, 6))
            && floats(lossScale, 1)
            && floats(losses, (long) StepTerms.COUNT * logits.dim(1))
            && floats(grad, logits.size()),
        logits,
        labels,
        losses,
        grad);
  }

  /** The check of {@link Ops#dropout}. */
  static void requireDropout(Tensor x, float p, Tensor draw, Tensor places, Tensor out) {
    require(
        storage(x, out)
            && x != out
            && x.size() == out.size()
            && x.rank() >= 3
            && ints(draw, 2)
            && ints(places, x.dim(1)),
        x,
        draw,
        places,
        out);
    if (!(p >= 0 && p < 1)) {
      throw new IllegalArgumentException("dropout of a share " + p + "; expected 0 to below 1");
    }
  }

  /** The check of {@link Ops#pixelLoss}. */
  static void requirePixelLoss(
      Tensor logits,
      Tensor teacher,
      Tensor labels,
      Tensor divisor,
      Tensor lossScale,
      float klWeight,
      Tensor losses,
      Tensor hits,
      Tensor grad) {
    require(
        isLabelled(logits, labels)
            && floats(lossScale, 1)
            && (divisor == null || floats(divisor, 1))
            && (klWeight == 0 || (teacher != null && floats(teacher, logits.size())))
            && floats(losses, 2)
            && ints(hits, 2)
            && floats(grad, logits.size()),
        logits,
        labels,
        losses,
        hits,
        grad);
  }

  /** The check of {@link Ops#countPixels}. */
  static void requirePixelCount(Tensor labels, int classes, Tensor count) {
    require(
        labels.type() == DType.U8 && classes >= 1 && classes <= Targets.IGNORED && floats(count, 1),
        labels,
        classes,
        count);
  }

  /** The check of {@link Ops#confusion}. */
  static void requireConfusion(Tensor logits, Tensor labels, Tensor counts) {
    require(
        isLabelled(logits, labels) && ints(counts, (long) logits.channels() * logits.channels()),
        logits,
        labels,
        counts);
  }

  /** Whether every row of the logits has a label, and every class its number below the ignored. */
  private static boolean isLabelled(Tensor logits, Tensor labels) {
    return floats(logits, logits.size())
        && logits.channels() <= Targets.IGNORED
        && labels.type() == DType.U8
        && labels.size() == logits.rows();
  }

  /** The check of {@link Ops#tallyStep}; returns L, how many losses there are. */
  static int requireTally(Tensor losses, int samples, Tensor distances, Tensor hits, Tensor tally) {
    require(
        floats(losses, losses.size())
            && losses.rows() >= 1
            && samples >= 1
            && (distances == null || floats(distances, distances.size()))
            && ints(hits, 2)
            && floats(tally, new TallyLayout(losses.channels()).size()),
        losses,
        samples,
        hits,
        tally);
    return losses.channels();
  }

  /** The check of what {@link Ops#neuronBackward} writes: all that there is to write, no more. */
  static void requireGradients(
      Neuron neuron,
      Neuron.Residual merge,
      Tensor x,
      Tensor affine,
      Tensor gradOut,
      Ops.NeuronGradients g) {
    boolean norm = affine != null;
    require(
        isThere(g.x(), true, x.type(), x.size())
            && isThere(g.residual(), merge.changesGradient(), x.type(), gradOut.size())
            && isThere(g.gamma(), norm, DType.F32, x.channels())
            && isThere(g.beta(), norm, DType.F32, x.channels())
            && isThere(g.leak(), neuron.kind() == Neuron.Kind.PLIF, DType.F32, 1),
        g,
        x);
  }

  /**
   * Whether there is a residual if and only if there has to be one; the backward pass of {@link
   * Neuron.Residual#ADD} takes either.
   */
  static boolean isResidual(Tensor residual, Neuron.Residual merge, boolean backward) {
    return (residual != null) == (merge != Neuron.Residual.NONE)
        || (backward && merge == Neuron.Residual.ADD);
  }

  /** Whether the tensor is of this type and size if it is wanted, and else null. */
  private static boolean isThere(Tensor t, boolean wanted, DType type, long size) {
    return wanted ? t != null && t.type() == type && t.size() == size : t == null;
  }

  /** Whether it is a batch norm's affine map: of this rank's rows [4, C], of all ranks' [5, C]. */
  static boolean isAffine(Tensor t, long channels) {
    return floats(t, 4 * channels) || isOfRanks(t, channels);
  }

  /** Whether it is the affine map of the rows of all ranks. */
  static boolean isOfRanks(Tensor affine, long channels) {
    return floats(affine, 5 * channels);
  }

  /** Whether it is F32 of this size. */
  static boolean floats(Tensor t, long size) {
    return t.type() == DType.F32 && t.size() == size;
  }

  /** Whether it is I32 of this size. */
  static boolean ints(Tensor t, long size) {
    return t.type() == DType.I32 && t.size() == size;
  }

  /** Whether all are of one storage type. */
  static boolean storage(Tensor... tensors) {
    for (Tensor t : tensors) {
      if (!t.type().isStorage() || t.type() != tensors[0].type()) {
        return false;
      }
    }
    return true;
  }
}
