package sakd.data;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import sakd.base.SplitMix64;
import sakd.base.UserError;

/**
 * Cuts a set into batches, in an order and with an augmentation that depend on the seed, the epoch
 * and the image or batch alone: not on the number of workers, and not on what was read before. A
 * resumed run therefore sees the batches that the uninterrupted one would have seen.
 */
public final class DataLoader {
  /** Keys the order of the images apart from the augmentation of any image. */
  private static final long ORDER_KEY = -1;

  /** Keys what reading an image draws apart from its placement. */
  private static final long READ_KEY = -2;

  /** Keys the mixing of a batch apart from what concerns one image. */
  private static final long MIX_KEY = -3;

  /** Keys what else a batch draws, on the device. */
  private static final long DRAW_KEY = -4;

  /** Height and width of batches of pictures that differ: so many, that few sizes occur. */
  private static final int SIDE_STEP = 32;

  final Dataset dataset;
  final int workers;
  final Parts parts;

  private final int batchSize;
  private final boolean shuffle;
  private final boolean dropLast;
  private final Augment augment;
  private final long seed;

  /** Samples of the largest part of a full batch. */
  private final int largest;

  /** Direct memory is slow to get and is given back late: kept for the next batch and epoch. */
  private final Queue<ByteBuffer> free = new ConcurrentLinkedQueue<>();

  /** As the other, each batch in one part. */
  public DataLoader(
      Dataset dataset,
      int batchSize,
      boolean shuffle,
      boolean dropLast,
      Augment augment,
      long seed,
      int workers) {
    this(dataset, batchSize, shuffle, dropLast, augment, seed, workers, Parts.WHOLE);
  }

  /**
   * Describes the batches; nothing is read yet.
   *
   * @param batchSize images a batch, of all its parts, at least 1
   * @param shuffle whether each epoch has another order, or else the set's
   * @param dropLast whether to leave out a last batch that is not full
   * @param augment the crop and flip of each image, and the mixing of batches
   * @param seed fixes order and augmentation
   * @param workers threads that prepare batches ahead; 0 prepares each when it is asked for
   * @param parts which parts of each batch are read
   * @throws UserError if a number is out of range or no batch would be left
   */
  public DataLoader(
      Dataset dataset,
      int batchSize,
      boolean shuffle,
      boolean dropLast,
      Augment augment,
      long seed,
      int workers,
      Parts parts) {
    int most = Integer.MAX_VALUE / dataset.shape().bytes();
    if (batchSize < 1 || batchSize > most) {
      throw new UserError(
          "--batch-size is " + batchSize + "; expected 1 to " + most + ", give such a number");
    }
    if (workers < 0) {
      throw new UserError("--workers is " + workers + "; expected 0 or more, give such a number");
    }
    if (dropLast && batchSize > dataset.size()) {
      throw new UserError(
          "--batch-size is "
              + batchSize
              + " but "
              + dataset.name()
              + " has "
              + dataset.size()
              + " images; expected at least one full batch, give a smaller number");
    }
    if (dataset.targetKind() != Targets.Kind.CLASSES && !augment.mixing().equals(Mixing.NONE)) {
      throw new UserError(
          "--mixup and --cutmix mix the classes of samples, but "
              + dataset.name()
              + (dataset.targetKind() == Targets.Kind.MASKS
                  ? " has a class for each pixel"
                  : " has objects in boxes")
              + "; expected a set with a class for each sample, leave"
              + " them out");
    }
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.shuffle = shuffle;
    this.dropLast = dropLast;
    this.augment = augment;
    this.seed = seed;
    this.workers = workers;
    this.parts = parts;
    int full = Math.min(batchSize, dataset.size());
    this.largest =
        IntStream.range(0, parts.microBatches())
            .map(m -> parts.places(m, full, mixed()).length)
            .max()
            .orElseThrow();
  }

  /** The number of batches of an epoch, however many parts each has. */
  public int batches() {
    int full = dataset.size() / batchSize;
    return dropLast || dataset.size() % batchSize == 0 ? full : full + 1;
  }

  /** Starts to read the batches of an epoch, part by part; close the result to stop early. */
  public Epoch epoch(int epoch) {
    return epoch(epoch, 0);
  }

