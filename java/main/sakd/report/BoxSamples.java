package sakd.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import sakd.data.ObjectBox;
import sakd.data.Placement;
import sakd.data.SampleShape;
import sakd.data.Targets;
import sakd.data.image.BoxPicture;
import sakd.infer.Detection;
import sakd.infer.Detections;
import sakd.model.Network;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/**
 * Images with objects: the true boxes, and those that networks find.
 *
 * @param classNames by class number
 */
record BoxSamples(List<String> classNames) implements TestPictures {
  /** Of the longer side of what is shown, in pixels. */
  private static final int MOST_SIDE = 320;

  /** Of what is shown. */
  private static final float LEAST_SCORE = 0.5f;

  @Override
  public Map<String, byte[]> own(Sample sample) {
    List<BoxPicture.Box> boxes = new ArrayList<>();
    for (ObjectBox o : ((Targets.Boxes) sample.targets()).samples().get(0).objects()) {
      boxes.add(box(sample, o.label(), "", o.left(), o.top(), o.right(), o.bottom()));
    }
    return Map.of("truth", drawn(sample, boxes));
  }

  @Override
  public byte[] said(Ops ops, Network.Output out, Sample sample) {
    Tensor logits = out.logits().value();
    List<Detection> found =
        Detections.of(
            Transfers.floats(ops.device(), logits),
            Transfers.floats(ops.device(), out.boxes().deltas().value()),
            0,
            out.boxes().grid(),
            logits.channels(),
            sample.placement());
    List<BoxPicture.Box> boxes = new ArrayList<>();
    for (Detection d : found) {
      if (d.score() >= LEAST_SCORE) {
        String score = String.format(Locale.ROOT, " %.2f", d.score());
        // The surest over the others.
        boxes.add(0, box(sample, d.label(), score, d.left(), d.top(), d.right(), d.bottom()));
      }
    }
    return drawn(sample, boxes);
  }

  private BoxPicture.Box box(
      Sample sample, int label, String score, float left, float top, float right, float bottom) {
    Placement place = sample.placement();
    double stride = Reduction.to(sample.shape(), MOST_SIDE).stride();
    double x = place.outWidth() / place.width() / stride;
    double y = place.outHeight() / place.height() / stride;
    return new BoxPicture.Box(
        label, classNames.get(label) + score, left * x, top * y, right * x, bottom * y);
  }

  private static byte[] drawn(Sample sample, List<BoxPicture.Box> boxes) {
    SampleShape shape = sample.shape();
    Reduction reduction = Reduction.to(shape, MOST_SIDE);
    return BoxPicture.png(
        reduction.of(sample.pixels(), shape.channels()),
        shape.channels(),
        reduction.height(),
        reduction.width(),
        boxes);
  }
}
