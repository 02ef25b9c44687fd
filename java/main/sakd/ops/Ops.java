package sakd.ops;

import java.util.Optional;
import sakd.device.CapturedGraph;
import sakd.device.ConvShape;
import sakd.device.DType;
import sakd.device.Device;

/**
 * Every tensor operation there is, implemented once over kernels ({@link KernelOps}) and once in
 * plain Java in double arithmetic ({@link ReferenceOps}), which is what the other is tested
 * against.
 *
 * <p>Results go to tensors the caller allocated, and are assigned unless said otherwise. "Storage"
 * is the type of activations: F32, or F16 or BF16 where the device has it; all activations of one
 * call have the same. Parameters, statistics, logits and losses are F32. Sizes that do not fit each
 * other are an {@link IllegalArgumentException}.
 */
public interface Ops extends AutoCloseable {
  Device device();

  /** An uninitialised tensor; {@link Tensor#close()} gives its memory back for reuse. */
  Tensor allocate(DType type, int... shape);

  /**
   * Records what {@code work} submits, as {@link Device#capture} does, and keeps its memory apart
   * from that of all other work until the graph is closed. Tensors the work leaves open have to
   * stay open as long as the graph.
   *
   * @return empty where the device cannot record this work; nothing has run then
   */
  Optional<CapturedGraph> capture(Runnable work);

  /**
   * Submits work that may run beside what is submitted after it, until {@link #join}: on a GPU in a
   * queue of its own, which fills what the other leaves idle. It starts after all that was
   * submitted before, and after the works given to this method before.
   *
   * @param work leaves tensors open only for use after the join
   * @param reads tensors it reads that may be closed before the join
   */
  void beside(Runnable work, Tensor... reads);

  /** Makes what is submitted from here on wait for all works of {@link #beside}. */
  void join();

  /**
   * Runs work that closes every tensor it allocates; between launches of graphs it may use their
   * memory.
   */
  void lend(Runnable work);

  /** Bytes in use now, and the most there have been since {@link #resetPeak()}. */
  MemoryReport memoryReport();

  void resetPeak();

  /**
   * Memory of the device.
   *
   * @param current bytes in tensors and in what the device holds for itself ({@link
   *     Device#ownBytes})
   * @param peak the most bytes in tensors, with what the device holds for itself now: as that only
   *     grows, no less than what was in use at a time
   * @param kept bytes of closed tensors that are kept for the next
   */
  record MemoryReport(long current, long peak, long kept) {}

  // ---- element by element ----

  /** x = value. */
  void fill(Tensor x, float value);

  /** a += b, both of one storage type. */
  void add(Tensor a, Tensor b);

  /** to = from, converted between storage types (one of the two is F32, or both are the same). */
  void convert(Tensor from, Tensor to);

  /** x [..., C] += bias [C]; x is F32 or storage, bias F32. */
  void addBias(Tensor x, Tensor bias);

  // ---- matrix products ----

  /**
   * x [batch.., H, W, in], w [out, k, k, in], y [batch.., OH, OW, out]; w is F32, or of x's type
   * where the library {@linkplain sakd.device.MatrixLibrary#roundsWeights rounds weights}.
   */
  void conv(ConvShape shape, Tensor x, Tensor w, Tensor y);

  /**
   * The gradient of {@link #conv} by x.
   *
   * @param add whether it is added to gradX
   */
  void convBackwardData(ConvShape shape, Tensor gradY, Tensor w, Tensor gradX, boolean add);

  /** The gradient of {@link #conv} by w, of a type that w may have. */
  void convBackwardWeights(ConvShape shape, Tensor x, Tensor gradY, Tensor gradW);

  /** c = op(a) op(b) + beta c; F32 matrices [rows, columns] (leading dimensions fold into rows). */
  void gemm(boolean transposeA, boolean transposeB, Tensor a, Tensor b, float beta, Tensor c);

  /** out [C] = sum over the rows of x [.., C]. */
  void sumRows(Tensor x, Tensor out);

  // ---- batch norm and neuron ----

