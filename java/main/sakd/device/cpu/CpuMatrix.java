package sakd.device.cpu;

import java.util.function.Function;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.Kernel;
import sakd.device.KernelSpec;
import sakd.device.MatrixLibrary;
import sakd.device.Memory;

/**
 * Convolution and matrix product of the processor: each convolution in the way that is fastest for
 * its shape and input, by oneDNN's primitives for it, as a product over windows, as one of spikes,
 * of what is not zero alone, or with Winograd's fewer products.
 */
final class CpuMatrix implements MatrixLibrary {
  private final OneDnn dnn = new OneDnn();
  private final WindowConv windows;
  private final SparseConv sparse;
  private final WinogradConv winograd;

  /** Null where there are no matrix units for bfloat16. */
  private final SpikeConv spikes;

  CpuMatrix(Function<KernelSpec, Kernel> kernels) {
    windows = new WindowConv(dnn, kernels);
    sparse = new SparseConv(kernels);
    winograd = new WinogradConv(kernels);
    spikes = Isa.hasAmx() ? new SpikeConv(dnn, kernels) : null;
  }

  @Override
  public String name() {
    return dnn.name();
  }

  @Override
  public void convForward(
      ConvShape shape, DType storage, Memory x, DType weights, Memory w, Memory y) {
    if (isSpikes(shape, storage) && spikes.forward(shape, x, w, y)) {
      return;
    }
    if (SparseConv.suits(shape, storage, x)) {
      sparse.forward(shape, storage, x, w, y);
    } else if (WinogradConv.suits(shape, storage)) {
      winograd.forward(shape, storage, x, w, y);
    } else if (WindowConv.suits(shape)) {
      windows.forward(shape, storage, x, w, y);
    } else {
      dnn.convForward(shape, storage, x, weights, w, y);
    }
  }

  /** Whether the input may be spikes that matrix units multiply. */
  private boolean isSpikes(ConvShape shape, DType storage) {
    return spikes != null
        && storage == DType.F32
        && SpikeConv.suits(shape)
        && !WindowConv.suits(shape);
  }

  @Override
  public void convBackwardData(
      ConvShape shape,
      DType storage,
      Memory gradY,
      DType weights,
      Memory w,
      Memory gradX,
      boolean add) {
    if (WinogradConv.suits(shape, storage)) {
      winograd.backwardData(shape, storage, gradY, w, gradX);
    } else if (WindowConv.suits(shape)) {
      windows.backwardData(shape, storage, gradY, w, gradX);
    } else {
      dnn.convBackwardData(shape, storage, gradY, weights, w, gradX, add);
    }
  }

  @Override
  public void convBackwardWeights(
      ConvShape shape, DType storage, Memory x, Memory gradY, DType gradients, Memory gradW) {
    if (SparseConv.suitsWeights(shape, storage, x)) {
      sparse.backwardWeights(shape, storage, x, gradY, gradW);
    } else if (WindowConv.suitsWeights(shape, storage)) {
      windows.backwardWeights(shape, storage, x, gradY, gradW);
    } else {
      dnn.convBackwardWeights(shape, storage, x, gradY, gradients, gradW);
    }
  }

  @Override
  public void gemm(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      Memory a,
      Memory b,
      float beta,
      Memory c) {
    dnn.gemm(transposeA, transposeB, m, n, k, a, b, beta, c);
  }

  @Override
  public void close() {
    windows.close();
    sparse.close();
    winograd.close();
    if (spikes != null) {
      spikes.close();
    }
    dnn.close();
  }
}
