package sakd.ops;

import sakd.data.Targets;

/** Losses, their gradients and what is counted beside them; see {@link Ops}. */
public interface LossOps {
  /**
   * Softmax cross-entropy with label smoothing, and KL from the teacher's softened classes.
   *
   * @param logits [N, K] F32
   * @param teacher [N, K] F32, or null if klWeight is 0
   * @param labels [N] I32 in [0, K)
   * @param mix [6] as {@link InputOps#augment} takes it: sample n has the label of sample N-1-n
   *     too, and {@code mix[0]} is the share of its own; null if every sample has one label
   * @param lossScale [1], multiplies the gradient
   * @param losses [N, 2]: cross-entropy and T^2 KL of each sample, without the weights
   * @param grad [N, K]: gradient by logits of the mean over N of ceWeight ce + klWeight kl
   */
  void softmaxLoss(
      Tensor logits,
      Tensor teacher,
      Tensor labels,
      Tensor mix,
      Tensor lossScale,
      float ceWeight,
      float klWeight,
      float temperature,
      float smoothing,
      Tensor losses,
      Tensor grad);

  /**
   * A distance of feature maps [1, N, H, W, C], of storage type.
   *
   * @param lossScale [1], multiplies the gradient
   * @param temperature of {@link Distance#KL}
   * @param weight of the gradient
   * @param losses losses[index] is assigned: the distance without weight
   * @param grad gradient by a of weight times the distance
   */
  void distance(
      Distance kind,
      Tensor a,
      Tensor b,
      Tensor lossScale,
      float temperature,
      float weight,
      Tensor losses,
      int index,
      Tensor grad);

  /**
   * Head-tail-aware divergence of logits [N, K] from the teacher's: kernels/headtail.cu.
   *
   * @param lossScale [1], multiplies the gradient
   * @param head share of the teacher's probability that its head holds, in (0, 1]
   * @param losses [N, 2]: the second column is assigned, of each sample, without weight
   * @param grad [N, K]: the gradient by logits of weight times the mean over N is added
   */
  void headTailLoss(
      Tensor logits,
      Tensor teacher,
      Tensor lossScale,
      float temperature,
      float weight,
      float head,
      Tensor losses,
      Tensor grad);

  /**
   * The pull of logits [R, K] of all steps towards a target, the second part of TET's loss:
   * kernels/steps.cu.
   *
   * @param lossScale [1], multiplies the gradient
   * @param lambda its share of the loss, in [0, 1]
   * @param losses [R, 2]: its first column, the cross-entropy, becomes TET's loss
   * @param grad [R, K]: the gradient of weight times the mean over R is added
   */
  void tetRegularizer(
      Tensor logits,
      Tensor lossScale,
      float lambda,
      float target,
      float weight,
      Tensor losses,
      Tensor grad);

  /**
   * How far where a student spikes is from where its teacher sees the class, on its last stage's
   * map: the saliency-scaled activation maps of CKDSNN (Liu et al., AAAI 2026, arXiv 2511.06902).
   * With f the teacher's features, w its last layer's weight, y the class, o the student's
   * features, s the places of a map, and both maps of a sample standardised to mean 0 and variance
   * 1 over its places:
   *
   * <pre>
   *   M[n,s] = sum_c w[y_n,c] f[n,s,c],   A[n,s] = sum_t sum_c o[t,n,s,c]
   *   loss_n = 2^2 KL(softmax(standardised M[n] / 2) || softmax(standardised A[n] / 2))
   * </pre>
   *
   * The maps, the divergence over space and the temperature are CKDSNN's, which scales both maps to
   * [0, 1] by the smallest and largest value of a batch, takes the teacher's first class for y, and
   * only what is above 0 of M. Standardising by sample is ours: of the sums as they are a softmax
   * sees one place (with a ResNet-20 for CIFAR-10 its entropy is 0.6 of 4.2 nat), of [0, 1] hardly
   * any difference (4.16); standardised it is 4.0, whatever T, C and the batch are. So is 2^2,
   * which keeps the gradient's size as in the other divergences. Where maps have one place the loss
   * is 0. Kernels: kernels/classmap.cu.
   *
   * @param student [T', N, H, W, C], of storage type
   * @param teacher [1, N, H, W, C'], likewise
   * @param classWeight [K, C'] F32
   * @param labels [N] I32 in [0, K)
   * @param mix as for {@link #softmaxLoss}: the weights of both classes are mixed by their share;
   *     null if every sample has one label
   * @param lossScale [1], multiplies the gradient
   * @param weight of the gradient
   * @param losses [N]: loss_n, without the weight
   * @param grad like student: gradient of weight times the mean over N
   */
  void mapLoss(
      Tensor student,
      Tensor teacher,
      Tensor classWeight,
      Tensor labels,
      Tensor mix,
      Tensor lossScale,
      float weight,
      Tensor losses,
      Tensor grad);