  /** As {@link #epoch(int)} without the first batches, for a run resumed within an epoch. */
  public Epoch epoch(int epoch, int startBatch) {
    if (startBatch < 0 || startBatch > batches()) {
      throw new IllegalArgumentException("no batch " + startBatch + " of " + batches());
    }
    return new Epoch(this, epoch, startBatch);
  }

  /** The images of an epoch in the order of its batches. */
  int[] order(int epoch) {
    int[] order = new int[dataset.size()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    if (shuffle) {
      SplitMix64 random = new SplitMix64(seed, epoch, ORDER_KEY);
      for (int i = order.length - 1; i > 0; i--) {
        int j = random.nextInt(i + 1);
        int swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
      }
    }
    return order;
  }

  @SuppressWarnings("ReferenceEquality") // Another that moves nothing may still crop at random.
  private boolean augmented() {
    return augment != Augment.NONE;
  }

  /** Counts what cannot be read in an epoch; an evaluation is of every sample or of none. */
  Failures failures() {
    return new Failures(dataset, shuffle || augmented());
  }

  private boolean mixed() {
    return !augment.mixing().equals(Mixing.NONE);
  }

  /** Prepares part of a batch; runs on any thread, and ends early if that is interrupted. */
  Batch fill(int epoch, int[] order, int batch, int microBatch, Failures failures)
      throws InterruptedException {
    int start = batch * batchSize;
    int whole = Math.min(batchSize, order.length - start);
    int[] places = parts.places(microBatch, whole, mixed());
    int size = places.length;
    SampleShape shape = shape(order, start, whole);
    ByteBuffer images = memory(Math.max(size, largest), shape);
    List<Targets> targets = new ArrayList<>(size);
    int[] shifts = new int[3 * size];
    for (int i = 0; i < size; i++) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      int sample = order[start + places[i]];
      SplitMix64 random = augmented() ? new SplitMix64(seed, epoch, sample, READ_KEY) : null;
      targets.add(failures.read(sample, random, shape, images));
      augment.shift(seed, epoch, sample, shifts, 3 * i);
    }
    Mixing.Mix mix =
        augment
            .mixing()
            .draw(new SplitMix64(seed, epoch, batch, MIX_KEY), shape.height(), shape.width());
    long draw = new SplitMix64(seed, epoch, batch, DRAW_KEY).nextLong();
    return new Batch(
        images.flip(),
        shape,
        Targets.joined(targets),
        shifts,
        mix,
        draw,
        size,
        batch,
        places,
        whole,
        parts.weight(size, whole, mixed()),
        parts.counted(microBatch, whole, mixed()));
  }

  /**
   * The shape of a batch: the set's, or one that holds whole pictures of several sizes; that of all
   * its parts, for what a network sees beyond the edge of a picture is in its features.
   */
  private SampleShape shape(int[] order, int start, int size) {
    SampleShape shape = dataset.shape();
    if (augmented() || dataset.targetKind() == Targets.Kind.CLASSES) {
      return shape;
    }
    int height = 1;
    int width = 1;
    for (int i = start; i < start + size; i++) {
      SampleShape own = dataset.shape(order[i]);
      height = Math.max(height, own.height());
      width = Math.max(width, own.width());
    }
    return new SampleShape(shape.frames(), shape.channels(), roundedUp(height), roundedUp(width));
  }

  /** The height or width of a batch of whole pictures, the largest of which has this side. */
  public static int roundedUp(int side) {
    return (side + SIDE_STEP - 1) / SIDE_STEP * SIDE_STEP;
  }

  /** Room for a batch: that of an earlier one if it is large enough. */
  private ByteBuffer memory(int samples, SampleShape shape) {
    long bytes = (long) samples * shape.bytes();
    if (bytes > Integer.MAX_VALUE) {
      throw new UserError(
          samples
              + " pictures of "
              + shape.height()
              + "x"
              + shape.width()
              + " are too large for a batch; expected less than 2 GiB, give a smaller --batch-size");
    }
    ByteBuffer images = free.poll();
    return images == null || images.capacity() < bytes
        ? ByteBuffer.allocateDirect((int) bytes)
        : images.clear();
  }

  /** Takes back the memory of a batch that is no longer used. */
  void recycle(Batch batch) {
    free.add(batch.images());
  }
}
