package sakd.train;

/**
 * How the running statistics of batch norm, which every rank has of its own samples, become those
 * that are evaluated and saved; names as in timm's {@code --dist-bn}.
 */
public enum DistBn {
  /** The mean of all ranks': of means, and of variances. */
  REDUCE,
  /** Those of rank 0. */
  BROADCAST,
  /**
   * Nothing is brought together: those of rank 0 too, which writes the files. A step reads no
   * running statistics, so it is nothing to the others that they take them over.
   */
  OFF
}
