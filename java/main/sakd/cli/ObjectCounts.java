package sakd.cli;

import java.io.PrintWriter;
import java.util.Locale;
import sakd.base.Numbers;
import sakd.base.Processors;
import sakd.data.Augment;
import sakd.data.ClassNames;
import sakd.data.DataLoader;
import sakd.data.Dataset;
import sakd.data.Epoch;
import sakd.data.Targets;

/** What a set of pictures with objects has of each class. */
final class ObjectCounts {
  /** JPEG is decoded at an eighth where no more is needed: the fastest look at a whole picture. */
  private static final int BASE = 32;

  private ObjectCounts() {}

  /** Reads all pictures, so that what is wrong with one of them is said. */
  static void print(Dataset set, PrintWriter out) {
    long[] counts = new long[set.classes()];
    long unlearnt = 0;
    int empty = 0;
    int workers = Processors.count();
    Dataset small = set.sized(BASE, BASE);
    try (Epoch epoch = new DataLoader(small, 1, false, false, Augment.NONE, 0, workers).epoch(0)) {
      while (epoch.hasNext()) {
        var objects = ((Targets.Boxes) epoch.next().targets()).samples().get(0).objects();
        objects.forEach(o -> counts[o.label()]++);
        unlearnt += objects.stream().filter(o -> !o.learnt()).count();
        empty += objects.isEmpty() ? 1 : 0;
      }
    }
    for (int c = 1; c < counts.length; c++) { // The rarest may be the last.
      if (!set.classNames().get(c).equals(ClassNames.UNUSED)) {
        out.printf(Locale.ROOT, "  %7d  %s%n", counts[c], set.classNames().get(c));
      }
    }
    out.printf(
        Locale.ROOT,
        "  %7d  crowds or difficult objects among them; %s no object%n",
        unlearnt,
        Numbers.count(empty, "picture has", "pictures have"));
  }
}
