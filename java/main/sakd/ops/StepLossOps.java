package sakd.ops;

/** Losses between the time steps of one network; see {@link Ops}. */
public interface StepLossOps {
  /**
   * The terms that {@link StepTerms} weighs, of logits s[t] of T steps; what a step follows is a
   * constant, through which no gradient goes:
   *
   * <ul>
   *   <li>Strong2Weak and Weak2Strong (Temporal self-distillation, NeurIPS 2025, arXiv 2510.07924):
   *       tau^2 KL(softmax(s[a] / tau) || softmax(s[b] / tau)) with tau = {@link
   *       StepTerms#TEMPERATURE}, a the step whose largest probability is the highest and b that
   *       where it is the lowest, of equals the first; and the same with a and b exchanged.
   *   <li>MEOM's prefix term (ICLR 2026): with p[t] the mean of s[0] to s[t], the mean over t of
   *       the cross-entropy of p[t] with softmax(p[t+1]). The paper leaves open whether that is a
   *       constant; here it is.
   *   <li>Right steps (TWSNN, ICML 2025, arXiv 2501.15925): with z the mean of the steps whose
   *       largest logit, of equals the first, is the label's, the mean over t of temperature^2
   *       KL(softmax(z / temperature) || softmax(s[t] / temperature)); 0 if no step is right. Of
   *       mixed samples the label is the one with the larger share, of equal shares the sample's.
   *   <li>Entropy (TSER, CVPR 2025, arXiv 2503.03144): the mean over t of H(softmax(s[t])), which
   *       is rewarded.
   * </ul>
   *
   * @param logits [T, N, K] F32; with one step all but the entropy are 0
   * @param labels [N] I32 in [0, K)
   * @param mix [6] as {@link LossOps#softmaxLoss} takes it; null if every sample has one label
   * @param lossScale [1], multiplies the gradient
   * @param temperature of the right steps
   * @param losses [N, {@link StepTerms#COUNT}] is assigned: each term of each sample in the order
   *     of {@link StepTerms}, without its weight; 0 where that is 0, NaN if a logit of the sample
   *     is
   * @param grad like logits, is assigned: gradient by logits of the weighted terms' mean over N
   */
  void stepLosses(
      Tensor logits,
      Tensor labels,
      Tensor mix,
      Tensor lossScale,
      StepTerms weights,
      float temperature,
      Tensor losses,
      Tensor grad);
}
