package sakd.ops;

import java.util.Locale;

/** What a spiking network sees of a still image at each of its steps. */
public enum Encoding {
  /** The same image, normalised, at every step; the first layer of neurons makes spikes of it. */
  DIRECT,
  /**
   * Spikes at random: at each step with a probability that is the pixel in [0, 1], anew in every
   * epoch (a Bernoulli trial a step, which is called Poisson encoding, as by SpikingJelly).
   */
  POISSON,
  /**
   * One spike a pixel, the earlier the brighter it is: at step {@code round((T - 1)(1 - pixel))}
   * (time to first spike, SpikingJelly's linear {@code LatencyEncoder}).
   */
  LATENCY;

  /** As people write it, and options do. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
