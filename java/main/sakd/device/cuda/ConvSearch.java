package sakd.device.cuda;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import sakd.device.BinaryCache;
import sakd.device.KernelSources;

/**
 * Chooses the algorithm of a problem by trying what cuDNN offers, and keeps it on disk: another one
 * may round otherwise. The fastest is taken of those that cuDNN calls deterministic and that give
 * the same bits when they are tried again; only where there is none, one that may not.
 */
final class ConvSearch {
  /** A plan, with what of it is kept: whether it is for padded channels. */
  private record Candidate(
      ConvPlan plan, boolean padded, ConvAlgorithm algorithm, boolean deterministic) {
    byte[] entry() {
      byte[] json = plan.json();
      return ByteBuffer.allocate(1 + json.length).put((byte) (padded ? 1 : 0)).put(json).array();
    }
  }

  private record Timed(Candidate candidate, double milliseconds) {}

  private final CudaDevice device;
  private final CudnnHandle handle;
  private final PlanTarget target;
  private final BinaryCache cache;
  private int searches;

  ConvSearch(CudaDevice device, CudnnHandle handle, BinaryCache cache) {
    this.device = device;
    this.handle = handle;
    this.target = PlanTarget.of(handle.address());
    this.cache = cache;
  }

  /** How many algorithms were searched rather than read from disk. */
  int searches() {
    return searches;
  }

  /**
   * The algorithm of an earlier search, else of one on these operands: what the problem assigns is
   * overwritten.
   *
   * @throws CudaFailure while recording, or if cuDNN has no algorithm
   */
  ConvAlgorithm find(ConvProblem problem, ConvOperands operands) {
    device.context().requireNotRecording("the search for an algorithm for " + problem);
    String key =
        KernelSources.sha256(
            "convolution plan",
            CudnnLibrary.version(),
            device.hardware(),
            problem.direction().name(),
            problem.shape().toString(),
            problem.type().name(),
            String.valueOf(problem.add()));
    return cache
        .read(key)
        .flatMap(entry -> read(problem, entry))
        .orElseGet(() -> search(problem, operands, key));
  }

  /** Empty if the plan is of another version or GPU, and has to be searched again. */
  private Optional<ConvAlgorithm> read(ConvProblem problem, byte[] entry) {
    try {
      ConvPlan plan = ConvPlan.read(target, Arrays.copyOfRange(entry, 1, entry.length));
      return Optional.of(entry[0] == 1 ? new PaddedConv(device, problem, plan) : plan);
    } catch (CudaFailure e) {
      return Optional.empty();
    }
  }

  private ConvAlgorithm search(ConvProblem problem, ConvOperands operands, String key) {
    searches++;
    List<String> refusals = new ArrayList<>();
    List<Candidate> candidates = candidates(problem, refusals);
    ConvAlgorithm chosen = null;
    try (ConvTrials trials = new ConvTrials(device, handle, problem, operands, refusals)) {
      Optional<Candidate> plan = fastest(candidates, true, trials);
      if (plan.isEmpty()) {
        // The older calls have one that repeats, for most.
        chosen = legacy(problem, trials, refusals);
      }
      if (plan.isEmpty() && chosen == null) {
        plan = fastest(candidates, false, trials);
      }
      if (plan.isPresent()) {
        chosen = plan.get().algorithm;
        cache.write(key, plan.get().entry());
      }
    } finally {
      for (Candidate candidate : candidates) {
        if (candidate.algorithm != chosen) {
          candidate.algorithm.close();
        }
      }
    }
    if (chosen == null) {
      String reasons = refusals.stream().distinct().limit(3).collect(Collectors.joining("; "));
      throw new CudaFailure("cuDNN: there is no algorithm for " + problem + ": " + reasons);
    }
    return chosen;
  }

  private List<Candidate> candidates(ConvProblem problem, List<String> refusals) {
    List<Candidate> candidates = new ArrayList<>();
    for (ConvOffers.Offer offer : ConvOffers.of(problem, target, refusals)) {
      candidates.add(new Candidate(offer.plan(), false, offer.plan(), offer.deterministic()));
    }
    PaddedConv.padded(problem)
        .ifPresent(
            padded -> {
              for (ConvOffers.Offer offer : ConvOffers.of(padded, target, refusals)) {
                ConvAlgorithm algorithm = new PaddedConv(device, problem, offer.plan());
                candidates.add(new Candidate(offer.plan(), true, algorithm, offer.deterministic()));
              }
            });
    return candidates;
  }

  private static Optional<Candidate> fastest(
      List<Candidate> candidates, boolean deterministic, ConvTrials trials) {
    List<Timed> timed = new ArrayList<>();
    for (Candidate candidate : candidates) {
      if (candidate.deterministic == deterministic) {
        OptionalDouble time = trials.milliseconds(candidate.algorithm);
        time.ifPresent(milliseconds -> timed.add(new Timed(candidate, milliseconds)));
      }
    }
    timed.sort(Comparator.comparingDouble(Timed::milliseconds));
    return timed.stream()
        .map(Timed::candidate)
        .filter(candidate -> !deterministic || trials.repeats(candidate.algorithm))
        .findFirst();
  }

  /** Null if it does not work. */
  private ConvAlgorithm legacy(ConvProblem problem, ConvTrials trials, List<String> refusals) {
    try {
      ConvAlgorithm legacy = new LegacyConv(handle, problem);
      if (trials.milliseconds(legacy).isPresent()) {
        return legacy;
      }
      legacy.close();
    } catch (CudaFailure e) {
      refusals.add(e.getMessage());
    }
    return null;
  }
}
