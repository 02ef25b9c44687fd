package sakd.ops;

/** Sizes of pictures and of time: pooling, resizing, means; see {@link Ops}. */
public interface PoolOps {
  /**
   * x [.., H, W, C] to y [.., OH, OW, C]; winner U8 like y says which element of the window won.
   */
  void maxPool(Ops.Pool pool, Tensor x, Tensor y, Tensor winner);

  void maxPoolBackward(Ops.Pool pool, Tensor gradY, Tensor winner, Tensor gradX);

  /**
   * y [.., ceil(H/2), ceil(W/2), C'] = every second pixel of x [.., H, W, C], with (C' - C) / 2
   * channels of zeros on either side: the parameter-free shortcut of residual networks.
   */
  void subsample(Tensor x, Tensor y);

  /**
   * The gradient of {@link #subsample}.
   *
   * @param add whether the gradient is added to gradX
   */
  void subsampleBackward(Tensor gradY, Tensor gradX, boolean add);

  /** x [T', N, H, W, C] to out [T', N, C] F32: mean over space. */
  void averagePool(Tensor x, Tensor out);

  /**
   * The gradient of {@link #averagePool}.
   *
   * @param add whether the gradient is added to gradX
   */
  void averagePoolBackward(Tensor gradOut, Tensor gradX, boolean add);

  /**
   * Resizes pictures: x [.., H, W, C] to y [.., OH, OW, C], of any sizes up or down, without
   * smoothing where it makes them smaller.
   */
  void resize(Resize kind, Tensor x, Tensor y);

  /**
   * The gradient of {@link #resize}: every pixel of gradX [.., H, W, C] sums up the pixels of gradY
   * [.., OH, OW, C] that were made from it, in the same order on every run.
   *
   * @param add whether it is added to gradX
   */
  void resizeBackward(Resize kind, Tensor gradY, Tensor gradX, boolean add);

  /**
   * x [.., H, W, C] to y [.., OH, OW, C]: the mean of each window of {@code size} x {@code size}
   * pixels, one beside the other; OH = floor(H / size), and what is left at the right and below
   * counts nowhere, as in PyTorch's {@code AvgPool2d(size)}.
   */
  void averageWindows(int size, Tensor x, Tensor y);

  /** The gradient of {@link #averageWindows}, assigned to gradX: 0 where no window lies. */
  void averageWindowsBackward(int size, Tensor gradY, Tensor gradX);

  /** x [T, ..] to out [1, ..]: mean over time. */
  void timeMean(Tensor x, Tensor out);

  /**
   * The gradient of {@link #timeMean}.
   *
   * @param add whether the gradient is added to gradX
   */
  void timeMeanBackward(Tensor gradOut, Tensor gradX, boolean add);

  /**
   * Some channels of an array become some of another: to [.., toFirst + c] = from [.., fromFirst +
   * c] for c below {@code count}; both of one storage type and as many rows. What else is in {@code
   * to} stays.
   */
  void copyChannels(Tensor from, int fromFirst, Tensor to, int toFirst, int count);
}
