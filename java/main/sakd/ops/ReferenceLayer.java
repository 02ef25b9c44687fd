package sakd.ops;

/**
 * Batch norm + residual + neuron in double precision, the equations at the head of {@code
 * kernels/neuron.cu}, for rows of channels held in arrays: x [T', n], residual, out and their
 * gradients [T, n], n = rows * channels.
 *
 * @param neuron the neuron
 * @param merge how the residual joins
 * @param channels size of the innermost dimension
 * @param affine [4, C] = mean, 1/sqrt(var + eps), gamma/sqrt(var + eps), beta, or null
 */
record ReferenceLayer(
    ReferenceNeuron neuron, Neuron.Residual merge, int channels, double[] affine) {

  /** Mean, 1/sqrt(var + eps), scale and beta are the rows of affine. */
  private double affine(int row, int c) {
    return affine[row * channels + c];
  }

  private double xHat(double x, int c) {
    return (x - affine(0, c)) * affine(1, c);
  }

  /** The neuron's inputs y [T] of element i. */
  private void inputs(double[][] x, double[][] residual, int i, double[] y) {
    int c = i % channels;
    for (int t = 0; t < y.length; t++) {
      double value = x[x.length == 1 ? 0 : t][i];
      y[t] = affine == null ? value : (value - affine(0, c)) * affine(2, c) + affine(3, c);
      if (merge == Neuron.Residual.INPUT) {
        y[t] += residual[t][i];
      }
    }
  }

  /** The inputs of one element's neuron, [T]: what decides whether it is near its threshold. */
  double[] inputs(double[][] x, double[][] residual, int steps, int i) {
    double[] y = new double[steps];
    inputs(x, residual, i, y);
    return y;
  }

  /** out [T, n] is assigned. */
  void forward(double[][] x, double[][] residual, double[][] out) {
    int steps = out.length;
    double[] y = new double[steps];
    double[] s = new double[steps];
    for (int i = 0; i < out[0].length; i++) {
      inputs(x, residual, i, y);
      neuron.forward(y, s);
      for (int t = 0; t < steps; t++) {
        out[t][i] =
            switch (merge) {
              case NONE, INPUT -> s[t];
              case ADD -> s[t] + residual[t][i];
              case AND -> s[t] * residual[t][i];
              case IAND -> (1 - s[t]) * residual[t][i];
            };
      }
    }
  }

  /** gy [T] of element i, after {@link #inputs}; returns the gradient by the leak. */
  private double inputGradients(
      double[][] residual, double[][] gradOut, int i, double[] y, double[] g, double[] gy) {
    for (int t = 0; t < g.length; t++) {
      g[t] =
          switch (merge) {
            case NONE, INPUT, ADD -> gradOut[t][i];
            case AND -> gradOut[t][i] * residual[t][i];
            case IAND -> -gradOut[t][i] * residual[t][i];
          };
    }
    return neuron.backward(y, g, gy);
  }

  /** Sums over these rows, [3, C]: dbeta, dgamma (0 without affine), gradient by the leak. */
  double[] sums(double[][] x, double[][] residual, double[][] gradOut) {
    int steps = gradOut.length;
    double[] y = new double[steps];
    double[] g = new double[steps];
    double[] gy = new double[steps];
    double[] sums = new double[3 * channels];
    for (int i = 0; i < gradOut[0].length; i++) {
      int c = i % channels;
      inputs(x, residual, i, y);
      sums[2 * channels + c] += inputGradients(residual, gradOut, i, y, g, gy);
      for (int t = 0; t < steps && affine != null; t++) {
        sums[c] += gy[t];
        sums[channels + c] += gy[t] * xHat(x[x.length == 1 ? 0 : t][i], c);
      }
    }
    return sums;
  }

  /**
   * gradX [T', n] and gradResidual [T, n] (null where there is none) are assigned.
   *
   * @param sums dbeta and dgamma [2, C] over all rows, as in {@link #sums}
   * @param count elements of x a channel, over all rows and steps
   */
  void backward(
      double[][] x,
      double[][] residual,
      double[][] gradOut,
      double[] sums,
      double count,
      double[][] gradX,
      double[][] gradResidual) {
    int steps = gradOut.length;
    double[] y = new double[steps];
    double[] s = new double[steps];
    double[] g = new double[steps];
    double[] gy = new double[steps];
    for (int i = 0; i < gradOut[0].length; i++) {
      int c = i % channels;
      inputs(x, residual, i, y);
      neuron.forward(y, s);
      inputGradients(residual, gradOut, i, y, g, gy);
      for (int t = 0; t < steps && merge != Neuron.Residual.NONE; t++) {
        gradResidual[t][i] =
            switch (merge) {
              case NONE, INPUT -> gy[t];
              case ADD -> gradOut[t][i];
              case AND -> gradOut[t][i] * s[t];
              case IAND -> gradOut[t][i] * (1 - s[t]);
            };
      }
      for (int t = 0; t < gradX.length; t++) {
        gradX[t][i] = gy[t];
      }
      for (int t = gradX.length; t < steps; t++) {
        gradX[0][i] += gy[t];
      }
      for (int t = 0; t < gradX.length && affine != null; t++) {
        double through = (sums[c] + xHat(x[t][i], c) * sums[channels + c]) / count;
        gradX[t][i] = affine(2, c) * (gradX[t][i] - through);
      }
    }
  }
}
