package sakd.data;

import java.util.Locale;

/** Samples that training does not see, on which the best epoch is chosen. */
public enum HeldOut {
  /** The test samples: what the best epoch scores on them is too good a figure. */
  TEST,
  /** Samples cut from those of training; nothing is chosen on the test samples. */
  VALIDATION;

  /** As people write it, before {@code images} or {@code top-1}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
