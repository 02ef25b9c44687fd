package sakd.device.cuda;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import sakd.device.DType;
import sakd.device.OutOfDeviceMemory;

/**
 * The plans that cuDNN offers for a problem, in its order, about ten to try. Those that compute in
 * less precision than float32, or take very much memory, are left out.
 */
final class ConvOffers {
  /**
   * A plan that can be run.
   *
   * @param deterministic whether cuDNN says that its result is the same each time
   */
  record Offer(ConvPlan plan, boolean deterministic) {}

  /** Workspace that is not worth what it saves. */
  static final long MOST_WORKSPACE = 256L << 20;

  private static final int MOST_OF_A = 10;
  private static final int MOST_OF_B = 4;

  // cudnnBackendNumericalNote_t
  private static final int TENSOR_CORE = 0;
  private static final int DOWN_CONVERT_INPUTS = 1;
  private static final int REDUCED_PRECISION_REDUCTION = 2;
  private static final int NONDETERMINISTIC = 4;

  private final ConvProblem problem;
  private final PlanTarget target;
  private final List<String> refusals;
  private final List<Offer> offers = new ArrayList<>();

  /** In their JSON, because heuristics overlap. */
  private final Set<String> known = new HashSet<>();

  private ConvOffers(ConvProblem problem, PlanTarget target, List<String> refusals) {
    this.problem = problem;
    this.target = target;
    this.refusals = refusals;
  }

  /**
   * Asks cuDNN; the caller closes the plans.
   *
   * @param refusals gets a sentence for all that cuDNN refuses
   */
  static List<Offer> of(ConvProblem problem, PlanTarget target, List<String> refusals) {
    ConvOffers found = new ConvOffers(problem, target, refusals);
    try (ConvGraph graph = new ConvGraph(problem, target)) {
      found.add(graph, ConvGraph.Heuristic.A, MOST_OF_A);
      found.add(graph, ConvGraph.Heuristic.B, MOST_OF_B);
      if (found.offers.stream().noneMatch(Offer::deterministic)) {
        found.add(graph, ConvGraph.Heuristic.FALLBACK, MOST_OF_A);
      }
    } catch (CudaFailure e) {
      refusals.add(e.getMessage());
    }
    return found.offers;
  }

  private void add(ConvGraph graph, ConvGraph.Heuristic heuristic, int most) {
    List<BackendDescriptor> configurations;
    try {
      configurations = graph.configurations(heuristic);
    } catch (CudaFailure e) {
      refusals.add(e.getMessage());
      return;
    }
    int end = offers.size() + most;
    for (BackendDescriptor configuration : configurations) {
      try (configuration) {
        if (offers.size() < end) {
          add(configuration);
        }
      } catch (CudaFailure | OutOfDeviceMemory e) {
        refusals.add(e.getMessage());
      }
    }
  }

  private void add(BackendDescriptor configuration) {
    int[] notes = notes(configuration);
    if (!isPrecise(notes)) {
      return;
    }
    ConvPlan plan = ConvPlan.of(target, configuration);
    if (plan.workspace() <= MOST_WORKSPACE
        && known.add(new String(plan.json(), StandardCharsets.UTF_8))) {
      offers.add(new Offer(plan, !has(notes, NONDETERMINISTIC)));
    } else {
      plan.close();
    }
  }

  private static int[] notes(BackendDescriptor configuration) {
    try (BackendDescriptor engine =
        configuration
            .descriptors(BackendAttribute.ENGINECFG_ENGINE, BackendDescriptor.Kind.ENGINE)
            .get(0)) {
      return engine.constants(BackendAttribute.ENGINE_NUMERICAL_NOTE);
    }
  }

  /** Products of the storage type, sums in float32; on tensor cores float32 would be TF32. */
  private boolean isPrecise(int[] notes) {
    return !has(notes, REDUCED_PRECISION_REDUCTION)
        && (problem.type() != DType.F32
            || (!has(notes, TENSOR_CORE) && !has(notes, DOWN_CONVERT_INPUTS)));
  }

  private static boolean has(int[] notes, int note) {
    return IntStream.of(notes).anyMatch(n -> n == note);
  }
}
