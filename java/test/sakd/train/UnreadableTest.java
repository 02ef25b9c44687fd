package sakd.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import sakd.base.SplitMix64;
import sakd.base.UserError;
import sakd.data.Augment;
import sakd.data.DataLoader;
import sakd.data.DatasetInfo;
import sakd.data.Epoch;
import sakd.data.Parts;
import sakd.data.Placement;
import sakd.data.SampleShape;
import sakd.data.set.MemoryDataset;
import sakd.ops.Ops;
import sakd.testing.ThreadRanks;

/** Samples that some rank cannot read; of 2,000 there may be two. */
class UnreadableTest {
  private static final int SAMPLES = 2000;

  private static final class Damaged extends MemoryDataset {
    private final Set<Integer> damaged;

    Damaged(Set<Integer> damaged) {
      super(
          new DatasetInfo("noise", List.of("a"), new float[1], new float[] {1}, false),
          1,
          1,
          new byte[SAMPLES],
          new int[SAMPLES]);
      this.damaged = damaged;
    }

    @Override
    public Placement read(int index, SplitMix64 random, SampleShape shape, ByteBuffer target) {
      if (damaged.contains(index)) {
        throw new UserError("image " + index + " is damaged");
      }
      return super.read(index, random, shape, target);
    }
  }

  /** Ends an epoch whose samples are augmented, so that some may fail, but not shuffled. */
  private static List<String> messages(Ops ops, Set<Integer> damaged) {
    DataLoader loader =
        new DataLoader(
            new Damaged(damaged),
            SAMPLES,
            false,
            false,
            new Augment(0, false),
            0,
            1,
            new Parts(ops.rank(), ops.ranks(), 1));
    try (Epoch epoch = loader.epoch(0)) {
      epoch.next();
      return Unreadable.overRanks(ops, epoch);
    }
  }

  @Test
  void allRanksHearOfThoseOfEach() {
    List<String> all = List.of("image 700 is damaged", "image 1999 is damaged");
    assertEquals(
        Collections.nCopies(3, all),
        ThreadRanks.onReference(3, ops -> messages(ops, Set.of(1999, 700))));
  }

  @Test
  void tooManyTogetherStopAll() {
    for (String message :
        ThreadRanks.onReference(
            3,
            ops ->
                assertThrows(UserError.class, () -> messages(ops, Set.of(5, 700, 1999)))
                    .getMessage())) {
      assertEquals(
          "3 of the 2000 samples of noise cannot be read; expected at most 0.1 %, fix or remove"
              + " them: image 5 is damaged; image 700 is damaged; image 1999 is damaged",
          message);
    }
  }
}
