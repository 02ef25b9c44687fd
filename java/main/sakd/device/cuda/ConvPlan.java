package sakd.device.cuda;

import java.util.function.Consumer;

/** A plan of cuDNN's: an engine with all its settings, ready to run. */
final class ConvPlan implements ConvAlgorithm {
  private final BackendDescriptor plan;
  private final long workspace;

  private ConvPlan(PlanTarget target, Consumer<BackendDescriptor> attributes) {
    plan = new BackendDescriptor(BackendDescriptor.Kind.EXECUTION_PLAN);
    try {
      attributes.accept(target.describe(plan));
      plan.finish();
      workspace = plan.number(BackendAttribute.EXECUTION_PLAN_WORKSPACE_SIZE);
    } catch (RuntimeException e) {
      plan.close();
      throw e;
    }
  }

  /**
   * The plan of a configuration.
   *
   * @throws CudaFailure if the engine cannot do it
   */
  static ConvPlan of(PlanTarget target, BackendDescriptor configuration) {
    return new ConvPlan(
        target, plan -> plan.set(BackendAttribute.EXECUTION_PLAN_ENGINE_CONFIG, configuration));
  }

  /**
   * The plan that {@link #json} wrote.
   *
   * @throws CudaFailure if it is of another version or GPU
   */
  static ConvPlan read(PlanTarget target, byte[] json) {
    return new ConvPlan(
        target, plan -> plan.setText(BackendAttribute.EXECUTION_PLAN_JSON_REPRESENTATION, json));
  }

  /** All of the plan, as cuDNN writes it. */
  byte[] json() {
    return plan.text(BackendAttribute.EXECUTION_PLAN_JSON_REPRESENTATION);
  }

  @Override
  public long workspace() {
    return workspace;
  }

  @Override
  public void run(CudnnHandle handle, ConvOperands operands, CudaMemory space) {
    // Addresses are read when the work is submitted, so a pack serves one call.
    try (BackendDescriptor pack = new BackendDescriptor(BackendDescriptor.Kind.VARIANT_PACK)) {
      pack.set(BackendAttribute.VARIANT_PACK_UNIQUE_IDS, ConvGraph.TENSORS)
          .set(
              BackendAttribute.VARIANT_PACK_DATA_POINTERS,
              operands.x().address(),
              operands.w().address(),
              operands.y().address())
          .set(BackendAttribute.VARIANT_PACK_WORKSPACE, space.address())
          .finish();
      CudaErrors.checkCudnn(
          "running a plan",
          CudnnLibrary.cudnnBackendExecute(handle.address(), plan.address(), pack.address()));
    }
  }

  @Override
  public void close() {
    plan.close();
  }
}
