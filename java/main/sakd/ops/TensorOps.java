package sakd.ops;

/**
 * Operations element by element, and the sums and copies that belong to no layer; see {@link Ops}.
 */
public interface TensorOps {
  /** x = value. */
  void fill(Tensor x, float value);

  /** a += b, both of one storage type. */
  void add(Tensor a, Tensor b);

  /** out = a b, element by element; F32. */
  void multiply(Tensor a, Tensor b, Tensor out);

  /** to = from, converted between storage types (one of the two is F32, or both are the same). */
  void convert(Tensor from, Tensor to);

  /** x [..., C] += bias [C]; x is F32 or storage, bias F32. */
  void addBias(Tensor x, Tensor bias);

  /** out [C] = sum over the rows of x [.., C]. */
  void sumRows(Tensor x, Tensor out);

  /** out [T, ..] = in [1, ..] at every step; both F32 or both I32. */
  void repeatSteps(Tensor in, Tensor out);

  /**
   * Inverted dropout: out = x / (1 - p) or, with probability p, 0. The mask is the same at every
   * step of time, so that dropout is of neurons, not of spikes. As it depends on nothing but draw,
   * key, the sample's place and the element's within it, this is its own gradient too: call it with
   * the gradient.
   *
   * @param x [T', N, ..]
   * @param p in [0, 1)
   * @param draw I32 [2]: random numbers that are others for every batch
   * @param places I32 [N]: of each sample in the batch that may be spread over several ranks, from
   *     0
   * @param key tells the layers of a network apart
   * @param out like x; another tensor
   */
  void dropout(Tensor x, float p, Tensor draw, Tensor places, int key, Tensor out);
}
