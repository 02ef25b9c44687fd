package sakd.infer;

import java.util.ArrayList;
import java.util.List;
import sakd.device.DType;
import sakd.io.HostTensor;
import sakd.model.Network;
import sakd.nn.Tape;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/** Runs a network on images given as plain arrays. */
public final class Predictor {
  private Predictor() {}

  /**
   * What a network says of N images.
   *
   * @param logits [N, K], mean over time
   * @param stepLogits [T, N, K]
   */
  public record Prediction(HostTensor logits, HostTensor stepLogits) {}

  /**
   * Predicts for images [N, C, H, W], which are normalised already, in batches.
   *
   * @throws sakd.base.UserError if a pixel or a logit is not finite
   */
  public static Prediction predict(
      Ops ops, Network network, HostTensor images, int batchSize, DType storage) {
    List<HostTensor> logits = new ArrayList<>();
    List<List<HostTensor>> stepLogits = new ArrayList<>();
    try (ImageReader reader = ImageReader.of(images)) {
      while (reader.hasNext()) {
        Prediction some = predict(ops, network, reader.batch(batchSize), storage);
        logits.add(some.logits);
        for (int t = 0; t < some.stepLogits.shape()[0]; t++) {
          if (t == stepLogits.size()) {
            stepLogits.add(new ArrayList<>());
          }
          stepLogits.get(t).add(some.stepLogits.slice(t));
        }
      }
    }
    HostTensor all = HostTensor.concatenated(logits);
    HostTensor each =
        HostTensor.concatenated(stepLogits.stream().map(HostTensor::concatenated).toList());
    int[] shape = {stepLogits.size(), all.shape()[0], all.shape()[1]};
    return new Prediction(all, new HostTensor(each.dtype(), shape, each.data()));
  }

  /**
   * Predicts for some images at once.
   *
   * @param batch at least one
   * @throws sakd.base.UserError if a logit is not finite
   */
  public static Prediction predict(
      Ops ops, Network network, ImageReader.Batch batch, DType storage) {
    int n = batch.size();
    try (Tensor in = input(ops, batch, storage);
        Tape tape = new Tape(ops, Tape.Mode.INFERENCE, storage)) {
      Network.Output out = network.forward(tape, tape.input(in), false);
      Tensor logits = out.logits().value();
      Tensor each = out.stepLogits().value();
      Finiteness.requireLogits(ops, network, in, storage, logits, name(batch.names()));
      return new Prediction(
          HostTensor.ofFloats(Transfers.floats(ops.device(), logits), n, logits.channels()),
          HostTensor.ofFloats(
              Transfers.floats(ops.device(), each), each.dim(0), n, logits.channels()));
    }
  }

  /** The images on the device, [1, N, H, W, C]. */
  static Tensor input(Ops ops, ImageReader.Batch batch, DType storage) {
    try (Tensor plain = Transfers.vector(ops, channelsLast(batch))) {
      Tensor in =
          ops.allocate(storage, 1, batch.size(), batch.height(), batch.width(), batch.channels());
      ops.convert(plain, in);
      return in;
    }
  }

  /** What messages call the images. */
  static String name(List<String> names) {
    return names.get(0) + (names.size() == 1 ? "" : " to " + names.get(names.size() - 1));
  }

  /** [N, H, W, C]. */
  private static float[] channelsLast(ImageReader.Batch batch) {
    int c = batch.channels();
    int area = batch.height() * batch.width();
    float[] pixels = new float[batch.size() * c * area];
    for (int i = 0; i < batch.size(); i++) {
      float[] image = batch.images().get(i).pixels();
      for (int k = 0; k < c; k++) {
        for (int p = 0; p < area; p++) {
          pixels[(i * area + p) * c + k] = image[k * area + p];
        }
      }
    }
    return pixels;
  }
}
