package sakd.device.cuda;

/** The GPU that cuDNN's plans are made for. */
interface PlanTarget {
  /** Tells the descriptor, of a graph, a search or a plan, about the GPU. */
  BackendDescriptor describe(BackendDescriptor descriptor);

  /** The GPU of a handle. */
  static PlanTarget of(long handle) {
    return descriptor ->
        switch (descriptor.kind()) {
          case OPERATION_GRAPH -> descriptor.set(BackendAttribute.OPERATIONGRAPH_HANDLE, handle);
          case EXECUTION_PLAN -> descriptor.set(BackendAttribute.EXECUTION_PLAN_HANDLE, handle);
          default -> descriptor; // Heuristics know it by their graph.
        };
  }
}