  /** The batch norm of a layer: gamma, beta, runningMean, runningVar, each [C]. */
  record BatchNorm(
      Tensor gamma,
      Tensor beta,
      Tensor runningMean,
      Tensor runningVar,
      float eps,
      float momentum) {}

  /**
   * Batch statistics of x [.., C]: updates the running ones and writes affine [4, C] = mean,
   * 1/sqrt(var + eps), gamma/sqrt(var + eps), beta.
   *
   * @param repeats how often x stands for: an input that is the same at T steps counts T times,
   *     which shows in the running variance, an unbiased estimate
   */
  void batchStatistics(Tensor x, BatchNorm norm, int repeats, Tensor affine);

  /** affine [4, C] from the running statistics, for inference. */
  void runningStatistics(BatchNorm norm, Tensor affine);

  /**
   * Batch norm + residual + neuron, fused over T steps.
   *
   * @param x [T', .., C], T' = 1 or T
   * @param affine [4, C], or null for no batch norm
   * @param residual [T, .., C], or null with {@link Neuron.Residual#NONE}
   * @param leak [1], PLIF's parameter w, or null
   * @param out [T, .., C]; T is read off here; 1 &le; T &le; {@link Neuron#MAX_STEPS}
   */
  void neuron(
      Neuron neuron,
      Neuron.Residual merge,
      Tensor x,
      Tensor affine,
      Tensor residual,
      Tensor leak,
      Tensor out);

  /**
   * Gradients of {@link #neuron}: each is null where the input is, and the residual's also where it
   * is gradOut itself, see {@link Neuron.Residual#changesGradient}; gamma's and beta's are [C].
   */
  record NeuronGradients(Tensor x, Tensor residual, Tensor gamma, Tensor beta, Tensor leak) {}

  /**
   * The backward pass of {@link #neuron} after {@link #batchStatistics}: recomputes the membrane
   * from x, through time and through the batch statistics.
   */
  void neuronBackward(
      Neuron neuron,
      Neuron.Residual merge,
      Tensor x,
      Tensor affine,
      Tensor residual,
      Tensor leak,
      Tensor gradOut,
      NeuronGradients gradients);

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

  // ---- pooling and time ----

  /** A square window, e.g. 3 wide, stride 2, padding 1. */
  record Pool(int size, int stride, int pad) {
    /** A place in the window has to fit a byte. */
    private static final int LARGEST = 15;

    public Pool {
      if (size < 1 || size > LARGEST || stride < 1 || pad < 0 || pad > size / 2) {
        throw new IllegalArgumentException(
            "a window of size 1 to "
                + LARGEST
                + ", stride of at least 1 and padding of at most "
                + "half the size are needed");
      }
    }

    public int out(int in) {
      return (in + 2 * pad - size) / stride + 1;
    }
  }

  /**
   * x [.., H, W, C] to y [.., OH, OW, C]; winner U8 like y says which element of the window won.
   */
  void maxPool(Pool pool, Tensor x, Tensor y, Tensor winner);

  void maxPoolBackward(Pool pool, Tensor gradY, Tensor winner, Tensor gradX);

  /**
   * y [.., ceil(H/2), ceil(W/2), C'] = every second pixel of x [.., H, W, C], with (C' - C) / 2
   * channels of zeros on either side: the parameter-free shortcut of residual networks.
   */
  void subsample(Tensor x, Tensor y);

  /**
   * @param add whether the gradient is added to gradX
   */
  void subsampleBackward(Tensor gradY, Tensor gradX, boolean add);

  /** x [T', N, H, W, C] to out [T', N, C] F32: mean over space. */
  void averagePool(Tensor x, Tensor out);

  /**
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

  /** x [T, ..] to out [1, ..]: mean over time. */
  void timeMean(Tensor x, Tensor out);

  /**
   * @param add whether the gradient is added to gradX
   */
  void timeMeanBackward(Tensor gradOut, Tensor gradX, boolean add);

  /**
   * to [.., toFirst + c] = from [.., fromFirst + c] for c below {@code count}; both of one storage
   * type and as many rows. What else is in {@code to} stays.
   */
  void copyChannels(Tensor from, int fromFirst, Tensor to, int toFirst, int count);

