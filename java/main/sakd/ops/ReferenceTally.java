package sakd.ops;

import static sakd.ops.HostTensors.read;
import static sakd.ops.HostTensors.readInts;
import static sakd.ops.HostTensors.write;
import static sakd.ops.Requirements.requireTally;

/** The tally of {@code kernels/loss.cu} in double arithmetic. */
interface ReferenceTally extends LossOps {
  double WORD = 1 << 24;

  @Override
  default void tallyStep(Tensor losses, int samples, Tensor distances, Tensor hits, Tensor tally) {
    int terms = requireTally(losses, samples, distances, hits, tally);
    TallyLayout at = new TallyLayout(terms);
    double[] sums = new double[terms + 1];
    double[] each = read(losses);
    for (int i = 0; i < each.length; i++) {
      sums[i % terms] += each[i];
    }
    for (double distance : distances == null ? new double[0] : read(distances)) {
      sums[terms] += distance;
    }
    double loss = 0;
    for (double sum : sums) {
      loss += sum;
    }
    double[] all = read(tally);
    int[] found = readInts(hits);
    count(all, at.hits(), found[0]);
    count(all, at.candidates(), found[1]);
    all[at.steps()]++;
    if (Double.isFinite(loss)) {
      for (int i = 0; i < terms; i++) {
        all[i] += sums[i] * samples / losses.rows();
      }
      all[at.features()] += sums[terms] * samples;
      all[at.counted()] += samples;
    } else if (all[at.broken()] == 0) {
      all[at.broken()] = all[at.steps()];
      all[at.brokenLoss()] = loss;
    }
    write(tally, 0, all);
  }

  /** Adds to a number below 2^24 and how many of these there are beside it. */
  private static void count(double[] tally, int at, int more) {
    double sum = tally[at] + more;
    tally[at] = sum % WORD;
    tally[at + 1] += Math.floor(sum / WORD);
  }
}
