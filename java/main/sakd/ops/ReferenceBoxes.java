package sakd.ops;

import static sakd.ops.BoxRequirements.requireAnchors;
import static sakd.ops.BoxRequirements.requireBoxLoss;
import static sakd.ops.BoxRequirements.requireConfidence;
import static sakd.ops.BoxRequirements.requireFocalLoss;
import static sakd.ops.BoxRequirements.requireMatch;
import static sakd.ops.HostTensors.read;
import static sakd.ops.HostTensors.readInts;
import static sakd.ops.HostTensors.write;

import java.util.Arrays;
import sakd.device.cpu.Elements;
import sakd.ops.ReferenceDetection.Result;
import sakd.ops.ReferenceDetection.Teacher;

/** The operations of {@code kernels/boxes.cu} on tensors. */
interface ReferenceBoxes extends BoxOps {
  @Override
  default void anchors(AnchorGrid grid, Tensor anchors) {
    requireAnchors(grid, anchors);
    float[] boxes = grid.boxes();
    double[] values = new double[boxes.length];
    Arrays.setAll(values, i -> boxes[i]);
    write(anchors, 0, values);
  }

  @Override
  default void matchAnchors(
      Tensor anchors,
      Tensor boxes,
      Tensor labels,
      float high,
      float low,
      Tensor matched,
      Tensor foreground) {
    requireMatch(anchors, boxes, labels, matched, foreground);
    float[] all = floats(anchors);
    float[] objects = floats(boxes);
    int[] y = readInts(labels);
    int pictures = Math.toIntExact(foreground.size());
    int most = y.length / pictures;
    int[] found = new int[pictures];
    for (int n = 0; n < pictures; n++) {
      int[] one =
          new ReferenceMatching(high, low)
              .match(
                  all,
                  Arrays.copyOfRange(objects, 4 * n * most, 4 * (n + 1) * most),
                  Arrays.copyOfRange(y, n * most, (n + 1) * most));
      Elements.writeInts(matched.memory(), (long) n * one.length, one);
      found[n] = (int) Arrays.stream(one).filter(m -> m >= 0).count();
    }
    Elements.writeInts(foreground.memory(), 0, found);
  }

  private static float[] floats(Tensor t) {
    double[] values = read(t);
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  @Override
  default void confidence(Tensor logits, float threshold, Tensor confidence, Tensor sums) {
    requireConfidence(logits, confidence, sums);
    double[] z = read(logits);
    int classes = logits.channels();
    double[] most = new double[z.length / classes];
    double[] sum = new double[2];
    for (int i = 0; i < most.length; i++) {
      double largest =
          Arrays.stream(z, i * classes, (i + 1) * classes).reduce(z[i * classes], Math::max);
      most[i] = (float) ReferenceDetection.sigmoid(largest);
      sum[0] += most[i];
      sum[1] += most[i] < threshold ? 0 : most[i];
    }
    write(confidence, 0, most);
    write(sums, 0, sum);
  }

  @Override
  default void focalLoss(
      Tensor logits,
      Tensor teacher,
      Tensor confidence,
      Tensor sums,
      Tensor matched,
      Tensor labels,
      Tensor foreground,
      Tensor lossScale,
      float weight,
      float kdWeight,
      float temperature,
      Tensor losses,
      int index,
      Tensor hits,
      Tensor grad) {
    requireFocalLoss(
        logits,
        teacher,
        confidence,
        sums,
        matched,
        labels,
        foreground,
        lossScale,
        kdWeight,
        losses,
        index,
        hits,
        grad);
    ReferenceDetection found = new ReferenceDetection(readInts(matched), readInts(foreground));
    double[] z = read(logits);
    int[] y = readInts(labels);
    Teacher taught =
        kdWeight == 0 ? null : Teacher.of(read(teacher), read(confidence), 0, read(sums)[0]);
    writeLoss(
        found.focal(z, y, taught, weight, kdWeight, temperature), lossScale, losses, index, grad);
    int objects = Arrays.stream(found.foreground()).sum();
    Elements.writeInts(hits.memory(), 0, new int[] {found.hits(z, y), objects});
  }

  @Override
  default void boxLoss(
      Tensor deltas,
      Tensor teacher,
      Tensor confidence,
      Tensor sums,
      float threshold,
      Tensor anchors,
      Tensor matched,
      Tensor boxes,
      Tensor foreground,
      Tensor lossScale,
      float weight,
      float kdWeight,
      Tensor losses,
      int index,
      Tensor grad) {
    requireBoxLoss(
        deltas,
        teacher,
        confidence,
        sums,
        anchors,
        matched,
        boxes,
        foreground,
        lossScale,
        kdWeight,
        losses,
        index,
        grad);
    ReferenceDetection found = new ReferenceDetection(readInts(matched), readInts(foreground));
    Teacher taught =
        kdWeight == 0
            ? null
            : Teacher.of(read(teacher), read(confidence), threshold, read(sums)[1]);
    writeLoss(
        found.boxes(read(deltas), read(anchors), read(boxes), taught, weight, kdWeight),
        lossScale,
        losses,
        index,
        grad);
  }

  private static void writeLoss(
      Result result, Tensor lossScale, Tensor losses, int index, Tensor grad) {
    double scale = read(lossScale)[0];
    write(grad, 0, Arrays.stream(result.gradient()).map(g -> g * scale).toArray());
    write(losses, index, new double[] {result.hard(), result.soft()});
  }
}