  // ---- dropout ----

  /**
   * Inverted dropout: out = x / (1 - p) or, with probability p, 0. The mask is the same at every
   * step of time, so that dropout is of neurons, not of spikes. As it depends on nothing but draw,
   * key and the place within a step, this is its own gradient too: call it with the gradient.
   *
   * @param x [T', ..]
   * @param p in [0, 1)
   * @param draw I32 [2]: random numbers that are others for every batch
   * @param key tells the layers of a network apart
   * @param out like x; another tensor
   */
  void dropout(Tensor x, float p, Tensor draw, int key, Tensor out);

  // ---- losses and metrics ----

  /**
   * Softmax cross-entropy with label smoothing, and KL from the teacher's softened classes.
   *
   * @param logits [N, K] F32
   * @param teacher [N, K] F32, or null if klWeight is 0
   * @param labels [N] I32 in [0, K)
   * @param mix [6] as {@link #augment} takes it: sample n has the label of sample N-1-n too, and
   *     {@code mix[0]} is the share of its own; null if every sample has one label
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

  /** out [T, ..] = in [1, ..] at every step; both F32 or both I32. */
  void repeatSteps(Tensor in, Tensor out);

  /** rank [N] I32: how many classes are ahead of the label's; 0 is a hit at top-1. */
  void labelRank(Tensor logits, Tensor labels, Tensor rank);

  /** hits I32 [2] = how many of rank [N] are 0, and N. */
  void countHits(Tensor rank, Tensor hits);

  /** The label of pixels that no loss and no count regards. */
  int IGNORED = 255;

  /**
   * {@link #softmaxLoss} of every pixel: cross-entropy with label smoothing and KL from the
   * teacher's softened classes, both averaged over the pixels that are counted, those whose label
   * is a class. One pass over the logits: kernels/pixels.cu.
   *
   * @param logits [.., K] F32, as many rows as there are labels; K at most {@link #IGNORED}
   * @param teacher like logits, or null if klWeight is 0
   * @param labels U8; {@link #IGNORED}, and whatever else is not below K, is not counted
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

  // ---- optimizers: flat F32 arrays; schedule [6] as in kernels/optimizer.cu ----

  /**
   * What of a step's schedule depends on its gradients: clipping, loss scaling, whether the step is
   * taken, bias corrections (kernels/optimizer.cu).
   *
   * @param squares [1], sum of the squares of the gradients: a step is taken if it is finite
   * @param scaling [2]: the loss scale, and the steps taken since it changed
   * @param maxNorm of the gradient, 0 for no limit
   * @param growthInterval steps after which the loss scale doubles; 0 for no loss scaling
   */
  void beginStep(
      Tensor squares,
      Tensor schedule,
      Tensor scaling,
      float maxNorm,
      float beta1,
      float beta2,
      int growthInterval);

  void sgd(
      Tensor w,
      Tensor grad,
      Tensor momentumBuffer,
      Tensor schedule,
      float momentum,
      float weightDecay,
      boolean nesterov);

  void adamw(
      Tensor w,
      Tensor grad,
      Tensor m,
      Tensor v,
      Tensor schedule,
      float beta1,
      float beta2,
      float eps,
      float weightDecay);

  /** average += (1 - decay) (w - average), if the step is taken. */
  void ema(Tensor w, Tensor average, Tensor schedule, float decay);

  /** out [1] = sum of the squares of x (F32). */
  void sumSquares(Tensor x, Tensor out);

  // ---- input ----

  /**
   * images U8 [N, T', C, H, W] to out [T', N, H, W, C]: crop and flip by placement I32 [N, 3] (dy,
   * dx, flip), black outside, scaled to [0, 1], then (pixel - mean) / std per channel [C].
   *
   * @param mix [6] F32, of which this reads w, top, bottom, left and right from 1 on: within that
   *     box sample n becomes w times itself and 1 - w times sample N-1-n, both after crop and flip;
   *     null if no samples are mixed
   */
  void augment(Tensor images, Tensor placement, Tensor mix, Tensor mean, Tensor std, Tensor out);

  @Override
  void close();
}
