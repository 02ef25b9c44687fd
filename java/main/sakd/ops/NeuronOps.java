package sakd.ops;

/** Batch norm and neurons; see {@link Ops}. */
public interface NeuronOps {
  /**
   * Batch statistics of x [.., C]: updates the running ones and writes affine [4, C] = mean,
   * 1/sqrt(var + eps), gamma/sqrt(var + eps), beta.
   *
   * @param repeats how often x stands for: an input that is the same at T steps counts T times,
   *     which shows in the running variance, an unbiased estimate
   * @param affine [5, C] for the statistics of the rows of all ranks, which may have different
   *     numbers of them: with 1/count behind, by which {@link #neuronBackward} knows; all ranks
   *     call this then
   */
  void batchStatistics(Tensor x, Ops.BatchNorm norm, int repeats, Tensor affine);

  /** affine [4, C] from the running statistics, for inference. */
  void runningStatistics(Ops.BatchNorm norm, Tensor affine);

  /**
   * Compiles the functions of a {@link Neuron.Kind#CUSTOM} neuron for this device and compares the
   * derivatives with differences, at values around the threshold; to be called before a network of
   * it is used. Of other neurons there is nothing to see to.
   *
   * @throws sakd.base.UserError if they do not compile, a derivative is wrong, or this device has
   *     no compiler
   */
  void checkNeuron(Neuron neuron);

  /**
   * Batch norm + residual + neuron, fused over T steps.
   *
   * @param x [T', .., C], T' = 1 or T
   * @param affine [4, C] or [5, C], or null for no batch norm
   * @param residual [T, .., C], or null with {@link Neuron.Residual#NONE}
   * @param leak [1], PLIF's parameter w, or null
   * @param out [T, .., C]; T is read off here; 1 &le; T &le; {@link Neuron#MAX_STEPS}
   * @param packed of {@link #allocateSpikes} for out: gets its spikes packed, in the same pass;
   *     null for none
   */
  void neuron(
      Neuron neuron,
      Neuron.Residual merge,
      Tensor x,
      Tensor affine,
      Tensor residual,
      Tensor leak,
      Tensor out,
      Tensor packed);

  /** The same without a packed copy. */
  default void neuron(
      Neuron neuron,
      Neuron.Residual merge,
      Tensor x,
      Tensor affine,
      Tensor residual,
      Tensor leak,
      Tensor out) {
    neuron(neuron, merge, x, affine, residual, leak, out, null);
  }

  /**
   * A tensor for the elements of {@code like}, packed: bits where they are spikes, and bytes where
   * they are sums of spikes. How the bits lie in it is the device's own affair.
   *
   * @param like [.., C], of the storage type
   * @param most the largest number of spikes that an element is the sum of, 1 to {@link
   *     PackedSpikes#MOST}
   * @return U8, to be closed
   */
  Tensor allocateSpikes(Tensor like, int most);

  /** out = the elements that {@link #neuron} packed. */
  void unpackSpikes(Tensor packed, Tensor out);

  /**
   * The backward pass of {@link #neuron} after {@link #batchStatistics}: recomputes the membrane
   * from x, through time and through the batch statistics. With those of all ranks (affine [5, C])
   * all of them call this; gamma's and beta's gradients are of this rank's rows alone.
   *
   * @param residual may be null with {@link Neuron.Residual#ADD} too, which passes gradOut on as it
   *     is
   */
  void neuronBackward(
      Neuron neuron,
      Neuron.Residual merge,
      Tensor x,
      Tensor affine,
      Tensor residual,
      Tensor leak,
      Tensor gradOut,
      Ops.NeuronGradients gradients);

  /**
   * A neuron alone, IF or LIF, over a stretch of a longer time: the potential is handed on from one
   * stretch to the next, so that T is not limited.
   *
   * @param x [S, ..], 1 &le; S &le; {@link Neuron#MAX_STEPS}
   * @param before F32, of the size of one step: the potential before the stretch, at the start of
   *     time {@link Neuron#vStart()}
   * @param out [S, ..] like x
   * @param after like before: the potential after the stretch; another tensor
   */
  void neuronStretch(Neuron neuron, Tensor x, Tensor before, Tensor out, Tensor after);

  /**
   * The backward pass of {@link #neuronStretch}, the last stretch first.
   *
   * @param gradV F32, of the size of one step: the gradient by the potential after the stretch, at
   *     the end of time zero; replaced by that before the stretch
   */
  void neuronStretchBackward(
      Neuron neuron, Tensor x, Tensor before, Tensor gradOut, Tensor gradV, Tensor gradX);
}
