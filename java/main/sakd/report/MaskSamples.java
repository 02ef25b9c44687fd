package sakd.report;

import java.util.LinkedHashMap;
import java.util.Map;
import sakd.data.SampleShape;
import sakd.data.Targets;
import sakd.data.image.MaskPicture;
import sakd.infer.MaskPredictor;
import sakd.io.ImageFiles;
import sakd.model.Network;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/** Images with masks: the image, its mask, and those of networks. */
final class MaskSamples implements TestPictures {
  /** Of the longer side of what is shown, in pixels. */
  private static final int MOST_SIDE = 256;

  @Override
  public Map<String, byte[]> own(Sample sample) {
    SampleShape shape = sample.shape();
    Reduction reduction = Reduction.to(shape, MOST_SIDE);
    Map<String, byte[]> columns = new LinkedHashMap<>();
    columns.put(
        "picture",
        ImageFiles.png(
            reduction.of(sample.pixels(), shape.channels()),
            shape.channels(),
            reduction.height(),
            reduction.width()));
    columns.put("truth", mask(((Targets.Masks) sample.targets()).labels(), reduction));
    return columns;
  }

  @Override
  public byte[] said(Ops ops, Network.Output out, Sample sample) {
    SampleShape shape = sample.shape();
    Tensor logits = out.logits().value();
    float[] values = Transfers.floats(ops.device(), logits);
    return mask(
        MaskPredictor.likeliest(values, 0, logits, shape.height(), shape.width()),
        Reduction.to(shape, MOST_SIDE));
  }

  private static byte[] mask(byte[] labels, Reduction reduction) {
    return MaskPicture.png(reduction.of(labels, 1), reduction.height(), reduction.width());
  }
}