  /**
   * Logits with noise as wide as they are themselves: out = logits + strength std e, with e ~ N(0,
   * 1) of each class and std the standard deviation of a row over its classes. The same numbers are
   * drawn for the same draw, key, step, sample and class, wherever they are drawn:
   * kernels/noise.cu.
   *
   * @param logits [T', N, K] F32
   * @param strength at least 0
   * @param draw I32 [2], as for {@link TensorOps#dropout}
   * @param places I32 [N], likewise
   * @param key tells users of the same draw apart, layers that drop included
   * @param out like logits; another tensor
   */
  void logitNoise(Tensor logits, float strength, Tensor draw, Tensor places, int key, Tensor out);

  /** rank [N] I32: how many classes are ahead of the label's; 0 is a hit at top-1. */
  void labelRank(Tensor logits, Tensor labels, Tensor rank);

  /** hits I32 [2] = how many of rank [N] are 0, and N. */
  void countHits(Tensor rank, Tensor hits);

  /**
   * For ranks that share a batch and whose losses weigh their part of its samples: makes of what an
   * average is over, here, what its sum here has to be divided by so that the weighted averages add
   * up to that of the whole batch: x = x of all ranks * samples / samples of all ranks. All ranks
   * call this.
   *
   * @param x F32 [n], such as numbers of pixels
   * @param samples of this rank
   */
  void shareOfRanks(Tensor x, int samples);

  /** count F32 [1] = how many labels are below {@code classes}, as {@link #pixelLoss} has them. */
  void countPixels(Tensor labels, int classes, Tensor count);

  /**
   * {@link #softmaxLoss} of every pixel: cross-entropy with label smoothing and KL from the
   * teacher's softened classes, both averaged over the pixels that are counted, those whose label
   * is a class. One pass over the logits: kernels/pixels.cu.
   *
   * @param logits [.., K] F32, as many rows as there are labels; K at most {@link Targets#IGNORED}
   * @param teacher like logits, or null if klWeight is 0
   * @param labels U8; {@link Targets#IGNORED}, and whatever else is not below K, is not counted
   * @param divisor F32 [1]: what sums over the counted pixels are divided by, {@link #countPixels}
   *     and {@link #shareOfRanks}; null for their number
   * @param lossScale [1], multiplies the gradient
   * @param losses [1, 2]: the averages of cross-entropy and T^2 KL, without the weights; 0 if no
   *     pixel is counted
   * @param hits I32 [2]: counted pixels whose class comes first, of equals the lower one, which no
   *     pixel with a NaN does; and counted pixels
   * @param grad like logits: gradient by logits of ceWeight ce + klWeight kl, 0 at the pixels that
   *     are not counted
   */
  void pixelLoss(
      Tensor logits,
      Tensor teacher,
      Tensor labels,
      Tensor divisor,
      Tensor lossScale,
      float ceWeight,
      float klWeight,
      float temperature,
      float smoothing,
      Tensor losses,
      Tensor hits,
      Tensor grad);

  /**
   * Adds every counted pixel to counts I32 [K, K], in the row of its label and the column of the
   * class that comes first, of equals the lower one. Logits and labels are those of {@link
   * #pixelLoss}. A count wraps beyond 2^31: read them off before.
   */
  void confusion(Tensor logits, Tensor labels, Tensor counts);

  /**
   * Adds a training step to tally, laid out as {@link TallyLayout} says.
   *
   * @param losses [R, L]: L losses of each sample, or averages over the batch with R = 1
   * @param samples of the step: the mean of losses over R counts that often
   * @param distances [D] of {@link #distance}, or null for none: their sum is one more loss
   * @param hits I32 [2] of {@link #countHits} or {@link #pixelLoss}
   */
  void tallyStep(Tensor losses, int samples, Tensor distances, Tensor hits, Tensor tally);
}
