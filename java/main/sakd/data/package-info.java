/**
 * What training and evaluation read: the contract of a {@link sakd.data.Dataset}, what wraps one,
 * and batches prepared ahead of the trainer.
 *
 * <p>An image stays uint8 until it is on the device. The host decides where each image is cropped
 * and whether it is flipped; the device does it together with the normalisation.
 */
package sakd.data;
