/**
 * What a training leaves on disk: the run directory ({@link sakd.run.RunFolder}) with its settings,
 * log, summary and TensorBoard events, and the lock that keeps a second process out.
 */
package sakd.run;
