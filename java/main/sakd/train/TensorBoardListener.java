package sakd.train;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import sakd.data.Dataset;
import sakd.io.ImageFiles;
import sakd.io.TensorBoardWriter;
import sakd.nn.Parameter;
import sakd.nn.Parameters;

/**
 * Writes what is heard of training as TensorBoard's event files, one for each phase and in a folder
 * of its own, so that TensorBoard shows teacher and students as curves in one chart. Steps count
 * training steps from the first epoch on.
 */
public final class TensorBoardListener implements Listener, AutoCloseable {
  private static final int IMAGES = 8;

  private final Path run;
  private final UnaryOperator<String> folders;
  private final int stepsPerEpoch;
  private final List<String> args;
  private final Map<String, TensorBoardWriter> writers = new HashMap<>();

  /**
   * @param run the run directory
   * @param folders the folder of a phase in it, empty for the run directory itself
   * @param stepsPerEpoch training steps in an epoch
   * @param args the arguments of the run, shown as a text
   */
  public TensorBoardListener(
      Path run, UnaryOperator<String> folders, int stepsPerEpoch, List<String> args) {
    this.run = run;
    this.folders = folders;
    this.stepsPerEpoch = stepsPerEpoch;
    this.args = List.copyOf(args);
  }

  /** The phase's file; a new one starts at the epoch that is heard of first. */
  private TensorBoardWriter writer(String phase, int epoch) {
    return writers.computeIfAbsent(
        phase,
        p -> {
          long first = endOf(epoch - 1) + 1;
          TensorBoardWriter writer = new TensorBoardWriter(run.resolve(folders.apply(p)), first);
          // Markdown shows lines that are indented as they are.
          writer.text("settings", "    " + String.join("\n    ", args), first);
          return writer;
        });
  }

  private long endOf(int epoch) {
    return (long) epoch * stepsPerEpoch;
  }

  @Override
  public void step(StepSummary s) {
    TensorBoardWriter writer = writer(s.phase(), s.epoch());
    long at = endOf(s.epoch() - 1) + s.step();
    writer.scalar("loss/mean of the epoch so far", s.loss().total(), at);
    writer.scalar("images per second", s.imagesPerSecond(), at);
    if (s.lossScale() > 0) {
      writer.scalar("loss scale", s.lossScale(), at);
    }
  }

  @Override
  public void epoch(EpochSummary s) {
    TensorBoardWriter writer = writer(s.phase(), s.epoch());
    long at = endOf(s.epoch());
    writer.scalar("loss/total", s.loss().total(), at);
    writer.scalar("loss/cross-entropy", s.loss().ce(), at);
    if (s.loss().logits() != 0 || s.loss().features() != 0) {
      writer.scalar("loss/logits", s.loss().logits(), at);
      writer.scalar("loss/features", s.loss().features(), at);
    }
    writer.scalar("accuracy/train top-1", s.trainTop1(), at);
    writer.scalar("accuracy/test top-1", s.top1(), at);
    writer.scalar("accuracy/test top-5", s.top5(), at);
    writer.scalar("learning rate", s.lr(), at);
    writer.scalar("images per second", s.imagesPerSecond(), at);
  }

  /** Histograms of the gradients of the last step of an epoch, one for each tensor of weights. */
  public void gradients(String phase, int epoch, Parameters parameters) {
    for (Parameter p : parameters.all()) {
      if (p.trained()) {
        writer(phase, epoch).histogram("gradients/" + p.name(), p.read(p.gradient()), endOf(epoch));
      }
    }
  }

  /** Firing rates after an epoch: a curve for each layer of neurons, and their distribution. */
  public void firingRates(String phase, int epoch, Map<String, Double> rates) {
    float[] values = new float[rates.size()];
    int i = 0;
    for (Map.Entry<String, Double> rate : rates.entrySet()) {
      values[i++] = rate.getValue().floatValue();
      writer(phase, epoch).scalar("firing rate/" + rate.getKey(), rate.getValue(), endOf(epoch));
    }
    writer(phase, epoch).histogram("firing rates of the layers", values, endOf(epoch));
  }

  /** The first images of a set, as evaluation sees them; of recordings the first frame. */
  public void images(String phase, int epoch, Dataset set) {
    for (int i = 0; i < Math.min(IMAGES, set.size()); i++) {
      ByteBuffer pixels = ByteBuffer.allocate(set.shape().bytes());
      set.read(i, null, pixels);
      byte[] png = ImageFiles.png(pixels.array(), set.channels(), set.height(), set.width());
      String tag = "input " + i + "/" + set.classNames().get(set.label(i));
      writer(phase, epoch)
          .image(tag, png, set.width(), set.height(), set.channels(), endOf(epoch - 1) + 1);
    }
  }

  @Override
  public void close() {
    writers.values().forEach(TensorBoardWriter::close);
  }
}
