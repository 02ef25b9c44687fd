package sakd.device.cuda;

import java.util.Optional;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUresult;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;
import sakd.device.CapturedGraph;

/** Work recorded from a device's stream. */
final class CudaGraph implements CapturedGraph {
  private final CudaDevice device;
  private final CUgraph graph;
  private final CUgraphExec executable;
  private final long collectives;
  private boolean closed;

  private CudaGraph(CudaDevice device, CUgraph graph, CUgraphExec executable, long collectives) {
    this.device = device;
    this.graph = graph;
    this.executable = executable;
    this.collectives = collectives;
  }

  /**
   * Records the work.
   *
   * @return empty where it cannot be recorded; the reason goes to the standard error stream
   * @throws RuntimeException what the work throws for reasons of its own
   */
  static Optional<CudaGraph> record(CudaDevice device, Runnable work) {
    CudaContext context = device.context();
    context.makeCurrent();
    CUgraph graph = new CUgraph();
    long called = context.collectives();
    long collectives = 0;
    try {
      CudaErrors.check(
          "recording",
          JCudaDriver.cuStreamBeginCapture(
              context.work(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
      int ended = CUresult.CUDA_ERROR_UNKNOWN;
      context.setRecording(true);
      try {
        work.run();
      } finally {
        context.setRecording(false);
        collectives = context.collectives() - called;
        context.addCollectives(-collectives);
        // Also after a failure: the stream would otherwise go on recording.
        ended = JCudaDriver.cuStreamEndCapture(context.work(), graph);
      }
      CudaErrors.check("recording", ended);
      CUgraphExec executable = new CUgraphExec();
      CudaErrors.check(
          "making a graph executable", JCudaDriver.cuGraphInstantiate(executable, graph, 0));
      CudaGraph made = new CudaGraph(device, graph, executable, collectives);
      graph = null;
      return Optional.of(made);
    } catch (CudaFailure e) {
      device.note(
          "this work cannot be recorded as a CUDA graph and is submitted kernel by kernel: "
              + e.getMessage());
      return Optional.empty();
    } finally {
      destroy(graph);
    }
  }

  /** A graph that was begun and not finished has no handle. */
  private static void destroy(CUgraph graph) {
    if (graph != null && !graph.equals(new CUgraph())) {
      JCudaDriver.cuGraphDestroy(graph);
    }
  }

  @Override
  public void launch() {
    if (closed) {
      throw new IllegalStateException(
          "a graph on " + device.name() + " is launched after its close");
    }
    device.context().makeCurrent();
    device.context().requireNotRecording("the launch of a graph");
    CudaErrors.check(
        "launching a graph", JCudaDriver.cuGraphLaunch(executable, device.context().work()));
    device.context().addCollectives(collectives);
  }

  @Override
  public int size() {
    long[] nodes = new long[1];
    CudaErrors.check(
        "counting the nodes of a graph", JCudaDriver.cuGraphGetNodes(graph, null, nodes));
    return Math.toIntExact(nodes[0]);
  }

  @Override
  public void close() {
    if (!closed) {
      device.context().makeCurrent();
      // A launch may still be running.
      device.context().synchronize();
      closed = true;
      JCudaDriver.cuGraphExecDestroy(executable);
      JCudaDriver.cuGraphDestroy(graph);
      device.forget(this);
    }
  }
}
