package sakd.run;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import sakd.base.UserError;
import sakd.data.Dataset;
import sakd.data.SampleShape;
import sakd.data.Targets;
import sakd.io.ImageFiles;
import sakd.nn.Parameter;
import sakd.nn.Parameters;
import sakd.train.Listener;

/**
 * Writes what is heard of training as TensorBoard's event files, one for each training beside its
 * weights, so that TensorBoard shows teacher and students as curves in one chart. Steps count
 * training steps from the first epoch on; an epoch that is trained again replaces what is shown of
 * it.
 */
public final class TensorBoardListener implements Listener, AutoCloseable {
  private static final int IMAGES = 8;

  private final List<String> args;
  private final Map<String, Object> settings;
  private int stepsPerEpoch;
  private TensorBoardWriter writer;

  /**
   * @param args the arguments of the run, shown as a text
   * @param settings what they came to, by name, for the tab HPARAMS: {@link Boolean}, {@link
   *     Number} or text
   */
  public TensorBoardListener(List<String> args, Map<String, Object> settings) {
    this.args = List.copyOf(args);
    this.settings = new LinkedHashMap<>(settings);
  }

  @Override
  public void start(Start s) {
    close();
    stepsPerEpoch = s.steps();
    long first = endOf(s.epoch() - 1) + 1;
    writer = new TensorBoardWriter(s.folder(), first);
    // Markdown shows lines that are indented as they are.
    writer.text("settings", "    " + String.join("\n    ", args), first);
    // Teacher and students are sessions of their own, told apart by this.
    settings.put("phase", s.phase());
    writer.sessionStart(settings, first);
    images(s.data(), first);
  }

  private long endOf(int epoch) {
    return (long) epoch * stepsPerEpoch;
  }

  @Override
  public void step(StepSummary s) {
    long at = endOf(s.epoch() - 1) + s.step();
    writer.scalar("loss/mean of the epoch so far", s.loss().total(), at);
    writer.scalar("images per second", s.imagesPerSecond(), at);
    if (s.lossScale() > 0) {
      writer.scalar("loss scale", s.lossScale(), at);
    }
  }

  @Override
  public void epoch(EpochSummary s) {
    long at = endOf(s.epoch());
    writer.scalar("loss/total", s.loss().total(), at);
    s.loss().terms().entrySet().stream()
        .limit(s.loss().several() ? Long.MAX_VALUE : 1)
        .forEach(t -> writer.scalar("loss/" + title(t.getKey()), t.getValue(), at));
    writer.scalar("accuracy/train " + s.task().trainScore().label(), s.trainAccuracy(), at);
    s.scores()
        .values()
        .forEach(
            (score, value) ->
                writer.scalar("accuracy/" + s.heldOut().label() + " " + score.label(), value, at));
    writer.scalar("learning rate", s.lr(), at);
    writer.scalar("images per second", s.imagesPerSecond(), at);
  }

  @Override
  public void ended(Ended e) {
    if (writer != null) {
      writer.sessionEnd(endOf(e.epoch()));
      close();
    }
  }

  private static String title(String term) {
    return term.equals("ce") ? "cross-entropy" : term;
  }

  /** Histograms of the gradients of the last step of an epoch, one for each tensor of weights. */
  @Override
  public void gradients(String phase, int epoch, Parameters parameters, double lossScale) {
    for (Parameter p : parameters.all()) {
      if (p.trained()) {
        float[] values = p.read(p.gradient());
        for (int i = 0; i < values.length; i++) {
          values[i] /= (float) lossScale;
        }
        writer.histogram("gradients/" + p.name(), values, endOf(epoch));
      }
    }
  }

  /** Firing rates after an epoch: a curve for each layer of neurons, and their distribution. */
  @Override
  public void firingRates(String phase, int epoch, Map<String, Double> rates) {
    float[] values = new float[rates.size()];
    int i = 0;
    for (Map.Entry<String, Double> rate : rates.entrySet()) {
      values[i++] = rate.getValue().floatValue();
      writer.scalar("firing rate/" + rate.getKey(), rate.getValue(), endOf(epoch));
    }
    writer.histogram("firing rates of the layers", values, endOf(epoch));
  }

  /** The first images of a set, as evaluation sees them; of recordings the first frame. */
  private void images(Dataset set, long step) {
    for (int i = 0; i < Math.min(IMAGES, set.size()); i++) {
      ByteBuffer pixels;
      try {
        pixels = set.pixels(i);
      } catch (UserError e) {
        // The epoch that reads it counts it and says so.
        continue;
      }
      SampleShape s = set.shape(i);
      byte[] png = ImageFiles.png(pixels.array(), s.channels(), s.height(), s.width());
      String tag = "input " + i;
      if (set.targetKind() == Targets.Kind.CLASSES) {
        tag += "/" + set.classNames().get(set.label(i));
      }
      writer.image(tag, png, s.width(), s.height(), s.channels(), step);
    }
  }

  @Override
  public void close() {
    if (writer != null) {
      writer.close();
      writer = null;
    }
  }
}
