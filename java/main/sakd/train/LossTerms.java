package sakd.train;

/**
 * Loss averaged over samples.
 *
 * @param total the weighted sum that was minimised
 * @param ce cross-entropy with the labels
 * @param logits T_kd^2 KL from the teacher's logits, without its weight; 0 if not used
 * @param features sum of the stages' squared distances, without its weight; 0 if not used
 */
public record LossTerms(double total, double ce, double logits, double features) {}
