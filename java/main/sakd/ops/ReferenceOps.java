package sakd.ops;

import static sakd.ops.HostTensors.read;
import static sakd.ops.HostTensors.readInts;
import static sakd.ops.HostTensors.write;
import static sakd.ops.Requirements.floats;
import static sakd.ops.Requirements.ints;
import static sakd.ops.Requirements.require;
import static sakd.ops.Requirements.storage;

import java.util.Arrays;
import java.util.stream.IntStream;
import sakd.device.Communicator;
import sakd.device.DType;
import sakd.device.MatrixLibrary;
import sakd.device.cpu.Elements;
import sakd.device.cpu.HostDevice;

/**
 * The operations in plain Java with double arithmetic over the memory of a host device: the oracle
 * that every other {@link Ops} is tested against, and what the CPU falls back on without a C++
 * compiler. Results are rounded once, when they are stored. Equations are in {@code kernels/}.
 */
public final class ReferenceOps extends DeviceOps
    implements ReferenceNorm,
        ReferenceStretch,
        ReferencePooling,
        ReferenceDropout,
        ReferenceEncoding,
        ReferenceLoss,
        ReferenceDistance,
        ReferenceClassMap,
        ReferenceNoise,
        ReferenceStepLosses,
        ReferenceTally,
        ReferenceBoxes,
        ReferenceOptimizer {
  /** Over the device's memory, with convolution and matrix product by {@code matrix}. */
  public ReferenceOps(HostDevice device, MatrixLibrary matrix) {
    this(device, matrix, Communicator.ALONE);
  }

  /** The same of a process that trains with others. */
  public ReferenceOps(HostDevice device, MatrixLibrary matrix, Communicator communicator) {
    super(device, matrix, communicator);
  }

  // ---- element by element ----

  @Override
  public void fill(Tensor x, float value) {
    require(storage(x), x);
    RowBlocks.forEach(
        x.size(),
        1,
        (first, count) -> {
          double[] values = new double[count];
          Arrays.fill(values, value);
          write(x, first, values);
        });
  }

  @Override
  public void add(Tensor a, Tensor b) {
    require(storage(a, b) && a.size() == b.size(), a, b);
    RowBlocks.forEach(
        a.size(),
        1,
        (first, count) -> {
          double[] sum = read(a, first, count);
          double[] other = read(b, first, count);
          for (int i = 0; i < count; i++) {
            sum[i] += other[i];
          }
          write(a, first, sum);
        });
  }

  @Override
  public void multiply(Tensor a, Tensor b, Tensor out) {
    require(floats(a, out.size()) && floats(b, out.size()) && floats(out, out.size()), a, b, out);
    RowBlocks.forEach(
        out.size(),
        1,
        (first, count) -> {
          double[] product = read(a, first, count);
          double[] other = read(b, first, count);
          for (int i = 0; i < count; i++) {
            product[i] *= other[i];
          }
          write(out, first, product);
        });
  }

  @Override
  public void convert(Tensor from, Tensor to) {
    require(
        storage(from)
            && storage(to)
            && from.size() == to.size()
            && (from.type() == to.type() || from.type() == DType.F32 || to.type() == DType.F32),
        from,
        to);
    RowBlocks.forEach(from.size(), 1, (first, count) -> write(to, first, read(from, first, count)));
  }

  @Override
  public void addBias(Tensor x, Tensor bias) {
    int channels = x.channels();
    require(storage(x) && floats(bias, channels), x, bias);
    double[] add = read(bias);
    RowBlocks.forEach(
        x.rows(),
        channels,
        (first, count) -> {
          double[] values = read(x, first * channels, count * channels);
          for (int i = 0; i < values.length; i++) {
            values[i] += add[i % channels];
          }
          write(x, first * channels, values);
        });
  }

  // ---- matrix products ----

  @Override
  public void sumRows(Tensor x, Tensor out) {
    int channels = x.channels();
    require(storage(x) && floats(out, channels), x, out);
    write(out, 0, ReferenceNorm.sumRows(x, (value, c) -> value));
  }

  // ---- pooling and time ----

  @Override
  public void resize(Resize kind, Tensor x, Tensor y) {
    ReferenceResize.resize(kind, x, y);
  }

  @Override
  public void resizeBackward(Resize kind, Tensor gradY, Tensor gradX, boolean add) {
    ReferenceResize.backward(kind, gradY, gradX, add);
  }

  // ---- losses and metrics ----

  @Override
  public void shareOfRanks(Tensor x, int samples) {
    require(floats(x, x.size()) && samples >= 1, x, samples);
    int n = Math.toIntExact(x.size());
    try (Tensor sums = allocate(DType.F32, n + 1)) {
      write(sums, 0, read(x));
      write(sums, n, new double[] {samples});
      sumRanks(sums);
      double[] all = read(sums);
      double[] shares = new double[n];
      Arrays.setAll(shares, i -> all[i] * samples / all[n]);
      write(x, 0, shares);
    }
  }

  @Override
  public void repeatSteps(Tensor in, Tensor out) {
    DistanceKernels.requireRepeat(in, out);
    byte[] words = Elements.readBytes(in.memory(), 0, Math.toIntExact(4 * in.size()));
    for (int t = 0; t < out.dim(0); t++) {
      Elements.writeBytes(out.memory(), (long) t * words.length, words);
    }
  }

  @Override
  public void pixelLoss(
      Tensor logits,
      Tensor teacher,
      Tensor labels,
      Tensor divisor,
      Tensor lossScale,
      float ceWeight,
      float klWeight,
      float temperature,
      float smoothing,
      Tensor losses,
      Tensor hits,
      Tensor grad) {
    ReferencePixels.loss(
        logits,
        teacher,
        labels,
        divisor,
        lossScale,
        ceWeight,
        klWeight,
        temperature,
        smoothing,
        losses,
        hits,
        grad);
  }

  @Override
  public void countPixels(Tensor labels, int classes, Tensor count) {
    ReferencePixels.count(labels, classes, count);
  }

  @Override
  public void confusion(Tensor logits, Tensor labels, Tensor counts) {
    ReferencePixels.confusion(logits, labels, counts);
  }

  // ---- input ----

  @Override
  public void augment(
      Tensor images, Tensor placement, Tensor mix, Tensor mean, Tensor std, Tensor out) {
    int n = images.dim(0);
    int frames = images.dim(1);
    int channels = images.dim(2);
    require(
        images.rank() == 5
            && images.type() == DType.U8
            && ints(placement, 3L * n)
            && (mix == null || floats(mix, 6))
            && floats(mean, channels)
            && floats(std, channels)
            && storage(out)
            && out.channels() == channels
            && out.dim(0) == frames
            && out.size() == images.size(),
        images,
        placement,
        mean,
        std,
        out);
    ReferenceAugment augment =
        new ReferenceAugment(channels, images.dim(3), images.dim(4), read(mean), read(std));
    int size = augment.size();
    int[] place = readInts(placement);
    double[] mixing = mix == null ? null : read(mix);
    IntStream.range(0, n * frames)
        .parallel()
        .forEach(
            k -> {
              int i = k / frames;
              double[] values = placed(augment, images, place, i, k % frames);
              if (mixing != null) {
                augment.mix(values, placed(augment, images, place, n - 1 - i, k % frames), mixing);
              }
              write(out, ((long) k % frames * n + i) * size, values);
            });
  }

  private static double[] placed(
      ReferenceAugment augment, Tensor images, int[] place, int sample, int frame) {
    int size = augment.size();
    long first = ((long) sample * images.dim(1) + frame) * size;
    byte[] image = Elements.readBytes(images.memory(), first, size);
    int i = 3 * sample;
    boolean flip = (place[i + 2] & 1) != 0;
    boolean rolls = (place[i + 2] & 2) != 0;
    return augment.apply(image, place[i], place[i + 1], flip, rolls);
  }
}
