package sakd.nn;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import sakd.device.DType;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/**
 * Adds up the gradients of all ranks while the backward pass goes on, as PyTorch's
 * DistributedDataParallel does (Li et al. 2020): the flat array of gradients is cut into buckets,
 * each of which is summed, beside the layers still to come, as soon as all its gradients are there.
 * What comes first in the backward pass lies last in the array, so buckets are filled from its end.
 *
 * <p>The array has two runs, {@link Parameters#runs}, each in the order of the layers and cut by
 * itself. All ranks have the same network and so the same buckets in the same order.
 */
public final class GradientBuckets implements AutoCloseable {
  /** Large enough for the links' full speed. */
  private static final long BYTES = 25 << 20;

  /** Of the first of each run: the sooner it is full, the sooner sums begin. */
  private static final long FIRST_BYTES = 1 << 20;

  private final Ops ops;
  private final Parameters parameters;

  /** What is added up instead of the gradients, in another type; null for themselves. */
  private final Tensor rounded;

  private final List<Bucket> buckets = new ArrayList<>();
  private final Map<Parameter, Bucket> bucketOf = new HashMap<>();

  /** Some rows of the flat array. */
  private static final class Bucket {
    /** Whether a library may have written them in another type. */
    final boolean narrow;

    final int last;
    int row;
    final List<Parameter> all = new ArrayList<>();
    int missing;

    Bucket(boolean narrow, int last) {
      this.narrow = narrow;
      this.row = last;
      this.last = last;
    }

    int rows() {
      return last - row;
    }
  }

  /**
   * Buckets of 25 MiB, the first of 1.
   *
   * @param parameters allocated
   * @param type in which they are added up: F32, or BF16, which halves what goes over the links
   */
  public GradientBuckets(Ops ops, Parameters parameters, DType type) {
    this(ops, parameters, type, FIRST_BYTES, BYTES);
  }

  GradientBuckets(Ops ops, Parameters parameters, DType type, long firstBytes, long bytes) {
    this.ops = ops;
    this.parameters = parameters;
    rounded = type == DType.F32 ? null : ops.allocate(type, parameters.gradients().shape());
    int end = 0;
    boolean narrow = true;
    for (List<Parameter> run : parameters.runs()) {
      end += run.stream().mapToInt(Parameters::rows).sum();
      cut(run, end, narrow, firstBytes, bytes);
      narrow = false;
    }
  }

  private void cut(List<Parameter> run, int end, boolean narrow, long firstBytes, long bytes) {
    Deque<Parameter> left = new ArrayDeque<>(run);
    Bucket bucket = null;
    long most = firstBytes;
    while (!left.isEmpty()) {
      Parameter p = left.removeLast();
      int rows = Parameters.rows(p);
      if (bucket == null) {
        bucket = new Bucket(narrow, end);
        buckets.add(bucket);
      } else if ((bucket.rows() + rows) * Parameters.ROW_BYTES > most) {
        bucket = new Bucket(narrow, bucket.row);
        buckets.add(bucket);
        most = bytes;
      }
      bucket.row -= rows;
      bucket.all.add(p);
      bucketOf.put(p, bucket);
    }
  }

  /** The names of the parameters of each bucket, in the order in which they are filled. */
  List<List<String>> names() {
    return buckets.stream().map(b -> b.all.stream().map(Parameter::name).toList()).toList();
  }

  /**
   * Runs the tape's backward pass; the gradients are then the sums over all ranks.
   *
   * @param more of the weights' layout, is added to this rank's gradients before; null for nothing
   */
  public void backward(Tape tape, Tensor more) {
    buckets.forEach(b -> b.missing = b.all.size());
    tape.backward(
        p -> {
          Bucket bucket = bucketOf.get(p);
          if (--bucket.missing == 0) {
            sum(bucket, more);
          }
        });
    // A pass may have left out layers, whose gradients are 0.
    buckets.stream().filter(b -> b.missing > 0).forEach(b -> sum(b, more));
    ops.join();
    if (rounded != null) {
      ops.convert(rounded, parameters.gradients());
    }
  }

  private void sum(Bucket b, Tensor more) {
    Tensor gradients = slice(parameters.gradients(), b);
    Tensor narrow = b.narrow ? parameters.narrowGradients() : null;
    if (narrow != null || more != null || rounded != null) {
      // In the queue of the weights' gradients, which are not waited for.
      ops.beside(
          () -> {
            if (narrow != null) {
              ops.convert(slice(narrow, b), gradients);
            }
            if (more != null) {
              ops.add(gradients, slice(more, b));
            }
            if (rounded != null) {
              ops.convert(gradients, slice(rounded, b));
            }
          });
    }
    ops.sumRanksBeside(rounded == null ? gradients : slice(rounded, b));
  }

  private static Tensor slice(Tensor flat, Bucket b) {
    int columns = flat.channels();
    return flat.slice((long) b.row * columns, b.rows(), columns);
  }

  @Override
  public void close() {
    if (rounded != null) {
      rounded.close();
    }
  }
}
