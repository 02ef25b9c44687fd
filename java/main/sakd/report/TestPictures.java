package sakd.report;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import sakd.data.Augment;
import sakd.data.DataLoader;
import sakd.data.Dataset;
import sakd.data.Epoch;
import sakd.data.Placement;
import sakd.data.SampleShape;
import sakd.data.Subset;
import sakd.data.Targets;
import sakd.device.DType;
import sakd.infer.BatchUploader;
import sakd.model.Network;
import sakd.nn.Tape;
import sakd.ops.Ops;
import sakd.ops.Tensor;

/** The first test images, each beside its truth and what networks say. */
interface TestPictures {
  /** How many are shown. */
  int SHOWN = 12;

  /** A sample of a set as evaluation sees it. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Sample(byte[] pixels, SampleShape shape, Placement placement, Targets targets) {}

  /** The columns that a sample has on its own by their headings, PNG. */
  Map<String, byte[]> own(Sample sample);

  /** What a network says of a sample, PNG. */
  byte[] said(Ops ops, Network.Output out, Sample sample);

  /** How the samples of a set are shown; null if they have classes alone. */
  static TestPictures of(Dataset set) {
    return switch (set.targetKind()) {
      case CLASSES -> null;
      case MASKS -> new MaskSamples();
      case BOXES -> new BoxSamples(set.classNames());
    };
  }

  private static Sample sample(Dataset set, int i) {
    SampleShape shape = set.shape(i);
    ByteBuffer pixels = ByteBuffer.allocate(shape.bytes());
    Placement placement = set.read(i, null, shape, pixels);
    return new Sample(pixels.array(), shape, placement, set.targets(i, placement, shape));
  }

  /** The columns of all that is shown by their headings. */
  static Map<String, List<byte[]>> columns(Dataset set) {
    Map<String, List<byte[]>> columns = new LinkedHashMap<>();
    TestPictures how = of(set);
    for (int i = 0; how != null && i < Math.min(SHOWN, set.size()); i++) {
      how.own(sample(set, i))
          .forEach((head, png) -> columns.computeIfAbsent(head, h -> new ArrayList<>()).add(png));
    }
    return columns;
  }

  /** What a network says of each of them. */
  static List<byte[]> column(Ops ops, Network network, Dataset set) {
    TestPictures how = of(set);
    List<byte[]> said = new ArrayList<>();
    if (how == null) {
      return said;
    }
    Dataset first = Subset.first(set, SHOWN);
    DataLoader loader = new DataLoader(first, 1, false, false, Augment.NONE, 0, 0);
    try (BatchUploader uploader = new BatchUploader(ops, first);
        Epoch epoch = loader.epoch(0)) {
      while (epoch.hasNext()) {
        try (Tensor image = uploader.upload(epoch.next()).images(DType.F32);
            Tape tape = new Tape(ops, Tape.Mode.INFERENCE, DType.F32)) {
          Network.Output out = network.forward(tape, tape.input(image), false);
          said.add(how.said(ops, out, sample(set, said.size())));
        }
      }
    }
    return said;
  }

  /**
   * A row for each image.
   *
   * @param style masks or boxes
   */
  static String table(String style, Map<String, List<byte[]>> columns) {
    StringBuilder out = new StringBuilder("<div class=\"wide\" tabindex=\"0\"><table class=\"");
    out.append(style).append("\"><thead><tr>");
    columns.keySet().forEach(h -> out.append("<th>").append(Html.escape(h)).append("</th>"));
    out.append("</tr></thead><tbody>\n");
    int rows = columns.values().iterator().next().size();
    for (int i = 0; i < rows; i++) {
      int row = i;
      out.append("<tr>");
      columns.forEach(
          (head, pictures) ->
              out.append("<td data-head=\"")
                  .append(Html.escape(head))
                  .append("\">")
                  .append(Images.html(pictures.get(row), head))
                  .append("</td>"));
      out.append("</tr>\n");
    }
    return out.append("</tbody></table></div>\n").toString();
  }
}
