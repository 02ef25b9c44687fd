package sakd.device.cuda;

/** The tensors of a convolution, or their gradients: what a direction reads and what it writes. */
record ConvOperands(CudaMemory x, CudaMemory w, CudaMemory y) {}
