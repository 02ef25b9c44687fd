/**
 * Photographs: decoding, cropping and resizing, and the changes of colour and shape in training.
 */
package sakd.data.image;
