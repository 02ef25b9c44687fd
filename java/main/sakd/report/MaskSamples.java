package sakd.report;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import sakd.data.Augment;
import sakd.data.DataLoader;
import sakd.data.Dataset;
import sakd.data.Epoch;
import sakd.data.Placement;
import sakd.data.SampleShape;
import sakd.data.Targets;
import sakd.data.image.MaskPicture;
import sakd.device.DType;
import sakd.infer.BatchUploader;
import sakd.infer.MaskPredictor;
import sakd.io.ImageFiles;
import sakd.model.Network;
import sakd.nn.Tape;
import sakd.ops.Ops;
import sakd.ops.Tensor;
import sakd.ops.Transfers;

/** The first test images with masks: each beside its truth and what networks say. */
final class MaskSamples {
  private static final int SHOWN = 12;

  /** Of the longer side of what is shown, in pixels. */
  private static final int MOST_SIDE = 256;

  private MaskSamples() {}

  /** What a network says of each image, PNG. */
  static List<byte[]> said(Ops ops, Network network, Dataset testSet) {
    Dataset first = new FirstSamples(testSet, SHOWN);
    DataLoader loader = new DataLoader(first, 1, false, false, Augment.NONE, 0, 0);
    List<byte[]> said = new ArrayList<>();
    try (BatchUploader uploader = new BatchUploader(ops, first);
        Epoch epoch = loader.epoch(0)) {
      while (epoch.hasNext()) {
        SampleShape shape = first.shape(said.size());
        try (Tensor image = uploader.upload(epoch.next()).images(DType.F32);
            Tape tape = new Tape(ops, Tape.Mode.INFERENCE, DType.F32)) {
          Tensor logits = network.forward(tape, tape.input(image), false).logits().value();
          float[] values = Transfers.floats(ops.device(), logits);
          said.add(
              mask(
                  MaskPredictor.likeliest(values, 0, logits, shape.height(), shape.width()),
                  shape));
        }
      }
    }
    return said;
  }

  /** The images, PNG, each with its truth after it. */
  static List<byte[]> pictures(Dataset testSet) {
    List<byte[]> pictures = new ArrayList<>();
    for (int i = 0; i < Math.min(SHOWN, testSet.size()); i++) {
      SampleShape shape = testSet.shape(i);
      ByteBuffer pixels = ByteBuffer.allocate(shape.bytes());
      Placement placement = testSet.read(i, null, shape, pixels);
      pictures.add(
          ImageFiles.png(
              reduced(pixels.array(), shape.channels(), shape),
              shape.channels(),
              shown(shape.height(), shape),
              shown(shape.width(), shape)));
      pictures.add(mask(((Targets.Masks) testSet.targets(i, placement, shape)).labels(), shape));
    }
    return pictures;
  }

  private static byte[] mask(byte[] labels, SampleShape shape) {
    return MaskPicture.png(
        reduced(labels, 1, shape), shown(shape.height(), shape), shown(shape.width(), shape));
  }

  /** Every how many pixels one is shown. */
  private static int stride(SampleShape shape) {
    return (Math.max(shape.height(), shape.width()) + MOST_SIDE - 1) / MOST_SIDE;
  }

  private static int shown(int side, SampleShape shape) {
    return (side + stride(shape) - 1) / stride(shape);
  }

  private static byte[] reduced(byte[] values, int channels, SampleShape shape) {
    int stride = stride(shape);
    int height = shown(shape.height(), shape);
    int width = shown(shape.width(), shape);
    byte[] out = new byte[channels * height * width];
    for (int i = 0; i < out.length; i++) {
      int y = i / width % height * stride;
      int c = i / (width * height);
      out[i] = values[(c * shape.height() + y) * shape.width() + i % width * stride];
    }
    return out;
  }

  /**
   * A row for each image: the image, the truth and what each network says.
   *
   * @param pictures as {@link #pictures} gives them
   * @param names of the networks
   * @param masks of each network, as {@link #said} gives them
   */
  static String table(List<byte[]> pictures, List<String> names, List<List<byte[]>> masks) {
    StringBuilder out = new StringBuilder("<table class=\"masks\"><thead><tr>");
    List<String> head = new ArrayList<>(List.of("picture", "truth"));
    head.addAll(names);
    head.forEach(name -> out.append("<th>").append(Html.escape(name)).append("</th>"));
    out.append("</tr></thead><tbody>\n");
    for (int i = 0; i < pictures.size() / 2; i++) {
      List<byte[]> cells = new ArrayList<>(pictures.subList(2 * i, 2 * i + 2));
      for (List<byte[]> of : masks) {
        cells.add(of.get(i));
      }
      out.append("<tr>");
      for (int c = 0; c < cells.size(); c++) {
        out.append("<td><img alt=\"")
            .append(Html.escape(head.get(c)))
            .append("\" src=\"data:image/png;base64,")
            .append(Base64.getEncoder().encodeToString(cells.get(c)))
            .append("\"></td>");
      }
      out.append("</tr>\n");
    }
    return out.append("</tbody></table>\n").toString();
  }
}
