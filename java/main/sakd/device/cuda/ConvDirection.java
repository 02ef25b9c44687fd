package sakd.device.cuda;

/** The three products of a convolution, and how cuDNN's graph calls name them and their tensors. */
enum ConvDirection {
  FORWARD(
      "convolution",
      BackendDescriptor.Kind.CONVOLUTION_FORWARD,
      BackendAttribute.OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
      BackendAttribute.OPERATION_CONVOLUTION_FORWARD_X,
      BackendAttribute.OPERATION_CONVOLUTION_FORWARD_W,
      BackendAttribute.OPERATION_CONVOLUTION_FORWARD_Y,
      BackendAttribute.OPERATION_CONVOLUTION_FORWARD_ALPHA,
      BackendAttribute.OPERATION_CONVOLUTION_FORWARD_BETA) {
    @Override
    CudaMemory output(ConvOperands o) {
      return o.y();
    }

    @Override
    ConvOperands withOutput(ConvOperands o, CudaMemory output) {
      return new ConvOperands(o.x(), o.w(), output);
    }
  },

  DATA(
      "gradient by the input of a convolution",
      BackendDescriptor.Kind.CONVOLUTION_BACKWARD_DATA,
      BackendAttribute.OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
      BackendAttribute.OPERATION_CONVOLUTION_BWD_DATA_DX,
      BackendAttribute.OPERATION_CONVOLUTION_BWD_DATA_W,
      BackendAttribute.OPERATION_CONVOLUTION_BWD_DATA_DY,
      BackendAttribute.OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
      BackendAttribute.OPERATION_CONVOLUTION_BWD_DATA_BETA) {
    @Override
    CudaMemory output(ConvOperands o) {
      return o.x();
    }

    @Override
    ConvOperands withOutput(ConvOperands o, CudaMemory output) {
      return new ConvOperands(output, o.w(), o.y());
    }
  },

  WEIGHTS(
      "gradient by the weights of a convolution",
      BackendDescriptor.Kind.CONVOLUTION_BACKWARD_FILTER,
      BackendAttribute.OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
      BackendAttribute.OPERATION_CONVOLUTION_BWD_FILTER_X,
      BackendAttribute.OPERATION_CONVOLUTION_BWD_FILTER_DW,
      BackendAttribute.OPERATION_CONVOLUTION_BWD_FILTER_DY,
      BackendAttribute.OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
      BackendAttribute.OPERATION_CONVOLUTION_BWD_FILTER_BETA) {
    @Override
    CudaMemory output(ConvOperands o) {
      return o.w();
    }

    @Override
    ConvOperands withOutput(ConvOperands o, CudaMemory output) {
      return new ConvOperands(o.x(), output, o.y());
    }
  };

  private final String words;
  final BackendDescriptor.Kind operation;
  final BackendAttribute convolution;
  final BackendAttribute x;
  final BackendAttribute w;
  final BackendAttribute y;
  final BackendAttribute alpha;
  final BackendAttribute beta;

  ConvDirection(
      String words,
      BackendDescriptor.Kind operation,
      BackendAttribute convolution,
      BackendAttribute x,
      BackendAttribute w,
      BackendAttribute y,
      BackendAttribute alpha,
      BackendAttribute beta) {
    this.words = words;
    this.operation = operation;
    this.convolution = convolution;
    this.x = x;
    this.w = w;
    this.y = y;
    this.alpha = alpha;
    this.beta = beta;
  }

  /** The operand that this direction writes. */
  abstract CudaMemory output(ConvOperands operands);

  /** The same operands with another one written. */
  abstract ConvOperands withOutput(ConvOperands operands, CudaMemory output);

  @Override
  public String toString() {
    return words;
  }
}
