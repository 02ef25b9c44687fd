/**
 * What a training leaves on disk: the run directory ({@link sakd.run.RunFolder}) with its settings,
 * log, summary and TensorBoard events, the lock that keeps a second process out, and what a report
 * reads of it ({@link sakd.run.RunRecord}).
 */
package sakd.run;
