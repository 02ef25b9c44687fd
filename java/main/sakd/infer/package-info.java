/**
 * What is done with a network without training it: weights from files and to files, batches brought
 * to the device, evaluation ({@link sakd.infer.Evaluator}), activity, and the prediction of single
 * pictures.
 */
package sakd.infer;
