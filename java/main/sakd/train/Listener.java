package sakd.train;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import sakd.data.Dataset;
import sakd.data.HeldOut;
import sakd.infer.Scores;
import sakd.nn.Parameters;
import sakd.task.LossTerms;
import sakd.task.Task;

/**
 * Hears how training goes, on the thread that trains. What it throws ends the training, which can
 * be gone on with from its last checkpoint.
 */
public interface Listener {
  /**
   * What a training sets out to do.
   *
   * @param phase which network is trained: teacher, direct, sakd ...
   * @param folder where its files go
   * @param epoch the first to be trained, from 1; a resumed run starts later
   * @param step steps of that epoch that are done
   * @param epochs the last
   * @param steps of an epoch
   * @param data the training images
   */
  record Start(
      String phase, Path folder, int epoch, int step, int epochs, int steps, Dataset data) {}

  /**
   * How far an epoch is.
   *
   * @param phase which network is trained: teacher, direct, sakd ...
   * @param epoch from 1
   * @param step steps done, of {@code steps} in this epoch
   * @param loss averaged over this epoch so far
   * @param accuracy the task's {@link Task#trainScore} on this epoch's training images so far
   * @param lossScale of float16 training; 0 where there is none
   */
  record StepSummary(
      String phase,
      int epoch,
      int epochs,
      int step,
      int steps,
      LossTerms loss,
      double accuracy,
      double imagesPerSecond,
      double lossScale) {
    /** For people: {@code sakd epoch 2/5 step 100/120, loss 0.6732, accuracy 75.8 %}. */
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%s epoch %d/%d step %d/%d, loss %.4f, accuracy %.1f %%, %.0f images/s",
          phase,
          epoch,
          epochs,
          step,
          steps,
          loss.total(),
          100 * accuracy,
          imagesPerSecond);
    }
  }

  /**
   * What one epoch brought.
   *
   * @param task which names the losses and scores
   * @param trainAccuracy its {@link Task#trainScore} on the augmented training images, in [0, 1]
   * @param heldOut which images the scores are on
   * @param scores on the held-out images
   * @param seconds of training, evaluation apart
   */
  record EpochSummary(
      Task task,
      String phase,
      int epoch,
      int epochs,
      double lr,
      LossTerms loss,
      double trainAccuracy,
      HeldOut heldOut,
      Scores scores,
      double imagesPerSecond,
      double seconds) {
    /** For people: {@code sakd epoch 5/5, loss 3.0836, train 85.5 %, test top-1 85.0 %}. */
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%s epoch %d/%d, loss %.4f, train %.1f %%, %s %s, %.1f s",
          phase,
          epoch,
          epochs,
          loss.total(),
          100 * trainAccuracy,
          heldOut.label(),
          scores,
          seconds);
    }
  }

  /**
   * A training that goes on over another number of epochs than it was started with.
   *
   * @param phase which network is trained: teacher, direct, sakd ...
   * @param epoch the first to be trained, from 1
   * @param epochsBefore that it was to have
   * @param schedule of the learning rate from this epoch on
   */
  record Rescheduled(String phase, int epoch, int epochsBefore, LrSchedule schedule) {}

  /** Before {@link #start}, where the schedule is another than before; not if nothing is left. */
  default void rescheduled(Rescheduled rescheduled) {}

  /** Before the first step of a training; not if nothing is left of it. */
  default void start(Start start) {}

  /** After every step, which the device may still be at; to be heard in no time. */
  default void submitted(String phase, int epoch, int step) {}

  /** After steps whose losses were looked at: those of {@link #step} and some more. */
  default void checked(StepSummary summary) {}

  /** After every so many steps, as the settings have it. */
  default void step(StepSummary summary) {}

  /**
   * After the last step of an epoch, whose gradients can be read now.
   *
   * @param lossScale the gradients are those of the loss times this
   */
  default void gradients(String phase, int epoch, Parameters parameters, double lossScale) {}

  /**
   * After an epoch of a spiking network.
   *
   * @param rates spikes per neuron and step of every layer of neurons, on a batch of held-out
   *     images
   */
  default void firingRates(String phase, int epoch, Map<String, Double> rates) {}

  /** After every epoch, with the scores on the held-out images. */
  default void epoch(EpochSummary summary) {}

  /**
   * How a training ended.
   *
   * @param task which names the scores
   * @param epoch the last that was trained, from 1; less than {@code epochs} if patience ended it
   * @param heldOut which images the best epoch was chosen on
   * @param bestEpoch the first with the best score of the headline
   * @param best that score, in [0, 1]
   */
  record Ended(
      Task task, String phase, int epoch, int epochs, HeldOut heldOut, int bestEpoch, double best) {
    /** Whether epochs are left. */
    public boolean early() {
      return epoch < epochs;
    }
  }

  /** After the last epoch of a training, be it of an earlier session. */
  default void ended(Ended ended) {}

  /** After an epoch in which samples could not be read and others took their places. */
  default void unreadable(String phase, int epoch, List<String> messages) {}
}
