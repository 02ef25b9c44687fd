package sakd.train;

import java.util.List;
import java.util.Map;
import sakd.nn.Parameters;

/** Passes on what is heard to several listeners, in their order. */
public record Listeners(List<Listener> all) implements Listener {
  @Override
  public void rescheduled(Rescheduled rescheduled) {
    all.forEach(l -> l.rescheduled(rescheduled));
  }

  @Override
  public void start(Start start) {
    all.forEach(l -> l.start(start));
  }

  @Override
  public void submitted(String phase, int epoch, int step) {
    all.forEach(l -> l.submitted(phase, epoch, step));
  }

  @Override
  public void checked(StepSummary summary) {
    all.forEach(l -> l.checked(summary));
  }

  @Override
  public void step(StepSummary summary) {
    all.forEach(l -> l.step(summary));
  }

  @Override
  public void gradients(String phase, int epoch, Parameters parameters, double lossScale) {
    all.forEach(l -> l.gradients(phase, epoch, parameters, lossScale));
  }

  @Override
  public void firingRates(String phase, int epoch, Map<String, Double> rates) {
    all.forEach(l -> l.firingRates(phase, epoch, rates));
  }

  @Override
  public void epoch(EpochSummary summary) {
    all.forEach(l -> l.epoch(summary));
  }

  @Override
  public void ended(Ended ended) {
    all.forEach(l -> l.ended(ended));
  }

  @Override
  public void unreadable(String phase, int epoch, List<String> messages) {
    all.forEach(l -> l.unreadable(phase, epoch, messages));
  }
}
